# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A checker's config on its way into real HAProxy containers: what is applied, refused, kept, and reported."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import threading
import time
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.checker import (
    render_checker,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.marker import (
    with_marker,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run import worker
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.socket import (
    HaproxyError,
    ask,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.stats import completed
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.target import ApplyError

from .haproxy_container import Json
from .haproxy_lab import (
    Backend,
    Haproxy,
    check,
    get,
    one_haproxy,
    some_backends,
    without_marker,
)
from .haproxy_versions import ALL, OURS, count

RELOADS = count(soak=100, default=20, other=5)
ONE_VERSION = pytest.mark.parametrize("haproxy", OURS, indirect=True)
QUICK: Json = {
    "interval_ms": 200,
    "response_timeout_ms": 200,
    "healthy_threshold": 2,
    "unhealthy_threshold": 2,
}
NOTHING: Json = {"checks": [], "controls": []}


@pytest.fixture(params=ALL)
def haproxy(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> t.Iterator[Haproxy]:
    with one_haproxy(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def backends(haproxy: Haproxy) -> t.Iterator[t.Callable[[], Backend]]:
    """Makes targets."""
    with some_backends(haproxy.engine) as make:
        yield make


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """HAProxy gets less time for a reload that can't succeed."""
    monkeypatch.setattr(worker, "RELOAD_S", 1.5)


def started(haproxy: Haproxy, model: Json) -> None:
    """Its config first, as the loop does it, then the container."""
    haproxy.apply(model)
    haproxy.start()
    haproxy.apply(model)


def test_a_container_that_does_not_run_gets_its_file(haproxy: Haproxy) -> None:
    would = haproxy.apply(NOTHING, check_mode=True)
    assert (would.changed, would.how) == (True, "files")
    assert not pathlib.Path(haproxy.folders.base).exists()
    done = haproxy.apply(NOTHING)
    assert (done.changed, done.how, done.before) == (True, "files", "")
    assert pathlib.Path(haproxy.folders.file).read_text() == done.after
    modes = {
        path.relative_to(haproxy.folders.base).as_posix(): (
            path.stat().st_uid,
            path.stat().st_gid,
            oct(path.stat().st_mode & 0o777),
        )
        for path in pathlib.Path(haproxy.folders.base).rglob("*")
    }
    assert modes == {
        "config": (0, 99, "0o750"),
        "config/haproxy.cfg": (0, 99, "0o640"),
        "run": (99, 99, "0o700"),
        "run/server-state": (99, 99, "0o640"),
    }
    assert not haproxy.apply(NOTHING).changed
    haproxy.start()
    assert not haproxy.apply(NOTHING).changed  # it starts, with nothing to check
    assert haproxy.seen()["revision"] == done.revision


@pytest.mark.every_version
def test_a_second_apply_changes_nothing(
    haproxy: Haproxy, backends: t.Callable[[], Backend]
) -> None:
    model = {"checks": [check("web", backends(), request=get())], "controls": []}
    started(haproxy, NOTHING)
    assert haproxy.apply(model, check_mode=True).how == "reload"
    first = haproxy.apply(model)
    before = haproxy.seen()
    assert (first.changed, first.how) == (True, "reload")
    stat = pathlib.Path(haproxy.folders.file).stat()
    time.sleep(1.1)
    second = haproxy.apply(model)
    after = haproxy.seen()
    assert (second.changed, second.how) == (False, "nothing")
    assert not haproxy.apply(model, check_mode=True).changed
    assert after["pid"] == before["pid"]
    assert after["uptime_s"] > before["uptime_s"]
    assert pathlib.Path(haproxy.folders.file).stat() == stat
    assert (after["revision"], after["file_revision"]) == (first.revision, first.revision)


@pytest.mark.every_version
def test_the_first_results_are_waited_for(
    haproxy: Haproxy, backends: t.Callable[[], Backend]
) -> None:
    bad, gone = backends(), backends()
    bad.say(500)
    gone.close()
    slow = {"interval_ms": 60000, "unhealthy_threshold": 3, "healthy_threshold": 3}
    model: Json = {
        "checks": [
            check("good", backends(), request=get(), **slow),
            check("bad", bad, request=get(), **slow),
            check("gone", gone, **slow),
            check("tcp", backends(), **slow),
        ],
        "controls": [],
    }
    started(haproxy, NOTHING)
    began = time.monotonic()
    haproxy.apply(model, wait_s=10)
    assert time.monotonic() - began < 4  # an interval of a minute does not delay the first check
    found = {item["backend"]: item for item in haproxy.seen()["reports"]}
    assert all(completed(item) for item in found.values())
    said = {name: (item["status"], item["check_status"]) for name, item in found.items()}
    assert said == {  # one result decides, whatever the thresholds
        "good": ("UP", "L7OK"),
        "bad": ("DOWN", "L7STS"),
        "gone": ("DOWN", "L4CON"),
        "tcp": ("UP", "L4OK"),
    }
    assert (found["bad"]["check_code"], len(bad.requests)) == (500, 1)


@ONE_VERSION
def test_waiting_for_a_first_result_ends(
    haproxy: Haproxy, backends: t.Callable[[], Backend]
) -> None:
    hangs = backends()
    hangs.hangs = True
    model = {"checks": [check("web", hangs, request=get(), interval_ms=30000)], "controls": []}
    started(haproxy, NOTHING)
    began = time.monotonic()
    haproxy.apply(model, wait_s=1.5)
    assert 1.5 <= time.monotonic() - began < 4
    assert not completed(haproxy.report("web"))


@pytest.mark.every_version
def test_reloads_keep_the_state_of_the_checks(
    haproxy: Haproxy, backends: t.Callable[[], Backend]
) -> None:
    good, bad, gone, other = backends(), backends(), backends(), backends()
    bad.say(503)
    gone.close()
    kept = [
        check("good", good, request=get(), **QUICK),
        check("bad", bad, request=get(), **QUICK),
        check("gone", gone, **QUICK),
    ]
    without: Json = {"checks": kept, "controls": []}
    started(haproxy, without)
    haproxy.until("bad", lambda report: report["status"] == "DOWN")
    haproxy.until("gone", lambda report: report["status"] == "DOWN")
    haproxy.until("good", lambda report: report["check_status"] == "L7OK")
    for backend in ("good", "bad", "gone"):
        haproxy.until(backend, lambda report: report["since_s"] >= 2)
    began, watcher = time.monotonic(), Watcher(haproxy)
    for turn in range(RELOADS[haproxy.version]):
        asked = check("other", other, request=get(f"/{turn}"))  # another question: another backend
        done = haproxy.apply({"checks": [*kept, asked], "controls": []}, wait_s=0)
        assert done.how == "reload"
    watcher.stop()
    assert watcher.statuses == {("good", "UP"), ("bad", "DOWN"), ("gone", "DOWN")}
    assert watcher.errors == []
    assert watcher.looks > RELOADS[haproxy.version]
    # Whole seconds are handed on, so a reload may lose one (3 in 100 were seen); anew it would begin at 0.
    least = 1 + (time.monotonic() - began) / 2
    for item in haproxy.seen()["reports"]:
        if item["backend"] != "other":
            assert item["since_s"] >= least, item


class Watcher:
    """Looks at a HAProxy all the time, as another controller may, and notes what it says of servers that stay."""

    def __init__(self, haproxy: Haproxy) -> None:
        self.statuses: set[tuple[str, str]] = set()
        self.errors: list[str] = []
        self.looks = 0
        self._haproxy = haproxy
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while not self._end.wait(0.02):
            seen = self._haproxy.seen()
            self.looks += 1
            if seen["error"]:
                self.errors.append(seen["error"])
            for item in seen["reports"]:
                if item["backend"] != "other":
                    self.statuses.add((item["backend"], item["status"]))

    def stop(self) -> None:
        self._end.set()
        self._thread.join()


@ONE_VERSION
@pytest.mark.parametrize("runs", [True, False])
def test_a_rejected_config_replaces_nothing(haproxy: Haproxy, runs: bool) -> None:
    haproxy.apply(NOTHING)
    if runs:
        haproxy.start()
        haproxy.apply(NOTHING)
    good, seen = pathlib.Path(haproxy.folders.file).read_text(), runs and haproxy.seen()
    bad, _marker = with_marker(without_marker(good) + "\nbackend x\n    unheard-of yes\n")
    with pytest.raises(ApplyError, match=r"rejects the config: .*unknown keyword 'unheard-of'"):
        haproxy.apply_text(bad)
    assert pathlib.Path(haproxy.folders.file).read_text() == good
    assert os.listdir(haproxy.folders.config) == ["haproxy.cfg"]
    if seen:
        assert haproxy.seen()["pid"] == seen["pid"]
    left = [item for item in haproxy.engine.containers() if "drover-once" in item["Names"][0]]
    assert left == []


@pytest.mark.usefixtures("impatient")
def test_a_config_that_only_fails_at_the_reload_is_taken_back(haproxy: Haproxy) -> None:
    started(haproxy, NOTHING)
    good = pathlib.Path(haproxy.folders.file).read_text()
    revision = haproxy.seen()["revision"]
    unbindable, _marker = with_marker(
        without_marker(render_checker(NOTHING)[0]).replace("bind :42", "bind 192.0.2.1:42")
    )
    with pytest.raises(ApplyError, match=r"could not reload|does not run rev-"):
        haproxy.apply_text(unbindable)
    assert pathlib.Path(haproxy.folders.file).read_text() == good
    assert haproxy.seen()["revision"] == revision
    assert not haproxy.apply(NOTHING).changed


@ONE_VERSION
def test_a_stale_mount_is_mended(haproxy: Haproxy, backends: t.Callable[[], Backend]) -> None:
    """Attack M4. Only a restart mounts the new folder; the public modules leave that to people."""
    started(haproxy, NOTHING)
    shutil.move(haproxy.folders.config, haproxy.folders.config + "-old")
    model = {"checks": [check("web", backends())], "controls": []}
    assert haproxy.apply(model).how == "restart"
    assert haproxy.seen()["revision"] == render_checker(model)[1]


@ONE_VERSION
def test_a_checker_that_does_not_answer_is_an_error(haproxy: Haproxy) -> None:
    started(haproxy, NOTHING)
    haproxy.engine._change("POST", f"/containers/{haproxy.name}/pause")
    began = time.monotonic()
    assert "did not answer within" in haproxy.seen()["error"]
    assert time.monotonic() - began < 2.5
    haproxy.engine.unpause(haproxy.name)
    assert haproxy.seen()["error"] == ""
    haproxy.engine.stop(haproxy.name, 1)
    assert "Connection refused" in haproxy.seen()["error"]


def test_old_results_do_not_outlive_a_restart(
    haproxy: Haproxy, backends: t.Callable[[], Backend]
) -> None:
    target = backends()
    model = {"checks": [check("web", target, request=get(), interval_ms=60000)], "controls": []}
    started(haproxy, NOTHING)
    haproxy.apply(model)
    assert haproxy.report("web")["check_status"] == "L7OK"
    haproxy.engine.stop(haproxy.name, 1)
    target.hangs = True
    haproxy.engine.start(haproxy.name)
    deadline = time.monotonic() + 5
    while haproxy.seen()["error"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not completed(haproxy.report("web"))


def test_a_hanging_target_is_down_though_a_check_is_always_under_way(
    haproxy: Haproxy, backends: t.Callable[[], Backend]
) -> None:
    hangs = backends()
    hangs.hangs = True
    often = {**QUICK, "interval_ms": 200, "response_timeout_ms": 600}
    started(haproxy, {"checks": [check("web", hangs, request=get(), **often)], "controls": []})
    haproxy.until("web", lambda report: report["status"] == "DOWN")
    found = []
    for _look in range(60):
        found.append(haproxy.report("web"))
        time.sleep(0.03)
    assert {item["status"] for item in found} == {"DOWN"}
    assert {item["check_status"] for item in found} == {"L7TOUT", "* L7TOUT"}
    running = sum(item["check_status"].startswith("* ") for item in found)
    assert running > len(found) / 2


@pytest.mark.every_version
def test_answers_that_are_none(haproxy: Haproxy, backends: t.Callable[[], Backend]) -> None:
    # What is said of them differs: docs/decisions/0009-haproxy-facts.md. That they are down does not.
    empty, junk, cut = backends(), backends(), backends()
    empty.answer, junk.answer, cut.answer = b"", b"hello\r\n", b"HTTP/1.0 200 O"
    targets = {"empty": empty, "junk": junk, "cut": cut}
    checks = [check(name, target, request=get(), **QUICK) for name, target in targets.items()]
    started(haproxy, {"checks": checks, "controls": []})
    for name in targets:
        found = haproxy.until(name, lambda report: report["status"] == "DOWN")
        assert found["check_status"].lstrip("* ") in ("L7RSP", "L7TOUT", "SOCKERR")


def test_a_report_says_which_place_is_asked(
    haproxy: Haproxy, backends: t.Callable[[], Backend]
) -> None:
    """Attack H6: a checker whose config was edited said DOWN of a healthy member, from another port."""
    target = backends()
    wanted = {"checks": [check("shop.web.1", target)], "controls": []}
    haproxy.apply(wanted)
    haproxy.start()
    worker.wait_for_worker(haproxy.folders)
    place = f"{target.address}:{target.port}"
    haproxy.until("shop.web.1", lambda report: report["status"] == "UP")
    assert haproxy.report("shop.web.1")["place"] == place
    file = pathlib.Path(haproxy.folders.file)
    good = file.read_text()
    file.write_text(good.replace(f":{target.port} ", ":9999 "))
    worker.old_workers(haproxy.folders, deadline_s=5)
    with contextlib.suppress(HaproxyError):  # 2.6 says nothing
        ask(haproxy.folders.master_socket, "reload", deadline_s=5)
    worker.old_workers(haproxy.folders, deadline_s=5)
    file.write_text(good)  # nothing but the running servers tells of it now
    end = time.monotonic() + 10
    while {item["place"] for item in haproxy.seen()["reports"]} != {f"{target.address}:9999"}:
        assert time.monotonic() < end, haproxy.seen()
        time.sleep(0.05)
    assert haproxy.apply(wanted).changed
    assert haproxy.report("shop.web.1")["place"] == place
