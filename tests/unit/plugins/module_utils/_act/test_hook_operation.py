# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations on a hook: it is made where the record wants it, with a member's volumes, and started once."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._common.names import unnamed_volume_name
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import refusal
from ansible_collections.drover.docker.plugins.module_utils._model.operation import Operation
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.store import (
    read_record,
    write_record,
)
from ansible_collections.drover.docker.tests.unit.shared.acting_host import HASH, NOW, Host
from ansible_collections.drover.docker.tests.unit.shared.builders import service

NAME, KEY = "shop-web-pre-deploy-r7", "web/0@7"


def store(there: Host, number: int = 2, **entry: t.Any) -> None:
    """The record of the stack, with a hook."""
    hook = {"host": "h1", "retired": False, "state": "runs", "owner": 2, **entry}
    body = {"hosts": ["h1"], "members": {}, "hooks": {KEY: hook}}
    write_record(there.state, {**make_record("shop", body, number=number, token="t"), "host": "h1"})


@pytest.fixture(name="host")
def _host(tmp_path: pathlib.Path) -> Host:
    host = Host(tmp_path)
    store(host)
    return host


def operations(host: Host) -> list[Operation]:
    """Create the hook, and start it."""
    where = {"index": 0, "slot": 7, "container": NAME}
    made = host.create(0, service=service(image="app:1"), owner=2)
    created = t.cast("Operation", {**made, **where})
    started = t.cast("Operation", {**host.start(0, after=[1]), **where})
    return [created, started]


def statuses(host: Host, *given: Operation) -> list[str]:
    return [result["status"] for result in host.run(*given)]


def test_it_runs_with_the_volumes_of_its_member(host: Host) -> None:
    assert statuses(host, *operations(host)) == ["done", "done"]
    made = host.engine.find(NAME)
    volume = unnamed_volume_name("shop", "web", 2, "/data")
    assert made.status == "running"
    assert [mount.source for mount in made.mounts] == [volume]
    assert host.engine.volume_map[volume]["Labels"]["io.drover.index"] == "2"
    assert host.life()["web/2"]["volumes"] == [volume]


def test_it_carries_labels_that_say_that_it_is_no_member(host: Host) -> None:
    host.run(*operations(host))
    labels = host.engine.find(NAME).labels
    assert (labels["io.drover.hook"], labels["io.drover.index"]) == ("pre-deploy", "0")
    assert not [name for name in labels if name.startswith("io.rancher.")]


def test_its_start_is_noted_first(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control node, or the host, may be gone a moment later."""
    noted: list[float] = []

    def start(container: str) -> None:
        noted.append(((read_record(host.state, "shop") or {})["life"])[KEY]["ran"])

    monkeypatch.setattr(host.engine, "start", start)
    host.run(*operations(host))
    assert noted == [NOW]


def test_it_is_not_started_again(host: Host) -> None:
    """A plan that was made before it ran."""
    created, started = operations(host)
    host.run(created, started)
    host.engine.end(host.engine.find(NAME), 0)
    assert statuses(host, {**started, "after": []}) == ["stale"]
    assert host.engine.find(NAME).status == "exited"


def test_it_is_not_made_again(host: Host) -> None:
    host.run(*operations(host))
    host.engine.remove(NAME)
    assert statuses(host, *operations(host)) == ["stale", "skipped"]


@pytest.mark.parametrize(
    "entry", [{"retired": True}, {"state": "done"}, {"state": "failed"}, {"host": "h2"}]
)
def test_it_is_made_only_where_the_record_wants_it(host: Host, entry: dict[str, t.Any]) -> None:
    store(host, 3, **entry)
    assert statuses(host, operations(host)[0]) == ["stale"]


def test_what_failed_to_start_counts_for_its_launch(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(container: str) -> None:
        raise refusal(f"{container}: exec: migrate: not found", 400)

    monkeypatch.setattr(host.engine, "start", refuse)
    assert statuses(host, *operations(host)) == ["done", "failed"]
    entry = host.life()[KEY]
    assert (entry["failures"], entry["config_hash"], entry["ran"]) == (1, HASH, NOW)
