# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host does, against an engine in memory that keeps nodes and networks."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import (
    EngineError,
    NotFound,
)
from ansible_collections.drover.docker.plugins.module_utils._swarm import actions as swarm_actions
from ansible_collections.drover.docker.plugins.module_utils._swarm import client as swarm_client
from ansible_collections.drover.docker.plugins.module_utils._swarm.actions import (
    Host,
    Refused,
    Wanted,
    init_body,
    join_tokens,
)
from ansible_collections.drover.docker.plugins.module_utils._swarm.report import look, parse_routes
from ansible_collections.drover.docker.tests.unit.shared.fake_swarm import SOUND, FakeEngine

Json = dict[str, t.Any]

NETWORK = {"name": "drover", "subnet": "10.42.0.0/16", "encrypted": False, "mtu": 0}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swarm_client, "POLL_S", 0.01)
    monkeypatch.setattr(swarm_actions, "SETTLE_S", 0.05)
    monkeypatch.setattr(swarm_actions, "DOWN_S", 0.05)


def make(engine: FakeEngine, *, check_mode: bool = False, **wanted: t.Any) -> list[str]:
    """What a host with this engine reports to have changed."""
    host = Host(engine, look(engine), check_mode=check_mode)
    host.make(Wanted(**wanted))
    return host.changes


def test_nothing_wanted_changes_nothing() -> None:
    engine = FakeEngine()
    assert make(engine) == []
    assert engine.calls == []


def test_a_manager_starts_a_swarm_with_all_that_was_given() -> None:
    engine = FakeEngine()
    changes = make(
        engine,
        role="manager",
        advertise_addr="172.16.0.1",
        data_path_port=4790,
        default_addr_pool=["10.44.0.0/16"],
    )
    assert changes == ["start a swarm"]
    (_call, body) = engine.calls[0]
    assert (body["AdvertiseAddr"], body["DataPathPort"]) == ("172.16.0.1", 4790)
    assert (body["DefaultAddrPool"], body["SubnetSize"]) == (["10.44.0.0/16"], 24)
    assert make(engine, role="manager") == []


@pytest.mark.parametrize("role", ["manager", "worker"])
def test_joining_and_joining_again(role: str) -> None:
    engine = FakeEngine()
    wanted: Json = {
        "role": role,
        "remote_addrs": ["172.16.0.9:2377"],
        "join_token": f"T-{role[0].upper()}",
    }
    assert make(engine, **wanted) == [f"join the swarm as {role}"]
    engine.nodes = {"n1": dict(SOUND)}
    assert make(engine, **wanted) == []
    assert engine.made() == ["POST /swarm/join"]


def test_a_worker_has_to_be_told_where() -> None:
    with pytest.raises(Refused, match="set remote_addrs and join_token"):
        make(FakeEngine(), role="worker")


def test_a_role_is_changed_by_a_manager_only() -> None:
    engine = FakeEngine(n1=dict(SOUND))
    with pytest.raises(Refused, match="demote n1 on a manager"):
        make(engine, role="worker")


def test_leaving_comes_first() -> None:
    engine = FakeEngine(n1=dict(SOUND))
    changes = make(
        engine, role="worker", leave=True, remote_addrs=["172.16.0.9:2377"], join_token="T-W"
    )
    assert changes == ["leave the swarm", "join the swarm as worker"]
    assert engine.made() == ["POST /swarm/leave?force=1", "POST /swarm/join"]


def test_promoting_survives_a_change_in_between() -> None:
    worker = {**SOUND, "hostname": "h2", "role": "worker", "reachability": ""}
    engine = FakeEngine(n1=dict(SOUND), n2=worker)
    engine.out_of_sequence = 2
    assert make(engine, promote=["n1", "n2"]) == ["promote h2 (n2)"]
    assert engine.nodes["n2"]["role"] == "manager"
    assert make(engine, demote=["n2"]) == ["demote h2 (n2)"]


def test_an_unknown_node_is_refused() -> None:
    with pytest.raises(Refused, match="has no node n9"):
        make(FakeEngine(n1=dict(SOUND)), promote=["n9"])


