# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hooks on simulated hosts: a task runs once before the first member of a new revision is touched (row 39)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.drover.docker.plugins.module_utils._record.hooks import hooks_of
from ansible_collections.drover.docker.plugins.module_utils._record.upgrades import (
    PAUSED,
    ROLLED_BACK,
    ROLLING,
)

from .play import simulated
from .stacks import definition
from .steps import Order
from .upgrading import Story, changed_definition, story

Json = dict[str, Any]
STACK, FRONT = "moved", "front"
ALL = {"front/1", "front/2", "front/3"}
FAST = {"monitor_ms": 5000}


def changed(word: str = "migrate", **hook: Any) -> Json:
    """The stack with another definition of its service front, whose hook is told to do something."""
    found = changed_definition(STACK, FRONT)
    service = found["services"][FRONT]
    service["pre_deploy"] = {**service["pre_deploy"], "command": [word], **hook}
    return found


@pytest.fixture(name="told")
def _told() -> Iterator[Story]:
    with story(stack=STACK) as found:
        yield found
        assert not [line for line in found.told if "Broken" in line]


def reason(told: Story) -> str:
    """The code of the reason why the upgrade was given up."""
    upgrade = told.upgrade(FRONT) or {}
    return str((upgrade.get("reason") or {}).get("code", ""))


def codes(told: Story, command: str, **more: Any) -> list[str]:
    return [fact.code for fact in told.order(command, **more).last.errors]


def touched(told: Story) -> list[str]:
    """What was done to containers of members of the service front."""
    done = [line for line in told.changed() if f" {STACK}-front-" in line]
    return [line for line in done if "pre-deploy" not in line]


# --- before the first member


def test_no_member_is_touched_while_it_runs_and_status_says_since_when(told: Story) -> None:
    before = told.serving(FRONT)
    told.up(definition=changed("hang"))
    told.passes(5)
    assert told.hooks(FRONT) == {2: "running"}
    assert told.serving(FRONT) == before
    assert not touched(told)
    held = {fact.code: fact for fact in told.order("reconcile").last.held}
    assert held["hook_runs"].parameters["name"] == "moved-front-pre-deploy-r2"
    assert held["hook_runs"].parameters["since"].endswith("Z")
    assert held["hook_runs"].parameters["since"] != "1970-01-01T00:00:00Z"


def test_it_runs_once_and_stays_until_the_upgrade_is_confirmed(told: Story) -> None:
    told.up(definition=changed(), policy=FAST)
    told.settle()
    assert told.hooks(FRONT) == {2: "exited"}
    assert set(told.roles(FRONT)) >= {"front/1@2", "front/2@2", "front/3@2"}
    assert list(told.watch.hooks.values()).count(1) == len(told.watch.hooks)
    told.order("confirm_upgrade")
    told.settle()
    assert not told.hooks(FRONT)
    assert not hooks_of(told.body)


def test_it_has_the_image_and_volumes_of_a_member_and_nothing_that_makes_it_one(
    told: Story,
) -> None:
    found = definition(STACK, 0)
    service = found["services"]["back"]
    labels = {"of": "people"}
    service["container"] = {**service["container"], "environment": {"A": "1"}, "labels": labels}
    service["pre_deploy"] = {**service["pre_deploy"], "command": ["hang"]}
    told.up(definition=found)
    hook = next(item for key, item in told.containers("back").items() if key.is_hook)
    assert hook.body["Env"] == ["A=1"]
    assert hook.policy == "no"
    assert hook.body["HostConfig"]["Binds"] == ["moved_own_1:/own"]
    assert not [name for name in hook.labels if not name.startswith("io.drover.")]
    assert not any(wish.get("Aliases") for wish in hook.networks.values())


def test_members_that_are_added_meanwhile_have_the_old_definition(told: Story) -> None:
    told.up(definition=changed("hang"))
    told.run(Order("scale", STACK, service=1, scale=5))
    told.passes(2)
    launches = {
        entry["launch"]
        for key, entry in told.body["members"].items()
        if key.startswith("front/") and not entry["retired"]
    }
    assert launches == {(told.upgrade(FRONT) or {})["confirmed"]["launch"]}
    assert len(told.serving(FRONT)) == 5


