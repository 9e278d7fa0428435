# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning the rounds of a command: what is returned to the playbook, and what is printed for people."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible_collections.drover.docker.plugins.module_utils._common.constants import MAX_ROUNDS
from ansible_collections.drover.docker.plugins.module_utils._record.excerpt import excerpt
from ansible_collections.drover.docker.plugins.plugin_utils._pass.signatures import signature_of
from ansible_collections.drover.docker.plugins.plugin_utils._run import pass_file
from ansible_collections.drover.docker.tests.unit.plugins.action.play import SECRET, Play, shop

OBSERVE_MODULE = "drover.docker.internal_observe"
RECORD_KEY = "a key of sixteen or more"
UP = [
    "h1,h2,h3  record  shop v1  up",
    "h3  create  shop-web-1  no container",
    "h3  start  shop-web-1  new container",
]


def status_of(play: Play) -> list[str]:
    play.on_all("observe")
    play.task("plan", command="status")
    return play.printed


def test_a_command_is_read_before_any_host_is_contacted(play: Play) -> None:
    result = play.task("plan", command="scale", service="shop/web", scale="2", prepare=True)
    assert result == {"changed": False, "work": False}
    assert play.calls == []
    with pytest.raises(AnsibleError, match="there is no pass to go on with"):
        play.task("plan", command="continue")


def test_a_wrong_variable_is_told(play: Play) -> None:
    with pytest.raises(AnsibleActionFail, match="scale='x' must be a whole number"):
        play.task("plan", command="scale", service="shop/web", scale="x", prepare=True)


def test_an_inventory_without_docker_hosts_is_told(play: Play) -> None:
    play.variables["groups"] = {"all": ["h1"]}
    with pytest.raises(AnsibleError, match="the inventory has no group docker_hosts"):
        play.task("plan", command="reconcile")


def test_a_round_with_work(play: Play) -> None:
    result = play.up(shop())
    assert result.pop("messages") == []
    assert result == {"changed": False, "work": True, "nests": True, "planned": UP}


def test_check_mode_plans_and_changes_nothing(play: Play) -> None:
    result = play.up(shop(), check=True)
    assert (result["changed"], result["work"], result["planned"]) == (True, False, UP)
    assert play.printed == [f"would  {line}" for line in UP]
    assert play.on_all("act", check=True) == [{"changed": False}] * 3
    assert (play.called("act"), play.bench["h1"]["records"]) == ([], {})


def test_check_mode_with_diff_gives_the_plan_as_the_diff(play: Play) -> None:
    result = play.up(shop(), check=True, diff=True)
    assert result["diff"] == [{"prepared": "".join(f"{line}\n" for line in UP)}]


def test_results_are_printed_and_the_end_is_told(play: Play) -> None:
    play.up(shop())
    result = play.act()
    assert play.printed == [
        "done   h1,h2,h3  record  shop v1  up",
        "done   h3  create  shop-web-1  no container  (0.2 s)",
        "done   h3  start  shop-web-1  new container  (0.2 s)",
        "all is as it should be",
    ]
    assert (result["changed"], result["work"], result["planned"]) == (True, False, [])


def test_nothing_to_do_is_said(play: Play) -> None:
    play.bench.settled(shop())
    play.on_all("observe")
    result = play.task("plan", command="reconcile")
    assert (result["changed"], result["work"]) == (False, False)
    assert play.printed == ["all is as it should be"]


def test_a_host_that_was_not_seen_is_a_note_and_no_failure(play: Play) -> None:
    play.bench.settled(shop())
    play.bench.seen["h2"] = None
    play.on_all("observe")
    assert "failed" not in play.task("plan", command="reconcile")
    assert "note   on h2: not seen: not reached (try: ansible h2 -m ping)" in play.printed


def test_without_any_host_the_command_fails(play: Play) -> None:
    play.bench.seen = dict.fromkeys(play.bench.seen)
    play.on_all("observe")
    play.task("plan", command="reconcile")
    result = play.task("show")
    assert (result["failed"], result["msg"]) == (True, "no Docker host could be looked at")
    assert play.printed[0] == "error  no Docker host could be looked at"
    assert all(line.startswith("note ") for line in play.printed[1:])


def test_a_failed_operation_fails_the_command(play: Play) -> None:
    play.failing["start"] = "no such program"
    play.up(shop())
    data = play.act()
    line = "h3  start  shop-web-1  new container: no such program"
    assert [told for told in play.printed if line in told] == [f"failed  {line}"]
    result = play.task("show")
    assert (result["failed"], result["msg"], data["work"]) == (True, line, False)


def test_a_command_that_does_not_settle_ends(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play.bench, "run", lambda _operation: None)  # created, and gone at once
    went_on = [play.up(shop())["work"]]
    went_on += [play.act()["work"] for _round in range(MAX_ROUNDS - 1)]
    assert (went_on, play.act()["work"]) == ([True] * MAX_ROUNDS, False)
    assert (
        play.task("show")["msg"] == f"not settled after {MAX_ROUNDS} rounds; the next pass goes on"
    )


