# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our files on a host: what cannot be read is told by name, and what killed runs left is found once it is old."""

from __future__ import annotations

import os
import pathlib
import time
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._audit.held import read_refusals
from ansible_collections.drover.docker.plugins.module_utils._audit.log import Audit
from ansible_collections.drover.docker.plugins.module_utils._audit.query import read_audit
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.observe_balancers import (
    observe_balancers,
)
from ansible_collections.drover.docker.plugins.module_utils._lock.host_lock import (
    HostBusy,
    host_lock,
)
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import standing
from ansible_collections.drover.docker.plugins.module_utils._observe.files import (
    leftovers,
    unreadable_files,
)
from ansible_collections.drover.docker.plugins.module_utils._record.store import read_records
from ansible_collections.drover.docker.tests.unit.shared.hostile_files import HOSTILE, make_hostile

NOW = 1_800_000_000.0
FILES = (
    "lease",
    "audit/refusals.json",
    "audit/audit.jsonl",
    "checker/config/haproxy.cfg",
    "balancers/shop.lb.1/config/haproxy.cfg",
    "balancers/shop.lb.1/config/certs/shop.pem",
    "balancers/shop.lb.1/config/errors/503.http",
)


def look(state_dir: str) -> None:
    """All that an observation reads of our files."""
    read_records(state_dir)
    read_refusals(state_dir)
    standing(state_dir)
    read_audit(state_dir, wanted={})
    observe_balancers(state_dir)


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("name", FILES)
def test_each_file_is_told_by_name_and_blocks_nothing(
    tmp_path: pathlib.Path, name: str, kind: str
) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    why = make_hostile(kind, path)
    began = time.monotonic()
    look(str(tmp_path))
    found = unreadable_files(str(tmp_path))
    assert time.monotonic() - began < 2
    assert list(found) == [str(path)]
    assert why in found[str(path)]


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_record_that_is_none_is_damaged_and_names_its_file(
    tmp_path: pathlib.Path, kind: str
) -> None:
    folder = tmp_path / "stacks"
    folder.mkdir()
    why = make_hostile(kind, folder / "shop.json")
    stored = read_records(str(tmp_path))
    assert (stored.records, list(stored.damaged)) == ({}, ["shop"])
    assert str(folder / "shop.json") in stored.damaged["shop"]
    assert why in stored.damaged["shop"]


def test_a_lock_that_is_none_says_so(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "lock")
    assert list(unreadable_files(str(tmp_path))) == [str(tmp_path / "lock")]
    with (
        pytest.raises(HostBusy, match=r"cannot lock .*/lock: is a FIFO"),
        host_lock(str(tmp_path), owner="me"),
    ):
        pass


def test_an_audit_that_is_none_stops_no_repair(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "audit"
    folder.mkdir()
    os.mkfifo(folder / "audit.jsonl")
    audit = Audit(str(tmp_path), clock=lambda: NOW, common={}, syslog="")
    audit.write(action="start")
    audit.close()


def once(name: str, age_s: float, **labels: str) -> dict[str, t.Any]:
    return {
        "Id": f"id-{name}",
        "Names": [f"/{name}"],
        "Labels": labels,
        "Created": int(NOW - age_s),
    }


def test_leftovers_are_ours_and_old(tmp_path: pathlib.Path) -> None:
    label = {"io.drover.once": "validate"}
    listed = [
        once("drover-once-old", 700, **label),
        once("drover-once-new", 30, **label),
        once("drover-once-foreign", 9000),
        once("drover-once-future", -9000, **label),
    ]
    balancers = tmp_path / "balancers"
    for name, age_s in (
        ("shop.lb.1.validate", 700.0),
        ("shop.lb.2.validate", 30.0),
        ("shop.lb.1", 9000.0),
        ("precious", 9000.0),
    ):
        (balancers / name).mkdir(parents=True)
        os.utime(balancers / name, (NOW - age_s, NOW - age_s))
    found = leftovers(str(tmp_path), listed, now=NOW)
    assert found == {
        "containers": {"id-drover-once-old": "drover-once-old"},
        "folders": ["shop.lb.1.validate"],
    }
    assert leftovers(str(tmp_path / "none"), [], now=NOW) == {"containers": {}, "folders": []}
