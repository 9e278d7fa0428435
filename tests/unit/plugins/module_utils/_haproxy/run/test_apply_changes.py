# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A checker that runs gets another config by orders where these are enough, and by a reload where they are not."""

from __future__ import annotations

import pathlib
import time
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.checker import (
    render_checker,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.apply import (
    Applied,
    apply,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.desired import checker
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.observe_checker import (
    observe_haproxy,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.target import Target
from ansible_collections.drover.docker.tests.unit.shared.fake_haproxy import (
    FakeEngine,
    FakeHaproxy,
    own_folders,
)

Json = dict[str, t.Any]
REQUEST: Json = {"method": "GET", "uri": "/", "version": "HTTP/1.0", "headers": []}


def member(name: str, life: str = "a", **given: t.Any) -> Json:
    return {
        "backend": name,
        "server": life,
        "address": "10.0.0.1",
        "port": 80,
        "request": REQUEST,
        "interval_ms": 1000,
        "response_timeout_ms": 0,
        "healthy_threshold": 2,
        "unhealthy_threshold": 3,
        **given,
    }


def config_of(*checks: Json, hosts: tuple[str, ...] = ("h1",)) -> str:
    controls = [{"server": host, "address": "10.0.1.1"} for host in hosts]
    return render_checker({"checks": list(checks), "controls": controls})[0]


class Bench:
    """A checker that runs with the config of two members."""

    def __init__(self, base: pathlib.Path) -> None:
        self.folders = own_folders(base)
        self.haproxy = FakeHaproxy(self.folders)
        self.engine = FakeEngine()
        self.folders.make()
        pathlib.Path(self.folders.file).write_text(config_of(member("web.1"), member("web.2")))
        self.haproxy.start()

    def apply(self, config: str, *, wait_s: float = 0, check_mode: bool = False) -> Applied:
        target = Target(self.folders, "checker", "haproxy:3.0")
        engine = t.cast(t.Any, self.engine)
        return apply(engine, target, checker(config), wait_s=wait_s, check_mode=check_mode)

    @property
    def reloads(self) -> int:
        return self.haproxy.commands.count("master: reload")

    def seen(self) -> Json:
        found = observe_haproxy(self.folders)
        assert found is not None
        return found

    def names(self) -> set[tuple[str, str]]:
        return {(item["backend"], item["server"]) for item in self.seen()["reports"]}


@pytest.fixture
def bench(tmp_path: pathlib.Path) -> t.Iterator[Bench]:
    made = Bench(tmp_path / "checker")
    yield made
    made.haproxy.stop()


def test_members_and_hosts_come_and_go_without_a_reload(bench: Bench) -> None:
    config = config_of(member("web.1", "b"), member("web.3"), hosts=("h2", "h3"))
    would = bench.apply(config, check_mode=True)
    assert (would.how, bench.haproxy.orders) == ("runtime", [])
    done = bench.apply(config)
    assert (done.how, done.revision, bench.reloads) == ("runtime", would.revision, 0)
    assert bench.folders.read_config() == config
    assert bench.names() == {
        ("web.1", "b"),
        ("web.3", "a"),
        ("control", "h2"),
        ("control", "h3"),
    }
    seen = bench.seen()
    assert seen["revision"] == seen["file_revision"] == done.revision
    assert bench.apply(config).how == "nothing"


def test_a_server_is_added_ready_and_checked_in_one_line(bench: Bench) -> None:
    """One whose check is enabled in a second line waits for a whole interval."""
    bench.apply(config_of(member("web.1"), member("web.2"), member("web.3")))
    first = bench.haproxy.orders[0]
    path = first.split()[2]
    assert path.endswith("/web.3:a:5")
    assert first == (
        f"add server {path} 10.0.0.1:80 check inter 1000ms rise 2 fall 3;"
        f"set server {path} state ready;enable health {path}"
    )
    assert bench.haproxy.orders[-1] == f"set server {path} health up"


def test_who_fails_its_first_check_is_not_taken_as_good(bench: Bench) -> None:
    bench.haproxy.ill = {"web.3"}
    bench.apply(config_of(member("web.1"), member("web.2"), member("web.3")), wait_s=5)
    assert not any("health up" in order for order in bench.haproxy.orders)
    (report,) = [item for item in bench.seen()["reports"] if item["backend"] == "web.3"]
    assert (report["status"], report["check_status"]) == ("DOWN", "L7STS")


@pytest.mark.parametrize("result", ["* INI", "* L7OK"])
def test_the_first_results_are_waited_for(bench: Bench, result: str) -> None:
    """Those of servers that are new; the next check of one may be under way already."""
    probe = next(name for name, _server in bench.haproxy.servers if name != "control")
    bench.haproxy.stat = [
        f"{probe},web.1:a:5,UP 1/3,1,2,* INI,,,,",
        f"{probe},web.3:a:5,UP -1/3,1,2,{result},,,,",
    ]
    began = time.monotonic()
    bench.apply(config_of(member("web.1"), member("web.2"), member("web.3")), wait_s=0.4)
    passed_s = time.monotonic() - began
    assert passed_s >= 0.4 if result == "* INI" else passed_s < 0.4
    assert any("health up" in order for order in bench.haproxy.orders) == (result == "* L7OK")


def test_another_question_needs_a_reload_and_only_the_first_time(bench: Bench) -> None:
    web = [member("web.1"), member("web.2")]
    other = member("other.1", request={**REQUEST, "uri": "/other"})
    assert bench.apply(config_of(*web, other), check_mode=True).how == "reload"
    ways = [
        bench.apply(config).how
        for config in (config_of(*web, other), config_of(*web), config_of(other))
    ]
    assert ways == ["reload", "runtime", "runtime"]
    assert bench.names() == {("other.1", "a"), ("control", "h1")}
    # The process has the backend still, though neither file has named it in between.
    assert bench.apply(config_of(*web)).how == "runtime"
    assert bench.reloads == 1


def test_the_same_server_elsewhere_is_another_config(bench: Bench) -> None:
    moved = config_of(member("web.1", address="10.0.0.7"), member("web.2"))
    assert bench.apply(moved).how == "reload"
    # The state of the server at its old address is not handed on.
    assert "web.2:a:5" in bench.haproxy.state_at_reload
    assert "web.1:a:5" not in bench.haproxy.state_at_reload


@pytest.mark.parametrize(
    "order", ["add server", "set server", "enable health", "del server", "set var"]
)
def test_an_order_that_is_refused_becomes_a_reload(bench: Bench, order: str) -> None:
    bench.haproxy.refuses = order
    config = config_of(member("web.1"), member("web.3"))
    done = bench.apply(config)
    assert (done.how, bench.reloads) == ("reload", 1)
    assert bench.haproxy.loaded == config
    assert bench.names() == {("web.1", "a"), ("web.3", "a"), ("control", "h1")}


def test_what_runs_is_read_back(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """HAProxy says that it did it, and did not."""
    real = FakeHaproxy._add_server

    def elsewhere(haproxy: FakeHaproxy, words: list[str]) -> str:
        return real(haproxy, [*words[:3], "10.9.9.9:80", *words[4:]])

    monkeypatch.setattr(FakeHaproxy, "_add_server", elsewhere)
    config = config_of(member("web.1"), member("web.2"), member("web.3"))
    assert bench.apply(config).how == "reload"
    assert {server.address for server in bench.haproxy.servers.values()} == {"10.0.0.1", "10.0.1.1"}


def test_a_kill_between_file_and_process_is_a_reload(bench: Bench) -> None:
    config = config_of(member("web.1"))
    pathlib.Path(bench.folders.file).write_text(config)
    assert bench.apply(config).how == "reload"
    assert bench.names() == {("web.1", "a"), ("control", "h1")}


@pytest.mark.parametrize(
    "order",
    [
        "set server {} state maint",
        "set server {} weight 5",
        "set server {} state maint;del server {}",
    ],
)
def test_what_somebody_ordered_by_hand_is_undone(bench: Bench, order: str) -> None:
    config = bench.folders.read_config() or ""
    before = dict(bench.names())
    probe = next(name for name, _server in bench.haproxy.servers if name != "control")
    path = f"{probe}/web.1:a:5"
    bench.haproxy._admin(order.format(path, path))
    assert bench.apply(config).changed
    assert dict(bench.names()) == before
    server = bench.haproxy.servers[probe, "web.1:a:5"]
    assert (server.maintained, server.weight) == (False, 1)
    assert bench.apply(config).how == "nothing"


def test_a_missing_file_is_written_and_nothing_is_reloaded(bench: Bench) -> None:
    config = bench.folders.read_config() or ""
    pathlib.Path(bench.folders.file).unlink()
    assert bench.apply(config).how == "runtime"
    assert (bench.folders.read_config(), bench.reloads) == (config, 0)


def test_a_file_of_an_earlier_release_is_replaced_by_one_reload(bench: Bench) -> None:
    """Its backends are members, and it has no checksum."""
    first = config_of().partition("\n")[2] + "\nbackend web.1\n    server a 10.0.0.1:80 check\n"
    pathlib.Path(bench.folders.file).write_text(first)
    bench.haproxy._load(first)
    assert bench.seen()["file_revision"] == ""
    config = config_of(member("web.1"))
    ways = [bench.apply(item).how for item in (config, config_of(member("web.1", "b")))]
    assert ways == ["reload", "runtime"]
