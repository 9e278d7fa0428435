# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A channel to one host: a process on the host that keeps our code loaded. Private to the collection."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._host.messages import (
    HEAD,
    Garbage,
    length,
    packed,
    unpacked,
)

from .._run.deadline import NoAnswer
from .bootstrap import CHANNEL
from .code import HostCode
from .pipes import Ended, Late, Pipes
from .start import Start
from .way import Way

Json = dict[str, t.Any]

IDLE_S = 600.0
"""The process on a host ends by itself after this long without a call: its network may be gone for good."""


class Channel:
    """The first call opens it. If it breaks, the next call opens it again. It carries one call at a time."""

    def __init__(self, way: Way, *, idle_s: float = IDLE_S) -> None:
        self._way = way
        self._idle_s = idle_s
        self._pipes: Pipes | None = None
        self._code = ""
        self._calls = 0

    def call(self, code: HostCode, stage: str, payload: Json, limit_s: float) -> Json:
        """Return the host's answer. After NoAnswer the channel is closed, and the host begins no further operation."""
        try:
            return self._call(code, stage, payload, time.monotonic() + limit_s)
        except Late:
            reason = f"no answer within {limit_s:g} s{self._remark()}"
        except Ended as error:
            reason = f"the channel ended: {error}"
        except Garbage as error:
            reason = f"the host sent {error}"
        self._drop()
        raise NoAnswer(reason)

    def close(self, grace_s: float) -> None:
        """End the host's process and wait until it has ended."""
        if self._pipes:
            self._pipes.close(grace_s)
        self._pipes = None

    def _call(self, code: HostCode, stage: str, payload: Json, end: float) -> Json:
        pipes = self._open(code, end)
        self._calls += 1
        left_s = end - time.monotonic()
        call = {"id": self._calls, "stage": stage, "payload": payload, "limit_s": left_s}
        pipes.write(packed(call), end)
        answer = _receive(pipes, end)
        if answer.get("id") != self._calls or not isinstance(answer.get("outcome"), dict):
            raise Garbage("an answer that is not one to this call")
        return t.cast("Json", answer["outcome"])

    def _remark(self) -> str:
        """The last complaint of the other end, such as a wrong password."""
        said = self._pipes.complaint if self._pipes else ""
        return f": {said}" if said else ""

    def _drop(self) -> None:
        if self._pipes:
            self._pipes.kill()
        self._pipes = None

    def _open(self, code: HostCode, end: float) -> Pipes:
        """Return pipes to a host process that has loaded this code."""
        if self._pipes and self._code == code.digest and self._pipes.is_quiet():
            self._pipes.forget()
            return self._pipes
        self._drop()
        start = Start(self._way, CHANNEL, self._idle_s)
        self._pipes = pipes = start.pipes()
        start.log_in(pipes, end)
        start.load(pipes, code, end)
        if _receive(pipes, end).get("code") != code.digest:
            raise Garbage("another code back than the one that it was sent")
        self._code = code.digest
        return pipes


def _receive(pipes: Pipes, end: float) -> Json:
    return unpacked(pipes.read(length(pipes.read(HEAD, end)), end))
