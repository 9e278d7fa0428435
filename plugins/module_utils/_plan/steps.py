# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The step for each situation of a wanted member. Private to the collection; pure: it only plans."""

from __future__ import annotations

import typing as t

from .._common.constants import STATE_ACTIVE, SYSTEM_STACK
from .._model.entry import KEPT
from .._model.fact import Fact
from .._model.member import MemberId
from .._model.operation import UNPAUSE, NoArgs
from .balancer.drains import Drains
from .balancer.succession import Succession
from .disruption import Cause, Disruption
from .moves import Moves
from .operations.member import MemberOperations, WantedMember
from .operations.member_network import MemberNetwork, Move, Need
from .restarts import Restarts
from .situation import MemberView, Situation, remarks_of, situation_of
from .start_brakes import StartBrakes
from .volume_moves import has_earlier_life
from .world.world import Container

SHORT_ID = 12


class Steps:
    """The next step of each member of one service."""

    def __init__(
        self,
        operations: MemberOperations,
        *,
        drains: Drains,
        brakes: StartBrakes,
        budget: Disruption,
        succession: Succession,
        restarts: Restarts,
    ) -> None:
        self._operations = operations
        self._plan = operations.plan
        self._network = MemberNetwork(operations)
        self.moves = Moves(operations, self._network, drains=drains, brakes=brakes, budget=budget)
        self._drains = drains
        self._brakes = brakes
        self._budget = budget
        self._succession = succession
        self._restarts = restarts
        self.running: list[tuple[WantedMember, Container]] = []
        """Members that run on the recorded host: their health can be judged."""

    def take(self, member: WantedMember, view: MemberView) -> None:
        """Plan the step for the member's situation."""
        situation = situation_of(view)
        if situation not in (Situation.CONFLICT, Situation.HOST_UNSEEN):
            for code in remarks_of(view):
                self._plan.notes.append(Fact.about(member.id, code, host=member.host))
        self._tell_move(member)
        if situation in DOWN:
            self._budget.note(Cause.DOWN, [member.id])
        if situation in UPDATED and view.is_current and not view.is_updated:
            self._update(member, view)
        step = STEPS.get(situation)
        if step is not None:
            step(self, member, view)

    def _tell_move(self, member: WantedMember) -> None:
        """Hold: it is the command that moves it that goes on, or takes it back."""
        if "move" in member.entry:
            move = member.entry["move"]
            ends = {"to": move["to"], "from": move["from"]}
            self._operations.hold(member, "is_moved", **ends)

    # --- what needs a person ---

    def tell_conflict(self, member: WantedMember, view: MemberView) -> None:
        """Report several containers of one member: only a person can say which one is right."""
        places = [
            {"name": container["name"], "id": container["id"][:SHORT_ID], "host": host}
            for host, container in view.located
        ]
        self._error(member, "conflict", recorded=member.host, places=places)

    def tell_impostor(self, member: WantedMember, view: MemberView) -> None:
        """Report a stranger: two containers must never write to one volume or share an address."""
        name = member.id.container
        taken = view.taken.as_data if view.taken else None
        self._error(member, "impersonated", other=view.impostor, taken=taken, name=name)

    def tell_name_taken(self, member: WantedMember, view: MemberView) -> None:
        """Report a name in use: an engine has each name only once."""
        name, holder = member.id.container, view.holder[:SHORT_ID]
        self._error(member, "name_taken", name=name, recorded=member.host, holder=holder)

    def _error(self, member: WantedMember, code: str, **parameters: t.Any) -> None:
        self._plan.errors.append(Fact.about(member.id, code, parameters))

    # --- what must wait ---

    def hold_unseen(self, member: WantedMember, _view: MemberView) -> None:
        """Hold: a silent host is not a lost one."""
        self._operations.hold(member, "host_unseen")

    def hold_removal(self, member: WantedMember, _view: MemberView) -> None:
        """Hold: the next pass creates it again."""
        self._operations.hold(member, "being_removed")

    def hold_undecided(self, member: WantedMember, view: MemberView) -> None:
        """Hold: an order that only a minority has may never have counted."""
        self._operations.hold_container(member.host, _container(view), "undecided")

    # --- containers to create ---

    def make(self, member: WantedMember, _view: MemberView) -> None:
        """Create the missing container."""
        if has_earlier_life(self._operations.world, member.id, member.entry):
            return  # that goes in this round
        if self._may_start(member):
            self._make(member)

    def replace_never_run(self, member: WantedMember, view: MemberView) -> None:
        """Replace a container that never ran: its definition was corrected."""
        self._replace(member, view, Fact("never_run"))

    def replace_dead(self, member: WantedMember, view: MemberView) -> None:
        """Replace a dead container: it cannot be started again."""
        self._replace(member, view, Fact("dead"))

    def replace_half_repaired(self, member: WantedMember, view: MemberView) -> None:
        """Replace: a mere start would leave it as unhealthy as before."""
        self._replace(member, view, Fact("half_repaired"))

    def renew(self, member: WantedMember, view: MemberView) -> None:
        """Apply a new definition of our own services at once, one container after the other.

        No check tells when a new container works, so one created in this round stays in flight for the whole round.
        """
        self._budget.note(
            Cause.IN_FLIGHT,
            [MemberId.of(item) for item in self._plan.operations if item["stack"] == SYSTEM_STACK],
        )
        if self._budget.may_take(member.id):
            self._operations.hold(member, "renewal_waits")
        else:
            self._replace(member, view, Fact("definition_changed"))

    def _replace(self, member: WantedMember, view: MemberView, cause: Fact) -> None:
        if self._may_start(member):
            gone = self._operations.remove(member.host, _container(view), cause)
            self._make(member, after=[gone])

    def _make(self, member: WantedMember, *, after: t.Iterable[int] = ()) -> None:
        renewed = self._brakes.renewed(member)
        created = self._operations.create(member, after=after, new_volumes=renewed)
        if member.state == STATE_ACTIVE:
            self._budget.note(Cause.STARTING, [member.id])
            self._operations.start(member, Fact("new_container"), after=[created])

    # --- existing containers ---

    def stop(self, member: WantedMember, view: MemberView) -> None:
        """Stop a member of a stopped service, after its drain."""
        kept = member.entry.get("role") == KEPT
        if kept and self._succession.waits(member.id):
            self._operations.hold(member, "heir_waits")
            return
        container, cause = _container(view), _why_stopped(member)
        if self._drains.drain(member.host, container, cause):
            thaw = [self._unpause(member, container)] if view.state == "paused" else []
            self._operations.stop(member.host, container, cause, service=member.service, after=thaw)

    def tell_crash_loop(self, member: WantedMember, view: MemberView) -> None:
        """Report it. The engine keeps restarting it, and its health is judged while it runs."""
        container, restarting = _container(view), view.state == "restarting"
        # While the container runs, the engine reports exit code 0.
        exit_code = container["exit_code"] if restarting else None
        restarts = container["restart_count"]
        self._operations.hold(member, "crash_loop", restarts=restarts, exit_code=exit_code)
        if not restarting:
            self.keep(member, view)

    def keep(self, member: WantedMember, view: MemberView) -> None:
        """Keep a running container: only its network connections may need a change."""
        container = _container(view)
        need = self._network.need(member, container)
        if need and need.move is Move.JOIN:
            if self._network.meet(member, container, need):
                return
        elif need:
            self.moves.wish(member, container, need)
        elif view.is_decided and self._restarts.is_due(member.id, container):
            self.moves.wish(member, container, Need(Move.RESTART, Fact("restart_asked")))
        if member.state == STATE_ACTIVE:
            self.running.append((member, container))

    def _update(self, member: WantedMember, view: MemberView) -> None:
        """Give a container the limits of its definition in place. A refusal counts as a failed start would."""
        if self._may_start(member):
            self._operations.update(member, _container(view))

    def unpause(self, member: WantedMember, view: MemberView) -> None:
        """Unpause a container that somebody paused."""
        self._unpause(member, _container(view))

    def _unpause(self, member: WantedMember, container: Container) -> int:
        cause = Fact("paused")
        return self._operations.on(UNPAUSE, NoArgs(), member.host, container, cause=cause)

    def start(self, member: WantedMember, view: MemberView) -> None:
        """Start the existing container again."""
        container = _container(view)
        if self._brakes.renewed(member):
            # A mere start would make it without our labels.
            self._replace(member, view, Fact("volume_renewed"))
        elif need := self._network.renewal(member, container):
            self._replace(member, view, need.why)
        elif self._may_start(member):
            self._budget.note(Cause.STARTING, [member.id])
            after = self._network.settle(member, container)
            self._operations.start(
                member, stopped_because(container), after=after, container_id=container["id"]
            )

    def _may_start(self, member: WantedMember) -> bool:
        """Ask the brakes, and report the one that holds."""
        reason = self._brakes.reason(member)
        if reason:
            self._plan.held.append(reason)
        return reason is None


