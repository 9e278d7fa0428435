# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Four members over three hosts go to a good image and back, under load, and lose no request.

Rows are those of the traps of other tools' upgrades; behaviours are Rancher's (docs/behaviours.md).
"""

from __future__ import annotations

from .store import MEMBERS, Store, ids


def test_all_members_go_to_a_good_image_and_no_request_is_lost(store: Store) -> None:
    """Behaviour 80; rows 26 and 27: who leaves is drained, who comes gets no request before it is healthy."""
    before = ids(store.running())
    with store.load() as load:
        run = store.define(version="2").up()
    print(load.told("upgrade of 4 members"))
    assert load.failures() == []
    assert load.sent > 1000
    after = store.web()
    kept = {name: item for name, item in after.items() if name in before}
    assert ids(kept) == before
    assert {item.state for item in kept.values()} == {"exited"}
    fresh = ids(store.running())
    assert sorted(name.rpartition("-r")[0] for name in fresh) == MEMBERS
    assert "not confirmed: confirm_upgrade, or rollback" in run.output + store.status()


def test_a_second_up_does_nothing(store: Store) -> None:
    before = ids(store.web())
    assert store.up().changes == 0
    assert ids(store.web()) == before


def test_what_is_unconfirmed_is_healed_and_what_is_kept_stays_stopped(store: Store) -> None:
    """Row 11: teams keep that state for days as their way back."""
    name, lost = sorted(store.running().items())[0]
    store.hosts[lost.host].docker("rm", "-f", name)
    store.stack.reconcile()
    assert name in store.running()
    assert len(store.running()) == 4


def test_rollback_starts_the_same_containers(store: Store) -> None:
    """Behaviours 84 and 85; row 8: no gates on the way back but the floor."""
    kept = {name: item.id for name, item in store.web().items() if item.state == "exited"}
    with store.load() as load:
        store.command("rollback")
    print(load.told("rollback of 4 members"))
    assert load.failures() == []
    assert ids(store.web()) == kept
    assert sorted(store.running()) == MEMBERS


def test_confirm_removes_what_was_kept(store: Store) -> None:
    """Behaviour 82. A confirm in the middle of an upgrade is refused (row 13)."""
    store.stack.control.run("up", stack_dir=store.stack.folder, wait="false")
    refused = store.stack.control.run("confirm_upgrade", stack="store", fails=True)
    assert "not all members have the new definition yet" in refused.output
    store.up()
    fresh = ids(store.running())
    store.command("confirm_upgrade")
    assert ids(store.web()) == fresh
    nothing = store.stack.control.run("rollback", stack="store", fails=True)
    assert "no upgrade" in nothing.output


def test_rolling_restart_in_batches(store: Store) -> None:
    """Behaviour 36: the same containers, started once more, two at a time."""
    before = store.running()
    with store.load() as load:
        store.command("restart", service="store/web", batch_size=2)
    print(load.told("restart of 4 members, two at a time"))
    assert load.failures() == []
    after = store.running()
    assert ids(after) == ids(before)
    assert all(after[name].life != before[name].life for name in before)


def test_scale_in_the_middle_of_an_upgrade(store: Store) -> None:
    """Row 23: nothing is a flag; new members have the new definition, and who leaves takes both its slots along."""
    store.define(version="1")
    store.stack.control.run("up", stack_dir=store.stack.folder, wait="false")
    store.stack.scale("web", 5)
    store.up()
    assert len(store.running()) == 5
    store.stack.scale("web", 4)
    store.command("confirm_upgrade")
    assert len(store.web()) == len(store.running()) == 4


def test_members_that_are_stopped_first_lose_no_request_either(store: Store) -> None:
    """Without the tmpfs each member has a volume of its own. The others answer meanwhile: one is taken at a time."""
    store.define(version="1", tmpfs=[]).up()
    store.command("confirm_upgrade")
    with store.load() as load:
        run = store.define(version="2", tmpfs=[]).up()
        store.command("rollback")
    print(load.told("upgrade of 4 members, each stopped first, and back"))
    assert "stop-first, as both would write to store_web_1_data" in run.output
    assert load.failures() == []
    assert len(store.web()) == 4
