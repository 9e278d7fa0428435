# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the operations of one host: docs/schema.md section 8. Private to the collection."""

from __future__ import annotations

import time
import typing as t

from .._common.constants import OWNER
from .._common.masking import option_secrets
from .._engine.client import Engine
from .._engine.errors import EngineError, EngineTimeout, EngineUnreachable, NetworkDown
from .._lock.host_lock import LOCK_WAIT_S, host_lock
from .._model.operation import CREATE, PULL, START, Operation, Result, config_hash_of
from .._record.ledger import note_failure, note_success
from .._record.store import StoreError
from .error_text import explain
from .handlers import Context, Failed, perform
from .ordering import DONE, run_in_order
from .preconditions import Stale

OnResult = t.Callable[[Result], None]

WORKERS = 4
_COUNTED = (PULL.name, CREATE.name, START.name)


def execute(
    engine: Engine,
    operations: list[Operation],
    *,
    host: str,
    state_dir: str,
    clock: t.Callable[[], float],
    workers: int = WORKERS,
    on_result: OnResult | None = None,
    owner: str = OWNER,
    lock_wait_s: float = LOCK_WAIT_S,
) -> list[Result]:
    """Run the operations while holding the host's lock; see run_operations.

    Args:
        engine: The host's engine.
        operations: Operations of this host.
        host: Inventory name of the host.
        state_dir: Folder of all our files on the host.
        clock: The host's wall clock, in seconds since the epoch.
        workers: How many operations may run at once; 1 uses no threads.
        on_result: Called with each result as it arrives.
        owner: Who acts. The message to a run that cannot get the lock names it.
        lock_wait_s: Seconds to wait for another run that acts on this host.

    Raises:
        HostBusy: Another run still acts on this host.
    """
    with host_lock(state_dir, owner=owner, wait_s=lock_wait_s):
        return run_operations(
            engine,
            operations,
            host=host,
            state_dir=state_dir,
            clock=clock,
            workers=workers,
            on_result=on_result,
        )


def run_operations(
    engine: Engine,
    operations: list[Operation],
    *,
    host: str,
    state_dir: str,
    clock: t.Callable[[], float],
    workers: int = WORKERS,
    on_result: OnResult | None = None,
    before: t.Callable[[], str] = str,
) -> list[Result]:
    """Run operations in the order of their C(after). The caller holds the host's lock.

    C(before) is called before each one: it returns why the operation must not begin, or an empty text.

    Returns:
        One result for each operation, by id: C(id), C(status), C(error) and C(seconds).
    """
    results: list[Result] = []

    def take(result: Result) -> None:
        results.append(result)
        if on_result:
            on_result(result)

    run = _Runner(Context(engine, host, state_dir, clock), clock, before)
    run_in_order(operations, run, workers=workers, on_result=take)
    return sorted(results, key=lambda result: result["id"])


class _Runner:
    """Runs single operations, and remembers that the engine stopped answering."""

    def __init__(
        self, context: Context, clock: t.Callable[[], float], before: t.Callable[[], str]
    ) -> None:
        self._context = context
        self._clock = clock
        self._before = before
        self._silent = ""

    def __call__(self, operation: Operation) -> Result:
        began = time.monotonic()
        status, error = self._try(operation)
        seconds = round(time.monotonic() - began, 3)
        return {"id": operation["id"], "status": status, "error": error, "seconds": seconds}

    def _try(self, operation: Operation) -> tuple[str, str]:
        if self._silent:
            return "failed", f"not tried: {self._silent}"
        if reason := self._before():
            return "stale", reason
        try:
            remark = perform(self._context, operation)
            if START.names(operation):
                note_success(self._context.state_dir, operation)
        except Stale as reason:
            return "stale", str(reason)
        except (EngineError, Failed, StoreError) as error:
            return "failed", self._failure(operation, error)
        except (
            Exception
        ) as error:  # our own bug in one operation must not hide the results of the others
            text = explain(error, operation)
            return "failed", f"unexpected {type(error).__name__}: {text}"
        return DONE, remark

    def _failure(self, operation: Operation, error: Exception) -> str:
        self._silent = self._silent or self._why_silent(error)
        text = explain(error, operation, self._secrets(operation, error))
        not_its_fault = self._silent or isinstance(error, (NetworkDown, StoreError))
        counts = operation["kind"] in _COUNTED or config_hash_of(operation) != ""
        if counts and not not_its_fault:
            text += self._count(operation, text)
        return text

    def _secrets(self, operation: Operation, error: Exception) -> list[str]:
        """The options of the host's volumes: a start mounts them, and the engine's error may repeat them."""
        if self._silent or not START.names(operation) or not isinstance(error, EngineError):
            return []
        try:
            volumes = self._context.engine.volumes()
        except EngineError:
            return []
        return [secret for item in volumes for secret in option_secrets(item.get("Options"))]

    def _why_silent(self, error: Exception) -> str:
        """Why the engine no longer answers; empty if it does: perhaps only one long call hung."""
        if isinstance(error, EngineTimeout):
            try:
                self._context.engine.containers()
            except EngineError as silence:
                return str(silence)
        return str(error) if isinstance(error, EngineUnreachable) else ""

    def _count(self, operation: Operation, text: str) -> str:
        """Count the failure for the back-off. Returns what to add to the message if that fails too."""
        try:
            note_failure(self._context.state_dir, operation, text, now=self._clock())
        except StoreError as error:
            return f"; and it could not be noted: {error}"
        return ""
