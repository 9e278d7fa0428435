# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold at every moment, told from the truth that only the simulation knows."""

from __future__ import annotations

import dataclasses
from typing import Any

from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._model.generation import generation_of
from ansible_collections.drover.docker.plugins.module_utils._model.operation import Operation
from ansible_collections.drover.docker.tests.unit.simulation.checks import Member, member_of
from ansible_collections.drover.docker.tests.unit.simulation.containers import Container
from ansible_collections.drover.docker.tests.unit.simulation.machine import Machine

from .world import STEP_S, HealthWorld

Json = dict[str, Any]
PERCENT = 25
UNSURE_S = 60.0
"""A crash loop's minute. Other times are shorter: the 3 s until "not reached" counts, the ends of cuts, a pass."""
GIVE_UP_AFTER = 8
DRAIN_S = 10.0
MOMENT_S = 3.0
"""The time of a drain counts from its note, and the load balancers are told a moment later."""
"""The time that a drain has where the stack says nothing else."""


class Broken(AssertionError):
    """A property does not hold."""


@dataclasses.dataclass(frozen=True)
class Repair:
    """A member's container was removed for its health."""

    at: float
    member: Member
    container: str
    host: str


def detection_s(check: Json) -> float:
    """Seconds within which any checker with a good network has noticed a lasting change of an application."""
    interval_s = (check["interval_ms"] or 2000) / 1000
    fall = check["unhealthy_threshold"] or 3
    return float(fall * interval_s + (check["response_timeout_ms"] or 2000) / 1000)


def patience_s(check: Json, health: Json, *, same: bool) -> float:
    """Seconds within which a sick member is replaced where nothing holds it.

    Args:
        check: Of its service.
        health: What the ledger says of it.
        same: Whether that is of its present life.
    """
    noticed_s = 3 * detection_s(check) + UNSURE_S
    if same:
        return noticed_s
    times = 2.0 ** health.get("repairs", 0)
    timeouts = [check["initializing_timeout_ms"], check["reinitializing_timeout_ms"]]
    return noticed_s + max(timeouts) / 1000 * times if all(timeouts) else float("inf")


def _is_of(health: Json, container: Container) -> bool:
    return bool(health) and health["generation"] == generation_of(
        container.id, container.started_at
    )


