# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A HAProxy in memory behind real sockets, and an engine that knows it: enough for tests of what we ask of them."""

from __future__ import annotations

import contextlib
import os
import pathlib
import socketserver
import threading
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._engine.errors import (
    EngineError,
    refusal,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.marker import marker_of
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.folders import Folders

Json = dict[str, t.Any]

STAT_HEAD = "# pxname,svname,status,lastchg,type,check_status,check_code,check_duration,last_chk,\n"
INFO = (
    "Name: HAProxy\nVersion: 3.0.11-1+deb13u3\nPid: {pid}\nUptime_sec: 90\ndescription: {marker}\n"
)


def own_folders(base: pathlib.Path) -> Folders:
    """Folders that may be ours, whoever runs the tests."""
    return Folders(str(base), owner=os.getuid(), user=os.getuid(), group=os.getgid())


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        command = self.rfile.readline().decode().strip()
        answer = self.server.answer(command)  # type: ignore[attr-defined]
        with contextlib.suppress(OSError):
            self.wfile.write(answer.encode())


class Socket(socketserver.ThreadingUnixStreamServer):
    """A unix socket that answers one command for each connection."""

    daemon_threads = True

    def __init__(self, path: str, answer: t.Callable[[str], str]) -> None:
        self.answer = answer
        folder = os.open(os.path.dirname(path), os.O_RDONLY)
        try:  # through its open folder, as the path of a socket may have 107 bytes only
            super().__init__(f"/proc/self/fd/{folder}/{os.path.basename(path)}", _Handler)
        finally:
            os.close(folder)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class FakeHaproxy:
    """Loads the config in its folder at a reload. C(reload_answer) None: closes without a word, as 2.6 does."""

    def __init__(self, folders: Folders) -> None:
        self.folders = folders
        self.loaded = ""
        self.pid = 8
        self.commands: list[str] = []
        self.state_at_reload = ""
        self.reload_answer: str | None = "Success=1\n--\nLoading success.\n"
        self.reloads_to: str | None = None
        """What a reload loads instead of the file."""
        self.stat: list[str] = []
        self.stat_after_reload: list[str] = []
        self._sockets: list[Socket] = []

    def start(self) -> None:
        self.loaded = self.folders.read_config() or ""
        self._sockets = [
            Socket(self.folders.admin_socket, self._admin),
            Socket(self.folders.master_socket, self._master),
        ]

    def stop(self) -> None:
        for found in self._sockets:
            found.close()
        self._sockets = []

    def _admin(self, command: str) -> str:
        self.commands.append(command)
        if command == "show info":
            return INFO.format(pid=self.pid, marker=marker_of(self.loaded)) + "\n"
        if command == "show stat":
            return STAT_HEAD + "".join(f"{line}\n" for line in self.stat) + "\n"
        return "1\n# be_id be_name srv_id srv_name\n\n"

    def _master(self, command: str) -> str:
        self.commands.append(f"master: {command}")
        self.state_at_reload = pathlib.Path(self.folders.run, "server-state").read_text()
        if self.reload_answer is None or self.reload_answer.startswith("Success=1"):
            found = self.folders.read_config() if self.reloads_to is None else self.reloads_to
            self.loaded, self.pid = found or "", self.pid + 1
            self.stat = [*self.stat, *self.stat_after_reload]
        return self.reload_answer or ""


class FakeEngine:
    """Knows one container and one image, and whether C(haproxy -c) likes what it is shown."""

    def __init__(self, *, status: str = "running", image: str = "haproxy:3.0") -> None:
        self.status = status
        self.known_image = image
        self.verdict: tuple[int, str] = (0, "Configuration file is valid\n")
        self.validated: list[str] = []
        self.bodies: list[Json] = []
        self.candidate = ""

    def inspect(self, container: str) -> Json:
        if not self.status:
            raise refusal(f"No such container: {container}", 404)
        return {"Id": "c0ffee", "State": {"Status": self.status}}

    def image(self, reference: str) -> Json | None:
        return {"Id": "sha256:1"} if reference == self.known_image else None

    def execute(self, container: str, words: list[str]) -> tuple[int, str]:
        assert words == ["haproxy", "-c", "-f", "/usr/local/etc/haproxy/candidate.cfg"]
        self.validated.append(container)
        return self.verdict

    def run_once(self, body: Json) -> tuple[int, str]:
        if self.image(body["Image"]) is None:
            raise refusal(f"No such image: {body['Image']}", 404)
        self.bodies.append(body)
        return self.verdict

    def __getattr__(self, name: str) -> t.Any:
        raise EngineError(f"nobody should call {name} here")
