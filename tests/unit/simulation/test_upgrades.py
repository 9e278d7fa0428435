# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upgrades on simulated hosts: small stories. Each shows that a trap of other orchestrators is none of ours."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ansible_collections.drover.docker.plugins.module_utils._record.upgrades import ROLLED_BACK

from .controller import Controller, Report
from .fabric import Image
from .stacks import definition
from .steps import Order
from .upgrading import STACK, Story, changed_definition, story

NEW, NEWER, BAD = 1, 3, 4
"""Variants of the definition: other environment, other image, an image whose program fails at once."""
BOTH = changed_definition(STACK, "front", "back")
PAIRS = {"batch_size": 2, "interval_ms": 0}
DONE = {"front/1", "front/2", "front/3"}


def launches(told: Story, service: str) -> set[str]:
    """The launches that serve."""
    return {
        entry["launch"]
        for key, entry in told.body["members"].items()
        if key.startswith(f"{service}/") and not entry["retired"] and not entry.get("role")
    }


def target(told: Story, service: str) -> str:
    return str(told.body["revisions"][-1]["services"][service]["launch"])


def codes(told: Story, command: str, **more: Any) -> list[str]:
    return [fact.code for fact in told.order(command, **more).last.errors]


# --- forward


def test_start_first_never_serves_with_fewer_members() -> None:
    """Rows 20 and 24: batch and floor are of the planner; what serves goes only when its newcomer serves."""
    with story() as told:
        told.up(NEW)
        told.settle()
        assert launches(told, "front") == {target(told, "front")}
        assert told.least["front"] == len(DONE)
        told.check_nothing_left()


def writes(told: Story, service: str, interval_ms: int) -> int:
    """How many versions of the record an upgrade of a service takes."""
    before = told.version
    policy = {"interval_ms": interval_ms, "monitor_ms": 5000}
    told.up(definition=changed_definition(STACK, service), policy=policy)
    told.settle()
    assert launches(told, service) == {target(told, service)}
    return told.version - before


def test_without_a_pause_the_next_newcomer_starts_when_one_takes_over() -> None:
    """The order, a takeover for each of the three, and nothing between; with a pause a begin for each, too."""
    with story() as told:
        assert writes(told, "front", 0) == 1 + 3
        told.check_nothing_left()
    with story() as told:
        assert writes(told, "front", 2000) == 1 + 3 + 2


def test_stop_first_serves_with_one_less() -> None:
    """Row 20: of members with volumes of their own, one is stopped at a time."""
    with story() as told:
        told.up(definition=changed_definition(STACK, "back"))
        told.settle()
        assert launches(told, "back") == {target(told, "back")}
        assert told.least["back"] == 1
        told.check_nothing_left()


def test_both_names_live_side_by_side() -> None:
    """Row 30: a newcomer has a name of its own, so the fixed name of what serves forbids nothing."""
    with story() as told:
        told.up(NEW)
        names = {item.name for item in told.containers("front").values() if item.live}
        assert {"roll-front-1", "roll-front-1-r2"} <= names


def test_the_count_is_derived() -> None:
    """Rows 12 and 23: how far it is follows from the slots; scale up and down in the middle is part of it."""
    with story() as told:
        told.up(NEW)
        told.passes(3)
        for scale in (5, 2):
            told.run(Order("scale", STACK, service=1, scale=scale))
            told.passes(2)
        told.settle()
        assert len(told.serving("front")) == 2
        assert launches(told, "front") == {target(told, "front")}
        told.check_nothing_left()


def test_what_does_not_run_goes_first() -> None:
    """Rows 31 and 32: an exited old container is not started again, it is replaced at once and counts for no batch."""
    with story() as told:
        member, container = list(told.containers("front").items())[-1]
        told.machine_of(container).stop(container)
        told.up(NEW)
        assert f"{member.key}@2" in told.roles("front")
        told.settle()
        assert container.id not in told.serving("front").values()
        assert not any(f"start  {container.name} " in line for line in told.changed())


def test_an_upgrade_is_the_repair() -> None:
    """Row 33: nothing serves, and the floor is what serves now, so the upgrade does not wait for capacity."""
    with story() as told:
        for container in told.containers("front").values():
            told.machine_of(container).set_broken(container, broken=True)
        told.passes(3)
        assert not told.serving("front")
        told.up(NEW)
        told.settle()
        assert set(told.serving("front")) == DONE


