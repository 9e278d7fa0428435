# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers in tests: what they say of themselves, and who answers behind them."""

from __future__ import annotations

import collections
import csv
import dataclasses
import http.client
import io
import re
import socket
import ssl
import typing as t

from .health import ASK, backend
from .hosts import Container, Host, everywhere, of_service
from .waiting import eventually

FOLDER = "/var/lib/drover/balancers"
TIMEOUT_S = 5.0
MEMBER = re.compile(r"testapp \S+ (\S+)$")


@dataclasses.dataclass(frozen=True)
class Server:
    """What a load balancer says of one server."""

    backend: str
    name: str
    status: str
    weight: int
    sessions: int
    is_throttled: bool
    """It is in its slow start."""


@dataclasses.dataclass(frozen=True)
class Balancer:
    """One load balancer container."""

    host: Host
    container: Container

    @property
    def name(self) -> str:
        """How it is called in file names: stack.service.index."""
        return backend(self.container)

    def ask(self, words: str) -> str:
        """What its HAProxy answers."""
        path = f"{FOLDER}/{self.name}/run/admin.sock"
        return self.host.run(ASK.format(socket=path, words=words))

    @property
    def life(self) -> tuple[str, str, str]:
        """Its container, since when that runs, and the process that serves: equal unless restarted or reloaded."""
        facts = re.search(r"^Pid: (\d+)$", self.ask("show info"), re.MULTILINE)
        assert facts, "HAProxy does not tell its process id"
        return (*self.container.life, facts[1])

    def servers(self) -> list[Server]:
        """All servers of all its backends."""
        rows = csv.DictReader(io.StringIO(self.ask("show stat").lstrip("# ")))
        return [
            Server(
                row["pxname"],
                row["svname"],
                row["status"],
                int(row["weight"]),
                int(row["scur"]),
                row["throttle"] not in ("", "100"),
            )
            for row in rows
            if row["type"] == "2"
        ]

    def config(self) -> str:
        """Its config file."""
        return self.host.run(f"cat {FOLDER}/{self.name}/config/haproxy.cfg")


def balancers(hosts: dict[str, Host], stack: str, service: str) -> list[Balancer]:
    """The load balancers of a service, by name."""
    found = of_service(everywhere(hosts, stack), service)
    return [Balancer(hosts[item.host], item) for item in found.values()]


def states(chosen: t.Iterable[Balancer], member: str) -> set[str]:
    """What these load balancers say of a member (stack.service.index): UP, DOWN, DRAIN, ..."""
    return {item.status for one in chosen for item in one.servers() if item.name == member}


def wait_state(
    chosen: t.Sequence[Balancer], member: str, *wanted: str, seconds: float = 30
) -> None:
    """Wait until all of them say one of these of a member; the number of good checks does not matter."""

    def holds() -> bool:
        found = states(chosen, member)
        return bool(found) and found <= set(wanted)

    eventually(holds, seconds=seconds)


@dataclasses.dataclass(frozen=True)
class Reply:
    """An answer; status 0 where there is none. Names of headers are in lower case, as HAProxy writes them."""

    status: int
    body: str = ""
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    names: tuple[str, ...] = ()

    @property
    def member(self) -> str:
        """The member of the test application that answered."""
        found = MEMBER.search(self.body.strip())
        return found[1] if found else ""


def get(
    address: str,
    port: int,
    path: str = "/",
    *,
    host: str = "",
    tls: ssl.SSLContext | None = None,
    headers: dict[str, str] | None = None,
) -> Reply:
    """Ask once, on a connection of its own; over TLS, for the name C(host), where a context is given.

    Raises:
        ssl.SSLError: The certificate is not the wanted one, or the server refuses.
    """
    named = {"Host": host} if host else {}
    connection = http.client.HTTPConnection(address, port, timeout=TIMEOUT_S)
    try:
        connection.sock = socket.create_connection((address, port), timeout=TIMEOUT_S)
        names: tuple[str, ...] = ()
        if tls:
            connection.sock = tls.wrap_socket(connection.sock, server_hostname=host or None)
            names = _names(connection.sock.getpeercert() or {})
        connection.request("GET", path, headers={**named, **(headers or {})})
        answer = connection.getresponse()
        return Reply(
            answer.status,
            answer.read().decode(),
            {name.lower(): value for name, value in answer.getheaders()},
            names,
        )
    except ssl.SSLError:
        raise
    except (OSError, http.client.HTTPException) as error:
        return Reply(0, str(error))
    finally:
        connection.close()


def _names(certificate: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    return tuple(value for _kind, value in certificate.get("subjectAltName", ()))


def reached(
    address: str, port: int, path: str = "/", *, times: int = 12, host: str = ""
) -> collections.Counter[str]:
    """Who answers how often; answers other than 200 are counted by their status."""
    replies = [get(address, port, path, host=host) for _number in range(times)]
    return collections.Counter(
        reply.member if reply.status == 200 else str(reply.status) for reply in replies
    )


def wait_reached(
    chosen: t.Iterable[Host], port: int, members: t.Collection[str], path: str = "/", host: str = ""
) -> None:
    """Wait until just these answer on every one of these hosts."""
    for one in chosen:
        eventually(
            lambda one=one: (  # type: ignore[misc]
                set(reached(one.address, port, path, host=host, times=4 * len(members) + 4))
                == set(members)
            )
        )
