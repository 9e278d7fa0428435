# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask an engine who it is, with nothing but Python's own library. Private to the collection; only reads."""

from __future__ import annotations

import http.client
import json
import socket
import typing as t
from urllib.parse import urlsplit

from .._common.constants import ENGINE_DEADLINE_S
from .facts import EngineFacts

Json = t.Dict[str, t.Any]
_LARGEST = 1 << 22
"""Bytes of an answer. C(/info) has a few thousand."""
_FAULTS = (
    (FileNotFoundError, "no_socket"),
    (ConnectionRefusedError, "refused"),
    (PermissionError, "no_permission"),
    (socket.timeout, "timeout"),
)


class NoEngine(Exception):
    """No engine that can be used answers. C(args): the code of the fault, and its detail."""


def ask_engine(docker_host: str, *, timeout_s: float = ENGINE_DEADLINE_S) -> EngineFacts:
    """Return the engine's facts; if there is no engine, why.

    Args:
        docker_host: C(unix://PATH) or C(tcp://HOST:PORT).
        timeout_s: Seconds for each of two calls.
    """
    try:
        api = _ping(_connection(docker_host, timeout_s))
        return _facts(_info(_connection(docker_host, timeout_s)), api)
    except NoEngine as error:
        code, detail = error.args
        return {**_facts({}, ""), "fault": code, "detail": detail}


def _connection(docker_host: str, timeout_s: float) -> http.client.HTTPConnection:
    scheme, _colon, rest = docker_host.partition("://")
    try:
        if scheme == "unix" and rest:
            return _UnixConnection(f"/{rest.lstrip('/')}", timeout_s)
        found = urlsplit(f"//{rest}")
        if scheme in ("tcp", "http") and found.hostname and found.port:
            return http.client.HTTPConnection(found.hostname, found.port, timeout=timeout_s)
    except ValueError:
        pass  # the port is no number
    raise NoEngine("address", docker_host)


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket instead of a host."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _ping(connection: http.client.HTTPConnection) -> str:
    """Return the newest API version of the engine."""
    headers, _body = _get(connection, "/_ping")
    if headers.get("Libpod-Api-Version"):
        raise NoEngine("podman", "")
    api = headers.get("Api-Version") or ""
    if not api:
        raise NoEngine("no_engine", "")
    return str(api)


def _info(connection: http.client.HTTPConnection) -> Json:
    _headers, body = _get(connection, "/info")
    try:
        found = json.loads(body)
    except ValueError as error:
        raise NoEngine("no_engine", str(error)) from error
    if not isinstance(found, dict):
        raise NoEngine("no_engine", "")
    return found


def _get(
    connection: http.client.HTTPConnection, path: str
) -> tuple[http.client.HTTPMessage, bytes]:
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read(_LARGEST)
        if answer.status != 200:
            raise NoEngine("no_engine", f"{path}: status {answer.status}")
        return answer.headers, body
    except (OSError, http.client.HTTPException) as error:
        raise NoEngine(_code(error), str(error)) from error
    finally:
        connection.close()


def _code(error: Exception) -> str:
    return next((code for kind, code in _FAULTS if isinstance(error, kind)), "no_engine")


def _facts(info: Json, api: str) -> EngineFacts:
    swarm = info.get("Swarm") or {}
    return EngineFacts(
        fault="",
        detail="",
        version=str(info.get("ServerVersion") or ""),
        api=api,
        id=str(info.get("ID") or ""),
        name=str(info.get("Name") or ""),
        data_root=str(info.get("DockerRootDir") or ""),
        live_restore=bool(info.get("LiveRestoreEnabled")),
        swarm=str(swarm.get("LocalNodeState") or ("inactive" if info else "")),
    )