def test_stopped_services_stay_stopped() -> None:
    """Row 15: only the record changes, until the service is started."""
    with story() as told:
        told.order("stop")
        told.passes(2)
        told.up(NEW)
        told.passes(5)
        assert not told.serving("front")
        told.order("start")
        told.settle()
        assert set(told.serving("front")) == DONE
        assert launches(told, "front") == {target(told, "front")}


# --- what cannot go on


@pytest.mark.parametrize(("stack", "service"), [(STACK, "front"), ("edge", "proxy")])
def test_an_image_that_cannot_be_pulled_stops_nothing(stack: str, service: str) -> None:
    """Rows 2, 10 and 16: nothing is stopped before the hosts have the image; then it rolls back by itself."""
    with story(stack=stack) as told:
        before = told.serving()
        told.world.registry.broken.add("app:2")
        told.up(NEWER)
        for _time in range(8):
            told.world.pass_time(700)
            told.passes(2)
        told.settle()
        assert told.serving() == before
        assert not any("stop" in line for line in told.changed())
        assert (told.upgrade(service) or {})["phase"] == ROLLED_BACK


@pytest.mark.parametrize("policy", [{}, PAIRS, {"order": "stop-first"}])
def test_a_program_that_fails_is_rolled_back(policy: dict[str, Any]) -> None:
    """Rows 1, 6 and 8: no pause, no canary: newcomers go, and what served before is still the same containers."""
    with story() as told:
        before = told.serving()
        told.up(BAD, policy=policy)
        told.settle()
        assert told.serving() == before
        assert (told.upgrade("front") or {})["phase"] == ROLLED_BACK
        told.check_nothing_left()


def test_a_paused_upgrade_heals() -> None:
    """Rows 1 and 11: paused is no mode of the loop: each member is healed with its own launch."""
    with story() as told:
        told.up(BAD, policy={"failure_action": "pause"})
        told.passes(8)
        member, container = list(told.containers("front").items())[-1]
        told.machine_of(container).remove(container, with_volumes=False)
        told.passes(3)
        assert member.home.key in told.serving("front")
        told.order("rollback")
        told.settle()
        assert set(told.serving("front")) == DONE
        told.check_nothing_left()


def test_a_rollback_is_never_rolled_back() -> None:
    """Row 7: a rollback whose containers fail goes on healing; it makes no further revision."""
    with story() as told:
        told.up(NEW)
        told.settle()
        for member, container in told.containers("front").items():
            if told.roles("front")[member.key] == "kept":
                container.broken = True
        told.order("rollback")
        number = told.body["revisions"][-1]["number"]
        told.passes(10)
        assert told.body["revisions"][-1]["number"] == number


# --- the way back


def test_rollback_starts_the_same_containers() -> None:
    """Row 6: of both orders the kept containers come back, no others are made."""
    with story() as told:
        before = told.serving()
        told.up(definition=BOTH)
        told.settle()
        assert set(told.serving()) == set(before)
        assert not set(told.serving().values()) & set(before.values())
        told.order("rollback")
        told.settle()
        assert told.serving() == before
        assert not told.upgrade("front")
        assert told.least["front"] == len(DONE)
        told.check_nothing_left()


def test_rollback_in_the_middle() -> None:
    """Row 10: a cancel is a rollback: what still serves is not touched."""
    with story() as told:
        before = told.serving()
        told.up(definition=BOTH)
        told.passes(3)
        told.order("rollback")
        told.settle()
        assert told.serving() == before
        told.check_nothing_left()


def test_up_of_the_confirmed_definition_cancels() -> None:
    """Row 10: the old files again mean the same as a rollback."""
    with story() as told:
        before = told.serving()
        told.up(NEW)
        told.passes(3)
        told.run(Order("up", STACK, variant=0, upgrade=True, prune=True))
        told.settle()
        assert told.serving("front") == {key: item for key, item in before.items() if key in DONE}


def test_one_order_rolls_the_stack_back() -> None:
    """Row 38: the stack does not stay mixed; a service alone goes back on request."""
    with story() as told:
        before = told.serving()
        told.up(definition=BOTH)
        told.settle()
        told.run(Order("rollback", STACK, service=0))
        told.settle()
        back = {key: item for key, item in told.serving().items() if key.startswith("back/")}
        assert back.items() <= before.items()
        assert told.upgrade("front")
        told.order("rollback")
        told.settle()
        assert told.serving() == before


