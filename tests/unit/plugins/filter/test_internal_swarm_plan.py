# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter around the plan: what templates make of settings, and settings that cannot be used."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.drover.docker.plugins.filter.internal_swarm_plan import FilterModule
from ansible_collections.drover.docker.tests.unit.shared.swarm_reports import node, swarm

PLAN = FilterModule().filters()["internal_swarm_plan"]
REPORT: dict[str, t.Any] = {
    "state": "inactive",
    "live_restore": False,
    "advertise_addr": "172.16.0.1",
    "engine_id": "e1",
    "manager": False,
    "quorum": False,
    "networks": [],
    "routes": [],
    "nodes": [],
    "node_id": "",
    "hostname": "h1",
}
SETTINGS: dict[str, t.Any] = {
    "name": "drover",
    "subnet": "10.42.0.0/16",
    "encrypted": False,
    "mtu": 0,
    "managers": 3,
    "default_addr_pool": ["10.44.0.0/16"],
    "adopt_swarm": False,
    "force_new_cluster": "",
    "rejoin": [],
}


def decided(**changes: t.Any) -> dict[str, t.Any]:
    reports = {"h1": REPORT, "h2": {**REPORT, "engine_id": "e2", "hostname": "h2"}}
    plan = PLAN(reports, hosts={"h1": "", "h2": ""}, settings={**SETTINGS, **changes})
    assert isinstance(plan, dict)
    return plan


def test_the_plan_is_plain_data() -> None:
    plan = decided()
    assert (plan["seed"], plan["joins"], plan["settle"]) == ("h1", {"h2": "worker"}, True)


def test_texts_of_numbers_and_truths_are_understood() -> None:
    texts = decided(encrypted="False", mtu="1400", managers="1", adopt_swarm="True")
    assert texts == decided(mtu=1400, managers=1, adopt_swarm=True)
    assert "MTU 1400" in texts["changes"][-1]


@pytest.mark.parametrize(
    ("setting", "value", "variable"),
    [
        ("subnet", "10.42.0.1/16", "drover_network_subnet: 10.42.0.1/16 has host bits set"),
        ("subnet", "10.42.0.0/30", "drover_network_subnet: 10.42.0.0/30: too small"),
        ("default_addr_pool", ["pool"], "drover_network_default_addr_pool: "),
    ],
)
def test_subnets_that_cannot_be_used(setting: str, value: t.Any, variable: str) -> None:
    with pytest.raises(AnsibleFilterError, match=variable):
        decided(**{setting: value})


def test_what_a_host_says_is_neither_a_template_nor_controls_a_terminal() -> None:
    """The role prints the texts; before ansible-core 2.19 a fact that looks like a template is one."""
    said = "h\x1b[31m{{ lookup('pipe', 'id') }}{% x %}{# y #}"
    reports = swarm({"h1": "manager", "h2": "worker"}, more=[node("h9", hostname=said, id=said)])
    reports["h2"].update(state="locked", error=said)
    plan = PLAN(reports, hosts={"h1": "", "h2": ""}, settings=SETTINGS)
    texts = json.dumps(plan)
    assert "lookup" in texts
    assert "{{" not in texts
    assert "{%" not in texts
    assert "\\u001b" not in texts
    assert "\x1b" not in texts


def test_the_network_may_be_unwanted() -> None:
    reports = swarm({"h1": "manager", "h2": "worker"})
    plan = PLAN(reports, hosts={"h1": "", "h2": ""}, settings=SETTINGS, state="absent")
    assert (plan["remove_network"], plan["leave"]) == (True, [])
    with pytest.raises(AnsibleFilterError, match="present or absent"):
        PLAN(reports, hosts={"h1": "", "h2": ""}, settings=SETTINGS, state="gone")
