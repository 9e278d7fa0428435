# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scale over three hosts, and repair of what was removed on all of them."""

from __future__ import annotations

import collections

from ...conftest import MakeControl, MakeStack
from ...shared.hosts import Container, Host, everywhere, lives, of_service
from ...shared.inventory import PATIENT
from ...shared.recording import Recorder, only_reads

WEB = [f"shop-web-{index}" for index in range(1, 7)]
Hosts = dict[str, Host]


def web(hosts: Hosts) -> dict[str, Container]:
    return of_service(everywhere(hosts, "shop"), "web")


def spread(containers: dict[str, Container]) -> dict[str, int]:
    return dict(collections.Counter(item.host for item in containers.values()))


def test_scale_up_spreads_and_does_what_check_said(hosts: Hosts, make_stack: MakeStack) -> None:
    """Must show 4, 2 -> 6. Rancher behaviour 27 test_service_scale_up."""
    shop = make_stack("shop")
    before = web(hosts)
    checked = shop.check_scale("web", 6)
    assert lives(web(hosts)) == lives(before)
    run = shop.scale("web", 6)
    assert sorted(run.done) == sorted(checked.planned)
    after = web(hosts)
    assert list(after) == WEB
    assert spread(after) == {"h1": 2, "h2": 2, "h3": 2}
    assert lives(before).items() <= lives(after).items()


def test_scale_down_keeps_the_oldest_and_all_volumes(hosts: Hosts, make_stack: MakeStack) -> None:
    """Must show 4, 6 -> 3, and back up to the data.

    Rancher behaviours 27 test_service_scale_down, 39 test_validate_scaledown_order.
    """
    shop = make_stack("shop")
    before = web(hosts)
    for name, item in before.items():
        hosts[item.host].inside(name, f"echo {name} >/data/marker")
    checked = shop.check_scale("web", 3)
    run = shop.scale("web", 3)
    assert sorted(run.done) == sorted(checked.planned)
    assert lives(web(hosts)) == lives({name: before[name] for name in WEB[:3]})
    for name in WEB[3:]:
        volume, host = before[name].mounts["/data"], before[name].host
        assert f"volume {volume} on {host}" in run.told("kept")
        assert volume in hosts[host].volumes()
    shop.scale("web", 6)
    for name, item in web(hosts).items():
        assert hosts[item.host].inside(name, "cat /data/marker") == name


def test_five_removed_over_three_hosts_are_back(
    hosts: Hosts, make_stack: MakeStack, recorder: Recorder
) -> None:
    """Must show 3: one pass; the next reports no change and only asks the engines."""
    shop = make_stack("shop")
    before = everywhere(hosts, "shop")
    for name in WEB[:5]:
        hosts[before[name].host].docker("rm", "-fv", name)
    shop.reconcile()
    after = everywhere(hosts, "shop")
    assert {name: item.host for name, item in after.items()} == {
        name: item.host for name, item in before.items()
    }
    for name in WEB[:5]:
        assert after[name].id != before[name].id
        assert after[name].addresses == before[name].addresses
        assert hosts[after[name].host].inside(name, "cat /data/marker") == name
    rest = set(before) - set(WEB[:5])
    assert all(after[name].life == before[name].life for name in rest)
    run, calls = recorder.calls_of(shop.reconcile)
    assert run.quiet
    assert only_reads(calls)


def test_control_node_that_never_saw_the_stack_repairs(
    hosts: Hosts, make_control: MakeControl
) -> None:
    """Must show 6, by playbook: an empty home directory, and an inventory of hosts, addresses and a key."""
    stranger = make_control(hosts, **PATIENT)
    before = web(hosts)
    for name in ("shop-web-1", "shop-web-2"):
        hosts[before[name].host].docker("rm", "-f", name)
    stranger.playbook("reconcile")
    after = web(hosts)
    assert list(after) == WEB
    assert after["shop-web-1"].host == before["shop-web-1"].host
    assert after["shop-web-1"].addresses == before["shop-web-1"].addresses