def test_a_third_revision_keeps_the_confirmed_way_back() -> None:
    """Row 22: a second deploy in the middle of the first is the wanted one; the way back stays the confirmed one."""
    with story() as told:
        before = told.serving("front")
        told.up(NEW)
        told.passes(4)
        told.up(NEWER)
        told.settle()
        assert launches(told, "front") == {target(told, "front")}
        told.check_nothing_left()
        assert sum(role == "kept" for role in told.roles("front").values()) == len(DONE)
        told.order("rollback")
        told.settle()
        assert told.serving("front") == before
        assert told.least["front"] == len(DONE)


def test_what_is_kept_is_never_started_by_healing() -> None:
    """Row 11: an unconfirmed service is healed with what serves, not with what is kept."""
    with story() as told:
        told.up(NEW)
        told.settle()
        kept = [item for item in told.containers("front").values() if not item.live]
        for container in told.containers("front").values():
            if container.live:
                told.machine_of(container).remove(container, with_volumes=False)
        told.passes(2)
        assert set(told.serving("front")) == DONE
        assert not any(item.live for item in kept)


def test_a_kept_container_that_was_started_by_hand_is_stopped() -> None:
    """Row 11: two launches that write at once are no way back."""
    with story() as told:
        told.up(NEW)
        told.settle()
        kept = next(item for item in told.containers("front").values() if not item.live)
        told.machine_of(kept).start(kept)
        told.passes(2)
        assert not kept.live
        told.check_nothing_left()


def test_a_kept_container_that_is_gone_is_made_anew() -> None:
    """Row 14: a janitor took what was kept: the way back is made from the record."""
    with story() as told:
        before = target(told, "front")
        told.up(NEW)
        told.settle()
        for container in list(told.containers("front").values()):
            if not container.live:
                told.machine_of(container).remove(container, with_volumes=True)
        told.passes()
        told.order("rollback")
        told.settle()
        assert set(told.serving("front")) == DONE
        assert launches(told, "front") == {before}
        assert told.least["front"] == len(DONE)


def test_the_port_of_what_is_kept_stays_taken() -> None:
    """Row 9: nobody else gets the port meanwhile, so the way back stays possible."""
    with story(stack="edge") as told:
        before = told.serving("proxy")
        told.up(definition=changed_definition("edge", "proxy"))
        told.settle()
        other = definition("a", 0)
        other["services"]["b-c"]["container"] = {
            "ports": [{"ip": "", "public": 80, "private": 80, "protocol": "tcp"}]
        }
        told.run(Order("up", "a"), definition=other)
        told.order("rollback")
        told.settle()
        assert told.serving("proxy") == before


# --- confirm


def test_confirm_removes_what_was_kept() -> None:
    """Rows 13 and 34: after it, nothing of the old revision is left."""
    with story() as told:
        told.up(NEW)
        told.settle()
        assert codes(told, "confirm_upgrade") == []
        told.settle()
        assert all(item.live for item in told.containers("front").values())
        assert codes(told, "rollback") == ["no_upgrade"]
        told.check_nothing_left()


def test_confirm_is_refused_in_the_middle() -> None:
    """Row 13: while members of two revisions are wanted, there is nothing to confirm."""
    with story() as told:
        told.up(NEW)
        told.passes(2)
        assert codes(told, "confirm_upgrade") == ["upgrade_not_done"]
        told.settle()
        assert codes(told, "confirm_upgrade") == []


# --- images and checks


def test_without_a_check_running_for_a_while_counts() -> None:
    """Row 28: without a health check a newcomer takes over only after it ran for the bake time."""
    with story() as told:
        told.up(NEW)
        told.world.pass_time(2)
        told.run(Order("reconcile"))
        assert "newcomer" in told.roles("front").values()
        assert "kept" not in told.roles("front").values()


def test_hosts_with_different_images_upgrade_nothing() -> None:
    """Row 19: one host has another image under the same name: it is said, before anything stops."""
    with story() as told:
        last = list(told.world.machines.values())[-1]
        image = dataclasses.replace(told.world.registry.images["app:2"], volumes=("/other",))
        last.engine.images["app:2"] = image
        before = told.serving("front")
        told.up(NEWER)
        told.passes(3)
        held = [fact.code for fact in told.run(Order("reconcile")).last.held]
        assert "images_differ" in held
        assert told.serving("front") == before
        assert set(told.roles("front").values()) == {""}


