# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which the operations of one host run. Private to the collection; independent of what they do."""

from __future__ import annotations

import typing as t
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from .._model.operation import Operation, Result

Run = t.Callable[[Operation], Result]

DONE = "done"


class Queue:
    """Operations that wait for others. An operation may run when all of its prerequisites are done."""

    def __init__(self, operations: t.Iterable[Operation]) -> None:
        self._waiting = sorted(operations, key=lambda operation: operation["id"])
        self._status: dict[int, str] = {}
        self._known = {operation["id"] for operation in self._waiting}

    def ready(self) -> list[Operation]:
        """Take all operations that may run now, lowest id first."""
        taken = [
            item
            for item in self._waiting
            if all(self._status.get(before) == DONE for before in item["after"])
        ]
        self._drop(taken)
        return taken

    def blocked(self) -> list[Operation]:
        """Take the operations whose prerequisite failed or is missing: they can never run."""
        taken = [
            item for item in self._waiting if any(self._never(before) for before in item["after"])
        ]
        self._drop(taken)
        return taken

    def rest(self) -> list[Operation]:
        """Take all that remain: operations in a dependency cycle."""
        taken = list(self._waiting)
        self._waiting = []
        return taken

    def finish(self, number: int, status: str) -> None:
        """Note how an operation ended."""
        self._status[number] = status

    def _never(self, before: int) -> bool:
        return before not in self._known or self._status.get(before, DONE) != DONE

    def _drop(self, taken: list[Operation]) -> None:
        self._waiting = [item for item in self._waiting if item not in taken]


def skipped(operation: Operation) -> Result:
    """The result of an operation that was not tried."""
    before = ", ".join(str(number) for number in operation["after"])
    return {
        "id": operation["id"],
        "status": "skipped",
        "error": f"an operation that it comes after was not done ({before})",
        "seconds": 0.0,
    }


def run_in_order(
    operations: t.Iterable[Operation],
    run: Run,
    *,
    workers: int,
    on_result: t.Callable[[Result], None],
) -> None:
    """Run all operations; independent ones run at the same time.

    Args:
        operations: Operations with C(id) and C(after).
        run: Runs one and returns its result; called from up to C(workers) threads.
        workers: How many may run at once; 1 runs them one after the other, without threads.
        on_result: Called with each result, in the calling thread.
    """
    queue = Queue(operations)
    for operation in queue.blocked():
        _settle(queue, skipped(operation), on_result)
    if workers == 1:
        _run_serially(queue, run, on_result)
    else:
        _run_at_once(queue, run, workers, on_result)
    for operation in queue.rest():
        on_result(skipped(operation))


def _settle(queue: Queue, result: Result, on_result: t.Callable[[Result], None]) -> None:
    """Note a result, and skip the operations that can no longer run because of it."""
    queue.finish(result["id"], result["status"])
    on_result(result)
    for operation in queue.blocked():
        _settle(queue, skipped(operation), on_result)


def _run_serially(queue: Queue, run: Run, on_result: t.Callable[[Result], None]) -> None:
    ready = queue.ready()
    while ready:
        _settle(queue, run(ready.pop(0)), on_result)
        ready = sorted(ready + queue.ready(), key=lambda operation: operation["id"])


def _run_at_once(
    queue: Queue, run: Run, workers: int, on_result: t.Callable[[Result], None]
) -> None:
    with ThreadPoolExecutor(max_workers=workers) as pool:
        running: set[Future[Result]] = {pool.submit(run, operation) for operation in queue.ready()}
        while running:
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                _settle(queue, future.result(), on_result)
            running |= {pool.submit(run, operation) for operation in queue.ready()}
