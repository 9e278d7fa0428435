# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to a host: an SSH client that is a script here, sockets, TCP with and without TLS, and time."""

from __future__ import annotations

import os
import ssl
import threading
import time
from pathlib import Path

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._inventory import reach
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.probe import (
    CONTAINERS,
    ENGINE,
)
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.source import DockerHost
from ansible_collections.drover.docker.plugins.plugin_utils._run.deadline import NoAnswer
from ansible_collections.drover.docker.tests.unit.shared import engines
from ansible_collections.drover.docker.tests.unit.shared.certificates import Authority

WANT = [CONTAINERS]


def local(address: str, **changes: object) -> DockerHost:
    return DockerHost(name="h1", transport="unix", address=address[len("unix://") :], **changes)  # type: ignore[arg-type]


def by_tcp(address: str, **changes: object) -> DockerHost:
    port = int(address.rpartition(":")[2])
    return DockerHost(name="h1", transport="tcp", address="127.0.0.1", port=port, **changes)  # type: ignore[arg-type]


def by_ssh(**changes: object) -> DockerHost:
    return DockerHost(**{"name": "h1", "transport": "ssh", "address": "h1", **changes})  # type: ignore[arg-type]


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is first on PATH; a test writes its C(ssh) there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def script(folder: Path, text: str) -> None:
    (folder / "ssh").write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    (folder / "ssh").chmod(0o755)


# Runs what the real client would run on the host: its last argument, in a shell.
RUN_HERE = 'for last; do :; done; exec sh -c "$last"'


def test_the_command_line_of_the_ssh_client() -> None:
    host = by_ssh(
        user="me",
        port=2222,
        private_key_file="/k y",
        ssh_args="-o ProxyJump=gate -o 'SetEnv A=b c'",
        python="/opt/my python",
        become=True,
        timeout=2.5,
    )
    assert reach.ssh_command(host) == [
        *["ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=3"],
        *["-o", "ClearAllForwardings=yes", "-p", "2222", "-l", "me"],
        *["-i", "/k y", "-o", "ProxyJump=gate", "-o", "SetEnv A=b c", "--", "h1"],
        "sudo -n '/opt/my python' -",
    ]
    assert reach.ssh_command(by_ssh(address="[2001:db8::1]"))[-2:] == ["2001:db8::1", "python3 -"]


def test_the_probe_runs_on_the_other_side(ssh: Path, tmp_path: Path) -> None:
    script(ssh, f"echo 'Welcome to h1'; {RUN_HERE}")
    engines.store(tmp_path / "state", engines.shop_record())
    engine = engines.Engine([engines.member("shop/web/1")])
    with engines.serving(engine, tmp_path / "it's"):
        host = by_ssh(socket=str(tmp_path / "it's"), state_dir=str(tmp_path / "state"))
        found = reach.ask_host(host, [CONTAINERS, ENGINE])
    assert [item["name"] for item in found["containers"]] == ["shop-web-1"]
    assert found["engine"]["name"] == "h1"
    assert list(found["records"]) == ["shop"]
    assert found["error"] == ""


def test_the_host_itself_says_that_its_engine_hangs(
    ssh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "ENGINE_SHARE", 0.05)
    script(ssh, RUN_HERE)
    engine = engines.Engine()
    engine.silent = True
    with engines.serving(engine, tmp_path / "s"):
        found = reach.ask_host(by_ssh(socket=str(tmp_path / "s"), timeout=20.0), WANT)
    assert found["error"] == "the engine did not answer within 1 s"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "echo 'banner' >&2; echo 'root@h1: Permission denied (publickey).' >&2; exit 255",
            "Permission denied",
        ),
        (
            "echo 'sh: 1: python3: not found' >&2; exit 127",
            "not found; say which one it has with the key python",
        ),
        ("exit 255", "the SSH client ended with status 255 and said nothing"),
        ("echo 'drover-inventory:{\"cut'", "its answer is incomplete"),
        ("exec sleep 30", "no answer within 0.5 s"),
        ("cat >/dev/null; echo no; exit 0", "the SSH client ended with status 0 and said nothing"),
    ],
)
def test_a_connection_that_fails_says_why(ssh: Path, text: str, reason: str) -> None:
    script(ssh, text)
    begin = time.monotonic()
    with pytest.raises(NoAnswer) as caught:
        reach.ask_host(by_ssh(timeout=0.5 if "sleep" in text else 30.0), WANT)
    assert reason in str(caught.value)
    assert time.monotonic() - begin < 20


def test_what_the_client_started_ends_with_it(ssh: Path, tmp_path: Path) -> None:
    script(ssh, f"sleep 30 & echo $! >{tmp_path}/child; wait")
    with pytest.raises(NoAnswer):
        reach.ask_host(by_ssh(timeout=0.5), WANT)
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 5
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(child)


def _runs(number: int) -> bool:
    try:
        status = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_a_connection_left_open_in_the_background_is_not_waited_for(
    ssh: Path, tmp_path: Path
) -> None:
    """As ControlPersist does: the client's child keeps standard error."""
    script(ssh, f"setsid sleep 20 >/dev/null </dev/null & echo $! >{tmp_path}/child; {RUN_HERE}")
    begin = time.monotonic()
    with engines.serving(engines.Engine(), tmp_path / "s"):
        found = reach.ask_host(by_ssh(socket=str(tmp_path / "s"), timeout=15.0), WANT)
    assert found["error"] == ""
    assert time.monotonic() - begin < 10
    os.kill(int((tmp_path / "child").read_text()), 9)


