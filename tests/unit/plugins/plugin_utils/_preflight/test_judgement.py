# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which faults of a host preflight sees, and that it sees all of them at once."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._preflight.judgement import (
    judge,
    version_of,
)
from ansible_collections.drover.docker.plugins.plugin_utils._preflight.problem import (
    Look,
    Problem,
    Wanted,
)
from ansible_collections.drover.docker.tests.unit.shared.preflight_looks import (
    GB,
    WANTED,
    disk,
    engine,
    facts,
    look,
    no_engine,
)

ALONE = WANTED._replace(several=False)
NO_SDK = {"version": "", "missing": True, "fault": "No module named 'docker'"}
TAKEN = [{"protocol": "tcp", "port": 2377, "program": "nginx"}]


def found_in(seen: Look, wanted: Wanted = WANTED) -> list[Problem]:
    return judge({"h1": seen}, {"h1": wanted})["h1"]


def codes(wanted: Wanted = WANTED, **changes: t.Any) -> list[str]:
    return [problem.code for problem in found_in(look(**changes), wanted)]


def test_a_sound_host_has_no_problem() -> None:
    assert codes() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"python_version": [3, 7, 9]}, "python_old"),
        ({"sdk": NO_SDK}, "sdk_missing"),
        ({"sdk": {"version": "4.4.4", "missing": False, "fault": ""}}, "sdk_old"),
        ({"sdk": {"version": "6.0.1", "missing": False, "fault": "http+docker"}}, "sdk_fault"),
        ({"engine": no_engine("no_socket"), "dockerd": ""}, "engine_missing"),
        ({"engine": no_engine("no_socket")}, "engine_stopped"),
        ({"engine": no_engine("refused")}, "engine_stopped"),
        ({"engine": no_engine("timeout")}, "engine_timeout"),
        ({"engine": no_engine("podman")}, "engine_podman"),
        ({"engine": no_engine("no_engine")}, "engine_no_engine"),
        ({"engine": no_engine("address")}, "engine_address"),
        ({"engine": engine(api="1.40")}, "engine_old"),
        ({"engine": engine(live_restore=True)}, "live_restore"),
        ({"state_dir_fault": "Read-only file system"}, "state_dir"),
        ({"state_dir_fault": "Permission denied", "user": "deploy"}, "not_root"),
        ({"listeners": TAKEN}, "port_taken"),
        ({"disks": [disk(free=499_000_000)]}, "disk_full"),
    ],
)
def test_each_fault_is_one_error(changes: dict[str, t.Any], code: str) -> None:
    assert [(item.code, item.severity) for item in found_in(look(**changes))] == [(code, "error")]


def test_little_free_disk_is_a_warning() -> None:
    low = Problem(
        "disk_low", {"folder": "/srv", "free": "9.5 GB", "percent": "9"}, severity="warning"
    )
    assert found_in(look(disks=[disk("/srv", free=95 * GB // 10)])) == [low]
    assert codes(disks=[disk(free=10 * GB)]) == []


def test_one_disk_is_reported_once_and_two_disks_twice() -> None:
    both = [disk(free=1), disk("/var/lib/drover", free=1)]
    assert [item.parameters["folder"] for item in found_in(look(disks=both))] == ["/var/lib/docker"]
    both[1]["device"] = 2
    assert codes(disks=both) == ["disk_full", "disk_full"]


def test_all_faults_of_all_hosts_are_reported_at_once_and_errors_first() -> None:
    bad = look(
        sdk=NO_SDK, engine=no_engine("refused"), disks=[disk(free=GB), disk("/x", free=1, device=2)]
    )
    silent = Look(None, "no route to 192.0.2.1", "")
    found = judge({"h2": silent, "h1": bad}, {"h1": WANTED, "h2": WANTED})
    told = {host: [item.code for item in problems] for host, problems in found.items()}
    assert told == {
        "h1": ["sdk_missing", "engine_stopped", "disk_full", "disk_low"],
        "h2": ["no_answer"],
    }
    assert found["h2"][0].parameters == {"cause": "no route to 192.0.2.1", "cure": ""}


def test_an_sdk_is_not_blamed_for_an_engine_that_is_away() -> None:
    broken = {"version": "7.1.0", "missing": False, "fault": "no Docker engine answers"}
    assert codes(sdk=broken, engine=no_engine("refused")) == ["engine_stopped"]


def test_who_may_use_nothing_is_told_once() -> None:
    assert codes(
        engine=no_engine("no_permission"), state_dir_fault="Permission denied", user="deploy"
    ) == ["engine_no_permission"]


def test_a_single_host_needs_no_ports_and_may_have_live_restore() -> None:
    assert codes(ALONE, engine=engine(live_restore=True), listeners=TAKEN) == []


@pytest.mark.parametrize(
    ("swarm", "program", "taken"),
    [
        ("active", "nginx", False),  # the node's own ports, or it could not be one
        ("inactive", "", True),
        ("inactive", "dockerd", False),  # it has just left one
        ("", "nginx", True),
        ("", "dockerd", False),
        ("", "", False),  # perhaps the engine's own
    ],
)
def test_ports_of_a_swarm_are_its_engines(swarm: str, program: str, taken: bool) -> None:
    told = [{"protocol": "udp", "port": 7946, "program": program}]
    answers = engine(swarm=swarm) if swarm else no_engine("timeout")
    assert ("port_taken" in codes(engine=answers, listeners=told)) is taken


def test_an_engine_elsewhere_may_be_installed() -> None:
    tcp = WANTED._replace(docker_host="tcp://192.0.2.1:2375")
    assert codes(tcp, engine=no_engine("refused"), dockerd="") == ["engine_stopped"]


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({}, "same_engine"),
        ({"boot_id": "boot-2"}, "cloned_engine"),
        ({"engine": engine(name="h2")}, "cloned_engine"),
    ],
)
def test_two_hosts_with_one_engine(other: dict[str, t.Any], code: str) -> None:
    found = judge({"h1": look(), "h2": look(**other)}, {"h1": WANTED, "h2": WANTED})
    assert found == {"h1": [], "h2": [Problem(code, {"other": "h1"})]}


@pytest.mark.parametrize(
    "wrong",
    [{"now": "soon"}, {"disks": [{}]}, {"engine": None}, {"python_version": ["3"]}],
)
def test_an_answer_that_does_not_fit_is_that_hosts_problem_alone(wrong: dict[str, t.Any]) -> None:
    sound = look(engine=engine(id="other"))
    found = judge({"h1": look(**wrong), "h2": sound}, {"h1": WANTED, "h2": WANTED})
    assert [item.code for item in found["h1"]] == ["misfit"]
    assert found["h2"] == []


def test_facts_without_a_key_do_not_fit() -> None:
    some = facts()
    del some["listeners"]
    assert [item.code for item in found_in(Look(t.cast("t.Any", some)))] == ["misfit"]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("5.0.3", (5, 0, 3)), ("7.1", (7, 1)), ("7.2.0.dev1", (7, 2, 0)), ("", ()), ("x.1", ())],
)
def test_versions(text: str, numbers: tuple[int, ...]) -> None:
    assert version_of(text) == numbers
