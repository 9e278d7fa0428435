# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What planning costs as a fleet grows: a pass with nothing to do, and the size of what hosts report.

No engine is used. Times are processor time. The floor in the same run is C(json.loads) of what the hosts send: no pass
can be planned without reading it. Before a plan, the pass checks it and makes whole records of it: a figure of its own.
"""

from __future__ import annotations

import argparse
import cProfile
import functools
import gc
import json
import pstats
import statistics
import sys
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.drover.docker.plugins.module_utils._common.addresses import our_range
from ansible_collections.drover.docker.plugins.module_utils._common.collector import (
    paused_collector,
)
from ansible_collections.drover.docker.plugins.module_utils._model.generation import generation_of
from ansible_collections.drover.docker.plugins.module_utils._model.operation import (
    CHECKER,
    CREATE,
)
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.excerpt import excerpt
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import (
    Request,
    apply_up,
    empty_body,
)
from ansible_collections.drover.docker.plugins.plugin_utils._pass.assembly import Assembly
from ansible_collections.drover.docker.tests.unit.shared.builders import (
    NOW,
    body_of,
    service,
    stack,
)
from ansible_collections.drover.docker.tests.unit.shared.health_bench import CHECK, HealthBench
from ansible_collections.drover.docker.tests.unit.shared.operations import operation
from common import Figure, show

PASSES = 5
SUBNET = "10.42.0.0/16"
HEALTHY = {
    "verdict": "healthy",
    "since": NOW,
    "why": "",
    "repairs": 0,
    "last_repair": 0.0,
    "repairing": False,
    "basis": "",
}
Json = dict[str, t.Any]


@dataclass(frozen=True)
class Size:
    """A fleet: hosts, checked containers, stacks, and the seconds that a pass with nothing to do may take."""

    hosts: int
    containers: int
    stacks: int
    most_s: float = 0.0

    def __str__(self) -> str:
        return f"{self.hosts} hosts, {self.containers} containers, {self.stacks} stacks"


PLANNED = (Size(100, 3000, 500, 0.5), Size(1000, 20000, 500, 3.0))
REPORTED = (Size(3, 90, 15), Size(30, 900, 15), Size(100, 3000, 15))
"""Thirty containers on each host, and the same stacks."""


class Fleet(HealthBench):
    """A fleet at rest: all containers run, all checkers report them as healthy, and all verdicts are noted."""

    def __init__(self, size: Size) -> None:
        super().__init__(*(f"h{number:04d}" for number in range(1, size.hosts + 1)))
        self._names = list(self.seen)
        self._addresses = (str(item) for item in our_range(SUBNET).hosts())
        self._web = service(health_check=CHECK)
        made = 0
        for number in range(size.stacks):
            upto = size.containers * (number + 1) // size.stacks
            self._add(f"s{number:03d}", range(made, upto))
            made = upto
        self._settle()

    def _add(self, name: str, numbers: range) -> None:
        """A stack whose members are on the hosts in turn."""
        web = {**self._web, "scale": len(numbers)}
        body, _notes = apply_up(
            empty_body(self.seen), Request("up", definition=stack({"web": web}, name=name))
        )
        life: Json = {}
        for index, number in enumerate(numbers, start=1):
            host = self._names[number % len(self._names)]
            launch = body["revisions"][-1]["services"]["web"]["launch"]
            body["members"][f"web/{index}"] = self._entry(host, index, launch)
            life.setdefault(host, {})[f"web/{index}"] = self._contain(name, index, body)
        body["counters"] = {"web": len(numbers)}
        self._share(name, body, life)

    def _entry(self, host: str, index: int, launch: str) -> Json:
        placed = {"host": host, "address": next(self._addresses), "network": "drover"}
        return {**placed, "launch": launch, "create_index": index, "volumes": {}, "retired": False}

    def _contain(self, name: str, index: int, body: Json) -> Json:
        """Run the container of a member; what its host remembers of it."""
        entry = body["members"][f"web/{index}"]
        args = {"service": self._web, "declared": {}, "create_index": index, "revision": 1}
        place = {"network": "drover", "address": entry["address"], "volumes": {}}
        hashed = {"config_hash": entry["launch"]}
        create = operation(
            "create",
            host=entry["host"],
            stack=name,
            service="web",
            index=index,
            container=f"{name}-web-{index}",
            args={**args, **place, **hashed},
        )
        made = self.run(create)
        generation = generation_of(made["id"], made["started_at"])
        return {"seq": 1, "health": {**HEALTHY, "generation": generation}}

    def _share(self, name: str, body: Json, life: Json, number: int = 1) -> None:
        """Put a record on all hosts, with what each remembers."""
        record = make_record(name, body, number=number, token="")
        for host, seen in self.seen.items():
            seen["records"][name] = {**record, "host": host, "life": life.get(host, {})}

    def _settle(self) -> None:
        """Let the checkers be made and configured."""
        for _round in range(4):
            plan = self.plan()
            if not plan.has_work:
                return
            for write in plan.records:
                number = write.record["version"]["number"]
                self._share(write.stack, body_of(write), {}, number)
            for item in plan.operations:
                if CREATE.names(item):
                    self.run(item)
                elif CHECKER.names(item):
                    self.models[item["host"]] = item["args"]["model"]
            self.say("up")
        sys.exit(f"bench: a fleet that should rest has work: {plan.lines()[:5]}")


def plan_seconds(fleet: Fleet) -> float:
    """One plan. What the parser left for the garbage collector is collected before."""
    gc.collect()
    began = time.process_time()
    with paused_collector():  # as a pass does
        plan = fleet.plan()
    lasted = time.process_time() - began
    if plan.has_work:
        sys.exit(f"bench: a fleet that should rest has work: {plan.lines()[:5]}")
    return lasted


def seconds_of(action: t.Callable[[], t.Any]) -> tuple[float, t.Any]:
    """Processor time of an action, and its result."""
    gc.collect()
    began = time.process_time()
    result = action()
    return time.process_time() - began, result


def parsed(texts: list[str]) -> Json:
    """What hosts sent, by host."""
    return {seen["host"]: seen for seen in map(json.loads, texts)}


def whole(sent: Json) -> Json:
    """The observations as a plan sees them."""
    with paused_collector():  # as a pass does
        return dict(Assembly().take(sent))


def planning(size: Size, passes: int) -> list[Figure]:
    """Seconds of a plan beside those of reading what the hosts send."""
    fleet = Fleet(size)
    texts = reports(fleet)
    floor, made, plans = [], [], []
    for _pass in range(passes):
        read_s, sent = seconds_of(functools.partial(parsed, texts))
        made_s, fleet.seen = seconds_of(functools.partial(whole, sent))
        floor.append(read_s)
        made.append(made_s)
        plans.append(plan_seconds(fleet))
    peer = f"json.loads of what hosts send: {statistics.median(floor):.3f} s"
    limit = "" if statistics.median(plans) <= size.most_s else f", MORE than {size.most_s:g} s"
    return [
        beside(f"plan, nothing to do: {size}{limit}", plans, peer, floor),
        beside("whole records of what hosts send, checked", made, peer, floor),
    ]


def beside(name: str, ours: list[float], peer: str, floor: list[float]) -> Figure:
    """The median of some seconds, beside that of the floor."""
    mine, other = statistics.median(ours), statistics.median(floor)
    spread = f"{min(ours):.3f} to {max(ours):.3f} s"
    return Figure(name, round(mine, 3), "s", peer, round(mine / other, 2), spread)


def reports(fleet: Fleet) -> list[str]:
    """The observations as hosts send them."""
    sent = (excerpt(t.cast("t.Any", seen)) for seen in fleet.seen.values())
    return [json.dumps(seen, separators=(",", ":")) for seen in sent]


def reported() -> list[Figure]:
    """Bytes of all observations together, and those of each host beside the smallest fleet's."""
    figures: list[Figure] = []
    first = 0.0
    for size in REPORTED:
        texts = reports(Fleet(size))
        total = sum(map(len, texts))
        first = first or total / size.hosts
        peer = f"bytes of one host, beside {REPORTED[0].hosts} hosts"
        ratio = round(total / size.hosts / first, 2)
        figures.append(Figure(f"observations: {size}", total, "bytes", peer, ratio))
    return figures


def profile(size: Size, lines: int) -> None:
    """Where the time of one plan goes."""
    fleet = Fleet(size)
    watch = cProfile.Profile()
    watch.runcall(fleet.plan)
    pstats.Stats(watch).sort_stats("tottime").print_stats(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passes", type=int, default=PASSES)
    parser.add_argument("--profile", type=int, default=0, help="print so many lines of a profile")
    options = parser.parse_args()
    if options.profile:
        profile(PLANNED[0], options.profile)
        return
    figures = [figure for size in PLANNED for figure in planning(size, options.passes)]
    show([*figures, *reported()])


if __name__ == "__main__":
    main()
