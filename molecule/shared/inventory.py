#!/usr/bin/env python
# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's inventory, cut to the hosts of a scenario.

As a program it is an inventory for Ansible: the scenario is the one that Molecule runs. DROVER_LAB_ROOT names another
checkout whose lab is to be used, DROVER_LAB_HOSTS other hosts of it (h4,h5,h6).
"""

from __future__ import annotations

import json
import os
import pathlib
import typing as t

import yaml

GROUP = "docker_hosts"
NODES = "control_nodes"
SCENARIOS = {
    "single": ["h1"],
    "three": ["h1", "h2", "h3"],
    "upgrade": ["h1", "h2", "h3"],
    "health": ["h1", "h2", "h3"],
    "load_balancer": ["h1", "h2", "h3"],
    "loop": ["h1", "h2", "h3"],
    "faults": ["h1", "h2", "h3"],
}
WITH_CONTROL_NODES = {"loop"}
# The hosts share one machine, which may be busy; where seconds are what is tested, the default holds.
PATIENT = {"drover_observe_timeout_s": 30}
# Of passes that the control nodes make: where one is killed, the other waits for its lease to end.
LEASE_S = 10
CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
LAB = pathlib.Path(os.environ.get("DROVER_LAB_ROOT") or CHECKOUT) / ".lab"


def hosts_of(scenario: str) -> list[str]:
    """The hosts that a scenario gets."""
    given = os.environ.get("DROVER_LAB_HOSTS")
    return given.split(",") if given else SCENARIOS[scenario]


def lab_hosts() -> dict[str, t.Any]:
    """The group of all hosts of the lab, as ``lab/up`` wrote it, with the key's path spelled out."""
    group = dict(yaml.safe_load((LAB / "hosts.yml").read_text())[GROUP])
    group["vars"]["ansible_ssh_private_key_file"] = str(LAB / "id_ed25519")
    return group


def control_nodes() -> dict[str, t.Any]:
    """The control nodes and their addresses, as ``lab/control up`` wrote them; none before that."""
    path = LAB / "control.yml"
    return dict(yaml.safe_load(path.read_text())[NODES]["hosts"]) if path.exists() else {}


def inventory(hosts: t.Sequence[str], **variables: t.Any) -> dict[str, t.Any]:
    """An inventory whose group docker_hosts holds just these hosts of the lab."""
    lab = lab_hosts()
    chosen = {name: lab["hosts"][name] for name in hosts}
    return {GROUP: {"hosts": chosen, "vars": {**lab["vars"], **variables}}}


def with_control_nodes(found: dict[str, t.Any]) -> dict[str, t.Any]:
    """The same, and the group control_nodes: they are reached as the hosts are, and reach these."""
    group = found[GROUP]
    reached = {key: value for key, value in group["vars"].items() if key.startswith("ansible_")}
    known = {key: value for key, value in group["vars"].items() if not key.startswith("ansible_")}
    own = {"ansible_user": "root", "drover_lease_s": LEASE_S}
    seen = {GROUP: {"hosts": group["hosts"], "vars": {**own, **known}}}
    role = {
        "control_node_inventory": seen,
        "control_node_ssh_key_src": str(LAB / "id_ed25519"),
    }
    nodes = {name: dict(node) for name, node in control_nodes().items()}
    if "c2" in nodes:  # one has passes made by a user without rights
        nodes["c2"]["control_node_user"] = "drover"
    return {**found, NODES: {"hosts": nodes, "vars": {**reached, **role}}}


def as_script(found: dict[str, t.Any]) -> dict[str, t.Any]:
    """The same in the form that Ansible wants of a program."""
    listed = {
        name: {"hosts": list(group["hosts"]), "vars": group["vars"]}
        for name, group in found.items()
    }
    of_hosts = {name: item for group in found.values() for name, item in group["hosts"].items()}
    return {**listed, "_meta": {"hostvars": of_hosts}}


if __name__ == "__main__":
    scenario = os.environ.get("MOLECULE_SCENARIO_NAME", "three")
    whole = inventory(hosts_of(scenario), **PATIENT)
    if scenario in WITH_CONTROL_NODES:
        whole = with_control_nodes(whole)
    print(json.dumps(as_script(whole)))
