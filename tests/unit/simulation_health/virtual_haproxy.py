# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy's health checks in virtual time: server states as HAProxy keeps them, from the config that we render."""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Callable
from typing import Any

from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.difference import (
    Difference,
    difference,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.probes import (
    is_probe,
    names_of,
)

Json = dict[str, Any]

CONNECT_LIMIT_S = 5.0
DEFAULT_INTERVAL_S = 2.0
DEFAULT_RISE = 2
DEFAULT_FALL = 3
SPREAD_S = 1.0
GOOD_RESULTS = ("L4OK", "L7OK")
_CODES = {"L7OK": 200, "L7STS": 500}


@dataclasses.dataclass
class Answer:
    """What a connection attempt meets at this moment.

    Attributes:
        kind: C(cut), C(reject), C(refuse), C(hang), C(good) or C(500).
        after_s: Seconds that the application takes for its answer.
    """

    kind: str
    after_s: float = 0.0


Probe = Callable[["Server"], Answer]


@dataclasses.dataclass
class Server:
    """One server of a backend and the state of its check."""

    backend: str
    name: str
    address: str
    port: int
    http: bool
    interval_s: float
    rise: int
    fall: int
    timeout_s: float
    """Time for an answer after the connection; 0: the interval is the time for both."""
    down_interval_s: float
    """The interval while it is down and had no good check since."""
    health: int = 0
    up: bool = True
    result: str = "INI"
    changed_at: float = 0.0
    next_at: float = 0.0
    begun_at: float | None = None
    connected_at: float | None = None
    failed: int = 0
    """Failed checks of this process, but for those of a server that had no good one in a row."""

    @property
    def key(self) -> tuple[str, str]:
        """How the process tells it from others."""
        return self.backend, self.name

    def start(self, now: float, dice: random.Random) -> None:
        """A server that this process did not know begins as up, one failed check from down."""
        self.health, self.changed_at = self.rise, now
        self._plan_first(now, dice)

    def add(self, now: float) -> None:
        """A server that a process gets while it runs: up with no good check at all, and checked at once."""
        self.health, self.changed_at, self.next_at = 0, now, now

    def take_as_good(self) -> None:
        """The order C(set server ... health up)."""
        self.health = self.rise + self.fall - 1

    @property
    def counts_up(self) -> bool:
        """Whether its last check was good, and more are wanted."""
        return self.up and self.result in GOOD_RESULTS and self.status != "UP"

    def inherit(self, old: Server, now: float, dice: random.Random) -> None:
        """After a reload: the state from the server-state file. A check under way is lost, and so are failures."""
        self.up, self.result, self.changed_at = old.up, old.result, old.changed_at
        self.health = self.rise + self.fall - 1 if old.up else min(old.health, self.rise - 1)
        self._plan_first(now, dice)

    def _plan_first(self, now: float, dice: random.Random) -> None:
        self.next_at = now + dice.uniform(0, min(self.interval_s, SPREAD_S))

    def step(self, now: float, probe: Probe) -> None:
        """Begin the check that is due, or see how the one under way goes."""
        if self.begun_at is None:
            if now < self.next_at:
                return
            self.begun_at, self.connected_at = now, None
        result = self._outcome(now, probe(self))
        if result:
            self._finish(now, result)

    def _outcome(self, now: float, answer: Answer) -> str:
        """The result of the check under way; empty while there is none."""
        if answer.kind in ("reject", "refuse"):
            return "L4CON"
        if answer.kind == "cut":
            return self._expired(now)
        if not self.http:
            return "L4OK"
        if self.connected_at is None:
            self.connected_at = now
        if answer.kind != "hang" and now - self.connected_at >= answer.after_s:
            return "L7OK" if answer.kind == "good" else "L7STS"
        return self._expired(now)

    def _expired(self, now: float) -> str:
        begun_at = self.begun_at or 0.0
        if not self.timeout_s:
            late = now - begun_at >= self.interval_s
        elif self.connected_at is None:
            late = now - begun_at >= min(CONNECT_LIMIT_S, self.interval_s)
        else:
            late = now - self.connected_at >= self.timeout_s
        if not late:
            return ""
        return "L4TOUT" if self.connected_at is None else "L7TOUT"

    def _finish(self, now: float, result: str) -> None:
        begun_at = self.begun_at or 0.0
        self.begun_at, self.result = None, result
        if result in GOOD_RESULTS:
            self._succeeded(now)
        else:
            self._failed(now)
        interval_s = self.interval_s if self.up or self.health else self.down_interval_s
        self.next_at = begun_at + interval_s
        while self.next_at <= now:
            self.next_at += interval_s

    def _succeeded(self, now: float) -> None:
        self.health += 1
        if self.health >= self.rise:
            self.take_as_good()
            if not self.up:
                self.up, self.changed_at = True, now

    def _failed(self, now: float) -> None:
        self.failed += self.health > 0
        if self.health > self.rise:
            self.health -= 1
            return
        if self.up:
            self.up, self.changed_at = False, now
        self.health = 0

    @property
    def status(self) -> str:
        """As C(show stat) has it."""
        full = self.rise + self.fall - 1
        if self.up:
            return "UP" if self.health == full else f"UP {self.health - self.rise + 1}/{self.fall}"
        return f"DOWN {self.health}/{self.rise}" if self.health else "DOWN"

    def report(self, now: float) -> Json:
        """As the collection reads C(show stat)."""
        running = "* " if self.begun_at is not None else ""
        return {
            "backend": self.backend,
            "server": self.name,
            "status": self.status,
            "check_status": f"{running}{self.result}",
            "check_code": _CODES.get(self.result),
            "last_chk": "",
            "since_s": int(now - self.changed_at),
            "duration_ms": 1,
            "failed": self.failed,
            "place": f"{self.address}:{self.port}",
        }


class Haproxy:
    """One process with a config. Another process is another object.

    C(reloads): how often it was reloaded.
    """

    def __init__(self, config: str, now: float, dice: random.Random) -> None:
        self._dice = dice
        self._load(config, now)
        self.reloads = 0
        for server in self.servers:
            server.start(now, dice)

    def _load(self, config: str, now: float) -> None:
        self.began_at = now
        self.config = config
        self.revision = revision_of(config)
        self.servers = parse_servers(config)
        self.backends = parse_backends(config)

    def between(self, config: str) -> Difference | None:
        """What the collection would tell this process to get to another config; None: it has to be reloaded."""
        return difference(self.config, config, is_probe=is_probe, present=self.backends)

    def follow(self, config: str, change: Difference, now: float) -> list[Server]:
        """Do what the process is told, and go on with all else; returns the servers that are new."""
        known = {server.key: server for server in self.servers}
        self.config, self.revision = config, revision_of(config)
        fresh = [server for server in parse_servers(config) if server.key in change.added]
        for server in fresh:
            server.add(now)
        kept = [server for key, server in known.items() if key not in change.removed]
        self.servers = [*kept, *fresh]
        return fresh

    def reload(self, config: str, now: float) -> list[Server]:
        """Load another config, the known servers keep their state; returns those that are new."""
        known = {server.key: server for server in self.servers}
        self._load(config, now)
        self.reloads += 1
        fresh = []
        for server in self.servers:
            old = known.get(server.key)
            if old is None:
                server.start(now, self._dice)
                fresh.append(server)
            else:
                server.inherit(old, now, self._dice)
        return fresh

    def step(self, now: float, probe: Probe) -> None:
        """All that is due."""
        for server in self.servers:
            server.step(now, probe)

    def as_observed(self, now: float, file_revision: str) -> Json:
        """What it says of itself and its servers."""
        return {
            "error": "",
            "revision": self.revision,
            "file_revision": file_revision,
            "version": "3.0.11",
            "pid": 8,
            "uptime_s": int(now - self.began_at),
            "reports": [server.report(now) for server in self.servers],
        }

    def as_checker(self, now: float, file_revision: str) -> Json:
        """The same of a checker: by the names of the model."""
        seen = self.as_observed(now, file_revision)
        return {**seen, "reports": [_named(report) for report in seen["reports"]]}


def stopped(config: str) -> Json:
    """What is observed of a checker that does not run, with the file that it left."""
    nothing = {"revision": "", "version": "", "pid": 0, "uptime_s": 0, "reports": []}
    error = "the checker does not answer: admin.sock does not answer: Connection refused"
    return {**nothing, "error": error, "file_revision": revision_of(config)}


def _named(report: Json) -> Json:
    backend, server = names_of(report["backend"], report["server"])
    return {**report, "backend": backend, "server": server}


def parse_backends(config: str) -> set[str]:
    """The names of the backends of a config."""
    return set(re.findall(r"^backend (\S+)$", config, re.MULTILINE))


def revision_of(config: str) -> str:
    """The marker in a config."""
    found = re.search(r"description (rev-[0-9a-f]{16})", config)
    return found.group(1) if found else ""


def parse_servers(config: str) -> list[Server]:
    """The servers of a config as our renderer writes it."""
    found = []
    for part in config.split("\nbackend ")[1:]:
        backend, _newline, lines = part.partition("\n")
        timeout = re.search(r"timeout check (\d+)(ms|s)", lines)
        timeout_s = _seconds(timeout.group(1), timeout.group(2)) if timeout else 0.0
        lines_of_servers = re.findall(r"^    server (.+)$", lines, re.MULTILINE)
        http = "option httpchk" in lines
        found += [_server(backend, line, http, timeout_s) for line in lines_of_servers]
    return found


def _server(backend: str, line: str, http: bool, timeout_s: float) -> Server:
    name, place, *words = line.split()
    address, _colon, port = place.rpartition(":")
    given = dict(zip(words[1::2], words[2::2], strict=True))
    interval_s = _time(given.get("inter", ""), DEFAULT_INTERVAL_S)
    down_interval_s = _time(given.get("downinter", ""), interval_s)
    rise, fall = int(given.get("rise", DEFAULT_RISE)), int(given.get("fall", DEFAULT_FALL))
    thresholds = (interval_s, rise, fall, timeout_s, down_interval_s)
    return Server(backend, name, address, int(port), http, *thresholds)


def _time(text: str, default_s: float) -> float:
    match = re.fullmatch(r"(\d+)(ms|s)", text)
    return _seconds(match.group(1), match.group(2)) if match else default_s


def _seconds(number: str, unit: str) -> float:
    return float(number) / (1000 if unit == "ms" else 1)
