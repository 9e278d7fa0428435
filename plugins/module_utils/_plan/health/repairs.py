# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the members of a service and replace those that are sick, with the brakes on. Private to the collection; pure.

docs/schema.md section 10. What acts on what: only the verdict of the checkers leads to a repair. The engine's own
HEALTHCHECK is shown beside it and moves nothing.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ..._common.backoff import delay_s
from ..._common.constants import GIVE_UP_AFTER, STABLE_S
from ..._common.names import digest
from ..._model.config_hash import config_hash
from ..._model.generation import generation_of
from ..._model.ledger import Health, Ledger, health_of
from ..._model.operation import VERDICT, VerdictArgs
from ..balancer.drains import Drains
from ..operations.member import MemberOperations, WantedMember
from ..operations.plan import Message
from ..world.world import Container
from .checkers import Checkers
from .targets import CheckedMember
from .verdict import (
    HEALTHY,
    INITIALIZING,
    STARTING,
    UNHEALTHY,
    Vote,
    judge,
)
from .votes import Opinion, count_votes, is_good, reaches_others

LONGEST_TIMEOUT_S = 3600.0


@dataclasses.dataclass
class Judgement:
    """A running member, and what is thought of it.

    Attributes:
        before: What the ledger has.
        asked: How many checkers have a say.
        doubt: Why checkers that find it down have no say; empty when that is not so.
    """

    member: WantedMember
    container: Container
    generation: str
    before: Health | None
    votes: list[Vote]
    asked: int
    doubt: str
    verdict: str
    sick: str = ""

    @property
    def key(self) -> str:
        """How it is written in its stack."""
        return self.member.id.key

    @property
    def why(self) -> str:
        """What the checkers say, for people: 0 of 2 checkers: HTTP 500 (L7STS)."""
        ups = sum(vote.up for vote in self.votes)
        downs = [vote for vote in self.votes if not vote.up]
        text = f"{ups} of {self.asked} checker{'' if self.asked == 1 else 's'}"
        if self.doubt:
            return f"{text}: {self.doubt}"
        if self.verdict == HEALTHY or not downs:
            return text if self.votes else f"{text}: no report yet"
        return f"{text}: {downs[0].why}"

    @property
    def state(self) -> str:
        """The verdict, what the checkers say, and for how long they have seen it failing."""
        lasting = f", {self.down_s:.0f} s" if self.down_s else ""
        return f"{self.verdict}, {self.why}{lasting}"

    @property
    def down_s(self) -> float:
        """For how long checkers have seen it failing."""
        return max((vote.since_s for vote in self.votes if not vote.up), default=0.0)


