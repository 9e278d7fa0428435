# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pull images in processes of their own, so that no run and no lock waits for a registry. Private to the collection.

One process for each image and host: a second run that wants the same image joins it. A file says how far it is, and
its result counts for whoever comes next. The process ends with its pull, after the limit at the latest.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import time
import typing as t

from .._common.regular_files import open_regular, read_regular
from .._common.replaced_files import replace_file
from .._engine.client import Engine
from .._engine.errors import EngineError
from .._engine.pull import PULL_LIMIT_S
from .._lock.boot_clock import boot_clock
from .._model.operation import RUNNING
from .background import in_background

Json = t.Dict[str, t.Any]

FOLDER = "pulls"
DONE, FAILED = "done", "failed"
_POLL_S = 0.1
_GOOD_FOR_S = 120.0
"""A result that nobody took counts for this long. Later the image is pulled again."""
_WRITE_EACH_S = 1.0


@dataclasses.dataclass
class Pull:
    """One pull as it stands: running, done or failed, with how far it is or why it failed."""

    status: str
    text: str = ""
    seconds: float = 0.0


class Background(t.Protocol):
    """Runs a job that keeps one descriptor; see background.in_background."""

    def __call__(self, job: t.Callable[[], None], *, keep: int) -> None:
        """Begin the job."""


class Puller:
    """The pulls of one host."""

    def __init__(
        self,
        state_dir: str,
        engine: t.Callable[[], Engine],
        *,
        limit_s: float = PULL_LIMIT_S,
        begin: Background = in_background,
        clock: t.Callable[[], float] = boot_clock,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        """Begin nothing.

        Args:
            state_dir: Folder of all our files on this host.
            engine: Makes the engine's client of one pull.
            limit_s: Seconds for one pull in all.
            begin: Runs a pull.
            clock: The boot clock.
            sleep: Waits.
        """
        self._folder = os.path.join(state_dir, FOLDER)
        self._engine = engine
        self._limit_s = limit_s
        self._begin = begin
        self._clock = clock
        self._sleep = sleep

    def run(
        self, images: t.Collection[str], turn_s: float, gone: t.Callable[[], str] = str
    ) -> dict[str, Pull]:
        """Begin or join the pulls, wait for at most turn_s seconds, and return how each one stands.

        C(gone) returns why nobody waits any more.
        """
        found = {image: self._start(image) for image in images}
        end = self._clock() + turn_s
        while True:
            for image, pull in found.items():
                if pull.status == RUNNING:
                    found[image] = self._look(image)
            waits = any(pull.status == RUNNING for pull in found.values())
            if not waits or self._clock() >= end or gone():
                return found
            self._sleep(_POLL_S)

    def _start(self, image: str) -> Pull:
        """Begin the pull, unless it goes on already or has just ended."""
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            handle = open_regular(self._path(image, "lock"), os.O_RDWR | os.O_CREAT)
        except OSError as error:
            return Pull(FAILED, f"cannot write {self._folder}: {error.strerror}")
        try:
            if _locks(handle) and not self._result(image):
                self._forget(image)
                self._begin(lambda: self._job(image), keep=handle)
        finally:
            os.close(handle)
        return Pull(RUNNING)

    def _look(self, image: str) -> Pull:
        goes_on = self._goes_on(image)
        state = self._result(image)
        if state:
            self._forget(image)
            return Pull(state["status"], state["text"], state["seconds"])
        if goes_on:
            return Pull(RUNNING, _progress(self._read(image), self._clock()))
        return Pull(FAILED, "the process that pulled it was ended")

    def _result(self, image: str) -> Json | None:
        """The result of a pull that has ended lately."""
        state = self._read(image)
        if not state or state["status"] == RUNNING:
            return None
        return state if 0 <= self._clock() - state["at"] < _GOOD_FOR_S else None

    def _goes_on(self, image: str) -> bool:
        try:
            handle = open_regular(self._path(image, "lock"), os.O_RDWR)
        except OSError:
            return False
        try:
            return not _locks(handle)
        finally:
            os.close(handle)

    # --- in the process of the pull ---

    def _job(self, image: str) -> None:
        """Pull, and write how far it is and how it ended."""
        began = last = self._clock()
        self._write(image, RUNNING, began=began)

        def progress(current: int, total: int) -> None:
            nonlocal last
            if self._clock() - last >= _WRITE_EACH_S:
                last = self._clock()
                self._write(image, RUNNING, began=began, current=current, total=total)

        try:
            self._engine().pull(image, limit_s=self._limit_s, progress=progress)
        except EngineError as error:
            self._write(image, FAILED, str(error), began=began)
        except Exception as error:  # the file is the only way to tell
            self._write(image, FAILED, f"unexpected {type(error).__name__}: {error}", began=began)
        else:
            self._write(image, DONE, began=began)

    # --- the file ---

    def _path(self, image: str, ending: str) -> str:
        name = hashlib.sha256(image.encode("utf-8")).hexdigest()[:16]
        return os.path.join(self._folder, f"{name}.{ending}")

    def _write(self, image: str, status: str, text: str = "", **given: float) -> None:
        now = self._clock()
        state = {
            "image": image,
            "status": status,
            "text": text,
            "at": now,
            "seconds": now - given["began"],
            **given,
        }
        with contextlib.suppress(OSError):
            replace_file(self._path(image, "json"), json.dumps(state), durable=False)

    def _read(self, image: str) -> Json | None:
        try:
            found = json.loads(read_regular(self._path(image, "json")).decode("utf-8"))
        except (OSError, ValueError):
            return None
        return (
            found if isinstance(found, dict) and {"status", "at", "began"} <= set(found) else None
        )

    def _forget(self, image: str) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self._path(image, "json"))


def _locks(handle: int) -> bool:
    """Take the lock of a pull, if nobody has it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _progress(state: Json | None, now: float) -> str:
    """How far a pull is, for people."""
    if not state:
        return "begins"
    took = f"{max(0.0, now - state['began']):.0f} s"
    if not state.get("total"):
        return took
    return f"{state['current'] / 1e6:.0f} of {state['total'] / 1e6:.0f} MB, {took}"
