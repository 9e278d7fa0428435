# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process on a host that carries out one backup or restore. Private to the collection.

The control node starts it as it starts a channel (plugin_utils/_channel). It ends with its connection.
"""

from __future__ import annotations

import contextlib
import os
import signal
import tarfile
import time
import traceback
import typing as t

from .._audit.log import Audit
from .._engine.client import DockerEngine
from .._engine.errors import EngineError, SdkMissing
from .._lock.lease import Claim
from .compression import CannotCompress
from .fill import receive_volumes
from .frames import Broken, Frames, content_of, keep_alive
from .held import CannotHold, held
from .places import CannotCopy
from .quiet import NotStarted
from .send import CommandFailed, send_output, send_volumes
from .tar_read import Unsafe

Json = t.Dict[str, t.Any]

BACKUP, COMMAND, RESTORE = "volume_backup", "volume_command", "volume_restore"
_WORK = {BACKUP: send_volumes, COMMAND: send_output, RESTORE: receive_volumes}
_TOLD = (
    *(Broken, CannotCompress, CannotCopy, CannotHold, CommandFailed, NotStarted, Unsafe),
    *(EngineError, SdkMissing, OSError, tarfile.TarError),
)
"""Failures whose text says all."""


def serve(source: int, sink: int, code: str, idle_s: float) -> None:
    """Receive one call, carry it out, and say how it ended. The arguments are those of _host/serve.py."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _end)
    frames = Frames(source, sink, idle_s)
    with contextlib.suppress(Broken):
        frames.tell(code=code, pid=os.getpid())
        _kind, body = frames.receive()
        keep_alive(frames)
        frames.tell(**answer(frames, content_of(body), DockerEngine))


def _end(_number: int, _frame: t.Any) -> t.NoReturn:
    """Let blocks end in their order: the member must go on."""
    raise SystemExit(1)


def answer(frames: Frames, call: Json, engine: t.Callable[[str], t.Any]) -> Json:
    """Carry out a call; C(done), or C(error)."""
    try:
        _WORK[call["kind"]](engine(call["docker_host"]), frames, call, _hold(frames, call))
    except _TOLD as failure:
        return {"error": str(failure)}
    except Exception as failure:
        traceback.print_exc()
        return {"error": f"unexpected {type(failure).__name__}: {failure}"}
    return {"done": True}


@contextlib.contextmanager
def _hold(frames: Frames, call: Json) -> t.Iterator[None]:
    claim, begun = Claim(**call["claim"]), time.monotonic()
    with held(call["state_dir"], claim, wait_s=call["wait_s"], gone=frames.is_gone):
        try:
            yield
        except BaseException as failure:
            _note(call, str(failure) or "it was ended", time.monotonic() - begun)
            raise
        _note(call, "", time.monotonic() - begun)


def _note(call: Json, error: str, seconds: float) -> None:
    """A line in the audit. The caller holds the host's lock."""
    claim = call["claim"]
    common = {
        "run": claim["token"],
        "who": claim["owner"],
        "by": "timer" if claim["unattended"] else "person",
        "command": claim["reason"],
        "host": call["host"],
    }
    audit = Audit(call["state_dir"], clock=time.time, common=common)
    fields = {key: call[key] for key in ("stack", "service", "member")}
    result = "failed" if error else "done"
    audit.write(
        **fields,
        container=call["name"],
        action=call["kind"],
        cause="asked for",
        result=result,
        error=error,
        seconds=round(seconds, 1),
    )
    audit.close()
