# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Rancher's own tests asked of several checkers together; docs/behaviours.md has the list."""

from __future__ import annotations

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.generation import generation_of
from ansible_collections.drover.docker.tests.unit.shared.health_bench import HealthBench

HOSTS = ("h1", "h2", "h3")


@pytest.fixture
def bench() -> HealthBench:
    return HealthBench(*HOSTS)


def home(bench: HealthBench) -> str:
    """The host of the only member."""
    return next(
        host for host in HOSTS for item in bench[host]["containers"] if item["stack"] == "shop"
    )


def others(bench: HealthBench) -> list[str]:
    """The hosts whose checkers have a say on the only member."""
    return [host for host in HOSTS if host != home(bench)]


def repairs(bench: HealthBench) -> bool:
    """Whether the next plan replaces the only member."""
    return any(
        item["kind"] == "remove" and item["stack"] == "shop" for item in bench.plan().operations
    )


def test_behaviour_17_all_begin_initializing_and_one_up_is_healthy(bench: HealthBench) -> None:
    """Cattle's test_health_check_create_service: all UP, one DOWN of several, all DOWN."""
    bench.checked(1)
    assert bench.health("web/1")["verdict"] == "healthy"
    bench.say("up", {f"{others(bench)[0]}_web_1": "500"})
    assert not repairs(bench)
    bench.say("500")
    assert repairs(bench)


def test_behaviour_18_what_was_said_of_an_earlier_life_changes_nothing(bench: HealthBench) -> None:
    """Cattle's test_health_check_bad_external_timestamp: an old report must not change the state."""
    bench.checked(1)
    bench.say("500")  # of the container as it was
    container = bench.container("shop-web-1")
    before = generation_of(container["id"], container["started_at"])
    container["started_at"] = "2027-01-15T09:00:00Z"
    assert generation_of(container["id"], container["started_at"]) != before
    assert not repairs(bench)


def test_behaviour_20_a_checker_that_has_not_looked_yet_has_no_vote(bench: HealthBench) -> None:
    """Cattle's test_health_check_unhealthy_init: one DOWN, the others INIT."""
    bench.checked(1)
    bench.say("ini", {f"{others(bench)[0]}_web_1": "500"})
    assert repairs(bench)


def test_behaviour_20_only_what_was_healthy_becomes_unhealthy(bench: HealthBench) -> None:
    bench.checked(1)
    bench.container("shop-web-1")["id"] = "another-container"
    bench.configure()
    bench.say("ini", {f"{others(bench)[0]}_web_1": "500"}, since_s=1)
    assert not repairs(bench)
    assert any("initializing" in str(note) for note in bench.plan().notes)


def test_behaviour_21_the_rest_decides_when_a_checker_is_gone(bench: HealthBench) -> None:
    """Cattle's test_health_check_reconcile: one DOWN and one UP; then the host of the UP is removed."""
    bench.checked(1)
    gone = others(bench)[0]
    bench.say("500", {f"{gone}_web_1": "up"})
    assert not repairs(bench)
    bench.seen[gone] = None
    assert repairs(bench)


def test_behaviour_22_without_checkers_healthy_stays_healthy(bench: HealthBench) -> None:
    """Cattle's test_health_check_all_hosts_removed_reconcile; a DOWN replaces it when checkers are back."""
    bench.checked(1)
    bench.say("missing")
    assert not repairs(bench)
    assert bench.health("web/1")["verdict"] == "healthy"
    bench.say("500")
    assert repairs(bench)


def test_behaviour_22_without_checkers_initializing_stays_initializing(bench: HealthBench) -> None:
    """Cattle's test_hosts_removed_reconcile_when_init: for however long."""
    bench.checked(1)
    bench.container("shop-web-1")["id"] = "another-container"
    bench.configure()
    bench.say("missing")
    bench.passes(86400)
    assert not repairs(bench)
    assert any("initializing" in str(note) for note in bench.plan().notes)
