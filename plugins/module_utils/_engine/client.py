# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker engine, as the few plain calls that observe and execute need. Private to the collection.

Everything takes and gives the objects of the Engine API (api.docker.com, 1.41 to 1.45) as plain dicts, so that a fake
engine in memory can stand in for a real one. Containers are named by id or name.
"""

from __future__ import annotations

import contextlib
import json
import math
import typing as t
import uuid
from urllib.parse import quote

from .._common.constants import DOCKER_HOST, ENGINE_DEADLINE_S, LABEL_MANAGED
from .._common.registries import Registries, credentials_for
from .errors import ApiRefused, EngineError
from .exec_output import hand_over, plain_text, wait_for_exit
from .pull import PULL_LIMIT_S, Progress, follow, no_progress
from .refused_pull import refused_pulls
from .tls import Tls
from .transport import Connection, broken_answers, connect, pull_request

Json = t.Dict[str, t.Any]

# If an overlay's managers are gone, the engine gives up a start after 20 s.
CHANGE_DEADLINE_S = 120.0
RUN_DEADLINE_S = 30.0
SILENCE_S = 3600.0


class Engine(t.Protocol):
    """One Docker engine. Every call may raise EngineError or one of its subclasses."""

    def info(self) -> Json:
        """C(GET /info)."""

    def version(self) -> Json:
        """The newest API version that the engine speaks, as C({"ApiVersion": "1.41"})."""

    def containers(self) -> list[Json]:
        """C(GET /containers/json?all=1)."""

    def inspect(self, container: str) -> Json:
        """C(GET /containers/ID/json). Raises NotFound."""

    def events(self, since: float, until: float) -> list[Json]:
        """C(GET /events) of our containers between two times (seconds since the epoch): what the engine still has."""

    def volumes(self) -> list[Json]:
        """C(GET /volumes), the list alone."""

    def networks(self) -> list[Json]:
        """C(GET /networks)."""

    def image(self, reference: str) -> Json | None:
        """C(GET /images/REF/json); None when the image is not on this host."""

    def pull(
        self, reference: str, *, limit_s: float = PULL_LIMIT_S, progress: Progress = no_progress
    ) -> None:
        """Pull one image within limit_s seconds, with given credentials, or those of the user's Docker config."""

    def create(self, name: str, body: Json) -> str:
        """C(POST /containers/create); the new id. Raises Conflict when the name is taken."""

    def start(self, container: str) -> None:
        """C(POST /containers/ID/start)."""

    def stop(self, container: str, timeout_s: float) -> None:
        """C(POST /containers/ID/stop): the stop signal, then a kill after timeout_s seconds."""

    def remove(self, container: str) -> None:
        """C(DELETE /containers/ID?force=1); its volumes stay."""

    def unpause(self, container: str) -> None:
        """C(POST /containers/ID/unpause)."""

    def update(self, container: str, body: Json) -> None:
        """C(POST /containers/ID/update) with limits and a restart policy. Fields that are not set stay."""

    def create_volume(
        self, name: str, driver: str, driver_opts: dict[str, str], labels: dict[str, str]
    ) -> None:
        """C(POST /volumes/create). An existing volume of this name and driver stays unchanged."""

    def remove_volume(self, name: str) -> None:
        """C(DELETE /volumes/NAME). Raises Conflict when a container uses it."""

    def create_network(self, name: str, body: Json) -> None:
        """C(POST /networks/create) with body and this name."""

    def connect(self, network: str, container: str, endpoint: Json) -> None:
        """C(POST /networks/NAME/connect) with an EndpointConfig."""

    def disconnect(self, network: str, container: str) -> None:
        """C(POST /networks/NAME/disconnect)."""

    def logs(self, container: str, lines: int) -> str:
        """The last lines that a container wrote."""

    def execute(self, container: str, words: list[str]) -> tuple[int, str]:
        """Run a program in a running container; its exit code and output. Raises Conflict if the container is down."""

    def run_once(self, body: Json) -> tuple[int, str]:
        """Run a container of this body to its end and remove it; its exit code and output."""


def _escaped(name: str) -> str:
    """A name or id, escaped as one segment of a path."""
    return quote(name, safe="")


