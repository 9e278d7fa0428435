# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find hosts whose clock differs from those of the others. Private to the collection; pure.

A host's clock is read at some time during a call, so its offset from the control node's clock is an interval. Two
clocks differ if their intervals are too far apart; a slow call then accuses nobody.
"""

from __future__ import annotations

import typing as t

from .problem import WARNING, Look, Problem

MOST_S = 5.0
"""Clocks that differ by less do no harm: only the order of the audit and the times in it depend on them."""


def clock_problems(looks: t.Mapping[str, Look]) -> t.Iterator[tuple[str, Problem]]:
    """Return the problem of each host whose clock differs. Hosts without facts must be left out."""
    offsets = {host: _offset(look) for host, look in looks.items()}
    if len(offsets) < 2:
        return
    other = _reference(offsets)
    for host, offset in sorted(offsets.items()):
        if _gap(offset, offsets[other]) > MOST_S:
            seconds = _middle(offset) - _middle(offsets[other])
            told = {
                "seconds": f"{abs(seconds):.0f}",
                "direction": "ahead of" if seconds > 0 else "behind",
                "other": other,
            }
            yield host, Problem("clock", told, WARNING)


class _Offset(t.NamedTuple):
    low: float
    high: float


def _offset(look: Look) -> _Offset:
    now = look.facts["now"] if look.facts is not None else 0.0
    return _Offset(now - look.after, now - look.before)


def _middle(offset: _Offset) -> float:
    return (offset.low + offset.high) / 2


def _gap(one: _Offset, other: _Offset) -> float:
    return max(one.low - other.high, other.low - one.high)


def _reference(offsets: t.Mapping[str, _Offset]) -> str:
    """Return the host in the middle; of two, the one that agrees better with the control node."""
    hosts = sorted(offsets, key=lambda host: _middle(offsets[host]))
    middle = {hosts[(len(hosts) - 1) // 2], hosts[len(hosts) // 2]}
    return min(sorted(middle), key=lambda host: abs(_middle(offsets[host])))
