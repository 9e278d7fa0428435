# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that Ansible uses to connect to SSH servers in containers. Private to the collection; pure."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from .source import UNIX, DockerHost

Port = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class SshServers:
    """How the SSH servers in containers are reached.

    Attributes:
        port: Their port in the containers.
        address: Where a port is that is published on all addresses of a Docker host; empty: at that of the host.
    """

    port: int = 22
    address: str = ""


USUAL = SshServers()


def server_connection(
    servers: SshServers, host: DockerHost, ports: t.Sequence[Port]
) -> dict[str, t.Any]:
    """Return the variables with which tasks reach the SSH server in a container.

    Args:
        servers: How such servers are reached.
        host: The Docker host of the container.
        ports: Its ports, as in C(drover_ports). Without one that this machine can reach, the address is a name that
            never resolves: without any address, Ansible would look for a machine with the name of the container.
    """
    reached = (
        (_address(servers, host, port), port["public"]) for port in ports if _fits(servers, port)
    )
    for address, public in reached:
        if address:
            return {"ansible_connection": "ssh", "ansible_host": address, "ansible_port": public}
    address = f"port-{servers.port}-is-not-published.invalid"
    return {"ansible_connection": "ssh", "ansible_host": address}


def _fits(servers: SshServers, port: Port) -> bool:
    wanted = (port["private"], port["protocol"]) == (servers.port, "tcp")
    return wanted and isinstance(port["public"], int)


def _address(servers: SshServers, host: DockerHost, port: Port) -> str:
    """Return where a published port is; empty if only its own host reaches it.

    The text is the host's, and becomes an argument of the SSH client: so it has to be an address and nothing else.
    """
    try:
        address = ipaddress.ip_address(port["ip"] or "0.0.0.0")
    except ValueError:
        return ""
    if address.is_unspecified:
        own = "127.0.0.1" if host.transport == UNIX else host.address.strip("[]")
        return servers.address or own
    return "" if address.is_loopback and host.transport != UNIX else str(address)
