# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members that never get well, are slow to, or fall ill again and again: repairs are bounded and end."""

from __future__ import annotations

import collections
import dataclasses
import math
import re
import time
import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.control import Control
from ...shared.health import CHECK, break_page, passes, removed, unwell
from ...shared.hosts import Container, Host, everywhere
from ...shared.runs import Run
from ...shared.stacks import Stack

Hosts = dict[str, Host]
WATCHED_S, MOST_WATCHED_S = 40, 150
QUICK = {**CHECK, "initializing_timeout": 2000, "reinitializing_timeout": 2000}
SICK = {"TESTAPP_HEALTH": "500"}
FIRST_WAIT_S = 10  # after the first repair; twice as long after each other one
BACK_OFF = re.compile(
    r"begin/relapse/1 on h\d: unhealthy: .*; replaced (once|\d+ times) lately, next in (\d+) s"
)
RECORD = "/var/lib/drover/stacks/begin.json"
# What seven repairs more would leave.
GIVE_UP = """python3 - <<'END'
import json
with open("{path}") as file:
    record = json.load(file)
entry = record["life"]["{key}"]
entry["seq"] += 1
entry["health"]["repairs"] = 8
with open("{path}", "w") as file:
    json.dump(record, file)
END"""


@dataclasses.dataclass
class Story:
    """What was before, what happened from the command up to WATCHED_S seconds later on, and what was after."""

    before: dict[str, Container]
    runs: list[Run]
    repairs: t.Counter[str]
    after: dict[str, Container]

    @property
    def most_repairs(self) -> int:
        """How many repairs of one member the back-off allows in the time of all runs."""
        lasted = self.runs[-1].began + self.runs[-1].seconds - self.runs[0].began
        return 1 + int(math.log2(lasted / FIRST_WAIT_S + 1))


@pytest.fixture(scope="module")
def begin(make_stack: MakeStack) -> t.Iterator[Stack]:
    stack = make_stack("begin").define(
        never={"health_check": QUICK, "environment": SICK},
        patient={"health_check": {**CHECK, "initializing_timeout": 0}, "environment": SICK},
        again={"scale": 2, "health_check": QUICK},
        slow={"health_check": QUICK, "environment": {"TESTAPP_START_DELAY": "6"}},
        relapse={"health_check": CHECK, "environment": {"TESTAPP_SICK_AFTER": "8"}},
    )
    with stack.lasting():
        yield stack


def is_begun(run: Run) -> bool:
    return not {"begin/again/1", "begin/again/2"} & set(unwell(run))


def watched_enough() -> t.Callable[[Run], bool]:
    """Whether it went on for WATCHED_S, and until who falls ill again and again was seen to wait for its repair.

    A slow machine makes a pass only now and then, and may pass over the first and shortest of these waits.
    """
    end = time.monotonic() + WATCHED_S
    seen: list[str] = []

    def is_enough(run: Run) -> bool:
        seen.extend(BACK_OFF.findall(run.held))
        return bool(seen) and time.monotonic() > end

    return is_enough


@pytest.fixture(scope="module")
def story(hosts: Hosts, begin: Stack, control: Control) -> Story:
    """Members that were healthy break and restart; then the loop goes on for a while."""
    runs = begin.begun + passes(control, is_begun)
    before = everywhere(hosts, "begin")
    host = hosts[before["begin-again-2"].host]
    break_page(host, "begin-again-2")
    host.docker("restart", "-t", "1", "begin-again-2")
    runs += passes(control, watched_enough(), seconds=MOST_WATCHED_S)
    return Story(before, runs, collections.Counter(removed(runs)), everywhere(hosts, "begin"))


def test_member_that_is_never_healthy_is_replaced(story: Story) -> None:
    """Behaviour 12 cattle test_health_check_init_timeout. Each time later: neither for ever nor in a row."""
    assert 1 <= story.repairs["begin-never-1"] <= story.most_repairs
    told = "\n".join(line for run in story.runs for line in run.done)
    # The first time it may come while up still runs; after it the timeout doubles.
    assert re.search(r"remove  begin-never-1  initializing for more than 2 s: 0 of 2 ", told)


def told_times(text: str) -> int:
    return 1 if text == "once" else int(text.split()[0])


def test_back_off_is_shown(story: Story) -> None:
    """Never for longer than what doubles: 10 s after the first repair, 20 s after the second."""
    held = "\n".join(run.held for run in story.runs)
    waits = [(told_times(times), int(left)) for times, left in BACK_OFF.findall(held)]
    assert waits
    assert all(left <= FIRST_WAIT_S * 2 ** (times - 1) for times, left in waits)


def test_restarted_member_that_is_not_healthy_again_is_replaced(story: Story) -> None:
    """Behaviour 13 cattle test_health_check_reinit_timeout; then it is well."""
    assert story.repairs["begin-again-2"] == 1
    told = "\n".join(line for run in story.runs for line in run.done)
    assert re.search(r"remove  begin-again-2  reinitializing for more than 2 s: 0 of 2 ", told)
    assert "begin/again/2" not in unwell(story.runs[-1])
    assert story.after["begin-again-1"].life == story.before["begin-again-1"].life


def test_timeout_of_0_waits_for_ever(story: Story) -> None:
    assert story.repairs["begin-patient-1"] == 0
    assert story.after["begin-patient-1"].life == story.before["begin-patient-1"].life
    assert unwell(story.runs[-1])["begin/patient/1"] == "initializing"


def test_slow_start_comes_to_an_end(story: Story) -> None:
    """It needs thrice the timeout: the doubled ones and the back-off let it."""
    assert story.repairs["begin-slow-1"] <= 2
    assert "begin/slow/1" not in unwell(story.runs[-1])


def test_relapses_are_repaired_less_and_less(story: Story) -> None:
    """Healthy for 8 s each time: without the back-off it would be replaced every 10 s."""
    assert 1 <= story.repairs["begin-relapse-1"] <= story.most_repairs


def test_given_up_is_shown_and_a_person_goes_on(
    hosts: Hosts, story: Story, control: Control
) -> None:
    name = "begin-relapse-1"
    passes(control, lambda run: unwell(run).get("begin/relapse/1") == "unhealthy")
    host = hosts[story.after[name].host]
    host.run(GIVE_UP.format(path=RECORD, key="relapse/1"))
    runs = passes(control, lambda run: "given up after 8 repairs" in run.held, seconds=30)
    assert name not in removed(runs)
    assert "go on with reconcile -e retry=begin/relapse" in runs[-1].held
    before = everywhere(hosts, "begin")[name]
    run = control.run("reconcile", retry="begin/relapse")
    assert name in removed([run])
    assert everywhere(hosts, "begin")[name].id != before.id
