# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Must show 3: nothing healthy is killed, whatever happens to checkers, engines and networks.

Behaviour 22 cattle test_health_check_all_hosts_removed_reconcile and its like: without a checker the verdict is frozen.
"""

from __future__ import annotations

import os
import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.control import Control
from ...shared.health import (
    CHECK,
    VOTES_COUNT_S,
    are,
    backend,
    break_page,
    checker_of,
    counts,
    firewall,
    mend_page,
    passes,
    passes_for,
    removed,
    reports,
    settled,
    tell,
    unwell,
    wait_down,
)
from ...shared.hosts import Container, Host, everywhere, lives, of_service
from ...shared.runs import Run
from ...shared.stacks import Stack
from ...shared.waiting import eventually

Hosts = dict[str, Host]
SOAK = bool(os.environ.get("DROVER_SOAK"))
RELOADS = 100 if SOAK else 20
ENDS = ["stop -t 1", "rm -f"] if SOAK else ["stop -t 1"]
TCP = {key: value for key, value in CHECK.items() if key != "request_line"}
NEEDS = {"TESTAPP_NEEDS": "http://db:8080/health"}
Lives = dict[str, tuple[str, str]]


@pytest.fixture(scope="module")
def calm(make_stack: MakeStack) -> t.Iterator[Stack]:
    """Members on each host with both kinds of checks, and some that need another service."""
    stack = make_stack("calm").define(
        web={"scale": 6, "health_check": CHECK},
        tcp={"scale": 3, "health_check": TCP},
        shop={
            "scale": 4,
            "environment": NEEDS,
            "health_check": {**CHECK, "response_timeout": 3000},
        },
        db={},
    )
    with stack.lasting():
        settled(stack.control)
        yield stack


@pytest.fixture
def alive(hosts: Hosts, calm: Stack, control: Control) -> Lives:
    """Who lives before the fault: all of them, and all are well."""
    settled(control)
    found = everywhere(hosts, "calm")
    assert len(found) == 14
    return lives(found)


def on(hosts: Hosts, *names: str) -> list[Container]:
    """The checked members on these hosts that need nothing else."""
    found = [item for name in names for item in hosts[name].containers("calm").values()]
    return [item for item in found if "-web-" in item.name or "-tcp-" in item.name]


def address(container: Container) -> str:
    return container.addresses["drover"]


def key_of(container: Container) -> str:
    """How runs tell of its member: calm/web/1."""
    return "/".join(backend(container).split("."))


def says_down(host: Host, members: t.Iterable[Container]) -> bool:
    """Whether the checker of a host finds all of these down."""
    return are([host], "DOWN", [backend(item) for item in members])


def checked_by(host: Host, members: t.Iterable[Container]) -> list[Container]:
    """Those of the members that the checker of a host looks at."""
    known = {item.backend for item in reports(host)}
    return [item for item in members if backend(item) in known]


def unharmed(hosts: Hosts, control: Control, alive: Lives, *runs: Run) -> bool:
    """Whether nobody was replaced or restarted, neither in these runs nor until all is quiet."""
    everything = [*runs, *settled(control)]
    return removed(everything) == [] and lives(everywhere(hosts, "calm")) == alive


@pytest.mark.parametrize("end", ENDS)
def test_all_checkers_are_gone(hosts: Hosts, alive: Lives, control: Control, end: str) -> None:
    """Held: everything, as nobody has a say (behaviour 22). Repaired: the checkers."""
    before = {name: checker_of(host) for name, host in hosts.items()}
    for name, item in before.items():
        hosts[name].run(f"docker {end} {item.name}")
    checked = control.playbook("reconcile", "--check", "--diff")
    assert not [line for line in checked.planned if "calm" in line]
    status = control.run("status", stack="calm")
    assert counts(status)["calm/web"] == (6, 6, 6)
    run = control.run("reconcile")
    assert {line.split("  ")[2] for line in run.deeds} == {item.name for item in before.values()}
    assert unharmed(hosts, control, alive, run)
    assert {checker_of(host).state for host in hosts.values()} == {"running"}


def test_one_checker_is_cut_off_from_its_targets(
    hosts: Hosts, alive: Lives, control: Control
) -> None:
    """It says DOWN of all of them; the other checker says UP, which is healthy (behaviours 17, 21)."""
    targets = on(hosts, "h2", "h3")
    rules = [f"OUTPUT -d {address(item)}" for item in targets]
    with firewall(hosts, {"checker": (checker_of(hosts["h1"]), rules)}):
        eventually(lambda: says_down(hosts["h1"], targets), seconds=60)
        runs = passes_for(control, VOTES_COUNT_S)
        assert all(run.quiet for run in runs)
        # Nor if the other one says nothing at that moment: the member's own host still reaches it.
        hosts["h2"].docker("pause", checker_of(hosts["h2"]).name)
        runs.append(control.run("reconcile"))
        assert {line.split("  ")[1] for line in runs[-1].deeds} == {"unpause"}
    assert unharmed(hosts, control, alive, *runs)


def test_one_checker_is_cut_off_from_everything(
    hosts: Hosts, alive: Lives, control: Control
) -> None:
    """It does not see the other hosts' checkers, so it has no say."""
    targets = on(hosts, "h2", "h3")
    checker = checker_of(hosts["h1"])
    with firewall(hosts, {"checker": (checker, ["OUTPUT ! -o lo", "INPUT ! -i lo"])}):
        eventually(lambda: says_down(hosts["h1"], targets), seconds=60)
        runs = passes_for(control, VOTES_COUNT_S)
    assert unharmed(hosts, control, alive, *runs)


