# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The member of a backup is found by the stack's record, and where that says nothing certain it is refused."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import settings_for
from ansible_collections.drover.docker.plugins.module_utils._record.excerpt import excerpt
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.failures import Refused
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.target import (
    Target,
    find_target,
)
from ansible_collections.drover.docker.tests.unit.shared.builders import Bench, service, stack

DATA: dict[str, t.Any] = {
    "mounts": [{"kind": "anonymous", "source": None, "target": "/data", "options": []}]
}


@pytest.fixture
def bench() -> Bench:
    """A stack with a database on one of three hosts, and two members of a web service."""
    found = Bench("h1", "h2", "h3")
    found.settled(
        stack({"db": service(container=DATA), "web": service(scale=2, container=DATA)}),
    )
    return found


def find(bench: Bench, name: str, index: int | None = None, key: str = "") -> Target:
    answers: dict[str, t.Any] = {
        host: seen and excerpt(t.cast("t.Any", {**seen, "taken_at": 1.0}), [])
        for host, seen in bench.seen.items()
    }
    settings = settings_for(list(bench.seen))
    return find_target(answers, name, index, settings=settings, key=key)


def test_the_host_and_the_volumes_are_those_of_the_record(bench: Bench) -> None:
    found = find(bench, "shop/db")
    container = bench.container("shop-db-1")
    assert found.container == "id-shop-db-1"
    assert container in bench[found.host]["containers"]
    assert found.volumes == container["mounts"]
    assert list(found.volumes) == ["/data"]
    assert (found.image, found.revision, found.member.key) == ("app:1", 1, "db/1")


def test_of_several_members_one_must_be_chosen(bench: Bench) -> None:
    with pytest.raises(Refused, match="members 1, 2: choose one with index"):
        find(bench, "shop/web")
    assert find(bench, "shop/web", 2).container == "id-shop-web-2"
    with pytest.raises(Refused, match="no member 3, but 1, 2"):
        find(bench, "shop/web", 3)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("shop", "must be STACK/SERVICE"),
        ("blog/db", "no stack blog that is up"),
        ("shop/dbb", "shop/dbb has no member"),
    ],
)
def test_what_is_not_there_is_refused(bench: Bench, name: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        find(bench, name)


def test_a_host_that_was_not_seen_is_refused(bench: Bench) -> None:
    bench.seen[find(bench, "shop/db").host] = None
    with pytest.raises(Refused, match="which was not seen"):
        find(bench, "shop/db")


def test_a_container_that_only_carries_the_labels_is_not_the_member(bench: Bench) -> None:
    bench.container("shop-db-1")["mounts"] = {"/data": "another"}
    with pytest.raises(Refused, match="no container"):
        find(bench, "shop/db")


def test_a_record_without_the_signature_of_a_control_node_is_refused(bench: Bench) -> None:
    with pytest.raises(Refused, match="sign"):
        find(bench, "shop/db", key="k" * 32)


def test_without_any_host_nothing_is_known(bench: Bench) -> None:
    bench.seen = dict.fromkeys(bench.seen)
    with pytest.raises(Refused, match="no Docker host could be looked at"):
        find(bench, "shop/db")