def test_the_entry_of_a_lost_manager_is_demoted_and_removed() -> None:
    gone = {**SOUND, "hostname": "h3", "state": "down", "reachability": "unreachable"}
    engine = FakeEngine(n1=dict(SOUND), n3=gone)
    assert make(engine, remove_nodes=["n3"]) == ["remove the old entry of h3 (n3)"]
    assert engine.made() == ["POST /nodes/n3/update?version=7", "DELETE /nodes/n3"]
    assert make(engine, remove_nodes=["n3"]) == []


def test_a_manager_that_the_others_do_not_know_is_not_demoted() -> None:
    gone = {**SOUND, "hostname": "h3", "state": "down", "reachability": ""}
    engine = FakeEngine(n1=dict(SOUND), n3=gone)
    make(engine, remove_nodes=["n3"])
    assert engine.made() == ["DELETE /nodes/n3"]


def test_a_node_that_is_up_is_kept() -> None:
    engine = FakeEngine(n1=dict(SOUND), n3={**SOUND, "hostname": "h3"})
    assert make(engine, remove_nodes=["n3"]) == []
    assert engine.calls == []


def test_the_network_is_made_with_its_options() -> None:
    engine = FakeEngine(n1=dict(SOUND))
    network = {**NETWORK, "encrypted": True, "mtu": 1400}
    assert make(engine, network=network) == [
        "create the overlay network drover (10.42.0.0/16, encrypted, MTU 1400)"
    ]
    (_call, body) = engine.calls[0]
    assert body["Options"] == {"encrypted": "", "com.docker.network.driver.mtu": "1400"}
    assert body["IPAM"]["Config"] == [{"Subnet": "10.42.0.0/16", "IPRange": "10.42.0.0/17"}]
    assert (body["Driver"], body["Attachable"]) == ("overlay", True)
    assert body["Labels"] == {"io.drover.network": "managed"}


def test_a_network_that_is_otherwise_is_refused() -> None:
    engine = FakeEngine(n1=dict(SOUND))
    engine.networks = [{"Name": "drover", "Id": "x", "Driver": "bridge", "Scope": "local"}]
    with pytest.raises(Refused, match="driver is bridge, not overlay"):
        make(engine, network=NETWORK)


def test_check_mode_says_the_same_and_calls_nothing() -> None:
    wanted: Json = {"role": "manager", "network": NETWORK}
    dry, real = FakeEngine(), FakeEngine()
    assert make(dry, check_mode=True, **wanted) == make(real, **wanted)
    assert dry.calls == []
    assert real.made() == ["POST /swarm/init", "POST /networks/create"]


def test_forcing_a_new_cluster_needs_a_manager_and_no_quorum() -> None:
    engine = FakeEngine(n1=dict(SOUND))
    assert make(engine, role="manager", force_new_cluster=True) == []
    engine.swarm["Error"] = "The swarm does not have a leader."
    changes = make(engine, role="manager", force_new_cluster=True)
    assert changes == ["force a new cluster of this manager alone"]
    assert engine.calls[0][1]["ForceNewCluster"] is True
    engine.swarm["ControlAvailable"] = False
    with pytest.raises(Refused, match="this one is a worker"):
        make(engine, role="manager", force_new_cluster=True)


def test_a_swarm_that_is_not_ready_is_refused() -> None:
    engine = FakeEngine()
    engine.swarm = {"LocalNodeState": "locked"}
    with pytest.raises(Refused, match="docker swarm unlock"):
        make(engine, role="manager")


def test_tokens_come_by_role() -> None:
    assert join_tokens(FakeEngine(n1=dict(SOUND))) == {"manager": "SECRET-M", "worker": "SECRET-W"}


def test_a_manager_without_a_quorum_reports_its_error() -> None:
    engine = FakeEngine(n1=dict(SOUND))
    engine.swarm["Error"] = "The swarm does not have a leader."
    found = look(engine)
    assert (found["manager"], found["quorum"], found["nodes"]) == (True, False, [])
    assert "leader" in found["error"]


def test_routes_of_the_kernel() -> None:
    text = (
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t016312AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
    )
    assert parse_routes(text) == [{"subnet": "172.17.0.0/16", "interface": "docker0"}]


