# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Over a channel a host does what it does when Ansible calls a module there."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.store import read_records
from ansible_collections.drover.docker.plugins.plugin_utils._channel.channels import Channels
from ansible_collections.drover.docker.tests.unit.shared.local_hosts import (
    local,
    program,
)

Json = dict[str, t.Any]
CLAIM: Json = {
    "token": "a",
    "owner": "me@control",
    "reason": "up shop",
    "unattended": False,
    "ticket": 0.5,
    "duration_s": 30,
}

PULL: Json = {
    "id": 7,
    "kind": "pull",
    "stack": "shop",
    "service": "web",
    "index": 1,
    "container": "",
    "container_id": "",
    "cause": "because",
    "after": [],
    "args": {"image": "app:1"},
}


@pytest.fixture
def call(tmp_path: Path) -> t.Iterator[t.Callable[..., t.Any]]:
    """Calls a stage of this release on a host without an engine."""
    place: Json = {
        "host": "h1",
        "docker_host": f"unix://{tmp_path}/none.sock",
        "state_dir": str(tmp_path / "drover"),
        "images": [],
    }
    work: Json = {
        "records": [],
        "operations": [],
        "refusals": None,
        "last": False,
        "alone": False,
        "pull_timeout_s": 60,
        "registries": {},
    }
    who: Json = {"claim": CLAIM, "owner": "me@control"}
    with Channels({"h1": local()}) as channels:

        def called(stage: str, **given: t.Any) -> t.Any:
            return channels.call(stage, {"h1": {**place, **work, **who, **given}}, 20.0)["h1"]

        yield called


def test_all_stages_of_a_pass(call: t.Callable[..., t.Any], tmp_path: Path) -> None:
    seen = call("observe")["observation"]
    assert seen["host"] == "h1"
    assert seen["error"].startswith("no Docker engine answers")
    record = make_record("shop", {"hosts": ["h1"]}, number=1, token="t")
    recorded = call(
        "record", records=[{**record, "cause": Fact("revision", {"note": "up"}).as_data}]
    )
    assert (recorded["changed"], recorded["refused"], recorded["lease"]) == (True, [], None)
    assert read_records(str(tmp_path / "drover"))[0]["shop"]["body"] == record["body"]
    done = call("operations", operations=[PULL])
    assert isinstance(done, dict), done
    (result,) = done["results"]
    assert (result["id"], result["status"]) == (7, "failed")
    assert result["error"].startswith("no Docker engine answers")


def test_who_has_the_lease_keeps_it(call: t.Callable[..., t.Any]) -> None:
    assert call("record")["lease"] is None
    assert call("record", claim={**CLAIM, "token": "b"})["lease"]["owner"] == "me@control"


def test_a_check_does_nothing(call: t.Callable[..., t.Any], tmp_path: Path) -> None:
    record = make_record("shop", {"hosts": ["h1"]}, number=1, token="t")
    assert call("record", records=[record], check=True)["changed"]
    assert not (tmp_path / "drover").exists()


@pytest.mark.parametrize(
    ("stage", "given", "text"),
    [
        ("dance", {}, "this release knows no stage 'dance'"),
        ("record", {"claim": {"token": "a"}}, "claim is not one of this release"),
        ("record", {"state_dir": "/dev/null/x"}, "cannot lock /dev/null/x"),
    ],
)
def test_what_a_host_cannot_do_is_told(
    call: t.Callable[..., t.Any], stage: str, given: Json, text: str
) -> None:
    told = call(stage, **given)
    assert text in (told if isinstance(told, str) else told["unable"])


def test_a_host_without_the_docker_sdk_is_told(tmp_path: Path) -> None:
    isolated = program(tmp_path / "python", 'exec $PYTHON -S "$@"')
    payload = {"host": "h1", "docker_host": "unix:///x", "state_dir": str(tmp_path), "images": []}
    with Channels({"h1": local(isolated)}) as channels:
        answer = channels.call("observe", {"h1": payload}, 20.0)["h1"]
    assert "install the Docker SDK for Python (docker)" in answer
