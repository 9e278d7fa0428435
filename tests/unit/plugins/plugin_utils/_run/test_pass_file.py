# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tasks of a run hand to each other comes out as it went in, and nobody else can read it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from ansible import constants
from ansible.errors import AnsibleError
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import Claim
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import settings_for
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.plugin_utils._pass.machine import Inventory, Pass
from ansible_collections.drover.docker.plugins.plugin_utils._pass.step import Step
from ansible_collections.drover.docker.plugins.plugin_utils._pass.term import Term
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import Work
from ansible_collections.drover.docker.plugins.plugin_utils._run import pass_file, run_files
from ansible_collections.drover.docker.tests.unit.shared.builders import Bench, service, stack


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return tmp_path / "drover"


def a_pass() -> tuple[Pass, Step]:
    """One that has just planned the start of a stack on two of three hosts."""
    bench = Bench("h1", "h2", "h3")
    definition = stack({"web": service(scale=2)})
    request = Request("up", ["shop"], definition=definition, inventory=["h1", "h2", "h3"])
    claim = Claim("t", "me", "up shop", False, 0.5, 30)
    found = Pass(request, Inventory(settings_for(["h1", "h2", "h3"]), {}), Term(claim))
    return found, found.start(dict(bench.seen), now=1.0)


def test_a_pass_goes_on_where_it_was() -> None:
    found, step = a_pass()
    pass_file.save(found, step, ["h1", "h2", "h3"])
    silent = dict.fromkeys(("h1", "h2", "h3"))
    again = pass_file.load("").answer(silent, now=2.0, token="u")
    assert again == found.answer(silent, now=2.0, token="u")


def test_the_key_of_records_is_in_no_file(folder: Path) -> None:
    found, step = a_pass()
    found.inventory.record_key = "a key of sixteen or more"
    pass_file.save(found, step, ["h1", "h2", "h3"])
    files = [path.read_bytes() for path in folder.iterdir()]
    assert len(files) == 4
    assert not [content for content in files if b"a key of sixteen" in content]
    assert pass_file.load("another key").inventory.record_key == "another key"
    assert found.inventory.record_key == "a key of sixteen or more"


def test_each_host_finds_its_own_call_and_none_of_the_step_before() -> None:
    found, step = a_pass()
    pass_file.save(found, step, ["h1", "h2", "h3"])
    stage, share = pass_file.call_of("h1")
    assert (stage, share) == ("record", step.calls["h1"])
    pass_file.save(found, Step("operations", {"h2": Work()}), ["h1", "h2", "h3"])
    assert pass_file.call_of("h1") == ("", None)
    assert pass_file.call_of("h2") == ("operations", Work())


def test_answers_are_of_the_present_step_only() -> None:
    found, step = a_pass()
    pass_file.save(found, step, ["h1", "h2", "h3"])
    pass_file.keep_outcome("h1", {"results": [], "refused": [], "lease": None})
    pass_file.keep_silence("h2", "not reached")
    outcomes, reasons = pass_file.outcomes(["h1", "h2", "h3"])
    assert [host for host, outcome in outcomes.items() if outcome] == ["h1"]
    assert reasons == {"h2": "not reached", "h3": "not reached"}
    pass_file.save(found, step, ["h1", "h2", "h3"])
    assert pass_file.outcomes(["h1"])[0] == {"h1": None}


def test_an_object_comes_back_equal() -> None:
    request = Request("scale", stacks=["shop"], service="web", scale=3, inventory=["h1"])
    run_files.save_object("request", request)
    assert run_files.load_object("request") == request


def test_files_are_for_their_owner_only(folder: Path) -> None:
    run_files.save("definition", {"secret": 1})
    assert stat.S_IMODE((folder / "definition.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_taken_values_are_gone() -> None:
    run_files.save("x", [1])
    assert run_files.take("x") == [1]
    assert run_files.load("x") is None
    with pytest.raises(AnsibleError, match="there is no pass to go on with"):
        pass_file.load("")


def test_any_inventory_name_gives_a_file_name() -> None:
    run_files.save(run_files.for_host("observation", "../h1 {{x}}"), {})
    assert run_files.load(run_files.for_host("observation", "../h1 {{x}}")) == {}


@pytest.mark.parametrize("text", ["{", "[]", "7", "[" * 200_000, None])
def test_an_observation_that_cannot_be_read_makes_its_host_unknown(text: str | None) -> None:
    assert "its answer" in pass_file.observation_of({"observation": text})["error"]
