# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of a host's lease: read with suspicion, written in one piece. Private to the collection."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import typing as t

from .._common.regular_files import open_regular, read_regular
from .boot_clock import boot_id

Json = t.Dict[str, t.Any]

FILE = "lease"
LONGEST_LEASE_S = 3600
"""No lease lasts longer. A file that says so was not written by us."""
LARGEST_BYTES = 64 * 1024
SIZE = 16384
"""Bytes of the file: if it must be written in place, a reader finds the old or the new content, and no mixture."""
_LONGEST_TEXT = 300

_NUMBER = (int, float)
_TYPES: dict[str, t.Any] = {
    "token": str,
    "owner": str,
    "reason": str,
    "since": str,
    "boot": str,
    "unattended": bool,
    "started": bool,
    "finished": bool,
    "ticket": _NUMBER,
    "until": _NUMBER,
}


def read(state_dir: str, now: float) -> tuple[Json | None, str]:
    """The lease, and why the file is ignored. Neither if there is no file."""
    try:
        data = read_regular(os.path.join(state_dir, FILE), limit=LARGEST_BYTES)
        found = json.loads(data.decode("utf-8"))
    except FileNotFoundError:
        return None, ""
    except (OSError, ValueError, RecursionError) as error:
        return None, f"it cannot be read ({error.__class__.__name__})"
    fault = _fault(found, now)
    return (None, fault) if fault else (found, "")


def _fault(found: t.Any, now: float) -> str:
    """Why this can be no lease; empty if it may be one."""
    if not isinstance(found, dict):
        return "it is no map"
    wrong = [key for key, kind in _TYPES.items() if not _is_a(found.get(key), kind)]
    if wrong:
        return f"its field {wrong[0]} is missing or not of its type"
    if not isinstance(found.get("waiting", []), list):
        return "its field waiting is not of its type"
    left_s = found["until"] - now
    if found["boot"] == boot_id() and not left_s <= LONGEST_LEASE_S:
        return f"it lasts for {left_s:.0f} s, and no lease lasts longer than {LONGEST_LEASE_S} s"
    return ""


def _is_a(value: t.Any, kind: t.Any) -> bool:
    """Whether a value is of a type; true and false are no numbers."""
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def store(state_dir: str, content: Json) -> None:
    """Replace the file. On a full disk write it in place; if that fails too, remove it and rely on the lock alone."""
    data = _padded(content)
    try:
        _replace(state_dir, data)
    except OSError:
        _write_in_place(os.path.join(state_dir, FILE), data)


def _padded(content: Json) -> bytes:
    """The content as JSON of a fixed length. Long texts are cut: they are only shown."""
    short = {
        key: value[:_LONGEST_TEXT] if isinstance(value, str) else value
        for key, value in content.items()
    }
    data = json.dumps(short).encode("utf-8")
    if len(data) > SIZE:
        data = json.dumps({**short, "waiting": []}).encode("utf-8")
    return data.ljust(SIZE)


def _replace(state_dir: str, data: bytes) -> None:
    handle, path = tempfile.mkstemp(prefix=f".{FILE}-", dir=state_dir)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.replace(path, os.path.join(state_dir, FILE))
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(path)
        raise


def _write_in_place(path: str, data: bytes) -> None:
    try:
        handle = open_regular(path, os.O_RDWR | os.O_CREAT)
        try:
            os.pwrite(handle, data, 0)
            os.ftruncate(handle, len(data))
        finally:
            os.close(handle)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(path)
