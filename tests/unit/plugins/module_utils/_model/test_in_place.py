# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which changes Docker makes on a container that exists."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._engine.container_options import (
    update_body,
)
from ansible_collections.drover.docker.plugins.module_utils._model.in_place import (
    UPDATABLE,
    applied_launch,
    is_in_place,
)
from ansible_collections.drover.docker.plugins.module_utils._model.ledger import (
    Applied,
    LedgerEntry,
)
from ansible_collections.drover.docker.plugins.module_utils._record.fold import split_service
from ansible_collections.drover.docker.tests.unit.shared.builders import service

MIB = 1024 * 1024


def launch(*, start_once: bool = False, image: str = "web:1", **container: t.Any) -> t.Any:
    found = {**service(), "image": image, "start_once": start_once, "container": container}
    return split_service(found, {})[0]


def limited(key: str, value: int) -> t.Any:
    options: dict[str, t.Any] = {key: value}
    return launch(**options)


@pytest.mark.parametrize("key", UPDATABLE)
def test_every_limit_changes_in_place(key: str) -> None:
    assert is_in_place(limited(key, 1), limited(key, 2))
    assert is_in_place(launch(), limited(key, 2))


def test_so_does_the_restart_policy() -> None:
    assert is_in_place(launch(), launch(start_once=True))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (launch(mem_limit=MIB), launch()),
        (launch(cpu_shares=512), launch(cpu_shares=0)),
        (launch(memswap_limit=MIB), launch()),
        (launch(mem_limit=MIB), launch(mem_limit=2 * MIB, user="root")),
        (launch(mem_limit=MIB), launch(mem_limit=2 * MIB, image="web:2")),
        (launch(), launch(shm_size=MIB)),
    ],
)
def test_what_needs_a_new_container(old: t.Any, new: t.Any) -> None:
    """Docker reads 0 as: leave it. So most limits can only be replaced by another one."""
    assert not is_in_place(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (launch(pids_limit=10), launch()),
        (launch(mem_limit=MIB, memswap_limit=3 * MIB), launch(mem_limit=MIB)),
    ],
)
def test_what_can_be_taken_away(old: t.Any, new: t.Any) -> None:
    assert is_in_place(old, new)


def body(**container: t.Any) -> t.Any:
    return update_body({**service(), "container": container})


def test_an_updated_container_has_what_a_new_one_would_have() -> None:
    """The engine gives a new container with a limit of memory as much swap again, and no limit of processes."""
    always = {"RestartPolicy": {"Name": "unless-stopped"}, "PidsLimit": -1}
    assert body(user="root", mem_limit=MIB) == {**always, "Memory": MIB, "MemorySwap": 2 * MIB}
    assert body(mem_limit=MIB, memswap_limit=-1)["MemorySwap"] == -1
    assert body(cpus=0.5, pids_limit=7) == {**always, "NanoCpus": 500_000_000, "PidsLimit": 7}
    once = {**service(), "start_once": True, "container": {}}
    assert update_body(once)["RestartPolicy"] == {"Name": "no"}


def test_an_update_counts_for_its_own_container() -> None:
    made = {"container": "c1", "created": "1:old"}
    entry = LedgerEntry(applied=Applied(container="c1", launch="1:new"))
    assert applied_launch({}, "web/1", **made) == "1:old"
    assert applied_launch({"web/1": entry}, "web/1", **made) == "1:new"
    entry["applied"]["container"] = "c0"
    assert applied_launch({"web/1": entry}, "web/1", **made) == "1:old"
