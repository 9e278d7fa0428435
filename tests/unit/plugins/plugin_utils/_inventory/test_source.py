# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of a source: what is read, what is taken from the top level, and what is refused by name."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.source import (
    DockerHost,
    check_keys,
    read_hosts,
)
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.values import SourceError

SSH_URL = "ssh://root@192.0.2.11"
TCP_URL = "tcp://192.0.2.12:2376"


def hosts(given: t.Any, **defaults: t.Any) -> list[DockerHost]:
    return read_hosts(given, defaults, docker_host="unix:///var/run/docker.sock", folder="/etc/x")


def one(**given: t.Any) -> DockerHost:
    return hosts([given])[0]


@pytest.mark.parametrize(
    ("url", "expected", "shown"),
    [
        (SSH_URL, ("ssh", "192.0.2.11", "root", 0), SSH_URL),
        ("ssh://h1", ("ssh", "h1", "", 0), "ssh://h1"),
        ("ssh://h1:2222/", ("ssh", "h1", "", 2222), "ssh://h1:2222"),
        (
            "ssh://me@[2001:db8::1]:22",
            ("ssh", "[2001:db8::1]", "me", 22),
            "ssh://me@[2001:db8::1]:22",
        ),
        (TCP_URL, ("tcp", "192.0.2.12", "", 2376), TCP_URL),
        ("unix:///run/x.sock", ("unix", "/run/x.sock", "", 0), "unix:///run/x.sock"),
    ],
)
def test_addresses(url: str, expected: tuple, shown: str) -> None:
    host = one(docker_host=url)
    assert (host.transport, host.address, host.user, host.port) == expected
    assert host.url == shown


def test_without_hosts_there_is_the_one_engine() -> None:
    assert hosts(None, timeout=3) == [
        DockerHost(name="localhost", transport="unix", address="/var/run/docker.sock", timeout=3.0)
    ]


@pytest.mark.parametrize(
    ("url", "name"), [(SSH_URL, "192.0.2.11"), ("tcp://[2001:db8::1]:2375", "2001-db8--1")]
)
def test_a_host_is_called_as_its_address_unless_it_has_a_name(url: str, name: str) -> None:
    assert one(docker_host=url).name == name
    assert one(docker_host=url, name="web1").name == "web1"


def test_the_top_level_is_for_all_that_do_not_say_otherwise() -> None:
    first, second, third, fourth = hosts(
        [
            {"name": "a", "docker_host": "ssh://h1"},
            {"name": "b", "docker_host": "ssh://me@h2:22", "timeout": 2, "become": False},
            {"name": "c", "docker_host": TCP_URL, "validate_certs": "no"},
            {"name": "d", "docker_host": "unix:///run/x"},
        ],
        user="root",
        port=2222,
        timeout=9.0,
        become=True,
        private_key_file="key",
        validate_certs=True,
    )
    assert (first.user, first.port, first.timeout, first.become) == ("root", 2222, 9.0, True)
    assert (second.user, second.port, second.timeout, second.become) == ("me", 22, 2.0, False)
    assert (third.user, third.become, third.private_key_file) == ("", False, "")
    assert (third.validate_certs, third.url) == (False, TCP_URL)
    assert (fourth.port, fourth.timeout) == (0, 9.0)


def test_paths_begin_at_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("KEYS", "/keys")
    found = [one(docker_host=SSH_URL, private_key_file=path) for path in ("k", "~/k", "$KEYS/k")]
    assert [os.path.normpath(host.private_key_file) for host in found] == [
        "/etc/x/k",
        "/home/me/k",
        "/keys/k",
    ]
    assert one(docker_host=TCP_URL, ca_path="ca.pem").ca_path == "/etc/x/ca.pem"


def test_a_folder_of_certificates_means_the_files_in_it(tmp_path: pathlib.Path) -> None:
    """As DOCKER_CERT_PATH is for the docker program."""
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (tmp_path / name).touch()
    keys = ("ca_path", "client_cert", "client_key")
    found = one(docker_host=TCP_URL, **dict.fromkeys(keys, str(tmp_path)))
    assert [getattr(found, key) for key in keys] == [
        str(tmp_path / name) for name in ("ca.pem", "cert.pem", "key.pem")
    ]
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).unlink()
    found = one(docker_host=TCP_URL, **dict.fromkeys(keys, str(tmp_path)))
    assert (found.ca_path, found.client_cert, found.client_key) == (
        str(tmp_path / "ca.pem"),
        "",
        "",
    )


