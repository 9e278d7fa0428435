# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to an engine, against a small HTTP server on a socket: deadlines, refusals, what is sent."""

from __future__ import annotations

import base64
import http.server
import json
import pathlib
import re
import socket
import socketserver
import threading
import time
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._engine.client import DockerEngine
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import (
    ApiRefused,
    Conflict,
    EngineError,
    EngineTimeout,
    EngineUnreachable,
    NetworkDown,
    NotFound,
    refusal,
)
from ansible_collections.drover.docker.plugins.module_utils._engine.transport import (
    choose_api,
    connect,
    parse_api,
)

Json = dict[str, t.Any]
NO_LEADER = "rpc error: code = Unknown desc = The swarm does not have a leader. Too few managers are online."


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers as the test said, and notes what was asked."""

    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.client_address = ("local", 0)

    def log_message(self, *_args: t.Any) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.server.calls.append((self.command, self.path, body))
        self.server.login = self.headers.get("X-Registry-Auth")
        status, content = self.server.answer_to(self.path.partition("?")[0])
        time.sleep(self.server.delay_s)
        self.send_response(status)
        self.send_header("Api-Version", self.server.api)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content.encode())

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815


class Server(socketserver.ThreadingUnixStreamServer):
    """An engine that says what it is told to say."""

    daemon_threads = True

    def __init__(self, path: str) -> None:
        super().__init__(path, Handler)
        self.calls: list[tuple[str, str, t.Any]] = []
        self.answers: dict[str, tuple[int, str]] = {}
        self.delay_s = 0.0
        self.oldest_api = "1.24"
        self.api = "1.41"
        self.headers: dict[str, str] = {}
        self.login: str | None = None

    def answer_to(self, path: str) -> tuple[int, str]:
        """Status and body. As engines do, it refuses the versions that it does not speak."""
        if path == "/_ping":
            return 200, "OK"
        version, rest = re.fullmatch(r"/v([0-9.]+)(/.*)", path).groups()  # type: ignore[union-attr]
        if parse_api(version) < parse_api(self.oldest_api):
            limit = f"too old. Minimum supported API version is {self.oldest_api}"
        elif parse_api(version) > parse_api(self.api):
            limit = f"too new. Maximum supported API version is {self.api}"
        else:
            return self.answers.get(rest, (200, "{}"))
        return 400, json.dumps({"message": f"client version {version} is {limit}"})

    @property
    def pings(self) -> int:
        return [path for _method, path, _body in self.calls].count("/_ping")

    def refuse(self, path: str, status: int, message: str) -> None:
        """Answer calls of a path with a refusal."""
        self.answers[path] = (status, json.dumps({"message": message}))


@pytest.fixture
def server(tmp_path: pathlib.Path) -> t.Iterator[Server]:
    with Server(str(tmp_path / "engine.sock")) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def engine(server: Server) -> DockerEngine:
    return DockerEngine(f"unix://{server.server_address}", deadline_s=1)


def test_calls_and_their_versions(server: Server, engine: DockerEngine) -> None:
    server.answers["/containers/create"] = (201, '{"Id": "abc"}')
    server.answers["/volumes"] = (200, '{"Volumes": null}')
    assert engine.create("shop-web-1", {"Image": "app:1"}) == "abc"
    assert engine.volumes() == []
    engine.stop("abc", 1.5)
    engine.remove("abc")
    engine.create_network("drover-local", {"Driver": "bridge"})
    engine.connect("drover", "abc", {"Aliases": ["a"]})
    engine.disconnect("drover", "abc")
    engine.create_volume("v", "local", {}, {"a": "b"})
    assert server.calls == [
        ("GET", "/_ping", None),
        ("POST", "/v1.41/containers/create?name=shop-web-1", {"Image": "app:1"}),
        ("GET", "/v1.41/volumes", None),
        ("POST", "/v1.41/containers/abc/stop?t=2", None),
        ("DELETE", "/v1.41/containers/abc?force=1&v=0", None),
        ("POST", "/v1.41/networks/create", {"Driver": "bridge", "Name": "drover-local"}),
        (
            "POST",
            "/v1.41/networks/drover/connect",
            {"Container": "abc", "EndpointConfig": {"Aliases": ["a"]}},
        ),
        ("POST", "/v1.41/networks/drover/disconnect", {"Container": "abc"}),
        (
            "POST",
            "/v1.41/volumes/create",
            {"Name": "v", "Driver": "local", "DriverOpts": {}, "Labels": {"a": "b"}},
        ),
    ]


def test_image_references_stay_as_they_are(server: Server, engine: DockerEngine) -> None:
    server.refuse("/images/registry:5000/a/b@sha256:12/json", 404, "No such image")
    assert engine.image("registry:5000/a/b@sha256:12") is None
    assert engine.image("other:1") == {}


def test_services_without_an_image_are_not_asked_for(server: Server, engine: DockerEngine) -> None:
    """External services and aliases."""
    assert engine.image("") is None
    assert server.calls == []


@pytest.mark.parametrize(
    ("reference", "asked"),
    [
        ("app", "fromImage=app&tag=latest"),
        ("registry.lab:5000/app", "fromImage=registry.lab%3A5000%2Fapp&tag=latest"),
        ("registry.lab:5000/app:2", "fromImage=registry.lab%3A5000%2Fapp&tag=2"),
        ("app@sha256:12ab", "fromImage=app&tag=sha256%3A12ab"),
    ],
)
def test_a_pull_names_one_tag(
    server: Server, engine: DockerEngine, reference: str, asked: str
) -> None:
    engine.pull(reference)
    assert server.calls[-1] == ("POST", f"/v1.41/images/create?{asked}", None)


def test_a_pull_uses_the_credentials_of_its_registry_only(
    server: Server, tmp_path: pathlib.Path
) -> None:
    login = {"username": "ci", "password": "geheim"}
    address = f"unix://{tmp_path}/engine.sock"
    engine = DockerEngine(address, registries={"registry:5000": login})
    engine.pull("registry:5000/app:1")
    assert server.login is not None
    assert json.loads(base64.urlsafe_b64decode(server.login)) == login
    engine.pull("other:5000/app:1")
    assert server.login is None


def test_a_refused_pull_names_its_registry(server: Server, engine: DockerEngine) -> None:
    server.answers["/images/create"] = (200, '{"error": "unauthorized: authentication required"}')
    with pytest.raises(EngineError, match="registry registry:5000 refused the pull: unauthorized"):
        engine.pull("registry:5000/app:1")


def test_a_pull_that_fails_half_way_is_a_failure(server: Server, engine: DockerEngine) -> None:
    lines = '{"status": "Pulling"}\r\n\r\n{"errorDetail": {}, "error": "manifest unknown"}\r\n'
    server.answers["/images/create"] = (200, lines)
    with pytest.raises(EngineError, match="manifest unknown"):
        engine.pull("app:1")


def frame(stream: int, text: str) -> str:
    """Output as the engine frames it; lengths below 128, as the server's answers are text."""
    return chr(stream) + "\0\0\0" + "\0\0\0" + chr(len(text)) + text


