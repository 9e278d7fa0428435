# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change a running HAProxy without a reload. Private to the collection.

Every answer is checked. An unexpected one raises HaproxyError; a reload then corrects everything.
"""

from __future__ import annotations

import re
import time
import typing as t

from ..render.difference import Difference, Parsed
from ..render.wanted import Server, Wanted
from .balancer_files import certificate_path
from .folders import Folders
from .server_state import State
from .socket import HaproxyError, ask, ask_with
from .worker import ANSWER_S, VARIABLE, old_workers, running_info, states, traffic

DELETE_S = 1.0

_POLL_S = 0.05
_NAME = re.compile(r"[A-Za-z0-9_.:-]+\Z")


class Change:
    """Changes one worker through its admin socket."""

    def __init__(self, folders: Folders, *, holds_back: bool = False) -> None:
        """C(holds_back): an added server gets no request before its first good check if other servers are available."""
        self._folders = folders
        self._holds_back = holds_back

    def to(
        self, config: Parsed, change: Difference, certificates: t.Mapping[str, str], revision: str
    ) -> None:
        """Give the worker the state that a reload with this config would.

        Args:
            config: The wanted config.
            change: The difference from the running config.
            certificates: Name to PEM.
            revision: Marker of the config.

        Raises:
            HaproxyError: An answer was unexpected; part of the change may be done.
        """
        for name in change.certificates:
            self._renew(name, certificates[name])
        usable = self._usable_backends(config) if self._holds_back else set()
        for key in change.added:
            self._add(key, config, held_back=key[0] in usable)
        for key in change.removed:
            self._remove(key)
        wanted = {key: line.wanted for key, line in config.servers.items()}
        self.set_states(wanted)
        self._check_places(wanted)
        self._note(revision)

    def set_states(self, wanted: t.Mapping[Server, Wanted]) -> bool:
        """Give every server the config's weight and state. Returns whether any differed. Raises HaproxyError."""
        found = states(self._folders)
        wrong = [
            key for key, order in wanted.items() if key in found and not found[key].is_as(order)
        ]
        for key in wrong:
            for words in _orders(found[key], wanted[key]):
                self._silent(f"set server {_path(key)} {words}")
        missing = [key for key in wanted if key not in found]
        if missing:
            raise HaproxyError(
                f"HAProxy does not have these servers of its config: {sorted(missing)}"
            )
        return bool(wrong)

    def take_as_good(self, keys: t.Iterable[Server]) -> None:
        """Mark these servers as good without further checks. Raises HaproxyError."""
        for key in keys:
            self._silent(f"set server {_path(key)} health up")

    def _check_places(self, wanted: t.Mapping[Server, Wanted]) -> None:
        """Verify the servers' addresses. Raises HaproxyError."""
        found = states(self._folders)
        astray = [key for key, order in wanted.items() if not found[key].is_at(order.place)]
        if astray:
            raise HaproxyError(f"HAProxy has these servers at other places: {sorted(astray)}")

    def _usable_backends(self, config: Parsed) -> set[str]:
        """Backends that have enough other servers until their new ones pass a check."""
        found = set()
        for item in traffic(self._folders):
            line = config.servers.get((item["backend"], item["server"]))
            stays = line is not None and line.wanted.weight > 0 and not line.wanted.disabled
            if stays and item["status"] in ("UP", "no check"):
                found.add(item["backend"])
        return found

    def _add(self, key: Server, config: Parsed, *, held_back: bool) -> None:
        """Add a server in one command line: a check that is enabled later starts only after an interval."""
        line, path = config.servers[key], _path(key)
        weight = f" weight {line.wanted.weight}" if line.wanted.weight != 1 else ""
        orders = [f"add server {path} {' '.join(line.words)}{weight}"]
        if not line.wanted.disabled:  # an added server starts disabled
            orders.append(f"set server {path} state ready")
            if line.checked and held_back:
                orders.append(f"set server {path} health down")
            if line.checked:
                orders.append(f"enable health {path}")
        answer = self._ask(";".join(orders))
        if answer.strip() != "New server registered.":
            raise HaproxyError(f"add server {path}: {_short(answer)}")

    def _remove(self, key: Server) -> None:
        """Remove a server. One with connections cannot be deleted; idle ones close within a moment."""
        self._silent(f"set server {_path(key)} state maint")
        until = time.monotonic() + DELETE_S
        while True:
            try:
                self._expect(f"del server {_path(key)}", "Server deleted")
            except HaproxyError:
                if time.monotonic() > until:
                    raise
                time.sleep(_POLL_S)
            else:
                return

    def _renew(self, name: str, pem: str) -> None:
        path = certificate_path(name)
        answer = ask_with(
            self._folders.admin_socket, f"set ssl cert {path}", pem, deadline_s=ANSWER_S
        )
        if "Transaction created" not in answer and "Transaction updated" not in answer:
            raise HaproxyError(f"certificate {name}: {_short(answer)}")
        try:
            self._expect(f"commit ssl cert {path}", "Success!")
        except HaproxyError:
            self._ask(f"abort ssl cert {path}")
            raise

    def _note(self, revision: str) -> None:
        self._ask(f"experimental-mode on;set var {VARIABLE} str({revision})")
        if running_info(self._folders)["revision"] != revision:
            raise HaproxyError(f"HAProxy does not remember {revision}")

    def _ask(self, command: str) -> str:
        return ask(self._folders.admin_socket, command, deadline_s=ANSWER_S)

    def _expect(self, command: str, word: str) -> None:
        answer = self._ask(command)
        if word not in answer:
            raise HaproxyError(f"{command.partition('/')[0]}: {_short(answer)}")

    def _silent(self, command: str) -> None:
        """Send a command whose answer is empty on success."""
        answer = self._ask(command).strip()
        if answer:
            raise HaproxyError(f"{command}: {_short(answer)}")


def _orders(state: State, wanted: Wanted) -> list[str]:
    if wanted.disabled:
        return ["state maint"]
    if wanted.weight == 0:
        return ["state drain"]
    weight = [f"weight {wanted.weight}"] if state.weight != wanted.weight else []
    return ["state ready", *weight]


def _path(key: Server) -> str:
    """The path of a server on the command line. Invalid names are refused, as they could be another command."""
    for name in key:
        if not _NAME.match(name):
            raise ValueError(f"{name!r} is not the name of a backend or server")
    return "/".join(key)


def _short(answer: str) -> str:
    return " ".join(answer.split())[:300] or "no answer"


def wait_until_quiet(folders: Folders, wanted: t.Mapping[Server, Wanted], *, wait_s: float) -> bool:
    """Wait until draining servers have no sessions and no worker of an earlier config remains, at most wait_s seconds.

    Returns:
        Whether this is the case.
    """
    until = time.monotonic() + wait_s
    draining = {key for key, order in wanted.items() if order.disabled or order.weight == 0}
    while not _is_quiet(folders, draining):
        if time.monotonic() >= until:
            return False
        time.sleep(2 * _POLL_S)
    return True


def _is_quiet(folders: Folders, draining: set[Server]) -> bool:
    """Whether this is known: a HAProxy that does not answer may still be busy."""
    try:
        found = traffic(folders)
        old = old_workers(folders)
    except HaproxyError:
        return False
    return old == 0 and not any(
        item["sessions"] for item in found if (item["backend"], item["server"]) in draining
    )
