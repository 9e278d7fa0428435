# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A password in the environment of every member of the stacks is in nothing that was printed or logged."""

from __future__ import annotations

from ...shared.control import Control
from ...shared.hosts import Host
from ...shared.nodes import Node
from ...shared.stacks import Stack
from ...shared.waiting import eventually
from .conftest import SECRET

LOGS = "/var/log /root /tmp /run/log /run/drover-reconcile /opt/drover /etc/drover"


def stop_passes(node: Node) -> None:
    """Begin no further pass, and wait for the one that goes on."""
    node.run("systemctl stop drover-reconcile.timer")
    state = "systemctl is-active drover-reconcile.service || true"
    eventually(lambda: node.run(state) in ("inactive", "failed"), seconds=90)


def test_members_have_it(hosts: dict[str, Host], stacks: dict[str, Stack]) -> None:
    """Or looking for it would prove nothing."""
    for name in stacks:
        host, member = next(
            (host, item) for host in hosts.values() for item in host.containers(name)
        )
        assert host.inside(member, "echo $PASSWORD") == SECRET


def test_no_journal_holds_it(hosts: dict[str, Host], nodes: dict[str, Node]) -> None:
    """Must show 6. The passes of c2 ran with -vvv and --diff."""
    said = "\n".join(nodes["c2"].journal())
    assert "EXEC" in said or "ESTABLISH SSH" in said
    for machine in (*hosts.values(), *nodes.values()):
        whole = "journalctl --no-pager --all --output=export"
        assert int(machine.run(f"{whole} | wc -l")) > 1000, machine.name
        assert machine.run(f"{whole} | grep -aF {SECRET} || true") == "", machine.name


def test_no_file_but_the_records_holds_it(hosts: dict[str, Host], nodes: dict[str, Node]) -> None:
    """Must show 6. Between two passes: one that goes on has what it saw in files of memory that only it may read."""
    for node in nodes.values():
        stop_passes(node)
    for machine in (*hosts.values(), *nodes.values()):
        assert machine.run(f"grep -rlF {SECRET} {LOGS} 2>/dev/null || true") == "", machine.name
    for host in hosts.values():
        holding = host.run(f"grep -rlF {SECRET} /var/lib/drover || true").split()
        assert holding, host.name
        assert all(path.startswith("/var/lib/drover/stacks/") for path in holding), holding


def test_no_command_prints_it(
    nodes: dict[str, Node], control: Control, stacks: dict[str, Stack]
) -> None:
    """Must show 6. What a person runs, at -vvv and with diffs; what ran before is in logs and journals."""
    node = nodes["c1"]
    drover = "/opt/drover/bin/drover"
    told = node.run(
        f"{drover} status -vvv; {drover} reconcile -vvv --diff; {drover} scale -vvv --diff --check "
        "-e service=alpha/web -e scale=4"
    )
    told += (
        stacks["alpha"]
        .up_by_playbook(
            "-vvv",
            "--diff",
            fails=True,
            upgrade="false",
            stack_variables={"SECRET": SECRET + "-new"},
        )
        .output
    )
    assert "web does not run what its files say (environment.PASSWORD)" in told
    assert SECRET not in told
