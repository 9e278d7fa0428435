# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One writer on a host at a time, also over processes."""

from __future__ import annotations

import errno
import multiprocessing
import os
import pathlib
import signal
import subprocess
import time
import typing as t
from multiprocessing.context import ForkProcess
from multiprocessing.synchronize import Event

import pytest
from ansible_collections.drover.docker.plugins.module_utils._lock.hindrance import hindrance
from ansible_collections.drover.docker.plugins.module_utils._lock.host_lock import (
    CannotLock,
    HostBusy,
    host_lock,
    is_locked,
    lock_fault,
)
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import Claim, Lease
from ansible_collections.drover.docker.plugins.module_utils._lock.lock_holder import process_text


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
    told = pytest.raises(HostBusy, match=rf"somebody@elsewhere, process {holder.pid} \(")
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
    with (
        pytest.raises(CannotLock, match="cannot lock"),
        host_lock(str(tmp_path / "file"), owner="a"),
    ):
        pytest.fail("locked nothing")


# --- who hangs ---


@pytest.fixture
def foreign(tmp_path: pathlib.Path) -> t.Iterator[subprocess.Popen[bytes]]:
    """A process that is no run of ours and holds the lock, after a run of ours noted its name."""
    with host_lock(str(tmp_path), owner="ann@c1"):
        pass
    command = ["flock", str(tmp_path / "lock"), "sleep", "61"]
    with subprocess.Popen(command, start_new_session=True) as process:
        wait_until(lambda: is_locked(str(tmp_path)))
        yield process
        os.killpg(process.pid, signal.SIGKILL)


def wait_until(holds: t.Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_real_holder_is_named_and_not_the_last_one_that_left_a_note(
    tmp_path: pathlib.Path, foreign: subprocess.Popen[bytes]
) -> None:
    told = pytest.raises(HostBusy, match=rf"process {foreign.pid} \(flock .*lock sleep 61\) holds")
    with told as error, host_lock(str(tmp_path), owner="me", wait_s=0.1):
        pytest.fail("held by two")
    assert "ann@c1" not in str(error.value)
    assert f"process {foreign.pid} (flock" in hindrance(str(tmp_path))


def test_a_stopped_process_is_told_as_stopped(foreign: subprocess.Popen[bytes]) -> None:
    os.kill(foreign.pid, signal.SIGSTOP)
    wait_until(lambda: "stopped" in process_text(foreign.pid))


def test_a_run_that_acts_under_its_lease_hangs_not(
    tmp_path: pathlib.Path, holder: ForkProcess
) -> None:
    """Until its lease has expired; then whoever holds the lock may hang."""
    now = 1000.0
    claim = Claim("a", "ann@c1", "up", unattended=False, ticket=0.5, duration_s=30.0)
    Lease(str(tmp_path), claim, clock=lambda: now).take()
    assert hindrance(str(tmp_path), clock=lambda: now + 29) == ""
    assert f"process {holder.pid}" in hindrance(str(tmp_path), clock=lambda: now + 31)


def test_a_run_between_lock_and_lease_hangs_not(
    tmp_path: pathlib.Path, holder: ForkProcess
) -> None:
    def killed(_seconds: float) -> None:
        holder.kill()
        holder.join()

    assert hindrance(str(tmp_path), sleep=killed) == ""


@pytest.mark.parametrize("code", [errno.EROFS, errno.EIO, errno.ENOSPC])
def test_a_lock_file_that_cannot_be_opened_is_told(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def broken(*_args: t.Any, **_named: t.Any) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "open", broken)
    assert os.strerror(code) in lock_fault(str(tmp_path))
    assert os.strerror(code) in hindrance(str(tmp_path))
    with pytest.raises(CannotLock, match=os.strerror(code)), host_lock(str(tmp_path), owner="a"):
        pytest.fail("locked nothing")


def test_where_nothing_was_done_yet_nothing_hinders(tmp_path: pathlib.Path) -> None:
    assert hindrance(str(tmp_path)) == ""
    assert hindrance(str(tmp_path / "none")) == ""
