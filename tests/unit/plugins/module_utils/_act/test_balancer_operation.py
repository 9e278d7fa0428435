# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operation balancer: what the plan says, given to a load balancer of this host, and what is seen of it."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._act import handlers
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.balancer import (
    render_balancer,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run import (
    balancer_files,
    observe_balancers,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.folders import Folders
from ansible_collections.drover.docker.plugins.module_utils._model.operation import Result
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.store import (
    read_record,
    write_record,
)
from ansible_collections.drover.docker.tests.unit.shared.balancer_models import (
    backend,
    model,
    server,
)
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

MEMBER = ("shop", "lb", 1)
EMPTY = model(backends=[backend("80_")])


def engine_with(**state: t.Any) -> Engine:
    return Engine(labels_of(MEMBER), **state)


def folders_of(state: pathlib.Path | str, name: str = "shop.lb.1") -> Folders:
    return own_folders(pathlib.Path(state, "balancers", name))


@pytest.fixture
def run(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., Result]:
    """Runs one operation; gives its result."""
    monkeypatch.setattr(handlers, "balancer_folders", folders_of)

    def call(
        engine: Engine, wanted: Json | None = None, *, kind: str = "balancer", **args: t.Any
    ) -> Result:
        wanted = EMPTY if wanted is None else wanted
        revision = args.get("revision") or render_balancer(wanted)[1]
        given = {"model": wanted, "certificates": {}, "folders": None, **args, "revision": revision}
        return perform(kind, engine, MEMBER, state_dir=tmp_path, args=given)

    return call


def config_of(wanted: Json, pems: dict[str, str] | None = None, default: str = "") -> str:
    """The config as it is written: with the checksum of the other files."""
    files = balancer_files.files_of(render_balancer(wanted)[0], pems or {}, default)
    return files["haproxy.cfg"]


def test_all_files_come_before_the_container(
    run: t.Callable[..., Result], tmp_path: pathlib.Path
) -> None:
    wanted = model(certificates={"b": "1", "a": "2"}, default_certificate="b")
    engine = engine_with(status="")
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
        "haproxy.cfg": config_of(wanted, {"a": "AAA\n", "b": "BBB"}, "b"),
        "certs/a.pem": "AAA\n",
        "certs/b.pem": "BBB\n",
        "certs/crt-list": f"{place}/b.pem\n{place}/a.pem\n",
    }
    run(engine)
    assert sorted(os.listdir(folder / "certs")) == ["crt-list"]
    run(engine)
    assert len(engine.bodies) == 2  # nothing to validate the third time


def test_what_is_rejected_leaves_everything(
    run: t.Callable[..., Result], tmp_path: pathlib.Path
) -> None:
    engine = engine_with(status="")
    run(engine)
    before = config_of(EMPTY)
    engine.verdict = (1, "[ALERT] (9) : config : x /usr/local/etc/haproxy/candidate/certs/a.pem\n")
    wanted = model(certificates={"a": "1"})
    result = run(engine, wanted, certificates={"a": "bad"})
    assert result["status"] == "failed"
    assert result["error"] == "HAProxy rejects the config: x certs/a.pem"
    folder = pathlib.Path(folders_of(tmp_path).config)
    assert (folder / "haproxy.cfg").read_text() == before
    assert sorted(os.listdir(folder)) == ["certs", "errors", "haproxy.cfg"]
    assert os.listdir(folder / "certs") == ["crt-list"]


def store_record(state_dir: pathlib.Path) -> None:
    body = {"hosts": ["h1"], "members": {}}
    write_record(str(state_dir), {**make_record("shop", body, number=1, token="t"), "host": "h1"})


def life_of(state_dir: pathlib.Path) -> Json:
    record = read_record(str(state_dir), "shop") or {}
    return dict(record["life"]["lb/1"])


def test_what_is_rejected_is_remembered_until_one_is_taken(
    run: t.Callable[..., Result], tmp_path: pathlib.Path
) -> None:
    store_record(tmp_path)
    engine = engine_with(status="")
    good, engine.verdict = engine.verdict, (1, "[ALERT] (9) : config : x\n")
    revision = render_balancer(EMPTY)[1]
    run(engine)
    run(engine)
    why = "HAProxy rejects the config: x"
    expected = {"revision": revision, "failures": 2, "last": 1.0, "why": why}
    assert life_of(tmp_path)["config"] == expected
    engine.verdict = good
    run(engine)
    assert life_of(tmp_path)["config"] is None


def test_a_container_that_cannot_be_made_for_its_config_is_backed_off(
    run: t.Callable[..., Result], tmp_path: pathlib.Path
) -> None:
    store_record(tmp_path)
    engine = engine_with(status="")
    engine.verdict = (1, "[ALERT] (9) : config : x\n")
    run(engine)
    assert life_of(tmp_path)["failures"] == 0
    run(engine, config_hash="c")
    assert life_of(tmp_path)["failures"] == 1


CUSTOM = "backend 80_\n  retires 3\n"


def parsing(line: int) -> tuple[int, str]:
    words = f"parsing [/usr/local/etc/haproxy/candidate.cfg:{line}] : unknown keyword"
    return 1, f"[ALERT]    (9) : config : {words}\n"


def test_a_config_is_validated_and_nothing_is_kept(
    run: t.Callable[..., Result], tmp_path: pathlib.Path
) -> None:
    store_record(tmp_path)
    wanted = {**EMPTY, "config": CUSTOM}
    lines = render_balancer(wanted)[0].splitlines()
    at = lines.index("    retires 3") + 1
    engine = engine_with(status="")
    assert run(engine, wanted, kind="validate")["status"] == "done"
    engine.verdict = parsing(at)
    result = run(engine, wanted, kind="validate")
    assert result["error"] == (
        f"HAProxy rejects the key config: parsing [haproxy.cfg:{at}: retires 3] : unknown keyword"
    )
    assert (result["status"], len(engine.bodies)) == ("failed", 2)
    assert (read_record(str(tmp_path), "shop") or {})["life"] == {}
    assert os.listdir(tmp_path / "balancers") == []


def test_a_running_one_validates_in_its_own_folder_and_keeps_its_config(
    run: t.Callable[..., Result], tmp_path: pathlib.Path
) -> None:
    run(engine_with(status=""))
    engine = engine_with()
    engine.verdict = parsing(1)
    assert run(engine, {**EMPTY, "config": CUSTOM}, kind="validate")["status"] == "failed"
    assert (engine.validated, engine.bodies) == (["c0ffee"], [])
    folder = folders_of(tmp_path).config
    assert sorted(os.listdir(folder)) == ["certs", "errors", "haproxy.cfg"]
    assert folders_of(tmp_path).read_config() == config_of(EMPTY)


def test_a_line_of_ours_is_shown_without_the_key_and_without_a_password(
    run: t.Callable[..., Result],
) -> None:
    page = {"port": 9000, "user": "admin", "password": "hidden"}
    wanted = {**EMPTY, "statistics": page}
    lines = render_balancer(wanted)[0].splitlines()
    at = next(number for number, line in enumerate(lines, 1) if "stats auth" in line)
    engine = engine_with(status="")
    engine.verdict = parsing(at)
    error = run(engine, wanted, kind="validate")["error"]
    assert f"HAProxy rejects the config: parsing [haproxy.cfg:{at}: stats auth ********]" in error


def test_a_running_load_balancer_is_reloaded(
    run: t.Callable[..., Result], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(engine_with(status=""))
    folders = folders_of(tmp_path)
    haproxy = FakeHaproxy(folders)
    haproxy.start()
    changed = {**EMPTY, "config": "global\n maxconn 5\n"}
    assert run(engine_with(), changed)["status"] == "done"
    assert haproxy.loaded == config_of(changed)
    assert haproxy.commands.count("master: reload") == 1
    assert run(engine_with(), changed)["status"] == "done"
    assert haproxy.commands.count("master: reload") == 1
    monkeypatch.setattr(observe_balancers, "balancer_folders", folders_of)
    found = observe_balancers.observe_balancers(str(tmp_path))
    assert list(found) == ["shop.lb.1"]
    seen = found["shop.lb.1"]
    assert seen["revision"] == seen["file_revision"] == render_balancer(changed)[1]
    assert (seen["error"], seen["sessions"], seen["old_workers"]) == ("", {}, 0)
    assert "config" not in seen
    shown = observe_balancers.observe_balancers(str(tmp_path), configs=True)
    assert [item["config"] for item in shown.values()] == [haproxy.loaded]
    haproxy.stop()
    silent = observe_balancers.observe_balancers(str(tmp_path))["shop.lb.1"]
    assert (silent["revision"], silent["file_revision"]) == ("", seen["revision"])
    assert "Connection refused" in silent["error"]


def test_a_model_that_cannot_be_written_fails(run: t.Callable[..., Result]) -> None:
    bad = model(backends=[backend("80_", server(address="x"))])
    result = run(engine_with(), bad, revision="rev-1")
    assert result["status"] == "failed"
    assert result["error"].startswith("backends[0].servers[0].address: must be an IP address")
    names = run(engine_with(status=""), certificates={"../x": "1"})
    assert "'../x' can't be the name of a certificate" in names["error"]


def test_a_stale_plan_is_not_carried_out(
    run: t.Callable[..., Result], tmp_path: pathlib.Path
) -> None:
    assert run(engine_with(), revision="rev-0000000000000000")["status"] == "stale"
    assert (
        run(Engine(labels_of(("shop", "other", 1))))["error"]
        == "the container is of another member: shop/other/1"
    )
    assert folders_of(tmp_path).read_config() is None


def test_names_of_folders() -> None:
    found = balancer_files.balancer_folders("/var/lib/drover", "shop.lb.1")
    assert found.config == "/var/lib/drover/balancers/shop.lb.1/config"
