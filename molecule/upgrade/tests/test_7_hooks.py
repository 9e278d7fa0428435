# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pre_deploy hook runs once for each upgrade, before any member is touched, and makes it one way (row 39)."""

from __future__ import annotations

import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.hosts import Container, Host, everywhere
from ...shared.runs import Run
from ...shared.stacks import TESTAPP, Stack

STRATEGY = {"interval_millis": 0, "monitor_millis": 1000}
NAME = "shop"


class Shop:
    """A member with a volume, and hooks that write to it."""

    def __init__(self, hosts: dict[str, Host], stack: Stack) -> None:
        self.hosts = hosts
        self.stack = stack

    def define(self, version: str, hook: str, **keys: t.Any) -> Shop:
        """Write the files: this version of the application, and this hook."""
        self.stack.define(
            web={
                "image": TESTAPP.replace(":1", f":{version}"),
                "volumes": ["data:/data"],
                "x-drover": {"pre_deploy": {"command": ["sh", "-c", hook], "timeout": "1m"}},
                "upgrade_strategy": STRATEGY,
                **keys,
            },
            volumes={"data": {}},
        )
        return self

    def up(self, *, fails: bool = False, wait: str = "true") -> str:
        control = self.stack.control
        return control.run("up", stack_dir=self.stack.folder, wait=wait, fails=fails).output

    def rollback(self, **extra: t.Any) -> Run:
        return self.stack.control.run("rollback", stack=NAME, wait="true", **extra)

    @property
    def member(self) -> Container:
        found = [item for item in self.running if "pre-deploy" not in item.name]
        assert len(found) == 1
        return found[0]

    @property
    def running(self) -> list[Container]:
        found = everywhere(self.hosts, NAME).values()
        return [item for item in found if item.state == "running"]

    @property
    def log(self) -> list[str]:
        """What the hooks wrote to the member's volume."""
        return self.hosts[self.member.host].inside(self.member.name, "cat /data/log").split()


@pytest.fixture(scope="module")
def shop(hosts: dict[str, Host], make_stack: MakeStack) -> Shop:
    return Shop(hosts, make_stack(NAME))


def writes(line: str, then: str = "true") -> str:
    return f"echo {line} >> /data/log; {then}"


def test_the_first_member_waits_for_the_hook(shop: Shop) -> None:
    said = shop.define("1", writes("made", "sleep 2")).up(wait="false")
    assert "starts when the pre_deploy hook of its service has ended" in said
    (hook,) = shop.running
    assert "-pre-deploy-" in hook.name
    shop.up()
    assert shop.log == ["made"]
    # What belongs to nobody any more is removed: an upgrade's hook is kept until it is confirmed.
    assert list(everywhere(shop.hosts, NAME)) == [shop.member.name]


def test_a_hook_that_fails_touches_no_member(shop: Shop) -> None:
    before = shop.member
    said = shop.define("2", writes("broken", "echo no such table; exit 3")).up(fails=True)
    assert "exit code 3" in said
    assert "no such table" in said
    assert "rolled back" in said
    assert shop.member.life == before.life


def test_a_run_that_ends_before_the_hook_does_leaves_it_to_the_next(shop: Shop) -> None:
    before = shop.member
    shop.define("2", writes("migrated", "sleep 3")).up(wait="false")
    assert shop.member.id == before.id
    shop.stack.reconcile()
    assert shop.member.id == before.id
    shop.up()
    assert shop.member.id != before.id
    assert shop.log == ["made", "broken", "migrated"]


def test_what_a_hook_has_changed_is_not_taken_back_unasked(shop: Shop) -> None:
    refused = shop.rollback(fails=True)
    assert "force=true" in refused.output
    shop.stack.control.run("confirm_upgrade", stack=NAME)
    assert list(everywhere(shop.hosts, NAME)) == [shop.member.name]
    before = shop.member
    bad = {"TESTAPP_EXIT_AFTER": "0.1"}
    said = shop.define("1", writes("again"), environment=bad).up(fails=True)
    assert "paused" in said
    assert "is not rolled back by itself" in said
    assert "force=true" in shop.rollback(fails=True).output
    shop.rollback(force=True)
    assert shop.member.id == before.id
    assert shop.log == ["made", "broken", "migrated", "again"]
