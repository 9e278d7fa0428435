# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH servers in containers: which published port, at which address, and what is never taken for one."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.source import read_hosts
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.ssh_servers import (
    USUAL,
    SshServers,
    server_connection,
)


def port(ip: str = "0.0.0.0", **changes: t.Any) -> dict[str, t.Any]:
    return {"ip": ip, "public": 2201, "private": 22, "protocol": "tcp", **changes}


def reached(*ports: dict, url: str = "ssh://web1", servers: SshServers = USUAL) -> dict[str, t.Any]:
    hosts = read_hosts([{"docker_host": url}], {}, docker_host="", folder="/")
    return server_connection(servers, hosts[0], ports)


@pytest.mark.parametrize(
    ("url", "ip", "address"),
    [
        ("ssh://root@web1:2222", "0.0.0.0", "web1"),
        ("ssh://web1", "::", "web1"),
        ("ssh://web1", "", "web1"),
        ("ssh://[2001:db8::1]", "::", "2001:db8::1"),
        ("tcp://web2:2376", "0.0.0.0", "web2"),
        ("unix:///var/run/docker.sock", "0.0.0.0", "127.0.0.1"),
        ("unix:///var/run/docker.sock", "127.0.0.1", "127.0.0.1"),
        ("ssh://web1", "192.0.2.7", "192.0.2.7"),
    ],
)
def test_the_address_of_a_published_port(url: str, ip: str, address: str) -> None:
    expected = {"ansible_connection": "ssh", "ansible_host": address, "ansible_port": 2201}
    assert reached(port(ip), url=url) == expected


def test_another_port_and_another_address_can_be_named() -> None:
    servers = SshServers(port=2222, address="192.0.2.9")
    found = reached(port(), port(private=2222, public=9), servers=servers)
    assert (found["ansible_host"], found["ansible_port"]) == ("192.0.2.9", 9)
    found = reached(port("192.0.2.7", private=2222), servers=servers)
    assert found["ansible_host"] == "192.0.2.7"


@pytest.mark.parametrize(
    "other",
    [
        port(public=None),
        port(private=80),
        port(protocol="udp"),
        port("127.0.0.1"),
        port("::1"),
        port("-oProxyCommand=id"),
        port("web9"),
        port(public="1 -oProxyCommand=id"),
    ],
)
def test_what_is_no_way_to_a_server_is_no_address(other: dict) -> None:
    """Neither the name of the container, nor this machine's own port, nor an option of the SSH client."""
    nowhere = {"ansible_connection": "ssh", "ansible_host": "port-22-is-not-published.invalid"}
    assert reached(other) == nowhere
    assert reached() == nowhere
    assert reached(other, port())["ansible_host"] == "web1"
