# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stored form of a body: launches once, under ids that no later release computes again."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model import launch
from ansible_collections.drover.docker.plugins.module_utils._model.config_hash import config_hash
from ansible_collections.drover.docker.plugins.module_utils._record.copies import view_records
from ansible_collections.drover.docker.plugins.module_utils._record.fold import fold, unfold
from ansible_collections.drover.docker.tests.unit.shared.builders import (
    Bench,
    body_of,
    service,
    stack,
)
from ansible_collections.drover.docker.tests.unit.shared.health_bench import CHECK

Json = dict[str, t.Any]
LABELS = {"own": "1", "io.rancher.scheduler.affinity:host_label": "a=b"}
MOUNTS = [{"kind": "volume", "source": "data", "target": "/a", "options": []}]
DATA = {
    "name": "",
    "per_container": False,
    "driver": "local",
    "driver_opts": {},
    "labels": {},
    "external": False,
}
SHOP = stack(
    {
        "web": service(scale=2, container={"labels": LABELS, "mounts": MOUNTS}),
        "db": service(health_check=CHECK),
    },
    volumes={"data": {**DATA, "name": "shop_data"}, "spare": {**DATA, "name": "shop_spare"}},
)
PLAIN = {**SHOP, "services": {"web": SHOP["services"]["web"]}}


def of_release_0_1_0(body: Json) -> Json:
    """A body as release 0.1.0 stored it."""
    old = copy.deepcopy(body)
    del old["launches"]
    for revision in old["revisions"]:
        for desire in revision["services"].values():
            del desire["launch"]
    for entry in old["members"].values():
        del entry["launch"]
    return old


def recorded_by_0_1_0(bench: Bench, definition: Json) -> None:
    """A stack that release 0.1.0 brought up, with its containers."""
    body = bench.settled(definition)
    for seen in bench.seen.values():
        for name, record in seen["records"].items():
            old = of_release_0_1_0(unfold(record["body"]))
            record.update(format=1, body=old, version={**record["version"], "hash": "old"})
            assert name == body["revisions"][-1]["definition"]["stack"]
        for container in seen["containers"]:
            made_of = definition["services"][container["service"]]
            container["config_hash"] = config_hash(made_of, definition["volumes"])


def test_what_is_stored_is_found_again() -> None:
    body = Bench("h1", "h2").settled(SHOP)
    stored = json.loads(json.dumps(fold(body)))
    assert unfold(stored)["revisions"] == body["revisions"]
    assert unfold(stored)["members"] == body["members"]
    assert fold(stored) == stored
    assert fold(unfold(stored)) == stored


def test_a_launch_is_stored_once() -> None:
    bench = Bench("h1")
    body = bench.settled(SHOP)
    for scale in (3, 4, 5):
        bench.record("shop", body, number=scale)
        body = body_of(bench.plan("scale", stacks=["shop"], service="web", scale=scale).records[0])
    stored = fold(body)
    assert len(stored["revisions"]) == 4
    assert json.dumps(stored).count('"app:1"') == len(stored["launches"]) == 2


def test_launches_of_forgotten_revisions_go() -> None:
    stored = fold(Bench("h1").settled(SHOP))
    stored["launches"]["1:unused"] = {}
    assert "1:unused" not in fold(stored)["launches"]


def test_a_member_is_stored_with_its_slot() -> None:
    stored = fold(Bench("h1").settled(SHOP))
    entry = stored["members"]["web/1"]
    assert "address" not in entry
    (slot,) = entry["slots"]
    assert slot["launch"] in stored["launches"]
    assert slot["address"].startswith("10.")


def test_an_id_names_its_algorithm() -> None:
    body = Bench("h1").settled(SHOP)
    assert {item["launch"][:2] for item in body["revisions"][-1]["services"].values()} == {"1:"}


def test_a_release_that_hashes_otherwise_finds_nothing_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench("h1", "h2")
    bench.settled(PLAIN)
    later = {"2": lambda service, volumes: config_hash(service, volumes)[::-1], **launch.ALGORITHMS}
    monkeypatch.setattr(launch, "ALGORITHMS", later)
    for plan in (bench.plan(), bench.up(PLAIN)):
        assert (plan.lines(), plan.notes) == ([], [])
    changed = stack({**PLAIN["services"], "new": service()}, volumes=PLAIN["volumes"])
    ids = [item["launch"] for item in body_of(bench.up(changed).records[0])["members"].values()]
    assert sorted({identity[:2] for identity in ids}) == ["1:", "2:"]


def test_records_of_release_0_1_0_are_turned_over_and_no_container_is_touched() -> None:
    bench = Bench("h1", "h2")
    recorded_by_0_1_0(bench, stack({"web": service(scale=2)}))
    plan = bench.plan()
    assert plan.lines() == ["h1,h2  record  shop v2  the record is stored in format 2"]
    assert plan.notes == []
    body = body_of(plan.records[0])
    labels = {c["config_hash"] for seen in bench.seen.values() for c in seen["containers"]}
    assert {entry["launch"] for entry in body["members"].values()} == labels
    bench.record("shop", body, number=2)
    for later in (bench.plan(), bench.up(stack({"web": service(scale=2)}))):
        assert (later.lines(), later.notes) == ([], [])


def test_a_minority_acts_on_an_old_record_as_it_is() -> None:
    bench = Bench("h1", "h2", "h3")
    recorded_by_0_1_0(bench, stack({"web": service(scale=3)}))
    bench.seen["h2"] = bench.seen["h3"] = None
    bench["h1"]["containers"][0]["state"] = "exited"
    plan = bench.plan()
    assert [item["kind"] for item in plan.operations] == ["start"]
    assert plan.records == []


def test_a_proposal_on_an_old_record_leaves_it_readable() -> None:
    bench = Bench("h1")
    recorded_by_0_1_0(bench, stack({"web": service(scale=2)}))
    old = bench["h1"]["records"]["shop"]
    view = view_records("shop", {"h1": old})
    assert (view.is_turned_over, view.is_finished) == (False, True)
