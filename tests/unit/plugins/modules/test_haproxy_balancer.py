# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module haproxy_balancer as Ansible runs it: arguments in, one line of JSON out."""

from __future__ import annotations

import json
import pathlib
import re
import typing as t

import pytest
import yaml
from ansible_collections.drover.docker.plugins.module_utils._engine.engine_options import (
    ENGINE_OPTIONS,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run import module_call
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.apply import Applied
from ansible_collections.drover.docker.plugins.modules import haproxy_balancer
from ansible_collections.drover.docker.tests.unit.shared.fake_haproxy import FakeEngine, own_folders
from ansible_collections.drover.docker.tests.unit.shared.module_arguments import arguments

Json = dict[str, t.Any]

BACKEND: Json = {
    "name": "shop",
    "servers": [
        {"name": "web.1", "address": "10.0.0.1", "port": 8080},
        {"name": "web.2", "address": "10.0.0.2", "port": 8080, "drain": True},
    ],
    "check": {"request_line": "GET /health HTTP/1.0", "interval": 2000},
    "stickiness": {"cookie": "lb"},
}
PORT: Json = {"port": 80, "rules": [{"hostname": "a.example", "backend": "shop"}]}
GIVEN: Json = {"frontends": [PORT], "backends": [BACKEND], "image": "haproxy:3.0"}


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """What the module takes for the host's engine; no container runs."""
    made = FakeEngine(status="")
    monkeypatch.setattr(haproxy_balancer, "engine_of", lambda _params: made)
    monkeypatch.setattr(module_call, "Folders", lambda base: own_folders(pathlib.Path(base)))
    return made


@pytest.fixture
def run(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], engine: FakeEngine
) -> t.Callable[..., Json]:
    """Runs the module on a folder; gives what it printed."""

    def call(**given: t.Any) -> Json:
        with arguments({"directory": str(tmp_path / "front"), **given}), pytest.raises(SystemExit):
            haproxy_balancer.main()
        return dict(json.loads(capsys.readouterr().out))

    return call


def test_files_are_written_once(
    run: t.Callable[..., Json], engine: FakeEngine, tmp_path: pathlib.Path
) -> None:
    page = {"port": 9000, "user": "ops", "password": "hidden-word"}
    given = {**GIVEN, "statistics": page, "certificates": {"a": "SECRETPEM"}, "_ansible_diff": True}
    would = run(**given, _ansible_check_mode=True)
    assert (would["changed"], would["how"], len(engine.bodies)) == (True, "files", 1)
    assert list(tmp_path.iterdir()) == []  # what validated it is gone
    first = run(**given)
    assert (first["changed"], first["how"], first["quiet"]) == (True, "files", True)
    assert first["diff"] == would["diff"]
    assert first["revision"] in first["diff"]["after"]
    for secret in ("hidden-word", "SECRETPEM"):
        assert secret not in json.dumps(first["diff"])
    assert "server web.2 10.0.0.2:8080 check inter 2000ms slowstart 10s weight 0" in str(
        first["diff"]
    )
    second = run(**given)
    assert (second["changed"], second["how"]) == (False, "nothing")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"frontends": [{"port": 42}]}, r"frontends\[0\].port: port 42 answers"),
        ({"frontends": [{"port": 80, "protocol": "udp"}]}, "value of protocol must be one of"),
        ({"backends": [{**BACKEND, "check": {"request_line": "GET /\nx"}}]}, "shop: request_line"),
        ({"backends": [{**BACKEND, "check": {"request": {}, "request_line": "/"}}]}, "exclusive"),
        ({"wait": 30}, "; give the seconds as wait_timeout, and wait as true or false"),
        ({"image": ""}, "an image is needed to validate"),
        ({"default_certificate": "x"}, "default_certificate: 'x' is not among"),
        ({"config": "balance first"}, "is in no section"),
    ],
)
def test_what_is_refused(run: t.Callable[..., Json], given: Json, why: str) -> None:
    result = run(**{**GIVEN, **given})
    assert result["failed"]
    assert re.search(why, result["msg"]), result["msg"]


@pytest.mark.parametrize(("wait", "failed"), [(True, True), (False, False)])
def test_open_requests_after_the_wait_are_a_failure(
    run: t.Callable[..., Json], monkeypatch: pytest.MonkeyPatch, wait: bool, failed: bool
) -> None:
    busy = Applied(True, "runtime", False, "rev-1", "", "")
    monkeypatch.setattr(haproxy_balancer, "apply_for", lambda *_given: busy)
    found = run(**GIVEN, wait=wait, wait_timeout=7)
    assert (found.get("failed", False), found["quiet"], found["how"]) == (failed, False, "runtime")
    assert ("still have requests after 7 s" in found.get("msg", "")) == failed


def test_every_option_is_documented() -> None:
    documented = yaml.safe_load(haproxy_balancer.DOCUMENTATION)["options"]

    def compare(options: Json, described: Json) -> None:
        assert set(options) == set(described)
        for name, option in options.items():
            assert option.get("default") == described[name].get("default"), name
            assert option.get("choices") == described[name].get("choices"), name
            if "options" in option:
                compare(option["options"], described[name]["suboptions"])

    own = {k: option for k, option in haproxy_balancer.OPTIONS.items() if k not in ENGINE_OPTIONS}
    compare(own, documented)
