# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engines for tests of the inventory: servers that answer as one does, late, in drops, or never; and their records."""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import ssl
import threading
import time
import typing as t
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.drover.docker.plugins.module_utils._model.config_hash import config_hash
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.tests.unit.shared.builders import service, stack

Json = dict[str, t.Any]
SECRET = "correct horse battery"
CHECK: Json = {"port": 80, "request": None, "strategy": "recreate", "quorum": 1}


def listed(name: str, **changes: t.Any) -> Json:
    """A container as an engine lists it, with things in it that must not leave the host."""
    base: Json = {
        "Id": (name.encode().hex() * 8)[:64],
        "Names": [f"/other/{name}-alias", f"/{name}"],
        "Image": "app:1",
        "ImageID": "sha256:1",
        "Command": f"app --password {SECRET}",
        "Created": 1_795_341_600,
        "State": "running",
        "Status": "Up 3 minutes",
        "Ports": [{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}],
        "Labels": {},
        "NetworkSettings": {"Networks": {"drover": {"IPAddress": "10.42.128.7"}}},
        "Mounts": [
            {"Type": "volume", "Name": "shop_data", "Destination": "/data"},
            {"Type": "bind", "Source": "/srv", "Destination": "/srv"},
        ],
    }
    return {**base, **changes}


def member(
    place: str,
    *,
    revision: int = 1,
    made_of: Json | None = None,
    labels: Json | None = None,
    **changes: t.Any,
) -> Json:
    """A container of ours; C(place) is stack, service and index, as C(shop/web/1)."""
    name, part, index = place.split("/")
    own = {
        "io.drover.managed": "stack",
        "io.drover.stack": name,
        "io.drover.service": part,
        "io.drover.index": index,
        "io.drover.revision": str(revision),
        "io.drover.config-hash": config_hash(made_of or web(), {}),
        **(labels or {}),
    }
    return listed(f"{name}-{part}-{index}", Labels=own, **changes)


def web(**changes: t.Any) -> Json:
    """A service with a health check and a password."""
    container = {"environment": {"PASSWORD": SECRET}}
    return service(**{"health_check": CHECK, "container": container, **changes})


def generation(container: Json, started: str = "20261122100000123") -> str:
    return f"{container['Id'][:12]}-{started}"


def healthy(container: Json, since: float, **changes: t.Any) -> Json:
    """What is remembered of a healthy member."""
    health = {
        "generation": generation(container),
        "verdict": "healthy",
        "since": since,
        "why": "2 of 2 checkers",
        "repairs": 0,
    }
    return {"seq": 1, "health": {**health, **changes}}


def revision(number: int, services: dict[str, Json], **changes: t.Any) -> Json:
    base = {
        "number": number,
        "author": "me",
        "time": f"2026-11-22T1{number}:00:00Z",
        "note": "up",
        "tombstone": False,
        "definition": stack(services),
        "services": {name: {"scale": 1, "state": "active"} for name in services},
        "digests": {},
    }
    return {**base, **changes}


def shop_record(
    *revisions: Json,
    host: str = "h1",
    number: int = 1,
    token: str = "t",
    life: Json | None = None,
    name: str = "shop",
    members: dict[str, str] | None = None,
) -> Json:
    """A stack's record as it lies on a host. C(members): the host of each."""
    body = {
        "hosts": ["h1", "h2", "h3"],
        "revisions": list(revisions) or [revision(1, {"web": web()})],
        "members": {key: {"host": place} for key, place in (members or {}).items()},
        "counters": {},
    }
    made = make_record(name, body, number=number, token=token)
    return {**made, "host": host, "life": life or {}}


def store(state_dir: Path, *records: Json) -> None:
    """Write records where a Docker host has them."""
    folder = state_dir / "stacks"
    folder.mkdir(parents=True, exist_ok=True)
    for record in records:
        (folder / f"{record['stack']}.json").write_text(json.dumps(record), encoding="utf-8")


INFO: Json = {
    "ID": "ABCD",
    "Name": "h1",
    "ServerVersion": "26.1.5",
    "OperatingSystem": "Debian GNU/Linux 13",
    "NCPU": 2,
    "MemTotal": 4096,
    "Labels": ["ssd=true", "plain"],
    "HttpProxy": f"http://me:{SECRET}@proxy:3128",
    "Swarm": {"LocalNodeState": "active", "NodeID": "n1", "ControlAvailable": True},
}


class Engine:
    """What a server says, and how. C(asked) has the paths of all requests."""

    def __init__(self, containers: t.Any = (), info: Json | None = None) -> None:
        self.containers = containers if isinstance(containers, dict) else list(containers)
        self.info = info or INFO
        self.asked: list[str] = []
        self.status = "200 OK"
        self.silent = False
        self.drops_s = 0.0
        """Seconds between the bytes of an answer."""
        self.ended = threading.Event()

    def serve(self, connection: socket.socket) -> None:
        """One request."""
        with contextlib.suppress(OSError):
            received = connection.recv(4096)
            if not received:
                return
            if self.silent:
                self.ended.wait(20)
                return
            head = received.decode("ascii")
            self.asked.append(head.split()[1])
            body = json.dumps(self.info if head.split()[1] == "/info" else self.containers)
            self._send(
                connection, f"HTTP/1.0 {self.status}\r\nServer: Docker\r\n\r\n{body}".encode()
            )

    def _send(self, connection: socket.socket, answer: bytes) -> None:
        if not self.drops_s:
            connection.sendall(answer)
            return
        for byte in answer:
            connection.sendall(bytes([byte]))
            time.sleep(self.drops_s)
            if self.ended.is_set():
                return


def _handler(
    engine: Engine, context: ssl.SSLContext | None
) -> type[socketserver.BaseRequestHandler]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            if context is None:
                engine.serve(self.request)
                return
            with (
                contextlib.suppress(OSError),
                context.wrap_socket(self.request, server_side=True) as tls,
            ):
                engine.serve(tls)

    return Handler


class _Unix(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


@contextlib.contextmanager
def serving(engine: Engine, path: Path) -> Iterator[str]:
    """The engine behind a socket file; its address."""
    with _Unix(str(path), _handler(engine, None)) as server:
        yield from _run(server, engine, f"unix://{path}")


@contextlib.contextmanager
def serving_tcp(engine: Engine, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """The engine behind a TCP port of this machine, with TLS where there is a context; its address."""
    with _Tcp(("127.0.0.1", 0), _handler(engine, context)) as server:
        yield from _run(server, engine, f"tcp://127.0.0.1:{server.server_address[1]}")


def _run(server: socketserver.BaseServer, engine: Engine, address: str) -> Iterator[str]:
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    try:
        yield address
    finally:
        engine.ended.set()
        server.shutdown()
        thread.join()