def test_another_name_of_the_same_image_replaces_nothing() -> None:
    """Row 18: all hosts pull it, see that it is what runs, and the members have the new name from then on."""
    with story() as told:
        told.world.registry.images["app:2"] = Image("app:2", content="app:1")
        before = told.serving("front")
        told.up(NEWER)
        told.settle()
        assert told.serving("front") == before
        assert launches(told, "front") == {target(told, "front")}
        member, container = next(iter(told.containers("front").items()))
        told.machine_of(container).remove(container, with_volumes=False)
        told.passes(3)
        assert told.containers("front")[member].body["Image"] == "app:2"


def forecasts(report: Report) -> list[Any]:
    """What a command said that it would do: the members of each upgrade, and how many of them in place."""
    notes = [fact for plan in report.plans for fact in plan.notes if fact.code == "upgrade_plan"]
    return [(fact.parameters["members"], fact.parameters["in_place"]) for fact in notes]


def test_what_is_about_to_be_done_is_said_and_nothing_else() -> None:
    """Before hosts have pulled the new name, that of one host tells what it is. What is done is not said again."""
    with story() as told:
        told.world.registry.images["app:2"] = Image("app:2", content="app:1")
        first = next(iter(told.world.machines.values()))
        first.engine.images["app:2"] = told.world.registry.images["app:2"]
        assert forecasts(told.up(NEWER, services=["front"])) == [(3, 3)]
        told.settle()
        assert forecasts(told.up(NEWER, services=["front"])) == []


def test_another_image_under_the_new_name_replaces_all() -> None:
    """Row 18, the other half."""
    with story() as told:
        before = told.serving("front")
        told.up(NEWER)
        told.settle()
        assert not set(told.serving("front").values()) & set(before.values())


def test_a_moved_tag_is_taken_when_a_person_asks() -> None:
    """Row 17: no pass acts on it. With pull the hosts pull it anew, and members with another image are replaced."""
    with story() as told:
        before = told.serving("front")
        told.world.registry.images["app:1"] = Image("app:1", content="a newer one")
        told.up()
        told.settle()
        assert told.serving("front") == before
        told.up(pull=True)
        told.settle()
        fresh = told.serving("front")
        assert set(fresh) == set(before)
        assert not set(fresh.values()) & set(before.values())
        told.run(Order("rollback", STACK, service=99))
        told.settle()
        assert told.serving("front") == before


def test_pull_of_the_same_images_replaces_nothing() -> None:
    """Row 17, the other half: not even the record is written."""
    with story() as told:
        version, before = told.version, told.serving()
        told.up(pull=True)
        told.settle()
        assert told.serving() == before
        assert told.version == version


def test_force_twice_keeps_the_way_back() -> None:
    """The second one confirms the first if that is complete; in the middle of it the way back stays."""
    with story() as told:
        first = told.serving("front")
        told.up(force=True, services=["front"], policy={"interval_ms": 0})
        assert told.upgrade("front") is not None
        told.up(force=True, services=["front"])
        told.settle()
        assert set(first.values()) <= {item.id for item in told.containers("front").values()}
        assert not set(told.serving("front").values()) & set(first.values())
        second = told.serving("front")
        told.up(force=True, services=["front"])
        told.settle()
        told.run(Order("rollback", STACK, service=99))
        told.settle()
        assert told.serving("front") == second


def test_confirm_is_refused_in_the_middle_of_a_forced_upgrade() -> None:
    """Row 13: all members have one launch then, and not all are replaced."""
    with story() as told:
        told.up(force=True, services=["front"])
        assert codes(told, "confirm_upgrade") == ["upgrade_not_done"]


def test_a_pull_that_fails_changes_nothing() -> None:
    """Row 16, for pull: the image that the hosts have is not the one that was asked for."""
    with story() as told:
        version = told.version
        told.world.registry.broken.add("app:1")
        told.up(NEW, pull=True)
        assert told.version == version


# --- hosts and controllers


def test_a_host_that_is_away_is_waited_for() -> None:
    """Rows 2 and 23: the others go on, and it follows when it is back."""
    with story() as told:
        away = list(told.world.machines.values())[1]
        told.up(NEW)
        away.power_off()
        told.passes(12)
        away.power_on()
        told.settle()
        assert set(told.serving("front")) == DONE
        assert launches(told, "front") == {target(told, "front")}
        told.check_nothing_left()


def test_a_host_that_is_away_during_a_rollback() -> None:
    """Row 7: its member goes back when it returns, with the container that it had."""
    with story() as told:
        before = told.serving("front")
        told.up(NEW)
        told.settle()
        away = list(told.world.machines.values())[1]
        away.power_off()
        told.order("rollback")
        told.passes(8)
        away.power_on()
        told.settle()
        assert told.serving("front") == before
        told.check_nothing_left()


