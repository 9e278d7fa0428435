# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Only a member that its record proves has a plain name: no container takes the name of another host."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._inventory import probe
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.entries import (
    container_entries,
    container_facts,
    container_groups,
)
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.source import DockerHost
from ansible_collections.drover.docker.tests.unit.shared import engines

Json = dict[str, t.Any]
WEB = {"web/1": engines.entry("h1", 1, volumes={"/data": "shop_data"})}


def answers(*containers: Json, members: Json | None = None, **changes: t.Any) -> dict[str, Json]:
    """What h1 answers: containers, and a record of the stack shop."""
    record = engines.shop_record(members=WEB if members is None else members)
    record["body"]["revisions"] = [probe.revision(item) for item in record["body"]["revisions"]]
    base: Json = {"error": "", "unread": "", "now": 0.0, "taken_at": 0.0, "damaged": {}}
    listed = [probe.container(item) for item in containers]
    return {"h1": {**base, "containers": listed, "records": {"shop": record}, **changes}}


def facts(found: dict[str, Json], *, name: str = "h1") -> list[Json]:
    host = DockerHost(name=name, transport="ssh", address="h1", user="root")
    return container_facts([host], {name: found["h1"]}, now=0.0)


def names(found: dict[str, Json], *, taken: t.Collection[str] = (), name: str = "h1") -> list[str]:
    host = DockerHost(name=name, transport="ssh", address="h1", user="root")
    entries = container_entries(
        facts(found, name=name), [host], connection="none", standard_groups=True, taken=taken
    )
    return [entry.name for entry in entries]


def test_a_member_of_the_record_has_its_containers_name() -> None:
    assert names(answers(engines.member("shop/web/1"))) == ["shop-web-1"]


def test_the_host_may_have_another_name_in_its_records() -> None:
    assert names(answers(engines.member("shop/web/1")), name="web1.example") == ["shop-web-1"]


@pytest.mark.parametrize("name", ["localhost", "h1", "db-prod", "all", "ungrouped", "shop-web-01"])
def test_labels_do_not_make_a_member_of_a_container_with_another_name(name: str) -> None:
    found = names(answers(engines.member("shop/web/1", Names=[f"/{name}"])))
    assert found == [f"{name}@h1"]


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"web/1": engines.entry("h2", 1)},
        {"web/1": engines.entry("h1", 2)},
        {"web/1": engines.entry("h1", 1, volumes={"/data": "other"})},
    ],
)
def test_what_the_record_contradicts_is_no_member(members: Json) -> None:
    found = answers(engines.member("shop/web/1"), members=members)
    assert names(found) == ["shop-web-1@h1"]
    assert facts(found)[0]["drover_member"] is False


def test_what_no_record_knows_is_no_member() -> None:
    assert names(answers(engines.member("db/prod/1"))) == ["db-prod-1@h1"]


def test_where_no_record_can_be_read_the_name_decides() -> None:
    unread: Json = {"unread": "over TCP", "records": {}}
    assert names(answers(engines.member("db/prod/1"), **unread)) == ["db-prod-1"]
    other = engines.member("db/prod/1", Names=["/localhost"])
    assert names(answers(other, **unread)) == ["localhost@h1"]


def test_what_is_no_member_is_in_no_group_of_a_service() -> None:
    """A play for the service would run inside of it, with the secrets of the service."""
    found = facts(answers(engines.member("shop/web/1", Names=["/copy"])))[0]
    groups = [name for name, _parent in container_groups(found)]
    assert [name for name in groups if name.startswith(("service_", "stack_", "revision_"))] == []


def test_a_name_that_another_source_has_is_not_taken() -> None:
    found = answers(engines.member("shop/web/1"))
    assert names(found, taken=["shop-web-1"]) == ["shop-web-1@h1"]
    (longest,) = names(found, taken=["shop-web-1", "shop-web-1@h1"])
    assert longest == f"{facts(found)[0]['drover_id'][:12]}@h1"


@pytest.mark.parametrize("index", ["01", "1 ", "+1", "１"])
def test_another_way_to_write_an_index_is_none(index: str) -> None:
    found = facts(answers(engines.member("shop/web/1", labels={"io.drover.index": index})))
    assert found[0]["drover_managed"] is None
