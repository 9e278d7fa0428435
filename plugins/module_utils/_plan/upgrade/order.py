# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a member must be stopped before its newcomer starts. Private to the collection; pure.

Start-first needs room for two containers of one member. There is none if both would publish the same port of the host,
have the same address, or write to the same files: many programs damage data that two of them write.
"""

from __future__ import annotations

import typing as t

from ..._common.constants import STATE_DIR_MARK
from ..._model.entry import Members
from ..._model.fact import Fact
from ..._model.member import MemberId
from ..._model.volumes import normal_path, other_mounts
from ..operations.member import WantedMember
from ..world.ports import published

Json = t.Dict[str, t.Any]


def stop_first_reason(old: WantedMember, new: Json, others: Members) -> Fact | None:
    """Why an upgrade of a member is stop-first whatever its policy says; None if it need not be.

    Args:
        old: The member that serves.
        new: The service at the wanted launch.
        others: Entries of the stack that are not of this member.
    """
    for service in (old.service, new):
        if service["network"] == "host":
            return Fact("needs_host_network")
        for port in published(service):
            return Fact("needs_host_port", {"port": f"{port[1]}/{port[2]}"})
        if service["container"].get("mac_address") or service["retain_ip"]:
            return Fact("needs_address")
    shared = {
        name
        for entry in others.values()
        if not entry["retired"]
        for name in entry["volumes"].values()
    }
    names = _names([old.service, new], old.entry["volumes"])
    both = _written(old, old.service, names) & _written(old, new, names)
    return Fact("needs_volume", {"volume": min(both - shared)}) if both - shared else None


def _names(services: t.Iterable[Json], volumes: dict[str, str]) -> dict[str, str]:
    """The volumes of a member by their names in the stack file: another definition may mount them at another path."""
    by_path = {normal_path(path): name for path, name in volumes.items()}
    return {
        str(item["source"]): by_path[normal_path(item["target"])]
        for service in services
        for item in service["container"].get("mounts", [])
        if item["kind"] == "volume" and normal_path(item["target"]) in by_path
    }


def _written(member: WantedMember, service: Json, names: dict[str, str]) -> set[str]:
    """Volumes and folders of the host that a member of this service writes to."""
    mounts = service["container"].get("mounts", [])
    readable = {normal_path(item["target"]) for item in mounts if "ro" in item["options"]}
    hidden = readable | other_mounts(service["container"])
    volumes = member.entry["volumes"].items()
    found = {name for path, name in volumes if normal_path(path) not in hidden}
    sources = [str(item["source"]) for item in mounts if _is_written(item)]
    return found | {names.get(source, source) for source in sources}


def _is_written(mount: Json) -> bool:
    """Whether it is a named volume, at whatever path, or a folder of the host. Many may use a socket."""
    if "ro" in mount["options"] or mount["kind"] not in ("bind", "volume"):
        return False
    return not (str(mount["source"]).endswith(".sock") or is_own_folder(mount))


def is_own_folder(mount: Json) -> bool:
    """Whether it is a folder that we make for each container of a load balancer."""
    return str(mount["source"]).startswith(STATE_DIR_MARK)


def others_of(members: Members, home: MemberId) -> Members:
    """The entries of the other members of a stack."""
    own = f"{home.key}@"
    return {
        key: entry for key, entry in members.items() if key != home.key and not key.startswith(own)
    }
