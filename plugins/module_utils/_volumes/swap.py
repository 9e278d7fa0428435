# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put folders in each other's place. Private to the collection."""

from __future__ import annotations

import ctypes
import os
import typing as t

_AT_FDCWD = -100
_EXCHANGE = 2

Pair = t.Tuple[str, str]


def swapped(pairs: t.Sequence[Pair]) -> None:
    """Exchange the folders of each pair: all, or none. Raises OSError."""
    done: list[Pair] = []
    try:
        for pair in pairs:
            exchange(*pair)
            done.append(pair)
    except BaseException:
        for pair in reversed(done):
            exchange(*pair)
        raise


def exchange(first: str, second: str) -> None:
    """Exchange two folders of one file system at once; where the kernel cannot do that, by three renames."""
    try:
        _at_once(first, second)
    except (OSError, AttributeError):
        _by_renames(first, second)


def _at_once(first: str, second: str) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    words = (_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _EXCHANGE)
    if library.renameat2(*words):
        raise OSError(ctypes.get_errno(), "renameat2", first)


def _by_renames(first: str, second: str) -> None:
    aside = f"{second}-aside"
    os.rename(first, aside)
    try:
        os.rename(second, first)
    except OSError:
        os.rename(aside, first)
        raise
    os.rename(aside, second)
