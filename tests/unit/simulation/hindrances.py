# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes one host wait for long: a lock that nobody gives back, a disk that refuses, a slow registry."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from .fabric import Clock


class Locks:
    """The lock file of a host's state directory, in the hands of others than our runs."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / "lock"
        self._held = -1

    def hang(self) -> None:
        """A process has the lock and does not go on; nothing happens while a call of ours has it."""
        self.mend()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._held = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.mend()

    def refuse(self) -> None:
        """The file cannot be opened, as on a disk that has become read-only."""
        self.mend()
        self._path.unlink(missing_ok=True)
        self._path.mkdir(parents=True)

    def mend(self) -> None:
        """A person ends the process, and mends the disk."""
        if self._held >= 0:
            os.close(self._held)
        self._held = -1
        if self._path.is_dir():
            self._path.rmdir()

    @property
    def works(self) -> bool:
        """Whether a run of ours could get the lock."""
        return self._held < 0 and not self._path.is_dir()


class SlowPulls:
    """Pulls that end when their time has come, whatever became of their caller."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.takes_s = 0.0
        self._jobs: list[tuple[float, Callable[[], None], int]] = []

    def begin(self, job: Callable[[], None], *, keep: int) -> None:
        """Stands in for background.in_background."""
        if not self.takes_s:
            job()
            return
        self._jobs.append((self._clock.now + self.takes_s, job, os.dup(keep)))

    def tick(self) -> None:
        """Those that are due end now."""
        due = [item for item in self._jobs if item[0] <= self._clock.now]
        self._jobs = [item for item in self._jobs if item not in due]
        for _at, job, handle in due:
            job()
            os.close(handle)

    def close(self) -> None:
        """The end of the world."""
        for _at, _job, handle in self._jobs:
            with contextlib.suppress(OSError):
                os.close(handle)
        self._jobs = []