class Watch:
    """Looks at each end of a container that the controller wants, and at what is in flight."""

    def __init__(self, world: HealthWorld, definition: Json) -> None:
        self.world = world
        self.services: Json = definition["services"]
        self.stack = definition["stack"]
        self.repairs: list[Repair] = []
        self.seen_at = world.clock.now
        """When the controller looked last."""
        self.seen: set[str] = set(world.machines)
        """The hosts that it saw."""
        self.in_flight: dict[Member, float] = {}
        self._found_healthy: set[str] = set()
        """Members that a plan finds healthy, until its operations are through."""
        self.broken: list[str] = []
        world.before_end = self._before_end

    def raise_broken(self) -> None:
        """What was found while operations ran, where an exception would count as the operation's failure."""
        if self.broken:
            raise Broken("; ".join(self.broken))

    def _before_end(self, machine: Machine, container: Container) -> None:
        try:
            self._check_end(machine, container)
        except Broken as error:
            self.broken.append(str(error))

    def _check_end(self, machine: Machine, container: Container) -> None:
        """The code under test is about to end a member's container."""
        member = member_of(container)
        if any(item.container == container.id for item in self.repairs):
            return
        self._check_drained(container)
        self._check_not_healthy(machine, container)
        check = self.services[member[1]]["health_check"]
        if check["strategy"] == "none":
            raise Broken(f"{container.name} is removed, and the strategy is none")
        if check["strategy"] == "recreateOnQuorum":
            self._check_quorum(member, check)
        self.repairs.append(Repair(self.world.clock.now, member, container.id, machine.name))
        self._check_brakes(member)

    def _check_not_healthy(self, machine: Machine, container: Container) -> None:
        """Property 1."""
        life = self.world.lives[container.id]
        if life.good_since is None:
            return
        check = self.services[member_of(container)[1]]["health_check"]
        lasting_s = self.seen_at - life.good_since
        since_start = life.good_since <= life.started_at + STEP_S
        if since_start or lasting_s >= detection_s(check) + STEP_S:
            raise Broken(
                f"{container.name} on {machine.name} is healthy and is killed; good for {lasting_s:.1f} s"
            )

    def _check_drained(self, container: Container) -> None:
        """Nobody whom a load balancer sends requests to is stopped, and none with requests before its time is over."""
        if container.status != "running":
            return
        name, now = ".".join(map(str, member_of(container))), self.world.clock.now
        for front in self.world.balancers.fronts():
            for server in front.process.servers:
                if server.name != name or front.host not in self.seen:
                    continue
                fresh = max(front.process.began_at, server.changed_at) > self.seen_at
                if front.process.sends_to(server) and not fresh:
                    raise Broken(f"{container.name} is stopped, and {front.container.name} uses it")
                left = front.process.drains(server) and front.process.sessions(server, now)
                if left and now - front.process.drained_at(server) < DRAIN_S - MOMENT_S:
                    raise Broken(f"{container.name} is stopped, and has requests under way")

    def _check_quorum(self, member: Member, check: Json) -> None:
        """Property 6: an unhealthy one is kept while too few are not."""
        verdicts = {
            key: item["verdict"]
            for key, item in self.ledger().items()
            if key.rpartition("/")[0] == member[1]
        }
        verdicts.update(dict.fromkeys(self._found_healthy, "healthy"))
        key = f"{member[1]}/{member[2]}"
        if verdicts.get(key) == "unhealthy":
            good = sum(verdict == "healthy" for verdict in verdicts.values())
            if good < check["quorum"]:
                raise Broken(f"{key} is removed with {good} healthy of {check['quorum']} wanted")

    def _check_brakes(self, member: Member) -> None:
        """Property 3, first part."""
        self._drop_ended()
        self.in_flight[member] = self.world.clock.now
        scale = self.services[member[1]]["scale"]
        most = max(1, scale * PERCENT // 100)
        now = [item for item in self.in_flight if item[1] == member[1]]
        if len(now) > most:
            raise Broken(f"{len(now)} of {scale} are in repair at once: {now}, at most {most} may")

    def note_planned(self, operations: list[Operation]) -> None:
        """Who is found healthy in this very round is not in repair any more."""
        for item in operations:
            if item["kind"] == "verdict" and item["args"]["entry"]["verdict"] == "healthy":
                self.in_flight.pop((item["stack"], item["service"], item["index"]), None)
                self._found_healthy.add(f"{item['service']}/{item['index']}")

    def note_progress(self) -> None:
        """A round is through."""
        self._found_healthy.clear()
        self._drop_ended()

    def _drop_ended(self) -> None:
        """A repair has ended when the ledger says that the member is healthy, or that it is given up:
        replaced too often, or its replacement failed to start too often.

        Those on hosts that the controller does not see are not counted: it cannot know of them.
        """
        ledger = self.ledger()
        for member, began in list(self.in_flight.items()):
            entry = ledger.get(f"{member[1]}/{member[2]}", {})
            healthy = entry.get("verdict") == "healthy" and not entry["repairing"]
            tries = max(entry.get("repairs", 0), entry.get("failures", 0))
            over = healthy or tries >= GIVE_UP_AFTER
            unseen = self._host(member) not in self.seen
            if (over or unseen) and began < self.world.clock.now:
                del self.in_flight[member]

    def _host(self, member: Member) -> str:
        return next((item.host for item in reversed(self.repairs) if item.member == member), "")

    def check_sick(self, held: list[Fact], *, calm_since: float) -> None:
        """Property 2: who is sick for long while all else works has been replaced, or the plan says what holds it."""
        ledger = self.ledger()
        for machine, container in self.world.checked():
            life = self.world.lives.get(container.id)
            member = member_of(container)
            check = self.services[member[1]]["health_check"]
            if container.status != "running" or life is None or life.bad_since is None:
                continue
            health = ledger.get(f"{member[1]}/{member[2]}", {})
            since = max(life.bad_since, calm_since)
            limit_s = patience_s(check, health, same=_is_of(health, container))
            told = any(item.service == member[1] and item.index in (0, member[2]) for item in held)
            overdue = check["strategy"] == "recreate" and self.seen_at - since > limit_s
            if overdue and not told and machine.name in self.seen:
                text = f"sick for {self.seen_at - since:.0f} s, at most {limit_s:.0f} s"
                raise Broken(f"{container.name} is {text}, and nothing is said to hold it")

    def ledger(self) -> Json:
        """What the hosts remember of the health of their members, by member."""
        found: dict[str, Json] = {}
        for copy in self.world.records.copies(self.stack).values():
            for key, item in copy["life"].items():
                if "health" in item and item["seq"] > found.get(key, {"seq": -1})["seq"]:
                    found[key] = item
        return {
            key: {**item["health"], "failures": item.get("failures", 0)}
            for key, item in found.items()
        }
