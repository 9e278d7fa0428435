# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The situation of a member, and of a container with a member's labels. Private to the collection; pure.

A table of predicates: the first row that applies is the situation. converge.py maps each situation to a step.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import typing as t

from .._common.constants import STATE_ACTIVE, STATE_STOPPED
from .._common.times import parse_time
from .._model.entry import FAILED, MemberEntry
from .._model.fact import Fact
from .world.ownership import LIVE_STATES, Located, is_earlier_life
from .world.world import Container


class Situation(enum.Enum):
    """The situation of a wanted member."""

    CONFLICT = "it has several containers, or one on another host than its own"
    HOST_UNSEEN = "nothing is known about its host"
    AT_REST = "there is nothing to do: it is stopped as asked for, or its work is done"
    IMPERSONATED = "a running stranger has its volume or its address"
    NAME_TAKEN = "it has no container, and another one holds its name"
    MISSING = "it has no container"
    NEVER_RUN = "its container has another definition and was never started"
    OUTDATED = "its container has another definition, and its service is one of ours"
    UNDECIDED = "its service is stopped as far as a minority knows"
    TO_STOP = "it runs, and its service is stopped"
    CRASH_LOOP = "the engine restarts it again and again"
    RESTARTING = "the engine is restarting it"
    RUNNING = "it runs"
    PAUSED = "it is paused"
    BEING_REMOVED = "the engine is removing its container"
    DEAD = "the engine cannot start its container again"
    HALF_REPAIRED = "a run stopped it in order to replace it, and ended"
    STOPPED = "its container does not run"


class Leftover(enum.Enum):
    """What a container with a member's labels is."""

    UNRECORDED = "no record knows the member"
    MISPLACED = "the member is retired, and was on another host"
    UNDECIDED = "not wanted as far as a minority knows"
    RETIRED = "the member is retired"
    SUPERSEDED = "the member has a newer life on another host"
    OWN = "it is what the member has now"


@dataclasses.dataclass(frozen=True)
class MemberView:
    """One round's view of a wanted member: all inputs to its situation.

    Attributes:
        wanted: The desired state of its service: active, stopped or created.
        start_once: Whether it runs once: its work is done when it ends.
        host: The host that the record names.
        located: Its containers with their hosts, without those of earlier lives.
        is_seen: Whether its host is seen.
        is_decided: Whether a majority is known to have the record.
        is_system: Whether its service is one of our own.
        is_current: Whether its container has the recorded definition.
        is_updated: Whether its container has the limits of its definition.
        is_crash_loop: Whether its container is in a crash loop.
        is_half_repaired: Whether a replacement of its container for its health has begun.
        labels_match: Whether its host has the labels that its service requires.
        holder: The id of the container that holds its name on its host; empty for none.
        impostor: The name of a stranger that uses a volume or the address of the member; empty for none.
        taken: The volume or address that the stranger uses; None for none.
    """

    wanted: str = STATE_ACTIVE
    start_once: bool = False
    host: str = ""
    located: t.Sequence[Located] = ()
    is_seen: bool = True
    is_decided: bool = True
    is_system: bool = False
    is_current: bool = True
    is_updated: bool = True
    is_crash_loop: bool = False
    is_half_repaired: bool = False
    labels_match: bool = True
    holder: str = ""
    impostor: str = ""
    taken: Fact | None = None

    @functools.cached_property
    def container(self) -> Container | None:
        """Its only container."""
        return self.located[0][1] if len(self.located) == 1 else None

    @functools.cached_property
    def state(self) -> str:
        """The engine's state of its only container; empty if there is none."""
        return str(self.container["state"]) if self.container else ""


@dataclasses.dataclass(frozen=True)
class ContainerView:
    """A container with a member's labels, and the record's entry of that member; None if there is no record."""

    host: str
    container: Container
    entry: MemberEntry | None
    is_decided: bool = True

    @property
    def is_retired(self) -> bool:
        """Whether the member is no longer wanted, or was a hook that failed."""
        return bool(self.entry and (self.entry["retired"] or self.entry.get("state") == FAILED))

    @property
    def home(self) -> str:
        """The recorded host; empty if there is no record."""
        return self.entry["host"] if self.entry else ""

    @property
    def is_superseded(self) -> bool:
        """Whether the member has a newer container elsewhere."""
        return self.entry is not None and is_earlier_life(self.host, self.container, self.entry)

    @property
    def is_misplaced(self) -> bool:
        """Whether the record shows that the member was never on this host."""
        return self.host != self.home and not self.is_superseded


