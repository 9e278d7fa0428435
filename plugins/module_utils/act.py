# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One stage of a pass on one host: store records, then run operations. Private to the collection."""

from __future__ import annotations

import typing as t

from .engine import Engine
from .execute import OWNER, WORKERS, run_operations
from .hostlock import LOCK_WAIT_S, host_lock
from .store import StoreError, write_record

Json = t.Dict[str, t.Any]


def act(
    engine: Engine,
    *,
    host: str,
    state_dir: str,
    records: list[Json],
    operations: list[Json],
    clock: t.Callable[[], float],
    owner: str = OWNER,
    workers: int = WORKERS,
    lock_wait_s: float = LOCK_WAIT_S,
) -> Json:
    """Store the records and run the operations of one host, while holding its lock.

    Args:
        engine: The host's engine.
        host: Inventory name of the host.
        state_dir: Folder of all our files on the host.
        records: Stack records to store.
        operations: Operations of this host.
        clock: The host's wall clock, in seconds since the epoch.
        owner: Who acts, for the message to whoever has to wait in vain.
        workers: How many operations may run at once; 1 uses no threads.
        lock_wait_s: Seconds to wait for another one who acts on this host.

    Returns:
        C(changed), C(results) of the operations and C(refused) records.

    Raises:
        HostBusy: Another one still acts on this host.
    """
    with host_lock(state_dir, owner=owner, wait_s=lock_wait_s):
        written, refused = _store(state_dir, records, host)
        barred = {item["stack"] for item in refused}
        allowed = [item for item in operations if item["stack"] not in barred]
        results = run_operations(
            engine, allowed, host=host, state_dir=state_dir, clock=clock, workers=workers
        )
    results += [_barred(item) for item in operations if item["stack"] in barred]
    results.sort(key=lambda result: result["id"])
    done = any(result["status"] == "done" for result in results)
    return {"changed": written or done, "results": results, "refused": refused}


def _store(state_dir: str, records: list[Json], host: str) -> tuple[bool, list[Json]]:
    """Whether any record was written, and those that were refused."""
    written = False
    refused: list[Json] = []
    for record in records:
        try:
            written = write_record(state_dir, {**record, "host": host}) or written
        except StoreError as error:
            refused.append({"stack": record["stack"], "reason": str(error)})
    return written, refused


def _barred(operation: Json) -> Json:
    text = "the record of its stack was refused by this host"
    return {"id": operation["id"], "status": "skipped", "error": text, "seconds": 0.0}
