# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running HAProxy: its loaded config, and loading another one without a restart. Private to the collection."""

from __future__ import annotations

import contextlib
import os
import re
import time
import typing as t

from .folders import Folders
from .server_state import State, parse_states
from .socket import HaproxyError, HaproxySilent, ask
from .stats import parse_info, parse_pools, parse_stat, parse_traffic

Json = t.Dict[str, t.Any]
Server = t.Tuple[str, str]

ANSWER_S = 2.0
RELOAD_S = 5.0
VARIABLE = "proc.drover_revision"
"""Holds the marker of a config that the worker reached without a reload."""

_POLL_S = 0.05
_INTERIM = "interim.sock"
_VALUE = re.compile(r"value=<(rev-[0-9a-f]{16})>")


class ReloadFailed(HaproxyError):
    """The reload failed; HAProxy keeps running its old config."""


def worker_info(folders: Folders, *, deadline_s: float = ANSWER_S) -> Json:
    """The worker's C(show info) (see stats.parse_info). Raises HaproxyError."""
    return parse_info(ask(folders.admin_socket, "show info", deadline_s=deadline_s))


def running_info(folders: Folders, *, deadline_s: float = ANSWER_S) -> Json:
    """The worker's C(show info) (see stats.parse_info), with the marker of its present state. Raises HaproxyError."""
    until = time.monotonic() + deadline_s
    info = worker_info(folders, deadline_s=deadline_s)
    left = max(0.0, until - time.monotonic())
    found = _VALUE.search(ask(folders.admin_socket, f"get var {VARIABLE}", deadline_s=left))
    return {**info, "revision": found.group(1)} if found else info


def reports(folders: Folders, *, deadline_s: float = ANSWER_S) -> list[Json]:
    """The worker's reports on its servers (see stats.parse_stat). Raises HaproxyError."""
    return parse_stat(ask(folders.admin_socket, "show stat", deadline_s=deadline_s))


def traffic(folders: Folders, *, deadline_s: float = ANSWER_S) -> list[Json]:
    """The worker's traffic reports on its servers (see stats.parse_traffic). Raises HaproxyError."""
    return parse_traffic(ask(folders.admin_socket, "show stat", deadline_s=deadline_s))


def traffic_of_all(
    folders: Folders, *, deadline_s: float = ANSWER_S
) -> tuple[list[Json], dict[str, Json]]:
    """The same, and what became of the requests to each backend. Raises HaproxyError."""
    answer = ask(folders.admin_socket, "show stat", deadline_s=deadline_s)
    return parse_traffic(answer), parse_pools(answer)


def states(folders: Folders, *, deadline_s: float = ANSWER_S) -> dict[Server, State]:
    """The state of each server. Raises HaproxyError."""
    return parse_states(ask(folders.admin_socket, "show servers state", deadline_s=deadline_s))


def backends(folders: Folders, *, deadline_s: float = ANSWER_S) -> set[str]:
    """The names of all backends, with servers or without. Raises HaproxyError."""
    return set(ask(folders.admin_socket, "show backend", deadline_s=deadline_s).splitlines())


