# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pass does for its hosts grows with the fleet and not faster."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.plugins.module_utils._record.excerpt import excerpt
from ansible_collections.drover.docker.plugins.plugin_utils._pass import record_check
from ansible_collections.drover.docker.plugins.plugin_utils._pass.assembly import Assembly
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import (
    operation_work,
    record_work,
)
from ansible_collections.drover.docker.tests.unit.shared.builders import Bench, service, stack
from ansible_collections.drover.docker.tests.unit.shared.counted import steps

Hosts = list[str]


def named(count: int) -> Hosts:
    return [f"h{number:02d}" for number in range(count)]


def growth(count: t.Callable[[int], int], few: int) -> float:
    """How many times as much twice as many cost."""
    return count(2 * few) / count(few)


def test_each_operation_is_looked_at_once_for_all_hosts() -> None:
    def count(size: int) -> int:
        hosts = named(size)
        plan = Bench(*hosts).up(stack({"web": service(scale=4 * size)}))
        return steps(lambda: operation_work(plan, hosts, ["other"]))

    assert growth(count, 10) < 2.2


def test_each_record_is_looked_at_once_for_each_of_its_hosts() -> None:
    def count(size: int) -> int:
        hosts, plan = named(size), Plan()
        bench = Bench(*hosts)
        for number in range(5):
            plan.records += bench.up(stack({"web": service()}, name=f"s{number}")).records
        return steps(lambda: (record_work(plan, hosts), operation_work(plan, hosts, [])))

    assert growth(count, 10) < 2.2


@pytest.mark.parametrize("size", [3, 12])
def test_a_body_is_checked_once_for_all_hosts(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(*named(size))
    bench.settled(stack({"web": service(scale=4)}))
    found: list[str] = []
    check = record_check.shape_problem

    def counted(name: str, record: dict[str, t.Any]) -> str:
        found.append(name)
        return check(name, record)

    monkeypatch.setattr(record_check, "shape_problem", counted)
    Assembly().take({host: excerpt(seen) for host, seen in bench.seen.items()})
    assert found == ["shop"] * 3, "as two hosts sent it, and as the others have it"


def test_hosts_with_the_same_version_share_one_record() -> None:
    bench = Bench(*named(12))
    bench.settled(stack({"web": service(scale=4)}))
    whole = Assembly().take({host: excerpt(seen) for host, seen in bench.seen.items()})
    assert len({id(seen["records"]["shop"]) for seen in whole.values() if seen}) == 3
