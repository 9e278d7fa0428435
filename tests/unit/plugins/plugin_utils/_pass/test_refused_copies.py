# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that cannot store its copy of a record is asked once in a pass, and holds up nobody."""

from __future__ import annotations

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._output.report import failure_text
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import PULL
from ansible_collections.drover.docker.tests.unit.shared.builders import service, stack
from ansible_collections.drover.docker.tests.unit.shared.fleet import Fleet

WEB = stack({"web": service(scale=3)})
FULL = "No space left on device"


@pytest.fixture
def fleet() -> Fleet:
    """Three hosts; h3 has no copy of the record, and a full disk."""
    found = Fleet("h1", "h2", "h3")
    found.bench.settled(WEB)
    del found.bench["h3"]["records"]["shop"]
    found.refusing["h3"] = {"shop": FULL}
    return found


def test_a_refused_copy_is_sent_once(fleet: Fleet) -> None:
    fleet.begin()
    end = fleet.to_end()
    assert [host for host, _stage, work in fleet.calls if work.records] == ["h3"]
    assert [failure_text(item) for item in end.failures] == [
        f"shop: h3 cannot store its copy of the record: {FULL}"
    ]


def test_the_pulls_of_others_have_their_turn(fleet: Fleet) -> None:
    for member in ("shop-web-1", "shop-web-2", "shop-web-3"):
        fleet.bench.remove(member)
    for host in ("h1", "h2", "h3"):
        fleet.bench[host]["images"] = {}
    fleet.begin()
    fleet.to_end()
    assert {host for host, stage in fleet.called() if stage == PULL} >= {"h1", "h2"}


def test_the_next_pass_asks_again(fleet: Fleet) -> None:
    fleet.begin()
    fleet.to_end()
    fleet.refusing.clear()
    fleet.begin()
    assert fleet.to_end().failures == []
    assert "shop" in fleet.bench["h3"]["records"]
