# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdict and revision of a container: what the records say, and that nothing is said where they don't."""

from __future__ import annotations

import json
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.config_hash import config_hash
from ansible_collections.drover.docker.plugins.plugin_utils._inventory import probe
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.entries import (
    container_facts,
)
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.reach import BY_TCP
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.records import longest_up_s
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.source import DockerHost
from ansible_collections.drover.docker.tests.unit.shared import engines

STARTED = 1_795_341_600.0  # 2026-11-22T10:00:00Z, the start that engines.generation names
NOW = STARTED + 3600
MEMBER = engines.member("shop/web/1", Status="Up About an hour")
KEY = "web/1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def answer(folder: Path, containers: list, records: list, **changes: t.Any) -> dict:
    """What the probe says of a host with these, at NOW."""
    engines.store(folder, *records)
    found = probe.records(str(folder))
    listed = [probe.container(item) for item in containers]
    base = {"error": "", "containers": listed, "now": NOW, "taken_at": NOW}
    return {**base, **found, **changes}


def facts(answers: dict[str, dict], *, now: float = NOW) -> list[dict]:
    hosts = [DockerHost(name=name, transport="ssh", address=name) for name in answers]
    return container_facts(hosts, answers, now=now)


def of_one(
    folder: Path, container: dict, *records: dict, now: float = NOW, **changes: t.Any
) -> dict:
    return facts({"h1": answer(folder, [container], list(records), **changes)}, now=now)[0]


def verdict(found: dict) -> tuple:
    return found["drover_verdict"], found["drover_verdict_age_s"], found["drover_verdict_why"]


def shop(health: dict | None = None, **changes: t.Any) -> dict:
    life = {KEY: engines.healthy(MEMBER, NOW - 100, **(health or {}))}
    return engines.shop_record(**{"life": life, **changes})


def test_the_verdict_with_its_age_and_reason(folder: Path) -> None:
    assert verdict(of_one(folder, MEMBER, shop())) == ("healthy", 100, "2 of 2 checkers")
    sick = shop({"verdict": "unhealthy", "why": "0 of 2 checkers: HTTP 500"})
    assert verdict(of_one(folder, MEMBER, sick)) == ("unhealthy", 100, "0 of 2 checkers: HTTP 500")


def test_a_verdict_without_a_reason_has_an_empty_one(folder: Path) -> None:
    assert verdict(of_one(folder, MEMBER, shop({"why": None}))) == ("healthy", 100, "")


def test_a_cached_verdict_grows_old(folder: Path) -> None:
    assert of_one(folder, MEMBER, shop(), now=NOW + 50)["drover_verdict_age_s"] == 150


def test_ages_are_by_the_clock_of_the_host(folder: Path) -> None:
    """Whose clock is an hour off."""
    found = of_one(folder, MEMBER, shop(), taken_at=NOW + 3600, now=NOW + 3600)
    assert found["drover_verdict_age_s"] == 100


def test_over_tcp_nothing_is_known(folder: Path) -> None:
    """Not even where another host has the stack's record."""
    answers = {
        "h1": answer(folder / "1", [MEMBER], [], unread=BY_TCP),
        "h2": answer(folder / "2", [], [shop(host="h2")]),
    }
    found = facts(answers)[0]
    assert verdict(found) == ("unknown", None, BY_TCP)
    assert found["drover_revision"] == "unknown"
    assert found["drover_stack_revision"] == "unknown"
    assert found["drover_revision_age_s"] is None
    assert found["drover_created_by_revision"] == 1