def _meanwhile(rival: Controller, is_now: bool) -> None:
    if is_now:
        rival.run()


@pytest.mark.parametrize("at", [1, 3, 5, 7])
@pytest.mark.parametrize("other", ["reconcile", "rollback", "up"])
def test_two_controllers_at_once(at: int, other: str) -> None:
    """Rows 13, 22 and 34: whatever the other one orders meanwhile, there is one launch in the end."""
    with story() as told:
        rival = Controller(
            told.world,
            Order(
                other,
                STACK if other != "reconcile" else "",
                variant=NEWER,
                upgrade=True,
                service=99,
            ),
            hidden=set(),
            say=told.told.append,
        )
        first = Controller(
            told.world,
            Order("up", STACK, variant=NEW, upgrade=True),
            hidden=set(),
            say=told.told.append,
        )
        first.before_act = lambda number: _meanwhile(rival, number == at)
        first.run()
        told.settle()
        assert launches(told, "front") == {target(told, "front")}
        assert told.least["front"] == len(DONE)
        told.check_nothing_left()


@pytest.mark.parametrize("command", ["rollback", "up"])
def test_members_of_a_scale_in_the_middle_follow_one_by_one(command: str) -> None:
    """Rows 20 and 23: they have no way back of their own, and are replaced one by one all the same."""
    with story() as told:
        told.up(definition=changed_definition(STACK, "back"))
        told.settle()
        told.run(Order("scale", STACK, service=0, scale=4))
        told.settle()
        told.guard()
        if command == "rollback":
            told.order("rollback")
        else:
            told.up(definition=changed_definition(STACK, "back", command=["other"]))
        told.settle()
        assert len(told.serving("back")) == 4
        assert launches(told, "back") == {target(told, "back")}
        assert told.least["back"] == 3
        told.check_nothing_left()


def test_a_failed_member_that_is_tolerated_holds_up_no_other() -> None:
    """Row 1: C(continue) goes on, and what served before goes on serving."""
    with story() as told:
        before = told.serving("front")
        told.up(BAD, policy={"failure_action": "continue"})
        told.passes(10)
        assert sorted(told.roles("front").values()) == [""] * 3 + ["newcomer"] * 3
        assert told.serving("front") == before


def test_a_job_that_was_stopped_is_no_rollback_for_ever() -> None:
    """Row 2: what runs once is not started again, so a rollback does not wait for it to serve."""
    with story(stack="jobs") as told:
        told.up(BAD)
        told.settle()
        assert (told.upgrade("once") or {})["phase"] == ROLLED_BACK
        assert set(told.roles("once").values()) == {""}


def test_a_new_upgrade_in_the_middle_of_a_rollback_keeps_the_way_back() -> None:
    """Rows 9 and 22: what was confirmed and just came back is kept again, and no second member stops meanwhile."""
    with story(stack="edge") as told:
        before = told.serving("proxy")
        told.up(definition=changed_definition("edge", "proxy"))
        told.order("rollback")
        told.up(definition=changed_definition("edge", "proxy", command=["other"]))
        told.settle()
        assert launches(told, "proxy") == {target(told, "proxy")}
        assert told.least["proxy"] == 1
        told.order("rollback")
        told.settle()
        assert told.serving("proxy") == before


def test_a_retained_address_stays_the_members() -> None:
    """Rancher's C(retain_ip): the newcomer has the address, so what served is stopped first; a rollback has it too."""
    wanted = changed_definition(STACK, "front")
    wanted["services"]["front"]["retain_ip"] = True
    with story() as told:
        addresses = {key: told.body["members"][key]["address"] for key in DONE}
        told.up(definition=wanted)
        told.settle()
        assert launches(told, "front") == {target(told, "front")}
        entries = told.body["members"].items()
        found = {key.partition("@")[0]: entry["address"] for key, entry in entries if "@" in key}
        assert found == addresses
        told.order("rollback")
        told.settle()
        assert {key: told.body["members"][key]["address"] for key in DONE} == addresses
        told.check_nothing_left()


def test_members_that_share_a_declared_volume_are_upgraded_start_first() -> None:
    """Row 33: two programs write to it already, so a newcomer beside them is nothing new."""
    with story(stack="edge") as told:
        told.up(definition=changed_definition("edge", "store"))
        told.settle()
        assert launches(told, "store") == {target(told, "store")}
        assert told.least["store"] == 2
