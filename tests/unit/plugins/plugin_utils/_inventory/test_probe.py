# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one host says: the engine's list, its facts, its records, and nothing that has to stay there."""

from __future__ import annotations

import ast
import inspect
import json
import os
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.drover.docker.plugins.module_utils._common import constants, names
from ansible_collections.drover.docker.plugins.module_utils._model import config_hash
from ansible_collections.drover.docker.plugins.plugin_utils._inventory import probe
from ansible_collections.drover.docker.tests.unit.shared import engines
from ansible_collections.drover.docker.tests.unit.shared.builders import service, stack

BOTH = [probe.CONTAINERS, probe.ENGINE]


def survey(
    socket: Path, *, want: t.Any = (probe.CONTAINERS,), timeout_s: float = 5.0, state_dir: str = ""
) -> t.Any:
    return probe.survey(
        lambda left_s: probe.unix_socket(str(socket), left_s),
        want=want,
        state_dir=state_dir,
        timeout_s=timeout_s,
    )


def test_one_call_lists_all_containers(tmp_path: Path) -> None:
    engine = engines.Engine([engines.member("shop/web/1"), engines.listed("foreign")])
    with engines.serving(engine, tmp_path / "s"):
        found = survey(tmp_path / "s")
    assert engine.asked == ["/containers/json?all=1"]
    assert [item["name"] for item in found["containers"]] == ["shop-web-1", "foreign"]
    first = found["containers"][0]
    assert first["volumes"] == {"/data": "shop_data"}
    assert first["binds"] == ["/srv"]
    assert first["networks"] == {"drover": "10.42.128.7"}
    assert first["ports"] == [{"ip": "0.0.0.0", "public": 8080, "private": 80, "protocol": "tcp"}]


def test_a_stopped_container_has_the_address_that_it_will_ask_for(tmp_path: Path) -> None:
    endpoint = {"IPAddress": "", "IPAMConfig": {"IPv4Address": "10.42.128.9"}}
    item = engines.listed("x", NetworkSettings={"Networks": {"drover": endpoint, "odd": None}})
    assert probe.container(item)["networks"] == {"drover": "10.42.128.9", "odd": ""}


def test_engine_facts_are_asked_only_where_wanted(tmp_path: Path) -> None:
    engine = engines.Engine()
    with engines.serving(engine, tmp_path / "s"):
        found = survey(tmp_path / "s", want=BOTH)
    assert engine.asked == ["/containers/json?all=1", "/info"]
    assert found["engine"]["version"] == "26.1.5"
    assert found["engine"]["labels"] == {"ssd": "true", "plain": ""}
    assert found["engine"]["swarm"] == {"state": "active", "node_id": "n1", "manager": True}


def test_no_secret_leaves_the_host(tmp_path: Path) -> None:
    engine = engines.Engine([engines.member("shop/web/1")])
    engines.store(tmp_path, engines.shop_record())
    with engines.serving(engine, tmp_path / "s"):
        found = survey(tmp_path / "s", want=BOTH, state_dir=str(tmp_path))
    assert found["records"]["shop"]["body"]["revisions"][0]["services"]["web"]["checked"] is True
    assert engines.SECRET not in json.dumps(found)
    assert "PASSWORD" not in json.dumps(found)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"silent": True}, "the engine did not answer within 0.3 s"),
        ({"drops_s": 0.02}, "the engine did not answer within 0.3 s"),
        (
            {"status": "500 Internal Server Error", "containers": {"message": "out of\nmemory"}},
            "out of memory",
        ),
        ({"status": "404 Not Found", "containers": []}, "[]"),
        ({"containers": {"message": "x"}}, "what answers is no Docker engine"),
        ({"containers": [{"Names": []}]}, "what answers is no Docker engine"),
    ],
)
def test_an_engine_that_does_not_answer_well(tmp_path: Path, change: dict, text: str) -> None:
    engine = engines.Engine()
    for key, value in change.items():
        setattr(engine, key, value)
    begin = time.monotonic()
    with engines.serving(engine, tmp_path / "s"):
        found = survey(tmp_path / "s", timeout_s=0.3)
    assert found["error"] == text
    assert time.monotonic() - begin < 3


def test_a_socket_that_is_not_there_or_dead(tmp_path: Path) -> None:
    assert survey(tmp_path / "s")["error"].startswith("the engine's socket does not exist")
    with engines.serving(engines.Engine(), tmp_path / "dead"):
        pass
    assert survey(tmp_path / "dead")["error"].startswith("the connection was refused")


