# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operation balancer: what the plan says, given to a load balancer of this host, and what is seen of it."""

from __future__ import annotations

import functools
import os
import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils import calls
from ansible_collections.drover.docker.plugins.module_utils.execute import execute
from ansible_collections.drover.docker.plugins.module_utils.haproxy import (
    balancer_folder,
    observe_balancers,
)
from ansible_collections.drover.docker.plugins.module_utils.haproxy.balancer_config import (
    render_balancer,
)
from ansible_collections.drover.docker.plugins.module_utils.haproxy.folders import Folders
from ansible_collections.drover.docker.tests.unit.plugins.module_utils.haproxy.balancer_models import (
    backend,
    model,
    server,
)
from ansible_collections.drover.docker.tests.unit.plugins.module_utils.haproxy.fake_haproxy import (
    FakeEngine,
    FakeHaproxy,
    own_folders,
)

Json = dict[str, t.Any]

LABELS = {
    "io.drover.managed": "stack",
    "io.drover.stack": "shop",
    "io.drover.service": "lb",
    "io.drover.index": "1",
}
EMPTY = model(backends=[backend("80_")])


class Engine(FakeEngine):
    """Also knows whose the container is."""

    def inspect(self, container: str) -> Json:
        return {**super().inspect(container), "Config": {"Labels": LABELS}}


def folders_of(state: pathlib.Path | str, name: str = "shop.lb.1") -> Folders:
    return own_folders(pathlib.Path(state, "balancers", name))


@pytest.fixture
def run(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., Json]:
    """Runs one operation; gives its result."""
    monkeypatch.setattr(calls, "balancer_folders", folders_of)

    def perform(engine: Engine, wanted: Json | None = None, **args: t.Any) -> Json:
        wanted = EMPTY if wanted is None else wanted
        revision = args.get("revision") or render_balancer(wanted)[1]
        plan = {"model": wanted, "revision": revision, "image": "haproxy:3.0"}
        operation = {
            "id": 1,
            "kind": "balancer",
            "host": "h1",
            "stack": "shop",
            "service": "lb",
            "index": 1,
            "container": "shop-lb-1",
            "container_id": "",
            "version": 0,
            "after": [],
            "args": {"certificates": {}, "wait_s": 0, **plan, **args},
        }
        (result,) = execute(
            t.cast(t.Any, engine),
            [operation],
            host="h1",
            state_dir=str(tmp_path),
            clock=functools.partial(float, 1),
        )
        return result

    return perform


def test_all_files_come_before_the_container(
    run: t.Callable[..., Json], tmp_path: pathlib.Path
) -> None:
    wanted = model(certificates={"b": "1", "a": "2"}, default_certificate="b")
    engine = Engine(status="")
    result = run(engine, wanted, certificates={"a": "AAA\n", "b": "BBB"})
    assert (result["status"], result["error"]) == ("done", "")
    folder = pathlib.Path(folders_of(tmp_path).config)
    found = {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }
    place = "/usr/local/etc/haproxy/certs"
    assert found.pop("errors/503.http").count("Retry-After: 5") == 1
    assert found == {
        "haproxy.cfg": render_balancer(wanted)[0],
        "certs/a.pem": "AAA\n",
        "certs/b.pem": "BBB\n",
        "certs/crt-list": f"{place}/b.pem\n{place}/a.pem\n",
    }
    run(engine)
    assert sorted(os.listdir(folder / "certs")) == ["crt-list"]
    run(engine)
    assert len(engine.bodies) == 2  # nothing to validate the third time


def test_what_is_rejected_leaves_everything(
    run: t.Callable[..., Json], tmp_path: pathlib.Path
) -> None:
    engine = Engine(status="")
    run(engine)
    before = render_balancer(EMPTY)[0]
    engine.verdict = (1, "[ALERT] (9) : config : x /usr/local/etc/haproxy/candidate/certs/a.pem\n")
    wanted = model(certificates={"a": "1"})
    result = run(engine, wanted, certificates={"a": "bad"})
    assert result["status"] == "failed"
    assert result["error"] == "HAProxy rejects the config: x certs/a.pem"
    folder = pathlib.Path(folders_of(tmp_path).config)
    assert (folder / "haproxy.cfg").read_text() == before
    assert sorted(os.listdir(folder)) == ["certs", "errors", "haproxy.cfg"]
    assert os.listdir(folder / "certs") == ["crt-list"]


def test_a_running_load_balancer_is_reloaded(
    run: t.Callable[..., Json], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(Engine(status=""))
    folders = folders_of(tmp_path)
    haproxy = FakeHaproxy(folders)
    haproxy.start()
    changed = {**EMPTY, "config": "global\n maxconn 5\n"}
    assert run(Engine(), changed)["status"] == "done"
    assert haproxy.loaded == render_balancer(changed)[0]
    assert haproxy.commands.count("master: reload") == 1
    assert run(Engine(), changed)["status"] == "done"
    assert haproxy.commands.count("master: reload") == 1
    monkeypatch.setattr(observe_balancers, "balancer_folders", folders_of)
    found = observe_balancers.observe_balancers(str(tmp_path))
    assert list(found) == ["shop.lb.1"]
    seen = found["shop.lb.1"]
    assert seen["revision"] == seen["file_revision"] == render_balancer(changed)[1]
    assert (seen["error"], seen["sessions"], seen["old_workers"]) == ("", {}, 0)
    haproxy.stop()
    silent = observe_balancers.observe_balancers(str(tmp_path))["shop.lb.1"]
    assert (silent["revision"], silent["file_revision"]) == ("", seen["revision"])
    assert "Connection refused" in silent["error"]


def test_a_model_that_cannot_be_written_fails(run: t.Callable[..., Json]) -> None:
    bad = model(backends=[backend("80_", server(address="x"))])
    result = run(Engine(), bad, revision="rev-1")
    assert result["status"] == "failed"
    assert result["error"].startswith("backends[0].servers[0].address: must be an IP address")
    names = run(Engine(status=""), certificates={"../x": "1"})
    assert "'../x' can't be the name of a certificate" in names["error"]


def test_a_stale_plan_is_not_carried_out(
    run: t.Callable[..., Json], monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    assert run(Engine(), revision="rev-0000000000000000")["status"] == "stale"
    monkeypatch.setitem(LABELS, "io.drover.service", "other")
    assert run(Engine())["error"] == "the container is of another member: shop/other/1"
    assert folders_of(tmp_path).read_config() is None


def test_names_of_folders() -> None:
    found = balancer_folder.balancer_folders("/var/lib/drover", "shop.lb.1")
    assert found.config == "/var/lib/drover/balancers/shop.lb.1/config"
