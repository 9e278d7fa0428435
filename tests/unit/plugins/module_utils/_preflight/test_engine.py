# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking an engine without the SDK, against a small server on a socket: each way in which it cannot be used."""

from __future__ import annotations

import http.server
import json
import os
import pathlib
import socket
import socketserver
import threading
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._preflight.engine import ask_engine

Json = dict[str, t.Any]
INFO = {
    "ID": "MNGH",
    "Name": "h1",
    "ServerVersion": "26.1.5",
    "DockerRootDir": "/srv/docker",
    "LiveRestoreEnabled": True,
    "Swarm": {"LocalNodeState": "active"},
}


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def setup(self) -> None:
        super().setup()
        self.client_address = ("local", 0)

    def log_message(self, *_args: t.Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body if self.path == "/info" else b"OK")


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    status = 200
    headers: dict[str, str] = {"Api-Version": "1.45"}
    body = json.dumps(INFO).encode()


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "engine.sock"


@pytest.fixture
def server(path: pathlib.Path) -> t.Iterator[Server]:
    with Server(str(path), Handler) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


def fault(address: object) -> str:
    text = address if isinstance(address, str) else f"unix://{address}"
    return ask_engine(text, timeout_s=0.2)["fault"]


def test_an_engine_says_who_it_is(server: Server, path: pathlib.Path) -> None:
    assert ask_engine(f"unix://{path}") == {
        "fault": "",
        "detail": "",
        "version": "26.1.5",
        "api": "1.45",
        "id": "MNGH",
        "name": "h1",
        "data_root": "/srv/docker",
        "live_restore": True,
        "swarm": "active",
    }


def test_podman(server: Server, path: pathlib.Path) -> None:
    server.headers = {"Api-Version": "1.41", "Libpod-Api-Version": "4.3.1"}
    assert fault(path) == "podman"


@pytest.mark.parametrize(
    "change",
    [{"headers": {}}, {"body": b"<html>"}, {"body": b"[]"}, {"status": 500}],
    ids=["no version", "no JSON", "no map", "an error"],
)
def test_what_is_not_an_engine(server: Server, path: pathlib.Path, change: Json) -> None:
    for name, value in change.items():
        setattr(server, name, value)
    assert fault(path) == "no_engine"


def test_no_socket_and_nobody_behind_it(path: pathlib.Path) -> None:
    assert fault(path) == "no_socket"
    with socket.socket(socket.AF_UNIX) as closed:
        closed.bind(str(path))
    assert fault(path) == "refused"


def test_an_engine_that_hangs(path: pathlib.Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        assert fault(path) == "timeout"


@pytest.mark.skipif(os.geteuid() != 0, reason="root gives up its rights")
def test_a_socket_that_the_user_may_not_use(path: pathlib.Path, server: Server) -> None:
    for folder in (path.parent, *path.parents[1:-2]):
        folder.chmod(0o755)
    path.chmod(0o600)
    os.seteuid(65534)
    try:
        found = fault(path)
    finally:
        os.seteuid(0)
    assert found == "no_permission"


@pytest.mark.parametrize(
    "text", ["", "/run/docker.sock", "unix://", "tcp://h1", "tcp://h1:x", "ssh://h1"]
)
def test_what_is_no_address(text: str) -> None:
    assert fault(text) == "address"


def test_an_engine_over_tcp_that_is_away() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        assert fault(f"tcp://127.0.0.1:{taken.getsockname()[1]}") == "refused"
