# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which slots of a member get requests from load balancers while it is upgraded."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.module_utils._plan.balancer.routes import Directory
from ansible_collections.drover.docker.tests.unit.shared.builders import service, stack

OLD, NEW = "shop.web.1", "shop.web.1.r7"


def servers(slots: dict[str, dict[str, t.Any]], draining: t.Collection[MemberId] = ()) -> list[str]:
    """The servers of a service with one member that has these slots: C(old) and C(new)."""
    keys = {"old": "web/1", "new": "web/1@7"}
    members = {
        keys[name]: {"host": "h1", "address": "10.42.128.1", "retired": False, **entry}
        for name, entry in slots.items()
    }
    definition = stack({"web": service()})
    desires = {"web": {"state": "active", "scale": 1, "launch": "1:a"}}
    revision = {"definition": definition, "services": desires, "tombstone": False}
    found = Directory({"shop": {"revisions": [revision], "members": members}}, draining)
    return [item.name for item in found.servers("shop/web")]


CASES: dict[str, tuple[dict[str, dict[str, t.Any]], list[str]]] = {
    "newcomer beside what serves": ({"old": {}, "new": {"role": "newcomer"}}, [OLD]),
    "newcomer alone": ({"old": {"role": "kept"}, "new": {"role": "newcomer"}}, [NEW]),
    "it has taken over": ({"old": {"role": "kept"}, "new": {}}, [NEW]),
    "given up": ({"old": {}, "new": {"retired": True}}, [OLD]),
    "kept alone": ({"old": {"role": "kept"}}, []),
    "moved to another host": ({"old": {"move": {}}}, []),
}


@pytest.mark.parametrize("case", CASES)
def test_a_newcomer_gets_no_request_before_it_takes_over(case: str) -> None:
    """Row 27: HAProxy takes a new server for good until its first check, so it is none until it has proved itself."""
    slots, expected = CASES[case]
    assert servers(slots) == expected


def test_what_drains_is_a_server_until_it_is_stopped() -> None:
    """Row 26."""
    draining = {MemberId("shop", "web", 1)}
    assert servers({"old": {"role": "kept"}, "new": {}}, draining) == [OLD, NEW]
    assert servers({"old": {"move": {}}}, draining) == [OLD]
