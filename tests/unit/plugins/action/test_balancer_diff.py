# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode with --diff shows what becomes of each load balancer's config, and no secret."""

from __future__ import annotations

import difflib
import json
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.balancer import (
    render_balancer,
)
from ansible_collections.drover.docker.tests.unit.plugins.action.play import Play
from ansible_collections.drover.docker.tests.unit.shared.balancer_rules import BALANCER, rule
from ansible_collections.drover.docker.tests.unit.shared.builders import service, stack

Json = dict[str, t.Any]
PAGE = {"port": 9000, "user": "ops", "password": "hidden words"}
KEY = "-----BEGIN PRIVATE KEY-----"
KNOWN = {"shop": {"pem": KEY, "names": [], "not_after": "2027-01-25T08:00:00Z", "fingerprint": "f"}}


def front(**changes: t.Any) -> Json:
    lb = {**BALANCER, "rules": [rule(protocol="https")], "certificates": ["shop"], **changes}
    page = {**lb, "statistics": {**PAGE, "password": "hidden"}}
    services = {"lb": {**service(balancer=page), "global": True}, "web": service()}
    return {**stack(services), "certificates": KNOWN}


def running(play: Play) -> None:
    """The load balancers run what was planned for them, as an observation with configs says."""
    play.bench.settled(front())
    for item in play.bench.plan().operations:
        if item["kind"] == "balancer":
            config, revision = render_balancer(item["args"]["model"])
            play.bench[item["host"]].setdefault("balancers", {})[f"shop.lb.{item['index']}"] = {
                "error": "",
                "revision": revision,
                "file_revision": revision,
                "version": "3.0.11",
                "pid": 1,
                "uptime_s": 60,
                "reports": [],
                "sessions": {},
                "old_workers": 0,
                "certificates": {},
                "config": config,
            }


def diffs(result: Json) -> list[Json]:
    return [item for item in result["diff"] if "prepared" not in item]


def test_only_what_changes_is_shown_once_for_all_hosts(play: Play) -> None:
    running(play)
    result = play.up(front(config="defaults\n  timeout client 7s"), check=True, diff=True)
    (found,) = diffs(result)
    assert found["before_header"] == found["after_header"] == "haproxy.cfg of shop/lb on h1, h2, h3"
    lines = difflib.ndiff(found["before"].splitlines(), found["after"].splitlines())
    assert sorted(line for line in lines if line[:1] in "+-") == [
        "+     timeout client 7s",
        "-     timeout client 50s",
    ]


def test_a_new_load_balancer_has_no_config_before(play: Play) -> None:
    (found,) = diffs(play.up(front(), check=True, diff=True))
    assert found["before"] == ""
    assert "frontend 80" in found["after"]
    assert "rev-" not in found["after"]


def test_without_a_change_there_is_no_diff(play: Play) -> None:
    running(play)
    assert diffs(play.up(front(), check=True, diff=True)) == []


def test_no_secret_is_shown(play: Play) -> None:
    shown = json.dumps([play.up(front(), check=True, diff=True), play.printed])
    assert "stats auth ********" in shown
    for secret in ("hidden", KEY):
        assert secret not in shown


def test_control_characters_of_a_hosts_config_are_shown_escaped(play: Play) -> None:
    running(play)
    for host in play.bench.seen:
        for report in play.bench[host].get("balancers", {}).values():
            report["config"] += "# \x1b[31mred\n"
    (found, *_more) = diffs(
        play.up(front(rules=[rule(protocol="https", path="/new")]), check=True, diff=True)
    )
    assert "\\x1b[31mred\n" in found["before"]
    assert "\x1b" not in found["before"]
