# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passes that begin by themselves: installed, changed and removed by the role, with systemd and with cron."""

from __future__ import annotations

import itertools
import pathlib
import typing as t

import pytest
import yaml

from ...shared.control import Control
from ...shared.hosts import Host, everywhere
from ...shared.inventory import CHECKOUT
from ...shared.nodes import QUIET, Installer, Node, now
from ...shared.stacks import Stack
from ...shared.waiting import eventually

Hosts = dict[str, Host]
Nodes = dict[str, Node]
TRACES = (CHECKOUT / "molecule" / "loop" / "traces.sh").read_text(encoding="utf-8")
PERIOD_S = 5  # the shortest
LOCAL = {"docker_hosts": {"hosts": {"h1": {"ansible_connection": "local"}}}}


@pytest.fixture(scope="module", autouse=True)
def stack(stacks: dict[str, Stack]) -> Stack:
    """The one whose members are removed here."""
    return stacks["alpha"]


def remove(hosts: Hosts, name: str) -> float:
    """Remove a member, wherever it is; when that was done."""
    where = everywhere(hosts, "alpha")[name].host
    hosts[where].docker("rm", "-f", name)
    return now()


def returns(hosts: Hosts, name: str, *, seconds: float) -> None:
    """Wait until a member runs again."""

    def runs() -> bool:
        found = everywhere(hosts, "alpha")
        return name in found and found[name].state == "running"

    eventually(runs, seconds=seconds)


def quiet(node: Node) -> None:
    """Wait until a pass that begins from now on finds nothing to do."""
    began = now()
    eventually(lambda: node.quiet(began), seconds=90)


def processes(node: Host) -> list[str]:
    """What runs there and is ours."""
    listed = node.run("ps -e -o args=").splitlines()
    return [line for line in listed if "drover" in line and "ps -e" not in line]


def test_nothing_runs_before_it_is_switched_on(nodes: Nodes) -> None:
    """The role installed it with enabled: false."""
    for node in nodes.values():
        assert node.run("systemctl is-active drover-reconcile.timer || true") == "inactive"
        assert node.journal() == []


def test_removed_member_returns_by_itself(hosts: Hosts, nodes: Nodes, install: Installer) -> None:
    """Must show 1. Nobody but the timer does anything."""
    node = nodes["c1"]
    install("c1", period_s=PERIOD_S)
    quiet(node)
    removed = remove(hosts, "alpha-web-2")
    returns(hosts, "alpha-web-2", seconds=PERIOD_S + 45)
    quiet(node)
    said = [line for line in node.journal(removed) if "alpha-web-2" in line]
    assert any(
        line.startswith("done ") and "  create  alpha-web-2  no container" in line for line in said
    )


def test_pass_without_work_says_one_line_in_its_time(nodes: Nodes) -> None:
    """Each in its time: not sooner, and not a minute later, as systemd would have it unless told otherwise."""
    began = now()
    eventually(lambda: nodes["c1"].quiet(began) >= 4, seconds=120)
    assert set(nodes["c1"].journal(began)) == {QUIET}
    ended = nodes["c1"].moments(began)
    steps = [after - before for before, after in itertools.pairwise(ended)]
    assert all(PERIOD_S - 3 <= step <= PERIOD_S + 15 for step in steps), steps


def test_failed_passes_do_not_end_the_loop(nodes: Nodes) -> None:
    """Neither passes that fail, nor somebody who starts them faster than systemd lets him."""
    node, began = nodes["c1"], now()
    hosts_file = "/etc/drover/inventory/hosts.yml"
    node.run(f"mv {hosts_file} /etc/drover/away")
    eventually(lambda: "Failed with result" in "\n".join(node.journal(began)), seconds=60)
    hasty = (
        "for n in 1 2 3 4 5 6 7 8; do systemctl start drover-reconcile.service; done 2>&1 || true"
    )
    assert "too quickly" in node.run(
        f"{hasty}; journalctl -u drover-reconcile.service -n 20 -o cat"
    )
    node.run(f"mv /etc/drover/away {hosts_file}")
    quiet(node)


def test_control_node_restarts(hosts: Hosts, nodes: Nodes) -> None:
    nodes["c1"].restart()
    remove(hosts, "alpha-web-1")
    returns(hosts, "alpha-web-1", seconds=PERIOD_S + 60)


