# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role network on real hosts: three of the lab, or those of the inventory DROVER_LIVE_INVENTORY.

The tests build on each other in the order in which they stand. The last leaves the overlay on all hosts. The one that
needs a fourth host is skipped where there are three (lab/up --hosts 4). DROVER_SOAK=1 runs the rare cases too.
"""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest

from .network_fleet import INVENTORY, Fleet, eventually

MANAGER = ("Ready Leader", "Ready Reachable")
IMAGES = ("registry.lab:5000/drover-lab/testapp:1", "drover-lab/testapp:1")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Fleet]:
    if not INVENTORY.exists():
        pytest.skip("the lab is not up: make lab")
    made = Fleet(tmp_path_factory.mktemp("network"))
    if len(made.hosts) < 3:
        pytest.skip("needs three hosts: lab/up")
    made.clear()
    yield made
    made.everywhere("docker ps -aqf name=drovernet- | xargs -r docker rm -fv")


# Rare cases: they run in make soak.
long = pytest.mark.skipif(not os.environ.get("DROVER_SOAK"), reason="runs with DROVER_SOAK=1")


@pytest.fixture(scope="module")
def three(fleet: Fleet) -> list[str]:
    return fleet.hosts[:3]


def inactive(fleet: Fleet, hosts: list[str]) -> bool:
    return all(fleet.swarm(host)["LocalNodeState"] == "inactive" for host in hosts)


def roles(fleet: Fleet, host: str) -> list[str]:
    return sorted(name for name, role in fleet.nodes(host).items() if role in MANAGER)


def application(fleet: Fleet, host: str) -> str:
    """The image of the test application, as this host has it or can get it."""
    for image in IMAGES:
        if fleet.shell(host, f"docker image ls -q {image}"):
            return image
    fleet.shell(host, f"docker pull -q {IMAGES[0]}")
    return IMAGES[0]


def test_one_host_needs_nothing(fleet: Fleet, three: list[str]) -> None:
    run = fleet.play(hosts=three[:1])
    assert run.code == 0, run.output
    assert run.changed == {three[0]: 0}
    assert "One host needs no Swarm" in run.text
    assert inactive(fleet, three[:1])


def test_live_restore_is_refused_before_any_change(fleet: Fleet, three: list[str]) -> None:
    odd = three[1]
    fleet.daemon_setting(odd, "live-restore", True)
    try:
        assert eventually(lambda: fleet.live_restore(odd), seconds=10)
        run = fleet.play(hosts=three)
    finally:
        fleet.daemon_setting(odd, "live-restore", False)
        assert eventually(lambda: not fleet.live_restore(odd), seconds=10)
        fleet.daemon_setting(odd, "live-restore", None)
    assert run.code != 0
    assert f"{odd}: live-restore is enabled, which excludes Swarm" in run.text
    assert inactive(fleet, three)


def test_a_subnet_that_a_host_uses_is_refused(fleet: Fleet, three: list[str]) -> None:
    odd = three[2]
    fleet.shell(odd, "ip route add 10.42.7.0/24 dev eth0")
    try:
        run = fleet.play(hosts=three)
    finally:
        fleet.shell(odd, "ip route del 10.42.7.0/24 dev eth0")
    assert run.code != 0
    assert f"{odd}: 10.42.0.0/16 overlaps with route 10.42.7.0/24 on eth0" in run.text
    assert inactive(fleet, three)


@long
def test_a_foreign_swarm_is_refused_unless_adopted(fleet: Fleet, three: list[str]) -> None:
    owner = three[1]
    fleet.shell(
        owner,
        f"docker swarm init --advertise-addr {fleet.address(owner)} --default-addr-pool 10.44.0.0/16",
    )
    fleet.shell(
        owner, "docker service create --detach --replicas 0 --name drovernet-other busybox:none"
    )
    run = fleet.play(hosts=three)
    assert run.code != 0
    assert f"{owner}: is in a Swarm that runs 1 services and has no network drover" in run.text
    assert inactive(fleet, [three[0], three[2]])
    run = fleet.play(hosts=three, drover_network_adopt_swarm=True)
    assert run.code == 0, run.output
    assert roles(fleet, owner) == three
    assert "drovernet-other" in fleet.shell(owner, "docker service ls --format '{{.Name}}'")
    fleet.clear()


@long
def test_a_host_in_another_swarm_is_refused_until_a_person_says_so(
    fleet: Fleet, three: list[str]
) -> None:
    stray = three[2]
    fleet.shell(stray, f"docker swarm init --advertise-addr {fleet.address(stray)}")
    fleet.play(hosts=three[:2])
    run = fleet.play(hosts=three)
    assert run.code != 0
    assert f"{stray}: is in another Swarm than {three[0]}" in run.text
    run = fleet.play(hosts=three, drover_network_rejoin=[stray])
    assert run.code == 0, run.output
    assert roles(fleet, three[0]) == three
    again = fleet.play(hosts=three, drover_network_rejoin=[stray])
    assert (again.code, set(again.changed.values())) == (0, {0})
    fleet.clear()


@long
def test_two_hosts_have_one_manager_and_a_third_makes_three(fleet: Fleet, three: list[str]) -> None:
    run = fleet.play(hosts=three[:2])
    assert run.code == 0, run.output
    assert roles(fleet, three[0]) == three[:1]
    assert "With two hosts one is the only manager" in run.text
    run = fleet.play(hosts=three)
    assert run.code == 0, run.output
    assert roles(fleet, three[0]) == three
    fleet.clear()


def test_check_mode_says_what_the_run_then_does(fleet: Fleet, three: list[str]) -> None:
    checked = fleet.play("--check", "--diff", hosts=three)
    assert checked.code == 0, checked.output
    assert inactive(fleet, three)
    run = fleet.play("-vvv", hosts=three)
    assert run.code == 0, run.output
    assert run.said == checked.said
    assert len(run.said) == 4
    assert checked.changed == run.changed
    assert "SWMTKN" not in run.output
    assert roles(fleet, three[0]) == three


def test_no_token_is_left_on_disk(fleet: Fleet, three: list[str]) -> None:
    for host in three:
        found = fleet.shell(host, "grep -rlsI SWMTKN /root /tmp /var/tmp /var/log /etc; true")
        assert found == ""


def test_a_second_run_changes_nothing(fleet: Fleet, three: list[str]) -> None:
    run = fleet.play(hosts=three)
    assert run.code == 0, run.output
    assert run.changed == dict.fromkeys(three, 0)


def test_the_overlay_is_as_asked_for(fleet: Fleet, three: list[str]) -> None:
    template = "{{.Driver}} {{.Attachable}} {{range .IPAM.Config}}{{.Subnet}} {{.IPRange}}{{end}} {{.Labels}}"
    found = fleet.shell(three[0], f"docker network inspect drover -f '{template}'")
    assert found == "overlay true 10.42.0.0/16 10.42.0.0/17 map[io.drover.network:managed]"
    run = fleet.play(hosts=three, drover_network_mtu=1400)
    assert run.code != 0
    assert "network drover exists but mtu is 0, not 1400" in run.text


def test_encryption_and_mtu_reach_the_engine(fleet: Fleet, three: list[str]) -> None:
    wanted = {"drover_network_name": "drovernet", "drover_network_subnet": "10.45.0.0/16"}
    run = fleet.play(hosts=three, drover_network_encrypted=True, drover_network_mtu=1400, **wanted)
    assert run.code == 0, run.output
    found = fleet.shell(three[0], "docker network inspect drovernet -f '{{json .Options}}'")
    assert '"encrypted":""' in found
    assert '"com.docker.network.driver.mtu":"1400"' in found
    fleet.shell(three[0], "docker network rm drovernet")


def test_fixed_addresses_and_aliases_work_across_hosts(fleet: Fleet, three: list[str]) -> None:
    for number, host in enumerate(three):
        options = f"--ip 10.42.200.{number + 1} --network-alias web.live"
        image = application(fleet, host)
        fleet.shell(
            host, f"docker run -d --name drovernet-{host} --network drover {options} {image}"
        )
    for host in three:
        seen = fleet.shell(host, f"docker exec drovernet-{host} testapp resolve web.live").split()
        assert sorted(seen) == ["10.42.200.1", "10.42.200.2", "10.42.200.3"]


def in_swarm(state: dict[str, t.Any]) -> bool:
    return bool(state["LocalNodeState"] == "active" and not state["Error"])


@long
def test_a_lost_quorum_is_said_and_heals(fleet: Fleet, three: list[str]) -> None:
    lost = three[:2]
    fleet.everywhere("systemctl stop docker.socket docker", lost)
    try:
        assert eventually(lambda: fleet.swarm(three[2])["Error"] != "", seconds=60)
        run = fleet.play(hosts=three)
        running = fleet.shell(
            three[2], f"docker inspect -f '{{{{.State.Status}}}}' drovernet-{three[2]}"
        )
    finally:
        fleet.everywhere("systemctl start docker", lost)
    assert run.code != 0
    assert "The Swarm has no manager quorum" in run.text
    for host in lost:
        assert f"{fleet.address(host)} (does not answer)" in run.text
    assert f"{three[2]} {fleet.address(three[2])} (answers)" in run.text
    assert running == "running"
    # Each engine that was started has to find the others by itself.
    assert eventually(lambda: all(in_swarm(fleet.swarm(host)) for host in three), seconds=60)
    again = fleet.play(hosts=three)
    assert (again.code, again.changed) == (0, dict.fromkeys(three, 0)), again.output


@pytest.mark.parametrize("place", [0, pytest.param(2, marks=long)])
def test_a_wiped_host_rejoins_and_its_old_entry_goes(
    fleet: Fleet, three: list[str], place: int
) -> None:
    """The first host is the first of the managers too, by which another one could be told to join itself."""
    wiped, other = three[place], three[1]
    before = fleet.swarm(wiped)["NodeID"]
    fleet.shell(
        wiped,
        "systemctl stop docker.socket docker; rm -rf /var/lib/docker/swarm; systemctl start docker",
    )
    assert inactive(fleet, [wiped])
    run = fleet.play(hosts=three)
    assert run.code == 0, run.output
    assert fleet.swarm(wiped)["NodeID"] not in ("", before)
    assert sorted(fleet.nodes(other)) == three
    assert roles(fleet, other) == three
    again = fleet.play(hosts=three)
    assert (again.code, set(again.changed.values())) == (0, {0})


def test_an_unreachable_host_is_named_and_the_others_go_on(fleet: Fleet, three: list[str]) -> None:
    away, worker = three[1], three[2]
    fleet.shell(worker, "docker swarm leave --force")
    run = fleet.play(hosts=three, away=away)
    assert f"Not reached: {away}" in run.text
    assert fleet.swarm(worker)["LocalNodeState"] == "active"
    again = fleet.play(hosts=three)
    assert again.code == 0, again.output
    assert roles(fleet, three[0]) == three


@long
def test_a_manager_that_is_gone_is_replaced(fleet: Fleet) -> None:
    if len(fleet.hosts) < 4:
        pytest.skip("needs a fourth host: lab/up --hosts 4")
    four = fleet.hosts[:4]
    assert fleet.play(hosts=four).code == 0
    assert roles(fleet, four[0]) == four[:3]
    gone = four[2]
    fleet.shell(gone, "systemctl stop docker.socket docker")
    assert eventually(lambda: "Unreachable" in fleet.nodes(four[0])[gone], seconds=60)
    run = fleet.play(hosts=four)
    assert f"{gone} demote to worker: it is down" in run.text
    assert roles(fleet, four[0]) == [four[0], four[1], four[3]]
    fleet.shell(gone, "systemctl start docker")
    assert eventually(lambda: fleet.nodes(four[0])[gone] == "Ready", seconds=60)
    again = fleet.play(hosts=four)
    assert (again.code, set(again.changed.values())) == (0, {0})


@long
def test_going_on_from_one_manager_after_the_others_are_lost(
    fleet: Fleet, three: list[str]
) -> None:
    survivor, lost = three[0], three[1:]
    wipe = "systemctl stop docker.socket docker; rm -rf /var/lib/docker/swarm"
    fleet.everywhere(wipe, fleet.hosts[1:])
    assert eventually(lambda: fleet.swarm(survivor)["Error"] != "", seconds=60)
    run = fleet.play(hosts=three)
    assert "The Swarm has no manager quorum" in run.text
    fleet.everywhere("systemctl start docker", fleet.hosts[1:])
    run = fleet.play(hosts=three, drover_network_force_new_cluster=survivor)
    assert run.code == 0, run.output
    again = fleet.play(hosts=three)
    assert again.code == 0, again.output
    assert roles(fleet, survivor) == three
    last = fleet.play(hosts=three)
    assert set(last.changed.values()) == {0}, last.output
    assert all(host in fleet.nodes(survivor) for host in lost)


@long
def test_a_lost_only_manager_is_replaced_by_a_new_swarm(fleet: Fleet, three: list[str]) -> None:
    fleet.clear()
    two = three[:2]
    assert fleet.play(hosts=two).code == 0
    fleet.shell(
        two[0],
        "systemctl stop docker.socket docker; rm -rf /var/lib/docker/swarm; systemctl start docker",
    )
    run = fleet.play(hosts=two)
    assert run.code != 0
    assert "The Swarm has no manager quorum" in run.text
    run = fleet.play(
        hosts=two, drover_network_force_new_cluster=two[0], drover_network_rejoin=[two[1]]
    )
    assert run.code == 0, run.output
    assert sorted(fleet.nodes(two[0])) == two
    assert fleet.play(hosts=fleet.hosts).code == 0


def test_the_network_goes_when_nothing_is_on_it_and_the_swarm_with_it(
    fleet: Fleet, three: list[str]
) -> None:
    fleet.shell(
        three[1],
        f"docker create --name drovernet-last --network drover {application(fleet, three[1])}",
    )
    refused = fleet.play(hosts=fleet.hosts, drover_network_state="absent")
    assert refused.code == 2
    assert f"{three[1]}: " in refused.text
    assert "drovernet-last" in refused.text
    assert not inactive(fleet, three[:1])
    fleet.everywhere("docker ps -aqf name=drovernet- | xargs -r docker rm -fv")
    run = fleet.play(hosts=fleet.hosts, drover_network_state="absent")
    assert run.code == 0, run.output
    assert inactive(fleet, fleet.hosts)
    again = fleet.play(hosts=fleet.hosts, drover_network_state="absent")
    assert (again.code, set(again.changed.values())) == (0, {0}), again.output
    assert fleet.play(hosts=fleet.hosts).code == 0


def test_the_overlay_stays(fleet: Fleet, tmp_path: pathlib.Path) -> None:
    run = fleet.play()
    assert (run.code, run.changed) == (0, dict.fromkeys(fleet.hosts, 0)), run.output
