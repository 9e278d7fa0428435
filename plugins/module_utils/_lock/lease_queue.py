# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runs that wait for a host's lease: who asked first gets it first. Private to the collection; pure.

A place in the queue lasts until its run was to ask again. So a run that was killed holds nobody up for long.
"""

from __future__ import annotations

import typing as t

Json = t.Dict[str, t.Any]

LONGEST_PLACE_S = 120.0
_MOST = 40
_LONGEST_TEXT = 60
_TYPES: dict[str, t.Any] = {
    "run": str,
    "owner": str,
    "reason": str,
    "ticket": (int, float),
    "until": (int, float),
}


def places(content: Json | None, now: float) -> list[Json]:
    """The places that still count, from the content of a lease file. What we did not write counts for nothing."""
    found = (content or {}).get("waiting", [])
    return [item for item in found if _is_place(item) and 0 < item["until"] - now < LONGEST_PLACE_S]


def _is_place(item: t.Any) -> bool:
    return isinstance(item, dict) and all(isinstance(item.get(key), _TYPES[key]) for key in _TYPES)


def without(queue: list[Json], run: str) -> list[Json]:
    """The queue without one run."""
    return [item for item in queue if item["run"] != run]


def _short(place: Json) -> Json:
    """The place with its texts cut: they are only shown, and the file has a fixed length."""
    return {
        key: value[:_LONGEST_TEXT] if isinstance(value, str) else value
        for key, value in place.items()
    }


def joined(queue: list[Json], place: Json) -> list[Json]:
    """The queue with a run's place: a new one, or the same for longer."""
    others = without(queue, place["run"])
    return sorted([*others, _short(place)], key=lambda item: item["ticket"])[:_MOST]


def first_before(queue: list[Json], ticket: float) -> Json | None:
    """The first run that asked earlier; None if there is none."""
    earlier = [item for item in queue if item["ticket"] < ticket]
    return min(earlier, key=lambda item: item["ticket"]) if earlier else None


def shown(place: Json, now: float, since: str) -> Json:
    """A waiting run in the place of a holder of the lease: it has not acted."""
    return {
        "owner": place["owner"],
        "reason": place["reason"],
        "since": since,
        "token": place["run"],
        "unattended": False,
        "started": False,
        "finished": False,
        "left_s": round(place["until"] - now, 1),
        "busy": False,
    }