def test_all_checkers_are_cut_off_from_everything(
    hosts: Hosts, alive: Lives, control: Control
) -> None:
    """All say DOWN, of the members on their own hosts too, and nobody has a say (behaviour 22)."""
    rules = ["OUTPUT ! -o lo", "INPUT ! -i lo"]
    every = on(hosts, *hosts)
    with firewall(hosts, {name: (checker_of(host), rules) for name, host in hosts.items()}):
        for host in hosts.values():
            mine = checked_by(host, every)
            assert mine
            eventually(lambda host=host, mine=mine: says_down(host, mine), seconds=60)  # type: ignore[misc]
        runs = passes_for(control, VOTES_COUNT_S)
        status = control.run("status", stack="calm")
        assert counts(status)["calm/web"] == (6, 6, 6)
    assert unharmed(hosts, control, alive, *runs)


def test_checkers_are_reloaded_again_and_again(
    hosts: Hosts, alive: Lives, control: Control
) -> None:
    """100 times in make soak."""
    checkers = {name: checker_of(host) for name, host in hosts.items()}
    runs = []
    for number in range(RELOADS):
        for name, item in checkers.items():
            hosts[name].docker("kill", "-s", "USR2", item.name)
        if number % 10 == 5:
            runs.append(control.run("reconcile"))
    assert all(checker_of(hosts[name]).life == item.life for name, item in checkers.items())
    assert unharmed(hosts, control, alive, *runs)


def test_members_of_one_host_are_cut_off_while_all_checkers_see_each_other(
    hosts: Hosts, alive: Lives, control: Control
) -> None:
    """Every checker with a say says DOWN, and sees the host. The member's own host reaches it: that is the network."""
    members = on(hosts, "h3")
    strangers = [checker_of(hosts[name]) for name in ("h1", "h2")]
    rules = [f"INPUT -s {address(item)}" for item in strangers]
    with firewall(hosts, {item.name: (item, rules) for item in members}):
        for name in ("h1", "h2"):
            eventually(lambda name=name: says_down(hosts[name], members), seconds=60)  # type: ignore[misc]
        assert are([hosts["h1"], hosts["h2"]], "UP", ["control"])
        runs = passes_for(control, VOTES_COUNT_S)
        assert unwell(runs[-1]) == {key_of(item): "healthy" for item in members}
        assert runs[-1].notes.count("answers on its own host only") == len(members)
        status = control.run("status", stack="calm")
        assert counts(status)["calm/web"] == (6, 6, 6)
    assert unharmed(hosts, control, alive, *runs)


def test_engine_is_restarted(hosts: Hosts, alive: Lives, control: Control) -> None:
    """Its containers are restarted by it: the same ones, which have to be found healthy again. None is replaced."""
    ids = {name: life[0] for name, life in alive.items()}
    elsewhere = {
        name: item.life for name, item in everywhere(hosts, "calm").items() if item.host != "h2"
    }
    hosts["h2"].run("systemctl restart docker")
    runs = [control.run("reconcile"), *settled(control, seconds=120)]
    assert removed(runs) == []
    after = everywhere(hosts, "calm")
    assert {name: item.id for name, item in after.items()} == ids
    assert {name: after[name].life for name in elsewhere} == elsewhere
    assert counts(control.run("status", stack="calm"))["calm/web"] == (6, 6, 6)


def test_all_members_fail_as_what_they_need_is_down(
    hosts: Hosts, alive: Lives, control: Control
) -> None:
    """Repaired: one, as a probe. Held: the rest, until what they need is back; then all are well by themselves."""
    members = everywhere(hosts, "calm")
    database = members["calm-db-1"]
    break_page(hosts[database.host], database.name)
    shops = of_service(members, "shop")
    wait_down(hosts, *shops.values())
    runs = [control.run("reconcile")]
    assert removed(runs) == ["calm-shop-1"]
    assert "4 of 4 unhealthy at once: probing 1, holding 3" in runs[0].held
    runs += passes_for(control, VOTES_COUNT_S)
    assert removed(runs) == ["calm-shop-1"]
    assert "holding 3" in runs[-1].held
    mend_page(hosts[database.host], database.name)
    runs += settled(control)
    assert removed(runs) == ["calm-shop-1"]
    after = lives(everywhere(hosts, "calm"))
    assert {name for name in alive if after[name] != alive[name]} == {"calm-shop-1"}


def test_sick_member_is_replaced_when_checkers_are_back(
    hosts: Hosts, alive: Lives, control: Control
) -> None:
    """Behaviour 22, its end: the verdict was frozen while nobody checked; then a DOWN replaces the member."""
    item = everywhere(hosts, "calm")["calm-web-4"]
    for host in hosts.values():
        host.docker("rm", "-f", checker_of(host).name)
    tell(hosts[item.host], item.name, "/set?health=500")
    assert counts(control.run("status", stack="calm"))["calm/web"] == (6, 6, 6)
    runs = passes(control, lambda run: "calm-web-4" in removed([run]))
    runs += settled(control)
    assert removed(runs) == ["calm-web-4"]
    after = lives(everywhere(hosts, "calm"))
    assert {name for name in alive if after[name] != alive[name]} == {"calm-web-4"}
