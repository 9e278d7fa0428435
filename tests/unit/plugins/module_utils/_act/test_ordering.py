# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of operations on one host."""

from __future__ import annotations

import threading
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._act.ordering import run_in_order
from ansible_collections.drover.docker.plugins.module_utils._model.operation import (
    Operation,
    Result,
)
from ansible_collections.drover.docker.tests.unit.shared.operations import operation as an_operation
from hypothesis import given
from hypothesis import strategies as st


def operation(number: int, *after: int) -> Operation:
    return an_operation(id=number, after=list(after))


def outcome(
    operations: list[Operation], *, failing: t.Collection[int] = (), workers: int = 1
) -> tuple[list[int], dict[int, str]]:
    """The ids in the order in which they ran, and the status of each."""
    ran: list[int] = []
    status: dict[int, str] = {}

    def run(item: Operation) -> Result:
        ran.append(item["id"])
        status = "failed" if item["id"] in failing else "done"
        return Result(id=item["id"], status=status, error="", seconds=0.0)

    def note(result: Result) -> None:
        assert result["id"] not in status
        status[result["id"]] = result["status"]

    run_in_order(operations, run, workers=workers, on_result=note)
    return ran, status


@pytest.mark.parametrize("workers", [1, 4])
def test_an_operation_runs_after_all_that_it_comes_after(workers: int) -> None:
    chain = [operation(3, 2), operation(1, 3), operation(2)]
    assert outcome(chain, workers=workers) == ([2, 3, 1], {2: "done", 3: "done", 1: "done"})


@pytest.mark.parametrize("workers", [1, 4])
def test_what_comes_after_a_failure_is_skipped_and_the_rest_goes_on(workers: int) -> None:
    items = [operation(1), operation(2, 1), operation(3, 2), operation(4)]
    ran, status = outcome(items, failing=[1], workers=workers)
    assert sorted(ran) == [1, 4]
    assert status == {1: "failed", 2: "skipped", 3: "skipped", 4: "done"}


@pytest.mark.parametrize("workers", [1, 4])
def test_circles_and_unknown_ids_end_as_skipped(workers: int) -> None:
    items = [operation(1, 2), operation(2, 1), operation(3, 99), operation(4)]
    ran, status = outcome(items, workers=workers)
    assert ran == [4]
    assert status == {1: "skipped", 2: "skipped", 3: "skipped", 4: "done"}


def test_independent_operations_run_at_the_same_time() -> None:
    """Each waits for the other to have begun: one after the other they would never end."""
    met = threading.Barrier(2, timeout=10)

    def run(item: Operation) -> Result:
        met.wait()
        return Result(id=item["id"], status="done", error="", seconds=0.0)

    results: list[Result] = []
    run_in_order([operation(1), operation(2)], run, workers=2, on_result=results.append)
    assert sorted(result["id"] for result in results) == [1, 2]


@st.composite
def plans(draw: st.DrawFn) -> list[Operation]:
    numbers = list(range(1, draw(st.integers(1, 12)) + 1))
    return [operation(n, *draw(st.sets(st.sampled_from(numbers), max_size=2))) for n in numbers]


@given(plans(), st.sets(st.integers(1, 12)), st.sampled_from([1, 3]))
def test_every_operation_has_one_result_and_none_runs_too_early(
    plan: list[Operation], failing: set[int], workers: int
) -> None:
    ran, status = outcome(plan, failing=failing, workers=workers)
    assert set(status) == {item["id"] for item in plan}
    assert len(ran) == len(set(ran))
    for item in plan:
        if item["id"] in ran:
            assert all(status[before] == "done" for before in item["after"])
            assert all(ran.index(before) < ran.index(item["id"]) for before in item["after"])
        else:
            assert status[item["id"]] == "skipped"
