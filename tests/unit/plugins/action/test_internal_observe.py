# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observing a host: what it reports is kept for the plan, and a host without an answer is a fact, not a failure."""

from __future__ import annotations

import json
import time
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._record.excerpt import excerpt
from ansible_collections.drover.docker.plugins.plugin_utils._run import run_files
from ansible_collections.drover.docker.tests.unit.plugins.action.play import (
    SECRET,
    Json,
    Play,
    shop,
)

SEEN = {"changed": False, "observed": True, "reason": ""}


def kept(host: str, kind: str = "observation") -> Json | None:
    found = t.cast("Json | None", run_files.load(run_files.for_host(kind, host)))
    if found and kind == "observation":
        assert found.pop("taken_at") <= time.monotonic()
    return found


def test_a_report_is_kept_and_not_returned(play: Play) -> None:
    play.bench.settled(shop())
    assert play.on_all("observe") == [SEEN, SEEN, SEEN]
    assert kept("h2") == excerpt(t.cast("t.Any", play.bench["h2"]))
    assert SECRET in json.dumps(kept("h2"))


def test_check_mode_looks_all_the_same(play: Play) -> None:
    assert play.on_all("observe", check=True) == [SEEN, SEEN, SEEN]
    assert play.called("observe") == ["h1", "h2", "h3"]


def test_an_unreachable_host_is_a_fact(play: Play) -> None:
    play.bench.seen["h2"] = None
    result = play.task("observe", "h2")
    reason = "not reached (try: ansible h2 -m ping)"
    assert result == {"changed": False, "observed": False, "reason": reason}
    assert kept("h2") == {"error": reason}


def test_a_module_that_fails_is_a_fact(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = {"failed": True, "msg": "no Python here"}
    monkeypatch.setattr(play, "_module", lambda **_arguments: failed)
    assert play.task("observe")["reason"] == "no Python here"


def test_a_host_that_hangs_costs_its_time_limit(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(play, "_module", lambda **_arguments: time.sleep(20))
    play.variables["drover_observe_timeout_s"] = "0.2"
    began = time.monotonic()
    assert play.task("observe")["reason"] == "no answer within 0.2 s"
    assert time.monotonic() - began < 10


def test_an_engine_that_does_not_answer_is_told(play: Play) -> None:
    play.bench["h1"]["error"] = "the Docker engine did not answer within 4 s"
    result = play.task("observe")
    assert (result["observed"], result["reason"]) == (False, play.bench["h1"]["error"])


def test_images_that_are_about_to_be_needed_are_asked_for(play: Play) -> None:
    play.task("observe")
    run_files.save("definition", shop())
    play.task("observe")
    assert [arguments["images"] for _name, _host, arguments in play.calls] == [[], ["app:1"]]


def test_places_come_from_the_inventory(play: Play) -> None:
    play.variables.update(drover_docker_host="unix:///x.sock", drover_state_dir="/srv/drover")
    play.task("observe", "h3")
    _name, _host, arguments = play.calls[0]
    places = {"host": "h3", "docker_host": "unix:///x.sock", "state_dir": "/srv/drover"}
    assert arguments == {**places, "images": []}
