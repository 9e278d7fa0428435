# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pass over channels: who is called with what, and what becomes of a host that does not answer."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import Claim
from ansible_collections.drover.docker.plugins.module_utils._record.excerpt import excerpt
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.plugin_utils._channel.channels import (
    Answer,
    Channels,
)
from ansible_collections.drover.docker.plugins.plugin_utils._channel.driver import (
    FIRST_LOOK_S,
    Driver,
)
from ansible_collections.drover.docker.plugins.plugin_utils._pass.machine import Pass
from ansible_collections.drover.docker.plugins.plugin_utils._pass.signatures import signature_of
from ansible_collections.drover.docker.plugins.plugin_utils._pass.step import End
from ansible_collections.drover.docker.plugins.plugin_utils._pass.term import Term
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import OBSERVE, Work
from ansible_collections.drover.docker.plugins.plugin_utils._run.hosts import (
    ACT_S,
    OBSERVE_TIMEOUT_S,
)
from ansible_collections.drover.docker.tests.unit.shared.builders import service, stack
from ansible_collections.drover.docker.tests.unit.shared.fleet import Fleet, holder

Json = dict[str, t.Any]
HOSTS = ("h1", "h2", "h3")
SHOP = stack({"web": service(scale=3)})


RECORD_KEY = "a key of sixteen or more"


class FakeChannels(Channels):
    """Hosts of a fleet in the place of processes."""

    def __init__(self) -> None:
        self.fleet = Fleet(*HOSTS)
        self.calls: list[tuple[str, float, dict[str, Json]]] = []
        self.silent: dict[str, str] = {}
        """Host -> why it does not answer."""

    def call(self, stage: str, payloads: t.Mapping[str, Json], limit_s: float) -> dict[str, Answer]:
        self.calls.append((stage, limit_s, dict(payloads)))
        return {host: self._answer(host, stage, payload) for host, payload in payloads.items()}

    def _answer(self, host: str, stage: str, payload: Json) -> Answer:
        if host in self.silent:
            return self.silent[host]
        if stage == OBSERVE:
            seen = t.cast("t.Any", self.fleet.bench[host])
            return {"observation": excerpt(seen, payload["known"])}
        work = Work(**{key: payload[key] for key in Work.__dataclass_fields__})
        outcome = self.fleet._call(host, stage, work)
        assert outcome
        return {
            "results": outcome.results,
            "refused": [],
            "lease": outcome.lease,
            "observation": outcome.observation,
        }


@pytest.fixture
def channels() -> FakeChannels:
    return FakeChannels()


def up(channels: FakeChannels, **variables: t.Any) -> tuple[End, list[float]]:
    """Bring the shop up; the end, and the pauses that were made."""
    hosts = {host: {"inventory_hostname": host, **variables} for host in HOSTS}
    driver = Driver(channels, hosts)
    request = Request("up", ["shop"], definition=SHOP, inventory=list(HOSTS), token="r")
    running = Pass(
        request, driver.inventory, Term(Claim("t", "me", "up", False, 0.5, 30), wait_s=4)
    )
    pauses: list[float] = []
    return driver.run(running, pause=pauses.append), pauses


def test_a_command_is_carried_to_its_end(channels: FakeChannels) -> None:
    end, _pauses = up(channels)
    assert (end.failures, end.plan.errors) == ([], [])
    assert all(channels.fleet.bench[host]["containers"] for host in HOSTS)
    stages = [(stage, limit) for stage, limit, _payloads in channels.calls]
    assert stages == [(OBSERVE, FIRST_LOOK_S), ("record", ACT_S), ("operations", ACT_S)]


def test_the_key_signs_and_stays_on_the_control_node(channels: FakeChannels) -> None:
    up(channels, drover_record_key=RECORD_KEY)
    for host in HOSTS:
        version = channels.fleet.bench[host]["records"]["shop"]["version"]
        assert version["signature"] == signature_of(RECORD_KEY, "shop", version)
    assert RECORD_KEY not in repr(channels.calls)


def test_each_host_gets_its_own_place_and_share(channels: FakeChannels) -> None:
    up(channels, drover_state_dir="/srv/drover", drover_docker_host="unix:///x.sock")
    for host, payload in channels.calls[-1][2].items():
        assert (payload["host"], payload["state_dir"]) == (host, "/srv/drover")
        assert payload["docker_host"] == "unix:///x.sock"
        assert {item["host"] for item in payload["operations"]} == {host}


def test_why_a_host_does_not_answer_is_told(channels: FakeChannels) -> None:
    channels.silent = {"h2": "no route to host"}
    end, _pauses = up(channels)
    assert "on h2: not seen: no route to host" in [str(note) for note in end.plan.notes]


def test_a_pass_waits_for_another_run_and_looks_again(channels: FakeChannels) -> None:
    channels.fleet.leased = {"h1": holder()}
    _end, pauses = up(channels)
    assert next(pause for pause in pauses if pause) == 2.0
    looks = [(limit, payloads) for stage, limit, payloads in channels.calls if stage == OBSERVE]
    assert [limit for limit, _payloads in looks[:2]] == [FIRST_LOOK_S, OBSERVE_TIMEOUT_S]
    assert sorted(looks[1][1]) == list(HOSTS)


def test_the_inventory_says_how_long_a_look_may_take(channels: FakeChannels) -> None:
    channels.fleet.leased = {"h1": holder(finished=True)}
    up(channels, drover_observe_timeout_s="30")
    looks = [limit for stage, limit, _payloads in channels.calls if stage == OBSERVE]
    assert looks[:2] == [30.0, 30.0], "neither the first look nor a later one ends sooner"