@pytest.mark.parametrize(
    ("container", "records", "expected"),
    [
        pytest.param(
            MEMBER,
            [],
            ("unknown", None, "no host that was reached has a record of stack shop"),
            id="no record",
        ),
        pytest.param(
            {**MEMBER, "State": "exited", "Status": "Exited (1) 2 minutes ago"},
            [shop()],
            ("unknown", None, "it is exited"),
            id="not running",
        ),
        pytest.param(
            MEMBER,
            [engines.shop_record(engines.revision(1, {"web": engines.web(health_check=None)}))],
            ("unchecked", None, "its service has no health check"),
            id="no health check",
        ),
        pytest.param(
            MEMBER,
            [engines.shop_record(engines.revision(1, {"db": engines.web()}))],
            ("unknown", None, "its service is not in the stack's current revision"),
            id="service gone",
        ),
        pytest.param(
            MEMBER,
            [engines.shop_record()],
            ("initializing", None, "no verdict on this life of the container yet"),
            id="never judged",
        ),
        pytest.param(
            engines.listed("foreign"),
            [shop()],
            ("unchecked", None, "no stack record knows this container"),
            id="foreign",
        ),
        pytest.param(
            engines.member("shop/web/1", labels={"io.drover.managed": "module"}),
            [shop()],
            ("unchecked", None, "no stack record knows this container"),
            id="made by a module",
        ),
    ],
)
def test_where_there_is_no_verdict_the_reason_is_said(
    folder: Path, container: dict, records: list, expected: tuple
) -> None:
    assert verdict(of_one(folder, container, *records)) == expected


def test_a_new_container_does_not_inherit_the_verdict(folder: Path) -> None:
    other = {**MEMBER, "Id": "f" * 64}
    assert verdict(of_one(folder, other, shop()))[:2] == ("initializing", None)


def test_a_restart_does_not_inherit_the_verdict(folder: Path) -> None:
    """The remembered life began an hour ago, the container is up for a few seconds."""
    again = {**MEMBER, "Status": "Up 5 seconds"}
    assert verdict(of_one(folder, again, shop()))[:2] == ("reinitializing", None)
    fresh = shop({"verdict": "initializing"})
    assert verdict(of_one(folder, again, fresh))[:2] == ("initializing", None)


@pytest.mark.parametrize(
    ("status", "seconds"),
    [
        ("Up Less than a second", 1),
        ("Up 1 second", 2),
        ("Up 5 seconds (health: starting)", 6),
        ("Up About a minute", 120),
        ("Up 45 minutes (healthy)", 46 * 60),
        ("Up About an hour", 7200),
        ("Up 47 hours", 48 * 3600),
        ("Up 3 days (Paused)", 4 * 86400),
        ("Up 2 weeks", 3 * 7 * 86400),
        ("Up 11 months", 12 * 30 * 86400),
        ("Up 2 years", 3 * 365 * 86400),
        ("Exited (0) 2 hours ago", None),
        ("Created", None),
        ("", None),
    ],
)
def test_for_how_long_a_container_is_up_at_most(status: str, seconds: float | None) -> None:
    assert longest_up_s(status) == seconds


def test_the_recorded_host_remembers_a_member(folder: Path) -> None:
    """And not the one that it was on before, however much that remembers."""
    old = {KEY: {**engines.healthy(MEMBER, NOW - 900), "seq": 40}}
    new = {KEY: {**engines.healthy(MEMBER, NOW - 5, verdict="unhealthy"), "seq": 5}}
    places = {KEY: engines.entry("h1", 1)}
    answers = {
        "h1": answer(folder / "1", [MEMBER], [engines.shop_record(life=new, members=places)]),
        "h2": answer(folder / "2", [], [engines.shop_record(host="h2", life=old, members=places)]),
    }
    assert verdict(facts(answers)[0])[:2] == ("unhealthy", 5)


def test_the_highest_version_counts(folder: Path) -> None:
    """The container's own host was away when revision 2 was made."""
    revisions = [engines.revision(number, {"web": engines.web()}) for number in (1, 2)]
    answers = {
        "h1": answer(folder / "1", [MEMBER], [engines.shop_record(revisions[0], number=1)]),
        "h2": answer(folder / "2", [], [engines.shop_record(*revisions, host="h2", number=2)]),
    }
    assert facts(answers)[0]["drover_stack_revision"] == 2


def test_records_that_contradict_each_other_say_nothing(folder: Path) -> None:
    answers = {
        "h1": answer(folder / "1", [MEMBER], [shop(number=3, token="a")]),
        "h2": answer(folder / "2", [], [shop(number=3, token="b", host="h2")]),
    }
    found = facts(answers)[0]
    assert found["drover_verdict"] == "unknown"
    assert (
        "hosts hold different records of the same number (h1 against h2)"
        in found["drover_verdict_why"]
    )
    assert found["drover_revision"] == "unknown"


