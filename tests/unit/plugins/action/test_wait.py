# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A command that waits until its services are ready: it looks again, tells what is missing, and gives up in time."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.action import internal_plan
from ansible_collections.drover.docker.plugins.module_utils._model.operation import Operation
from ansible_collections.drover.docker.plugins.plugin_utils._run import pass_file, run_files
from ansible_collections.drover.docker.tests.unit.plugins.action.play import Play
from ansible_collections.drover.docker.tests.unit.shared.builders import (
    EMPTY_PLACEMENT,
    service,
    stack,
)

Json = dict[str, t.Any]
SHOP = stack({"web": service()})


class Clock:
    """Time passes only where somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for module in (internal_plan, pass_file):
        monkeypatch.setattr(module, "time", made)
    return made


def up(play: Play, definition: Json | None = None, **options: t.Any) -> None:
    """Bring the stack up, as far as its container is started; it crashes again and again."""
    run = play.bench.run

    def crashes(operation: Operation, **changes: t.Any) -> Json:
        crash = {"state": "restarting", "restart_count": 7, "exit_code": 3}
        return run(operation, **crash, **changes)

    play.bench.run = crashes  # type: ignore[method-assign]
    run_files.save("definition", definition or SHOP)
    play.task("plan", command="up", prepare=True, **options)
    play.on_all("observe")
    play.task("plan", command="prepared")
    play.act()


def to_the_end(play: Play) -> Json:
    """The remaining steps; the result of the last."""
    while True:
        result = play.step()
        if not result["work"]:
            return result


def test_without_wait_the_command_ends_with_its_work(play: Play, clock: Clock) -> None:
    began = clock.now
    up(play, wait=False)
    to_the_end(play)
    assert "not ready" not in " ".join(play.printed)
    assert (play.failure(), clock.now) == ("", began)


def test_it_looks_again_until_all_is_ready(play: Play, clock: Clock) -> None:
    up(play, wait_timeout=30)
    while "wait   shop/web: not ready yet: 0 of 1 run" not in play.printed:
        assert play.step()["work"]
    began = clock.now
    for host in play.bench.seen:
        for container in play.bench[host]["containers"]:
            container.update(state="running")
    result = play.step()
    assert (result["work"], result["errors"]) == (False, [])
    assert play.failure() == ""
    assert clock.now - began < 30


def test_what_is_not_ready_in_time_fails_the_command_and_is_told_once(
    play: Play, clock: Clock
) -> None:
    up(play, wait_timeout=5)
    began = clock.now
    result = to_the_end(play)
    assert 4 <= clock.now - began <= 6
    late = "shop/web: not ready after 5 s: 0 of 1 run"
    assert [line for line in play.printed if "not ready" in line] == [
        "wait   shop/web: not ready yet: 0 of 1 run",
        f"error  {late}",
    ]
    assert [item["code"] for item in result["errors"]] == ["not_ready"]
    assert play.failure() == late


def test_it_does_not_wait_for_what_only_a_person_can_change(play: Play, clock: Clock) -> None:
    """One member fits on no host."""
    picky = service(placement={**EMPTY_PLACEMENT, "host_label": [["disk", "ssd"]]})
    began = clock.now
    up(play, stack({"picky": picky}))
    result = to_the_end(play) if play.returned[-1]["work"] else play.returned[-1]
    assert clock.now == began
    assert play.failure() == "shop/picky: not ready, and waiting does not help: 0 of 1 run"
    assert [item["code"] for item in result["held"]] == ["no_host_fits"]


def test_it_does_not_wait_for_images_that_cannot_be_pulled(play: Play, clock: Clock) -> None:
    """No pull is tried twice in one command, so what needs it does not start."""
    play.failing["pull"] = "no such image"
    began = clock.now
    up(play, stack({"web": service(image="gone:1"), "too": service(image="gone:1")}))
    result = to_the_end(play)
    assert clock.now == began
    assert {item["code"] for item in result["errors"]} == {"failed", "not_ready"}
    for name in ("web", "too"):
        line = f"shop/{name}: not ready, and waiting does not help: 0 of 1 run"
        assert line in " ".join(play.printed)


@pytest.mark.parametrize("timeout", ["0", "soon", "-1", "100000"])
def test_a_wrong_time_is_refused(play: Play, timeout: str) -> None:
    with pytest.raises(Exception, match=r"wait_timeout=.* must be a whole number of seconds"):
        play.task(
            "plan", command="start", stack="shop", wait=True, wait_timeout=timeout, prepare=True
        )
