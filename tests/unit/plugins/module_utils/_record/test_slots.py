# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members with several slots, as they are stored and as the planner sees them."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.member import (
    MemberId,
    home_key,
    member_ids,
)
from ansible_collections.drover.docker.plugins.module_utils._record.fold import fold, unfold_members

Json = dict[str, t.Any]


def entry(**changes: t.Any) -> Json:
    found = {
        "host": "h1",
        "launch": "1:a",
        "address": "10.42.128.1",
        "network": "drover",
        "create_index": 1,
        "volumes": {"/data": "shop_data"},
        "retired": False,
    }
    return {**found, **changes}


MOVE = {"to": "h2", "from": "h1", "phase": "leaves", "mark": "t"}
CASES: dict[str, Json] = {
    "one slot": {"web/1": entry()},
    "one later slot": {"web/1@7": entry(since=5.0)},
    "newcomer": {"web/1": entry(), "web/1@7": entry(launch="1:b", role="newcomer", since=5.0)},
    "kept": {"web/1": entry(role="kept", since=5.0), "web/1@7": entry(launch="1:b")},
    "one is given up": {"web/1": entry(), "web/1@7": entry(retired=True)},
    "both are": {"web/1": entry(retired=True), "web/1@7": entry(retired=True)},
    "three": {"web/1": entry(role="kept"), "web/1@7": entry(), "web/1@9": entry(role="newcomer")},
    "changed in place": {"web/1": entry(role="kept"), "web/1@7": entry(made=["1:b"])},
    "moved": {"web/1": entry(retired=True, move=MOVE), "web/1@7": entry(move=MOVE)},
    "two members": {"web/1": entry(), "web/2": entry(host="h2"), "web/2@7": entry(host="h2")},
}


@pytest.mark.parametrize("case", CASES)
def test_stored_and_read_again_they_are_the_same(case: str) -> None:
    members = CASES[case]
    before = copy.deepcopy(members)
    stored = fold({"revisions": [], "members": members})
    assert members == before, "folding changes nothing that it is given"
    assert unfold_members(stored["members"], {}) == members


def test_a_member_is_stored_once_with_its_slots() -> None:
    stored = fold({"revisions": [], "members": CASES["kept"]})["members"]
    assert list(stored) == ["web/1"]
    assert [item.get("slot", 0) for item in stored["web/1"]["slots"]] == [0, 7]
    assert "retired" not in stored["web/1"]["slots"][0]


def test_what_has_one_slot_is_stored_as_before() -> None:
    stored = fold({"revisions": [], "members": CASES["one slot"]})["members"]["web/1"]
    assert stored["slots"] == [{"launch": "1:a", "address": "10.42.128.1", "network": "drover"}]


def test_a_move_is_of_the_member() -> None:
    stored = fold({"revisions": [], "members": CASES["moved"]})["members"]["web/1"]
    assert stored["move"] == MOVE
    assert not any("move" in slot for slot in stored["slots"])


def test_names_of_a_slot() -> None:
    slot = MemberId("shop", "web", 1, 7)
    names = (slot.key, slot.place, slot.dotted, slot.container)
    assert names == ("web/1@7", "shop/web/1", "shop.web.1.r7", "shop-web-1-r7")
    assert slot.home == MemberId("shop", "web", 1)
    assert MemberId.of_key("shop", "web/1@7") == slot
    assert home_key("web/1@7") == ("web/1", 7)
    ordered = member_ids("shop", ["web/10", "web/2@7", "web/2"])
    assert [item.key for item in ordered] == ["web/2", "web/2@7", "web/10"]