@pytest.mark.parametrize(
    ("given", "tls"),
    [
        ({"docker_host": "tcp://h:2375"}, False),
        ({"docker_host": "tcp://h:2375", "tls": True}, True),
        ({"docker_host": "tcp://h:2375", "ca_path": "ca.pem"}, True),
        ({"docker_host": "tcp://h:2375", "client_cert": "c", "client_key": "k"}, True),
        ({"docker_host": TCP_URL}, True),
        ({"docker_host": TCP_URL, "tls": "false"}, False),
    ],
)
def test_tls_where_it_is_asked_for(given: dict, tls: bool) -> None:
    assert one(**given).tls is tls


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ([], "hosts: must be a list"),
        ({"a": 1}, "hosts: must be a list"),
        (["ssh://h1"], "hosts[0]: must be a map with docker_host"),
        ([{"name": "a"}], "hosts[0].docker_host: '' is no address"),
        (
            [{"docker_host": "h1"}],
            "hosts[0].docker_host: 'h1' is no address of an engine; write ssh://",
        ),
        ([{"docker_host": "ssh://-oProxyCommand=x"}], "hosts[0].docker_host"),
        ([{"docker_host": "ssh://-x@h"}], "hosts[0].docker_host"),
        ([{"docker_host": "ssh://h/path"}], "hosts[0].docker_host"),
        ([{"docker_host": "ssh://me:secret@h"}], "'ssh://me:***@h' is no address"),
        (
            [{"docker_host": "ssh://h:0"}],
            "hosts[0].docker_host: the port must be 1 to 65535, not 0",
        ),
        ([{"docker_host": "ssh://h:99999"}], "the port must be 1 to 65535"),
        ([{"docker_host": "tcp://h"}], "must be tcp://HOST:PORT (2376 with TLS)"),
        ([{"docker_host": "tcp://me@h:2376"}], "must be tcp://HOST:PORT"),
        ([{"docker_host": SSH_URL, "prot": 1}], "hosts[0].prot: no such key; did you mean port?"),
        ([{"docker_host": SSH_URL, "zzz": 1}], "hosts[0].zzz: no such key; there are: become, "),
        (
            [{"docker_host": SSH_URL, "ca_path": "x"}],
            "hosts[0].ca_path: is for tcp:// and has no effect on ssh://",
        ),
        (
            [{"docker_host": TCP_URL, "state_dir": "/x"}],
            "hosts[0].state_dir: is for ssh:// and unix://",
        ),
        ([{"docker_host": SSH_URL, "name": "a b"}], "hosts[0].name: 'a b' is no inventory name"),
        (
            [{"docker_host": SSH_URL, "timeout": 0}],
            "hosts[0].timeout: must be seconds, 0.1 to 600, not 0",
        ),
        ([{"docker_host": SSH_URL, "timeout": "soon"}], "hosts[0].timeout: must be seconds"),
        (
            [{"docker_host": SSH_URL, "become": "maybe"}],
            "hosts[0].become: must be true or false, not 'maybe'",
        ),
        ([{"docker_host": SSH_URL, "ssh_args": "-o 'x"}], "hosts[0].ssh_args: cannot be split"),
        ([{"docker_host": SSH_URL, "ssh_args": ["-v"]}], "hosts[0].ssh_args: must be a text"),
        (
            [{"docker_host": SSH_URL, "socket": "x"}],
            "hosts[0].socket: 'x' must be an absolute path",
        ),
        (
            [{"docker_host": TCP_URL, "client_cert": "x"}],
            "hosts[0].client_key: client_cert and client_key",
        ),
        (
            [{"docker_host": TCP_URL, "client_key": "x"}],
            "hosts[0].client_cert: client_cert and client_key",
        ),
        (
            [{"docker_host": "ssh://h1"}, {"docker_host": "tcp://h1:2376"}],
            "hosts[1].name: h1 is already that of hosts[0]",
        ),
    ],
)
def test_what_is_wrong_is_named(given: t.Any, text: str) -> None:
    with pytest.raises(SourceError) as caught:
        hosts(given)
    assert text in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_option_at_the_top_level_is_named_without_a_host() -> None:
    with pytest.raises(SourceError, match=r"^timeout: must be seconds"):
        hosts(None, timeout=0)
    with pytest.raises(SourceError, match=r"^docker_host: 'x' is no address"):
        read_hosts(None, {}, docker_host="x", folder="/")


def test_keys_of_the_top_level() -> None:
    check_keys(["plugin"], ["plugin", "hosts"])
    with pytest.raises(SourceError, match=r"^host: no such key; did you mean hosts\?"):
        check_keys(["plugin", "host"], ["plugin", "hosts"])


def test_the_mark_changes_with_the_way() -> None:
    marks = {
        one(docker_host=SSH_URL).mark,
        one(docker_host=SSH_URL, become=True).mark,
        one(docker_host="ssh://root@192.0.2.12", name="192.0.2.11").mark,
    }
    assert len(marks) == 3
    assert one(docker_host=SSH_URL).mark == one(docker_host=SSH_URL).mark