def test_what_is_changed_in_place_needs_no_hook(told: Story) -> None:
    told.up(5)
    told.settle()
    assert not told.hooks(FRONT)
    limits = {
        (item.body["HostConfig"] or {}).get("Memory")
        for key, item in told.containers(FRONT).items()
        if not key.is_hook
    }
    assert limits == {64 << 20}


def test_of_a_stopped_service_it_waits_for_the_start(told: Story) -> None:
    told.order("stop")
    told.passes(2)
    told.up(definition=changed("hang"))
    told.passes(2)
    assert not told.hooks(FRONT)
    told.order("start")
    told.passes(2)
    assert told.hooks(FRONT) == {3: "running"}


def test_one_that_has_its_host_waits_for_the_start_too(told: Story) -> None:
    for machine in told.world.machines.values():
        machine.add_stranger("moved-front-pre-deploy-r2")
    told.up(definition=changed("hang"))
    told.order("stop")
    for machine in told.world.machines.values():
        machine.remove(machine.strangers[0], with_volumes=True)
    told.passes(2)
    assert not told.hooks(FRONT)
    told.order("start")
    told.passes()
    assert told.hooks(FRONT) == {2: "running"}


# --- its failure


@pytest.mark.parametrize(
    ("word", "more", "code"),
    [("fail", {}, "hook_exits"), ("hang", {"timeout_ms": 20_000}, "hook_too_slow")],
)
def test_its_failure_rolls_back_and_no_member_was_touched(
    told: Story, word: str, more: Json, code: str
) -> None:
    before = told.serving(FRONT)
    told.up(definition=changed(word, **more))
    told.settle()
    assert (told.upgrade(FRONT) or {})["phase"] == ROLLED_BACK
    assert reason(told) == code
    assert told.serving(FRONT) == before
    assert not touched(told)
    told.check_nothing_left()


def test_what_cannot_be_started_rolls_back(told: Story) -> None:
    told.world.failing_starts["moved-front-pre-deploy-r2"] = 5
    told.up(definition=changed())
    told.settle()
    assert reason(told) == "hook_no_start"
    assert not touched(told)
    told.check_nothing_left()


def test_a_container_of_its_name_is_left_alone(told: Story) -> None:
    for machine in told.world.machines.values():
        machine.add_stranger("moved-front-pre-deploy-r2")
    before = [machine.strangers[0].snapshot() for machine in told.world.machines.values()]
    told.up(definition=changed())
    told.passes(2)
    assert "name_taken" in [fact.code for fact in told.order("reconcile").last.errors]
    assert not touched(told)
    after = [machine.strangers[0].snapshot() for machine in told.world.machines.values()]
    assert after == before


def test_its_host_away_is_waited_for(told: Story) -> None:
    told.up(definition=changed("hang"))
    hook = next(item for key, item in told.containers(FRONT).items() if key.is_hook)
    away = told.machine_of(hook).name
    told.passes(3, hidden={away})
    assert told.hooks(FRONT) == {2: "running"}
    assert (told.upgrade(FRONT) or {})["phase"] == ROLLING


