# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One writer on a host at a time, also over processes."""

from __future__ import annotations

import multiprocessing
import pathlib
import time
import typing as t
from multiprocessing.context import ForkProcess
from multiprocessing.synchronize import Event

import pytest
from ansible_collections.drover.docker.plugins.module_utils._lock.host_lock import (
    HostBusy,
    host_lock,
)


def _hold(folder: str, held: Event) -> None:
    with host_lock(folder, owner="somebody@elsewhere"):
        held.set()
        time.sleep(60)


@pytest.fixture
def holder(tmp_path: pathlib.Path) -> t.Iterator[ForkProcess]:
    """Another process that holds the lock."""
    context = multiprocessing.get_context("fork")
    held = context.Event()
    process = context.Process(target=_hold, args=(str(tmp_path), held))
    process.start()
    assert held.wait(20)
    yield process
    process.kill()
    process.join()


def test_whoever_waits_in_vain_is_told_who_holds_it(
    tmp_path: pathlib.Path, holder: ForkProcess
) -> None:
    began = time.monotonic()
    told = pytest.raises(HostBusy, match=rf"somebody@elsewhere \(process {holder.pid}\)")
    with told, host_lock(str(tmp_path), owner="me", wait_s=0.3):
        pytest.fail("held by two")
    assert 0.3 <= time.monotonic() - began < 5


def test_a_killed_holder_leaves_nothing_behind(tmp_path: pathlib.Path, holder: ForkProcess) -> None:
    holder.kill()
    with host_lock(str(tmp_path), owner="me", wait_s=5):
        assert '"owner": "me"' in (tmp_path / "lock").read_text()


def test_it_is_free_again_after_use_and_after_an_error(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ZeroDivisionError), host_lock(str(tmp_path), owner="a"):
        raise ZeroDivisionError
    with host_lock(str(tmp_path / "new" / "folder"), owner="a", wait_s=0):
        pass
    with host_lock(str(tmp_path), owner="b", wait_s=0):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HostBusy, match="cannot lock"), host_lock(str(tmp_path / "file"), owner="a"):
        pytest.fail("locked nothing")
