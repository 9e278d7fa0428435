# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lease of one host: who gets it, who has to wait, and how it ends."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._lock import lease as lease_file
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import (
    FILE,
    Claim,
    Lease,
    LeaseHeld,
    holder_of,
)

DURATION_S = 30.0


def claim(token: str, **given: t.Any) -> Claim:
    fields: dict[str, t.Any] = {
        "owner": f"root@{token}",
        "reason": "reconcile",
        "unattended": False,
        "ticket": 0.5,
        "duration_s": DURATION_S,
        **given,
    }
    return Claim(token=token, **fields)


class Host:
    """One host whose boot clock the test moves."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = str(folder)
        self.now = 1000.0

    def lease(self, asked: Claim) -> Lease:
        return Lease(self.folder, asked, clock=lambda: self.now)

    def holder(self) -> str:
        found = holder_of(self.folder, clock=lambda: self.now)
        return found["token"] if found else ""


@pytest.fixture
def host(tmp_path: pathlib.Path) -> Host:
    return Host(tmp_path)


def test_who_comes_first_has_it_until_its_time_is_over(host: Host) -> None:
    first, second = claim("a"), claim("b", ticket=0.1)
    host.lease(first).take()
    host.lease(first).resume()
    with pytest.raises(LeaseHeld, match=r"root@a acts on this host \(reconcile\)") as held:
        host.lease(second).take()
    assert (held.value.holder["left_s"], held.value.holder["started"]) == (DURATION_S, True)
    host.now += DURATION_S - 0.1
    with pytest.raises(LeaseHeld):
        host.lease(second).take()
    host.now += 0.1
    host.lease(second).take()
    assert host.holder() == "b"


def test_since_is_when_the_term_began(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    stamps = iter(["first", "second", "third"])
    monkeypatch.setattr("time.strftime", lambda *_: next(stamps))
    host.lease(claim("a")).take()
    host.lease(claim("a")).resume()
    found = holder_of(host.folder, clock=lambda: host.now)
    assert found
    assert found["since"] == "first"


def test_nobody_acts_under_the_lease_of_another(host: Host) -> None:
    host.lease(claim("a")).take()
    with pytest.raises(LeaseHeld):
        host.lease(claim("b")).resume()


def test_a_lease_whose_time_is_over_is_good_while_nobody_took_it(host: Host) -> None:
    host.lease(claim("a")).take()
    host.now += 10 * DURATION_S
    host.lease(claim("a")).resume()
    with pytest.raises(LeaseHeld):
        host.lease(claim("b")).take()


@pytest.mark.parametrize("started", [False, True])
def test_a_timer_gives_way_to_a_person_and_not_the_other_way_round(
    host: Host, started: bool
) -> None:
    timer, person = claim("timer", unattended=True, ticket=0.1), claim("person", ticket=0.9)
    host.lease(timer).take()
    if started:
        host.lease(timer).resume()
    host.lease(person).take()
    with pytest.raises(LeaseHeld):
        host.lease(timer).resume()
    with pytest.raises(LeaseHeld):
        host.lease(timer).take()


def test_of_two_that_only_prepare_the_lower_ticket_wins(host: Host) -> None:
    host.lease(claim("high", ticket=0.6)).take()
    host.lease(claim("low", ticket=0.4)).take()
    with pytest.raises(LeaseHeld):
        host.lease(claim("high", ticket=0.6)).take()
    assert host.holder() == "low"


@pytest.mark.parametrize("ticket", [0.1, 0.9])
def test_who_has_acted_does_not_take_back_what_another_one_has(host: Host, ticket: float) -> None:
    """That one may have acted elsewhere; the run comes back under another token."""
    host.lease(claim("fresh", ticket=0.5)).take()
    with pytest.raises(LeaseHeld):
        host.lease(claim("at-work", ticket=ticket, started=True)).take()


def test_a_finished_term_is_left_alone_until_another_host_confirms_it(host: Host) -> None:
    done, asks = claim("a"), claim("b")
    host.lease(done).take()
    acting = host.lease(done)
    acting.resume()
    acting.finish()
    with pytest.raises(LeaseHeld) as held:
        host.lease(asks).take()
    assert held.value.holder["finished"]
    host.lease(dataclasses.replace(asks, over=["a"])).take()
    assert host.holder() == "b"


def test_one_that_acts_again_is_not_over(host: Host) -> None:
    acting = host.lease(claim("a"))
    acting.take()
    acting.finish()
    host.lease(claim("a")).resume()
    with pytest.raises(LeaseHeld):
        host.lease(claim("b", over=["a"])).take()


def test_a_reboot_ends_it(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.lease(claim("a")).take()
    monkeypatch.setattr(lease_file, "boot_id", lambda: "another boot")
    host.lease(claim("b")).take()
    assert host.holder() == "b"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"token": "a"}', "null"])
def test_a_file_that_makes_no_sense_keeps_nobody_out(host: Host, content: str) -> None:
    pathlib.Path(host.folder, FILE).write_text(content, encoding="utf-8")
    host.lease(claim("b")).take()
    assert host.holder() == "b"


def test_a_disk_that_refuses_keeps_nobody_from_acting(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: t.Any) -> int:
        raise OSError(28, "No space left on device")

    host.lease(claim("old")).take()
    host.now += DURATION_S
    monkeypatch.setattr("os.pwrite", full)
    host.lease(claim("new")).take()
    host.lease(claim("new")).resume()
    assert not pathlib.Path(host.folder, FILE).exists()


def test_only_root_reads_it(host: Host) -> None:
    host.lease(claim("a")).take()
    assert pathlib.Path(host.folder, FILE).stat().st_mode & 0o777 == 0o600
