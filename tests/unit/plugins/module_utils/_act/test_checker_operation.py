# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operation checker: what the plan says, given to this host's HAProxy."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._act import handlers
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.checker import (
    render_checker,
)
from ansible_collections.drover.docker.plugins.module_utils._model.operation import Result
from ansible_collections.drover.docker.tests.unit.shared.fake_haproxy import (
    FakeHaproxy,
    own_folders,
)
from ansible_collections.drover.docker.tests.unit.shared.one_operation import (
    Engine,
    labels_of,
    perform,
)

Json = dict[str, t.Any]

MEMBER = ("drover", "checker", 2)
MODEL: Json = {"checks": [], "controls": [{"server": "h2", "address": "10.42.140.3"}]}


def engine_with(**state: t.Any) -> Engine:
    return Engine(labels_of(MEMBER), **state)


@pytest.fixture
def run(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., Result]:
    """Runs one operation; gives its result."""
    monkeypatch.setattr(handlers, "checker_folders", lambda state: own_folders(pathlib.Path(state)))

    def call(engine: Engine, **args: t.Any) -> Result:
        given = {"model": MODEL, "revision": render_checker(MODEL)[1], **args}
        return perform("checker", engine, MEMBER, state_dir=tmp_path, args=given)

    return call


def test_the_file_comes_before_the_container(
    run: t.Callable[..., Result], tmp_path: pathlib.Path
) -> None:
    result = run(engine_with(status=""))
    assert (result["status"], result["error"]) == ("done", "")
    assert own_folders(tmp_path).read_config() == render_checker(MODEL)[0]


def test_a_running_checker_is_reloaded(
    run: t.Callable[..., Result], tmp_path: pathlib.Path
) -> None:
    folders = own_folders(tmp_path)
    folders.make()
    haproxy = FakeHaproxy(folders)
    haproxy.start()
    assert run(engine_with())["status"] == "done"
    assert haproxy.loaded == render_checker(MODEL)[0]
    haproxy.stop()


def test_words_of_haproxy_are_the_error(run: t.Callable[..., Result]) -> None:
    engine = engine_with(status="")
    engine.verdict = (1, "[ALERT]    (9) : config : parsing [x:3] : unknown keyword 'y'\n")
    result = run(engine)
    assert result["status"] == "failed"
    assert result["error"] == "HAProxy rejects the config: parsing [x:3] : unknown keyword 'y'"


def test_a_model_that_cannot_be_written_fails(run: t.Callable[..., Result]) -> None:
    result = run(engine_with(), model={"checks": [], "controls": [{"server": "a b"}]})
    assert result["status"] == "failed"
    assert result["error"].startswith("controls[0].server: must be")


def test_a_stale_plan_is_not_carried_out(
    run: t.Callable[..., Result], tmp_path: pathlib.Path
) -> None:
    assert run(engine_with(), revision="rev-0000000000000000")["status"] == "stale"
    engine = engine_with()
    engine.labels = labels_of(("shop", "checker", 2))
    assert run(engine)["error"] == "the container is of another member: shop/checker/2"
    engine.labels = {}
    assert run(engine)["error"] == "the container is not ours"
    assert own_folders(tmp_path).read_config() is None