class DockerEngine:
    """A real engine, through the low-level client of the Docker SDK for Python (5.0.3 to 7.2)."""

    def __init__(
        self,
        docker_host: str = DOCKER_HOST,
        tls: Tls | None = None,
        *,
        deadline_s: float = ENGINE_DEADLINE_S,
        registries: Registries | None = None,
    ) -> None:
        """Open no connection before the first call.

        Args:
            docker_host: C(unix://PATH) or C(tcp://HOST:PORT).
            tls: How to speak TLS over TCP.
            deadline_s: Seconds for a call that only reads.
            registries: Credentials for pulls. For other registries, those of the user's Docker configuration count.
        """
        self._docker_host = docker_host
        self._tls = tls
        self._deadline_s = deadline_s
        self._registries = registries or {}
        self._connected: Connection | None = None

    def _connection(self) -> Connection:
        """The connection. Concurrent threads may each open one, so that none waits for another thread's deadline."""
        if self._connected is None:
            self._connected = connect(self._docker_host, self._tls, timeout_s=self._deadline_s)
        return self._connected

    def _send(self, method: str, path: str, **request: t.Any) -> t.Any:
        """One call. If the engine was upgraded since the connection was opened, connect again."""
        try:
            return self._connection().send(method, path, **request)
        except ApiRefused:
            self._connected = None
            return self._connection().send(method, path, **request)

    def _read(self, path: str, **params: t.Any) -> t.Any:
        return self._answer(path, params).json()

    def _answer(self, path: str, params: Json) -> t.Any:
        return self._send("GET", path, params=params, timeout_s=self._deadline_s)

    def _change(self, method: str, path: str, *, wait_s: float = 0, **request: t.Any) -> t.Any:
        """One changing call; wait_s: its expected duration, added to the deadline."""
        return self._send(method, path, timeout_s=CHANGE_DEADLINE_S + wait_s, **request)

    def _run(self, path: str, **request: t.Any) -> t.Any:
        """One call that lasts until a program ends."""
        return self._send("POST", path, timeout_s=RUN_DEADLINE_S, **request)

    def info(self) -> Json:
        """See Engine."""
        return dict(self._read("/info"))

    def version(self) -> Json:
        """See Engine. The connection knows it since it was opened."""
        return {"ApiVersion": self._connection().offered}

    def containers(self) -> list[Json]:
        """See Engine."""
        return list(self._read("/containers/json", all=1))

    def inspect(self, container: str) -> Json:
        """See Engine."""
        return dict(self._read(f"/containers/{_escaped(container)}/json"))

    def events(self, since: float, until: float) -> list[Json]:
        """See Engine."""
        filters = json.dumps({"type": ["container"], "label": [LABEL_MANAGED]})
        params = {"since": f"{since:.3f}", "until": f"{until:.3f}", "filters": filters}
        lines = self._answer("/events", params).text.splitlines()
        return [json.loads(line) for line in lines if line.strip()]

    def volumes(self) -> list[Json]:
        """See Engine."""
        return list(self._read("/volumes")["Volumes"] or [])

    def networks(self) -> list[Json]:
        """See Engine."""
        return list(self._read("/networks"))

    def image(self, reference: str) -> Json | None:
        """See Engine."""
        if not reference:
            return None  # external services have no image; the engine would list all images for an empty name
        try:
            return dict(self._read(f"/images/{quote(reference, safe='/:@')}/json"))
        except EngineError as error:
            if error.status == 404:
                return None
            raise

    def pull(
        self, reference: str, *, limit_s: float = PULL_LIMIT_S, progress: Progress = no_progress
    ) -> None:
        """See Engine. No single silence may last longer than any other changing call."""
        credentials = credentials_for(reference, self._registries)
        repository, tag, headers = pull_request(self._connection().client, reference, credentials)
        params = {"fromImage": repository, "tag": tag}
        call = "/images/create"
        with refused_pulls(reference, (credentials or {}).get("username", "")):
            answer = self._change("POST", call, params=params, headers=headers, stream=True)
            with contextlib.closing(answer), broken_answers(f"POST {call}", CHANGE_DEADLINE_S):
                follow(answer.iter_lines(), limit_s=limit_s, progress=progress)

    def create(self, name: str, body: Json) -> str:
        """See Engine."""
        return str(
            self._change("POST", "/containers/create", params={"name": name}, json=body).json()[
                "Id"
            ]
        )

    def start(self, container: str) -> None:
        """See Engine."""
        self._change("POST", f"/containers/{_escaped(container)}/start")

    def stop(self, container: str, timeout_s: float) -> None:
        """See Engine."""
        seconds = math.ceil(timeout_s)
        self._change(
            "POST", f"/containers/{_escaped(container)}/stop", params={"t": seconds}, wait_s=seconds
        )

    def remove(self, container: str) -> None:
        """See Engine."""
        self._change("DELETE", f"/containers/{_escaped(container)}", params={"force": 1, "v": 0})

    def unpause(self, container: str) -> None:
        """See Engine."""
        self._change("POST", f"/containers/{_escaped(container)}/unpause")

    def update(self, container: str, body: Json) -> None:
        """See Engine."""
        self._change("POST", f"/containers/{_escaped(container)}/update", json=body)

    def pause(self, container: str) -> None:
        """C(POST /containers/ID/pause)."""
        self._change("POST", f"/containers/{_escaped(container)}/pause")

    def volume(self, name: str) -> Json:
        """C(GET /volumes/NAME). Raises NotFound."""
        return dict(self._read(f"/volumes/{_escaped(name)}"))

    def stream(
        self, container: str, words: list[str], take: t.Callable[[bytes], t.Any]
    ) -> tuple[int, str]:
        """Run a program in a running container, and hand over what it prints as it comes.

        It may be silent for an hour. Returns its exit code and the end of what it wrote to standard error.
        """
        body = {"AttachStdout": True, "AttachStderr": True, "Cmd": words}
        path = f"/containers/{_escaped(container)}/exec"
        program = "/exec/" + str(self._change("POST", path, json=body).json()["Id"])
        given = {"Detach": False, "Tty": False}
        answer = self._change("POST", f"{program}/start", wait_s=SILENCE_S, json=given, stream=True)
        with contextlib.closing(answer), broken_answers(f"POST {program}/start", SILENCE_S):
            complaint = hand_over(answer.raw, take)
        return wait_for_exit(lambda: self._read(f"{program}/json")), complaint

    def create_volume(
        self, name: str, driver: str, driver_opts: dict[str, str], labels: dict[str, str]
    ) -> None:
        """See Engine."""
        body = {"Name": name, "Driver": driver, "DriverOpts": driver_opts, "Labels": labels}
        self._change("POST", "/volumes/create", json=body)

    def remove_volume(self, name: str) -> None:
        """See Engine."""
        self._change("DELETE", f"/volumes/{_escaped(name)}")

    def create_network(self, name: str, body: Json) -> None:
        """See Engine."""
        self._change("POST", "/networks/create", json={**body, "Name": name})

    def connect(self, network: str, container: str, endpoint: Json) -> None:
        """See Engine."""
        body = {"Container": container, "EndpointConfig": endpoint}
        self._change("POST", f"/networks/{_escaped(network)}/connect", json=body)

    def disconnect(self, network: str, container: str) -> None:
        """See Engine."""
        self._change(
            "POST", f"/networks/{_escaped(network)}/disconnect", json={"Container": container}
        )

    def logs(self, container: str, lines: int) -> str:
        """See Engine."""
        params = {"stdout": 1, "stderr": 1, "tail": lines}
        return plain_text(self._answer(f"/containers/{_escaped(container)}/logs", params).content)

    def execute(self, container: str, words: list[str]) -> tuple[int, str]:
        """See Engine. The program gets 30 s."""
        body = {"AttachStdout": True, "AttachStderr": True, "Cmd": words}
        path = f"/containers/{_escaped(container)}/exec"
        program = "/exec/" + str(self._change("POST", path, json=body).json()["Id"])
        start = {"Detach": False, "Tty": False}
        written = self._run(f"{program}/start", json=start).content
        return wait_for_exit(lambda: self._read(f"{program}/json")), plain_text(written)

    def run_once(self, body: Json) -> tuple[int, str]:
        """See Engine. The container gets 30 s; it is removed in any case."""
        container = self.create("drover-once-" + uuid.uuid4().hex[:12], body)
        try:
            self.start(container)
            ended = self._run(f"/containers/{container}/wait").json()
            logs = self._answer(f"/containers/{container}/logs", {"stdout": 1, "stderr": 1})
            return int(ended["StatusCode"]), plain_text(logs.content)
        finally:
            self.remove(container)