def wait_for_worker(folders: Folders, *, wait_s: float = RELOAD_S) -> Json:
    """The worker's C(show info), once it answers: a container that has just started needs a moment.

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
    """Have the master start a worker with the config of this marker. The worker inherits the state of the checks.

    Args:
        folders: The container's folders, with the new config in place.
        revision: Marker of the new config.
        rewrite: Changes the present state before the new worker inherits it.

    Raises:
        ReloadFailed: HAProxy refuses, or still runs another config after 5 s.
        HaproxyError: HAProxy does not answer.
        FolderError: The state of the checks can't be stored.
    """
    before = worker_info(folders)["pid"]
    state = ask(folders.admin_socket, "show servers state", deadline_s=ANSWER_S)
    folders.store_server_state(rewrite(state))
    try:
        _ask_master(folders)
        _read_back(folders, revision, before)
    finally:
        folders.clear_server_state()


def reopen(folders: Folders, config: str, revision: str) -> None:
    """Have the master make the worker's socket anew: somebody removed its file.

    A reload hands on the open socket, whatever became of its file. So there are two reloads: one to a worker whose
    socket has another name, and one back. Like every reload, they interrupt no request.

    Args:
        folders: The container's folders, with the config in place.
        config: The config.
        revision: Its marker.

    Raises:
        ReloadFailed: HAProxy refuses, or still runs another config after 5 s.
        HaproxyError: The master does not answer.
        FolderError: The config can't be stored.
    """
    interim = os.path.join(folders.run, _INTERIM)
    try:
        folders.put_back(config.replace("/admin.sock ", f"/{_INTERIM} ", 1))
        _ask_master(folders)
        _await_socket(interim)
    finally:
        folders.put_back(config)
    old_workers(folders)  # wait until the master answers again
    _ask_master(folders)
    _read_back(folders, revision)
    with contextlib.suppress(OSError):
        os.remove(interim)


def _await_socket(path: str) -> None:
    """Wait until a worker answers there."""
    until = time.monotonic() + RELOAD_S
    while True:
        try:
            ask(path, "show info", deadline_s=max(_POLL_S, until - time.monotonic()))
        except HaproxyError as error:
            if time.monotonic() > until:
                raise ReloadFailed(f"after {RELOAD_S:g} s {error}") from None
            time.sleep(_POLL_S)
        else:
            return


def old_workers(folders: Folders, *, deadline_s: float = ANSWER_S) -> int:
    """How many workers of earlier configs still have connections. Raises HaproxyError."""
    answer = _ask_patiently(folders.master_socket, "show proc;quit", deadline_s=deadline_s)
    _before, _head, after = answer.partition("# old workers\n")
    lines = after.partition("\n#")[0].splitlines()
    return sum(line.split()[1:2] == ["worker"] for line in lines)


def _ask_patiently(path: str, command: str, *, deadline_s: float) -> str:
    """Ask, and retry: at a start the master listens for a moment before it answers."""
    until = time.monotonic() + deadline_s
    while True:
        try:
            return ask(path, command, deadline_s=max(0.0, until - time.monotonic()))
        except HaproxySilent:
            if time.monotonic() + _POLL_S > until:
                raise
        time.sleep(_POLL_S)


def _ask_master(folders: Folders) -> None:
    """Request the reload. HAProxy 2.7 and later answer C(Success=); 2.6 closes the connection, so the marker tells."""
    try:
        answer = ask(folders.master_socket, "reload", deadline_s=RELOAD_S)
    except HaproxySilent:
        return
    verdict, _line, log = answer.partition("\n--\n")
    if verdict.strip() == "Success=0":
        raise ReloadFailed(f"HAProxy could not reload: {' '.join(log.split())[:1000]}")


def _read_back(folders: Folders, revision: str, before: int = 0) -> None:
    """Wait until a worker says that it runs this config. Its last answer tells more than a late silence.

    C(before) is the process id of the worker that is replaced. If a person edited the file, that one may have the
    marker, too, and HAProxy 2.6 does not say when a reload is done.
    """
    until = time.monotonic() + RELOAD_S
    found, silence = None, ""
    while time.monotonic() < until:
        try:
            info = worker_info(folders, deadline_s=max(_POLL_S, until - time.monotonic()))
        except HaproxyError as error:
            silence = str(error)
        else:
            found = str(info["revision"])
            if found == revision and info["pid"] != before:
                return
        time.sleep(_POLL_S)
    told = silence if found is None else found or "no config of ours"
    raise ReloadFailed(
        f"after {RELOAD_S:g} s HAProxy does not run {revision} but {told}: "
        "see the container's log, and whether it mounts the folder of the config"
    )