def situation_of(view: MemberView) -> Situation:
    """The situation of a wanted member."""
    return next(situation for situation, applies in SITUATIONS if applies(view))


def leftover_of(view: ContainerView) -> Leftover:
    """What a container with a member's labels is."""
    return next(leftover for leftover, applies in LEFTOVERS if applies(view))


def remarks_of(view: MemberView) -> list[str]:
    """Codes of facts that only need a note."""
    return [code for code, applies in REMARKS if applies(view)]


# --- the predicates ---


def _is_conflict(view: MemberView) -> bool:
    return len(view.located) > 1 or any(host != view.host for host, _container in view.located)


def _is_absent(view: MemberView) -> bool:
    return view.container is None


def _is_idle(view: MemberView) -> bool:
    """Stopped on request, with or without a container; only created; or ended with its work done."""
    if view.wanted == STATE_STOPPED:
        return view.state not in LIVE_STATES
    if view.container is None or _is_up(view):
        return False
    return view.wanted != STATE_ACTIVE or (view.start_once and view.state == "exited")


def _is_impersonated(view: MemberView) -> bool:
    return bool(view.taken) and (_is_absent(view) or _is_down(view))


def _is_never_run(view: MemberView) -> bool:
    wanted = view.wanted != STATE_STOPPED
    return wanted and _is_other(view) and view.container is not None and not has_run(view.container)


def _is_other(view: MemberView) -> bool:
    return view.container is not None and not view.is_current


def _is_up(view: MemberView) -> bool:
    return view.state in ("running", "restarting")


def _is_down(view: MemberView) -> bool:
    """Whether it has a container that does not run and needs a start."""
    return not _is_absent(view) and view.state not in (*LIVE_STATES, "removing")


def _is_to_stop(view: MemberView) -> bool:
    return view.wanted == STATE_STOPPED and view.state in LIVE_STATES


def has_run(container: Container) -> bool:
    """Whether the container was ever started: if not, the engine gives year 1 as its start time."""
    return container["state"] != "created" or parse_time(container["started_at"]) > 0


# --- the tables: the first row that applies ---

SITUATIONS: tuple[tuple[Situation, t.Callable[[MemberView], bool]], ...] = (
    (Situation.CONFLICT, _is_conflict),
    (Situation.HOST_UNSEEN, lambda view: not view.is_seen),
    (Situation.NEVER_RUN, _is_never_run),
    (Situation.OUTDATED, lambda view: _is_other(view) and view.is_system),
    (Situation.AT_REST, _is_idle),
    (Situation.UNDECIDED, lambda view: _is_to_stop(view) and not view.is_decided),
    (Situation.TO_STOP, _is_to_stop),
    (Situation.CRASH_LOOP, lambda view: _is_up(view) and view.is_crash_loop),
    (Situation.RUNNING, lambda view: view.state == "running"),
    (Situation.RESTARTING, lambda view: view.state == "restarting"),
    (Situation.PAUSED, lambda view: view.state == "paused"),
    (Situation.BEING_REMOVED, lambda view: view.state == "removing"),
    (Situation.IMPERSONATED, _is_impersonated),
    (Situation.NAME_TAKEN, lambda view: _is_absent(view) and bool(view.holder)),
    (Situation.MISSING, _is_absent),
    (Situation.DEAD, lambda view: view.state == "dead"),
    (Situation.HALF_REPAIRED, lambda view: view.is_half_repaired),
    (Situation.STOPPED, _is_down),
)

LEFTOVERS: tuple[tuple[Leftover, t.Callable[[ContainerView], bool]], ...] = (
    (Leftover.UNRECORDED, lambda view: view.entry is None),
    (Leftover.MISPLACED, lambda view: view.is_retired and view.is_misplaced),
    (
        Leftover.UNDECIDED,
        lambda view: not view.is_decided and (view.is_retired or view.is_superseded),
    ),
    (Leftover.RETIRED, lambda view: view.is_retired),
    (Leftover.SUPERSEDED, lambda view: view.is_superseded),
    (Leftover.OWN, lambda view: True),
)

REMARKS: tuple[tuple[str, t.Callable[[MemberView], bool]], ...] = (
    ("labels_differ", lambda view: not _is_absent(view) and not view.labels_match),
    (
        "other_definition",
        lambda view: _is_other(view) and not view.is_system and not _is_never_run(view),
    ),
)
"""They apply only to members with a seen host and without a conflict."""
