# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host remembers of its members: operations run at the same time, and none loses what another one noted."""

from __future__ import annotations

import pathlib
import threading
import time
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._model.ledger import (
    Drain,
    Health,
    cause_of,
)
from ansible_collections.drover.docker.plugins.module_utils._record import ledger, store
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.store import (
    read_record,
    write_record,
)
from ansible_collections.drover.docker.tests.unit.shared.operations import operation

Json = dict[str, t.Any]
HEALTH = Health(
    generation="c-2027",
    verdict="unhealthy",
    since=1.0,
    why="HTTP 500",
    repairs=0,
    last_repair=0.0,
    repairing=False,
    basis="b",
)
DRAIN = Drain(container="c", since=1.0, until=11.0, reason="unhealthy")


@pytest.fixture
def state(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A host with a record, whose disk is so slow that notes meet."""

    def slowly(state_dir: str, stack: str) -> Json | None:
        found = read_record(state_dir, stack)
        time.sleep(0.05)
        return found

    made = make_record("shop", {"hosts": ["h1"]}, number=1, token="t")
    write_record(str(tmp_path), {**made, "host": "h1", "life": {}})
    monkeypatch.setattr(store, "read_record", slowly)
    return str(tmp_path)


def test_a_verdict_and_a_drain_at_the_same_time_are_both_kept(state: str) -> None:
    """Without the drain the member would be put in use again while it is stopped."""
    deeds = [
        threading.Thread(target=ledger.note_health, args=(state, operation("verdict"), HEALTH)),
        threading.Thread(target=ledger.note_drain, args=(state, operation("drain"), DRAIN)),
    ]
    for deed in deeds:
        deed.start()
    for deed in deeds:
        deed.join()
    entry = (read_record(state, "shop") or {})["life"]["web/1"]
    assert (entry["health"], entry["drain"], entry["seq"]) == (HEALTH, DRAIN, 2)


def test_the_host_adds_the_text_of_the_cause(state: str) -> None:
    """Release 0.1.0 and the inventory plugin read texts only."""
    sick = Fact("unhealthy", {"why": Fact("no_report").as_data, "down_s": 12.0}).as_data
    health = Health(**{key: value for key, value in HEALTH.items() if key != "why"}, cause=sick)  # type: ignore[typeddict-item]
    ledger.note_health(state, operation("verdict"), health)
    ledger.note_drain(
        state, operation("drain"), Drain(container="c", since=1.0, until=11.0, cause=sick)
    )
    entry = (read_record(state, "shop") or {})["life"]["web/1"]
    assert entry["health"]["why"] == "unhealthy: no report yet, 12 s"
    assert entry["drain"]["reason"] == "unhealthy: no report yet, 12 s"
    assert entry["health"]["cause"] == entry["drain"]["cause"] == sick


def test_the_text_of_release_0_1_0_is_a_cause() -> None:
    assert cause_of(DRAIN).text == "unhealthy"
    assert cause_of(HEALTH).text == "HTTP 500"
