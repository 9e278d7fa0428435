# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pulls in processes of their own: no call, no lock and no death of a caller holds them up."""

from __future__ import annotations

import json
import os
import pathlib
import time
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._act.background import in_background
from ansible_collections.drover.docker.plugins.module_utils._act.pull_stage import pull_images
from ansible_collections.drover.docker.plugins.module_utils._act.puller import Background, Puller
from ansible_collections.drover.docker.plugins.module_utils._act.stage import CallContext
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import EngineError
from ansible_collections.drover.docker.plugins.module_utils._lock.host_lock import host_lock
from ansible_collections.drover.docker.tests.unit.shared.acting_host import Host

Json = dict[str, t.Any]


def at_once(job: t.Callable[[], None], *, keep: int) -> None:
    job()


class Registry:
    """An engine that pulls: it takes as long, and ends, as the test says."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.log = folder / "pulls.log"
        self.takes_s = 0.0
        self.error = ""
        self.limits: list[float] = []

    def pull(
        self, reference: str, *, limit_s: float, progress: t.Callable[[int, int], None]
    ) -> None:
        self.limits.append(limit_s)
        with self.log.open("a", encoding="utf-8") as stream:
            stream.write(f"{reference}\n")
        progress(45_000_000, 120_000_000)
        time.sleep(self.takes_s)
        progress(45_000_000, 120_000_000)
        time.sleep(self.takes_s)
        if self.error:
            raise EngineError(self.error)

    @property
    def pulled(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").split() if self.log.exists() else []


@pytest.fixture
def registry(tmp_path: pathlib.Path) -> Registry:
    return Registry(tmp_path)


def puller(
    tmp_path: pathlib.Path, registry: Registry, begin: Background = at_once, **given: t.Any
) -> Puller:
    return Puller(str(tmp_path / "state"), lambda: t.cast("t.Any", registry), begin=begin, **given)


def test_a_quick_pull_ends_in_its_call(tmp_path: pathlib.Path, registry: Registry) -> None:
    found = puller(tmp_path, registry, limit_s=77.0).run(["a:1", "b:1"], 5.0)
    assert {image: pull.status for image, pull in found.items()} == {"a:1": "done", "b:1": "done"}
    assert (registry.pulled, registry.limits) == (["a:1", "b:1"], [77.0, 77.0])


def test_a_failed_pull_says_why_and_is_made_again(
    tmp_path: pathlib.Path, registry: Registry
) -> None:
    registry.error = "no such image"
    for _try in range(2):
        pull = puller(tmp_path, registry).run(["a:1"], 5.0)["a:1"]
        assert (pull.status, pull.text) == ("failed", "no such image")
    assert registry.pulled == ["a:1", "a:1"]


def test_a_slow_pull_goes_on_after_its_call_and_is_made_once(
    tmp_path: pathlib.Path, registry: Registry
) -> None:
    """In a real process: its caller has gone, the next call joins it, the result is there for whoever asks next."""
    registry.takes_s = 1.2
    began = time.monotonic()
    first = puller(tmp_path, registry, in_background).run(["a:1"], 0.3)["a:1"]
    assert (first.status, time.monotonic() - began < 1.0) == ("running", True)
    second = puller(tmp_path, registry, in_background).run(["a:1"], 1.3)["a:1"]
    assert second.status == "running"
    assert "45 of 120 MB" in second.text
    third = puller(tmp_path, registry, in_background).run(["a:1"], 20.0)["a:1"]
    assert (third.status, third.seconds > 2) == ("done", True)
    assert registry.pulled == ["a:1"]


def test_a_pull_that_was_killed_has_failed(tmp_path: pathlib.Path, registry: Registry) -> None:
    def killed(job: t.Callable[[], None], *, keep: int) -> None:
        assert os.fstat(keep)

    pull = puller(tmp_path, registry, killed).run(["a:1"], 1.0)["a:1"]
    assert (pull.status, pull.text) == ("failed", "the process that pulled it was ended")


def test_an_old_result_counts_no_more(tmp_path: pathlib.Path, registry: Registry) -> None:
    now = [1000.0]
    asked = puller(tmp_path, registry, clock=lambda: now[0], sleep=lambda seconds: None)
    asked._start("a:1")
    now[0] += 121.0
    assert asked.run(["a:1"], 0.0)["a:1"].status == "done"
    assert registry.pulled == ["a:1", "a:1"]


def test_nobody_waits_whose_caller_has_gone(tmp_path: pathlib.Path, registry: Registry) -> None:
    registry.takes_s = 0.5
    began = time.monotonic()
    puller(tmp_path, registry, in_background).run(["a:1"], 30.0, lambda: "gone")
    assert time.monotonic() - began < 5
    assert puller(tmp_path, registry, in_background).run(["a:1"], 20.0)["a:1"].status == "done"


def put_something_else(registry: Registry, path: pathlib.Path, kind: str) -> None:
    """Put a FIFO or a link to a file of others in the place of a file of ours."""
    path.unlink()
    if kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to(registry.log)


@pytest.mark.parametrize("ending", ["json", "lock"])
@pytest.mark.parametrize("kind", ["fifo", "link"])
def test_what_is_no_file_of_ours_is_neither_read_nor_waited_for(
    tmp_path: pathlib.Path, registry: Registry, ending: str, kind: str
) -> None:
    pull = puller(tmp_path, registry)
    pull.run(["a:1"], 5.0)
    before = registry.log.read_bytes()
    for left in (tmp_path / "state" / "pulls").glob("*.lock"):
        path = left.with_suffix(f".{ending}")
        path.touch()
        put_something_else(registry, path, kind)
    again = pull.run(["a:1"], 5.0)["a:1"]
    assert again.status == ("done" if ending == "json" else "failed")
    assert registry.log.read_bytes() == before + (b"a:1\n" if ending == "json" else b"")


def test_a_disk_that_refuses_fails_the_pull(tmp_path: pathlib.Path, registry: Registry) -> None:
    (tmp_path / "state").write_text("a file")
    pull = puller(tmp_path, registry).run(["a:1"], 1.0)["a:1"]
    assert (pull.status, "cannot write" in pull.text) == ("failed", True)


# --- the stage ---


@pytest.fixture
def host(tmp_path: pathlib.Path) -> Host:
    return Host(tmp_path / "host")


def stage(host: Host, tmp_path: pathlib.Path, registry: Registry, **given: t.Any) -> Json:
    pull = host.operation("pull", args={"image": "new:1", "config_hash": "c" * 64})
    return dict(
        pull_images(
            t.cast("t.Any", host.engine),
            Puller(host.state, lambda: t.cast("t.Any", registry), begin=at_once),
            host="h1",
            state_dir=host.state,
            operations=[pull],
            clock=lambda: 1.0,
            term=CallContext(syslog=""),
            **given,
        )
    )


def test_a_failed_pull_counts_for_its_member_and_is_in_the_audit(
    host: Host, tmp_path: pathlib.Path, registry: Registry
) -> None:
    registry.error = "no route"
    result = stage(host, tmp_path, registry)["results"][0]
    text = "cannot pull new:1, and it is not on this host: no route"
    assert (result["status"], result["error"]) == ("failed", text)
    assert host.life()["web/1"]["failures"] == 1
    line = json.loads((pathlib.Path(host.state) / "audit" / "audit.jsonl").read_text())
    assert (line["action"], line["result"]) == ("pull", "failed")


def test_an_image_that_is_there_is_used_where_the_pull_fails(
    host: Host, tmp_path: pathlib.Path, registry: Registry
) -> None:
    registry.error = "no route"
    host.engine.images["new:1"] = host.registry.images["new:1"]
    result = stage(host, tmp_path, registry)["results"][0]
    assert (result["status"], "is used: no route" in result["error"]) == ("done", True)
    assert host.life() == {}


def test_a_pull_needs_no_lock(host: Host, tmp_path: pathlib.Path, registry: Registry) -> None:
    """Only its note waits for it, for a moment."""
    with host_lock(host.state, owner="somebody who hangs"):
        assert stage(host, tmp_path, registry)["results"][0]["status"] == "done"
