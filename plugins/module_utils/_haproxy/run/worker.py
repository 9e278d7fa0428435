# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running HAProxy: what it has loaded, and loading another config without a restart. Private to the collection."""

from __future__ import annotations

import time
import typing as t

from .folders import Folders
from .socket import HaproxyError, NoAnswer, ask
from .stats import completed, parse_info, parse_stat

Json = t.Dict[str, t.Any]
Found = t.TypeVar("Found")
Server = t.Tuple[str, str]

ANSWER_S = 2.0
RELOAD_S = 5.0
_POLL_S = 0.05


class ReloadFailed(HaproxyError):
    """HAProxy runs on with what it had."""


def worker_info(folders: Folders, *, deadline_s: float = ANSWER_S) -> Json:
    """What the worker says of itself (see stats.parse_info). Raises HaproxyError."""
    return parse_info(ask(folders.admin_socket, "show info", deadline_s=deadline_s))


def reports(folders: Folders, *, deadline_s: float = ANSWER_S) -> list[Json]:
    """What the worker says of its servers (see stats.parse_stat). Raises HaproxyError."""
    return parse_stat(ask(folders.admin_socket, "show stat", deadline_s=deadline_s))


def servers(folders: Folders) -> set[Server]:
    """Backend and name of each server. Raises HaproxyError."""
    return {(report["backend"], report["server"]) for report in reports(folders)}


def wait_for_worker(folders: Folders, *, wait_s: float = RELOAD_S) -> Json:
    """What the worker says of itself, once it answers: a container that has just started needs a moment.

    Raises:
        HaproxyError: None answers within wait_s seconds.
    """
    until = time.monotonic() + wait_s
    while True:
        try:
            return worker_info(folders, deadline_s=min(ANSWER_S, wait_s))
        except HaproxyError:
            if time.monotonic() > until:
                raise
        time.sleep(_POLL_S)


def reload(
    folders: Folders, revision: str, *, rewrite: t.Callable[[str], str] = lambda state: state
) -> None:
    """Have the master start a worker with the config of this marker, which begins with the checks' present state.

    Args:
        folders: The container's folders, with the new config in place.
        revision: Marker of the new config.
        rewrite: What the new worker is told instead of the present state.

    Raises:
        ReloadFailed: HAProxy refuses, or still runs another config after 5 s.
        HaproxyError: It can't be asked.
        FolderError: The state of the checks can't be stored.
    """
    state = ask(folders.admin_socket, "show servers state", deadline_s=ANSWER_S)
    folders.store_server_state(rewrite(state))
    try:
        _ask_master(folders)
        _read_back(folders, revision)
    finally:
        folders.clear_server_state()


def wait_for_results(folders: Folders, *, known: set[Server], wait_s: float) -> None:
    """Until a check of each server that is not among the known came to an end, or wait_s seconds are over."""
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        try:
            found = reports(folders)
        except HaproxyError:
            return  # the next look will say so
        waiting = {(item["backend"], item["server"]) for item in found if not completed(item)}
        if waiting <= known:
            return
        time.sleep(_POLL_S)


def old_workers(folders: Folders, *, deadline_s: float = ANSWER_S) -> int:
    """How many workers of earlier configs still have connections. Raises HaproxyError."""
    answer = _ask_patiently(folders.master_socket, "show proc;quit", deadline_s=deadline_s)
    _before, _head, after = answer.partition("# old workers\n")
    lines = after.partition("\n#")[0].splitlines()
    return sum(line.split()[1:2] == ["worker"] for line in lines)


def _ask_patiently(path: str, command: str, *, deadline_s: float) -> str:
    """For the moment at a start in which the master listens already and does not answer yet."""
    until = time.monotonic() + deadline_s
    while True:
        try:
            return ask(path, command, deadline_s=max(0.0, until - time.monotonic()))
        except NoAnswer:
            if time.monotonic() + _POLL_S > until:
                raise
        time.sleep(_POLL_S)


def _ask_master(folders: Folders) -> None:
    """HAProxy 2.7 and later answer with C(Success=), 2.6 closes the connection: then only the marker tells."""
    try:
        answer = ask(folders.master_socket, "reload", deadline_s=RELOAD_S)
    except NoAnswer:
        return
    verdict, _line, log = answer.partition("\n--\n")
    if verdict.strip() == "Success=0":
        raise ReloadFailed(f"HAProxy could not reload: {' '.join(log.split())[:1000]}")


def _read_back(folders: Folders, revision: str) -> None:
    until = time.monotonic() + RELOAD_S
    found = ""
    while time.monotonic() < until:
        try:
            found = worker_info(folders, deadline_s=max(_POLL_S, until - time.monotonic()))[
                "revision"
            ]
        except HaproxyError as error:
            found = str(error)
        if found == revision:
            return
        time.sleep(_POLL_S)
    raise ReloadFailed(
        f"after {RELOAD_S:g} s HAProxy does not run {revision} but {found or 'no config of ours'}: "
        "see the container's log, and whether it mounts the folder of the config"
    )
