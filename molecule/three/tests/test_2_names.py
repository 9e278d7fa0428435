# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names resolve over hosts, and those of two stacks never mix."""

from __future__ import annotations

import pytest

from ...conftest import MakeStack
from ...shared.hosts import Container, Host, everywhere, of_service
from ...shared.waiting import eventually

Hosts = dict[str, Host]


@pytest.fixture(scope="module", autouse=True)
def other(make_stack: MakeStack) -> None:
    make_stack("other").define(
        db={"scale": 2},
        client={"links": ["db:mysql"], "external_links": ["shop/db:shopdb"]},
    ).up()


def addresses(hosts: Hosts, stack: str, service: str) -> set[str]:
    members = of_service(everywhere(hosts, stack), service)
    return {item.addresses["drover"] for item in members.values()}


def resolved(hosts: Hosts, container: Container, name: str) -> set[str]:
    """What a container gets for a name; news of members on other hosts take a moment."""
    found = hosts[container.host].docker("exec", container.name, "testapp", "resolve", name)
    return set(found.split())


def check(hosts: Hosts, container: Container, names: dict[str, set[str]]) -> None:
    for name, expected in names.items():
        eventually(lambda: resolved(hosts, container, name) == expected, seconds=5)  # noqa: B023


def test_names_in_one_stack_are_its_own(hosts: Hosts) -> None:
    """Also from another host: service, service.stack, the long form, links and containers."""
    shop_db, other_db = addresses(hosts, "shop", "db"), addresses(hosts, "other", "db")
    assert len(shop_db) == 1
    assert len(other_db) == 2
    web = of_service(everywhere(hosts, "shop"), "web")
    assert len({item.host for item in web.values()}) > 1
    for member in web.values():
        check(
            hosts,
            member,
            {
                "db": shop_db,
                "mysql": shop_db,
                "shop-db-1": shop_db,
                "db.other": other_db,
                "db.other.rancher.internal": other_db,
                "web": addresses(hosts, "shop", "web"),
            },
        )


def test_names_in_the_other_stack_are_the_others(hosts: Hosts) -> None:
    shop_db, other_db = addresses(hosts, "shop", "db"), addresses(hosts, "other", "db")
    check(
        hosts,
        everywhere(hosts, "other")["other-client-1"],
        {"db": other_db, "mysql": other_db, "shopdb": shop_db, "db.shop": shop_db},
    )


def test_members_reach_each_other_over_hosts(hosts: Hosts) -> None:
    client = everywhere(hosts, "other")["other-client-1"]
    got = hosts[client.host].docker("exec", client.name, "testapp", "get", "shopdb:8080/whoami")
    assert everywhere(hosts, "shop")["shop-db-1"].id in got
