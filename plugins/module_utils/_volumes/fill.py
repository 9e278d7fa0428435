# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's part of a restore: fill new folders beside the volumes' own, then put them in their place. Private.

Until all have come and their checksums are right, nothing of the old data is touched and the member runs.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import typing as t

from .compression import Unpacker
from .frames import DATA, Broken, Frames, content_of
from .places import CannotCopy, folders_of, other_users
from .quiet import STOP, quiet
from .swap import swapped
from .tar_read import Unsafe, read_tar

Json = t.Dict[str, t.Any]

NEW = ".drover-restore-"


def receive_volumes(
    engine: t.Any, frames: Frames, call: Json, hold: t.ContextManager[None]
) -> None:
    """Fill the volumes of a member from the control node's streams.

    Args:
        engine: The host's engine.
        frames: The stream from the control node.
        call: C(container), C(volumes) (name by path), C(compress), C(parts): C(path),
            C(size) and C(sha256) of each stream, in order.
        hold: Holds the host, for the time of the exchange.
    """
    folders = folders_of(engine, call["volumes"].values())
    _refuse_shared(engine, folders, call)
    frames.tell(ready=True)
    with contextlib.ExitStack() as stack:
        pairs = []
        for part in call["parts"]:
            own = folders[call["volumes"][part["path"]]]
            new = stack.enter_context(_beside(own))
            _fill(new, frames, part, call["compress"])
            pairs.append((own, new))
            frames.tell(filled=part["path"])
        with hold, quiet(engine, call["container"], STOP):
            _refuse_shared(engine, folders, call)
            swapped(pairs)


def _refuse_shared(engine: t.Any, folders: t.Mapping[str, str], call: Json) -> None:
    users = other_users(engine, set(folders), call["container"])
    if users:
        text = ", ".join(users)
        raise CannotCopy(f"other containers run with the same volumes: {text}; stop them first")


@contextlib.contextmanager
def _beside(folder: str) -> t.Iterator[str]:
    """A new folder in the file system of a volume. At the end it is removed, with what is in it by then."""
    parent = os.path.dirname(folder)
    for old in os.listdir(parent):
        if old.startswith(NEW):
            shutil.rmtree(
                os.path.join(parent, old), ignore_errors=True
            )  # of a restore that was killed
    new = tempfile.mkdtemp(prefix=NEW, dir=parent)
    try:
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _fill(folder: str, frames: Frames, part: Json, kind: str) -> None:
    incoming = _Incoming(frames)
    source = Unpacker(kind, incoming)
    read_tar(folder, source)
    found = source.finish()
    if incoming.read(1):  # compressed data know their end, and the message behind them is read here
        raise Unsafe(f"{part['path']}: more came than the backup has; nothing was changed")
    if (found, source.size) != (part["sha256"], part["size"]):
        raise Unsafe(f"{part['path']}: the checksum does not fit; nothing was changed")


class _Incoming:
    """The data of one stream: frames up to the message that ends it."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self._rest = b""
        self._ended = False

    def read(self, count: int) -> bytes:
        while not self._rest and not self._ended:
            kind, body = self._frames.receive()
            if kind == DATA:
                self._rest = body
            elif content_of(body).get("ended"):
                self._ended = True
            else:
                raise Broken("the control node has given up")
        data, self._rest = self._rest[:count], self._rest[count:]
        return data
