# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the programs in the members' containers do, and since when each has truly been good."""

from __future__ import annotations

import dataclasses

from .virtual_haproxy import Answer

GOOD = "good"


@dataclasses.dataclass
class Place:
    """What goes for a member, whichever container it has.

    Attributes:
        warm_up_s: Seconds after each start in which nothing listens yet.
        answer_s: Seconds that an answer takes.
        ill: What every container of this member does from its start; empty when it works.
        flap_s: Seconds good and seconds bad, in turn; None when it does not flap.
    """

    warm_up_s: float = 0.0
    answer_s: float = 0.0
    ill: str = ""
    flap_s: tuple[float, float] | None = None
    flaps_since: float = 0.0

    def flaps_now(self, now: float) -> bool:
        """Whether it is in a bad spell."""
        if self.flap_s is None:
            return False
        good, bad = self.flap_s
        return (now - self.flaps_since) % (good + bad) >= good


@dataclasses.dataclass
class Life:
    """One life of one container.

    Attributes:
        started_at: True time of its start.
        ill: What is wrong with this container until it is replaced; empty when nothing is.
        good_since: Since when it would answer a good probe; None while it would not.
        bad_since: Since when it would not.
    """

    started_at: float
    ill: str = ""
    good_since: float | None = None
    bad_since: float | None = None

    def note(self, now: float, *, good: bool) -> None:
        """Remember how it is now."""
        if good:
            self.bad_since = None
            self.good_since = now if self.good_since is None else self.good_since
        else:
            self.good_since = None
            self.bad_since = now if self.bad_since is None else self.bad_since


def answer(place: Place, life: Life, now: float, *, dependency_up: bool) -> Answer:
    """What somebody meets who connects to the application now."""
    if now - life.started_at < place.warm_up_s:
        return Answer("refuse")
    kind = life.ill or place.ill
    if not kind:
        kind = "500" if place.flaps_now(now) or not dependency_up else GOOD
    return Answer(kind, place.answer_s)
