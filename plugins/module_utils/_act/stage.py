# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One stage of a pass on one host: store records, then run operations. Private to the collection."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from .._audit.chronicle import Chronicle
from .._audit.held import note_refusals
from .._audit.log import SYSLOG, Audit
from .._common.constants import OWNER, SYSTEM_STACK
from .._engine.client import Engine
from .._lock.boot_clock import boot_clock
from .._lock.caller_gone import CallerGone
from .._lock.host_lock import LOCK_WAIT_S, CannotLock, HostBusy, host_lock
from .._lock.lease import Claim, Lease, LeaseHeld, acting
from .._model.fact import Refusals
from .._model.operation import VALIDATE, Acted, Operation, Refused, Result
from .._record.store import StaleRecord, StoreError, commit_record, withdraw_record, write_record
from .made_volumes import note_made_volumes
from .runner import WORKERS, run_operations

Json = t.Dict[str, t.Any]
BUSY_WAIT_S = {True: 1.0, False: 5.0}
"""Seconds that a timer's run (True) and a person's run wait for another run on this host; then the error names it."""


@dataclasses.dataclass
class CallContext:
    """The run that a call acts for, and what may end the call early."""

    claim: Claim | None = None
    """None: no other run can be acting, so the host lock is enough."""
    prepare: bool = False
    """Take the lease, and do not act before all other hosts have granted theirs."""
    boot: t.Callable[[], float] = boot_clock
    abandoned: t.Callable[[], str] = str
    """Returns why the caller is gone; empty while it waits."""
    owner: str = OWNER
    syslog: str = SYSLOG
    lock_wait_s: float | None = None
    last: bool = False
    """The last call on this host in this round: it releases the lease, even without any work."""
    alone: bool = False
    """Take the lease of this host alone and act. If neither this nor prepare, the call needs a lease taken before."""

    @property
    def who(self) -> str:
        """Who acts, for the lock and the audit."""
        return self.claim.owner if self.claim else self.owner

    @property
    def wait_s(self) -> float:
        """Seconds to wait for the host's lock."""
        if self.lock_wait_s is not None:
            return self.lock_wait_s
        return BUSY_WAIT_S[self.claim.unattended] if self.claim else LOCK_WAIT_S


def act(
    engine: Engine,
    *,
    host: str,
    state_dir: str,
    records: list[Json],
    operations: list[Operation],
    clock: t.Callable[[], float],
    term: CallContext | None = None,
    refusals: Refusals | None = None,
    workers: int = WORKERS,
) -> Acted:
    """Store the records and run the operations of one host, while holding its lock and the lease.

    Args:
        engine: The host's engine.
        host: Inventory name of the host.
        state_dir: Folder of all our files on the host.
        records: Stack records to store; C(cause) in one, which is not stored, says why. One with C(commit) or
            C(withdraw) names a stored proposal that has its majority, or will not get it.
        operations: Operations of this host.
        clock: The host's wall clock, in seconds since the epoch.
        term: The run that this call acts for.
        refusals: The refusals that this host must remember; None leaves them as they are.
        workers: How many operations may run at once; 1 uses no threads.

    Returns:
        C(changed), C(results) of the operations, C(refused) records, and C(lease): None, or its present holder.
        C(unable): why the host's lock cannot be had, although no run acts here as far as its lease says.

    Raises:
        HostBusy: Another process has the lock, or nobody can have it, in a call without a claim.
        CallerGone: The caller left while this call waited for the lock; nothing was done.
    """
    term = term or CallContext()
    call = _Call(engine, host, state_dir, clock, term, workers)
    try:
        with host_lock(state_dir, owner=term.who, wait_s=term.wait_s):
            if reason := term.abandoned():
                raise CallerGone(reason)
            return call.run(records, operations, refusals)
    except LeaseHeld as held:
        return nothing_done(held.holder)
    except HostBusy as busy:
        if term.claim is None:
            raise
        holder = None if isinstance(busy, CannotLock) else acting(state_dir, clock=term.boot)
        return nothing_done(holder) if holder else unable(str(busy))


INVALID = "a config of a load balancer was rejected"


def nothing_done(holder: Json | None) -> Acted:
    """The outcome of a call that did nothing because C(holder) has the lease."""
    return Acted(changed=False, results=[], refused=[], lease=holder)


def unable(reason: str) -> Acted:
    """The outcome of a call on a host that can do nothing now."""
    return {**nothing_done(None), "unable": reason}


