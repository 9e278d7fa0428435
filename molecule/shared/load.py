# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steady clients in front of load balancers: they count what is answered, and note what fails and when.

Four clients, which are all that there is of GET and POST with new connections and with keep-alive. Each asks the
addresses in turn, one request after the other, at most so many requests and for so long.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import http.client
import threading
import time
import typing as t

from .waiting import eventually

TIMEOUT_S = 3.0
PAUSE_S = 0.02
MOST_REQUESTS = 200_000
MOST_SECONDS = 1800.0
UNANSWERED = (OSError, http.client.HTTPException)


@dataclasses.dataclass(frozen=True)
class Kind:
    """One way to ask."""

    method: str
    keep: bool

    def __str__(self) -> str:
        return f"{self.method} {'keep-alive' if self.keep else 'new'}"


KINDS = tuple(Kind(method, keep) for method in ("GET", "POST") for keep in (False, True))


@dataclasses.dataclass(frozen=True)
class Failure:
    """A request that was not answered with 200, with its beginning and end on the clock time.monotonic (s)."""

    kind: Kind
    began: float
    ended: float
    what: str


@dataclasses.dataclass
class Moment:
    """When something was done: it began and ended on the same clock."""

    began: float = 0.0
    ended: float = 0.0


GONE_S = 0.2


@contextlib.contextmanager
def moment() -> t.Iterator[Moment]:
    """Take the time of what is done inside."""
    found = Moment(time.monotonic())
    yield found
    found.ended = time.monotonic()


class Client:
    """Asks all the time in one way, until it is stopped."""

    def __init__(self, kind: Kind, addresses: t.Sequence[str], port: int, *, path: str) -> None:
        self.kind = kind
        self.sent = 0
        self.members: collections.Counter[str] = collections.Counter()
        self.failures: list[Failure] = []
        self._places = [(address, port) for address in addresses]
        self._path = path
        self._connections: dict[tuple[str, int], http.client.HTTPConnection] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> bool:
        """Let the request under way end, and no other begin. Whether it asked until now."""
        lasted = self._thread.is_alive()
        self._end.set()
        self._thread.join()
        for connection in self._connections.values():
            connection.close()
        return lasted

    def _run(self) -> None:
        until = time.monotonic() + MOST_SECONDS
        while not self._end.wait(PAUSE_S):
            if self.sent >= MOST_REQUESTS or time.monotonic() > until:
                return
            self._one(self._places[self.sent % len(self._places)])

    def _one(self, place: tuple[str, int]) -> None:
        began = time.monotonic()
        try:
            what, body = self._ask(place)
        except UNANSWERED as error:
            self._connections.pop(place).close()
            what, body = f"{type(error).__name__} {error}", b""
        if what:
            self.failures.append(Failure(self.kind, began, time.monotonic(), what))
        else:
            self.members[body.decode().split()[-1]] += 1
        self.sent += 1

    def _ask(self, place: tuple[str, int]) -> tuple[str, bytes]:
        """What was wrong, if anything, and the body of the answer."""
        found = self._connections.setdefault(
            place, http.client.HTTPConnection(*place, timeout=TIMEOUT_S)
        )
        headers = {} if self.kind.keep else {"Connection": "close"}
        body = b"a=b" if self.kind.method == "POST" else None
        found.request(self.kind.method, self._path, body=body, headers=headers)
        answer = found.getresponse()
        said = answer.read()
        if answer.will_close or not self.kind.keep:
            found.close()
        return ("" if answer.status == 200 else f"status {answer.status}"), said


class Load:
    """All four clients at once; what has failed is asked for while they run, or after it."""

    def __init__(self, addresses: t.Sequence[str], port: int, *, path: str = "/") -> None:
        self.clients = [Client(kind, addresses, port, path=path) for kind in KINDS]

    def __enter__(self) -> Load:
        return self

    def __exit__(self, *_details: object) -> None:
        lasted = [client.stop() for client in self.clients]
        assert all(lasted), "the load ended before that what it was for"

    @property
    def sent(self) -> int:
        """Requests that came to an end, well or not."""
        return sum(client.sent for client in self.clients)

    @property
    def members(self) -> set[str]:
        """Who answered."""
        return {name for client in self.clients for name in client.members}

    def failures(self, method: str = "") -> list[Failure]:
        """What failed, in order of its beginning; of one method only where it is named."""
        found = [item for client in self.clients for item in client.failures]
        chosen = [item for item in found if item.kind.method == (method or item.kind.method)]
        return sorted(chosen, key=lambda item: item.began)

    def flows(self, requests: int = 25) -> None:
        """Wait until each client has got so many more answers; clients that wait for a slow member take a while."""
        goals = [(client, sum(client.members.values()) + requests) for client in self.clients]
        eventually(
            lambda: all(sum(client.members.values()) >= goal for client, goal in goals), seconds=60
        )

    def told(self, case: str) -> str:
        """One line with the numbers of requests and failures of each kind."""
        parts = [f"{item.kind} {item.sent}/{len(item.failures)}" for item in self.clients]
        return f"load  {case}: {self.sent} requests; sent/failed: {', '.join(parts)}"


def in_flight(failure: Failure, fault: Moment) -> bool:
    """Whether a request was under way while the fault was made.

    A killed process is gone some milliseconds after the kill has returned; until then its kernel accepts connections.
    """
    return failure.began <= fault.ended + GONE_S and failure.ended >= fault.began


def late(failures: t.Iterable[Failure], fault: Moment, within_s: float) -> list[Failure]:
    """Those that began before the fault, or later than so many seconds after it."""
    return [
        item for item in failures if item.ended < fault.began or item.began > fault.ended + within_s
    ]
