# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which outcomes make a command fail: docs/commands.md has the table."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.tests.unit.plugins.action.play import Play
from ansible_collections.drover.docker.tests.unit.shared.builders import service, stack

Json = dict[str, t.Any]
OLD = stack({"web": service()})
NEW = stack({"web": service(image="app:2")})
OUTDATED = "shop: web does not run what its files say (image)"


def test_up_fails_where_a_service_keeps_another_definition(play: Play) -> None:
    play.bench.settled(OLD)
    result = play.up(NEW, upgrade=False)
    while result["work"]:
        result = play.step()
    assert result["outdated"] == [{"stack": "shop", "service": "web", "changed": ["image"]}]
    assert [item["code"] for item in result["errors"]] == ["outdated"]
    assert play.failure() == OUTDATED


def test_check_mode_tells_it_and_does_not_fail(play: Play) -> None:
    play.bench.settled(OLD)
    result = play.up(NEW, upgrade=False, check=True)
    assert result["outdated"] == [{"stack": "shop", "service": "web", "changed": ["image"]}]
    assert play.failure() == ""


def test_the_same_files_are_no_failure(play: Play) -> None:
    play.bench.settled(OLD)
    result = play.up(OLD)
    while result["work"]:
        result = play.step()
    assert (result["outdated"], play.failure()) == ([], "")


def test_status_fails_where_no_host_was_seen(play: Play) -> None:
    play.bench.settled(OLD)
    for host in play.bench.seen:
        play.bench.seen[host] = None
    play.on_all("observe")
    play.task("plan", command="status")
    assert play.failure() == "no Docker host could be looked at"


def test_status_of_what_is_broken_is_no_failure(play: Play) -> None:
    """Status shows; check judges."""
    play.bench.settled(OLD)
    play.bench["h1"]["containers"].clear()
    play.on_all("observe")
    play.task("plan", command="status")
    assert play.failure() == ""
