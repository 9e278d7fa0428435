# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real checkers on the local engine, and targets for their checks."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import socket
import threading
import time
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._engine.client import DockerEngine
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.checker import (
    render_checker,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.apply import (
    Applied,
    apply,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.desired import checker
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.observe_checker import (
    observe_haproxy,
)

from .haproxy_container import Container, Json, gateway, one_container
from .haproxy_versions import IMAGES

GOOD = b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"


class Backend:
    """A TCP server on an address that containers reach. It notes what it was sent and answers as it is told."""

    def __init__(self, address: str) -> None:
        self.answer: bytes = GOOD
        self.hangs = False
        self.requests: list[bytes] = []
        self.times: list[float] = []
        """When each request (or bare connection) came, by the monotonic clock."""
        self._listener = socket.create_server((address, 0), backlog=256)
        self.address, self.port = self._listener.getsockname()[:2]
        self._closed = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(10)
            self.times.append(time.monotonic())
            request = b""
            while b"\r\n\r\n" not in request:
                part = connection.recv(65536)
                if not part:
                    break
                request += part
            if request:
                self.requests.append(request)
            if self.hangs:
                self._closed.wait(10)
            else:
                connection.sendall(self.answer)

    def close(self) -> None:
        """Nobody listens any more: the next connection is refused."""
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def say(self, status: int) -> None:
        """Answer with this status from now on."""
        self.answer = b"HTTP/1.0 %d x\r\nContent-Length: 0\r\n\r\n" % status


@dataclasses.dataclass
class Haproxy(Container):
    """A checker with its folders."""

    report_key: t.ClassVar[str] = "backend"

    def apply(self, model: Json, *, wait_s: float = 2.5, check_mode: bool = False) -> Applied:
        text, _marker = render_checker(model)
        return self.apply_text(text, wait_s=wait_s, check_mode=check_mode)

    def apply_text(self, text: str, *, wait_s: float = 0, check_mode: bool = False) -> Applied:
        """A config that the renderer need not have made."""
        desired = checker(text)
        return apply(self.engine, self.target, desired, wait_s=wait_s, check_mode=check_mode)

    def seen(self) -> Json:
        found = observe_haproxy(self.folders)
        assert found is not None
        return found


def without_marker(config: str) -> str:
    """A config of the renderer's before it got its marker."""
    ours = ("    description rev-", "# checksum ")
    return "".join(line for line in config.splitlines(keepends=True) if not line.startswith(ours))


def check(backend: str, place: Backend, **given: t.Any) -> Json:
    """One check of the model."""
    return {
        "backend": backend,
        "server": f"s-{backend}",
        "address": place.address,
        "port": place.port,
        "request": None,
        "interval_ms": 0,
        "response_timeout_ms": 0,
        "healthy_threshold": 0,
        "unhealthy_threshold": 0,
        **given,
    }


def get(uri: str = "/", version: str = "HTTP/1.0", **headers: str) -> Json:
    """The request of an HTTP check."""
    listed = [[name, value] for name, value in headers.items()]
    return {"method": "GET", "uri": uri, "version": version, "headers": listed}


@contextlib.contextmanager
def one_haproxy(version: str, folder: pathlib.Path) -> t.Iterator[Haproxy]:
    """A checker that is not started yet; the test is skipped where there can be none."""
    with one_container(Haproxy, IMAGES[version], folder / "checker") as made:
        yield made


@contextlib.contextmanager
def some_backends(engine: DockerEngine) -> t.Iterator[t.Callable[[], Backend]]:
    """A function that makes targets."""
    address = gateway(engine)
    made: list[Backend] = []

    def make() -> Backend:
        made.append(Backend(address))
        return made[-1]

    try:
        yield make
    finally:
        for backend in made:
            backend.close()
