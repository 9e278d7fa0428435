# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of stacks that are down, written when their hosts had other names. Private to the collection; pure.

A wrong name is dangerous while members are placed by it. A stack that is down places none, so its record does not keep
a host with a new name from being acted on: the next write gives it the new names.
"""

from __future__ import annotations

import typing as t

from ..._model.observation import Observation
from ..._record.revisions import current, is_live, rename_hosts

Observations = t.Dict[str, t.Optional[Observation]]
Names = t.Dict[str, str]
"""Old name of a host to its new one."""


Others = t.Dict[str, t.List[t.Tuple[str, str]]]
"""By host its records that were written under another name: stack and that name. Hosts without any are left out."""


def other_names(observations: Observations) -> Others:
    """The records under other names: looked for once, as there are as many records as hosts times stacks."""
    found = {
        host: [
            (stack, record["host"])
            for stack, record in seen["records"].items()
            if record.get("host", host) != host
        ]
        for host, seen in _answers(observations)
    }
    return {host: records for host, records in found.items() if records}


def down_names(observations: Observations, others: Others) -> dict[str, Names]:
    """The new names by stack; only of stacks that are down on every host that has a record."""
    other = {stack for records in others.values() for stack, _name in records}
    names = {stack: _names_of(stack, observations) for stack in sorted(other)}
    return {stack: new for stack, new in names.items() if new}


def _names_of(stack: str, observations: Observations) -> Names:
    """The new names for one stack."""
    copies = [
        (host, seen["records"][stack])
        for host, seen in _answers(observations)
        if stack in seen["records"]
    ]
    if any(_may_be_up(copy) for _host, copy in copies):
        return {}
    return _names([(copy.get("host", host), host) for host, copy in copies], observations)


def _may_be_up(record: dict[str, t.Any]) -> bool:
    """Whether the stack is up, or may be by an order that is not known to count."""
    body = record["body"]
    return "proposed" in record or current(body) is None or is_live(body)


def _names(pairs: list[tuple[str, str]], inventory: t.Collection[str]) -> Names:
    """The hosts whose name changed; none if it is not clear which host had which name."""
    old = [name for name, _host in pairs]
    changed = {name: host for name, host in pairs if name != host}
    clear = len(set(old)) == len(old) and not any(name in inventory for name in changed)
    return changed if clear else {}


def with_new_names(observations: Observations, names: dict[str, Names]) -> Observations:
    """The observations as if the records of these stacks had the new names already."""
    if not names:
        return observations
    found = observations.copy()
    for host, seen in _answers(observations):
        renamed = seen.copy()
        renamed["records"] = {
            stack: _renamed(record, host, names.get(stack, {}))
            for stack, record in seen["records"].items()
        }
        found[host] = renamed
    return found


def _renamed(record: dict[str, t.Any], host: str, names: Names) -> dict[str, t.Any]:
    if not names:
        return record
    return {**record, "host": host, "body": rename_hosts(record["body"], names)}


def _answers(observations: Observations) -> t.Iterator[tuple[str, Observation]]:
    """The hosts that answered."""
    for host, seen in sorted(observations.items()):
        if seen and not seen["error"]:
            yield host, seen
