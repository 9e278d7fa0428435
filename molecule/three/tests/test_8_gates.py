# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""depends_on with conditions, across hosts: at the first start, and when a member is healed."""

from __future__ import annotations

import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.hosts import Container, Host, everywhere
from ...shared.stacks import Stack

CHECK = {"test": ["CMD", "test", "-e", "/tmp/ready"], "interval": "1s", "retries": 1}


class Gated:
    """A program that waits for a database to be healthy, and for a migration to end."""

    def __init__(self, hosts: dict[str, Host], stack: Stack) -> None:
        self.hosts = hosts
        self.stack = stack

    def define(self, migration: str) -> Gated:
        self.stack.define(
            db={"healthcheck": CHECK, "tmpfs": ["/data"]},
            migrate={
                "command": ["sh", "-c", migration],
                "depends_on": {"db": {"condition": "service_healthy"}},
                "tmpfs": ["/data"],
            },
            web={
                "scale": 2,
                "depends_on": {"migrate": {"condition": "service_completed_successfully"}},
                "tmpfs": ["/data"],
            },
        )
        return self

    def up(self, *, fails: bool = False, **extra: t.Any) -> str:
        folder = self.stack.folder
        return self.stack.control.run("up", stack_dir=folder, fails=fails, **extra).output

    @property
    def running(self) -> dict[str, Container]:
        found = everywhere(self.hosts, self.stack.name)
        return {name: item for name, item in found.items() if item.state == "running"}

    def ready(self) -> None:
        """From now on the database is healthy."""
        item = self.running["gated-db-1"]
        self.hosts[item.host].inside(item.name, "touch /tmp/ready")


@pytest.fixture(scope="module")
def gated(hosts: dict[str, Host], make_stack: MakeStack) -> t.Iterator[Gated]:
    found = Gated(hosts, make_stack("gated"))
    yield found
    found.stack.down()


def test_nothing_starts_before_what_it_waits_for(gated: Gated) -> None:
    said = gated.define("true").up(wait="false")
    assert "gated/migrate/1 on" in said
    assert "starts when db is healthy" in said
    assert "starts when migrate has ended well" in said
    assert list(gated.running) == ["gated-db-1"]


def test_all_starts_in_its_order(gated: Gated) -> None:
    gated.ready()
    gated.up(wait="true")
    assert sorted(gated.running) == ["gated-db-1", "gated-web-1", "gated-web-2"]


def test_a_removed_member_comes_back_while_the_gate_is_open(gated: Gated) -> None:
    before = gated.running["gated-web-1"]
    gated.hosts[before.host].docker("rm", "-f", before.name)
    gated.stack.reconcile()
    assert gated.running["gated-web-1"].id != before.id


def test_what_has_failed_holds_the_new_members_and_is_told(gated: Gated) -> None:
    """The old members serve on."""
    gated.stack.down()
    said = gated.define("exit 3").up(wait="false")
    gated.ready()
    said = gated.up(fails=True, wait="true")
    assert "does not start, as migrate has failed" in said
    assert list(gated.running) == ["gated-db-1"]
