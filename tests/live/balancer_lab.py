# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real load balancers on the local engine, members behind them, and clients. All labelled drover.lab.balancer=1."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import http.client
import http.server
import json
import os
import pathlib
import socket
import ssl
import subprocess
import threading
import time
import typing as t
import uuid

import pytest
from ansible_collections.drover.docker.plugins.module_utils.engine import DockerEngine
from ansible_collections.drover.docker.plugins.module_utils.engine_errors import EngineError
from ansible_collections.drover.docker.plugins.module_utils.haproxy.apply import Target
from ansible_collections.drover.docker.plugins.module_utils.haproxy.balancer_apply import (
    AppliedBalancer,
    Desired,
    apply_balancer,
)
from ansible_collections.drover.docker.plugins.module_utils.haproxy.balancer_config import (
    render_balancer,
)
from ansible_collections.drover.docker.plugins.module_utils.haproxy.balancer_worker import (
    running_info,
)
from ansible_collections.drover.docker.plugins.module_utils.haproxy.folders import Folders
from ansible_collections.drover.docker.plugins.module_utils.haproxy.observe_balancers import (
    observe_balancer,
)
from ansible_collections.drover.docker.plugins.module_utils.haproxy.runtime import HaproxyError

Json = dict[str, t.Any]

MARK = "drover.lab.balancer"
IMAGES = {
    "3.0": ("drover-demo/haproxy:3.0",),
    "2.6": ("drover-lab/haproxy:2.6",),
}
COMMAND = ["haproxy", "-W", "-db", "-S", "/run/haproxy/master.sock,mode,600"]
COMMAND += ["-f", "/usr/local/etc/haproxy/haproxy.cfg"]
QUICK: Json = {
    "port": 0,  # that of the server, as members of one process have ports of their own
    "request": None,
    "interval_ms": 200,
    "response_timeout_ms": 200,
    "healthy_threshold": 2,
    "unhealthy_threshold": 2,
}
GET: Json = {"method": "GET", "uri": "/health", "version": "HTTP/1.0", "headers": []}


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


def server(member: Member, **given: t.Any) -> Json:
    """A member as a server of the model."""
    return {
        "name": member.name,
        "address": member.address,
        "port": member.port,
        "weight": 1,
        "drain": False,
        "backup": False,
        "resolve": False,
        **given,
    }


def backend(name: str, *members: Member | Json, **given: t.Any) -> Json:
    """A backend of the model, of members or of servers."""
    servers = [server(item) if isinstance(item, Member) else item for item in members]
    common: Json = {"mode": "http", "check": QUICK, "stickiness": None}
    return {"name": name, "servers": servers, **common, **given}


def rule(backend_name: str, hostname: str = "", path: str = "") -> Json:
    return {"hostname": hostname, "path": path, "backend": backend_name}


def frontend(port: int, *rules: Json, default: str = "", **given: t.Any) -> Json:
    common: Json = {"protocol": "http", "proxy_protocol": False}
    return {"port": port, "rules": list(rules), "default_backend": default, **common, **given}


def model(frontends: list[Json], backends: list[Json], **given: t.Any) -> Json:
    return {
        "frontends": frontends,
        "backends": backends,
        "certificates": {},
        "default_certificate": "",
        "certificate_dir": "",
        "config": "",
        "retry": True,
        "statistics": None,
        **given,
    }


def simple(*members: Member | Json, **given: t.Any) -> Json:
    """Port 80 and all members."""
    pool = backend("80_", *members, **given.pop("pool", {}))
    return model([frontend(80, default="80_")], [pool], **given)


