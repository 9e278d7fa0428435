# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that must not be acted on in this round, each with the reason. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from ..._model.fact import Fact
from ..._model.observation import Observation
from .down_names import Others

Observations = t.Dict[str, t.Optional[Observation]]


def host_faults(
    observations: Observations, others: Others, renamed: dict[str, str]
) -> dict[str, Fact]:
    """The reasons by host. C(renamed): old name to new, as a person stated."""
    faults: dict[str, Fact] = {}
    engines: dict[str, dict[str, Observation]] = {}
    for host, found in sorted(observations.items()):
        if found is None:
            faults[host] = Fact("not_reached")
        elif found["error"]:
            faults[host] = Fact("no_observation", {"error": str(found["error"])})
        elif not found["engine"]["id"]:
            faults[host] = Fact("engine_without_id")
        else:
            engines.setdefault(found["engine"]["id"], {})[host] = found
            faults.update(_name_fault(host, others.get(host, []), observations, renamed))
    for same in engines.values():
        faults.update(_same_engine(same, faults))
    return faults


def _same_engine(same: dict[str, Observation], faults: dict[str, Fact]) -> dict[str, Fact]:
    """The reasons of all hosts with one engine id but one: the one whose name is that of its records."""
    chosen = next((host for host in same if host not in faults), next(iter(same)))
    found = {}
    for host, seen in same.items():
        if host != chosen:
            code = "same_engine" if is_same_machine(seen, same[chosen]) else "cloned_engine"
            found[host] = Fact(code, {"other": chosen})
    return found


def is_same_machine(one: t.Mapping[str, t.Any], other: t.Mapping[str, t.Any]) -> bool:
    """Whether two hosts with one engine id are one machine. A clone has another boot or another name.

    C(one), C(other): what was seen of them, with C(boot_id) and the name of the engine.
    """
    return bool(
        one["boot_id"] == other["boot_id"] and one["engine"]["name"] == other["engine"]["name"]
    )


def _name_fault(
    host: str,
    others: list[tuple[str, str]],
    observations: Observations,
    renamed: dict[str, str],
) -> dict[str, Fact]:
    """Why a host must not be acted on under this name: its records give it another one."""
    wrong = [(stack, old) for stack, old in others if renamed.get(old) != host]
    if not wrong:
        return {}
    stack, old = min(wrong)
    code = "name_of_another_host" if old in observations else "other_host_name"
    return {host: Fact(code, {"stack": stack, "old": old, "new": host})}