def test_status_prints_a_table_and_plans_no_work(play: Play) -> None:
    play.bench.settled(shop(2))
    printed = status_of(play)
    assert any("shop/web" in line and "active" in line for line in printed)
    with pytest.raises(AnsibleError, match="there is no pass to go on with"):
        pass_file.load("")


def left_with_one(play: Play) -> str:
    """A stack whose record is seen on one host only, which does not send its body without being asked."""
    play.bench.settled(shop(2))
    sent = {host: excerpt(t.cast("t.Any", play.bench[host])) for host in play.bench.seen}
    (host,) = (host for host, seen in sent.items() if not seen["records"])
    for other in sent:
        if other != host:
            play.bench.seen[other] = None
    return host


def test_status_asks_for_what_no_host_has_sent(play: Play) -> None:
    host = left_with_one(play)
    play.on_all("observe")
    assert play.task("plan", command="status", system=True)["work"]
    play.calls.clear()
    result = play.step()
    assert not result["work"]
    assert [name for name, called, _arguments in play.calls if called == host] == [OBSERVE_MODULE]
    assert "shop/web" in json.dumps([result["services"], result["messages"]])


def test_check_mode_asks_for_what_no_host_has_sent(play: Play) -> None:
    host = left_with_one(play)
    play.on_all("observe", check=True)
    assert play.task("plan", command="reconcile", check=True)["work"]
    play.calls.clear()
    play.on_all("act", check=True)
    assert play.calls == [(OBSERVE_MODULE, host, play.calls[0][2])]
    assert play.calls[0][2]["known"] == []
    result = play.task("plan", command="continue", check=True)
    assert not result["work"]
    play.on_all("act", check=True)
    assert len(play.calls) == 1, "nothing is left to be called"


def test_no_secret_is_returned_or_printed(play: Play) -> None:
    play.up(shop(), check=True, diff=True)
    play.up(shop())
    play.act()
    status_of(play)
    play.up(shop(3))
    play.act()
    assert SECRET in json.dumps([arguments for _name, _host, arguments in play.calls])
    assert SECRET not in json.dumps([play.returned, play.printed])


def test_the_key_signs_in_each_step_and_is_nowhere_else(play: Play, tmp_path: Path) -> None:
    play.variables["drover_record_key"] = "{{ vault }}"
    play.templates["{{ vault }}"] = RECORD_KEY
    play.up(shop())
    while play.act()["work"]:
        pass
    assert play.printed[-1] == "all is as it should be"
    status_of(play)
    for host in play.bench.seen:
        version = play.bench[host]["records"]["shop"]["version"]
        assert version["signature"] == signature_of(RECORD_KEY, "shop", version)
    sent = json.dumps([play.calls, play.returned, play.printed, play.bench.seen])
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert RECORD_KEY not in sent
    assert not [content for content in files if RECORD_KEY.encode() in content]


def test_records_are_signed_with_a_key_and_unsigned_without_one(play: Play) -> None:
    with pytest.raises(AnsibleActionFail, match="sign_records=true needs the key"):
        play.task("plan", command="reconcile", sign_records="true")
    play.variables["drover_record_key"] = RECORD_KEY
    with pytest.raises(AnsibleActionFail, match="is for a control node without key"):
        play.task("plan", command="reconcile", sign_records="false")


def test_the_last_word_is_about_what_was_asked_for(play: Play) -> None:
    """Only `scale` and `down` tell which volumes they leave; the rounds after the first one must not forget that."""
    play.bench.settled(shop(2))
    play.on_all("observe")
    play.task("plan", command="scale", service="shop/web", scale="1")
    for _round in range(MAX_ROUNDS):
        assert pass_file.load("").command == "scale"
        if not play.act()["work"]:
            break


HOSTILE = "x\x1b]0;T\x07\r\nall is as it should be\u202e"


def test_what_hosts_say_is_printed_with_its_control_characters_escaped(play: Play) -> None:
    play.bench.settled(shop(2))
    stranger = {**play.bench.container("shop-web-1"), "name": HOSTILE, "stack": HOSTILE, "id": "f"}
    play.bench["h1"]["containers"].append(stranger)
    play.bench["h2"]["error"] = HOSTILE
    play.on_all("observe")
    play.task("plan", command="reconcile")
    printed = status_of(play)
    assert any("\\x1b" in line for line in printed)
    assert [line for line in printed if not line.isprintable()] == []


def test_the_reason_of_a_failed_command_is_one_line_of_plain_text(play: Play) -> None:
    play.failing["start"] = HOSTILE
    play.up(shop())
    play.act()
    assert play.task("show")["msg"].isprintable()
    assert all(line.isprintable() for line in play.printed)