@dataclasses.dataclass
class Balancer:
    """One load balancer container with its folders."""

    engine: DockerEngine
    image: str
    folders: Folders
    name: str = dataclasses.field(default_factory=lambda: "drover-lb-" + uuid.uuid4().hex[:8])
    address: str = ""
    network: str = "bridge"

    @property
    def version(self) -> str:
        return self.image.rpartition(":")[2]

    @property
    def target(self) -> Target:
        return Target(self.folders, self.name, self.image)

    def start(self) -> None:
        """As the loop starts one, with the config that is in place."""
        body = {
            "Image": self.image,
            "Entrypoint": COMMAND[:1],
            "Cmd": COMMAND[1:],
            "User": "99:99",
            "Labels": {MARK: "1"},
            "HostConfig": {
                "Binds": self.folders.binds(),
                "NetworkMode": self.network,
                "ReadonlyRootfs": True,
                "CapDrop": ["ALL"],
                "SecurityOpt": ["no-new-privileges"],
                "RestartPolicy": {"Name": "unless-stopped"},
            },
        }
        self.engine.create(self.name, body)
        self.engine.start(self.name)
        self.look_up()

    def look_up(self) -> None:
        """Its address, once it answers."""
        networks = self.engine.inspect(self.name)["NetworkSettings"]["Networks"]
        self.address = str(next(iter(networks.values()))["IPAddress"])
        end = time.monotonic() + 10
        while True:
            try:
                running_info(self.folders)
                return
            except HaproxyError:
                assert time.monotonic() < end, self.logs()
            time.sleep(0.05)

    def logs(self) -> str:
        """What HAProxy wrote, for messages."""
        return subprocess.run(
            ["docker", "logs", "--tail", "20", self.name],
            capture_output=True,
            text=True,
            check=False,
        ).stderr

    def apply(
        self,
        wanted: Json,
        certificates: dict[str, str] | None = None,
        *,
        wait_s: float = 0,
        check_mode: bool = False,
    ) -> AppliedBalancer:
        pems = certificates or {}
        prints = {name: hashlib.sha256(pem.encode()).hexdigest() for name, pem in pems.items()}
        text, _marker = render_balancer({**wanted, "certificates": prints})
        desired = Desired(text, pems, wanted["default_certificate"])
        return apply_balancer(
            self.engine, self.target, desired, wait_s=wait_s, check_mode=check_mode
        )

    def run(self, wanted: Json, certificates: dict[str, str] | None = None) -> AppliedBalancer:
        """Apply it, and start the container if there is none yet."""
        done = self.apply(wanted, certificates)
        if not self.address:
            self.start()
        return done

    def seen(self) -> Json:
        return observe_balancer(self.folders)

    def report(self, name: str) -> Json:
        return next(item for item in self.seen()["reports"] if item["server"] == name)

    def until(self, name: str, holds: t.Callable[[Json], bool], *, wait_s: float = 15) -> Json:
        """The first report of a server of which something holds."""
        end = time.monotonic() + wait_s
        while True:
            found = self.report(name)
            if holds(found):
                return found
            assert time.monotonic() < end, found
            time.sleep(0.05)

    def get(self, path: str = "/", *, port: int = 80, method: str = "GET", **given: t.Any) -> Reply:
        """One request on a connection of its own; C(headers) and C(body) as http.client has them."""
        return request(self.address, port, path, method=method, **given)

    def remove(self) -> None:
        with contextlib.suppress(Exception):
            self.engine.remove(self.name)


@dataclasses.dataclass
class Reply:
    """An answer to a request."""

    status: int
    headers: dict[str, str]
    body: bytes
    certificate: bytes = b""

    @property
    def said(self) -> Json:
        """What the member said."""
        return dict(json.loads(self.body))

    @property
    def member(self) -> str:
        return str(self.said["member"])

    def header(self, name: str) -> list[str]:
        """Values that the member got of a header."""
        return [value for found, value in self.said["headers"] if found == name.lower()]


def request(
    address: str,
    port: int,
    path: str,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    sni: str | None = None,
    prefix: bytes = b"",
    timeout: float = 10,
) -> Reply:
    """One request. With C(sni) over TLS, asking for that name (empty: for none); C(prefix) is sent before all."""
    connection = http.client.HTTPConnection(address, port, timeout=timeout)
    with contextlib.closing(connection):
        raw = socket.create_connection((address, port), timeout=timeout)
        raw.sendall(prefix)
        certificate = b""
        if sni is not None:
            raw = client_context().wrap_socket(raw, server_hostname=sni or None)
            certificate = raw.getpeercert(binary_form=True) or b""
        connection.sock = raw
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, found, answer.read(), certificate)


