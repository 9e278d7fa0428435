# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What HAProxy has to see before it is recorded, on which host, and what became of a config that it did not take."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.tests.unit.shared.balancer_rules import BALANCER, rule
from ansible_collections.drover.docker.tests.unit.shared.builders import (
    Bench,
    body_of,
    service,
    stack,
)
from ansible_collections.drover.docker.tests.unit.shared.front_bench import FrontBench, kinds

Json = dict[str, t.Any]
TYPO = "backend 80_\n  retires 3"


def front(*, web: int = 2, image: str = "app:1", scale: int = 1, **changes: t.Any) -> Json:
    """The stack of FrontBench, with changes of its load balancer."""
    lb = {**BALANCER, "rules": [rule()], **changes}
    services = {
        "lb": service(balancer=lb, image=image, scale=scale),
        "web": service(scale=web),
    }
    return {**stack(services), "certificates": {}}


@pytest.fixture
def bench() -> FrontBench:
    made = FrontBench("h1", "h2", "h3")
    made.start()
    return made


def validated(plan: Plan) -> list[tuple[str, str, str]]:
    return [(item["host"], item["container"], item["container_id"]) for item in plan.validations]


def test_a_new_config_is_shown_to_haproxy_where_it_runs(bench: FrontBench) -> None:
    plan = bench.up(front(config=TYPO))
    host = bench["h1"]["records"]["shop"]["body"]["members"]["lb/1"]["host"]
    assert validated(plan) == [(host, "shop-lb-1", "id-shop-lb-1")]
    assert plan.lines()[0] == f"{host}  validate  shop-lb-1  its config is new"
    (item,) = plan.validations
    assert "retires 3" in item["args"]["model"]["config"]
    assert (item["version"], plan.records[0].record["version"]["number"]) == (2, 2)


def test_what_changes_no_word_of_the_config_is_not_shown(bench: FrontBench) -> None:
    assert bench.up(front()).validations == []
    plan = bench.up(front(), scales={"web": 5, "lb": 2})
    assert plan.records
    assert plan.validations == []


def test_the_first_config_is_shown_to_a_host_with_the_image() -> None:
    bench = Bench("h1", "h2")
    bench["h1"]["images"] = {}
    (item,) = bench.up(front(web=0)).validations
    assert (item["host"], item["container_id"]) == ("h2", "")
    servers = item["args"]["model"]["backends"][0]["servers"]
    assert [server["name"] for server in servers] == ["placeholder"]


def test_without_the_image_on_any_host_it_is_said_when_haproxy_looks() -> None:
    plan = Bench("h1").up(front(image="haproxy:9"))
    assert plan.validations == []
    assert [str(note) for note in plan.notes] == [
        "shop/lb: HAProxy judges its config when its container is made: image haproxy:9 is on no host yet"
    ]


def test_one_host_sees_all_configs_of_a_stack() -> None:
    bench = Bench("h1", "h2")
    definition = front()
    definition["services"]["door"] = service(
        balancer={**BALANCER, "rules": [rule(source_port=81)]}, image="other:1"
    )
    bench["h2"]["images"]["other:1"] = {"id": "sha256:2", "volumes": [], "digest": ""}
    plan = bench.up(definition)
    assert [(item["host"], item["service"], item["id"]) for item in plan.validations] == [
        ("h2", "door", 1),
        ("h2", "lb", 2),
    ]


def test_certificates_in_a_volume_are_only_where_the_load_balancer_is(bench: FrontBench) -> None:
    seen = {"certificates": {"dir.a": "f"}, "default": "", "folders": {"all": "/x", "default": ""}}
    for name in bench.seen:
        bench[name]["certificate_folders"] = {"shop/lb": seen}
    bench.remove("shop-lb-1")
    home = bench["h1"]["records"]["shop"]["body"]["members"]["lb/1"]["host"]
    bench[home]["images"] = {}
    plan = bench.up(front(rules=[rule(protocol="https")], certificate_dir="/certs"))
    assert plan.validations == []
    assert "is not with the others" in str(plan.notes[-1])


def test_another_stack_is_not_held_up_by_a_load_balancer(bench: FrontBench) -> None:
    definition = stack({"app": service()}, name="other")
    assert bench.up(definition).validations == []


def test_a_config_that_cannot_be_written_is_refused_before_anything(bench: FrontBench) -> None:
    plan = bench.up(front(statistics={"port": 80, "user": "a", "password": "b"}))
    assert plan.lines() == []
    assert [item.service for item in plan.errors] == ["lb"]
    assert "statistics.port: port 80 is taken" in str(plan.errors[0])


# --- a config that was recorded and is not taken ---


def rejected(bench: FrontBench, *, ago_s: float = 1, failures: int = 1) -> Plan:
    """Record a config, have HAProxy reject it, and plan a pass over all stacks."""
    for write in bench.up(front(config=TYPO)).records:
        bench.record("shop", body_of(write), number=2)
    asked = bench.plan(retry=["shop/lb"]).operations
    (item,) = [item for item in asked if item["kind"] == "balancer"]
    for name in bench.seen:
        entry = {"revision": item["args"]["revision"], "failures": failures, "why": "no such word"}
        entry["last"] = bench[name]["now"] - ago_s
        bench[name]["records"]["shop"]["life"]["lb/1"] = {"seq": 1, "config": entry}
    return bench.plan()


def test_it_is_an_error_of_its_own_stack_and_a_note_for_the_others(bench: FrontBench) -> None:
    plan = rejected(bench)
    text = "its config is left as it is: no such word (next try in 9 s)"
    assert [item.text for item in plan.errors] == [text]
    assert (plan.lines(), plan.notes) == ([], [])
    other = bench.up(stack({"app": service()}, name="other"))
    assert (other.errors, [item.text for item in other.notes]) == ([], [text])


def test_it_is_tried_again_later_and_when_a_person_asks(bench: FrontBench) -> None:
    rejected(bench)
    assert kinds(bench.plan(retry=["shop/lb"])) == ["balancer shop-lb-1"]
    assert kinds(bench.up(front(config=TYPO))) == ["balancer shop-lb-1"]
    assert kinds(rejected(bench, ago_s=15, failures=2)) == []
    assert kinds(rejected(bench, ago_s=21, failures=2)) == ["balancer shop-lb-1"]


def test_its_container_is_made_again_with_the_good_config(bench: FrontBench) -> None:
    rejected(bench)
    bench.remove("shop-lb-1")
    plan = bench.plan()
    assert kinds(plan) == ["create shop-lb-1", "start shop-lb-1"]
    assert len(plan.errors) == 1


def test_one_that_never_had_a_good_config_is_not_made_without(bench: FrontBench) -> None:
    rejected(bench)
    bench.remove("shop-lb-1")
    for name in bench.seen:
        bench[name]["balancers"] = {}
    plan = bench.plan()
    by_kind = {item["kind"]: item for item in plan.operations}
    assert by_kind["balancer"]["args"]["config_hash"] == by_kind["create"]["args"]["config_hash"]
    assert by_kind["balancer"]["id"] in by_kind["create"]["after"]
