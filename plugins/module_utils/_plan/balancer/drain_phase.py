# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The phase of a container's drain: a table of predicates. Private to the collection; pure."""

from __future__ import annotations

import dataclasses
import enum
import typing as t

from ..._haproxy.run.stats import takes_requests
from ..._model.ledger import Drain
from ..._model.observation import TrafficReport

MOST_RENEWALS = 3


class Phase(enum.Enum):
    """The next need of a drain."""

    NOT_NEEDED = "no load balancer has anything of it, or nobody wants to wait"
    DUE = "it is to be noted, and the load balancers to be told"
    RUNNING = "they were told, and it still has sessions"
    UNTOLD = "its time is over before they were told"
    OVER = "it may be stopped"


STOPPABLE = (Phase.NOT_NEEDED, Phase.OVER)


@dataclasses.dataclass(frozen=True)
class DrainView:
    """One round's view of a container that must be stopped.

    Attributes:
        is_running: Whether it runs.
        timeout_s: Seconds that its service allows it to finish its work; 0 for no drain.
        container_id: Its id.
        drain: The drain of its member in the ledger; None if there is none.
        serving: Reports of the load balancers that send it requests or have sessions with it.
        old_workers: Workers of reloaded load balancers that have it as a server and still serve old connections.
        unseen: Load balancers that have it as a server on hosts that were not seen: they may still send.
        boot: The boot of its host.
        now: The boot clock of its host.
        wall: The wall clock of its host, for drains of 0.1.0.
    """

    is_running: bool
    timeout_s: float
    container_id: str
    drain: Drain | None
    serving: t.Sequence[TrafficReport]
    old_workers: int
    unseen: int
    boot: str
    now: float
    wall: float

    @property
    def is_noted(self) -> bool:
        """Whether the drain in the ledger is of this container, in this boot of its host."""
        if self.drain is None or self.drain["container"] != self.container_id:
            return False
        return self.drain.get("boot", self.boot) == self.boot

    @property
    def left_s(self) -> float:
        """Seconds left for the drain."""
        return left_s(self.drain, self.now, self.wall) if self.drain else 0.0

    @property
    def is_late(self) -> bool:
        """Whether its time is over."""
        return self.left_s <= 0

    @property
    def sessions(self) -> int:
        """Sessions that load balancers have with it."""
        return sum(item["sessions"] for item in self.serving)

    @property
    def is_told(self) -> bool:
        """Whether all load balancers that have it as a server were told to drain it."""
        return all(item["drain"] for item in self.serving)

    @property
    def renewed(self) -> int:
        """How often its time ran out before the load balancers were told."""
        return self.drain.get("renewed", 0) if self.drain else 0


def left_s(drain: Drain, now: float, wall: float) -> float:
    """Seconds left for a drain, by its host's boot clock.

    If 0.1.0 noted it, by the wall clock. If that was set back since, nobody knows, and the drain is over.
    """
    if "boot" in drain:
        return drain["until"] - now
    return drain["until"] - wall if drain["since"] <= wall else 0.0


def is_sent_to(report: TrafficReport) -> bool:
    """Whether a load balancer sends new requests to a server."""
    return takes_requests(report) and not report["drain"]


def phase_of(view: DrainView) -> Phase:
    """The drain phase of a container that must be stopped."""
    return next(phase for phase, applies in PHASES if applies(view))


def _has_ended(view: DrainView) -> bool:
    busy = view.sessions or view.old_workers or view.unseen
    return view.is_told and (view.is_late or not busy)


PHASES: tuple[tuple[Phase, t.Callable[[DrainView], bool]], ...] = (
    (Phase.NOT_NEEDED, lambda view: not view.is_running or not view.timeout_s),
    (Phase.NOT_NEEDED, lambda view: not (view.serving or view.drain or view.unseen)),
    (Phase.DUE, lambda view: not view.is_noted),
    (Phase.OVER, _has_ended),
    (Phase.UNTOLD, lambda view: view.is_late and view.renewed < MOST_RENEWALS),
    # A load balancer that cannot be told must not block the stop for ever.
    (Phase.OVER, lambda view: view.is_late),
    (Phase.RUNNING, lambda view: True),
)
