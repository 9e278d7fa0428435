# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real checkers while the fleet changes around a sick member: no reload, and no counted failure is forgotten."""

from __future__ import annotations

import contextlib
import pathlib
import time
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import EngineError
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.checker import (
    render_checker,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run import apply as appliance
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.socket import ask
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.stats import completed
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.target import ApplyError

from .haproxy_container import Json
from .haproxy_lab import Backend, Haproxy, check, get, one_haproxy, some_backends
from .haproxy_versions import ALL, OURS

ONE_VERSION = pytest.mark.parametrize("haproxy", OURS, indirect=True)
FALL_S = 3.0
EVERY_S = 0.4
"""How often the fleet changes: more than once within the time that a member needs to go down."""
TIMES: Json = {
    "interval_ms": 1000,
    "response_timeout_ms": 1000,
    "healthy_threshold": 2,
    "unhealthy_threshold": 3,
}
SLOW: Json = {**TIMES, "interval_ms": 60000, "healthy_threshold": 3}
CONTROL: Json = {"server": "h1", "address": "127.0.0.1"}
OTHER_CONTROL: Json = {"server": "h2", "address": "127.0.0.1"}


@pytest.fixture(params=ALL)
def haproxy(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> t.Iterator[Haproxy]:
    with one_haproxy(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def backends(haproxy: Haproxy) -> t.Iterator[t.Callable[[], Backend]]:
    """Makes targets."""
    with some_backends(haproxy.engine) as make:
        yield make


def running(haproxy: Haproxy, model: Json) -> None:
    """A checker that runs with this model from its start."""
    haproxy.apply(model)
    haproxy.start()
    haproxy.apply(model)


def fleet(*checks: Json, controls: list[Json] | None = None) -> Json:
    return {"checks": list(checks), "controls": controls or [CONTROL]}


def member(name: str, place: Backend, life: int = 1, **given: t.Any) -> Json:
    """A check of one life of a member."""
    return check(name, place, server=f"life{life}", request=get(), **{**TIMES, **given})


class Churn:
    """What changes around a member that is checked, one thing at a time: replaced, more, fewer, another host."""

    def __init__(self, haproxy: Haproxy, kept: Json, place: Backend) -> None:
        self.ways: list[str] = []
        self._haproxy = haproxy
        self._kept = kept
        self._place = place

    def step(self) -> None:
        turn = len(self.ways)
        life, scale = 1 + turn // 2, 2 + turn % 3
        others = [member(f"api.{at}", self._place, life) for at in range(scale)]
        controls = [CONTROL] if turn % 2 else [CONTROL, OTHER_CONTROL]
        model = fleet(*others, self._kept, controls=controls)
        self.ways.append(self._haproxy.apply(model, wait_s=0).how)

    def until_down(self, within_s: float) -> tuple[float, set[str]]:
        """Seconds until the kept member is down, and all that was said of it meanwhile."""
        began, said = time.monotonic(), set()
        due = began
        while time.monotonic() < began + within_s:
            status = self._haproxy.report(self._kept["backend"])["status"]
            said.add(status)
            if status == "DOWN":
                return time.monotonic() - began, said
            if time.monotonic() >= due:
                self.step()
                due += EVERY_S
            time.sleep(0.02)
        return within_s, said


def sick_member(haproxy: Haproxy, make: t.Callable[[], Backend]) -> Churn:
    """A member that was good and is not any more, in a fleet that changes all the time."""
    place, kept = make(), make()
    sick = member("web.1", kept)
    running(haproxy, fleet(member("api.0", place), sick))
    haproxy.until(
        "web.1", lambda report: (report["status"], report["check_status"]) == ("UP", "L7OK")
    )
    kept.say(500)
    return Churn(haproxy, sick, place)


@pytest.mark.every_version
def test_a_change_elsewhere_does_not_postpone_a_verdict(
    haproxy: Haproxy, backends: t.Callable[[], Backend]
) -> None:
    churn = sick_member(haproxy, backends)
    pid = haproxy.seen()["pid"]
    passed_s, said = churn.until_down(3 * FALL_S)
    assert passed_s < FALL_S + 1.0  # a check may just have begun when it fell sick
    assert {"UP 2/3", "UP 1/3", "DOWN"} <= said
    assert len(churn.ways) > 4
    assert set(churn.ways) == {"runtime"}
    assert haproxy.seen()["pid"] == pid
    assert haproxy.report("web.1")["failed"] == 3


@ONE_VERSION
def test_with_a_reload_for_each_change_there_would_be_no_verdict(
    haproxy: Haproxy, backends: t.Callable[[], Backend], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appliance, "difference", lambda *_given, **_more: None)
    churn = sick_member(haproxy, backends)
    passed_s, said = churn.until_down(3 * FALL_S)
    assert passed_s == 3 * FALL_S
    assert "DOWN" not in said
    assert set(churn.ways) == {"reload"}


@pytest.mark.every_version
def test_who_is_added_is_judged_by_its_first_check(
    haproxy: Haproxy, backends: t.Callable[[], Backend]
) -> None:
    """As one that is in the config from the start, whatever the interval and the thresholds."""
    good, bad, gone = backends(), backends(), backends()
    bad.say(500)
    gone.close()
    first = member("web.0", good, **SLOW)
    running(haproxy, fleet(first))
    places = {"good": good, "bad": bad, "gone": gone}
    added = [member(name, place, **SLOW) for name, place in places.items()]
    began = time.monotonic()
    assert haproxy.apply(fleet(first, *added), wait_s=10).how == "runtime"
    assert time.monotonic() - began < 3
    found = {item["backend"]: item for item in haproxy.seen()["reports"]}
    said = {name: (found[name]["status"], found[name]["check_status"]) for name in places}
    assert said == {"good": ("UP", "L7OK"), "bad": ("DOWN", "L7STS"), "gone": ("DOWN", "L4CON")}
    # One failure is not as many as are asked for, and the planner can tell.
    assert max(found["bad"]["failed"], found["gone"]["failed"]) < 3


def test_the_file_describes_what_runs(haproxy: Haproxy, backends: t.Callable[[], Backend]) -> None:
    place = backends()
    running(haproxy, fleet(member("web.1", place)))
    model = fleet(member("web.1", place, 2), member("web.2", place), controls=[OTHER_CONTROL])
    done = haproxy.apply(model)
    assert done.how == "runtime"
    assert haproxy.apply(model).how == "nothing"
    before = haproxy.seen()
    assert before["revision"] == before["file_revision"] == done.revision
    haproxy.engine.stop(haproxy.name, 1)
    haproxy.engine.start(haproxy.name)
    assert haproxy.apply(model).how == "nothing"
    after = haproxy.seen()
    assert after["revision"] == done.revision
    assert (
        names(after)
        == names(before)
        == {
            ("web.1", "life2"),
            ("web.2", "life1"),
            ("control", "h2"),
        }
    )


def names(seen: Json) -> set[tuple[str, str]]:
    return {(item["backend"], item["server"]) for item in seen["reports"]}


def test_only_another_question_needs_a_reload(
    haproxy: Haproxy, backends: t.Callable[[], Backend]
) -> None:
    place = backends()
    web = member("web.1", place)
    other = check("other.1", place, request=get("/other"), **TIMES)
    running(haproxy, fleet(web))
    pid = haproxy.seen()["pid"]
    assert haproxy.apply(fleet(web, other)).how == "reload"
    changed = haproxy.seen()["pid"]
    assert changed != pid
    ways = [haproxy.apply(model).how for model in (fleet(web), fleet(web, other), fleet(other))]
    assert ways == ["runtime"] * 3  # the process still knows the question
    assert haproxy.seen()["pid"] == changed
    assert haproxy.report("other.1")["check_status"] == "L7OK"


def test_a_change_that_fails_half_way_becomes_a_reload(
    haproxy: Haproxy, backends: t.Callable[[], Backend]
) -> None:
    """Somebody added a server of that name by hand."""
    place = backends()
    web = member("web.1", place)
    running(haproxy, fleet(web))
    model = fleet(web, member("web.2", place))
    line = next(item for item in render_checker(model)[0].splitlines() if "web.2:" in item)
    probe = next(
        item for item in ask_admin(haproxy, "show backend").splitlines() if "probe" in item
    )
    ask_admin(haproxy, f"add server {probe}/{line.split()[1]} 192.0.2.1:80 check")
    assert haproxy.apply(model).how == "reload"
    haproxy.until("web.2", lambda report: report["check_status"] == "L7OK")
    assert haproxy.apply(model).how == "nothing"


def ask_admin(haproxy: Haproxy, command: str) -> str:
    return ask(haproxy.folders.admin_socket, command, deadline_s=2)


@ONE_VERSION
def test_a_server_that_was_led_astray_is_put_right(
    haproxy: Haproxy, backends: t.Callable[[], Backend]
) -> None:
    place, stranger = backends(), backends()
    model = fleet(member("web.1", place))
    running(haproxy, model)
    probe = next(
        item for item in ask_admin(haproxy, "show backend").splitlines() if "probe" in item
    )
    server = f"{probe}/web.1:life1:5"
    ask_admin(haproxy, f"set server {server} addr {stranger.address} port {stranger.port}")
    stranger.say(500)
    assert haproxy.apply(model).how == "reload"
    haproxy.until("web.1", lambda report: report["status"] == "UP" and completed(report))


@ONE_VERSION
@pytest.mark.parametrize("loaded", [False, True])
def test_a_file_that_was_edited_is_written_and_loaded_anew(
    haproxy: Haproxy, backends: t.Callable[[], Backend], loaded: bool
) -> None:
    """Also where somebody had HAProxy load it: its marker is the right one all the same."""
    place, stranger = backends(), backends()
    model = fleet(member("web.1", place))
    running(haproxy, model)
    file = pathlib.Path(haproxy.folders.file)
    good = file.read_text()
    file.write_text(good.replace(f":{place.port} ", f":{stranger.port} "))
    if loaded:
        haproxy.engine._change("POST", f"/containers/{haproxy.name}/kill?signal=USR2")
        time.sleep(1)
    assert haproxy.seen()["file_revision"] == ""
    before = len(place.requests)
    assert haproxy.apply(model).how == "reload"
    assert file.read_text() == good
    assert haproxy.seen()["file_revision"] == haproxy.seen()["revision"]
    haproxy.until("web.1", lambda report: completed(report) and len(place.requests) > before)
    stranger.requests.clear()
    time.sleep(1.2)
    assert stranger.requests == []


@ONE_VERSION
def test_a_container_that_cannot_start_with_its_file_gets_another(
    haproxy: Haproxy, backends: t.Callable[[], Backend]
) -> None:
    model = fleet(member("web.1", backends()))
    haproxy.restart = "unless-stopped"
    running(haproxy, model)
    file = pathlib.Path(haproxy.folders.file)
    good = file.read_text()
    haproxy.engine.stop(haproxy.name, 1)
    file.write_text(good + "junk line\n")
    haproxy.engine.start(haproxy.name)
    time.sleep(1)
    seen = haproxy.seen()
    assert (seen["revision"], seen["file_revision"]) == ("", "")
    assert "does not answer" in seen["error"]
    end = time.monotonic() + 40
    while file.read_text() != good:
        assert time.monotonic() < end
        # It may be up for a moment and say nothing, or end while it is asked.
        with contextlib.suppress(ApplyError, EngineError):
            haproxy.apply(model)
    while haproxy.seen()["error"]:
        assert time.monotonic() < end, haproxy.seen()
        time.sleep(0.2)
    assert haproxy.apply(model).how == "nothing"
