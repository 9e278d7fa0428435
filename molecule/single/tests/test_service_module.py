# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules stack_service and stack_service_info, alone, as in anybody's playbook."""

from __future__ import annotations

import typing as t

from ...shared.control import Control
from ...shared.hosts import Host
from ...shared.recording import Recorder, only_reads
from ...shared.stacks import TESTAPP

DEFINITION = {"image": TESTAPP, "stop_grace_period": "1s", "environment": {"KEY": "m0dule-secret"}}


def service(control: Control, *options: str, **arguments: t.Any) -> dict[str, t.Any]:
    keys: dict[str, t.Any] = {"stack": "solo", "name": "web", "definition": DEFINITION}
    return control.module("stack_service", "h1", *options, **{**keys, **arguments})


def bare(control: Control, **arguments: t.Any) -> dict[str, t.Any]:
    """The same without a definition."""
    return control.module("stack_service", "h1", stack="solo", name="web", **arguments)


def test_check_mode_only_asks_and_tells_what_it_would_do(
    control: Control, h1: Host, recorder: Recorder
) -> None:
    recorder.calls()
    found = service(control, "--check", "--diff", scale=2, docker_host=recorder.address)
    assert only_reads(recorder.calls())
    assert found["changed"]
    assert [line.split("  ")[1:3] for line in found["operations"]] == [
        ["create", "solo-web-1"],
        ["start", "solo-web-1"],
        ["create", "solo-web-2"],
        ["start", "solo-web-2"],
    ]
    assert h1.containers("solo") == {}


def test_present_makes_the_scale_once(control: Control, h1: Host) -> None:
    made = service(control, scale=2)
    assert made["changed"]
    assert [item["name"] for item in made["members"]] == ["solo-web-1", "solo-web-2"]
    again = service(control, scale=2)
    assert not again["changed"]
    assert [item.state for item in h1.containers("solo").values()] == ["running", "running"]
    assert "m0dule-secret" not in str(made) + str(again)


def test_reconcile_shows_its_containers_and_never_touches_them(control: Control, h1: Host) -> None:
    h1.docker("stop", "solo-web-2")
    before = h1.containers("solo")
    control.passes.run("reconcile")  # of all stacks, one of which has a member that fails
    after = h1.containers("solo")
    assert [item.life for item in after.values()] == [item.life for item in before.values()]
    assert after["solo-web-2"].state == "exited"
    row = next(
        line for line in control.run("status").output.splitlines() if line.startswith("solo/web")
    )
    assert row.split()[1:5] == ["by", "module", "2", "1"]


def test_present_heals(control: Control, h1: Host) -> None:
    before = h1.containers("solo")
    h1.docker("rm", "-fv", "solo-web-1")
    healed = service(control, scale=2)
    assert healed["changed"]
    after = h1.containers("solo")
    assert {item.state for item in after.values()} == {"running"}
    assert after["solo-web-2"].id == before["solo-web-2"].id
    assert after["solo-web-1"].mounts == before["solo-web-1"].mounts
    info = control.module("stack_service_info", "h1", stack="solo")
    assert [(item["name"], item["managed"], item["running"]) for item in info["services"]] == [
        ("web", "module", 2)
    ]


def test_stopped_keeps_and_absent_removes(control: Control, h1: Host) -> None:
    before = h1.containers("solo")
    assert bare(control, state="stopped")["changed"]
    stopped = h1.containers("solo")
    assert [item.id for item in stopped.values()] == [item.id for item in before.values()]
    assert {item.state for item in stopped.values()} == {"exited"}
    assert not bare(control, state="stopped")["changed"]
    assert bare(control, scale=1)["changed"]
    left = h1.containers("solo")
    # test_present_heals made solo-web-1 anew, so it is the newest and goes first
    assert {name: item.state for name, item in left.items()} == {"solo-web-2": "running"}
    assert left["solo-web-2"].id == before["solo-web-2"].id
    service(control, scale=2)
    gone = bare(control, state="absent")
    assert gone["changed"]
    assert h1.containers("solo") == {}
    assert set(gone["kept_volumes"]) == h1.volumes("solo_")
    assert len(gone["kept_volumes"]) == 2


def updated(control: Control, **definition: t.Any) -> dict[str, t.Any]:
    keys = {"image": TESTAPP, "stop_grace_period": "1s", "tmpfs": ["/data"], **definition}
    return control.module(
        "stack_service", "h1", stack="alone", name="web", update="start_first", definition=keys
    )


def test_a_changed_definition_is_applied_and_a_bad_one_gives_way(
    control: Control, h1: Host
) -> None:
    """A newcomer proves itself first. What Docker changes in place keeps its container."""
    updated(control)
    (first,) = h1.containers("alone").values()
    assert updated(control, environment={"MODE": "new"})["changed"]
    (second,) = h1.containers("alone").values()
    assert second.id != first.id
    assert "MODE=new" in second.inspected["Config"]["Env"]
    assert not updated(control, environment={"MODE": "new"})["changed"]
    limited = {"environment": {"MODE": "new"}, "mem_limit": "64m"}
    assert updated(control, **limited)["changed"]
    (third,) = h1.containers("alone").values()
    assert (third.life, third.inspected["HostConfig"]["Memory"]) == (second.life, 64 << 20)
    bad = updated(control, **limited, command=["sh", "-c", "echo no database; exit 1"])
    assert "its last lines: no database" in bad["msg"]
    (left,) = h1.containers("alone").values()
    assert left.life == third.life
    control.module("stack_service", "h1", stack="alone", name="web", state="absent")
    assert h1.containers("alone") == {}
