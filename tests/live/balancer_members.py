# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members behind load balancers: HTTP servers in this process that say what they were asked."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.server
import json
import ssl
import threading
import time
import typing as t


class _Handler(http.server.BaseHTTPRequestHandler):
    """Says what it was asked, in JSON; an upgrade to a WebSocket gets its bytes back."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_any(self) -> None:
        member = self.server.member
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/health"):
            return self._answer(member.health, b"")
        member.requests.append((self.command, self.path))
        if self.headers.get("Upgrade", "").lower() == "websocket":
            return self._echo()
        if self.path.startswith("/slow"):
            time.sleep(member.slow_s)
        if member.drops:
            self.close_connection = True
            return None
        said = {
            "member": member.name,
            "method": self.command,
            "path": self.path,
            "headers": [[name.lower(), value] for name, value in self.headers.items()],
            "body": body.decode("latin-1"),
        }
        return self._answer(member.status, json.dumps(said).encode())

    do_GET = do_HEAD = do_POST = do_OPTIONS = do_PUT = do_any  # noqa: N815

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _echo(self) -> None:
        self.close_connection = True
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self.send_header("Sec-WebSocket-Accept", accept)
        self.end_headers()
        while part := self.connection.recv(4096):
            self.wfile.write(self.server.member.name.encode() + b":" + part)

    def log_message(self, *_args: t.Any) -> None:
        """Nothing: tests look at what was asked themselves."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    member: Member

    def handle_error(self, *_args: t.Any) -> None:
        """Clients that go away are no news."""


class Member:
    """A member of a service, in this process, on an address that containers reach."""

    def __init__(self, name: str, address: str, context: ssl.SSLContext | None = None) -> None:
        self.name = name
        self.status = self.health = 200
        self.slow_s = 0.5
        self.drops = False
        self.requests: list[tuple[str, str]] = []
        self.context = context
        self.address = address
        self.port = 0
        self._server: _Server | None = None
        self.start()

    def start(self) -> None:
        """Listen; after a stop on the same port again."""
        self._server = _Server((self.address, self.port), _Handler)
        self._server.member = self
        self.port = self._server.server_address[1]
        if self.context:
            self._server.socket = self.context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections from now on. What is under way goes on."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@contextlib.contextmanager
def some_members(address: str) -> t.Iterator[t.Callable[..., Member]]:
    """A function that makes members: C(make("shop.web.1"))."""
    made: list[Member] = []

    def make(name: str, context: ssl.SSLContext | None = None) -> Member:
        made.append(Member(name, address, context))
        return made[-1]

    try:
        yield make
    finally:
        for member in made:
            member.stop()
