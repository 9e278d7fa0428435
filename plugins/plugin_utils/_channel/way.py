# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that starts a host's end of a channel, from the variables by which Ansible connects.

Private to the collection. Ansible itself says what its variables, environment and ansible.cfg mean: the options are
those of its plugins ssh and sudo.
"""

from __future__ import annotations

import dataclasses
import shlex
import typing as t

from ansible import constants
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.loader import become_loader, connection_loader

from .bootstrap import BOOTSTRAP

Variables = t.Mapping[str, t.Any]
Options = dict[str, t.Any]

CONNECT_TIMEOUT_S = 4
"""As in the playbooks, where the inventory has no C(drover_connect_timeout_s)."""


_WAITS = "; exit $?"
"""Keeps the shell from becoming Python: who ends the shell, as one ends an SSH client, breaks off no operation."""


class NoWay(Exception):
    """A channel cannot take the way that the inventory asks for; the text says what to change."""


@dataclasses.dataclass(frozen=True)
class Way:
    """How to start a host's end.

    Attributes:
        client: The words before the remote command line, which is one word.
        python: Words of the interpreter's command line on the host.
        password: What sudo reads from standard input; None where it has to do without.
        tail: What the command line ends with.
    """

    client: tuple[str, ...]
    python: tuple[str, ...]
    password: str | None = None
    tail: str = ""

    def command(self, mark: str, idle_s: float) -> list[str]:
        """The words to start, with the mark that the host's end prints when it is there."""
        words = [*self.python, "-c", BOOTSTRAP, mark, str(idle_s)]
        return [*self.client, shlex.join(words) + self.tail]


def way_to(variables: Variables) -> Way:
    """The way to one host.

    Args:
        variables: Of the host, templated, with C(inventory_hostname).

    Raises:
        NoWay: A channel cannot connect like that.
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
    """The SSH client's words. Of an option that is given twice the client takes the first.

    A channel has a connection of its own, which ends with it. A shared one would live on in the background.
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
    """The options of sudo; empty where the user may do all that is needed."""
    if not boolean(variables.get("ansible_become", constants.DEFAULT_BECOME)):
        return {}
    method = _short(variables.get("ansible_become_method") or constants.DEFAULT_BECOME_METHOD)
    if method != "sudo":
        raise NoWay(f"ansible_become_method {method}: a channel needs sudo")
    return _options("become", "sudo", variables)


def _sudo(options: Options) -> tuple[str, ...]:
    """Words of sudo. With a password it reads one line of standard input, and asks without a prompt."""
    flags = shlex.split(options["become_flags"] or "")
    if options["become_pass"]:
        flags = [*(flag for flag in flags if flag not in ("-n", "-S")), "-S", "-p", ""]
    user = options["become_user"] or "root"
    return (options["become_exe"] or "sudo", *flags, "-u", user)


def _interpreter(variables: Variables) -> str:
    """Ansible's own search for an interpreter takes a second; hosts that need it name one."""
    given = str(variables.get("ansible_python_interpreter") or "auto")
    return "python3" if given.startswith("auto") else given


def _options(kind: str, name: str, variables: Variables) -> Options:
    """What an Ansible plugin takes its options to be; it has to be loaded to have any."""
    loader = connection_loader if kind == "connection" else become_loader
    loader.get(name, class_only=True)
    return dict(constants.config.get_plugin_options(kind, name, variables=dict(variables)))


def _short(name: t.Any) -> str:
    return str(name).removeprefix("ansible.builtin.")
