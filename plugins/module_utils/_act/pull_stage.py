# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage C(pull) on one host. It has neither lease nor lock while it waits. Private to the collection."""

from __future__ import annotations

import contextlib
import typing as t

from .._audit.chronicle import Chronicle
from .._engine.client import Engine
from .._engine.errors import EngineError
from .._lock.caller_gone import CallerGone
from .._lock.host_lock import HostBusy, host_lock
from .._model.operation import PULL, RUNNING, Acted, Operation, Result, images_to_pull
from .._record.ledger import note_failure
from .._record.store import StoreError
from .puller import DONE, FAILED, Pull, Puller
from .stage import CallContext, audit_of

TURN_S = 10.0
"""Seconds that one call waits for its pulls. They go on after it."""
_NOTE_WAIT_S = 2.5


def pull_images(
    engine: Engine,
    puller: Puller,
    *,
    host: str,
    state_dir: str,
    operations: list[Operation],
    clock: t.Callable[[], float],
    term: CallContext,
    turn_s: float = TURN_S,
) -> Acted:
    """Begin the pulls of a plan or join them, and report how each one stands after a moment.

    Args:
        engine: The host's engine.
        puller: Makes the pulls.
        host: Inventory name of the host.
        state_dir: Folder of all our files on the host.
        operations: The pulls.
        clock: The host's wall clock, in seconds since the epoch.
        term: The run that this call acts for.
        turn_s: Seconds to wait.

    Raises:
        CallerGone: The caller left before anything was begun.
    """
    if reason := term.abandoned():
        raise CallerGone(reason)
    pulls = puller.run(images_to_pull(operations), turn_s, term.abandoned)
    results = [_result(engine, item, pulls) for item in operations]
    ended = {item["id"]: item for item in results if item["status"] != RUNNING}
    with contextlib.suppress(HostBusy), host_lock(state_dir, owner=term.who, wait_s=_NOTE_WAIT_S):
        known = [item for item in operations if item["id"] in ended]
        with contextlib.closing(audit_of(term, state_dir, host, clock)) as audit:
            chronicle = Chronicle(audit, engine, known, now=clock())
            for item in known:
                _note(state_dir, item, ended[item["id"]], clock())
                chronicle.result(ended[item["id"]])
    changed = any(item["status"] == DONE for item in results)
    return Acted(changed=changed, results=results, refused=[], lease=None)


def _result(engine: Engine, operation: Operation, pulls: dict[str, Pull]) -> Result:
    """The result of one pull. A failed one of an image that is here anyway is a remark."""
    args = PULL.args_of(operation)
    image = args["image"] if args else ""
    pull = pulls.get(image, Pull(FAILED, "it is no pull"))
    status, text = pull.status, pull.text
    if status == FAILED and _is_here(engine, image):
        status, text = DONE, f"cannot pull {image}, the one on this host is used: {text}"
    elif status == FAILED:
        text = f"cannot pull {image}, and it is not on this host: {text}"
    return Result(id=operation["id"], status=status, error=text, seconds=round(pull.seconds, 3))


def _is_here(engine: Engine, image: str) -> bool:
    try:
        return engine.image(image) is not None
    except EngineError:
        return False


def _note(state_dir: str, operation: Operation, result: Result, now: float) -> None:
    """Count a failure for the back-off of the member that the pull is for."""
    if result["status"] == FAILED:
        with contextlib.suppress(StoreError):
            note_failure(state_dir, operation, result["error"], now=now)
