# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lease of one host: who gets it, who has to wait, and how it ends."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import threading
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._lock import lease as lease_rules
from ansible_collections.drover.docker.plugins.module_utils._lock import lease_file
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import (
    Claim,
    Lease,
    LeaseHeld,
    acting,
    fault_of,
    standing,
)
from ansible_collections.drover.docker.plugins.module_utils._lock.lease_file import FILE, SIZE

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
        found = standing(self.folder, clock=lambda: self.now)
        return str(found["token"]) if found else ""


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
    found = standing(host.folder, clock=lambda: host.now)
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
    monkeypatch.setattr(lease_rules, "boot_id", lambda: "another boot")
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
    def full(*_args: t.Any, **_named: t.Any) -> int:
        raise OSError(28, "No space left on device")

    host.lease(claim("old")).take()
    host.now += DURATION_S
    monkeypatch.setattr("tempfile.mkstemp", full)
    monkeypatch.setattr("os.pwrite", full)
    host.lease(claim("new")).take()
    host.lease(claim("new")).resume()
    assert not pathlib.Path(host.folder, FILE).exists()


def test_only_root_reads_it(host: Host) -> None:
    host.lease(claim("a")).take()
    assert pathlib.Path(host.folder, FILE).stat().st_mode & 0o777 == 0o600


# --- a host's lease alone, for repairs in place ---


def test_a_repair_takes_the_lease_of_a_run_that_is_done_here(host: Host) -> None:
    """It needs nothing of the other hosts, so it need not know whether that run has ended there."""
    done = host.lease(claim("a"))
    done.take()
    done.finish()
    host.lease(claim("b", started=True)).take_alone()
    assert host.holder() == "b"


@pytest.mark.parametrize("started", [False, True])
def test_a_repair_waits_for_a_run_that_prepares_or_acts_here(host: Host, *, started: bool) -> None:
    host.lease(claim("a", ticket=0.9)).take()
    if started:
        host.lease(claim("a")).resume()
    with pytest.raises(LeaseHeld):
        host.lease(claim("b", ticket=0.1)).take_alone()
    host.now += DURATION_S
    host.lease(claim("b")).take_alone()
    assert host.holder() == "b"


def test_a_persons_repair_goes_before_a_timer(host: Host) -> None:
    host.lease(claim("timer", unattended=True)).take()
    host.lease(claim("person")).take_alone()
    with pytest.raises(LeaseHeld):
        host.lease(claim("timer", unattended=True)).take_alone()


def test_a_run_that_was_refused_elsewhere_gives_its_lease_back(host: Host) -> None:
    host.lease(claim("a")).take()
    host.lease(claim("a")).resume()
    host.lease(claim("a")).finish()
    host.lease(claim("b", over=["a"])).take()
    assert host.holder() == "b"


# --- the queue ---


def waits(host: Host, token: str, ticket: float, **given: t.Any) -> Claim:
    """A person's run that was refused, and comes back within 40 s."""
    asked = claim(token, ticket=ticket, run=token, returns_s=40.0, **given)
    with pytest.raises(LeaseHeld):
        host.lease(asked).take()
    return asked


def test_who_waited_longer_gets_it_first(host: Host) -> None:
    """30 commands at once: those that came later must not overtake those that wait between two tries."""
    host.lease(claim("a", ticket=1.0)).take()
    host.lease(claim("a", ticket=1.0)).resume()
    second, third = waits(host, "b", 2.0), waits(host, "c", 3.0)
    host.now += DURATION_S
    with pytest.raises(LeaseHeld, match=r"root@b"):
        host.lease(third).take()
    host.lease(second).take()
    host.lease(second).finish()
    host.now += DURATION_S + 1
    host.lease(third).take()
    assert host.holder() == "c"


def test_a_place_is_lost_by_who_does_not_come_back(host: Host) -> None:
    host.lease(claim("a", ticket=1.0)).take()
    host.lease(claim("a", ticket=1.0)).resume()
    waits(host, "dead", 2.0)
    host.now += 40.0
    host.lease(claim("c", ticket=3.0, run="c")).take()
    assert host.holder() == "c"


def test_neither_a_timer_nor_a_repair_stands_in_the_queue(host: Host) -> None:
    host.lease(claim("a", ticket=1.0)).take()
    host.lease(claim("a", ticket=1.0)).resume()
    waits(host, "b", 2.0)
    host.now += DURATION_S
    host.lease(claim("r", ticket=9.0, run="r")).take_alone()
    host.lease(claim("r", ticket=9.0, run="r")).finish()
    host.now += 1
    with pytest.raises(LeaseHeld, match=r"root@r"):
        host.lease(claim("timer", ticket=9.0, unattended=True, returns_s=40.0)).take()


# --- the file ---


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"until": 1e12}, "no lease lasts longer than 3600 s"),
        ({"until": "soon"}, "its field until is missing or not of its type"),
        ({"ticket": True}, "its field ticket"),
        ({"token": 7}, "its field token"),
        ({"started": "yes"}, "its field started"),
        ({"waiting": 1}, "its field waiting"),
        ({"until": float("nan")}, "no lease lasts longer"),
    ],
)
def test_a_lease_that_cannot_be_one_is_ignored_and_told(
    host: Host, changes: dict[str, t.Any], fault: str
) -> None:
    host.lease(claim("a")).take()
    path = pathlib.Path(host.folder, FILE)
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}), encoding="utf-8")
    assert fault in fault_of(host.folder, clock=lambda: host.now)
    assert standing(host.folder, clock=lambda: host.now) is None
    assert acting(host.folder, clock=lambda: host.now) is None
    host.lease(claim("b")).take()
    assert (host.holder(), fault_of(host.folder, clock=lambda: host.now)) == ("b", "")


def test_whoever_reads_while_others_write_finds_a_whole_lease(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writers of different length, by rename and, as on a full disk, in place."""

    def write(token: str, *, in_place: bool) -> None:
        lease_file._write_in_place(path, lease_file._padded(content(token))) if in_place else (
            lease_file.store(host.folder, content(token))
        )

    def content(token: str) -> dict[str, t.Any]:
        return {**full, "token": token, "owner": token}

    host.lease(claim("a")).take()
    full = lease_file.read(host.folder, host.now)[0] or {}
    path = str(pathlib.Path(host.folder, FILE))
    over = threading.Event()
    tokens = ["x", "y" * 200]

    def writer(token: str) -> None:
        while not over.is_set():
            for in_place in (True, False):
                write(token, in_place=in_place)

    threads = [threading.Thread(target=writer, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    found = [lease_file.read(host.folder, host.now) for _try in range(300)]
    over.set()
    for thread in threads:
        thread.join()
    assert {fault for _lease, fault in found} == {""}
    assert {(lease or {})["token"] for lease, _fault in found} <= {"a", *tokens}
    assert pathlib.Path(path).stat().st_size == SIZE


def test_long_texts_and_long_queues_fit_in(host: Host) -> None:
    host.lease(claim("a", owner="o" * 5000, reason="ä" * 5000)).take()
    for number in range(60):
        waits(host, f"b{number}", 1.0 + number, owner="o" * 300)
    assert fault_of(host.folder, clock=lambda: host.now) == ""
    assert host.holder() == "a"