def test_a_manager_names_itself_first_among_the_managers() -> None:
    """A host whose own old address came first would be told to join itself."""
    engine = FakeEngine(n1=dict(SOUND))
    known = {"n0": "172.16.0.1:2377", "n1": "172.16.0.2:2377", "n2": "172.16.0.0:2377"}
    engine.swarm["RemoteManagers"] = [{"NodeID": key, "Addr": addr} for key, addr in known.items()]
    found = [item["node_id"] for item in look(engine)["managers"]]
    assert found == ["n1", "n2", "n0"]


class Vanishing(FakeEngine):
    """A swarm whose node n2 leaves it for good: at once when its role changes, or after some lists of the nodes."""

    lists = 100

    def get(self, path: str) -> t.Any:
        if path == "/nodes":
            self.lists -= 1
            if self.lists < 0:
                self.nodes.pop("n2", None)
        return super().get(path)

    def _update(self, key: str, role: str) -> None:
        super()._update(key, role)
        self.nodes.pop("n2")

    def delete(self, path: str) -> t.Any:
        if path.rpartition("/")[2] not in self.nodes:
            raise NotFound("node not found", 404)
        return super().delete(path)


def test_an_old_entry_that_vanishes_while_it_is_waited_for_is_gone() -> None:
    engine = Vanishing(n1=dict(SOUND), n2={**SOUND, "hostname": "h2", "reachability": ""})
    engine.lists = 2
    assert make(engine, remove_nodes=["n2"]) == ["remove the old entry of h2 (n2)"]
    assert list(engine.nodes) == ["n1"]


def test_an_old_manager_that_vanishes_while_it_is_demoted_is_gone() -> None:
    engine = Vanishing(n1=dict(SOUND), n2={**SOUND, "hostname": "h2", "state": "down"})
    make(engine, remove_nodes=["n2"])
    assert list(engine.nodes) == ["n1"]


def test_a_node_that_vanishes_while_it_is_promoted_is_an_error_with_its_id() -> None:
    engine = Vanishing(n1=dict(SOUND), n2={**SOUND, "role": "worker", "reachability": ""})
    with pytest.raises(EngineError, match="node n2 is not a manager after"):
        make(engine, promote=["n2"])


def overlay(**changes: t.Any) -> Json:
    """The network as an engine lists it."""
    found = {
        "Name": "drover",
        "Id": "net1",
        "Driver": "overlay",
        "Scope": "swarm",
        "Attachable": True,
        "IPAM": {"Config": [{"Subnet": "10.42.0.0/16", "IPRange": "10.42.0.0/17"}]},
        "Labels": {"io.drover.network": "managed"},
    }
    return {**found, **changes}


def test_a_swarm_that_was_started_here_is_marked() -> None:
    engine = FakeEngine()
    assert look(engine)["made"] is False
    make(engine, role="manager", advertise_addr="172.16.0.1")
    assert look(engine)["made"] is True


def test_a_swarm_of_others_that_goes_on_is_not_marked() -> None:
    engine = FakeEngine(n1=dict(SOUND))
    assert look(engine)["made"] is False
    assert "Spec" not in init_body(Wanted())


def test_the_network_is_removed_once() -> None:
    engine = FakeEngine(n1=dict(SOUND))
    engine.networks = [overlay()]
    assert make(engine, check_mode=True, remove_network="drover") == [
        "remove the overlay network drover"
    ]
    assert engine.made() == []
    make(engine, remove_network="drover")
    assert engine.made() == ["DELETE /networks/net1"]
    assert make(engine, remove_network="drover") == []


def test_a_network_of_somebody_else_is_not_removed() -> None:
    engine = FakeEngine(n1=dict(SOUND))
    engine.networks = [overlay(Labels={})]
    with pytest.raises(Refused, match="not made by this collection"):
        make(engine, remove_network="drover")
    assert engine.made() == []


def test_containers_on_the_network_are_named() -> None:
    engine = FakeEngine()
    networks: Json = {"drover": {}, "bridge": {}}
    engine.containers = [
        {"Id": "c2", "Names": ["/shop-web-2"], "NetworkSettings": {"Networks": networks}},
        {"Id": "c1", "Names": ["/shop-web-1"], "NetworkSettings": {"Networks": networks}},
        {"Id": "c3", "Names": ["/other"], "NetworkSettings": {"Networks": {"bridge": {}}}},
    ]
    assert look(engine, attached_to="drover")["attached"] == ["shop-web-1", "shop-web-2"]
    assert look(engine)["attached"] == []
