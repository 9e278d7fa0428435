# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done about each situation of a wanted member. Private to the collection; pure: it only plans."""

from __future__ import annotations

import typing as t

from .._common.constants import STATE_ACTIVE, SYSTEM_STACK
from .._model.fact import Fact
from .._model.member import MemberId
from .._model.operation import UNPAUSE, NoArgs
from .balancer.drains import Drains
from .disruption import Cause, Disruption
from .operations.member import MemberOperations, WantedMember
from .operations.member_network import MemberNetwork
from .situation import MemberView, Situation, remarks_of, situation_of
from .start_brakes import StartBrakes
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
    ) -> None:
        self._operations = operations
        self._plan = operations.plan
        self._network = MemberNetwork(operations)
        self._drains = drains
        self._brakes = brakes
        self._budget = budget
        self.running: list[tuple[WantedMember, Container]] = []
        """Members that run and are where they belong: their health can be judged."""

    def take(self, member: WantedMember, view: MemberView) -> None:
        """Plan what the member's situation asks for."""
        situation = situation_of(view)
        if situation not in (Situation.CONFLICT, Situation.HOST_UNSEEN):
            for code in remarks_of(view):
                self._plan.notes.append(Fact.about(member.id, code, host=member.host))
        step = STEPS.get(situation)
        if step is not None:
            step(self, member, view)

    # --- what a person has to look at ---

    def tell_conflict(self, member: WantedMember, view: MemberView) -> None:
        """Which of them is the right one is not ours to say."""
        places = ", ".join(
            f"{container['name']} ({container['id'][:SHORT_ID]}) on {host}"
            for host, container in view.located
        )
        self._error(member, "conflict", recorded=member.host, places=places)

    def tell_impostor(self, member: WantedMember, view: MemberView) -> None:
        """Two containers must never write to one volume, nor share an address."""
        name = member.id.container
        self._error(member, "impersonated", other=view.impostor, taken=view.taken, name=name)

    def tell_name_taken(self, member: WantedMember, view: MemberView) -> None:
        """The engine has each name once."""
        name, holder = member.id.container, view.holder[:SHORT_ID]
        self._error(member, "name_taken", name=name, recorded=member.host, holder=holder)

    def _error(self, member: WantedMember, code: str, **parameters: t.Any) -> None:
        self._plan.errors.append(Fact.about(member.id, code, parameters))

    # --- what has to wait ---

    def hold_unseen(self, member: WantedMember, _view: MemberView) -> None:
        """Silent is not lost."""
        self._operations.hold(member, "host_unseen")

    def hold_removal(self, member: WantedMember, _view: MemberView) -> None:
        """The next pass makes it anew."""
        self._operations.hold(member, "being_removed")

    def hold_undecided(self, member: WantedMember, view: MemberView) -> None:
        """A minority's order to stop may never have counted."""
        self._operations.hold_container(member.host, _container(view), "undecided")

    # --- containers to make ---

    def make(self, member: WantedMember, _view: MemberView) -> None:
        """It has no container."""
        if self._may_start(member):
            self._make(member)

    def replace_never_run(self, member: WantedMember, view: MemberView) -> None:
        """A definition that never ran was corrected."""
        self._replace(member, view, "made from another definition and never run")

    def replace_dead(self, member: WantedMember, view: MemberView) -> None:
        """Only a new container helps."""
        self._replace(member, view, "dead: the engine cannot start it again")

    def replace_half_repaired(self, member: WantedMember, view: MemberView) -> None:
        """Started again it would be as sick as before."""
        self._replace(member, view, "stopped to be replaced for its health, by a run that ended")

    def renew(self, member: WantedMember, view: MemberView) -> None:
        """Our own services follow their definition at once, one container after the other.

        Nothing tells when a new one works: one that this round makes is on its way for as long as the round lasts.
        """
        self._budget.note(
            Cause.IN_FLIGHT,
            [MemberId.of(item) for item in self._plan.operations if item["stack"] == SYSTEM_STACK],
        )
        if self._budget.may_take(member.id):
            self._operations.hold(member, "renewal_waits")
        else:
            self._replace(member, view, "its definition changed")

    def _replace(self, member: WantedMember, view: MemberView, cause: str) -> None:
        if self._may_start(member):
            gone = self._operations.remove(member.host, _container(view), cause)
            self._make(member, after=[gone])

    def _make(self, member: WantedMember, *, after: t.Iterable[int] = ()) -> None:
        created = self._operations.create(member, after=after)
        if member.state == STATE_ACTIVE:
            self._operations.start(member, "new container", after=[created])

    # --- containers that are there ---

    def stop(self, member: WantedMember, view: MemberView) -> None:
        """Its service is stopped: drain it, then stop it."""
        container, cause = _container(view), "the service is stopped"
        if self._drains.drain(member.host, container, cause):
            thaw = [self._unpause(member, container)] if view.state == "paused" else []
            self._operations.stop(member.host, container, cause, service=member.service, after=thaw)

    def tell_crash_loop(self, member: WantedMember, view: MemberView) -> None:
        """The engine goes on trying, and so does the judgement of its health while it runs."""
        container, restarting = _container(view), view.state == "restarting"
        # While it happens to run, the engine reports exit code 0.
        exit_code = container["exit_code"] if restarting else None
        restarts = container["restart_count"]
        self._operations.hold(member, "crash_loop", restarts=restarts, exit_code=exit_code)
        if not restarting:
            self.keep(member, view)

    def keep(self, member: WantedMember, view: MemberView) -> None:
        """It runs: only its place on the network may be wrong."""
        container = _container(view)
        moves = self._network.check(member, container)
        if not moves and member.state == STATE_ACTIVE:
            self.running.append((member, container))

    def unpause(self, member: WantedMember, view: MemberView) -> None:
        """Somebody paused it."""
        self._unpause(member, _container(view))

    def _unpause(self, member: WantedMember, container: Container) -> int:
        return self._operations.on(UNPAUSE, NoArgs(), member.host, container, cause="paused")

    def start(self, member: WantedMember, view: MemberView) -> None:
        """The same container again."""
        container = _container(view)
        if self._may_start(member):
            after = self._network.check(member, container)
            self._operations.start(
                member, stopped_because(container), after=after, container_id=container["id"]
            )

    def _may_start(self, member: WantedMember) -> bool:
        """Ask the brakes, and say which of them holds."""
        reason = self._brakes.reason(member)
        if reason:
            self._plan.held.append(reason)
        return reason is None


def _container(view: MemberView) -> Container:
    """The container that a situation is about."""
    if view.container is None:
        raise ValueError("this situation has no container")
    return view.container


def stopped_because(container: Container) -> str:
    """Why a container does not run, as far as its inspection tells."""
    if container["state"] == "created":
        return "not started yet"
    if container["oom"]:
        return f"out of memory (exit code {container['exit_code']})"
    if container["error"]:
        return f"failed to start: {container['error']}"
    return f"stopped (exit code {container['exit_code']})"


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
"""A situation without a step needs none: the engine is at it, or nothing is to be done."""
