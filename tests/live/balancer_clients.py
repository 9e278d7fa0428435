# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of load balancers: single requests, steady ones that count what fails, and certificates to ask with."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import json
import pathlib
import socket
import ssl
import subprocess
import threading
import time
import typing as t
import uuid

Json = dict[str, t.Any]


class Place(t.Protocol):
    """What has an address to ask."""

    @property
    def address(self) -> str:
        """IP address."""


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

    def __init__(self, balancer: Place, *, keep: bool, path: str = "/", pause_s: float = 0.002):
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
def clients(balancer: Place, **given: t.Any) -> t.Iterator[list[Client]]:
    """Two steady clients, one with kept and one with new connections."""
    made = [Client(balancer, keep=keep, **given) for keep in (True, False)]
    try:
        yield made
    finally:
        for client in made:
            client.stop()
