# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in which a member is written, and back."""

from __future__ import annotations

import dataclasses
import re

import pytest
from ansible_collections.drover.docker.plugins.module_utils._common.labels import is_ours
from ansible_collections.drover.docker.plugins.module_utils._model.member import (
    DOTTED,
    MemberId,
    member_ids,
    service_of,
)

MEMBER = MemberId("shop", "web-a", 12)


def test_each_use_has_its_own_text() -> None:
    texts = (MEMBER.key, MEMBER.place, MEMBER.dotted, MEMBER.container)
    assert texts == ("web-a/12", "shop/web-a/12", "shop.web-a.12", "shop-web-a-12")


@pytest.mark.parametrize("name", ["web", "web-a", "my_web", "web.v2.r7", "a_b.c-d"])
def test_a_dotted_name_is_known_and_never_a_path(name: str) -> None:
    member = MemberId("shop", name, 12, 7)
    assert re.fullmatch(DOTTED, member.dotted)
    assert MemberId.of_key("shop", member.key) == member


@pytest.mark.parametrize("text", ["shop...1", "shop.a/b.1", "shop.a..b.1", "shop.-a.1", "shop.a"])
def test_what_is_no_dotted_name(text: str) -> None:
    assert not re.fullmatch(DOTTED, text)


def test_key_and_labels_give_the_member_back() -> None:
    labels = {
        "io.drover.stack": "shop",
        "io.drover.service": "web-a",
        "io.drover.index": "12",
    }
    found = {MemberId.of_key("shop", MEMBER.key), MemberId.of_labels(labels)}
    assert found == {MEMBER}
    assert service_of(MEMBER.key) == "web-a"


def test_operation_and_container_name_their_member() -> None:
    item = {"stack": "shop", "service": "web-a", "index": 12, "kind": "create"}
    assert MemberId.of(item) == MEMBER


def test_members_are_sorted_by_number_and_not_by_letters() -> None:
    keys = [member.key for member in member_ids("shop", ["web/10", "web/9", "db/1"])]
    assert keys == ["db/1", "web/9", "web/10"]


def test_identity_cannot_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        MEMBER.index = 1  # type: ignore[misc]


def test_a_hook_is_no_member() -> None:
    hook = MemberId.hook("shop", "web", 7)
    assert (hook.key, hook.container) == ("web/0@7", "shop-web-pre-deploy-r7")
    assert MemberId.of_key("shop", "web/0@7") == hook
    assert hook.is_hook
    assert not MemberId("shop", "web", 1, 7).is_hook


def test_labels_of_a_hook_are_ours_and_half_of_them_are_not() -> None:
    labels = {
        "io.drover.managed": "stack",
        "io.drover.stack": "shop",
        "io.drover.service": "web",
        "io.drover.index": "0",
        "io.drover.slot": "7",
        "io.drover.hook": "pre-deploy",
    }
    assert is_ours(labels)
    assert MemberId.of_labels(labels) == MemberId.hook("shop", "web", 7)
    for name in labels:
        assert not is_ours({key: item for key, item in labels.items() if key != name})
    assert not is_ours({**labels, "io.drover.hook": "other"})
