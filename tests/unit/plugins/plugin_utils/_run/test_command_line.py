# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the variables of a playbook mean, and what is said of wrong ones before any host is contacted."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.plugin_utils._run.command_line import request_from

STAMP: dict[str, Any] = {"author": "me", "time": "now", "token": "t", "inventory": ["h1", "h2"]}


def request(definition: dict[str, Any] | None = None, **args: Any) -> Request:
    return request_from(args, definition, **STAMP)


def test_scale() -> None:
    made = request(command="scale", service="Shop/web", scale="3")
    assert (made.stacks, made.service, made.scale) == (["shop"], "web", 3)


def test_reconcile_is_for_all_stacks_unless_one_is_named() -> None:
    assert request(command="reconcile").stacks is None
    assert request(command="reconcile", stack="shop").stacks == ["shop"]


def test_up_takes_its_stack_from_the_definition() -> None:
    made = request({"stack": "shop"}, command="up", scale="web=3, db=1", prune="yes", take="h2")
    assert (made.stacks, made.scales, made.prune, made.take) == (
        ["shop"],
        {"web": 3, "db": 1},
        True,
        "h2",
    )


def test_scales_may_be_a_map() -> None:
    assert request({"stack": "shop"}, command="up", scale={"web": 3}).scales == {"web": 3}


def test_a_step_of_a_move_waits_only_where_it_starts_the_member() -> None:
    given: Any = {"command": "volume_move", "service": "shop/db", "to": "h2", "index": 1}
    made = {step: request(**given, step=step) for step in ("leave", "arrive", "finish", "back")}
    assert made["leave"].move == {"step": "leave", "to": "h2", "index": 1, "force": False}
    waits = {step: found.wait_s for step, found in made.items()}
    assert waits == {"leave": 0, "arrive": 0, "finish": 300, "back": 300}
    assert request(**given, step="finish", wait="no").wait_s == 0
    with pytest.raises(ValueError, match="volume_move needs -e service=STACK/SERVICE"):
        request(command="volume_move", stack="shop", to="h2", step="leave")


def test_what_starts_members_waits_for_them_unless_it_is_told_not_to() -> None:
    assert request({"stack": "shop"}, command="up").wait_s == 300
    assert request(command="scale", service="shop/my_web.v2", scale=2).service == "my_web.v2"
    assert request(command="scale", service="shop/web", scale=2, wait_timeout="5").wait_s == 5
    assert request(command="start", stack="shop", wait="no").wait_s == 0
    assert request(command="stop", stack="shop").wait_s == 0
    assert request(command="reconcile").wait_s == 0
    assert request(command="reconcile", wait="yes").wait_s == 300


def test_upgrade_names_two_services_of_one_stack() -> None:
    names: dict[str, Any] = {"from": "Shop/web", "to": "web2"}
    made = request(command="upgrade", **names)
    assert (made.stacks, made.takes_over, made.service) == (["shop"], "web", "web2")
    assert (made.scale, made.update_links, made.policy, made.wait_s) == (-1, True, {}, 300)
    pace: dict[str, Any] = {"batch_size": "3", "interval": 0, "update_links": "no", "scale": 0}
    other = request(command="upgrade", wait="no", **{"from": "shop/web", "to": "shop/b", **pace})
    assert (other.service, other.scale, other.update_links) == ("b", 0, False)
    assert (other.policy, other.wait_s) == ({"batch_size": 3, "interval_ms": 0}, 300)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("web", "web2", "upgrade needs -e from=STACK/SERVICE and -e to=SERVICE"),
        ("shop/web", "", "upgrade needs -e from=STACK/SERVICE and -e to=SERVICE"),
        ("shop/web", "blog/web2", "to='blog/web2' is in another stack than from='shop/web'"),
        ("drover/checker", "web2", "stack drover holds our own services"),
    ],
)
def test_upgrade_without_both_is_refused(old: str, new: str, message: str) -> None:
    names: dict[str, Any] = {"from": old, "to": new}
    with pytest.raises(ValueError, match=message):
        request(command="upgrade", **names)


@pytest.mark.parametrize("value", ["a,b", ["a", "b"], " a , b ,"])
def test_names_are_a_list_or_separated_by_commas(value: Any) -> None:
    assert request(command="down", stack="shop", remove_volumes=value).remove_volumes == ["a", "b"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"command": "fly"}, "command must be one of"),
        ({"command": "scale"}, "scale needs -e service=STACK/SERVICE and -e scale=N"),
        ({"command": "scale", "service": "web", "scale": 2}, "must be written STACK/SERVICE"),
        ({"command": "scale", "service": "a/b/c", "scale": 2}, "must be written STACK/SERVICE"),
        ({"command": "scale", "service": "a/b..c", "scale": 2}, "must be written STACK/SERVICE"),
        ({"command": "scale", "service": "shop/web"}, "scale='' must be a whole number"),
        (
            {"command": "scale", "service": "shop/web", "scale": "-1"},
            "scale='-1' must be a whole number",
        ),
        (
            {"command": "scale", "service": "shop/web", "scale": "2.5"},
            "scale='2.5' must be a whole number",
        ),
        (
            {"command": "scale", "service": "shop/web", "scale": "many"},
            "scale='many' must be a whole number",
        ),
        ({"command": "stop"}, "stop needs -e stack=STACK"),
        ({"command": "start"}, "start needs -e stack=STACK"),
        ({"command": "down"}, "down needs -e stack=STACK"),
        ({"command": "down", "service": "shop/web"}, "down is for a whole stack"),
        ({"command": "up"}, "up needs stack files: -e stack_dir=FOLDER"),
        ({"command": "status", "stack": "a b"}, "a stack's name has letters, digits and hyphens"),
        (
            {"command": "reconcile", "stack": "../etc"},
            "a stack's name has letters, digits and hyphens",
        ),
        ({"command": "reconcile", "retry": "a b"}, "separate names with commas"),
        ({"command": "reconcile", "take": "h9"}, "no such host in the inventory; it has h1, h2"),
        ({"command": "reconcile", "prune": "maybe"}, "prune='maybe' must be true or false"),
    ],
)
def test_wrong_variables_are_named(args: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        request(**args)


def test_scales_of_up_must_be_pairs() -> None:
    with pytest.raises(ValueError, match="with up, write -e scale=SERVICE=N"):
        request({"stack": "shop"}, command="up", scale="3")


def test_forget_is_for_a_stack_that_is_down() -> None:
    assert request(command="down", stack="shop", forget="true").forget
    assert not request(command="down", stack="shop").forget
    with pytest.raises(ValueError, match="forget='perhaps' must be true or false"):
        request(command="down", stack="shop", forget="perhaps")


def test_records_are_signed_by_a_persons_word_alone() -> None:
    assert request(command="reconcile", sign_records="true").sign_records
    plain = request(command="reconcile")
    assert not plain.sign_records
    assert not plain.unsign_records
    assert not request(command="reconcile", sign_records="true").unsign_records
    assert request(command="reconcile", sign_records="false").unsign_records
    with pytest.raises(ValueError, match="sign_records='maybe' must be true or false"):
        request(command="reconcile", sign_records="maybe")
