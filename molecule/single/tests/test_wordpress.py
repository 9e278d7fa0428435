# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The story: WordPress and its database are back, whatever was done to their containers.

After a repair a pass or two more only write down that the checkers find the member healthy. The first tests and the
last one go through the playbooks, as a person does: up (in converge.yml), reconcile, status, and down.
"""

from __future__ import annotations

import re

from ...shared.control import Control
from ...shared.health import (
    checker_of,
    counts,
    firewall,
    passes,
    passes_for,
    removed,
    settled,
    unwell,
    wait_down,
)
from ...shared.hosts import Host, lives
from ...shared.recording import Recorder, only_reads
from ...shared.waiting import eventually

STACK = "wordpress-multi"
# Its checks come every 2 s: what two of them and 3 s more do not bring does not come.
VOTES_COUNT_S = 10.0
NAMES = [f"{STACK}-{name}" for name in ("lb-1", "mariadb-1", "wordpress-1", "wordpress-2")]
LB, DB, FIRST, SECOND = NAMES


def page(h1: Host, member: str) -> str:
    """The front page as this member serves it."""
    return h1.get(f"http://{h1.container(member).addresses['drover-local']}/")


def posts(h1: Host, member: str) -> list[str]:
    """Titles of the posts."""
    return eventually(lambda: h1.docker("exec", member, "wp-posts")).splitlines()


def test_members_answer_with_the_same_site(h1: Host) -> None:
    assert list(h1.containers(STACK)) == NAMES
    assert "Served by drover.docker" in page(h1, FIRST)
    h1.docker("exec", FIRST, "wp-post", "Written by the first")
    assert any("Written by the first" in title for title in posts(h1, SECOND))


def test_removed_member_is_back_after_one_playbook(
    h1: Host, control: Control, recorder: Recorder
) -> None:
    """Must show 2. Rancher behaviours 26 test_service_activate_delete_instance, 35 test_service_retain_ip."""
    before = h1.containers(STACK)
    h1.docker("rm", "-f", SECOND)
    checked, calls = recorder.calls_of(
        control.playbook, "reconcile", "--check", "--diff", stack=STACK
    )
    assert only_reads(calls)
    run = control.playbook("reconcile", stack=STACK)
    assert run.deeds == checked.planned
    after = h1.containers(STACK)
    assert list(after) == NAMES
    assert after[SECOND].id != before[SECOND].id
    assert after[SECOND].addresses == before[SECOND].addresses
    assert [after[name].life for name in (DB, FIRST)] == [before[name].life for name in (DB, FIRST)]
    assert "Served by drover.docker" in page(h1, SECOND)


def test_second_playbook_changes_nothing(control: Control, recorder: Recorder) -> None:
    """Must show 2: no change is reported, and the engine was only asked."""
    settled(control, stack=STACK)
    run, calls = recorder.calls_of(control.playbook, "reconcile", stack=STACK)
    assert run.quiet
    assert only_reads(calls)


def test_killed_stopped_and_paused_members_run_again(
    h1: Host, control: Control, recorder: Recorder
) -> None:
    """Must show 3: the same containers, and a second pass only asks. Rancher behaviour 25."""
    before = h1.containers(STACK)
    h1.docker("kill", FIRST)
    h1.docker("stop", "-t", "1", SECOND)
    h1.docker("pause", DB)
    # 0 after the stop signal, 137 where a second was not enough for it; a start sets it back.
    code = h1.container(SECOND).inspected["State"]["ExitCode"]
    run = control.run("reconcile", stack=STACK)
    assert sorted(run.deeds) == [
        f"h1  start  {FIRST}  stopped (exit code 137)",
        f"h1  start  {SECOND}  stopped (exit code {code})",
        f"h1  unpause  {DB}  paused",
    ]
    after = h1.containers(STACK)
    assert [item.id for item in after.values()] == [item.id for item in before.values()]
    assert {item.state for item in after.values()} == {"running"}
    assert "Served by drover.docker" in page(h1, FIRST)
    assert not [line for run in settled(control, stack=STACK) for line in run.deeds]
    run, calls = recorder.calls_of(control.run, "reconcile", stack=STACK)
    assert run.quiet
    assert only_reads(calls)


def test_exited_member_is_started_by_the_engine_at_once(
    h1: Host, control: Control, recorder: Recorder
) -> None:
    """Must show 3: the restart policy heals a crash; the passes that follow have nothing to do to containers."""
    before = h1.container(FIRST)
    h1.run(f"kill -9 {before.inspected['State']['Pid']}")
    eventually(lambda: h1.container(FIRST).life[1] != before.life[1])
    eventually(lambda: h1.container(FIRST).state == "running")
    assert h1.container(FIRST).id == before.id
    assert not [line for run in settled(control, stack=STACK) for line in run.deeds]
    run, calls = recorder.calls_of(control.run, "reconcile", stack=STACK)
    assert run.quiet
    assert only_reads(calls)


def test_posts_survive_the_removal_of_the_database(h1: Host, control: Control) -> None:
    """Must show 3: also when the database was removed with its volumes."""
    before = h1.container(DB)
    h1.docker("rm", "-fv", DB)
    control.run("reconcile", stack=STACK)
    assert h1.container(DB).id != before.id
    assert h1.container(DB).mounts == before.mounts
    assert any("Written by the first" in title for title in posts(h1, FIRST))
    assert "Served by drover.docker" in page(h1, SECOND)


def test_member_taken_off_the_network_is_put_back(h1: Host, control: Control) -> None:
    """With the address and the names it had, and without a restart."""
    before = h1.container(DB)
    h1.docker("network", "disconnect", "drover-local", DB)
    run = control.run("reconcile", stack=STACK)
    assert run.deeds == [f"h1  connect  {DB} drover-local  not on the network drover-local"]
    after = h1.container(DB)
    assert after.life == before.life
    assert after.addresses == before.addresses
    assert any("Written by the first" in title for title in posts(h1, SECOND))


def test_broken_member_is_replaced(h1: Host, control: Control) -> None:
    """The article's experiment on one host, whose own checker is the only one. Behaviour 2.

    Not by the first pass where that is early: the database was away in the test before this one, and a member whose
    dependency came back a few seconds ago is not replaced.
    """
    settled(control, stack=STACK)
    before = h1.containers(STACK)
    h1.inside(SECOND, "echo Nonsense >>/var/www/html/.htaccess")
    wait_down({"h1": h1}, before[SECOND])
    status = control.playbook("status", stack=STACK)
    assert counts(status)[f"{STACK}/wordpress"] == (2, 2, 1)
    why = r"2: unhealthy, 0 of 1 checker: HTTP 500 \(L7STS\), \d+ s"
    assert re.search(why, status.output)
    runs = passes(control, lambda run: removed([run]), stack=STACK)
    assert removed(runs) == [SECOND]
    after = h1.containers(STACK)
    assert after[SECOND].id != before[SECOND].id
    assert after[SECOND].addresses == before[SECOND].addresses
    assert [after[name].life for name in (DB, FIRST)] == [before[name].life for name in (DB, FIRST)]
    last = settled(control, stack=STACK)[-1]
    assert unwell(last) == {}
    assert "Served by drover.docker" in page(h1, SECOND)


def test_checker_that_is_cut_off_replaces_nobody(h1: Host, control: Control) -> None:
    """Must show 3, where there is but one checker: it finds all members down, and has no say."""
    settled(control, stack=STACK)
    before = h1.containers(STACK)
    rules = ["OUTPUT ! -o lo", "INPUT ! -i lo"]
    with firewall({"h1": h1}, {"checker": (checker_of(h1), rules)}):
        wait_down({"h1": h1}, *before.values(), seconds=90)
        runs = passes_for(control, VOTES_COUNT_S, stack=STACK)
        status = control.run("status", stack=STACK)
        assert counts(status)[f"{STACK}/wordpress"] == (2, 2, 2)
    runs += settled(control, stack=STACK)
    assert removed(runs) == []
    assert lives(h1.containers(STACK)) == lives(before)


def test_playbook_down_removes_the_containers_and_lists_the_volumes(
    h1: Host, control: Control
) -> None:
    """Volumes stay; those that a person names go. Rancher behaviour 29 test_environment_activate_deactivate_delete."""
    kept = h1.volumes(f"{STACK}_")
    run = control.playbook("down", stack=STACK)
    assert h1.containers(STACK) == {}
    assert run.told("kept") == [f"volume {name} on h1" for name in sorted(kept)]
    assert h1.volumes(f"{STACK}_") == kept
    control.playbook("down", stack=STACK, remove_volumes=",".join(kept))
    assert h1.volumes(f"{STACK}_") == set()