def test_role_changes_what_is_asked_for_and_nothing_else(
    nodes: Nodes, install: Installer, tmp_path: pathlib.Path
) -> None:
    """Another period and the inventory as a folder; what was copied before goes."""
    folder = tmp_path / "hosts"
    (folder / "group_vars").mkdir(parents=True)
    known = yaml.safe_load(nodes["c1"].run("cat /etc/drover/inventory/hosts.yml"))["docker_hosts"]
    (folder / "all.yml").write_text(yaml.safe_dump({"docker_hosts": {"hosts": known["hosts"]}}))
    (folder / "group_vars" / "docker_hosts.yml").write_text(yaml.safe_dump(known["vars"]))
    changed: dict[str, t.Any] = {"inventory_src": str(folder), "inventory": {}, "period_s": 7}
    assert install("c1", **changed).changed > 0
    listed = nodes["c1"].run("cd /etc/drover/inventory && find . -type f | sort")
    assert listed.split() == ["./all.yml", "./group_vars/docker_hosts.yml"]
    assert "OnUnitActiveSec=7s" in nodes["c1"].run("systemctl cat drover-reconcile.timer")
    assert install("c1", **changed).changed == 0
    quiet(nodes["c1"])


def test_person_uses_the_same_settings(nodes: Nodes) -> None:
    status = nodes["c1"].run("/opt/drover/bin/drover status")
    assert "alpha/web " in status
    assert nodes["c1"].run("stat -c %a /etc/drover/ssh_key /etc/drover") == "600\n750"


def test_wrong_variables_are_refused(install: Installer) -> None:
    assert "it must be from 5 to 3600 seconds" in install("c1", period_s=3, fails=True).output
    run = install("c1", inventory={}, fails=True)
    assert "the hosts are needed once" in run.output


@pytest.mark.parametrize("scheduler", ["systemd", "cron"])
def test_timer_that_reaches_no_host_is_an_error(install: Installer, scheduler: str) -> None:
    """The role ends with a pass, so nobody finds out weeks later. The next test mends it."""
    far = {"docker_hosts": {"hosts": {"far": {"ansible_host": "192.0.2.1"}}}}
    output = install("c1", inventory=far, scheduler=scheduler, fails=True).output
    assert "the first pass failed" in output
    assert "no Docker host could be looked at" in output


def test_removed_member_returns_with_cron(hosts: Hosts, nodes: Nodes, install: Installer) -> None:
    """Must show 1. The units are gone; cron starts the passes, every 15 s as well, and never two at once."""
    node = nodes["c1"]
    install("c1", scheduler="cron")
    assert node.run("systemctl list-unit-files --no-legend 'drover*' || true") == ""
    quiet(node)
    removed = remove(hosts, "alpha-web-3")
    returns(hosts, "alpha-web-3", seconds=90)
    quiet(node)
    assert [line for line in node.journal(removed) if "  create  alpha-web-3" in line]
    assert node.run("flock --nonblock /opt/drover/run/lock true || echo held") == "held"


def traces(machine: Host, name: str) -> str:
    """Write down what there is now; the difference to what there was before."""
    machine.run(f"bash -s /var/tmp/{name} <<'END'\n{TRACES}\nEND")
    return machine.run(f"diff /var/tmp/before /var/tmp/{name} || true")


def test_uninstalled_without_a_trace(nodes: Nodes, install: Installer) -> None:
    """Must show 1. After passes of systemd and of cron; files, units, users and processes are as they were before."""
    install("c1", state="absent")
    assert processes(nodes["c1"]) == []
    assert traces(nodes["c1"], "after") == ""
    assert install("c1", state="absent").changed == 0


def test_docker_host_looks_after_itself(hosts: Hosts, install: Installer, control: Control) -> None:
    """Must show 1. On a Docker host, with a local connection, without SSH; systemd's way goes without a trace, too."""
    host, name = hosts["h1"], next(iter(hosts["h1"].containers("alpha")))
    control.close()  # nothing of the tests' own runs there
    traces(host, "before")
    install("h1", inventory=LOCAL, ssh_key_src="", known_hosts=[], period_s=PERIOD_S)
    host.docker("rm", "-f", name)
    eventually(lambda: host.container(name).state == "running", seconds=PERIOD_S + 60)
    created = f"  create  {name}  no container"
    eventually(lambda: created in host.run("journalctl -t drover-reconcile -o cat"))
    install("h1", inventory=LOCAL, state="absent")
    assert processes(host) == []
    assert traces(host, "after") == ""
    assert host.run("test -e /var/lib/drover/stacks/alpha.json && echo kept") == "kept"
