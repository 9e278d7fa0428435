# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection variables of a host become the entry that reaches its engine in the same way."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.group_hosts import (
    entry_of,
    merged,
)
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.source import read_hosts
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.values import (
    KINDS,
    SourceError,
)

Json = dict[str, t.Any]
ENGINE = "/var/run/docker.sock"


@pytest.mark.parametrize(
    ("variables", "entry"),
    [
        ({}, {"docker_host": "ssh://web1", "socket": ENGINE}),
        (
            {"ansible_connection": "ansible.builtin.ssh"},
            {"docker_host": "ssh://web1", "socket": ENGINE},
        ),
        ({"ansible_host": "192.0.2.1"}, {"docker_host": "ssh://192.0.2.1", "socket": ENGINE}),
        ({"ansible_host": "2001:db8::1"}, {"docker_host": "ssh://[2001:db8::1]", "socket": ENGINE}),
        (
            {"ansible_user": "deploy", "ansible_port": 2222, "ansible_become": "yes"},
            {
                "docker_host": "ssh://web1",
                "socket": ENGINE,
                "user": "deploy",
                "port": 2222,
                "become": True,
            },
        ),
        (
            {
                "ansible_ssh_private_key_file": "/k",
                "ansible_ssh_common_args": "-o ProxyJump=gate",
                "ansible_ssh_extra_args": "-4",
                "ansible_python_interpreter": "/usr/bin/python3.11",
                "drover_state_dir": "/srv/drover",
            },
            {
                "docker_host": "ssh://web1",
                "socket": ENGINE,
                "private_key_file": "/k",
                "ssh_args": "-o ProxyJump=gate -4",
                "python": "/usr/bin/python3.11",
                "state_dir": "/srv/drover",
            },
        ),
        (
            {"ansible_python_interpreter": "auto_silent"},
            {"docker_host": "ssh://web1", "socket": ENGINE},
        ),
        ({"ansible_connection": "local"}, {"docker_host": f"unix://{ENGINE}"}),
        (
            {"drover_docker_host": "unix:///run/d.sock"},
            {"docker_host": "ssh://web1", "socket": "/run/d.sock"},
        ),
        ({"drover_docker_host": "tcp://192.0.2.1:2376"}, {"docker_host": "tcp://192.0.2.1:2376"}),
    ],
)
def test_a_host_is_asked_as_ansible_reaches_it(variables: Json, entry: Json) -> None:
    assert entry_of("web1", variables) == {"name": "web1", **entry}
    (host,) = read_hosts(
        [entry_of("web1", variables)], dict.fromkeys(KINDS), docker_host="", folder="/"
    )
    assert host.name == "web1"


def test_another_connection_is_refused_by_name() -> None:
    with pytest.raises(SourceError, match="web1 has ansible_connection winrm"):
        entry_of("web1", {"ansible_connection": "winrm"})


def test_an_entry_of_the_source_comes_before_that_of_the_group() -> None:
    own, of_group = {"name": "a", "docker_host": "tcp://a:1"}, [{"name": "a"}, {"name": "b"}]
    assert merged([own], of_group) == [own, {"name": "b"}]
    assert merged(None, of_group) == of_group
