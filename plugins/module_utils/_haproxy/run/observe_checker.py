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

from ..render.marker import marker_of
from ..render.probes import names_of
from .folders import FolderError, Folders
from .socket import HaproxyError, NoSocket
from .worker import ANSWER_S, reports, running_info

Json = t.Dict[str, t.Any]


def checker_folders(state_dir: str) -> Folders:
    """The folders of this host's checker below the folder of all our files."""
    return Folders(os.path.join(state_dir, "checker"))


def observe_checker(state_dir: str, *, deadline_s: float = ANSWER_S) -> Json | None:
    """The report of this host's checker; None if it has no socket. Never raises.

    Args:
        state_dir: Folder of all our files on this host.
        deadline_s: Seconds for the whole report.
    """
    return observe_haproxy(checker_folders(state_dir), deadline_s=deadline_s)


def observe_haproxy(folders: Folders, *, deadline_s: float = ANSWER_S) -> Json | None:
    """One HAProxy's report on itself and its servers; None if it has no socket. Never raises."""
    nothing = {**nothing_seen(), "file_revision": _file_revision(folders)}
    seen = dict(nothing)
    until = time.monotonic() + deadline_s
    try:
        seen.update(running_info(folders, deadline_s=deadline_s))
        found = reports(folders, deadline_s=max(0.0, until - time.monotonic()))
        seen["reports"] = [_named(report) for report in found]
    except NoSocket:
        return None
    except HaproxyError as error:
        return {**nothing, "error": f"the checker does not answer: {error}"}
    except Exception as error:  # a fault here must not hide the rest of the host
        return {**nothing, "error": f"unexpected {type(error).__name__}: {error}"}
    return seen


def _named(report: Json) -> Json:
    """A report with the model's names."""
    backend, server = names_of(report["backend"], report["server"])
    return {**report, "backend": backend, "server": server}


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


def _file_revision(folders: Folders) -> str:
    try:
        return marker_of(folders.read_config() or "")
    except FolderError:
        return ""
