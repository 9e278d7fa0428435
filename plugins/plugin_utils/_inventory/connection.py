# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that Ansible uses to connect to containers and to Docker hosts. Private to the collection; pure."""

from __future__ import annotations

import sys
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._common.constants import (
    DOCKER_HOST,
    STATE_DIR,
)

from .source import SSH, TCP, DockerHost
from .values import SourceError

CONTAINER, CLI, API, SERVER, NONE = "container", "docker-cli", "docker-api", "ssh", "none"
_DEFAULT_SOCKET = DOCKER_HOST[len("unix://") :]


def check_connection(given: t.Mapping[str, t.Any]) -> None:
    """Refuse a source whose keys C(connection) and C(connection_type) say different things."""
    ours, theirs = given.get("connection"), given.get("connection_type")
    if ours and theirs and ours != theirs:
        raise SourceError(
            f"connection_type: is {theirs}, but connection says {ours}; both are the same key, so give one of them"
        )


def container_connection(kind: str, host: DockerHost, container: str) -> dict[str, t.Any]:
    """Return the variables with which tasks reach a container.

    Args:
        kind: CONTAINER for our own connection over that of the host, CLI for C(community.docker.docker), API for
            C(community.docker.docker_api), or NONE. An engine behind TCP has no host to go to: CLI then stands in for
            CONTAINER.
        host: Its Docker host.
        container: Its name.

    Raises:
        SourceError: The connection has no option for a setting that the host needs.
    """
    if kind == NONE:
        return {}
    if kind == CONTAINER and host.transport != TCP:
        return {"drover_container": container, **_over_host(host)}
    own = _by_api(host) if kind == API else _by_cli(host)
    return {"ansible_host": container, **own}


def _over_host(host: DockerHost) -> dict[str, t.Any]:
    variables = host_connection(host)
    way = {
        key: value
        for key, value in variables.items()
        if key.startswith("ansible_") and key != "ansible_python_interpreter"
    }
    found = {"ansible_connection": "drover.docker.container", "drover_container_way": way}
    address = variables.get("drover_docker_host")
    return {**found, "drover_container_docker_host": address} if address else found


def _by_cli(host: DockerHost) -> dict[str, t.Any]:
    words = [f"--host={_engine_url(host)}"]
    if host.transport == TCP and host.tls:
        words.append("--tlsverify" if host.validate_certs else "--tls")
        files = (
            ("tlscacert", host.ca_path),
            ("tlscert", host.client_cert),
            ("tlskey", host.client_key),
        )
        words += [f"--{option}={path}" for option, path in files if path]
    broken = next((word for word in words if " " in word), None)
    if broken:
        raise SourceError(
            f"connection: {CLI} cannot be given a path with a space ({broken}); rename it, or take {API}"
        )
    return {
        "ansible_connection": "community.docker.docker",
        "ansible_docker_extra_args": " ".join(words),
    }


def _by_api(host: DockerHost) -> dict[str, t.Any]:
    found: dict[str, t.Any] = {
        "ansible_connection": "community.docker.docker_api",
        "ansible_docker_docker_host": _engine_url(host),
    }
    if host.transport == TCP and host.tls:
        texts = ("ca_path", "client_cert", "client_key", "tls_hostname")
        found.update({f"ansible_docker_{key}": getattr(host, key) for key in texts})
        found = {key: value for key, value in found.items() if value}
        found["ansible_docker_tls"] = True
        found["ansible_docker_validate_certs"] = host.validate_certs
    return found


def _engine_url(host: DockerHost) -> str:
    other_socket = host.transport == SSH and host.socket != _DEFAULT_SOCKET
    return f"{host.url}{host.socket}" if other_socket else host.url


def host_connection(host: DockerHost) -> dict[str, t.Any]:
    """Return how the playbooks reach a Docker host; empty if only the engine's TCP port is reachable."""
    if host.transport == TCP:
        return {}
    found = _own_ssh(host) if host.transport == SSH else _local(host)
    socket = host.socket if host.transport == SSH else host.address
    if socket != _DEFAULT_SOCKET:
        found["drover_docker_host"] = f"unix://{socket}"
    if host.state_dir != STATE_DIR:
        found["drover_state_dir"] = host.state_dir
    return found


def _local(host: DockerHost) -> dict[str, t.Any]:
    return {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}


def _own_ssh(host: DockerHost) -> dict[str, t.Any]:
    found: dict[str, t.Any] = {"ansible_host": host.address.strip("[]")}
    texts = {
        "ansible_user": host.user,
        "ansible_port": host.port,
        "ansible_ssh_private_key_file": host.private_key_file,
        "ansible_ssh_common_args": host.ssh_args,
        "ansible_become": host.become,
        "ansible_python_interpreter": host.python if "/" in host.python else "",
    }
    found.update({key: value for key, value in texts.items() if value})
    return found
