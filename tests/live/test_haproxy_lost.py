# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real HAProxys that lost their sockets, folders or files: they get them back by themselves, or it is said why not."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import time
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.target import ApplyError
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.worker import (
    old_workers,
    wait_for_worker,
)

from .balancer_lab import Balancer, one_balancer, simple
from .balancer_members import Member, some_members
from .haproxy_container import gateway
from .haproxy_lab import Backend, Haproxy, check, one_haproxy, some_backends
from .haproxy_versions import ALL, OURS

pytestmark = pytest.mark.every_version


@pytest.fixture(params=ALL)
def lb(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> t.Iterator[Balancer]:
    with one_balancer(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def member(lb: Balancer) -> t.Iterator[Member]:
    with some_members(gateway(lb.engine)) as make:
        yield make("shop.web.1")


@pytest.fixture(params=OURS)
def checker(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> t.Iterator[Haproxy]:
    with one_haproxy(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def target(checker: Haproxy) -> t.Iterator[Backend]:
    with some_backends(checker.engine) as make:
        yield make()


def remove(*paths: str) -> None:
    for path in paths:
        shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)


def begin(lb: Balancer, member: Member) -> None:
    """Start it, and wait until its master answers too."""
    lb.run(simple(member))
    old_workers(lb.folders, deadline_s=5)


def serves(lb: Balancer) -> bool:
    try:
        return lb.get().status == 200
    except ConnectionRefusedError:  # it has just been started
        return False


def works(lb: Balancer) -> bool:
    end = time.monotonic() + 10
    while not lb.address or lb.engine.inspect(lb.name)["State"]["Status"] != "running":
        assert time.monotonic() < end
        lb.look_up()
    while not serves(lb) and time.monotonic() < end:
        time.sleep(0.05)
    return serves(lb)


def test_the_worker_s_socket_is_made_anew_by_a_reload(lb: Balancer, member: Member) -> None:
    begin(lb, member)
    remove(lb.folders.admin_socket)
    seen = lb.seen()
    assert seen["socket_gone"]
    assert "admin.sock does not exist" in seen["error"]
    done = lb.apply(simple(member))
    assert (done.changed, done.how) == (True, "reload")
    assert works(lb)
    assert lb.seen()["error"] == ""
    assert not lb.apply(simple(member)).changed


def test_both_sockets_are_made_anew_by_a_restart(lb: Balancer, member: Member) -> None:
    begin(lb, member)
    remove(lb.folders.admin_socket, lb.folders.master_socket)
    assert lb.apply(simple(member)).how == "restart"
    assert works(lb)
    assert not lb.apply(simple(member)).changed


@pytest.mark.parametrize("gone", ["base", "config", "run"])
def test_a_folder_that_is_gone_is_made_anew(lb: Balancer, member: Member, gone: str) -> None:
    begin(lb, member)
    remove(getattr(lb.folders, gone))
    assert lb.apply(simple(member)).how == "restart"
    assert works(lb)
    seen = lb.seen()
    assert seen["error"] == ""
    assert seen["revision"] == seen["file_revision"] != ""
    assert os.stat(lb.folders.config).st_mode & 0o777 == 0o750
    assert not lb.apply(simple(member)).changed


@pytest.mark.parametrize("gone", ["base", "run"])
def test_a_checker_gets_its_folders_back(checker: Haproxy, target: Backend, gone: str) -> None:
    wanted = {"checks": [check("shop.web.1", target)], "controls": []}
    checker.apply(wanted)
    checker.start()
    wait_for_worker(checker.folders)
    old_workers(checker.folders, deadline_s=5)
    remove(getattr(checker.folders, gone))
    assert checker.apply(wanted).how == "restart"
    checker.until("shop.web.1", lambda item: item["status"] == "UP")
    assert not checker.apply(wanted).changed


@pytest.mark.parametrize("lb", OURS, indirect=True)
def test_the_modules_never_restart_a_container(lb: Balancer, member: Member) -> None:
    lb.may_restart = False
    begin(lb, member)
    started = lb.engine.inspect(lb.name)["State"]["StartedAt"]
    remove(lb.folders.admin_socket, lb.folders.master_socket)
    with pytest.raises(ApplyError, match="the sockets of HAProxy are gone: restart its container"):
        lb.apply(simple(member))
    remove(lb.folders.base)
    with pytest.raises(ApplyError, match=r"its mount is stale.*restart the container"):
        lb.apply(simple(member))
    assert lb.engine.inspect(lb.name)["State"]["StartedAt"] == started


@pytest.mark.parametrize("lb", OURS, indirect=True)
@pytest.mark.parametrize("file", ["haproxy.cfg", "certs/crt-list", "errors/503.http"])
def test_a_damaged_file_is_seen_and_mended_before_the_next_start(
    lb: Balancer, member: Member, file: str
) -> None:
    begin(lb, member)
    assert lb.seen()["file_revision"]
    path = pathlib.Path(lb.folders.config, file)
    path.write_text(path.read_text() + "junk line\n")
    assert lb.seen()["file_revision"] == ""
    lb.apply(simple(member))
    assert "junk" not in path.read_text()
    lb.engine.stop(lb.name, 2)
    lb.engine.start(lb.name)
    assert works(lb)


@pytest.mark.parametrize("lb", OURS, indirect=True)
def test_a_crash_loop_ends_with_its_file(lb: Balancer, member: Member) -> None:
    begin(lb, member)
    path = pathlib.Path(lb.folders.file)
    path.write_text(path.read_text() + "junk line\n")
    lb.engine.stop(lb.name, 2)
    lb.engine.start(lb.name)
    end = time.monotonic() + 10
    while lb.engine.inspect(lb.name)["State"]["Status"] != "restarting":
        assert time.monotonic() < end
        time.sleep(0.02)
    lb.address = ""  # it gets one with its next start
    with contextlib.suppress(ApplyError):  # it may be asked in the moment in which it runs
        lb.apply(simple(member))
    assert "junk" not in path.read_text()
    assert works(lb)
    assert not lb.apply(simple(member)).changed
