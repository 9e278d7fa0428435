# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `up` takes over at once of a health check, and what waits for new containers."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._compose.service import (
    canonical_service,
)
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import (
    Body,
    Request,
    apply_up,
    current,
    empty_body,
)
from ansible_collections.drover.docker.tests.unit.shared.builders import stack

CHECK = {"port": 80, "request_line": "GET / HTTP/1.0", "interval": 2000}
ONCE = {"io.rancher.container.start_once": "true"}


def definition(**keys: t.Any) -> dict[str, t.Any]:
    web = canonical_service("web", {"image": "a", **keys}, stack="shop", file="", volumes=set())
    return stack({"web": web})


def up(body: Body | None, wanted: dict[str, t.Any]) -> tuple[Body, list[str]]:
    changed, notes = apply_up(body or empty_body(["h1"]), Request("up", definition=wanted))
    return changed, [note.text for note in notes]


def web_of(body: Body) -> dict[str, t.Any]:
    revision = current(body)
    if revision is None:
        raise ValueError(body)
    return t.cast("dict[str, t.Any]", revision["definition"]["services"]["web"])


# The keys before and after, of a service whose containers can stay.
IN_PLACE = [
    ({}, {"health_check": CHECK}),
    ({"health_check": CHECK}, {}),
    ({"health_check": CHECK}, {"health_check": {"port": 8080}}),
    ({"health_check": CHECK}, {"health_check": {**CHECK, "interval": 500}}),
    ({"health_check": CHECK}, {"health_check": {**CHECK, "strategy": "none"}}),
]


@pytest.mark.parametrize(("before", "after"), IN_PLACE)
def test_a_health_check_is_taken_over_in_place(
    before: dict[str, t.Any], after: dict[str, t.Any]
) -> None:
    body, _notes = up(None, definition(**before))
    body, notes = up(body, definition(**after))
    assert notes == []
    assert len(body["revisions"]) == 2
    assert web_of(body) == definition(**after)["services"]["web"]


def test_the_same_health_check_is_no_new_revision() -> None:
    body, _notes = up(None, definition(health_check=CHECK))
    again, _notes = up(body, definition(health_check=dict(CHECK)))
    assert again is body


def test_a_health_check_is_taken_over_while_the_rest_waits() -> None:
    body, _notes = up(None, definition())
    body, notes = up(body, definition(image="b", health_check=CHECK))
    assert notes == [
        "web: definition changed (image); its containers keep the recorded one, as this command does not upgrade it"
    ]
    assert web_of(body)["image"] == "a"
    assert web_of(body)["health_check"]["port"] == 80


# What the members are today, and what the file wants them to be: a check is for one of the two only.
OTHER_KIND = [
    ({"network_mode": "host"}, {"health_check": CHECK}, None),
    ({"health_check": CHECK}, {"network_mode": "host"}, 80),
    ({"labels": ONCE}, {"health_check": CHECK}, None),
    ({"health_check": CHECK}, {"labels": ONCE, "health_check": {"port": 81}}, 80),
]


@pytest.mark.parametrize(("before", "after", "port"), OTHER_KIND)
def test_a_health_check_waits_for_members_that_can_be_checked(
    before: dict[str, t.Any], after: dict[str, t.Any], port: int | None
) -> None:
    body, _notes = up(None, definition(**before))
    body, notes = up(body, definition(**after))
    assert "health_check" in notes[0]
    assert (web_of(body)["health_check"] or {}).get("port") == port


def test_records_of_earlier_releases_have_no_health_check() -> None:
    body, _notes = up(None, definition())
    old = copy.deepcopy(body)
    del web_of(old)["health_check"]
    for keys in ({}, {"health_check": CHECK}, {"image": "b"}, {"network_mode": "host"}):
        changed, _notes = up(copy.deepcopy(old), definition(**keys))
        assert bool(web_of(changed)["health_check"]) == ("health_check" in keys)


def test_how_to_upgrade_is_taken_over_and_is_no_upgrade() -> None:
    body, _notes = up(None, definition())
    wanted = definition(upgrade_strategy={"start_first": False})
    after, facts = apply_up(body, Request("up", definition=wanted, upgrade=True))
    assert facts == []
    assert "upgrades" not in after
    assert web_of(after)["upgrade_strategy"] == {"order": "stop-first"}
    launches = [item["services"]["web"]["launch"] for item in after["revisions"]]
    assert len(launches) == 2
    assert launches[0] == launches[1]
    silent, _facts = apply_up(after, Request("up", definition=definition(), upgrade=True))
    assert "upgrade_strategy" not in web_of(silent)