def test_its_last_lines_are_told(told: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    for machine in told.world.machines.values():
        monkeypatch.setattr(machine.engine, "logs", lambda name, lines: "no such column\n")
    told.up(definition=changed("fail"))
    told.settle()
    assert any("pre-deploy" in line and "no such column" in line for line in told.told)


def test_a_hook_whose_container_is_gone_is_not_run_again(told: Story) -> None:
    """C(docker container prune) in its last moment: nobody knows how it ended."""
    told.up(definition=changed("hang"))
    hook = next(item for key, item in told.containers(FRONT).items() if key.is_hook)
    told.machine_of(hook).remove(hook, with_volumes=False)
    told.settle()
    assert reason(told) == "hook_gone"
    assert not touched(told)


def test_a_pause_waits_for_a_person_and_then_it_runs_anew(told: Story) -> None:
    told.up(definition=changed("fail"), policy={"failure_action": "pause"})
    told.settle()
    assert (told.upgrade(FRONT) or {})["phase"] == PAUSED
    assert not told.hooks(FRONT)
    told.up(definition=changed("migrate"), policy=FAST)
    told.settle()
    assert told.hooks(FRONT) == {3: "exited"}
    assert {key for key, role in told.roles(FRONT).items() if not role} == {
        "front/1@3",
        "front/2@3",
        "front/3@3",
    }


def test_another_revision_ends_it_first(told: Story) -> None:
    """Also where the host of the first one is away for a while: it may still run there."""
    told.up(definition=changed("hang"))
    hook = next(item for key, item in told.containers(FRONT).items() if key.is_hook)
    away = {told.machine_of(hook).name}
    newer = changed("hang")
    newer["services"][FRONT]["container"] = {"environment": {"MODE": "newer"}}
    told.up(definition=newer, hidden=away)
    told.passes(2, hidden=away)
    assert told.hooks(FRONT) == {2: "running"}
    told.passes(3)
    assert told.hooks(FRONT) == {3: "running"}
    assert not touched(told)


# --- one way


def test_rollback_by_hand_needs_a_word(told: Story) -> None:
    before = told.serving(FRONT)
    told.up(definition=changed(), policy=FAST)
    told.settle()
    assert codes(told, "rollback") == ["one_way_back"]
    assert (told.upgrade(FRONT) or {})["phase"] == ROLLING
    assert codes(told, "rollback", force=True) == []
    told.settle()
    assert told.serving(FRONT) == before
    told.check_nothing_left()


def test_up_of_the_confirmed_definition_is_a_way_back_too(told: Story) -> None:
    told.up(definition=changed(), policy=FAST)
    told.passes(3)
    back = told.up()
    assert [fact.code for fact in back.last.errors] == ["one_way_back"]


def test_before_it_ran_the_way_back_is_open(told: Story) -> None:
    before = told.serving(FRONT)
    told.up(definition=changed("hang"))
    assert codes(told, "rollback") == []
    told.settle()
    assert told.serving(FRONT) == before
    assert not touched(told)
    told.check_nothing_left()


def test_a_failed_newcomer_pauses_and_says_one_way(told: Story) -> None:
    told.up(definition=changed())
    told.passes()
    newcomer = next(
        item for key, item in told.containers(FRONT).items() if key.slot and not key.is_hook
    )
    told.machine_of(newcomer).set_broken(newcomer, broken=True)
    told.settle()
    upgrade = told.upgrade(FRONT) or {}
    assert (upgrade["phase"], reason(told)) == (PAUSED, "one_way")
    assert upgrade["reason"]["parameters"]["why"]["code"].startswith("upgrade_")
    assert set(told.serving(FRONT)) == ALL
    assert codes(told, "rollback", force=True) == []
    told.settle()
    told.check_nothing_left()


def test_an_earlier_revision_is_one_way_even_after_the_confirmation(told: Story) -> None:
    told.up(definition=changed(), policy=FAST)
    told.settle()
    told.order("confirm_upgrade")
    assert codes(told, "rollback", revision=1) == ["one_way_back"]
    assert codes(told, "rollback", revision=1, force=True) == []
    told.settle()
    told.order("confirm_upgrade")
    told.settle()
    told.check_nothing_left()


# --- the first members


def _first(word: str) -> Json:
    found = definition(STACK, 0)
    service = found["services"][FRONT]
    service["pre_deploy"] = {**service["pre_deploy"], "command": [word]}
    return found


def test_the_first_members_wait_for_it() -> None:
    with simulated(3) as world:
        told = Story(world, STACK)
        told.up(definition=_first("hang"))
        told.passes(2)
        assert not told.serving(FRONT)
        assert told.hooks(FRONT) == {1: "running"}
        assert len(told.serving("back")) == 2


def test_where_it_fails_none_starts_until_a_person_asks_again() -> None:
    with simulated(3) as world:
        told = Story(world, STACK)
        told.up(definition=_first("fail"))
        told.passes(3)
        assert not told.serving(FRONT)
        assert "hook_stopped" in codes(told, "reconcile")
        told.up(definition=_first("migrate"))
        told.passes(3)
        assert set(told.serving(FRONT)) == ALL
        assert not hooks_of(told.body)
        told.check_nothing_left()


def test_down_removes_it(told: Story) -> None:
    told.up(definition=changed("hang"))
    told.order("down")
    told.passes(2)
    assert not told.containers()
