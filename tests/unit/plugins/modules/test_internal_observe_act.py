# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The internal modules observe and act as Ansible runs them: arguments in, a line of JSON out, and no secret in it."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from ansible.module_utils.common.parameters import PASS_VARS
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.store import read_records
from ansible_collections.drover.docker.plugins.modules import internal_act, internal_observe
from ansible_collections.drover.docker.tests.unit.shared.builders import service, stack
from ansible_collections.drover.docker.tests.unit.shared.module_arguments import arguments

Json = dict[str, t.Any]
SECRET = "correct horse battery"
# From 2.21 a module's result holds its invocation only where the controller asks for that.
INJECT = {"_ansible_inject_invocation": True} if "inject_invocation" in PASS_VARS else {}


@pytest.fixture
def run(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> t.Callable[..., Json]:
    """Runs a module on a host without an engine; gives what it printed."""
    place = {
        "host": "h1",
        "docker_host": f"unix://{tmp_path}/none.sock",
        "state_dir": str(tmp_path / "drover"),
    }

    def call(module: t.Any, **given: t.Any) -> Json:
        with arguments({**place, **INJECT, **given}), pytest.raises(SystemExit):
            module.main()
        return dict(json.loads(capsys.readouterr().out))

    return call


def record(number: int = 1) -> Json:
    web = service(container={"environment": {"PASSWORD": SECRET}})
    revision = {"number": 1, "definition": stack({"web": web}), "services": {"web": {"scale": 1}}}
    body = {"hosts": ["h1"], "revisions": [revision], "members": {}}
    return make_record("shop", body, number=number, token="t")


def test_a_host_without_an_engine_is_unknown_and_no_failure(run: t.Callable[..., Json]) -> None:
    result = run(internal_observe)
    assert not result["changed"]
    seen = json.loads(result["observation"])
    assert seen["host"] == "h1"
    assert seen["error"].startswith("no Docker engine answers")


def test_a_record_is_stored_and_what_changed_is_told(
    run: t.Callable[..., Json], tmp_path: pathlib.Path
) -> None:
    assert run(internal_act, records=[record()])["changed"]
    assert not run(internal_act, records=json.dumps([record()]))["changed"]
    stored = read_records(str(tmp_path / "drover")).records
    assert stored["shop"]["body"] == record()["body"]


def test_a_refused_record_and_its_operations(run: t.Callable[..., Json]) -> None:
    run(internal_act, records=[record(2)])
    pull = {"id": 7, "kind": "pull", "stack": "shop", "after": [], "args": {"image": "app:1"}}
    result = run(internal_act, records=[record(1)], operations=[pull])
    assert [item["stack"] for item in result["refused"]] == ["shop"]
    assert [(item["id"], item["status"]) for item in result["results"]] == [(7, "skipped")]
    assert not result["changed"]


def test_check_mode_stores_nothing(run: t.Callable[..., Json], tmp_path: pathlib.Path) -> None:
    result = run(internal_act, records=[record()], _ansible_check_mode=True)
    assert result["changed"]
    assert result["results"] == []
    assert not (tmp_path / "drover").exists()


def test_the_output_of_act_holds_no_definition(run: t.Callable[..., Json]) -> None:
    result = run(internal_act, records=[record()], operations=[])
    assert result["invocation"] == {"module_args": {"host": "h1"}}
    seen = json.loads(result.pop("observation"))
    assert seen["records"] == {}  # no engine answers: nothing was seen
    assert SECRET not in json.dumps(result)


@pytest.mark.parametrize(
    ("value", "message"),
    [("[", "operations is not JSON"), ('{"a": 1}', "operations is not a list")],
)
def test_bad_arguments_are_told_without_being_shown(
    run: t.Callable[..., Json], value: str, message: str
) -> None:
    result = run(internal_act, operations=value)
    assert result["failed"]
    assert message in result["msg"]
    assert result["invocation"] == {}


def test_a_missing_sdk_is_told(run: t.Callable[..., Json], monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    real = builtins.__import__

    def missing(name: str, *args: t.Any, **kwargs: t.Any) -> t.Any:
        if name.partition(".")[0] == "docker":
            raise ImportError("No module named 'docker'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    result = run(internal_observe)
    assert result["failed"]
    assert "(docker)" in result["msg"]
