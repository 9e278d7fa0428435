# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real load balancers while they change: nothing is lost, nothing is done twice, what is refused changes nothing.

DROVER_SOAK=1 runs the full counts.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import threading
import time
import typing as t
import uuid

import pytest
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run import worker
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.changes import Change
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.folders import Folders
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.observe_balancers import (
    observe_balancers,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.socket import (
    HaproxyError,
    ask,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.target import ApplyError

from .balancer_clients import clients
from .balancer_lab import (
    QUICK,
    Balancer,
    backend,
    frontend,
    model,
    one_balancer,
    server,
    simple,
)
from .balancer_members import Member, some_members
from .haproxy_container import MARK, Json, gateway
from .haproxy_versions import ALL, OURS, SOAK, count

CHANGES = count(soak=100, default=25, other=5)
ONE_VERSION = pytest.mark.parametrize("lb", OURS, indirect=True)
STICKY: Json = {"cookie": "lb", "indirect": True, "mode": "insert"}
TESTAPP = "drover-lab/testapp:1"


@pytest.fixture(params=ALL)
def lb(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> t.Iterator[Balancer]:
    """A load balancer that is not started yet."""
    with one_balancer(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def members(lb: Balancer) -> t.Iterator[list[Member]]:
    with some_members(gateway(lb.engine)) as make:
        yield [make(f"shop.web.{index}") for index in (1, 2, 3)]


def admin(lb: Balancer, command: str) -> str:
    return ask(lb.folders.admin_socket, command, deadline_s=2)


def config_of(lb: Balancer) -> str:
    return pathlib.Path(lb.folders.file).read_text()


@ONE_VERSION
def test_files_come_before_the_container(lb: Balancer, members: list[Member]) -> None:
    wanted = simple(*members)
    would = lb.apply(wanted, check_mode=True)
    assert (would.changed, would.how, os.path.exists(lb.folders.base)) == (True, "files", False)
    done = lb.apply(wanted)
    assert (done.changed, done.how, done.before, done.after) == (
        True,
        "files",
        "",
        would.after,
    )
    found = {
        path.relative_to(lb.folders.base).as_posix(): (
            path.stat().st_uid,
            path.stat().st_gid,
            oct(path.stat().st_mode & 0o777),
        )
        for path in pathlib.Path(lb.folders.base).rglob("*")
    }
    file, folder = (0, 99, "0o640"), (0, 99, "0o750")
    assert found == {
        "config": folder,
        "config/haproxy.cfg": file,
        "config/certs": folder,
        "config/certs/crt-list": file,
        "config/errors": folder,
        "config/errors/503.http": file,
        "run": (99, 99, "0o700"),
        "run/server-state": (99, 99, "0o640"),
    }
    assert not lb.apply(wanted).changed
    lb.start()
    assert not lb.apply(wanted).changed
    assert lb.seen()["revision"] == done.revision


def test_a_second_apply_does_nothing(lb: Balancer, members: list[Member]) -> None:
    lb.run(simple(members[0]))
    for wanted in (
        simple(*members[:2]),
        simple(*members[:2], config="defaults\n timeout queue 9s\n"),
    ):
        lb.apply(wanted)
        before, stat = lb.seen(), pathlib.Path(lb.folders.file).stat()
        again = lb.apply(wanted)
        after = lb.seen()
        assert (again.changed, again.how) == (False, "nothing")
        assert not lb.apply(wanted, check_mode=True).changed
        assert after["pid"] == before["pid"]
        assert after["revision"] == after["file_revision"] == again.revision
        assert pathlib.Path(lb.folders.file).stat() == stat


@ONE_VERSION
def test_a_rejected_config_changes_nothing(lb: Balancer, members: list[Member]) -> None:
    good = simple(members[0])
    lb.run(good)
    before, text = lb.seen(), config_of(lb)
    broken = simple(members[0], config="backend 80_\n balanse first\n")
    with pytest.raises(ApplyError, match=r"rejects the config: .*unknown keyword 'balanse'"):
        lb.apply(broken)
    assert (config_of(lb), lb.seen()["pid"], lb.get().status) == (text, before["pid"], 200)
    assert not lb.apply(good).changed


def test_a_port_that_cannot_be_had_changes_nothing(
    lb: Balancer, members: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RELOAD_S", 1.5)
    good = simple(members[0])
    lb.run(good)
    text = config_of(lb)
    with pytest.raises(ApplyError, match=r"could not reload|does not run rev-"):
        lb.apply(simple(members[0], config="listen other\n bind 192.0.2.1:81\n"))
    assert config_of(lb) == text
    # HAProxy does not listen while the new worker tries to, which it gives up after some 2 s.
    assert answers_within(lb, 4)
    assert not lb.apply(good).changed


def answers_within(lb: Balancer, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            return lb.get().status == 200
        time.sleep(0.05)
    return False


@pytest.mark.every_version
@pytest.mark.parametrize("how", ["reload", "runtime"])
def test_no_request_is_lost_by_changes(lb: Balancer, members: list[Member], how: str) -> None:
    configs = (
        [f"defaults\n timeout queue {turn}s\n" for turn in (8, 9)] if how == "reload" else [""]
    )
    pools = [members[:2], members] if how == "runtime" else [members]
    changes = CHANGES[lb.version]
    lb.run(simple(*pools[0], config=configs[0]))
    seen = set()
    with clients(lb) as both:
        for turn in range(changes):
            wanted = simple(*pools[turn % len(pools)], config=configs[turn % len(configs)])
            seen.add(lb.apply(wanted).how)
            time.sleep(0.02)
    assert seen <= {how, "nothing"}
    print(f"{lb.image}: {changes} by {how}: {[client.sent for client in both]} requests")
    assert [client.failures for client in both] == [[], []]
    assert min(client.sent for client in both) > 3 * changes


@ONE_VERSION
def test_no_request_is_lost_by_draining_and_return(lb: Balancer, members: list[Member]) -> None:
    lb.run(simple(*members))
    with clients(lb, path="/") as both:
        for turn in range(12 if SOAK else 4):
            one = members[turn % 3]
            servers = [server(member, drain=member is one) for member in members]
            done = lb.apply(simple(*servers), wait_s=5)
            assert (done.how, done.quiet) == ("runtime", True)
            one.requests.clear()
            time.sleep(0.1)
            assert one.requests == []
            one.stop()
            time.sleep(0.1)
            one.start()
            assert lb.apply(simple(*members)).how == "runtime"
            lb.until(one.name, lambda report: report["status"] == "UP")
            end = time.monotonic() + 15
            while not one.requests:
                assert time.monotonic() < end, "it gets no requests again"
                time.sleep(0.05)
    assert [client.failures for client in both] == [[], []]


@ONE_VERSION
def test_draining_waits_for_requests_under_way(lb: Balancer, members: list[Member]) -> None:
    one, two = members[:2]
    lb.run(simple(one))
    one.slow_s = 2.0
    replies: list[int] = []
    slow = threading.Thread(target=lambda: replies.append(lb.get("/slow").status))
    slow.start()
    time.sleep(0.3)
    drained = simple(server(one, drain=True), two)
    first = lb.apply(drained, wait_s=0.2)
    assert (first.how, first.quiet) == ("runtime", False)
    assert lb.seen()["sessions"] == {"80_/shop.web.1": 1}
    began = time.monotonic()
    second = lb.apply(drained, wait_s=10)
    assert (second.changed, second.quiet) == (False, True)
    assert 0.5 < time.monotonic() - began < 4
    slow.join()
    assert replies == [200]


@ONE_VERSION
def test_requests_in_an_old_worker_are_waited_for(lb: Balancer, members: list[Member]) -> None:
    one = members[0]
    lb.run(simple(*members[:2], pool={"check": QUICK}))
    for member in members[:2]:
        member.slow_s = 2.0
    replies: list[int] = []
    slow = threading.Thread(target=lambda: replies.append(lb.get("/slow").status))
    slow.start()
    time.sleep(0.3)
    assert lb.apply(simple(*members[:2], config="defaults\n timeout queue 9s\n")).how == "reload"
    drained = simple(server(one, drain=True), members[1], config="defaults\n timeout queue 9s\n")
    assert not lb.apply(drained, wait_s=0.2).quiet
    assert lb.seen()["old_workers"] == 1
    assert lb.apply(drained, wait_s=10).quiet
    slow.join()
    assert replies == [200]


@pytest.mark.parametrize("policy", [None, STICKY])
def test_a_drain_is_in_the_file_and_not_in_the_marker(
    lb: Balancer, members: list[Member], policy: Json | None
) -> None:
    pool = {"stickiness": policy}
    plain = simple(*members[:2], pool=pool)
    drained = simple(server(members[0], drain=True), members[1], pool=pool)
    first = lb.run(plain)
    done = lb.apply(drained)
    assert (done.changed, done.how, done.revision) == (True, "runtime", first.revision)
    assert not lb.apply(drained).changed
    assert done.before != done.after
    # A restart says the same ...
    lb.engine.stop(lb.name, 1)
    lb.engine.start(lb.name)
    lb.look_up()
    assert {lb.get().member for _request in range(4)} == {"shop.web.2"}
    assert not lb.apply(drained).changed
    assert lb.report("shop.web.1")["drain"]
    # ... and a reload, in both directions.
    other: Json = {"config": "defaults\n timeout queue 9s\n", "pool": pool}
    again = lb.apply(simple(server(members[0], drain=True), members[1], **other))
    assert (again.how, lb.report("shop.web.1")["drain"]) == ("reload", True)
    assert {lb.get().member for _request in range(4)} == {"shop.web.2"}
    assert lb.apply(plain).how == "reload"
    assert not lb.report("shop.web.1")["drain"]
    lb.until("shop.web.1", lambda report: report["status"] == "UP")
    used: set[str] = set()
    end = time.monotonic() + 10  # a slow start: HAProxy 3.4 may give it none of the first 40
    while used != {"shop.web.1", "shop.web.2"}:
        assert time.monotonic() < end, used
        used.add(lb.get().member)


@ONE_VERSION
def test_what_was_done_by_hand_is_put_right(lb: Balancer, members: list[Member]) -> None:
    wanted = simple(*members[:2])
    lb.run(wanted)
    for command in ("state drain", "state maint", "weight 0", "weight 7"):
        admin(lb, f"set server 80_/shop.web.1 {command}")
        assert lb.apply(wanted, check_mode=True).how == "runtime"
        done = lb.apply(wanted)
        assert (done.changed, done.how) == (True, "runtime")
        assert not lb.apply(wanted).changed
        assert not lb.report("shop.web.1")["drain"]
    pathlib.Path(lb.folders.file).write_text(config_of(lb) + "# by hand\n")
    assert lb.seen()["file_revision"] == ""
    # Whoever wrote it may have had it loaded, and what runs then has the right marker all the same.
    assert lb.apply(wanted).how == "reload"
    assert "# by hand" not in config_of(lb)
    assert not lb.apply(wanted).changed


@ONE_VERSION
def test_weights_change_while_it_runs(lb: Balancer, members: list[Member]) -> None:
    one, two = members[:2]
    lb.run(simple(one, two, pool={"check": None}))
    done = lb.apply(simple(server(one, weight=3), two, pool={"check": None}))
    assert done.how == "runtime"
    names = [lb.get().member for _request in range(40)]
    assert names.count("shop.web.1") == 30
    assert not lb.apply(simple(server(one, weight=3), two, pool={"check": None})).changed


@pytest.mark.every_version
def test_a_new_member_gets_nothing_before_a_good_check(lb: Balancer, members: list[Member]) -> None:
    one, two = members[:2]
    lb.run(simple(one))
    two.stop()
    with clients(lb) as both:
        assert lb.apply(simple(one, two)).how == "runtime"
        time.sleep(0.5)
        assert lb.report("shop.web.2")["status"] == "DOWN"
        two.start()
        lb.until("shop.web.2", lambda report: report["status"] == "UP")
        end = time.monotonic() + 15
        while not two.requests:
            assert time.monotonic() < end
            time.sleep(0.05)
    assert [client.failures for client in both] == [[], []]


def test_a_member_with_another_address_begins_anew(lb: Balancer, members: list[Member]) -> None:
    one, two = members[:2]
    lb.run(simple(one))
    one.stop()
    lb.until("shop.web.1", lambda report: report["status"] == "DOWN")
    moved = server(two, name="shop.web.1")
    assert lb.apply(simple(moved)).how == "reload"
    assert lb.get().member == "shop.web.2"  # at once, and from the new address


@pytest.mark.every_version
def test_what_a_version_cannot_do_while_it_runs_is_a_reload(
    lb: Balancer, members: list[Member]
) -> None:
    pool = {"stickiness": STICKY}
    lb.run(simple(*members[:2], pool=pool))
    with clients(lb) as both:
        done = lb.apply(simple(*members, pool=pool))
        lb.until("shop.web.3", lambda report: report["status"] == "UP")
    assert done.how == ("reload" if lb.seen()["version"].startswith("2.6") else "runtime")
    assert [client.failures for client in both] == [[], []]
    assert not lb.apply(simple(*members, pool=pool)).changed


@ONE_VERSION
def test_a_change_that_fails_half_way_is_put_right_by_a_reload(
    lb: Balancer, members: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    lb.run(simple(*members[:2]))

    def fail(*_arguments: t.Any) -> None:
        raise HaproxyError("as the test wants it")

    monkeypatch.setattr(Change, "_note", fail)
    with clients(lb) as both:
        done = lb.apply(simple(server(members[0], drain=True), members[2]))
    assert (done.changed, done.how) == (True, "reload")
    assert [client.failures for client in both] == [[], []]
    monkeypatch.undo()
    assert not lb.apply(simple(server(members[0], drain=True), members[2])).changed
    assert {item["server"] for item in lb.seen()["reports"]} == {"shop.web.1", "shop.web.3"}


@ONE_VERSION
def test_an_interrupted_change_is_finished(lb: Balancer, members: list[Member]) -> None:
    """The file is new, the worker is not: as after a kill between the two."""
    lb.run(simple(members[0]))
    new = simple(*members[:2])
    run = pathlib.Path(lb.folders.config)
    aside = Folders(str(run.parent.parent / "aside"))
    other = Balancer(lb.engine, lb.image, aside)
    other.apply(new)
    (run / "haproxy.cfg").write_text(pathlib.Path(aside.file).read_text())
    assert lb.seen()["revision"] != lb.seen()["file_revision"]
    assert lb.apply(new).how == "reload"
    assert not lb.apply(new).changed


@ONE_VERSION
def test_observation_of_all_load_balancers_of_a_host(
    lb: Balancer, members: list[Member], tmp_path: pathlib.Path
) -> None:
    base = tmp_path / "balancers" / "shop.lb.1"
    lb.folders = Folders(str(base))
    lb.run(simple(*members[:2]))
    pathlib.Path(tmp_path, "balancers", "shop.lb.2").mkdir()
    found = observe_balancers(str(tmp_path))
    assert set(found) == {"shop.lb.1", "shop.lb.2"}
    one, two = found["shop.lb.1"], found["shop.lb.2"]
    assert (one["error"], one["revision"]) == ("", one["file_revision"])
    assert "does not answer" in two["error"]
    report = one["reports"][0]
    assert (report["backend"], report["server"]) == ("80_", "shop.web.1")
    assert (report["weight"], report["drain"], report["backend_status"]) == (1, False, "UP")
    lb.engine._change("POST", f"/containers/{lb.name}/pause")
    began = time.monotonic()
    silent = observe_balancers(str(tmp_path))["shop.lb.1"]
    assert time.monotonic() - began < 3
    assert "did not answer" in silent["error"]
    assert silent["file_revision"] == one["file_revision"]
    lb.engine.unpause(lb.name)
    assert observe_balancers(str(tmp_path / "nothing")) == {}


def docker(*words: str) -> str:
    return subprocess.run(
        ["docker", *words], capture_output=True, text=True, check=True
    ).stdout.strip()


@contextlib.contextmanager
def application(lb: Balancer, count: int) -> t.Iterator[list[Json]]:
    """Containers of the test application at fixed addresses, on a network of their own with the load balancer."""
    if lb.engine.image(TESTAPP) is None:
        pytest.skip(f"no image {TESTAPP} here: lab/images testapp")
    name = "drover-lb-" + uuid.uuid4().hex[:8]
    docker("network", "create", "--label", f"{MARK}=1", "--subnet", "10.213.77.0/24", name)
    servers: list[Json] = []
    try:
        for index in range(1, count + 1):
            address, container = f"10.213.77.{100 + index}", f"{name}-{index}"
            place = ["--network", name, "--ip", address, "--label", f"{MARK}=1"]
            docker("run", "-d", "--name", container, *place, TESTAPP)
            given: Json = {"port": 8080, "weight": 1}
            flags: Json = {"drain": False, "backup": False, "resolve": False}
            servers.append({"name": container, "address": address, **given, **flags})
        lb.network = name
        yield servers
    finally:
        lb.remove()
        for index in range(1, count + 1):
            with contextlib.suppress(subprocess.CalledProcessError):
                docker("rm", "-f", "-v", f"{name}-{index}")
        docker("network", "rm", name)


@ONE_VERSION
def test_no_get_is_lost_when_a_member_is_killed_removed_and_comes_back(lb: Balancer) -> None:
    with application(lb, 3) as servers:
        lb.run(simple(*servers, pool={"check": {**QUICK, "port": 8080}}))
        one = servers[0]["name"]
        with clients(lb) as both:
            for way in ("kill", "stop", "remove"):
                time.sleep(0.5)
                if way == "remove":
                    docker("rm", "-f", "-v", one)
                else:
                    docker(way, *(["-t", "1"] if way == "stop" else []), one)
                lb.until(one, lambda report: report["status"] == "DOWN")
                if way == "remove":
                    place = ["--network", lb.network, "--ip", servers[0]["address"]]
                    docker("run", "-d", "--name", one, "--label", f"{MARK}=1", *place, TESTAPP)
                else:
                    docker("start", one)
                lb.until(one, lambda report: report["status"] == "UP")
        print(f"{lb.image}: {[client.sent for client in both]} requests")
        assert [client.failures for client in both] == [[], []]


@ONE_VERSION
def test_behaviour_73_a_name_is_looked_up_again_and_again(lb: Balancer) -> None:
    with application(lb, 2) as servers:
        one, two = (item["name"] for item in servers)
        named = {**servers[0], "name": "shop.out.name", "address": one, "resolve": True}
        wanted = simple(named, pool={"check": {**QUICK, "port": 8080}})
        lb.run(wanted)
        lb.until("shop.out.name", lambda report: report["status"] == "UP")
        assert lb.get().status == 200
        docker("rm", "-f", "-v", one)
        # Its name is now that of the other one, at another address.
        docker("network", "disconnect", lb.network, two)
        docker("network", "connect", "--alias", one, "--ip", "10.213.77.150", lb.network, two)
        end = time.monotonic() + 15
        while lb.get().status != 200:
            assert time.monotonic() < end
            time.sleep(0.2)
        assert not lb.apply(wanted).changed


@ONE_VERSION
def test_two_load_balancers_for_one_service(lb: Balancer, members: list[Member]) -> None:
    """Behaviour 60: and the end of one is none of the other's business."""
    wanted = model([frontend(80, default="80_")], [backend("80_", *members[:2])])
    lb.run(wanted)
    other = Balancer(lb.engine, lb.image, Folders(lb.folders.base + "-2"))
    try:
        other.run(wanted)
        for one in (lb, other):
            assert {one.get().member for _request in range(4)} == {"shop.web.1", "shop.web.2"}
    finally:
        other.remove()
    assert lb.get().status == 200
