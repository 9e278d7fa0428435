# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Docker changes on a container that exists: limits and the restart policy. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from .._common.names import digest
from .ledger import Ledger

Json = t.Mapping[str, t.Any]

UPDATABLE = {
    "mem_limit": "Memory",
    "mem_reservation": "MemoryReservation",
    "memswap_limit": "MemorySwap",
    "cpus": "NanoCpus",
    "cpu_shares": "CpuShares",
    "cpu_period": "CpuPeriod",
    "cpu_quota": "CpuQuota",
    "cpuset": "CpusetCpus",
    "pids_limit": "PidsLimit",
    "blkio_weight": "BlkioWeight",
}
"""Options of a container that C(POST /containers/ID/update) takes, with their fields of HostConfig."""
DEFAULTED = ("pids_limit",)
"""Those that it also takes away."""


def is_in_place(old: Json, new: Json, *, same_image: bool = False) -> bool:
    """Whether Docker can make a container of one launch one of another: it cannot take most limits away.

    Args:
        old: The launch as the record has it: parts and volumes.
        new: The other launch.
        same_image: Whether the image of the other launch is the one that the container has, by whatever name.
    """
    before, after = _rest(old), _rest(new)
    if same_image:
        after["parts"]["image"] = before["parts"]["image"]
    had, has = _limits(old), _limits(new)
    lost = had.keys() - has.keys() - set(DEFAULTED)
    swap_follows = lost == {"memswap_limit"} and "mem_limit" in has
    return before == after and (not lost or swap_follows)


def fixed_id(launch: Json) -> str:
    """What of a launch needs a new container if it changes, as a hash. The image is left out: it has many names."""
    rest = _rest(launch)
    rest["parts"] = {key: item for key, item in rest["parts"].items() if key != "image"}
    return digest(rest)


def limits_set(host_config: Json) -> dict[str, t.Any]:
    """The limits that a container has, from its inspect. Of swap the engine itself sets twice the memory."""
    given = {key: host_config.get(field) for key, field in UPDATABLE.items()}
    found: dict[str, t.Any] = {key: item for key, item in given.items() if item and item != -1}
    if found.get("memswap_limit") == 2 * found.get("mem_limit", 0):
        del found["memswap_limit"]
    return found


def _parts(launch: Json) -> Json:
    return t.cast("Json", launch["parts"][""])


def _limits(launch: Json) -> dict[str, t.Any]:
    """The limits that are set: 0 is none."""
    options = _parts(launch)["container"]
    return {key: options[key] for key in UPDATABLE if options.get(key)}


def _rest(launch: Json) -> dict[str, t.Any]:
    """All that needs a new container."""
    parts = {key: item for key, item in _parts(launch).items() if key != "start_once"}
    options = parts["container"].items()
    parts["container"] = {key: item for key, item in options if key not in UPDATABLE}
    return {"parts": parts, "volumes": launch.get("volumes", {})}


def applied_launch(ledger: Ledger, key: str, *, container: str, created: str) -> str:
    """The launch that a container (its id) has: the last one that it was updated to, else that of its creation."""
    applied = ledger[key].get("applied") if key in ledger else None
    return applied["launch"] if applied and applied["container"] == container else created