def client_context() -> ssl.SSLContext:
    """TLS that looks at no names: tests look at the certificate itself."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@dataclasses.dataclass
class Certificate:
    """A key and a self-signed certificate for some names."""

    pem: str
    der: bytes
    file: pathlib.Path

    def context(self) -> ssl.SSLContext:
        """TLS of a server that has it."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.file)
        return made


def make_certificate(folder: pathlib.Path, *names: str, days: int = 30) -> Certificate:
    """A new pair each time."""
    file = folder / f"{uuid.uuid4().hex}.pem"
    key, crt = file.with_suffix(".key"), file.with_suffix(".crt")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", str(days), "-subj", f"/CN={names[0]}"]
    command += ["-addext", "subjectAltName=" + ",".join(f"DNS:{name}" for name in names)]
    subprocess.run(
        [*command, "-keyout", str(key), "-out", str(crt)], check=True, capture_output=True
    )
    file.write_text(key.read_text() + crt.read_text())
    return Certificate(file.read_text(), ssl.PEM_cert_to_DER_cert(crt.read_text()), file)


class Client:
    """Asks all the time, with one kept connection or with a new one for each request, and counts what fails."""

    def __init__(self, balancer: Balancer, *, keep: bool, path: str = "/", pause_s: float = 0.002):
        self.failures: list[str] = []
        self.members: dict[str, int] = {}
        self._balancer, self._keep, self._path, self._pause_s = balancer, keep, path, pause_s
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    @property
    def sent(self) -> int:
        return sum(self.members.values()) + len(self.failures)

    def _run(self) -> None:
        connection: http.client.HTTPConnection | None = None
        while not self._end.wait(self._pause_s):
            if connection is None:
                connection = http.client.HTTPConnection(self._balancer.address, 80, timeout=10)
            try:
                headers = {} if self._keep else {"Connection": "close"}
                connection.request("GET", self._path, headers=headers)
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(f"{time.monotonic():.3f} {type(error).__name__} {error}")
                connection.close()
                connection = None
                continue
            if answer.status != 200:
                self.failures.append(f"{time.monotonic():.3f} status {answer.status}")
            else:
                name = json.loads(body)["member"] if body.startswith(b"{") else body.decode()
                self.members[name] = self.members.get(name, 0) + 1
            if answer.will_close or not self._keep:
                connection.close()
                connection = None
        if connection:
            connection.close()

    def stop(self) -> None:
        self._end.set()
        self._thread.join()


@contextlib.contextmanager
def clients(balancer: Balancer, **given: t.Any) -> t.Iterator[list[Client]]:
    """Two steady clients, one with kept and one with new connections."""
    made = [Client(balancer, keep=keep, **given) for keep in (True, False)]
    try:
        yield made
    finally:
        for client in made:
            client.stop()


def gateway(engine: DockerEngine) -> str:
    """An address of this machine that containers reach."""
    network = next(item for item in engine.networks() if item["Name"] == "bridge")
    return str(network["IPAM"]["Config"][0]["Gateway"])


@contextlib.contextmanager
def one_balancer(version: str, folder: pathlib.Path) -> t.Iterator[Balancer]:
    """A load balancer that is not started yet; the test is skipped where there can be none."""
    if os.geteuid() != 0:
        pytest.skip("the folders of a load balancer have owners, which only root can give")
    engine = DockerEngine()
    try:
        image = next((name for name in IMAGES[version] if engine.image(name)), "")
    except EngineError as error:
        pytest.skip(f"no engine here: {error}")
    if not image:
        pytest.skip(f"no image {' or '.join(IMAGES[version])} here: lab/images haproxy")
    made = Balancer(engine, image, Folders(str(folder / "lb")))
    try:
        yield made
    finally:
        made.remove()


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