def test_a_program_in_a_container(server: Server, engine: DockerEngine) -> None:
    server.answers["/containers/abc/exec"] = (201, '{"Id": "e1"}')
    server.answers["/exec/e1/start"] = (200, frame(1, "out\n") + frame(2, "err\n"))
    server.answers["/exec/e1/json"] = (200, '{"Running": false, "ExitCode": 3}')
    assert engine.execute("abc", ["haproxy", "-c"]) == (3, "out\nerr\n")
    body = {"AttachStdout": True, "AttachStderr": True, "Cmd": ["haproxy", "-c"]}
    assert server.calls[1] == ("POST", "/v1.41/containers/abc/exec", body)
    server.refuse("/containers/abc/exec", 409, "Container abc is not running")
    with pytest.raises(Conflict):
        engine.execute("abc", ["true"])


def test_output_without_frames_is_no_output(server: Server, engine: DockerEngine) -> None:
    server.answers["/containers/abc/exec"] = (201, '{"Id": "e1"}')
    server.answers["/exec/e1/start"] = (200, "plain text, no frames")
    server.answers["/exec/e1/json"] = (200, '{"Running": false, "ExitCode": 0}')
    with pytest.raises(EngineError, match="no frames of output"):
        engine.execute("abc", ["true"])


@pytest.mark.parametrize("starts", [True, False])
def test_a_container_for_one_program_is_removed(
    server: Server, engine: DockerEngine, starts: bool
) -> None:
    server.answers["/containers/create"] = (201, '{"Id": "abc"}')
    server.answers["/containers/abc/wait"] = (200, '{"StatusCode": 1}')
    server.answers["/containers/abc/logs"] = (200, frame(2, "bad\n"))
    if starts:
        assert engine.run_once({"Image": "haproxy:3.0"}) == (1, "bad\n")
    else:
        server.refuse("/containers/abc/start", 500, "no such program")
        with pytest.raises(EngineError, match="no such program"):
            engine.run_once({"Image": "haproxy:3.0"})
    assert server.calls[-1][:2] == ("DELETE", "/v1.41/containers/abc?force=1&v=0")


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (404, "No such container: x", NotFound),
        (409, "Conflict. The container name is already in use", Conflict),
        (500, "driver failed", EngineError),
        (500, "Could not attach to network drover: context deadline exceeded", NetworkDown),
        (
            500,
            "Could not attach to network x: rpc error: code = NotFound desc = network x not found",
            NetworkDown,
        ),
        (500, NO_LEADER, NetworkDown),
        (404, "network drover not found", NetworkDown),
        # A manager answered and took the attachment: that is the address, not the network.
        (
            500,
            "attaching to network failed, make sure your network options are correct",
            EngineError,
        ),
    ],
)
def test_refusals_are_told_apart(
    server: Server, engine: DockerEngine, status: int, message: str, kind: type[EngineError]
) -> None:
    server.refuse("/containers/x/start", status, message)
    with pytest.raises(EngineError) as refused:
        engine.start("x")
    assert refused.type is kind
    assert (refused.value.message, refused.value.status) == (message, status)
    assert str(refusal(message, status)) == message