class Healer:
    """Judges and heals the services of one stack."""

    def __init__(
        self,
        operations: MemberOperations,
        *,
        ledger: Ledger,
        checkers: Checkers,
        drains: Drains,
        is_retry: t.Callable[[WantedMember], bool],
    ) -> None:
        self._operations = operations
        self._world = operations.world
        self._plan = operations.plan
        self._ledger = ledger
        self._checkers = checkers
        self._drains = drains
        self._is_retry = is_retry
        self._launches: dict[str, str] = {}
        self.judgements: dict[str, Judgement] = {}

    def service(
        self,
        members: list[WantedMember],
        running: list[tuple[WantedMember, Container]],
        *,
        free: t.Callable[[WantedMember], bool],
    ) -> None:
        """Judge all members of a service and plan repairs.

        Args:
            members: All of its wanted members.
            running: Those of them that run, with their containers.
            free: Whether nothing else holds a member's repair back; it says so itself where something does.
        """
        judgements = [self._examine(member, container) for member, container in running]
        self.judgements.update({item.key: item for item in judgements})
        for judgement in judgements:
            judgement.sick = self._sickness(judgement)
        sick = [item for item in judgements if item.sick]
        replaced: list[Judgement] = []
        if sick and members[0].service["health_check"]["strategy"] != "none":
            replaced = self._repair(members, judgements, sick, free)
        for judgement in judgements:
            if judgement not in replaced:
                self._forget_given_up(judgement)
                self._note_verdict(judgement)
                self._tell(judgement)

    # --- judging ---

    def _examine(self, member: WantedMember, container: Container) -> Judgement:
        check = member.service["health_check"]
        generation = generation_of(container["id"], container["started_at"])
        target = CheckedMember(member.id, member.host, member.entry["address"], generation, check)
        opinions, witness = self._checkers.opinions(target)
        votes = count_votes(check, opinions, witness=witness)
        before = health_of(self._ledger, member.id.key)
        return Judgement(
            member,
            container,
            generation,
            before,
            votes,
            len(opinions),
            "" if votes else _doubt(check, opinions, witness),
            judge(before, generation, votes),
        )

    def _note_verdict(self, judgement: Judgement) -> None:
        """Write a verdict that is new. While a member begins there is nothing to remember."""
        if not self._is_news(judgement):
            return
        before = judgement.before
        healthy = judgement.verdict == HEALTHY
        entry = Health(
            generation=judgement.generation,
            verdict=judgement.verdict,
            since=self._now(judgement),
            why=judgement.why,
            repairs=self._repairs(judgement),
            last_repair=before["last_repair"] if before else 0.0,
            repairing=bool(before and before["repairing"]) and not healthy,
            basis=self._basis(judgement.member),
        )
        self._write(judgement, entry, f"{judgement.verdict}: {judgement.why}")

    def _is_news(self, judgement: Judgement) -> bool:
        before = judgement.before
        known = (before["verdict"], before["generation"]) if before else None
        new = (judgement.verdict, judgement.generation)
        return judgement.verdict not in STARTING and known != new

    def _forget_given_up(self, judgement: Judgement) -> None:
        """A person wants one that was given up to be tried: that still holds when the brakes let go of it later."""
        before = judgement.before
        if before and self._is_retry(judgement.member) and before["repairs"] >= GIVE_UP_AFTER:
            fresh = Health(**{**before, "repairs": 0, "last_repair": 0.0, "repairing": False})
            judgement.before = fresh
            if not self._is_news(judgement):
                self._write(judgement, fresh, "to be tried again")

    def _tell(self, judgement: Judgement) -> None:
        """A member that is not healthy, or may not be, is never passed over in silence."""
        if judgement.verdict == HEALTHY and not judgement.doubt:
            return
        member, text = judgement.member, judgement.state
        self._plan.notes.append(Message.about(member.id, text, member.host))

    def _sickness(self, judgement: Judgement) -> str:
        """Why the member is to be replaced; empty when it is not.

        A verdict that nobody confirms now may be of an illness that is over: it stays, and nothing follows from it.
        """
        if not judgement.votes:
            return ""
        if judgement.verdict == UNHEALTHY:
            return f"unhealthy: {judgement.why}, {judgement.down_s:.0f} s"
        if judgement.verdict not in STARTING:
            return ""
        check = judgement.member.service["health_check"]
        timeout_s = (
            check[f"{judgement.verdict}_timeout_ms"] / 1000 * 2.0 ** self._repairs(judgement)
        )
        timeout_s = min(
            timeout_s, max(LONGEST_TIMEOUT_S, check[f"{judgement.verdict}_timeout_ms"] / 1000)
        )
        if timeout_s and judgement.down_s >= timeout_s:
            return f"{judgement.verdict} for more than {timeout_s:.0f} s: {judgement.why}"
        return ""

    # --- repairing ---

    def _repair(
        self,
        members: list[WantedMember],
        judgements: list[Judgement],
        sick: list[Judgement],
        free: t.Callable[[WantedMember], bool],
    ) -> list[Judgement]:
        """Replace as many as the strategy and the brakes allow, those first that were tried least."""
        allowed = self._with_quorum(members, judgements, sick)
        in_flight = self._in_flight(members)
        slots, reason = self._slots(members, judgements, in_flight)
        replaced: list[Judgement] = []
        held: list[Judgement] = []
        begun = 0
        for judgement in sorted(
            allowed, key=lambda item: (self._repairs(item), item.member.id.index)
        ):
            new = judgement.key not in in_flight
            if new and slots <= begun:
                held.append(judgement)
            elif not self._waits(judgement) and free(judgement.member):
                begun += new
                if self._drains.is_over(
                    judgement.member.host, judgement.container, judgement.sick, sick=True
                ):
                    self._replace(judgement)
                    replaced.append(judgement)
        if held:
            self._say_held(held, reason, probing=len(in_flight | {item.key for item in replaced}))
        return replaced

    def _with_quorum(
        self, members: list[WantedMember], judgements: list[Judgement], sick: list[Judgement]
    ) -> list[Judgement]:
        """Strategy recreateOnQuorum: below the quorum of good ones the unhealthy are kept, as in Rancher.

        One that never got green is not kept by it: only its time limit counts.
        """
        check = members[0].service["health_check"]
        good = sum(item.verdict not in (UNHEALTHY, INITIALIZING) for item in judgements)
        if check["strategy"] != "recreateOnQuorum" or good >= check["quorum"]:
            return sick
        for judgement in sick:
            if judgement.verdict == UNHEALTHY:
                text = f"{judgement.sick}; kept: recreateOnQuorum wants {check['quorum']} healthy, there are {good}"
                self._operations.hold(judgement.member, text)
        return [item for item in sick if item.verdict != UNHEALTHY]

    def _in_flight(self, members: list[WantedMember]) -> set[str]:
        """Members that were replaced and are not healthy yet.

        One that was given up is not waited for. When a person asks for it, it is one that may begin, as others are.
        """
        found = set()
        for member in members:
            key = member.id.key
            judgement = self.judgements.get(key)
            health = health_of(self._ledger, key)
            healthy = judgement is not None and judgement.verdict == HEALTHY
            over = healthy or not health or health["repairs"] >= GIVE_UP_AFTER
            if health and health["repairing"] and not over:
                found.add(key)
        return found

    def _slots(
        self, members: list[WantedMember], judgements: list[Judgement], in_flight: set[str]
    ) -> tuple[int, str]:
        """How many repairs may begin now, and what to say to those that must wait."""
        settings = self._world.settings
        count = len(members)
        sick = {item.key for item in judgements if item.sick or item.verdict == UNHEALTHY}
        unwell = sick | in_flight
        if len(unwell) * 100 > settings.mass_failure_percent * count and count > 1:
            text = f"{len(unwell)} of {count} unhealthy at once: probing {{probing}}, holding {{holding}}"
            return max(0, 1 - len(in_flight)), text
        most = max(1, count * settings.repair_percent // 100)
        text = f"{{probing}} of {count} being replaced already: holding {{holding}} until healthy"
        return max(0, most - len(in_flight)), text

    def _say_held(self, held: list[Judgement], reason: str, *, probing: int) -> None:
        first = held[0].member.id
        text = reason.format(probing=probing, holding=len(held))
        which = ", ".join(str(item.member.id.index) for item in held)
        self._plan.held.append(Message(f"{text} ({which})", first.stack, first.service))

    def _waits(self, judgement: Judgement) -> bool:
        """Back-off: whether it was replaced too lately, or too often in vain."""
        repairs, health = self._repairs(judgement), judgement.before
        if repairs >= GIVE_UP_AFTER:
            service = f"{judgement.member.id.stack}/{judgement.member.id.service}"
            text = f"given up after {repairs} repairs: {judgement.sick}; go on with reconcile -e retry={service}"
            self._operations.hold(judgement.member, text)
            return True
        passed = self._now(judgement) - (health["last_repair"] if health else 0.0)
        wait = delay_s(repairs) - passed if repairs else 0.0
        if passed < 0 or wait <= 0:
            return False
        times = "once" if repairs == 1 else f"{repairs} times"
        text = f"{judgement.sick}; replaced {times} lately, next in {wait:.0f} s"
        self._operations.hold(judgement.member, text)
        return True

    def _repairs(self, judgement: Judgement) -> int:
        """Repairs in a row: a new definition, a person's word or lasting health begins a new row."""
        member, health = judgement.member, judgement.before
        if not health or health["basis"] != self._basis(member) or self._is_retry(member):
            return 0
        stable_s = self._world.now(member.host) - health["since"]
        lasting = health["verdict"] == HEALTHY and stable_s >= STABLE_S
        return 0 if lasting else health["repairs"]

    def _replace(self, judgement: Judgement) -> None:
        """Same member, name, address and volumes; a new container."""
        entry = Health(
            generation=judgement.generation,
            verdict=judgement.verdict,
            since=self._now(judgement),
            why=judgement.sick,
            repairs=self._repairs(judgement) + 1,
            last_repair=self._now(judgement),
            repairing=True,
            basis=self._basis(judgement.member),
        )
        noted = self._write(judgement, entry, f"to be replaced; {judgement.sick}")
        operations = self._operations
        gone = operations.remove(
            judgement.member.host, judgement.container, judgement.sick, after=[noted]
        )
        created = operations.create(judgement.member, after=[gone], cause=judgement.sick)
        operations.start(judgement.member, "new container", after=[created])

    def _write(self, judgement: Judgement, entry: Health, cause: str) -> int:
        args = VerdictArgs(entry=entry)
        where = (judgement.member.host, judgement.container)
        return self._operations.on(VERDICT, args, *where, cause=cause)

    def _basis(self, member: WantedMember) -> str:
        """What the count of repairs belongs to: this definition with this check, since the member was last made."""
        if member.id.service not in self._launches:
            self._launches[member.id.service] = config_hash(
                member.service, self._operations.volumes
            )
        counted = [
            self._launches[member.id.service],
            member.service["health_check"],
            member.entry["create_index"],
        ]
        return digest(counted)[:16]

    def _now(self, judgement: Judgement) -> float:
        return self._world.now(judgement.member.host)


def _doubt(check: dict[str, t.Any], opinions: t.Iterable[Opinion], witness: Opinion) -> str:
    """Why nobody counts who finds the member down; empty where nobody does."""
    if not any(item.report and item.report["status"] == "DOWN" for item in opinions):
        return ""
    if is_good(witness.report):
        return "answers on its own host only; the network between the hosts is suspected"
    if witness.report and not reaches_others(check, witness):
        return f"the checker on {witness.checker} reaches nothing else and is suspected itself"
    return f"not confirmed by the checker on its own host, {witness.checker}"
