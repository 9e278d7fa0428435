# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that a module makes for its own host alone, by the rules of every run: lock, lease and audit. Private."""

from __future__ import annotations

import random
import secrets
import time
import typing as t

from .._act.stage import CallContext, act
from .._audit.log import SYSLOG
from .._engine.client import Engine
from .._lock.host_lock import HostBusy
from .._lock.lease import Claim
from .._model.operation import Acted, Operation, Result

LEASE_S = 30.0
WAIT_S = 120.0
PAUSE_S = 2.0

Json = t.Dict[str, t.Any]


class OwnRun:
    """Runs what a module plans on this host."""

    def __init__(
        self,
        engine: Engine,
        *,
        owner: str,
        reason: str,
        state_dir: str,
        wait_s: float = WAIT_S,
        pause: t.Callable[[float], None] = time.sleep,
        syslog: str = SYSLOG,
    ) -> None:
        """C(owner) and C(reason) tell other runs and the audit who acts, and what for."""
        self._engine = engine
        self._owner = owner
        self._reason = reason
        self._state_dir = state_dir
        self._wait_s = wait_s
        self._pause = pause
        self._syslog = syslog

    def act(self, plan: t.Callable[[], list[Operation]]) -> list[Result]:
        """Run the operations. While another run has the lease, wait and plan anew: that run may change everything.

        Raises:
            HostBusy: Another run has the lease for longer than the time to wait, or nobody can get the host's lock.
        """
        end = time.monotonic() + self._wait_s
        while True:
            operations = plan()
            outcome = self._try(operations) if operations else None
            if outcome and outcome.get("unable"):
                raise HostBusy(outcome["unable"])
            if outcome is None or not outcome["lease"]:
                return outcome["results"] if outcome else []
            self._wait(outcome["lease"], end)

    def _try(self, operations: list[Operation]) -> Acted:
        term = CallContext(self._claim(), alone=True, syslog=self._syslog)
        return act(
            self._engine,
            host=operations[0]["host"],
            state_dir=self._state_dir,
            records=[],
            operations=operations,
            clock=time.time,
            term=term,
        )

    def _claim(self) -> Claim:
        """A new claim: a run that lost the lease asks again under another token."""
        return Claim(
            token=secrets.token_hex(8),
            owner=self._owner,
            reason=self._reason,
            unattended=False,
            ticket=random.random(),  # noqa: S311 (only to tell two runs apart)
            duration_s=LEASE_S,
        )

    def _wait(self, holder: Json, end: float) -> None:
        if time.monotonic() >= end:
            raise HostBusy(
                f"{holder['owner']} acts ({holder['reason']}), for longer than {self._wait_s:g} s: try again later"
            )
        self._pause(PAUSE_S)