@pytest.mark.parametrize("text", ["", "<html>bad gateway</html>", "[1]"])
def test_a_refusal_that_is_no_json_is_told_as_it_is(
    server: Server, engine: DockerEngine, text: str
) -> None:
    server.answers["/info"] = (502, text)
    with pytest.raises(EngineError, match=r"bad gateway|without a reason|\[1\]"):
        engine.info()


def test_an_engine_that_hangs_costs_its_deadline(server: Server, engine: DockerEngine) -> None:
    engine.version()
    server.delay_s = 5
    began = time.monotonic()
    with pytest.raises(EngineTimeout, match=r"did not answer within 1 s \(GET /v1.41/info\)"):
        engine.info()
    assert time.monotonic() - began < 3


def test_a_socket_that_nobody_reads_is_a_timeout_too(tmp_path: pathlib.Path) -> None:
    """As with an engine that was sent SIGSTOP: the kernel still takes connections for it."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        listening.listen(5)
        with pytest.raises(EngineTimeout, match=r"did not answer within 0.3 s"):
            DockerEngine(f"unix://{tmp_path}/s", deadline_s=0.3).containers()


def hang_up(listening: socket.socket) -> None:
    connection, _peer = listening.accept()
    connection.close()


def test_a_connection_that_breaks_may_have_been_carried_out(tmp_path: pathlib.Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        listening.listen(5)
        threading.Thread(target=hang_up, args=(listening,), daemon=True).start()
        with pytest.raises(EngineTimeout, match="the connection to the Docker engine broke"):
            DockerEngine(f"unix://{tmp_path}/s", deadline_s=5).info()


def test_no_engine_at_all(tmp_path: pathlib.Path) -> None:
    with pytest.raises(EngineUnreachable, match="its socket does not exist"):
        DockerEngine(f"unix://{tmp_path}/none").info()
    with socket.socket(socket.AF_UNIX) as closed:
        closed.bind(str(tmp_path / "dead"))
    with pytest.raises(EngineUnreachable, match="was refused; start Docker"):
        DockerEngine(f"unix://{tmp_path}/dead").info()


def test_an_address_that_is_none_is_told() -> None:
    with pytest.raises(EngineError, match="docker_host 'ftp://x'"):
        DockerEngine("ftp://x").info()


def test_api_versions() -> None:
    assert parse_api("1.41") == (1, 41)
    assert choose_api("1.41") == "1.41"
    assert choose_api("1.44") == "1.44"
    assert choose_api("1.52") == "1.45"
    with pytest.raises(EngineError, match=r"install Docker Engine 20.10 or later"):
        choose_api("1.40")


def test_something_else_than_an_engine_is_told(server: Server, engine: DockerEngine) -> None:
    server.api = ""
    with pytest.raises(EngineError, match="is not a Docker engine"):
        engine.info()


@pytest.mark.parametrize(
    ("oldest", "newest", "spoken"),
    [
        ("1.12", "1.41", "1.41"),  # 20.10
        ("1.24", "1.43", "1.43"),
        ("1.24", "1.51", "1.45"),  # 28.5
        ("1.44", "1.52", "1.45"),  # 29, which refuses 1.41
    ],
)
def test_all_calls_speak_a_version_of_the_engine(
    server: Server, engine: DockerEngine, oldest: str, newest: str, spoken: str
) -> None:
    server.oldest_api, server.api = oldest, newest
    assert engine.version() == {"ApiVersion": newest}
    assert engine.info() == {}
    engine.start("abc")
    assert [path for _method, path, _body in server.calls] == [
        "/_ping",
        f"/v{spoken}/info",
        f"/v{spoken}/containers/abc/start",
    ]


@pytest.mark.parametrize(("oldest", "newest"), [("1.12", "1.41"), ("1.44", "1.52")])
def test_the_methods_of_the_sdk_speak_it_too(server: Server, oldest: str, newest: str) -> None:
    server.oldest_api, server.api = oldest, newest
    server.answers["/containers/json"] = (200, "[]")
    connection = connect(f"unix://{server.server_address}", timeout_s=1)
    assert connection.client.containers() == []
    assert (server.pings, connection.offered) == (1, newest)


def test_an_engine_that_became_another_release_is_asked_again(
    server: Server, engine: DockerEngine
) -> None:
    engine.info()
    server.oldest_api, server.api = "1.44", "1.52"
    engine.start("abc")
    assert server.calls[-1][1] == "/v1.45/containers/abc/start"
    server.oldest_api, server.api = "1.12", "1.41"
    engine.start("abc")
    assert server.calls[-1][1] == "/v1.41/containers/abc/start"
    assert server.pings == 3


def test_an_engine_too_new_for_this_release_says_so(server: Server, engine: DockerEngine) -> None:
    server.oldest_api, server.api = "1.60", "1.70"
    with pytest.raises(ApiRefused, match=r"version 1.45 is too old. Minimum supported .* 1.60"):
        engine.info()


def test_podman_is_refused_by_name(server: Server, engine: DockerEngine) -> None:
    """It answers as a Docker engine does, with an id that changes in each answer, and has no Swarm."""
    server.headers = {"Libpod-API-Version": "5.4.2"}
    with pytest.raises(EngineError, match="is Podman: only Docker engines are supported"):
        engine.info()
    assert server.calls == [("GET", "/_ping", None)]