class _Call:
    """The work of one call under the host lock."""

    def __init__(
        self,
        engine: Engine,
        host: str,
        state_dir: str,
        clock: t.Callable[[], float],
        term: CallContext,
        workers: int,
    ) -> None:
        self._engine = engine
        self._host = host
        self._state_dir = state_dir
        self._clock = clock
        self._term = term
        self._workers = workers
        claim = term.claim
        self._lease = Lease(state_dir, claim, clock=term.boot) if claim else None

    def run(
        self, records: list[Json], operations: list[Operation], refusals: Refusals | None
    ) -> Acted:
        acts = self._term.prepare or self._term.last or bool(records or operations)
        lease = self._lease if acts else None  # storing refusals needs no lease
        if lease:
            self._take(lease)
        with contextlib.closing(self._audit()) as audit:
            outcome = self._run(records, operations, audit)
            if refusals is not None:
                note_refusals(self._state_dir, refusals, audit)
        if lease and self._is_done(outcome["results"]):
            lease.finish()
        return outcome

    def _take(self, lease: Lease) -> None:
        if self._term.prepare:
            lease.take()
        elif self._term.alone:
            lease.take_alone()
        else:
            lease.resume()

    def _is_done(self, results: list[Result]) -> bool:
        """Whether this host has no work left in this round. Only a validation can fail while preparing."""
        rejected = any(item["status"] != "done" for item in results)
        return not self._term.prepare or self._term.last or rejected

    def _run(self, records: list[Json], operations: list[Operation], audit: Audit) -> Acted:
        chronicle = Chronicle(audit, self._engine, operations, now=self._clock())
        validations = [item for item in operations if VALIDATE.names(item)]
        results = self._operate(validations, chronicle)
        if any(item["status"] != "done" for item in results):
            refused = [_refused(item["stack"], INVALID) for item in records]
            return Acted(changed=False, results=results, refused=refused, lease=None)
        written, refused = self._store(records, chronicle)
        barred = {item["stack"] for item in refused}
        rest = [item for item in operations if item not in validations]
        did = self._operate([item for item in rest if item["stack"] not in barred], chronicle)
        done = any(item["status"] == "done" for item in did)
        results += [*did, *(_barred(item) for item in rest if item["stack"] in barred)]
        results.sort(key=lambda result: result["id"])
        stacks = sorted({item["stack"] for item in (*records, *rest)} - barred - {"", SYSTEM_STACK})
        note_made_volumes(self._engine, self._state_dir, stacks, host=self._host)
        changed = written or done
        return Acted(changed=changed, results=results, refused=refused, lease=None)

    def _operate(self, operations: list[Operation], chronicle: Chronicle) -> list[Result]:
        return run_operations(
            self._engine,
            operations,
            host=self._host,
            state_dir=self._state_dir,
            clock=self._clock,
            workers=self._workers,
            on_result=chronicle.result,
            before=self._term.abandoned,
        )

    def _audit(self) -> Audit:
        return audit_of(self._term, self._state_dir, self._host, self._clock)

    def _store(self, records: list[Json], chronicle: Chronicle) -> tuple[bool, list[Refused]]:
        """Store the records. Returns whether any was written, and which were refused."""
        changed = False
        refused: list[Refused] = []
        for given in records:
            try:
                changed |= self._store_one(given, chronicle)
            except StoreError as error:
                overtaken = isinstance(error, StaleRecord)
                refused.append(_refused(given["stack"], str(error), overtaken=overtaken))
                if "version" in given:
                    chronicle.record(given, "refused", str(error))
        return changed, refused

    def _store_one(self, given: Json, chronicle: Chronicle) -> bool:
        """Store a record, or do what was decided on a stored proposal."""
        if "commit" in given:
            return commit_record(self._state_dir, given["stack"], given["commit"])
        if "withdraw" in given:
            return withdraw_record(self._state_dir, given["stack"], given["withdraw"])
        record = {key: value for key, value in given.items() if key != "cause"}
        written = write_record(self._state_dir, {**record, "host": self._host})
        if written:
            chronicle.record(given, "done")
        return written


def _refused(stack: str, reason: str, *, overtaken: bool = False) -> Refused:
    return Refused(stack=stack, reason=reason, overtaken=overtaken)


def audit_of(term: CallContext, state_dir: str, host: str, clock: t.Callable[[], float]) -> Audit:
    """The audit of what a run does on a host. The caller holds the host's lock when it writes."""
    claim = term.claim
    common = {
        "run": claim.token if claim else "",
        "who": term.who,
        "by": "timer" if claim and claim.unattended else "person",
        "command": claim.reason if claim else "",
        "host": host,
    }
    return Audit(state_dir, clock=clock, common=common, syslog=term.syslog)


def _barred(operation: Operation) -> Result:
    text = "the record of its stack was refused by this host"
    return {"id": operation["id"], "status": "skipped", "error": text, "seconds": 0.0}
