# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks in a container, over the connection that its Docker host has already."""

from __future__ import annotations

DOCUMENTATION = r"""
name: container
short_description: Run tasks in a container of a Docker host that Ansible reaches by SSH, or of this machine
version_added: 0.2.0
author:
  - drover.docker contributors (@drover)
description:
  - Runs C(docker exec) on the container's Docker host, over the connection that Ansible has to that host, with all of
    its options (user, port, key, jump hosts) and with sudo where the host needs that.
  - The inventory plugin P(drover.docker.services#inventory) sets what it needs.
  - The control node needs neither a C(docker) program nor another collection.
  - Modules need Python in the container; M(ansible.builtin.raw) does not.
options:
  container:
    description: Name of the container.
    type: str
    default: inventory_hostname
    vars:
      - name: inventory_hostname
      - name: ansible_host
      - name: drover_container
  way:
    description:
      - Connection variables of the Docker host, as an inventory has them (C(ansible_host), C(ansible_user),
        C(ansible_connection=local), ...), with C(ansible_become) where C(docker) needs sudo.
    type: dict
    default: {}
    vars:
      - name: drover_container_way
  docker_host:
    description: Address of the engine on the Docker host. Without it, C(docker) decides.
    type: str
    default: ""
    vars:
      - name: drover_container_docker_host
  user:
    description: User in the container. Without it, the container's own.
    type: str
    default: ""
    vars:
      - name: drover_container_user
  executable:
    description: Shell in the container.
    type: str
    default: /bin/sh
    vars:
      - name: ansible_shell_executable
"""

import functools
import os
import shlex
import typing as t

from ansible.errors import AnsibleConnectionFailure, AnsibleError, AnsibleFileNotFound
from ansible.module_utils.common.text.converters import to_bytes, to_text
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.connection import ConnectionBase
from ansible.plugins.loader import connection_loader

Answer = tuple[int, bytes, bytes]


class Connection(ConnectionBase):
    """The connection of the Docker host, with C(docker exec) before each command."""

    transport = "drover.docker.container"
    has_pipelining = True

    @functools.cached_property
    def _host(self) -> ConnectionBase:
        """The connection to the Docker host."""
        way = dict(self.get_option("way"))
        context = self._play_context.copy()
        context.remote_addr = str(way.get("ansible_host") or "localhost")
        found = connection_loader.get(str(way.get("ansible_connection") or "ssh"), context)
        if found is None:
            raise AnsibleError(
                f"drover_container_way: there is no connection {way['ansible_connection']}"
            )
        found.set_options(var_options=way)
        return t.cast("ConnectionBase", found)

    def _connect(self) -> Connection:
        """Connect to the Docker host."""
        self._host._connect()
        self._connected = True
        return self

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> Answer:
        """Run a command line in the container."""
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        return self._run([self.get_option("executable"), "-c", cmd], in_data or b"")

    def put_file(self, in_path: str, out_path: str) -> None:
        """Write a file in the container."""
        super().put_file(in_path, out_path)
        if not os.path.exists(to_bytes(in_path)):
            raise AnsibleFileNotFound(f"there is no file {in_path}")
        with open(to_bytes(in_path), "rb") as file:
            content = file.read()
        self._checked(f"cat >{shlex.quote(out_path)}", out_path, content)

    def fetch_file(self, in_path: str, out_path: str) -> None:
        """Read a file of the container."""
        super().fetch_file(in_path, out_path)
        content = self._checked(f"cat {shlex.quote(in_path)}", in_path)
        with open(to_bytes(out_path), "wb") as file:
            file.write(content)

    def close(self) -> None:
        """End the connection to the Docker host, if there was one."""
        if "_host" in self.__dict__:
            self._host.close()
        self._connected = False

    def reset(self) -> None:
        """Connect anew with the next command."""
        self.close()
        self.__dict__.pop("_host", None)

    # --- parts ---

    def _run(self, words: list[str], content: bytes = b"") -> Answer:
        line = shlex.join([*self._docker(), *words])
        found: Answer = self._host.exec_command(line, in_data=content, sudoable=False)
        return found

    def _docker(self) -> list[str]:
        """Return the words before the container's own command."""
        sudo = boolean(dict(self.get_option("way")).get("ansible_become", False))
        address, user = self.get_option("docker_host"), self.get_option("user")
        return [
            *(["sudo", "-n"] if sudo else []),
            "docker",
            *(["--host", address] if address else []),
            "exec",
            "--interactive",
            *(["--user", user] if user else []),
            self.get_option("container"),
        ]

    def _checked(self, line: str, path: str, content: bytes = b"") -> bytes:
        code, out, error = self._run(["/bin/sh", "-c", line], content)
        if code:
            raise AnsibleConnectionFailure(
                f"{path}: {to_text(error).strip() or f'exit code {code}'}"
            )
        return out
