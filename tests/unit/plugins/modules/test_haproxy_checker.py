# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules haproxy_checker and haproxy_checker_info as Ansible runs them: arguments in, one line of JSON out."""

from __future__ import annotations

import json
import pathlib
import re
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run import module_call
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.apply import Applied
from ansible_collections.drover.docker.plugins.modules import haproxy_checker, haproxy_checker_info
from ansible_collections.drover.docker.tests.unit.shared.fake_haproxy import (
    FakeEngine,
    FakeHaproxy,
    own_folders,
)
from ansible_collections.drover.docker.tests.unit.shared.module_arguments import arguments

Json = dict[str, t.Any]

CHECK: Json = {
    "backend": "web.1",
    "address": "10.0.0.1",
    "port": 80,
    "request_line": "GET /health HTTP/1.0",
}


@pytest.fixture
def run(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> t.Callable[..., Json]:
    """Runs a module on a folder; gives what it printed."""

    def call(module: t.Any, **given: t.Any) -> Json:
        with (
            arguments({"directory": str(tmp_path / "probe"), **given}),
            pytest.raises(SystemExit),
        ):
            module.main()
        return dict(json.loads(capsys.readouterr().out))

    return call


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """What the module takes for the host's engine; no container runs."""
    made = FakeEngine(status="")
    monkeypatch.setattr(haproxy_checker, "engine_of", lambda _params: made)
    for module in (module_call, haproxy_checker_info):
        monkeypatch.setattr(module, "Folders", lambda base: own_folders(pathlib.Path(base)))
    return made


def test_a_config_is_written_once(
    run: t.Callable[..., Json], engine: FakeEngine, tmp_path: pathlib.Path
) -> None:
    given = {"checks": [CHECK], "image": "haproxy:3.0", "_ansible_diff": True}
    would = run(haproxy_checker, **given, _ansible_check_mode=True)
    assert (would["changed"], would["reloaded"], len(engine.bodies)) == (True, False, 1)
    assert list(tmp_path.iterdir()) == []  # what validated it is gone
    first = run(haproxy_checker, **given)
    assert first["changed"]
    assert first["diff"] == would["diff"]
    assert first["diff"]["before"] == ""
    assert "http-check send meth GET uri /health ver HTTP/1.0\n" in first["diff"]["after"]
    assert first["revision"] in first["diff"]["after"]
    second = run(haproxy_checker, **given)
    assert (second["changed"], second["revision"]) == (False, first["revision"])


def test_a_running_haproxy_is_reloaded_and_reports(
    run: t.Callable[..., Json], engine: FakeEngine, tmp_path: pathlib.Path
) -> None:
    run(haproxy_checker, image="haproxy:3.0")
    haproxy = FakeHaproxy(own_folders(tmp_path / "probe"))
    haproxy.start()
    haproxy.stat = ["control,h1,UP,1,2,L4OK,,0,,", "web.1,a,DOWN,9,2,L7STS,500,3,Server Error,"]
    engine.status = "running"
    done = run(haproxy_checker, container="probe", checks=[CHECK], wait=False)
    assert (done["changed"], done["reloaded"]) == (True, True)
    found = run(haproxy_checker_info, backends=["web.1"])
    assert (found["changed"], found["present"], found["error"]) == (False, True, "")
    assert found["revision"] == found["file_revision"] == done["revision"]
    (report,) = found["reports"]
    assert report == {
        "backend": "web.1",
        "server": "a",
        "status": "DOWN",
        "check_status": "L7STS",
        "check_code": 500,
        "last_chk": "Server Error",
        "since_s": 9,
        "duration_ms": 3,
        "failed": 0,
        "place": "",
    }
    assert len(run(haproxy_checker_info)["reports"]) == 2
    haproxy.stop()
    silent = run(haproxy_checker_info)
    assert (silent["present"], silent["reports"]) == (True, [])
    assert "Connection refused" in silent["error"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"checks": [{**CHECK, "request_line": "GET /\nserver x"}]}, "check web.1: request_line"),
        ({"checks": [{**CHECK, "backend": "a b"}]}, r"checks\[0\].backend: must be"),
        ({"wait": 2.5}, "; give the seconds as wait_timeout, and wait as true or false"),
        ({"checks": [CHECK]}, "an image is needed to validate"),
        ({"checks": [CHECK], "image": "other:1"}, "image other:1 is not on this host"),
        ({"checks": [{**CHECK, "request": {"uri": "/"}}]}, "mutually exclusive"),
    ],
)
def test_what_is_refused(
    run: t.Callable[..., Json], engine: FakeEngine, given: Json, why: str
) -> None:
    result = run(haproxy_checker, **given)
    assert result["failed"]
    assert re.search(why, result["msg"]), result["msg"]


@pytest.mark.parametrize("mode", [{}, {"_ansible_check_mode": True}])
def test_rejected_words_are_told(
    run: t.Callable[..., Json], engine: FakeEngine, mode: Json
) -> None:
    engine.verdict = (1, "[ALERT]    (9) : config : parsing [x:3] : unknown keyword 'y'\n")
    result = run(haproxy_checker, checks=[CHECK], image="haproxy:3.0", **mode)
    assert result["msg"] == "HAProxy rejects the config: parsing [x:3] : unknown keyword 'y'"


@pytest.mark.parametrize(
    ("given", "waited"),
    [({}, 3), ({"wait": True, "wait_timeout": 9}, 9), ({"wait": False, "wait_timeout": 9}, 0)],
)
def test_the_wait_has_a_limit(
    run: t.Callable[..., Json],
    engine: FakeEngine,
    monkeypatch: pytest.MonkeyPatch,
    given: Json,
    waited: int,
) -> None:
    seen = []

    def apply(*_given: t.Any, wait_s: float, check_mode: bool) -> Applied:
        seen.append(wait_s)
        return Applied(check_mode, "runtime", True, "", "", "")

    monkeypatch.setattr(module_call, "apply", apply)
    run(haproxy_checker, **given)
    assert seen == [waited]


def test_check_mode_does_without_an_image_that_a_task_would_pull(
    run: t.Callable[..., Json], engine: FakeEngine
) -> None:
    would = run(haproxy_checker, checks=[CHECK], image="other:1", _ansible_check_mode=True)
    assert (would["changed"], engine.bodies) == (True, [])


def test_check_mode_has_the_running_haproxy_validate(
    run: t.Callable[..., Json], engine: FakeEngine, tmp_path: pathlib.Path
) -> None:
    run(haproxy_checker, image="haproxy:3.0")
    haproxy = FakeHaproxy(own_folders(tmp_path / "probe"))
    haproxy.start()
    engine.status = "running"
    given = {"container": "probe", "checks": [CHECK], "_ansible_check_mode": True}
    assert run(haproxy_checker, **given)["changed"]
    assert engine.validated == ["c0ffee"]
    haproxy.stop()


def test_a_host_without_a_checker(run: t.Callable[..., Json]) -> None:
    found = run(haproxy_checker_info)
    assert (found["present"], found["error"], found["reports"]) == (False, "", [])
