# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks of a play while another run has the lease. What a pass decides then is tested in _pass/test_lease.py."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError
from ansible_collections.drover.docker.plugins.action.internal_plan import NESTED_STEPS
from ansible_collections.drover.docker.plugins.plugin_utils._pass.term import (
    LONGEST_PAUSE_S,
    PAUSE_S,
)
from ansible_collections.drover.docker.tests.unit.plugins.action.play import Play, shop
from ansible_collections.drover.docker.tests.unit.shared.fleet import holder


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, without their time."""
    made: list[float] = []
    monkeypatch.setattr("time.sleep", made.append)
    return made


def test_a_person_waits_and_is_told_for_whom(play: Play, pauses: list[float]) -> None:
    play.leased = {"h2": holder()}
    play.up(shop(3))
    assert [play.act()["work"], play.act()["work"]] == [True, True]
    assert [line for line in play.printed if line.startswith("wait")] == [
        "wait   ann@c1 acts (up blog); for up to 120 s"
    ]
    assert pauses == [PAUSE_S] * 2
    play.leased = {}
    assert not play.act()["work"]
    assert all(play.bench[host]["containers"] for host in ("h1", "h2", "h3"))


def test_a_person_does_not_wait_for_ever(play: Play) -> None:
    play.variables = {"drover_lease_wait_s": 0}
    play.leased = {"h2": holder()}
    play.up(shop(3))
    result = play.act()
    text = "ann@c1 acts (up blog), for longer than 0 s: try again later"
    assert (result["work"], play.failure()) == (False, text)
    assert play.printed[-1] == f"error  {text}"


def test_variables_of_the_lease_may_be_templates(play: Play) -> None:
    play.variables = {"drover_lease_wait_s": "{{ wait }}"}
    play.templates = {"{{ wait }}": 0}
    play.leased = {"h2": holder()}
    play.up(shop(3))
    play.act()
    assert "for longer than 0 s" in play.failure()


def test_a_timer_gives_way_and_that_is_no_failure(play: Play, pauses: list[float]) -> None:
    play.variables = {"drover_unattended": True}
    play.leased = {"h2": holder()}
    play.up(shop(3))
    result = play.act()
    assert ("failed" in result, result["work"], pauses) == (False, False, [])
    assert play.printed[-1] == "held   ann@c1 acts (up blog): this pass gives way"


@pytest.mark.parametrize("value", ["soon", "0", "4", "-1", "3601"])
def test_the_time_of_a_lease_is_checked(play: Play, value: str) -> None:
    play.variables = {"drover_lease_s": value}
    with pytest.raises(AnsibleError, match="drover_lease_s must be a whole number of seconds"):
        play.up(shop())


def test_the_includes_of_a_wait_nest_in_rows(play: Play) -> None:
    """Ansible ends a run whose includes nest some 300 deep: 0.1.0 could wait for ten minutes."""
    play.variables = {"drover_lease_wait_s": 86400}
    play.leased = {"h2": holder()}
    nests = [play.up(shop(3))["nests"]]
    nests += [play.step()["nests"] for _step in range(2 * NESTED_STEPS)]
    rows = [number for number, nested in enumerate(nests, 1) if not nested]
    assert rows == [NESTED_STEPS, 2 * NESTED_STEPS]
    tries_of_a_day = 86400 / LONGEST_PAUSE_S + 40
    steps = 3 * tries_of_a_day
    assert steps / NESTED_STEPS + NESTED_STEPS < 200
