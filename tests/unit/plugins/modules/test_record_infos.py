# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules stack_info and revision_info over records of both formats. They return no secret."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._common.names import digest
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.fold import fold
from ansible_collections.drover.docker.plugins.module_utils._record.states import with_version
from ansible_collections.drover.docker.plugins.modules import revision_info, stack_info
from ansible_collections.drover.docker.tests.unit.shared import engines
from ansible_collections.drover.docker.tests.unit.shared.builders import service
from ansible_collections.drover.docker.tests.unit.shared.module_arguments import arguments

Json = dict[str, t.Any]
EVERYWHERE = service(**{"image": "agent:1", "global": True})
SCALED = {"web": {"scale": 2, "state": "stopped"}, "agent": {"scale": 1, "state": "active"}}
FIRST = engines.revision(1, {"web": engines.web()})
SECOND = {
    **engines.revision(2, {"web": engines.web(), "agent": EVERYWHERE}, note="scale web 1 -> 2"),
    "services": SCALED,
}
GONE = engines.revision(3, {"web": engines.web()}, note="down", tombstone=True)
WEB = {"name": "web", "image": "app:1", "scale": 2, "global": False, "state": "stopped"}
AGENT = {"name": "agent", "image": "agent:1", "scale": 1, "global": True, "state": "active"}


class Host:
    """The records of a host, and the modules that read them."""

    def __init__(self, folder: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def store(self, *records: Json) -> None:
        engines.store(self.folder, *records)

    def run(self, module: t.Any, **given: t.Any) -> Json:
        values = {"state_dir": str(self.folder), **given}
        with arguments(values), pytest.raises(SystemExit):
            module.main()
        text = self._capsys.readouterr().out
        assert engines.SECRET not in text
        return dict(json.loads(text))


@pytest.fixture
def host(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> Host:
    return Host(tmp_path, capsys)


def shop(*revisions: Json, **given: t.Any) -> Json:
    """A record in the present format."""
    made = engines.shop_record(*revisions, **given)
    body = fold(made["body"])
    return {
        **make_record(made["stack"], body, number=7, token="t"),
        "host": "h1",
        "life": {},
    }


@pytest.mark.parametrize("make", [shop, engines.shop_record])
def test_what_is_wanted_is_reported(host: Host, make: t.Callable[..., Json]) -> None:
    retired = {**engines.entry("h3", 3), "retired": True}
    members = {"web/10": engines.entry("h1", 2), "web/2": engines.entry("h2", 1), "web/3": retired}
    record = make(FIRST, SECOND, members=members)
    host.store(record)
    found = host.run(stack_info)
    placed = [{"index": 2, "host": "h2"}, {"index": 10, "host": "h1"}]
    assert found == {
        "changed": False,
        "unreadable": {},
        "stacks": [
            {
                "name": "shop",
                "version": record["version"]["number"],
                "proposed": None,
                "signed": False,
                "release": "",
                "hosts": ["h1", "h2", "h3"],
                "revision": 2,
                "author": "me",
                "time": "2026-11-22T12:00:00Z",
                "command": "scale web 1 -> 2",
                "state": "up",
                "services": [{**AGENT, "members": []}, {**WEB, "members": placed}],
            }
        ],
        **({"invocation": found["invocation"]} if "invocation" in found else {}),
    }


def test_a_stack_that_is_down_wants_nothing(host: Host) -> None:
    host.store(shop(FIRST, GONE))
    (found,) = host.run(stack_info)["stacks"]
    assert (found["state"], found["command"], found["services"]) == ("down", "down", [])


def test_a_proposal_is_named_and_nothing_of_it_is_shown(host: Host) -> None:
    before = shop(FIRST)
    later = shop(FIRST, SECOND)
    later["version"]["number"] = 8
    host.store(with_version(before, later, ["h1", "h2", "h3"]))
    (found,) = host.run(stack_info)["stacks"]
    assert (found["version"], found["proposed"], found["revision"]) == (7, 8, 1)


def test_one_stack_of_several(host: Host) -> None:
    host.store(shop(FIRST), shop(FIRST, name="blog"))
    assert [item["name"] for item in host.run(stack_info)["stacks"]] == ["blog", "shop"]
    assert [item["name"] for item in host.run(stack_info, stack="blog")["stacks"]] == ["blog"]
    assert host.run(stack_info, name="none")["stacks"] == []


def test_what_cannot_be_read_is_named(host: Host) -> None:
    odd = shop(FIRST, name="odd")
    odd["body"] = {"hosts": ["h1"]}
    odd["version"]["hash"] = digest(odd["body"])
    host.store(shop(FIRST), {"stack": "new", "format": 99}, odd)
    (host.folder / "stacks" / "bad.json").write_text("{")
    found = host.run(stack_info)
    assert [item["name"] for item in found["stacks"]] == ["shop"]
    assert sorted(found["unreadable"]) == ["bad", "new", "odd"]
    assert found["unreadable"]["odd"] == "not a record: KeyError: 'revisions'"
    assert found["unreadable"]["bad"].startswith("not JSON")
    told = host.run(revision_info, stack="bad")
    assert told["msg"].startswith("record of stack bad: not JSON")
    assert "not a record" in host.run(revision_info, stack="odd")["msg"]
    assert host.run(revision_info, stack="new")["msg"].startswith("record of stack new: format 99")


@pytest.mark.parametrize("make", [shop, engines.shop_record])
def test_revisions_with_author_time_and_command(host: Host, make: t.Callable[..., Json]) -> None:
    host.store(make(FIRST, SECOND, GONE))
    found = host.run(revision_info, stack="shop")["revisions"]
    assert found[1] == {
        "number": 2,
        "author": "me",
        "time": "2026-11-22T12:00:00Z",
        "command": "scale web 1 -> 2",
        "state": "up",
        "services": [AGENT, WEB],
    }
    assert [(item["number"], item["state"]) for item in found] == [
        (1, "up"),
        (2, "up"),
        (3, "down"),
    ]
    newest = host.run(revision_info, stack="shop", limit=1)["revisions"]
    assert [item["number"] for item in newest] == [3]


def test_a_stack_without_a_record_has_no_revisions(host: Host) -> None:
    assert host.run(revision_info, stack="none")["revisions"] == []
    assert host.run(revision_info, stack="../stacks/shop")["revisions"] == []
    assert "must be 1 or more" in host.run(revision_info, stack="shop", limit=0)["msg"]
