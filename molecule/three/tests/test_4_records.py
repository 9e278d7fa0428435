# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stack record: majorities, lost and rival copies, and a control node that dies in the middle."""

from __future__ import annotations

import json
import os
import signal

import pytest

from ...conftest import MakeStack
from ...shared.control import Control
from ...shared.hosts import Host, everywhere, lives
from ...shared.stacks import Stack
from ...shared.waiting import eventually

Hosts = dict[str, Host]
RECORD = "/var/lib/drover/stacks/{}.json"


def versions(hosts: Hosts, stack: str) -> list[tuple[int, str]]:
    """Number and token of each host's copy."""
    found = [host.record(stack)["version"] for host in hosts.values()]
    return [(item["number"], item["token"]) for item in found]


def test_limit_fakes_no_majority(hosts: Hosts, control: Control) -> None:
    before, written = everywhere(hosts, "shop"), versions(hosts, "shop")
    run = control.playbook("scale", "--limit", "h1", service="shop/web", scale=4, fails=True)
    assert "needs 2 of the stack's 3 hosts (h1, h2, h3); reached: h1" in run.errors
    assert lives(everywhere(hosts, "shop")) == lives(before)
    assert versions(hosts, "shop") == written


def test_limit_repairs_in_place(hosts: Hosts, control: Control) -> None:
    """Repair of a member on its recorded host needs no majority."""
    gone = next(name for name, item in everywhere(hosts, "shop").items() if item.host == "h1")
    hosts["h1"].docker("rm", "-f", gone)
    control.playbook("reconcile", "--limit", "h1", stack="shop")
    assert everywhere(hosts, "shop")[gone].host == "h1"


def test_lost_and_damaged_copies_come_back(hosts: Hosts, make_stack: MakeStack) -> None:
    written = versions(hosts, "shop")
    hosts["h2"].run(f"rm {RECORD.format('shop')}")
    hosts["h3"].run(f"echo '{{\"format\": ' >{RECORD.format('shop')}")
    run = make_stack("shop").reconcile()
    assert "shop on h3: the record on this host is damaged" in run.output
    assert versions(hosts, "shop") == written
    assert make_stack("shop").reconcile().quiet


def rewrite(host: Host, stack: str, token: str) -> None:
    """What a second control node could have left: the next version, with its own token."""
    record = host.record(stack)
    record["version"]["number"] += 1
    record["version"]["token"] = token
    text = json.dumps(record)
    host.run(f"cat >{RECORD.format(stack)} <<'END'\n{text}\nEND")


@pytest.fixture(scope="module")
def pair(make_stack: MakeStack) -> Stack:
    stack = make_stack("pair").define(web={"scale": 3})
    stack.up()
    return stack


def test_versions_that_no_majority_stored_are_undone(hosts: Hosts, pair: Stack) -> None:
    """All three hosts are seen, so neither of the two can have counted."""
    rewrite(hosts["h1"], "pair", "one")
    rewrite(hosts["h2"], "pair", "two")
    before = lives(everywhere(hosts, "pair"))
    run = pair.reconcile()
    assert "never reached a majority: it has no effect" in run.notes
    assert len(set(versions(hosts, "pair"))) == 1
    assert lives(everywhere(hosts, "pair")) == before


def test_conflict_is_shown_and_not_acted_on(hosts: Hosts, pair: Stack) -> None:
    """What the third host had nobody knows: each of the two may have had a majority with it."""
    rewrite(hosts["h1"], "pair", "one")
    rewrite(hosts["h2"], "pair", "two")
    hosts["h3"].run(f"echo '{{\"format\": ' >{RECORD.format('pair')}")
    victim = everywhere(hosts, "pair")["pair-web-1"]
    hosts[victim.host].docker("rm", "-f", victim.name)
    before = everywhere(hosts, "pair")
    run = pair.control.run("reconcile", stack="pair", fails=True)
    assert "pair: hosts hold different records of the same number" in run.errors
    assert lives(everywhere(hosts, "pair")) == lives(before)
    pair.up(take="h2")
    assert len(everywhere(hosts, "pair")) == 3
    assert len(set(versions(hosts, "pair"))) == 1


def test_killed_controller_loses_nothing(
    hosts: Hosts, make_stack: MakeStack, control: Control
) -> None:
    many = make_stack("many").define(web={"scale": 12})
    process = control.start("up", stack_dir=many.folder)
    eventually(lambda: hosts["h1"].containers("many"))
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    many.reconcile()
    found = everywhere(hosts, "many")
    assert len(found) == 12
    assert {item.state for item in found.values()} == {"running"}
    assert many.reconcile().quiet
    many.down()
