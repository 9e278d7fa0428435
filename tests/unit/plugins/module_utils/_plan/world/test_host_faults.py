# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that are not acted on: engines that are one, cloned, or none, and hosts with another name in their records."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._common.addresses import parse_subnet
from ansible_collections.drover.docker.tests.unit.shared.builders import Bench, service, stack

WEB = stack({"web": service(**{"global": True})})


def told(bench: Bench, command: str = "reconcile", **fields: t.Any) -> list[str]:
    return [str(note) for note in bench.plan(command, **fields).notes]


def same_engine(bench: Bench, *, name: str = "h1", boot_id: str = "b") -> None:
    bench["h2"]["engine"].update(id=bench["h1"]["engine"]["id"], name=name)
    bench["h2"]["boot_id"] = boot_id


# --- engines ---


def test_one_engine_under_two_names_is_one_host() -> None:
    bench = Bench("h1", "h2")
    same_engine(bench)
    assert told(bench) == [
        "on h2: not seen: is the same engine as h1: name each engine once in the inventory"
    ]


@pytest.mark.parametrize("other", [{"name": "h2"}, {"boot_id": "c"}])
def test_a_cloned_machine_is_explained(other: dict[str, str]) -> None:
    bench = Bench("h1", "h2")
    same_engine(bench, **other)
    (note,) = told(bench)
    assert "is another machine than h1, but has the same engine id" in note
    assert "remove /var/lib/docker/engine-id" in note


def test_of_two_names_that_of_the_records_counts() -> None:
    """Not the first one of the alphabet: under a wrong name the host would be left alone under both."""
    bench = Bench("h2", "h3")
    bench.settled(WEB)
    bench.seen["h1"] = {**bench["h2"], "host": "h1"}
    assert told(bench) == [
        "on h1: not seen: is the same engine as h2: name each engine once in the inventory"
    ]


def test_an_engine_without_an_id_is_refused_by_name() -> None:
    bench = Bench("h1", "h2", "h3")
    for host in ("h2", "h3"):
        bench[host]["engine"]["id"] = ""
    notes = told(bench)
    assert len(notes) == 2
    assert all("has no id, as Podman has none" in note for note in notes)


# --- names ---


def renamed(*hosts: str, **names: str) -> Bench:
    """A settled stack whose hosts got other inventory names."""
    bench = Bench(*hosts)
    bench.settled(WEB)
    bench.seen = {names.get(host, host): seen for host, seen in bench.seen.items()}
    return bench


def test_a_changed_name_comes_with_the_command_to_run() -> None:
    assert told(renamed("local", local="web1")) == [
        "on web1: not seen: its record of stack shop was written for the name local: use that inventory name, or run "
        "drover.docker.reconcile -e rename_host=local=web1"
    ]


def test_a_name_of_another_host_of_the_inventory_cannot_be_renamed() -> None:
    bench = renamed("h1", "h2")
    bench["h2"]["records"]["shop"] = {**bench["h1"]["records"]["shop"], "host": "h1"}
    (note,) = told(bench)
    assert "written for h1, which is another host of the inventory" in note
    assert "rename_host" not in note


def down(bench: Bench) -> Bench:
    """The stack is down, and its containers are gone."""
    (write,) = bench.plan("down", stacks=["shop"]).records
    for seen in bench.seen.values():
        seen["containers"] = []
    bench.record("shop", write.record["body"], number=2)
    return bench


def test_records_of_stacks_that_are_down_do_not_keep_a_host_with_a_new_name_away() -> None:
    bench = Bench("local")
    bench.settled(WEB)
    down(bench)
    bench["local"]["records"]["shop"]["host"] = "local"
    bench.seen = {"web1": bench["local"]}
    plan = bench.plan()
    assert plan.lines() == ["web1  record  shop v3  new host names"]
    assert plan.records[0].record["renamed"] == {"local": "web1"}
    assert plan.records[0].record["body"]["hosts"] == ["web1"]
    assert (plan.notes, plan.errors, plan.held) == ([], [], [])


def test_such_a_stack_can_be_brought_up_again_at_once() -> None:
    bench = Bench("local")
    bench.settled(WEB)
    down(bench)
    bench.seen = {"web1": bench["local"]}
    plan = bench.up(WEB)
    assert (plan.errors, plan.held) == ([], [])
    assert plan.records[0].record["renamed"] == {"local": "web1"}
    assert [item["kind"] for item in plan.operations] == ["network", "create", "start"]


def test_several_hosts_with_new_names_are_renamed_together() -> None:
    bench = Bench("a", "b", "c")
    bench.settled(WEB)
    down(bench)
    bench.seen = {f"web{name}": seen for name, seen in bench.seen.items()}
    plan = bench.plan()
    assert plan.records[0].record["body"]["hosts"] == ["weba", "webb", "webc"]
    assert plan.records[0].quorums == [["weba", "webb", "webc"]] * 2


def test_a_stack_that_is_up_elsewhere_keeps_the_host_away() -> None:
    """An older copy says that it is down; a newer one on another host says that it is up."""
    bench = Bench("h1", "h2")
    bench.settled(WEB)
    live = bench["h1"]["records"]["shop"]
    down(bench)
    live["version"]["number"] = 9
    bench["h1"]["records"]["shop"] = live
    bench.seen = {"h1": bench["h1"], "web2": bench["h2"]}
    assert any("rename_host=h2=web2" in note for note in told(bench))


def test_two_hosts_with_one_old_name_are_left_alone() -> None:
    bench = Bench("h1", "h2")
    bench.settled(WEB)
    down(bench)
    bench["h2"]["records"]["shop"]["host"] = "h1"
    bench.seen = {"web1": bench["h1"], "web2": bench["h2"]}
    assert len(told(bench)) == 2


# --- subnets of existing networks ---


@pytest.mark.parametrize("subnet", ["fd00::/64", "10.43.0.0/30", "10.43.0.0/32", "no subnet"])
def test_an_existing_network_with_an_unusable_subnet_holds_its_members(subnet: str) -> None:
    bench = Bench("h1")
    network = {"id": "n", "driver": "bridge", "subnet": subnet, "ip_range": "", "ours": False}
    bench["h1"]["networks"]["drover-local"] = network
    plan = bench.up(WEB)
    assert len(plan.errors) == 1
    assert "has a subnet that members can't use" in str(plan.errors[0])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("fd00::/64", "IPv6 is not supported"),
        ("10.43.0.1/16", "has host bits set"),
        ("10.43.0.0/30", "too small"),
        ("ten", "write for example 10.43.0.0/16"),
        ("", "write for example 10.43.0.0/16"),
    ],
)
def test_what_is_wrong_with_a_subnet(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_subnet(text)


def test_a_subnet_in_its_canonical_form() -> None:
    assert parse_subnet(" 10.43.0.0/255.255.0.0 ") == "10.43.0.0/16"
