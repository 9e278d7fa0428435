# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service with data of its own is stopped first, and its data outlive every container."""

from __future__ import annotations

import pytest

from ...conftest import MakeStack
from ...shared.hosts import Container, Host, everywhere
from ...shared.stacks import TESTAPP, Stack

MARK = "posts"


@pytest.fixture(scope="module")
def notes(make_stack: MakeStack) -> Stack:
    return make_stack("notes")


def define(notes: Stack, version: str, **keys: object) -> Stack:
    image = TESTAPP.replace(":1", f":{version}")
    return notes.define(
        db={"image": image, "volumes": ["data:/data"], **keys}, volumes={"data": {}}
    )


def up(notes: Stack, *, fails: bool = False, **extra: object) -> str:
    return notes.control.run("up", stack_dir=notes.folder, wait="true", fails=fails, **extra).output


def db(hosts: dict[str, Host]) -> Container:
    found = [item for item in everywhere(hosts, "notes").values() if item.state == "running"]
    assert len(found) == 1
    return found[0]


def read(hosts: dict[str, Host]) -> str:
    item = db(hosts)
    return hosts[item.host].inside(item.name, "cat /data/marker")


def test_an_upgrade_and_a_rollback_keep_the_data(hosts: dict[str, Host], notes: Stack) -> None:
    """Behaviours 41 to 43: never two containers on one volume, and the same volume for all of them."""
    up(define(notes, "1"))
    first = db(hosts)
    hosts[first.host].inside(first.name, f"echo {MARK} > /data/marker")
    said = up(define(notes, "2"))
    assert "stop-first, as both would write to notes_data" in said
    assert db(hosts).name == "notes-db-1-r2"
    assert read(hosts) == MARK
    notes.control.run("rollback", stack="notes", wait="true")
    assert db(hosts).id == first.id
    assert read(hosts) == MARK


def test_a_bad_upgrade_gives_the_old_container_back(hosts: dict[str, Host], notes: Stack) -> None:
    first = db(hosts)
    said = up(define(notes, "1", environment={"TESTAPP_EXIT_AFTER": "0.1"}), fails=True)
    assert "rolled back" in said
    assert db(hosts).id == first.id
    assert read(hosts) == MARK


def test_what_was_kept_and_is_gone_is_made_anew(hosts: dict[str, Host], notes: Stack) -> None:
    """Row 14: Docker's prune takes stopped containers."""
    up(define(notes, "2"))
    host = hosts[db(hosts).host]
    host.docker("rm", "-v", "notes-db-1")
    assert "what was kept is gone" in notes.control.run("status", stack="notes").output
    notes.control.run("rollback", stack="notes", wait="true")
    assert db(hosts).name == "notes-db-1"
    assert read(hosts) == MARK


def test_a_stopped_service_is_upgraded_when_it_starts(hosts: dict[str, Host], notes: Stack) -> None:
    """Row 15: only the record changes."""
    before = db(hosts)
    notes.control.run("stop", stack="notes")
    up(define(notes, "2"))
    assert everywhere(hosts, "notes")["notes-db-1"].id == before.id
    assert all(item.state == "exited" for item in everywhere(hosts, "notes").values())
    notes.control.run("start", stack="notes", wait="true")
    assert db(hosts).name.startswith("notes-db-1-r")
    assert read(hosts) == MARK
    notes.control.run("confirm_upgrade", stack="notes")
    assert list(everywhere(hosts, "notes")) == [db(hosts).name]


def test_force_replaces_what_did_not_change(hosts: dict[str, Host], notes: Stack) -> None:
    before = db(hosts)
    up(notes, force=True)
    assert db(hosts).id != before.id
    assert read(hosts) == MARK


def test_down_in_the_middle_removes_both_sets(hosts: dict[str, Host], notes: Stack) -> None:
    assert len(everywhere(hosts, "notes")) == 2
    notes.down()
    assert everywhere(hosts, "notes") == {}
    assert any("notes_data" in host.volumes() for host in hosts.values())
