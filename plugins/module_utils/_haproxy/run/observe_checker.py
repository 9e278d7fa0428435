# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of this host's checker: the part C(checker) of an observation, docs/schema.md section 10.

Private to the collection; only reads.
"""

from __future__ import annotations

import os
import time
import typing as t

from ..render.probes import names_of
from ..render.wanted import Server
from .balancer_files import file_revision
from .folders import Folders
from .server_state import State
from .socket import HaproxyError, NoSocket
from .worker import ANSWER_S, reports, running_info, states

Json = t.Dict[str, t.Any]


def checker_folders(state_dir: str) -> Folders:
    """The folders of this host's checker below the folder of all our files."""
    base = os.path.join(state_dir, "checker")
    return Folders(base, private=(state_dir, base))


def observe_checker(state_dir: str, *, deadline_s: float = ANSWER_S) -> Json | None:
    """The report of this host's checker; None if it has no folder. Never raises.

    Args:
        state_dir: Folder of all our files on this host.
        deadline_s: Seconds for the whole report.
    """
    return observe_haproxy(checker_folders(state_dir), deadline_s=deadline_s)


def observe_haproxy(folders: Folders, *, deadline_s: float = ANSWER_S) -> Json | None:
    """One HAProxy's report on itself and its servers; None if it has no folder. Never raises."""
    if not os.path.isdir(folders.base):
        return None
    nothing = {**nothing_seen(), "file_revision": file_revision(folders, config_only=True)}
    seen = dict(nothing)
    until = time.monotonic() + deadline_s
    try:
        seen.update(running_info(folders, deadline_s=deadline_s))
        found = reports(folders, deadline_s=max(0.0, until - time.monotonic()))
        places = states(folders, deadline_s=max(0.0, until - time.monotonic()))
        seen["reports"] = [_named(report, places) for report in found]
    except HaproxyError as error:
        why = f"the checker does not answer: {error}"
        return {**nothing, "error": why, **gone(error)}
    except Exception as error:  # a fault here must not hide the rest of the host
        return {**nothing, "error": f"unexpected {type(error).__name__}: {error}"}
    return seen


def _named(report: Json, places: t.Mapping[Server, State]) -> Json:
    """A report with the model's names, and the place that the check really asks."""
    state = places.get((report["backend"], report["server"]))
    backend, server = names_of(report["backend"], report["server"])
    place = state.checked_at if state else ""
    return {**report, "backend": backend, "server": server, "place": place}


def gone(error: HaproxyError) -> Json:
    """What a report says if there is no socket."""
    return {"socket_gone": True} if isinstance(error, NoSocket) else {}


def nothing_seen() -> Json:
    """The report of a HAProxy that does not answer."""
    return {
        "error": "",
        "revision": "",
        "file_revision": "",
        "version": "",
        "pid": 0,
        "uptime_s": 0,
        "reports": [],
    }
