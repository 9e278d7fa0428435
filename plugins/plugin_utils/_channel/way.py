# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that starts a host's end of a channel, from Ansible's connection variables.

Private to the collection. Ansible itself interprets its variables, environment and ansible.cfg: the options are those
of its plugins ssh and sudo.
"""

from __future__ import annotations

import dataclasses
import shlex
import typing as t

from ansible import constants
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.loader import become_loader, connection_loader

from .bootstrap import CHANNEL, bootstrap

Variables = t.Mapping[str, t.Any]
Options = dict[str, t.Any]

CONNECT_TIMEOUT_S = 4
"""As in the playbooks, if the inventory has no C(drover_connect_timeout_s)."""


_WAITS = "; exit $?"
"""Keeps the shell from replacing itself with Python. So the end of the shell or SSH client breaks off no operation."""


class NoWay(Exception):
    """A channel does not support the connection that the inventory asks for. The text says what to change."""


@dataclasses.dataclass(frozen=True)
class Way:
    """How to start the process on a host.

    Attributes:
        client: Words before the remote command line. The remote command line is one word.
        python: Words of the interpreter's command line on the host.
        password: Password that sudo reads from standard input; None if sudo gets no password.
        tail: End of the command line.
    """

    client: tuple[str, ...]
    python: tuple[str, ...]
    password: str | None = None
    tail: str = ""

    def command(self, mark: str, idle_s: float, program: str = CHANNEL) -> list[str]:
        """Return the command's words, with the mark that the host's process prints when it is ready."""
        words = [*self.python, "-c", bootstrap(program), mark, str(idle_s)]
        return [*self.client, shlex.join(words) + self.tail]


def way_to(variables: Variables) -> Way:
    """Return the way to one host.

    Args:
        variables: Templated variables of the host, with C(inventory_hostname).

    Raises:
        NoWay: A channel does not support this connection.
    """
    become = _become(variables)
    python = (*_sudo(become), _interpreter(variables)) if become else (_interpreter(variables),)
    password = become.get("become_pass") if become else None
    kind = _short(variables.get("ansible_connection") or constants.DEFAULT_TRANSPORT)
    if kind == "local":
        return Way(("/bin/sh", "-c"), python, password, _WAITS)
    if kind not in ("ssh", "smart"):
        raise NoWay(f"ansible_connection {kind}: a channel needs ssh or local")
    client = _ssh(_options("connection", "ssh", variables), variables)
    return Way(tuple(client), python, password)


def _ssh(options: Options, variables: Variables) -> list[str]:
    """Return the SSH client's words. If an option is given twice, the client uses the first.

    A channel has its own connection, which ends with it. A shared connection would stay in the background.
    """
    if options["password"]:
        raise NoWay("a channel cannot give SSH a password: use a key")
    timeout = variables.get("drover_connect_timeout_s") or CONNECT_TIMEOUT_S
    fixed = ["BatchMode=yes", "ControlPath=none", f"ConnectTimeout={timeout}"]
    fixed += ["ClearAllForwardings=yes"]
    fixed += [] if options["host_key_checking"] else ["StrictHostKeyChecking=no"]
    given = (options[key] for key in ("ssh_args", "ssh_common_args", "ssh_extra_args"))
    return [
        options["ssh_executable"],
        "-T",
        *(word for option in fixed for word in ("-o", option)),
        *(word for text in given for word in shlex.split(text or "")),
        *(["-p", str(options["port"])] if options["port"] else []),
        *(["-l", options["remote_user"]] if options["remote_user"] else []),
        *(["-i", options["private_key_file"]] if options["private_key_file"] else []),
        "--",
        str(options["host"]),
    ]


def _become(variables: Variables) -> Options:
    """Return the options of sudo; empty without C(ansible_become)."""
    if not boolean(variables.get("ansible_become", constants.DEFAULT_BECOME)):
        return {}
    method = _short(variables.get("ansible_become_method") or constants.DEFAULT_BECOME_METHOD)
    if method != "sudo":
        raise NoWay(f"ansible_become_method {method}: a channel needs sudo")
    return _options("become", "sudo", variables)


def _sudo(options: Options) -> tuple[str, ...]:
    """Return the words of sudo. With a password, sudo reads one line of standard input and prints no prompt."""
    flags = shlex.split(options["become_flags"] or "")
    if options["become_pass"]:
        flags = [*(flag for flag in flags if flag not in ("-n", "-S")), "-S", "-p", ""]
    user = options["become_user"] or "root"
    return (options["become_exe"] or "sudo", *flags, "-u", user)


def _interpreter(variables: Variables) -> str:
    """Return the interpreter. Ansible's discovery takes a second, so a host with a special interpreter must name it."""
    given = str(variables.get("ansible_python_interpreter") or "auto")
    return "python3" if given.startswith("auto") else given


def _options(kind: str, name: str, variables: Variables) -> Options:
    """Return the option values of an Ansible plugin. The plugin must be loaded first."""
    loader = connection_loader if kind == "connection" else become_loader
    loader.get(name, class_only=True)
    return dict(constants.config.get_plugin_options(kind, name, variables=dict(variables)))


def _short(name: t.Any) -> str:
    return str(name).removeprefix("ansible.builtin.")
