# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold a host for as long as a backup or a restore needs it. Private to the collection.

The host lock keeps every pass from acting here, and the lease tells it why. The lease is short and renewed: after a
kill the next pass goes on soon.
"""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t

from .._lock.host_lock import CannotLock, HostBusy, host_lock
from .._lock.lease import Claim, Lease, LeaseHeld

LEASE_S = 60.0
_RENEW_S = 15.0
_LOCK_WAIT_S = 2.0
_PAUSE_S = 0.5


class CannotHold(Exception):
    """Another run acts on the host, or nobody can."""


@contextlib.contextmanager
def held(
    state_dir: str,
    claim: Claim,
    *,
    wait_s: float,
    gone: t.Callable[[], bool],
    pause: t.Callable[[float], None] = time.sleep,
) -> t.Iterator[None]:
    """Hold the lock and the lease of this host for the block.

    Args:
        state_dir: Folder of all our files on the host.
        claim: Who asks, and what for.
        wait_s: Seconds to wait for another run.
        gone: Whether the control node is gone meanwhile.
        pause: Waits between two attempts.

    Raises:
        CannotHold: Another run acts for longer, or the lock cannot be had.
    """
    end = time.monotonic() + wait_s
    lease = Lease(state_dir, claim)
    with contextlib.ExitStack() as stack:
        while not (reason := _taken(stack, state_dir, claim, lease)).done:
            if gone() or reason.final or time.monotonic() >= end:
                raise CannotHold(f"{reason.text}; it was waited for {wait_s:g} s")
            pause(_PAUSE_S)
        try:
            with _renewed(lease):
                yield
        finally:
            lease.finish()  # also after a failure: others would wait until the lease expires


class _Attempt(t.NamedTuple):
    done: bool
    text: str = ""
    final: bool = False


def _taken(stack: contextlib.ExitStack, state_dir: str, claim: Claim, lease: Lease) -> _Attempt:
    """Try once; what was taken is given back by the stack."""
    with contextlib.ExitStack() as own:
        try:
            own.enter_context(host_lock(state_dir, owner=claim.owner, wait_s=_LOCK_WAIT_S))
            lease.take_alone()
        except (HostBusy, LeaseHeld) as error:
            return _Attempt(False, str(error), isinstance(error, CannotLock))
        stack.push(own.pop_all())
    return _Attempt(True)


@contextlib.contextmanager
def _renewed(lease: Lease) -> t.Iterator[None]:
    """Renew the lease from a thread: the block may wait for the engine, or for the network."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(_RENEW_S):
            lease.resume()

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
