# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A load balancer's HAProxy in virtual time: whom it sends requests to, who is drained and how, and what is under way.

As the real one does it: an order to drain at run time leaves a server's weight as it is, the file drains by weight 0.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.difference import (
    wanted_states,
)

from .virtual_haproxy import Haproxy, Probe, Server

Json = dict[str, Any]
Key = tuple[str, str]


class Balancer:
    """One process. A request may go on for C(session_s()) seconds."""

    def __init__(
        self, config: str, now: float, dice: random.Random, session_s: Callable[[], float]
    ) -> None:
        self._haproxy = Haproxy(config, now, dice)
        self._config = config
        self._session_s = session_s
        self._weightless: set[Key] = set()
        self._ordered: set[Key] = set()
        self._used_at: dict[Key, float] = {}
        self._drained_at: dict[Key, float] = {}
        self._old_until = now
        self.began_at = now
        self._read_weights()

    def _read_weights(self) -> None:
        """As a process that starts with a file."""
        self._ordered.clear()
        wanted = wanted_states(self._config)
        self._weightless = {key for key, order in wanted.items() if order.weight == 0}

    # --- what it does

    def step(self, now: float, probe: Probe) -> None:
        """All checks that are due, and new requests to who may have some."""
        self._haproxy.step(now, probe)
        for server in self._haproxy.servers:
            if self.sends_to(server):
                self._used_at[_key(server)] = now
            if not self.drains(server):
                self._drained_at[_key(server)] = now

    def sends_to(self, server: Server) -> bool:
        """Whether new requests go there."""
        return server.up and not self.drains(server)

    def drains(self, server: Server) -> bool:
        """Whether somebody ordered that no new requests go there."""
        return _key(server) in self._ordered | self._weightless

    def drained_at(self, server: Server) -> float:
        """Until when it was not drained."""
        return self._drained_at.get(_key(server), self.began_at)

    def sessions(self, server: Server, now: float) -> int:
        """Requests under way."""
        return int(now - self._used_at.get(_key(server), -1e9) < self._session_s())

    @property
    def servers(self) -> list[Server]:
        """Those of its config."""
        return self._haproxy.servers

    # --- what it is told

    def follow(self, config: str, now: float) -> None:
        """Get to another config, as the collection does: by orders where these are enough, else by a reload."""
        change = self._haproxy.between(config)
        self._config = config
        if change is not None:
            self._hold_back(self._haproxy.follow(config, change, now))
            self._order()
            return
        if any(self.sessions(server, now) for server in self.servers):
            self._old_until = now + self._session_s()
        self._haproxy.reload(config, now)
        self._read_weights()

    def _hold_back(self, fresh: list[Server]) -> None:
        """A server that is new gets no request before its first good check, where there is another one."""
        used = {item.backend for item in self.servers if item not in fresh and self.sends_to(item)}
        for server in fresh:
            server.up = server.backend not in used

    def _order(self) -> None:
        """Only who is not as the config says is told anything."""
        for key, order in wanted_states(self._config).items():
            if order.weight == 0 and key not in self._weightless:
                self._ordered.add(key)
            elif order.weight:
                self._ordered.discard(key)
                self._weightless.discard(key)

    def is_quiet(self, now: float) -> bool:
        """Whether nothing is under way with who is drained."""
        drained = [server for server in self.servers if self.drains(server)]
        return now >= self._old_until and not any(self.sessions(item, now) for item in drained)

    # --- what it says

    def as_observed(self, now: float, file_revision: str) -> Json:
        """Its part of C(balancers) of an observation."""
        return {
            **self._haproxy.as_observed(now, file_revision),
            "reports": [self._report(server, now) for server in self.servers],
            "sessions": {},
            "old_workers": int(now < self._old_until),
            "certificates": {},
        }

    def _report(self, server: Server, now: float) -> Json:
        said = server.report(now)
        drained = self.drains(server)
        return {
            **said,
            "status": "DRAIN" if drained and server.up else said["status"],
            "weight": 0 if _key(server) in self._weightless else 1,
            "drain": drained,
            "sessions": self.sessions(server, now),
            "backend_status": "UP",
        }


def silent(file_revision: str) -> Json:
    """What is observed of one that does not answer."""
    nothing = {"revision": "", "version": "", "pid": 0, "uptime_s": 0, "reports": []}
    more: Json = {"sessions": {}, "old_workers": 0, "certificates": {}}
    return {**nothing, **more, "file_revision": file_revision, "error": "does not answer"}


def _key(server: Server) -> Key:
    return server.backend, server.name
