# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other spellings of a host's keys: what they mean, and that two of them never say different things."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.source import (
    DockerHost,
    read_hosts,
)
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.values import SourceError

URL = "ssh://web1"


def one(defaults: dict[str, t.Any] | None = None, **given: t.Any) -> DockerHost:
    return read_hosts([given], defaults or {}, docker_host="", folder="/etc/x")[0]


@pytest.mark.parametrize(
    ("spelling", "key", "value"),
    [
        ("remote_user", "user", "deploy"),
        ("ansible_user", "user", "deploy"),
        ("ansible_port", "port", 2222),
        ("ansible_ssh_private_key_file", "private_key_file", "key"),
        ("ansible_become", "become", True),
    ],
)
def test_a_spelling_means_its_key(spelling: str, key: str, value: t.Any) -> None:
    expected = one(docker_host=URL, **{key: value})
    assert expected != one(docker_host=URL)
    assert one(docker_host=URL, **{spelling: value}) == expected
    assert one(docker_host=URL, **{spelling: value, key: value}) == expected
    assert one({key: "1"}, docker_host=URL, **{spelling: value}) == expected
    assert one(docker_host=URL, **{spelling: value, key: None}) == expected
    assert one(docker_host=URL, **{spelling: None, key: value}) == expected


def test_an_address_is_an_engine_behind_ssh() -> None:
    assert one(ansible_host="web1") == one(docker_host=URL)
    assert one(ansible_host="2001:db8::1") == one(docker_host="ssh://[2001:db8::1]")
    assert one(ansible_host="WEB1", docker_host="ssh://me@WEB1:22") == one(
        docker_host="ssh://me@WEB1:22"
    )
    assert one(ansible_host="[2001:db8::1]", docker_host="tcp://[2001:db8::1]:2375").port == 2375


def test_the_same_value_may_be_written_in_two_ways() -> None:
    assert one(docker_host=URL, port=2222, ansible_port="2222").port == 2222
    assert one(docker_host="ssh://me@web1:22", ansible_user="me", ansible_port="22").user == "me"
    assert one(docker_host=URL, become="yes", ansible_become=True).become


def test_only_root_is_become() -> None:
    assert one(docker_host=URL, ansible_become=True, ansible_become_user="root").become
    assert not one(docker_host=URL, ansible_become_user="root").become


def test_nothing_of_an_entry_is_for_the_top_level() -> None:
    """A key that is null there stays null: it takes the default away."""
    assert one({"user": "root"}, docker_host=URL, user=None).user == ""


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (
            {"user": "a", "ansible_user": "b"},
            "hosts[0].user: is a, but ansible_user says b; give one of them",
        ),
        (
            {"remote_user": "a", "ansible_user": "b"},
            "hosts[0].ansible_user: is b, but remote_user says a",
        ),
        ({"port": 22, "ansible_port": 23}, "hosts[0].port: is 22, but ansible_port says 23"),
        (
            {"docker_host": "ssh://me@web1:22", "ansible_user": "you"},
            "hosts[0].ansible_user: is you, but docker_host says me",
        ),
        (
            {"docker_host": "ssh://me@web1:22", "ansible_port": 23},
            "hosts[0].ansible_port: is 23, but docker_host says 22",
        ),
        ({"become": False, "ansible_become": True}, "hosts[0].become: is False, but"),
        ({"ansible_host": "web2"}, "hosts[0].ansible_host: is web2, but docker_host says web1"),
        (
            {"ansible_host": "web2", "docker_host": "unix:///run/x"},
            "hosts[0].ansible_host: is web2, but docker_host says this machine",
        ),
        (
            {"ansible_become_user": "deploy"},
            "hosts[0].ansible_become_user: is deploy, but this plugin can only become root",
        ),
        ({"ansible_port": 0}, "hosts[0].ansible_port: the port must be 1 to 65535, not 0"),
        ({"ansible_become": "maybe"}, "hosts[0].ansible_become: must be true or false"),
        (
            {"docker_host": "tcp://web1:2376", "ansible_user": "me"},
            "hosts[0].ansible_user: is for ssh:// and has no effect on tcp://",
        ),
        ({"docker_host": None, "ansible_host": "-oProxyCommand=x"}, "hosts[0].docker_host"),
        ({"docker_host": "ssh://[x", "ansible_user": "me"}, "hosts[0].docker_host: 'ssh://[x' is"),
        ({"ansible_usr": "me"}, "hosts[0].ansible_usr: no such key; did you mean ansible_user?"),
    ],
)
def test_what_is_wrong_is_named(given: dict, text: str) -> None:
    with pytest.raises(SourceError) as caught:
        one(**{"docker_host": URL, **given})
    assert str(caught.value).startswith(text)
