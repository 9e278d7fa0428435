# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A slow pull on one host and a drain of an hour on another: a member that is killed on the third is repaired at once.

The pull lasts until the member is repaired; with DROVER_SOAK=1, a minute at least.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import socket
import time
import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.control import Control
from ...shared.hosts import Host, everywhere
from ...shared.stacks import Stack
from ...shared.waiting import eventually

Hosts = dict[str, Host]

PORT, REGISTRY_PORT = 18097, 5099
PULL_S = 60 if os.environ.get("DROVER_SOAK") else 0
"""Seconds that the pull lasts at least."""
ENDS_S = 120
REPAIRED_S = 30
"""A pass takes some seconds; the machine may be busy."""
SLOW_IMAGE = f"127.0.0.1:{REGISTRY_PORT}/drover-lab/testapp:1"
GO = "/tmp/slow_registry.go"
PROGRAM = pathlib.Path(__file__).with_name("slow_registry.py")
HOUR_MS = 3_600_000
FRONT: dict[str, t.Any] = {
    "image": "rancher/lb-service-haproxy",
    "ports": [f"{PORT}:{PORT}"],
    "lb_config": {"port_rules": [{"source_port": PORT, "service": "slow", "target_port": 8080}]},
}
SLOW: dict[str, t.Any] = {
    "scale": 2,
    "drain_timeout_ms": HOUR_MS,
    "environment": {"TESTAPP_DELAY_MS": str(HOUR_MS)},
    "health_check": {"port": 8080, "strategy": "none"},
}
EVERYWHERE = {"labels": {"io.rancher.scheduler.global": "true"}}


def services(**more: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"slow": SLOW, "front": FRONT, "quick": EVERYWHERE, **more}


@pytest.fixture(scope="module")
def wharf(make_stack: MakeStack) -> t.Iterator[Stack]:
    stack = make_stack("wharf").define(**services())
    with stack.lasting():
        yield stack


@pytest.fixture
def open_requests(hosts: Hosts, wharf: Stack) -> t.Iterator[None]:
    """Requests that both members are in the middle of, for an hour."""
    (front,) = (item for item in everywhere(hosts, "wharf").values() if "front" in item.name)
    address = hosts[front.host].address
    with contextlib.ExitStack() as stack:
        for _number in range(8):
            client = stack.enter_context(socket.create_connection((address, PORT), timeout=10))
            client.sendall(b"GET / HTTP/1.1\r\nHost: wharf\r\n\r\n")
        yield


@contextlib.contextmanager
def slow_registry(host: Host) -> t.Iterator[None]:
    """On a host, for as long as it is needed. It gives nothing before GO is there."""
    program = "/tmp/slow_registry.py"
    host.run(f"rm -f {GO}; cat > {program} <<'END'\n{PROGRAM.read_text()}\nEND")
    words = f"python3 {program} {REGISTRY_PORT} {GO} registry.lab:5000"
    pid = host.run(f"setsid {words} >/tmp/slow_registry.log 2>&1 </dev/null & echo $!")
    try:
        eventually(lambda: host.run(f"ss -ltn | grep -c 127.0.0.1:{REGISTRY_PORT}"))
        yield
    finally:
        host.run(
            f"kill {pid}; rm -f {program} {GO}; docker rmi -f {SLOW_IMAGE} >/dev/null 2>&1; true"
        )


def test_a_killed_member_is_repaired_while_others_pull_and_drain(
    hosts: Hosts, wharf: Stack, control: Control, open_requests: None
) -> None:
    """Must show 3, second half. All of it in one pass of a timer, while a person's command waits for its pull."""
    began = time.monotonic()
    scaled = wharf.scale("slow", 1)
    assert "draining:" in scaled.output, scaled.output
    assert time.monotonic() - began < REPAIRED_S, "nobody waits for an hour"
    drained = everywhere(hosts, "wharf")["wharf-slow-2"].host
    with contextlib.ExitStack() as registries:
        for name in hosts:
            registries.enter_context(slow_registry(hosts[name]))
        wharf.define(**services(pulled={"image": SLOW_IMAGE}))
        person = wharf.control.start("up", stack_dir=wharf.folder)
        begins = "ls /var/lib/drover/pulls/*.json"
        puller = eventually(lambda: _where(hosts, begins), seconds=90)
        pulls_since = time.monotonic()
        killed = next(name for name in hosts if name not in (puller, drained))
        quick = next(
            item
            for item in everywhere(hosts, "wharf").values()
            if item.host == killed and "quick" in item.name
        )
        hosts[killed].docker("kill", quick.name)
        timer = control.start("reconcile", drover_unattended="true")
        eventually(
            lambda: everywhere(hosts, "wharf")[quick.name].state == "running", seconds=REPAIRED_S
        )
        told = timer.communicate(timeout=ENDS_S)[0]
        assert timer.returncode == 0, told
        assert f"start  {quick.name}" in told
        assert _where(hosts, begins) == puller, "the pull goes on meanwhile"
        eventually(lambda: time.monotonic() - pulls_since > PULL_S, seconds=PULL_S + 10)
        for host in hosts.values():
            host.run(f"touch {GO}")
        output = person.communicate(timeout=ENDS_S)[0]
    assert person.returncode == 0, output
    assert any("pulled" in name for name in everywhere(hosts, "wharf")), output


def _where(hosts: Hosts, command: str) -> str:
    """The host on which a command succeeds."""
    return next((name for name, host in hosts.items() if host.shell.run(command).rc == 0), "")