def test_without_an_ssh_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoAnswer, match="there is no program ssh on this control node"):
        reach.ask_host(by_ssh(), WANT)


def test_this_machine(tmp_path: Path) -> None:
    engines.store(tmp_path, engines.shop_record())
    with engines.serving(engines.Engine(), tmp_path / "s") as address:
        found = reach.ask_host(local(address, state_dir=str(tmp_path)), WANT)
    assert list(found["records"]) == ["shop"]
    assert found["unread"] == ""


def test_tcp_reads_no_records(tmp_path: Path) -> None:
    engines.store(tmp_path, engines.shop_record())
    with engines.serving_tcp(engines.Engine([engines.listed("x")])) as address:
        found = reach.ask_host(by_tcp(address, state_dir=str(tmp_path)), WANT)
    assert [item["name"] for item in found["containers"]] == ["x"]
    assert found["records"] == {}
    assert found["unread"] == reach.BY_TCP


class Certificates:
    """An authority, and certificates of it for the engine and its client, as files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        authority = Authority(folder)
        for name in ("server", "client"):
            authority.sign(name, "127.0.0.2", hosts=["engine.example"])

    def path(self, name: str) -> str:
        return str(self._folder / name)

    def server(self) -> ssl.SSLContext:
        """As dockerd --tlsverify: clients need a certificate of the authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path("server.pem"), self.path("server-key.pem"))
        context.load_verify_locations(self.path("ca.pem"))
        context.verify_mode = ssl.CERT_REQUIRED
        return context


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


def _over_tls(certificates: Certificates, **changes: object) -> reach.Answer:
    mine = {
        "client_cert": certificates.path("client.pem"),
        "client_key": certificates.path("client-key.pem"),
    }
    trust = {"ca_path": certificates.path("ca.pem"), "tls_hostname": "engine.example"}
    options = {"tls": True, "timeout": 5.0, **mine, **trust, **changes}
    with engines.serving_tcp(
        engines.Engine([engines.listed("x")]), certificates.server()
    ) as address:
        return reach.ask_host(by_tcp(address, **options), WANT)


def test_tls_with_certificates_on_both_sides(certificates: Certificates) -> None:
    found = _over_tls(certificates)
    assert (found["error"], [item["name"] for item in found["containers"]]) == ("", ["x"])


def test_tls_without_verifying(certificates: Certificates) -> None:
    assert _over_tls(certificates, ca_path="", tls_hostname="", validate_certs=False)["error"] == ""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ca_path": ""}, "certificate verify failed"),
        ({"tls_hostname": ""}, "IP address mismatch"),
    ],
)
def test_tls_that_is_not_right(certificates: Certificates, change: dict, reason: str) -> None:
    assert reason in _over_tls(certificates, **change)["error"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ca_path": "/nowhere/ca.pem"}, "ca_path /nowhere/ca.pem: "),
        ({"client_cert": "/nowhere/c.pem"}, "client_cert /nowhere/c.pem, client_key "),
    ],
)
def test_tls_files_that_are_not_there(
    certificates: Certificates, change: dict, reason: str
) -> None:
    with pytest.raises(NoAnswer, match=reason):
        _over_tls(certificates, **change)


def test_a_tls_engine_that_never_shakes_hands() -> None:
    engine = engines.Engine()
    engine.silent = True
    with engines.serving_tcp(engine) as address:
        found = reach.ask_host(by_tcp(address, tls=True, timeout=0.4), WANT)
    assert found["error"] == "the engine did not answer within 0.4 s"


def test_hosts_are_asked_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(3, timeout=10)

    def ask_host(host: DockerHost, _want: object) -> reach.Answer:
        together.wait()
        return {"error": "", "host": host.name}

    monkeypatch.setattr(reach, "ask_host", ask_host)
    found = reach.ask_hosts([by_ssh(name=name, timeout=9.0) for name in "abc"], WANT)
    assert {name: answer["host"] for name, answer in found.items()} == {
        "a": "a",
        "b": "b",
        "c": "c",
    }
    assert all(abs(answer["taken_at"] - time.time()) < 60 for answer in found.values())


def test_more_hosts_than_are_asked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = [], []

    def ask_host(host: DockerHost, _want: object) -> reach.Answer:
        running.append(host.name)
        most.append(len(running))
        time.sleep(0.002)
        running.remove(host.name)
        return {"error": ""}

    monkeypatch.setattr(reach, "ask_host", ask_host)
    found = reach.ask_hosts([by_ssh(name=str(number)) for number in range(80)], WANT)
    assert len(found) == 80
    assert max(most) <= reach.AT_ONCE


def test_one_host_never_costs_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens to one: a failure that nobody thought of, or a call that never returns."""
    hang = threading.Event()

    def ask_host(host: DockerHost, _want: object) -> reach.Answer:
        if host.name == "hangs":
            hang.wait(30)
        if host.name == "breaks":
            raise RuntimeError("boom")
        if host.name == "fails":
            raise NoAnswer("refused")
        return {"error": ""}

    monkeypatch.setattr(reach, "ask_host", ask_host)
    begin = time.monotonic()
    names = ("hangs", "breaks", "fails", "good")
    found = reach.ask_hosts([by_ssh(name=name, timeout=0.3) for name in names], WANT)
    assert time.monotonic() - begin < 5
    hang.set()
    assert {name: found[name]["error"] for name in names} == {
        "hangs": "no answer within 0.3 s",
        "breaks": "RuntimeError: boom",
        "fails": "refused",
        "good": "",
    }
    assert all("taken_at" in answer for answer in found.values())
