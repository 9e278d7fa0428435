# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's part of a backup: send a member's volumes, or what a command prints. Private to the collection."""

from __future__ import annotations

import contextlib
import typing as t

from .compression import Packer
from .frames import Frames
from .places import folders_of, other_users
from .quiet import NONE, quiet
from .tar_write import Written, write_tar

Json = t.Dict[str, t.Any]
_SHOWN = 20


class CommandFailed(Exception):
    """The command in the container ended with another exit code than 0."""


def send_volumes(engine: t.Any, frames: Frames, call: Json, hold: t.ContextManager[None]) -> None:
    """Send each volume as a tar stream, with the member quiet.

    Args:
        engine: The host's engine.
        frames: The stream to the control node.
        call: C(container), C(volumes) (name by path), C(quiesce), C(compress).
        hold: Holds the host.
    """
    folders = folders_of(engine, call["volumes"].values())
    with hold, quiet(engine, call["container"], call["quiesce"]):
        shared = other_users(engine, set(folders), call["container"])
        for path, name in sorted(call["volumes"].items()):
            with _packed(frames, call["compress"]) as packer:
                written = write_tar(folders[name], packer)
            frames.tell(**_summary(path, packer), **_remarks(written), shared=shared)


def send_output(engine: t.Any, frames: Frames, call: Json, hold: t.ContextManager[None]) -> None:
    """Send what a command prints in the member's container. Raises CommandFailed."""
    words = ["/bin/sh", "-c", call["command"]]
    with hold, quiet(engine, call["container"], NONE), _packed(frames, call["compress"]) as packer:
        code, complaint = engine.stream(call["container"], words, packer.write)
        if code:
            raise CommandFailed(f"the command ended with exit code {code}: {complaint}")
    frames.tell(**_summary("", packer), files=1, skipped=[], changed=[], shared=[])


@contextlib.contextmanager
def _packed(frames: Frames, kind: str) -> t.Iterator[Packer]:
    packer = Packer(kind, frames)
    try:
        yield packer
        packer.close()
    except BaseException:
        packer.drop()
        raise


def _summary(path: str, packer: Packer) -> Json:
    return {"part": path, "size": packer.size, "sha256": packer.sha256}


def _remarks(written: Written) -> Json:
    """Names are shown; a volume may have any number of them."""
    names = {"skipped": written.skipped, "changed": written.changed}
    shown = {key: [_text(name) for name in found[:_SHOWN]] for key, found in names.items()}
    return {"files": written.files, **shown}


def _text(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
