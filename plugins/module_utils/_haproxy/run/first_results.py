# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first results of a checker's new servers. Private to the collection."""

from __future__ import annotations

import time
import typing as t

from ..render.wanted import Server
from .changes import Change
from .folders import Folders
from .socket import HaproxyError
from .stats import completed, counts_up
from .worker import reports

_POLL_S = 0.05


def follow_first_results(folders: Folders, new: t.Collection[Server], *, wait_s: float) -> None:
    """Wait until each of these servers has a completed check, at most wait_s seconds.

    For a server from the config, HAProxy needs only one good check, whatever its C(rise). A server added at run time
    would need all of them, so HAProxy is told that it is good. In both cases a bad check makes it DOWN at once.
    """
    until = time.monotonic() + wait_s
    waiting = set(new)
    while waiting:
        try:
            waiting -= _settled(folders, waiting)
        except HaproxyError:
            return  # the next observation reports it
        if time.monotonic() >= until:
            return
        time.sleep(_POLL_S if waiting else 0)


def _settled(folders: Folders, waiting: set[Server]) -> set[Server]:
    """The servers that have their first result."""
    found = {(item["backend"], item["server"]): item for item in reports(folders)}
    ended = {key for key in waiting if key in found and completed(found[key])}
    Change(folders).take_as_good(sorted(key for key in ended if counts_up(found[key])))
    return ended