def test_hosts_that_did_not_answer_have_no_containers(folder: Path) -> None:
    answers = {
        "h1": answer(folder, [MEMBER], [shop()]),
        "h2": {"error": "refused", "taken_at": NOW},
    }
    assert [item["drover_host"] for item in facts(answers)] == ["h1"]


def revision_of(found: dict) -> tuple:
    keys = ("drover_revision", "drover_stack_revision", "drover_created_by_revision")
    return tuple(found[key] for key in keys)


FIRST, SECOND = engines.web(), engines.web(image="app:2")


@pytest.mark.parametrize(
    ("made_of", "services", "expected"),
    [
        pytest.param(FIRST, [FIRST], (1, 1, 1), id="as it was made"),
        pytest.param(
            FIRST, [FIRST, FIRST], (2, 2, 1), id="a later one that needs no new container"
        ),
        pytest.param(FIRST, [FIRST, FIRST, SECOND], (2, 3, 1), id="outdated"),
        pytest.param(FIRST, [FIRST, SECOND, FIRST], (3, 3, 1), id="back to what it is"),
        pytest.param(FIRST, [SECOND], (1, 1, 1), id="older than what is kept"),
    ],
)
def test_the_revision_is_the_newest_that_the_container_meets(
    folder: Path, made_of: dict, services: list, expected: tuple
) -> None:
    revisions = [engines.revision(number, {"web": item}) for number, item in enumerate(services, 1)]
    container = engines.member("shop/web/1", made_of=made_of)
    assert revision_of(of_one(folder, container, engines.shop_record(*revisions))) == expected


@pytest.mark.parametrize(("container", "revision"), [(MEMBER["Id"], 2), ("another", 1)])
def test_a_container_that_was_changed_in_place_is_not_outdated(
    folder: Path, container: str, revision: int
) -> None:
    """Its label names the launch that it was created with; its host knows better."""
    revisions = [engines.revision(1, {"web": FIRST}), engines.revision(2, {"web": SECOND})]
    launch = config_hash(SECOND, {})
    life = {KEY: {"seq": 1, "applied": {"container": container, "launch": launch}}}
    record = engines.shop_record(*revisions, life=life)
    assert of_one(folder, MEMBER, record)["drover_revision"] == revision


def test_placement_and_scale_make_no_container_outdated(folder: Path) -> None:
    labels = {"labels": {"io.rancher.scheduler.affinity:host_label": "ssd=true"}}
    moved = engines.web(scale=5)
    moved["container"] = {**moved["container"], **labels}
    record = engines.shop_record(
        engines.revision(1, {"web": FIRST}), engines.revision(2, {"web": moved})
    )
    assert of_one(folder, MEMBER, record)["drover_revision"] == 2


def test_no_container_meets_the_end_of_its_stack(folder: Path) -> None:
    ended = engines.revision(2, {"web": FIRST}, tombstone=True)
    record = engines.shop_record(engines.revision(1, {"web": FIRST}), ended)
    assert revision_of(of_one(folder, MEMBER, record)) == (1, 2, 1)


def test_the_age_of_a_revision(folder: Path) -> None:
    record = engines.shop_record(engines.revision(1, {"web": FIRST}))
    assert record["body"]["revisions"][0]["time"] == "2026-11-22T11:00:00Z"
    assert of_one(folder, MEMBER, record, now=NOW + 30)["drover_revision_age_s"] == 30
    assert of_one(folder, MEMBER, record, now=NOW - 30)["drover_revision_age_s"] == 0


def test_all_of_it_can_be_cached(folder: Path) -> None:
    before = {"h1": answer(folder, [MEMBER], [shop()])}
    assert facts(json.loads(json.dumps(before))) == facts(before)


def test_time_zones_do_not_matter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    try:
        assert verdict(of_one(folder, MEMBER, shop()))[:2] == ("healthy", 100)
    finally:
        monkeypatch.undo()
        time.tzset()
