# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What outlives what: each cell of the table in docs/data.md, with a marker file in each kind of place.

The loss of a host is molecule/three, test_5_loss: its members are not made elsewhere, and their volumes are on it.
"""

from __future__ import annotations

import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.hosts import Container, Host, everywhere
from ...shared.inventory import CHECKOUT
from ...shared.stacks import TESTAPP, Stack

PLACES = {
    "in the container": "/own",
    "`tmpfs`": "/memory",
    "without a name": "/anon",
    "declared by the image": "/data",
    "of the stack": "/stack",
    "`per_container`": "/each",
    "plain": "/plain",
    "`external`": "/external",
    "folder of the host": "/folder",
}
EXTERNAL, FOLDER = "keep-external", "/srv/keep-folder"
LOST, KEPT, BEFORE = "lost", "kept", "as before"


class Keep:
    """A member with all kinds of places, in each of which is a marker."""

    def __init__(self, hosts: dict[str, Host], stack: Stack) -> None:
        self.hosts = hosts
        self.stack = stack
        self._count = 0

    def define(self, version: str) -> Keep:
        volumes = ["/anon", "stack:/stack", "each:/each", "plain-keep:/plain"]
        volumes += [f"{EXTERNAL}:/external", f"{FOLDER}:/folder"]
        self.stack.define(
            db={
                "image": TESTAPP.replace(":1", f":{version}"),
                "volumes": volumes,
                "tmpfs": ["/memory"],
                "command": "sh -c 'mkdir -p /own && exec testapp'",
                "upgrade_strategy": {"interval_millis": 0, "monitor_millis": 1000},
            },
            volumes={"stack": {}, "each": {"per_container": True}, EXTERNAL: {"external": True}},
        )
        return self

    def command(self, command: str, **extra: t.Any) -> None:
        waits: dict[str, t.Any] = {} if command in ("confirm_upgrade", "stop") else {"wait": "true"}
        where: dict[str, t.Any] = {"stack": self.stack.name}
        if command == "up":
            where = {"stack_dir": self.stack.folder}
        self.stack.control.run(command, **where, **waits, **extra)

    @property
    def member(self) -> Container:
        found = everywhere(self.hosts, self.stack.name).values()
        (running,) = [item for item in found if item.state == "running"]
        return running

    def docker(self, *words: str) -> None:
        """A command of Docker on the member, and a pass."""
        member = self.member
        self.hosts[member.host].docker(*words, member.name)
        self.stack.reconcile()

    def mark(self) -> str:
        """Write a new marker into all places."""
        self._count += 1
        marker = f"marker-{self._count}"
        member = self.member
        writes = "; ".join(f"echo {marker} > {path}/marker" for path in PLACES.values())
        self.hosts[member.host].inside(member.name, writes)
        return marker

    def found(self, marker: str) -> dict[str, str]:
        """What became of the last marker in each place."""
        member = self.member
        reads = "; ".join(f"cat {path}/marker 2>/dev/null || echo none" for path in PLACES.values())
        lines = self.hosts[member.host].inside(member.name, reads).split()
        what = {marker: KEPT, "none": LOST}
        return {place: what.get(line, BEFORE) for place, line in zip(PLACES, lines, strict=True)}

    # --- what happens to it

    def killed(self) -> None:
        self.docker("kill")

    def restarted(self) -> None:
        self.docker("restart", "-t", "1")

    def removed(self) -> None:
        self.docker("rm", "-f")

    def removed_with_volumes(self) -> None:
        self.docker("rm", "-f", "-v")

    def upgraded(self) -> None:
        self.define("2").command("up")

    def rolled_back(self) -> None:
        self.command("rollback")

    def upgraded_and_confirmed(self) -> None:
        self.upgraded()
        self.command("confirm_upgrade")

    def scaled(self) -> None:
        self.stack.scale("db", 0)
        self.stack.scale("db", 1)

    def stopped(self) -> None:
        self.command("stop")
        self.command("start")

    def down(self) -> None:
        self.stack.down()
        self.command("up")


EVENTS: dict[str, t.Callable[[Keep], None]] = {
    "killed (`docker kill`), or its program ends": Keep.killed,
    "`docker restart`": Keep.restarted,
    "`docker rm -f`, or replaced as unhealthy": Keep.removed,
    "`docker rm -f -v`": Keep.removed_with_volumes,
    "`stop`, `start`": Keep.stopped,
    "upgrade": Keep.upgraded,
    "rollback": Keep.rolled_back,
    "upgrade and `confirm_upgrade`": Keep.upgraded_and_confirmed,
    "scale down and up": Keep.scaled,
    "`down` and `up`": Keep.down,
}


@pytest.fixture(scope="module")
def keep(hosts: dict[str, Host], make_stack: MakeStack) -> t.Iterator[Keep]:
    for host in hosts.values():
        host.docker("volume", "create", EXTERNAL)
        host.run(f"mkdir -p {FOLDER}")
    made = Keep(hosts, make_stack("keep")).define("1")
    made.command("up")
    yield made
    made.stack.down()
    for host in hosts.values():
        host.docker("volume", "rm", *host.volumes().intersection({EXTERNAL, "plain-keep"}))
        host.run(f"rm -rf {FOLDER}")


def documented() -> dict[str, dict[str, str]]:
    """The table of docs/data.md: by event, the cell of each place."""
    lines = (CHECKOUT / "docs" / "data.md").read_text(encoding="utf-8").splitlines()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("|")
    ]
    head, _rule, *body = rows
    return {event: dict(zip(head[1:], cells, strict=True)) for event, *cells in body}


@pytest.mark.parametrize("event", EVENTS)
def test_what_outlives_it(keep: Keep, event: str) -> None:
    marker = keep.mark()
    EVENTS[event](keep)
    assert keep.found(marker) == documented()[event]


def test_the_table_has_these_events_and_the_loss_of_a_host() -> None:
    assert set(documented()) == {*EVENTS, "its host is lost"}
