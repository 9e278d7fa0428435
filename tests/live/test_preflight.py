# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Preflight on real hosts, sound ones and ones with faults made on purpose: three of the lab."""

from __future__ import annotations

import contextlib
import typing as t

import pytest

from .network_fleet import INVENTORY, Fleet, Run, eventually

STOP = "systemctl stop docker.socket docker"
SDK = "$(python3 -c 'import docker, os; print(os.path.dirname(docker.__file__))')"
SMALL = "/srv/drover-small"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    if not INVENTORY.exists():
        pytest.skip("the lab is not up: make lab")
    made = Fleet(tmp_path_factory.mktemp("preflight"))
    if len(made.hosts) < 3:
        pytest.skip("needs three hosts: lab/up")
    return made


@pytest.fixture(autouse=True)
def _screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_STDOUT_CALLBACK", "drover.docker.compact")


def preflight(fleet: Fleet, *words: str, **named: t.Any) -> Run:
    return fleet.play(*words, hosts=fleet.hosts[:3], playbook="preflight", **named)


def lines(run: Run) -> list[str]:
    return [line for line in run.output.splitlines() if line and not line.startswith("[")]


@contextlib.contextmanager
def stopped(fleet: Fleet, host: str) -> t.Iterator[None]:
    """The engine of a host is stopped, and runs again afterwards."""
    fleet.shell(host, STOP)
    try:
        yield
    finally:
        fleet.shell(host, "systemctl start docker")
        assert eventually(lambda: bool(fleet.shell(host, "docker info", check=False)), seconds=20)


@contextlib.contextmanager
def without_sdk(fleet: Fleet, host: str) -> t.Iterator[None]:
    """The package docker of a host is out of the way."""
    folder = fleet.shell(host, f"echo {SDK}")
    fleet.shell(host, f"mv {folder} {folder}.away")
    try:
        yield
    finally:
        fleet.shell(host, f"mv {folder}.away {folder}")


@contextlib.contextmanager
def small_disk(fleet: Fleet, host: str) -> t.Iterator[None]:
    """A host has a file system of 10 MB."""
    fleet.shell(host, f"mkdir -p {SMALL} && mount -t tmpfs -o size=10m tmpfs {SMALL}")
    try:
        yield
    finally:
        fleet.shell(host, f"umount {SMALL} && rmdir {SMALL}")


def test_all_faults_of_all_hosts_are_told_at_once(fleet: Fleet) -> None:
    first, second, third = fleet.hosts[:3]
    with stopped(fleet, second), without_sdk(fleet, second), small_disk(fleet, third):
        state_dir = (
            f"{{{{ '{SMALL}/drover' if inventory_hostname == '{third}' else '/var/lib/drover' }}}}"
        )
        run = preflight(fleet, away=first, drover_state_dir=state_dir)
        left = fleet.shell(third, f"ls -A {SMALL}")
    told = [line.partition(";")[0] for line in lines(run)]
    assert told == [
        f"error  {first}  connection refused at {fleet.address(first)}",
        f"error  {second}  /usr/bin/python3 lacks the package docker",
        f"error  {second}  the Docker engine does not run (nothing answers at unix:///var/run/docker.sock)",
        f"error  {third}  10 MB are free for {SMALL}/drover, and 500 MB are needed",
        "preflight: 3 hosts, 3 with problems",
    ]
    assert (run.code, left) == (2, "")


def test_an_engine_that_is_installed_is_only_started(fleet: Fleet) -> None:
    host = fleet.hosts[1]
    with stopped(fleet, host):
        run = preflight(fleet, install=True)
        assert lines(run) == [
            f"done   {host}  Start Docker, now and with the machine",
            "preflight: 3 hosts, no problems",
        ]
    assert run.code == 0
