# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reports of this host's load balancers: the part C(balancers) of an observation, docs/schema.md section 11.

Private to the collection; only reads.
"""

from __future__ import annotations

import datetime
import os
import re
import time
import typing as t

from ..._model.member import DOTTED
from ..render.difference import without_passwords
from ..render.wanted import Server
from .balancer_files import balancer_folders, balancers_folder, certificate_path, file_revision
from .folders import FolderError, Folders
from .observe_checker import gone, nothing_seen
from .server_state import State
from .socket import HaproxyError, ask
from .worker import ANSWER_S, old_workers, running_info, states, traffic_of_all

Json = t.Dict[str, t.Any]

DEADLINE_S = 4.0
"""Seconds for all load balancers of a host."""
MOST_CERTIFICATES = 50

_NAME = re.compile(rf"{DOTTED}\Z")
_NOT_AFTER = re.compile(r"^notAfter: (.*)$|^Not ?After: (.*)$", re.MULTILINE | re.IGNORECASE)


def observe_balancers(
    state_dir: str, *, deadline_s: float = DEADLINE_S, configs: bool = False
) -> Json:
    """The reports of all load balancers with a folder here, by C(stack.service.index). Never raises.

    Args:
        state_dir: Folder of all our files on this host.
        deadline_s: Seconds for all reports together.
        configs: Whether to read their configs too, for a diff.
    """
    until = time.monotonic() + deadline_s
    found = {}
    for name, folders in all_folders(state_dir).items():
        left = max(0.0, until - time.monotonic())
        found[name] = observe_balancer(folders, deadline_s=min(ANSWER_S, left))
        if configs:
            found[name]["config"] = _shown_config(folders)
    return found


def all_folders(state_dir: str) -> dict[str, Folders]:
    """The folders of all load balancers of this host, by C(stack.service.index)."""
    try:
        names = os.listdir(balancers_folder(state_dir))
    except OSError:
        return {}
    return {name: balancer_folders(state_dir, name) for name in sorted(names) if _NAME.match(name)}


def observe_balancer(folders: Folders, *, deadline_s: float = ANSWER_S) -> Json:
    """One load balancer's report on itself and its servers. Never raises."""
    seen = {**_nothing(), "file_revision": file_revision(folders)}
    until = time.monotonic() + deadline_s
    try:
        return {**seen, **_Look(folders, until).all()}
    except HaproxyError as error:
        why = f"the load balancer does not answer: {error}"
        return {**seen, "error": why, **gone(error)}
    except Exception as error:  # a fault here must not hide the rest of the host
        return {**seen, "error": f"unexpected {type(error).__name__}: {error}"}


def _nothing() -> Json:
    return {**nothing_seen(), "pools": {}, "sessions": {}, "old_workers": 0, "certificates": {}}


def _shown_config(folders: Folders) -> str:
    """The present config without passwords; empty if it cannot be read."""
    try:
        return without_passwords(folders.read_config() or "")
    except FolderError:
        return ""


class _Look:
    """The queries to one load balancer."""

    def __init__(self, folders: Folders, until: float) -> None:
        self._folders = folders
        self._until = until

    def _left(self) -> float:
        return max(0.0, self._until - time.monotonic())

    def all(self) -> Json:
        """The whole report."""
        info = running_info(self._folders, deadline_s=self._left())
        found = states(self._folders, deadline_s=self._left())
        servers, pools = traffic_of_all(self._folders, deadline_s=self._left())
        reports = [_report(item, found) for item in servers]
        sessions = {f"{item['backend']}/{item['server']}": item["sessions"] for item in reports}
        return {
            **info,
            "reports": reports,
            "pools": pools,
            "sessions": {name: number for name, number in sessions.items() if number},
            "old_workers": old_workers(self._folders, deadline_s=self._left()),
            "certificates": self._certificates(),
        }

    def _certificates(self) -> dict[str, str]:
        """The expiry of each certificate, in UTC; empty if HAProxy does not tell."""
        try:
            listed = sorted(os.listdir(os.path.join(self._folders.config, "certs")))
        except OSError:
            return {}
        names = [name[:-4] for name in listed if name.endswith(".pem")]
        return {name: self._not_after(name) for name in names[:MOST_CERTIFICATES]}

    def _not_after(self, name: str) -> str:
        command = f"show ssl cert {certificate_path(name)}"
        answer = ask(self._folders.admin_socket, command, deadline_s=self._left())
        found = _NOT_AFTER.search(answer)
        return _iso(found.group(1) or found.group(2)) if found else ""


def _report(item: Json, found: t.Mapping[Server, State]) -> Json:
    state = found.get((item["backend"], item["server"]))
    return {
        **item,
        "place": state.place if state else "",
        "weight": state.weight if state else 0,
        "drain": bool(state and state.drained),
    }


def _iso(words: str) -> str:
    """C(Jan  1 00:00:00 2027 GMT) as C(2027-01-01T00:00:00Z)."""
    try:
        moment = datetime.datetime.strptime(words.strip(), "%b %d %H:%M:%S %Y %Z")
    except ValueError:
        return ""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
