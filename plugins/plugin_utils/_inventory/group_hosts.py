# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker hosts that another inventory source has already: their connection variables as entries of C(hosts).

Controller only; private to the collection; pure.
"""

from __future__ import annotations

import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from .values import SourceError

Json = dict[str, t.Any]

_LOCAL = "local"
_SSH = ("ssh", "smart", "paramiko", "paramiko_ssh")
_SOCKET = "unix://"
_TEXTS = {
    "user": ("ansible_user", "ansible_ssh_user"),
    "port": ("ansible_port", "ansible_ssh_port"),
    "private_key_file": ("ansible_ssh_private_key_file", "ansible_private_key_file"),
    "python": ("ansible_python_interpreter",),
}
"""Options of a host with SSH, and the variables that have them; the first that is set counts."""
_ARGUMENTS = ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args")
_FOUND_OUT = "auto"
"""Values of C(ansible_python_interpreter) such as C(auto_silent) leave the choice to Ansible."""


def entry_of(name: str, variables: t.Mapping[str, t.Any]) -> Json:
    """Return the entry of a Docker host: how Ansible reaches it.

    Args:
        name: Its inventory name.
        variables: Its variables, without templates.

    Raises:
        SourceError: It is reached in another way than by SSH, locally, or over TCP.
    """
    engine = str(variables.get("drover_docker_host") or f"{_SOCKET}/var/run/docker.sock")
    own: Json = {"name": name}
    if variables.get("drover_state_dir"):
        own["state_dir"] = str(variables["drover_state_dir"])
    if not engine.startswith(_SOCKET):
        return {"name": name, "docker_host": engine}
    way = str(variables.get("ansible_connection") or "ssh").rsplit(".", 1)[-1]
    if way == _LOCAL:
        return {**own, "docker_host": engine}
    if way not in _SSH:
        raise SourceError(
            f"from_group: {name} has ansible_connection {way}; this plugin reaches hosts by ssh or locally,"
            " so write it into hosts"
        )
    address = str(variables.get("ansible_host") or variables.get("ansible_ssh_host") or name)
    host = f"[{address}]" if ":" in address else address
    return {
        **own,
        "docker_host": f"ssh://{host}",
        "socket": engine[len(_SOCKET) :],
        **_ssh_options(variables),
    }


def _ssh_options(variables: t.Mapping[str, t.Any]) -> Json:
    found: Json = {}
    for option, names in _TEXTS.items():
        value = next((variables[name] for name in names if variables.get(name)), None)
        if value is not None and not (option == "python" and str(value).startswith(_FOUND_OUT)):
            found[option] = value
    arguments = [str(variables[name]) for name in _ARGUMENTS if variables.get(name)]
    if arguments:
        found["ssh_args"] = " ".join(arguments)
    if "ansible_become" in variables and boolean(variables["ansible_become"], strict=False):
        found["become"] = True
    return found


def merged(given: t.Any, of_group: list[Json]) -> t.Any:
    """Return the entries of C(hosts), then those of the group that are not among them by name."""
    if not isinstance(given, list):
        return of_group if given is None else given
    names = {item.get("name") for item in given if isinstance(item, dict)}
    return [*given, *(item for item in of_group if item["name"] not in names)]