def _why_stopped(member: WantedMember) -> Fact:
    if "move" in member.entry:
        return Fact("moved_away", {"to": member.entry["move"]["to"]})
    return Fact("kept_back" if member.entry.get("role") == KEPT else "service_stopped")


def _container(view: MemberView) -> Container:
    """The container of a situation."""
    if view.container is None:
        raise ValueError("this situation has no container")
    return view.container


def stopped_because(container: Container) -> Fact:
    """Why a container does not run, as far as its inspection tells."""
    if container["state"] == "created":
        return Fact("not_started")
    if container["error"] and not container["oom"]:
        return Fact("start_failed", {"error": container["error"]})
    code = "out_of_memory" if container["oom"] else "stopped"
    return Fact(code, {"exit_code": container["exit_code"]})


STEPS: dict[Situation, t.Callable[[Steps, WantedMember, MemberView], None]] = {
    Situation.CONFLICT: Steps.tell_conflict,
    Situation.HOST_UNSEEN: Steps.hold_unseen,
    Situation.IMPERSONATED: Steps.tell_impostor,
    Situation.NAME_TAKEN: Steps.tell_name_taken,
    Situation.MISSING: Steps.make,
    Situation.NEVER_RUN: Steps.replace_never_run,
    Situation.OUTDATED: Steps.renew,
    Situation.UNDECIDED: Steps.hold_undecided,
    Situation.TO_STOP: Steps.stop,
    Situation.CRASH_LOOP: Steps.tell_crash_loop,
    Situation.RUNNING: Steps.keep,
    Situation.PAUSED: Steps.unpause,
    Situation.BEING_REMOVED: Steps.hold_removal,
    Situation.DEAD: Steps.replace_dead,
    Situation.HALF_REPAIRED: Steps.replace_half_repaired,
    Situation.STOPPED: Steps.start,
}
"""A situation without a step needs none: the engine is already acting, or there is no work."""

UPDATED = frozenset(
    [
        Situation.CRASH_LOOP,
        Situation.RESTARTING,
        Situation.RUNNING,
        Situation.PAUSED,
        Situation.STOPPED,
    ]
)
"""Its container gets the limits of its definition; in other situations it is at rest, or goes."""

DOWN = frozenset(
    [
        Situation.IMPERSONATED,
        Situation.NAME_TAKEN,
        Situation.MISSING,
        Situation.NEVER_RUN,
        Situation.RESTARTING,
        Situation.PAUSED,
        Situation.BEING_REMOVED,
        Situation.DEAD,
        Situation.HALF_REPAIRED,
        Situation.STOPPED,
    ]
)
"""The container of a wanted member does not run."""
