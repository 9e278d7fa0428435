# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps by which one service takes over from another: Rancher's arithmetic (row 93 of its behaviours)."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._record.handover import (
    AS_OLD,
    KEY,
    Handover,
    handover_of,
    naming,
    with_handover,
)

Json = dict[str, t.Any]


@pytest.mark.parametrize(
    ("old", "new", "final", "batch", "steps"),
    [
        (2, 0, 5, 2, [(2, 0), (2, 2), (2, 4), (1, 4), (1, 5), (0, 5)]),  # Rancher's own example
        (4, 0, 4, 2, [(4, 0), (4, 2), (2, 2), (2, 4), (0, 4)]),
        (3, 0, 3, 2, [(3, 0), (3, 2), (1, 2), (1, 3), (0, 3)]),
        (1, 0, 1, 2, [(1, 0), (1, 1), (0, 1)]),
        (5, 0, 2, 2, [(5, 0), (5, 2), (3, 2), (1, 2), (0, 2)]),
        (2, 1, 2, 9, [(2, 1), (1, 1), (1, 2), (0, 2)]),
        (1, 4, 2, 1, [(1, 4), (0, 4), (0, 3), (0, 2)]),
        (3, 0, 0, 2, [(3, 0), (1, 0), (0, 0)]),
        (0, 3, 3, 1, [(0, 3)]),
    ],
)
def test_the_steps(old: int, new: int, final: int, batch: int, steps: list[t.Any]) -> None:
    assert Handover(old, new, final, batch).steps == steps


def test_one_scale_changes_at_a_time_and_never_below_the_sum() -> None:
    for old, new, final, batch in itertools.product(range(6), range(6), range(6), range(1, 4)):
        steps = Handover(old, new, final, batch).steps
        assert steps[-1] == (0, final)
        for before, after in itertools.pairwise(steps):
            moved = [abs(x - y) for x, y in zip(before, after, strict=True)]
            assert min(moved) == 0
            assert 0 < max(moved) <= batch
            assert sum(after) >= min(sum(before), final)


def desires(old: int, new: int, **more: t.Any) -> Json:
    return {"web": {"scale": old, "state": "active"}, "web2": {"scale": new, **more}}


def handover(services: Json, scale: int = AS_OLD) -> Handover:
    return handover_of(services, "web", "web2", scale=scale, batch=2)


def test_the_final_scale_is_remembered_until_it_is_over() -> None:
    services = desires(3, 0)
    seen = []
    while not handover(services).is_over:
        services = with_handover(services, "web", "web2", handover(services).next)
        seen.append((services["web"]["scale"], services["web2"]["scale"], KEY in services["web2"]))
    assert seen == [(3, 2, True), (1, 2, True), (1, 3, True), (0, 3, False)]
    assert handover(services).final == 3


def test_another_scale_may_be_said_and_another_service_is_another_handover() -> None:
    begun = desires(3, 2, takes_over={"service": "web", "scale": 4})
    assert (handover(begun).final, handover(begun, scale=6).final) == (4, 6)
    other = desires(3, 2, takes_over={"service": "db", "scale": 4})
    assert handover(other).final == 3


def test_what_names_a_service() -> None:
    rules = [
        {"service": "shop/web", "source_port": 80, "hostname": "a.example", "path": "/x"},
        {"service": "shop/db", "source_port": 81, "hostname": "", "path": ""},
        {"service": "", "selector": [], "source_port": 82, "hostname": "", "path": ""},
    ]
    services: Json = {
        "app": {"links": [{"stack": "shop", "service": "web", "alias": "api"}]},
        "lb": {"links": [], "balancer": {"rules": rules}},
        "other": {"links": [{"stack": "blog", "service": "web", "alias": "web"}]},
        "all": {"links": [], "alias_of": ["shop/web"]},
    }
    body = {"revisions": [{"definition": {"services": services}}]}
    assert naming({"s": body}, "shop", "web") == {
        "s/all": ["alias"],
        "s/app": ["link api"],
        "s/lb": ["rule of port 80 for a.example/x"],
    }