def test_a_permission_that_is_missing_is_said_with_what_to_do() -> None:
    assert probe.explain(PermissionError(), 1).endswith("connect as root, or with become: true")
    assert probe.unreadable(PermissionError()).endswith("connect as root, or with become: true")


def test_an_answer_without_end_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(probe, "MOST_BYTES", 1000)
    with engines.serving(engines.Engine([engines.listed("x")] * 100), tmp_path / "s"):
        assert survey(tmp_path / "s")["error"] == "the answer is larger than 1000 bytes"


def test_records_that_are_not_sound_are_named(tmp_path: Path) -> None:
    changed = engines.shop_record(name="changed")
    changed["body"]["hosts"] = ["h9"]
    newer = {**engines.shop_record(name="newer"), "format": 3}
    engines.store(tmp_path, engines.shop_record(), changed, newer)
    folder = tmp_path / "stacks"
    (folder / "cut.json").write_text('{"format": 1, ')
    (folder / "list.json").write_text("[]")
    (folder / ".shop.json.new").write_text("left by a writer")
    (folder / "shop.json.damaged-20261122T100000Z").write_text("set aside")
    found = probe.records(str(tmp_path))
    assert list(found["records"]) == ["shop"]
    assert sorted(found["damaged"]) == ["changed", "cut", "list", "newer"]
    assert "changed by hand, or damaged" in found["damaged"]["changed"]
    assert "format 3" in found["damaged"]["newer"]


def test_a_host_without_records_has_none(tmp_path: Path) -> None:
    assert probe.records(str(tmp_path)) == {"records": {}, "damaged": {}, "unread": ""}


def test_records_behind_a_file_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "stacks").write_text("")
    assert (
        probe.records(str(tmp_path))["unread"]
        == "the stack records cannot be read: Not a directory"
    )


VOLUMES = {"data": {"driver": "local", "driver_opts": {"o": "x"}}, "other": {"driver": "nfs"}}
LABELS = {
    "own": "1",
    "io.rancher.scheduler.affinity:host_label": "a=b",
    constants.PULL_IMAGE: "always",
}


@pytest.mark.parametrize(
    "item",
    [
        service(),
        service(image="ü:1", hostname_override=True, start_once=True, network="host"),
        service(scale=7, health_check=engines.CHECK, metadata={"a": 1}),
        service(container={"labels": LABELS, "environment": {"A": "1"}}),
        service(
            container={
                "mounts": [
                    {"kind": "volume", "source": "data", "target": "/a", "options": []},
                    {"kind": "volume", "source": "plain", "target": "/b", "options": []},
                    {"kind": "bind", "source": "other", "target": "/c", "options": []},
                ]
            }
        ),
    ],
)
def test_the_hash_is_that_of_the_label(item: dict) -> None:
    before = json.dumps(item)
    assert probe.config_hash(item, VOLUMES) == config_hash.config_hash(item, VOLUMES)
    assert json.dumps(item) == before


def test_what_it_shares_with_the_rest_is_the_same() -> None:
    """The probe imports nothing of ours, so that it can be sent; what it repeats must not drift."""
    assert probe.HASHED == config_hash.HASHED
    assert probe.SCHEDULING == constants.SCHEDULING
    value = stack({"web": engines.web(image="ü")})
    assert probe.digest(value) == names.digest(value)
    assert f"unix://{'/var/run/docker.sock'}" == constants.DOCKER_HOST


def test_it_can_be_sent_to_an_old_python() -> None:
    source = inspect.getsource(probe)
    source.encode("ascii")
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {
        name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
    }
    assert imported == {"hashlib", "json", "os", "socket", "stat", "time", "typing"}
    relative = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert relative == ["__future__"]


def test_main_prints_one_marked_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with engines.serving(engines.Engine([engines.listed("x")]), tmp_path / "s"):
        probe.main(
            {
                "socket": os.fspath(tmp_path / "s"),
                "want": [probe.CONTAINERS],
                "state_dir": "",
                "timeout_s": 5.0,
            }
        )
    line = capsys.readouterr().out.rstrip("\n")
    assert line.startswith(probe.MARK)
    assert len(line.splitlines()) == 1
    assert json.loads(line[len(probe.MARK) :])["containers"][0]["name"] == "x"
