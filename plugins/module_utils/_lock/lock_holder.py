# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who really holds a lock file, by the kernel's own list. Private to the collection.

The note in the lock file is of the last run that wrote one. A process that took the lock in another way wrote none.
"""

from __future__ import annotations

import os

LOCKS = "/proc/locks"
_LONGEST = 120
_STATES = {"T": "stopped", "t": "stopped", "D": "stuck in the kernel"}


def holding_pid(path: str) -> int:
    """The process that holds the C(flock) of a file; 0 if that cannot be told."""
    try:
        found = os.stat(path)
        with open(LOCKS, encoding="ascii") as stream:
            lines = [line.split() for line in stream]
    except (OSError, ValueError):
        return 0
    where = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    return next((int(words[4]) for words in lines if _is_of(words, where)), 0)


def _is_of(words: list[str], where: str) -> bool:
    """Whether a line is of a held lock of this file."""
    held = len(words) > 5 and words[1] == "FLOCK"
    return held and words[5] == where and words[4].isdigit()


def process_text(pid: int) -> str:
    """A process for people: its number, its command, and why it may not go on."""
    words = [f"process {pid}", *filter(None, [_command(pid), _STATES.get(_state(pid), "")])]
    return f"{words[0]} ({', '.join(words[1:])})" if words[1:] else words[0]


def _command(pid: int) -> str:
    """Its command line, in printable characters."""
    words = _read(pid, "cmdline").replace(b"\0", b" ").decode("utf-8", "replace").strip()
    shown = "".join(letter if letter.isprintable() else "?" for letter in words)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."


def _state(pid: int) -> str:
    """The letter of its state. The name before it may have spaces and brackets."""
    rest = _read(pid, "stat").rpartition(b") ")[2].decode("ascii", "replace")
    return rest[:1]


def _read(pid: int, name: str) -> bytes:
    try:
        with open(os.path.join("/proc", str(pid), name), "rb") as stream:
            return stream.read(4096)
    except OSError:
        return b""
