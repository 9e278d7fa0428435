# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules swarm and swarm_info: one acts and must be told what to do, the other only looks."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.modules import swarm, swarm_info
from ansible_collections.drover.docker.tests.unit.shared.fake_swarm import SOUND, FakeEngine
from ansible_collections.drover.docker.tests.unit.shared.module_arguments import arguments

Json = dict[str, t.Any]
Run = t.Callable[..., Json]


@pytest.fixture
def engine() -> FakeEngine:
    """A manager, alone."""
    return FakeEngine(n1=dict(SOUND))


@pytest.fixture
def run(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs a module on the engine; gives what it printed."""
    for module in (swarm, swarm_info):
        monkeypatch.setattr(module, "SocketClient", lambda *_where: engine)

    def call(module: t.Any, **given: t.Any) -> Json:
        with arguments(given), pytest.raises(SystemExit):
            module.main()
        return dict(json.loads(capsys.readouterr().out))

    return call


def test_info_reports_and_changes_nothing(run: Run, engine: FakeEngine) -> None:
    found = run(swarm_info)
    assert (found["changed"], found["swarm"]["state"], found["swarm"]["quorum"]) == (
        False,
        "active",
        True,
    )
    assert [node["id"] for node in found["swarm"]["nodes"]] == ["n1"]
    assert engine.calls == []
    assert "SECRET" not in json.dumps(found)


def test_info_returns_tokens_on_request(run: Run) -> None:
    found = run(swarm_info, return_tokens=True)
    assert found["join_tokens"] == {"manager": "SECRET-M", "worker": "SECRET-W"}


def test_info_takes_the_given_address(run: Run) -> None:
    assert run(swarm_info, advertise_addr="192.0.2.9")["swarm"]["advertise_addr"] == "192.0.2.9"


@pytest.mark.parametrize("given", [{}, {"leave": True}, {"return_tokens": True}])
def test_swarm_must_be_told_what_to_do(run: Run, engine: FakeEngine, given: Json) -> None:
    told = run(swarm, **given)
    assert told["msg"] == (
        "nothing is asked for: give one of role, network, remove_network, promote, demote, remove_nodes, or "
        "state=absent to leave the Swarm; drover.docker.swarm_info only looks"
    )
    assert engine.calls == []


def test_an_empty_list_asks_for_nothing_and_is_no_mistake(run: Run, engine: FakeEngine) -> None:
    """As a template may give it."""
    found = run(swarm, promote=[])
    assert (found["changed"], found["changes"], engine.calls) == (False, [], [])


def test_absent_leaves_once(run: Run, engine: FakeEngine) -> None:
    would = run(swarm, state="absent", _ansible_check_mode=True)
    assert (would["changed"], engine.calls) == (True, [])
    gone = run(swarm, state="absent")
    assert (gone["changes"], gone["swarm"]["state"]) == (["leave the swarm"], "inactive")
    assert engine.made() == ["POST /swarm/leave?force=1"]
    assert not run(swarm, state="absent")["changed"]


def test_a_host_that_leaves_is_not_asked_for_nodes(
    run: Run, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A manager that the others have left takes 20 s to say that there is no leader."""
    asked: list[str] = []
    answer = engine.get

    def noted(path: str) -> t.Any:
        asked.append(path)
        return answer(path)

    monkeypatch.setattr(engine, "get", noted)
    run(swarm, state="absent")
    assert not {"/nodes", "/swarm", "/services"} & set(asked)


def test_the_network_is_removed_on_request(run: Run, engine: FakeEngine) -> None:
    assert run(swarm, remove_network="drover")["changes"] == []


def test_absent_takes_no_other_wish(run: Run, engine: FakeEngine) -> None:
    told = run(swarm, state="absent", role="manager", network={})
    assert told["msg"] == "state=absent leaves the Swarm: role, network cannot be given with it"
    assert engine.calls == []
