# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options for the engine: what counts, and TLS against a small HTTPS server that asks for a certificate."""

from __future__ import annotations

import http.server
import json
import pathlib
import re
import socketserver
import ssl
import threading
import typing as t

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.drover.docker.plugins.doc_fragments.engine import ModuleDocFragment
from ansible_collections.drover.docker.plugins.module_utils._engine.engine_options import (
    ENGINE_OPTIONS,
    engine_of,
    tls_of,
)
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import EngineError
from ansible_collections.drover.docker.plugins.module_utils._engine.tls import Tls
from ansible_collections.drover.docker.plugins.module_utils._swarm.client import SocketClient
from ansible_collections.drover.docker.tests.unit.shared.certificates import Authority

Json = dict[str, t.Any]
SOCKET = "unix:///var/run/docker.sock"
ENVIRONMENT = ("DOCKER_HOST", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")


class Handler(http.server.BaseHTTPRequestHandler):
    """An engine that only says that it is there."""

    def log_message(self, *_args: t.Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        body = json.dumps({"ID": "secured"}).encode()
        self.send_response(200)
        self.send_header("Api-Version", "1.41")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class PlainServer(socketserver.ThreadingTCPServer):
    """The engine at a TCP port of this machine."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = f"tcp://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_args: t.Any) -> None:
        """Say nothing."""


class TlsServer(PlainServer):
    """The same with TLS. TLS 1.2, where a missing certificate ends the handshake and not some later read."""

    def __init__(self, shown: tuple[str, str], trusted: str) -> None:
        super().__init__()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.maximum_version = ssl.TLSVersion.TLSv1_2
        self._context.load_cert_chain(*shown)
        if trusted:
            self._context.verify_mode = ssl.CERT_REQUIRED
            self._context.load_verify_locations(trusted)

    def get_request(self) -> tuple[t.Any, t.Any]:
        connection, peer = super().get_request()
        return self._context.wrap_socket(connection, server_side=True), peer


pytestmark = pytest.mark.filterwarnings("error::urllib3.exceptions.InsecureRequestWarning")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)


def running(server: PlainServer) -> t.Iterator[PlainServer]:
    with server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def authority(tmp_path: pathlib.Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def engine(authority: Authority) -> t.Iterator[PlainServer]:
    yield from running(TlsServer(authority.sign("engine"), authority.path))


@pytest.fixture
def open_engine(authority: Authority) -> t.Iterator[PlainServer]:
    """It takes any client."""
    yield from running(TlsServer(authority.sign("engine"), ""))


@pytest.fixture
def plain_engine() -> t.Iterator[PlainServer]:
    yield from running(PlainServer())


def options(**given: t.Any) -> Json:
    """The options as a module gets them."""
    checked = ArgumentSpecValidator(ENGINE_OPTIONS).validate(given)
    assert not checked.error_messages
    return dict(checked.validated_parameters)


def keys(authority: Authority, folder: pathlib.Path) -> Json:
    certificate, key = authority.sign("client")
    return {"ca_path": authority.path, "client_cert": certificate, "client_key": key}


def why_not(**given: t.Any) -> str:
    with pytest.raises(EngineError) as refused:
        engine_of(options(**given)).info()
    return str(refused.value)


def test_both_show_a_certificate(
    engine: PlainServer, authority: Authority, tmp_path: pathlib.Path
) -> None:
    given = options(docker_host=engine.address, validate_certs=True, **keys(authority, tmp_path))
    assert engine_of(given).info() == {"ID": "secured"}
    assert SocketClient(given["docker_host"], tls_of(given)).get("/info") == {"ID": "secured"}


def test_an_engine_asks_for_a_certificate(engine: PlainServer, authority: Authority) -> None:
    told = why_not(docker_host=engine.address, validate_certs=True, ca_path=authority.path)
    assert re.match("no TLS connection to the Docker engine: .*; see client_cert and", told), told


def test_the_engines_certificate_counts_with_validate_certs_only(
    open_engine: PlainServer, tmp_path: pathlib.Path
) -> None:
    stranger = Authority(tmp_path, "stranger").path
    told = why_not(docker_host=open_engine.address, validate_certs=True, ca_path=stranger)
    assert told.startswith("the certificate of the Docker engine is refused: unable to get local")
    assert engine_of(options(docker_host=open_engine.address, tls=True)).info()


def test_the_name_of_the_host_counts(authority: Authority) -> None:
    for server in running(TlsServer(authority.sign("other", "192.0.2.1"), "")):
        told = why_not(docker_host=server.address, validate_certs=True, ca_path=authority.path)
    assert "is refused: IP address mismatch, certificate is not valid for '127.0.0.1'" in told


def test_an_engine_without_tls_is_told(plain_engine: PlainServer) -> None:
    told = why_not(docker_host=plain_engine.address, tls=True)
    assert told.startswith("what answers at docker_host does not speak TLS")
    assert engine_of(options(docker_host=plain_engine.address)).info()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"ca_path": "/none/ca.pem"}, "ca_path: there is no file /none/ca.pem on this host"),
        ({"client_key": __file__}, "client_cert and client_key belong together, and client_cert "),
        ({"client_cert": __file__}, "client_cert and client_key belong together, and client_key "),
    ],
)
def test_missing_files_are_told(given: Json, why: str) -> None:
    assert why_not(docker_host="tcp://127.0.0.1:1", tls=True, **given).startswith(why)


def test_a_socket_needs_no_tls(tmp_path: pathlib.Path) -> None:
    told = why_not(docker_host=f"unix://{tmp_path}/none", tls=True, ca_path="/none/ca.pem")
    assert told.startswith("no Docker engine answers: its socket does not exist")


def test_the_environment_counts_where_nothing_is_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    for name in ("ca.pem", "key.pem"):
        (tmp_path / name).touch()
    monkeypatch.setenv("DOCKER_HOST", "tcp://h1:2376")
    monkeypatch.setenv("DOCKER_TLS", "1")
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
    found = options()
    ca_path, client_key = str(tmp_path / "ca.pem"), str(tmp_path / "key.pem")  # cert.pem is missing
    wanted = Tls(verify=True, ca_path=ca_path, client_key=client_key)
    assert (found["docker_host"], tls_of(found)) == ("tcp://h1:2376", wanted)
    own = options(docker_host=SOCKET, tls=False, validate_certs=False, ca_path="/ca")
    assert (own["docker_host"], tls_of(own), own["ca_path"]) == (SOCKET, None, "/ca")


def test_empty_variables_count_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.setenv(name, "")
    found = options()
    assert (found["docker_host"], tls_of(found), found["ca_path"]) == (SOCKET, None, None)


def test_every_option_is_documented() -> None:
    described = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    assert set(described) == set(ENGINE_OPTIONS)
    for name, option in ENGINE_OPTIONS.items():
        assert option.get("aliases", []) == described[name].get("aliases", []), name
        assert option["type"] == described[name]["type"], name
        assert option.get("default") == described[name].get("default"), name
