# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What planning costs as a fleet grows: a pass with nothing to do, and the size of what hosts report.

No engine is used. Times are processor time. The floor in the same run is C(json.loads) of the same observations: no
pass can be planned without reading them.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import json
import pstats
import statistics
import sys
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.drover.docker.plugins.module_utils._model.operation import (
    CHECKER,
    CREATE,
    VERDICT,
)
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import (
    Request,
    apply_up,
    empty_body,
)
from ansible_collections.drover.docker.tests.unit.shared.builders import service, stack
from ansible_collections.drover.docker.tests.unit.shared.health_bench import CHECK, HealthBench
from common import Figure, show

PASSES = 5
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
        self.bodies: dict[str, Json] = {}
        for number in range(size.stacks):
            upto = size.containers * (number + 1) // size.stacks
            self._add(f"s{number:03d}", upto - size.containers * number // size.stacks)
        self._settle()

    def _add(self, name: str, scale: int) -> None:
        wanted = stack({"web": service(scale=scale, health_check=CHECK)}, name=name)
        body, _notes = apply_up(empty_body(self.seen), Request("up", definition=wanted))
        self._share(name, body, 1)

    def _share(self, name: str, body: Json, number: int) -> None:
        """Put a record on all hosts, with the ledger that each has."""
        record = make_record(name, body, number=number, token="")
        for host, seen in self.seen.items():
            life = seen["records"].get(name, {}).get("life", {})
            seen["records"][name] = {**record, "host": host, "life": life}

    def _settle(self) -> None:
        """Carry out what is planned until nothing is."""
        for _round in range(6):
            plan = self.plan()
            if not plan.has_work:
                return
            for write in plan.records:
                version = write.record["version"]
                self._share(write.stack, write.record["body"], version["number"])
            for item in plan.operations:
                if CREATE.names(item):
                    self.run(item)
                elif CHECKER.names(item):
                    self.models[item["host"]] = item["args"]["model"]
                elif VERDICT.names(item):
                    self._remember(item)
            self.say("up")
        sys.exit(f"bench: a fleet that should rest has work: {plan.lines()[:5]}")

    def _remember(self, operation: t.Any) -> None:
        life = self[operation["host"]]["records"][operation["stack"]]["life"]
        key = f"{operation['service']}/{operation['index']}"
        life[key] = {"seq": 1, "health": operation["args"]["entry"]}


def plan_seconds(fleet: Fleet) -> float:
    """One plan. What the parser left for the garbage collector is collected before."""
    gc.collect()
    began = time.process_time()
    plan = fleet.plan()
    lasted = time.process_time() - began
    if plan.has_work:
        sys.exit(f"bench: a fleet that should rest has work: {plan.lines()[:5]}")
    return lasted


def parse_seconds(texts: list[str]) -> float:
    gc.collect()
    began = time.process_time()
    for text in texts:
        json.loads(text)
    return time.process_time() - began


def planning(size: Size, passes: int) -> list[Figure]:
    """Seconds of a plan beside those of reading the observations."""
    fleet = Fleet(size)
    texts = reports(fleet)
    plans = [plan_seconds(fleet) for _pass in range(passes)]
    floor = [parse_seconds(texts) for _pass in range(passes)]
    mine, other = statistics.median(plans), statistics.median(floor)
    limit = "" if mine <= size.most_s else f", MORE than {size.most_s:g} s"
    return [
        Figure(
            f"plan, nothing to do: {size}{limit}",
            round(mine, 3),
            "s",
            f"json.loads of the same: {other:.3f} s",
            round(mine / other, 2),
            f"{min(plans):.3f} to {max(plans):.3f} s",
        )
    ]


def reports(fleet: Fleet) -> list[str]:
    """The observations as hosts send them."""
    return [json.dumps(seen, separators=(",", ":")) for seen in fleet.seen.values()]


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
