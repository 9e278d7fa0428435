# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A HAProxy in memory behind real sockets, and an engine that knows it: enough for tests of what we ask of them."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import re
import socketserver
import threading
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._engine.errors import (
    EngineError,
    refusal,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.difference import parse
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.folders import Folders

Json = dict[str, t.Any]

STAT_HEAD = "# pxname,svname,status,lastchg,type,check_status,check_code,check_duration,last_chk,\n"
STATES_HEAD = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state\n"
VARIABLE = "proc.drover_revision"
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


@dataclasses.dataclass
class FakeServer:
    """A server of the worker. C(added): while it ran, so that it counts its good checks."""

    address: str
    port: str
    weight: int = 1
    maintained: bool = False
    checked: bool = True
    added: bool = False
    good: bool = True

    @property
    def status(self) -> str:
        if self.maintained:
            return "MAINT"
        if not self.good:
            return "DOWN"
        return "UP -1/3" if self.added else "UP"

    @property
    def result(self) -> str:
        return "" if self.maintained or not self.checked else "L7OK" if self.good else "L7STS"


class FakeHaproxy:
    """Loads the config in its folder at a reload. C(reload_answer) None: closes without a word, as 2.6 does."""

    def __init__(self, folders: Folders) -> None:
        self.folders = folders
        self.loaded = ""
        self.servers: dict[tuple[str, str], FakeServer] = {}
        self.variable = ""
        self.pid = 8
        self.commands: list[str] = []
        self.state_at_reload = ""
        self.reload_answer: str | None = "Success=1\n--\nLoading success.\n"
        self.reload_lasts = 0
        """How often the old worker answers after a reload, as 2.6 does not wait for the new one."""
        self._new: str | None = None
        self.reloads_to: str | None = None
        """What a reload loads instead of the file."""
        self.refuses = ""
        """The beginning of an order that the worker does not follow."""
        self.ill: set[str] = set()
        """Servers whose checks fail, by the beginning of their names."""
        self.stat: list[str] = []
        """What it says instead of its own servers."""
        self.stat_after_reload: list[str] = []
        self._sockets: list[Socket] = []

    def start(self) -> None:
        self._load(self.folders.read_config() or "")
        self._sockets = [
            Socket(self.folders.admin_socket, self._admin),
            Socket(self.folders.master_socket, self._master),
        ]

    def stop(self) -> None:
        for found in self._sockets:
            found.close()
        self._sockets = []

    @property
    def orders(self) -> list[str]:
        """What it was told, and not what it was asked."""
        return [item for item in self.commands if not item.startswith(("show ", "get "))]

    def _load(self, config: str) -> None:
        self.loaded, self.variable = config, ""
        self.servers = {}
        for (backend, name), line in parse(config).servers.items():
            made = self._server(name, line.wanted.place)
            made.weight, made.maintained = line.wanted.weight, line.wanted.disabled
            self.servers[backend, name] = made

    def _server(self, name: str, place: str) -> FakeServer:
        address, _colon, port = place.rpartition(":")
        good = not name.startswith(tuple(self.ill))
        return FakeServer(address.strip("[]"), port, good=good)

    def _admin(self, command: str) -> str:
        self.commands.append(command)
        return "\n".join(self._one(part) for part in command.split(";")) + "\n"

    def _one(self, command: str) -> str:
        words = command.split()
        if self.refuses and command.startswith(self.refuses):
            return "no, not this"
        name = "_".join(words[:2]).replace("-", "_")
        return str(getattr(self, f"_{name}", self._nothing)(words))

    def _nothing(self, _words: list[str]) -> str:
        return ""

    def _show_info(self, _words: list[str]) -> str:
        if self._new is not None:
            self.reload_lasts -= 1
            self._start_new()
        found = re.search(r"description (rev-[0-9a-f]{16})", self.loaded)
        return INFO.format(pid=self.pid, marker=found.group(1) if found else "")

    def _show_stat(self, _words: list[str]) -> str:
        own = [
            f"{backend},{name},{server.status},1,2,{server.result},,,,"
            for (backend, name), server in self.servers.items()
        ]
        return STAT_HEAD + "".join(f"{line}\n" for line in self.stat or own)

    def _show_backend(self, _words: list[str]) -> str:
        return "# name\n" + "\n".join(re.findall(r"^backend (\S+)$", self.loaded, re.MULTILINE))

    def _show_servers(self, _words: list[str]) -> str:
        rows = [
            f"3 {backend} 1 {name} {server.address} 2 {1 if server.maintained else 0} {server.weight} 1 "
            f"0 6 3 4 6 0 0 0 - {server.port} - 0 0 - - 0"
            for (backend, name), server in self.servers.items()
        ]
        return STATES_HEAD + "".join(f"{row}\n" for row in rows)

    def _get_var(self, _words: list[str]) -> str:
        return f"{VARIABLE}: type=str value=<{self.variable}>" if self.variable else "not found"

    def _set_var(self, words: list[str]) -> str:
        self.variable = words[3].removeprefix("str(").removesuffix(")")
        return ""

    def _add_server(self, words: list[str]) -> str:
        backend, name = words[2].split("/")
        if (backend, name) in self.servers:
            return "Already exists a server with the same name in backend."
        made = self._server(name, words[3])
        made.maintained, made.checked, made.added = True, False, True
        if "weight" in words:
            made.weight = int(words[words.index("weight") + 1])
        self.servers[backend, name] = made
        return "New server registered."

    def _del_server(self, words: list[str]) -> str:
        backend, name = words[2].split("/")
        if not self.servers[backend, name].maintained:
            return "Only servers in maintenance mode can be deleted."
        del self.servers[backend, name]
        return "Server deleted."

    def _enable_health(self, words: list[str]) -> str:
        backend, name = words[2].split("/")
        self.servers[backend, name].checked = True
        return ""

    def _set_server(self, words: list[str]) -> str:
        backend, name = words[2].split("/")
        server = self.servers[backend, name]
        if words[3] == "state":
            server.maintained = words[4] == "maint"
        elif words[3] == "weight":
            server.weight = int(words[4])
        elif words[3:] == ["health", "up"]:
            server.added = False
        return ""

    def _master(self, command: str) -> str:
        self.commands.append(f"master: {command}")
        if command != "reload":
            return ""
        self.state_at_reload = pathlib.Path(self.folders.run, "server-state").read_text()
        if self.reload_answer is None or self.reload_answer.startswith("Success=1"):
            found = self.folders.read_config() if self.reloads_to is None else self.reloads_to
            self._new = found or ""
            self._start_new()
        return self.reload_answer or ""

    def _start_new(self) -> None:
        """Start the worker of a reload, if its time has come."""
        if self._new is not None and self.reload_lasts <= 0:
            self._load(self._new)
            self._new = None
            self.pid += 1
            self.stat = [*self.stat, *self.stat_after_reload]


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

    def logs(self, container: str, lines: int) -> str:
        """What its program wrote."""
        return ""

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
