# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between two configs, and the states of servers that are handed on."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.balancer import (
    render_balancer,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.difference import (
    Difference,
    difference,
    wanted_states,
    without_passwords,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.wanted import Wanted
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.server_state import (
    State,
    parse_states,
    rewritten,
)
from ansible_collections.drover.docker.tests.unit.shared.balancer_models import (
    STICKY,
    backend,
    model,
    server,
)

Json = dict[str, t.Any]

HEAD = "1\n# be_id be_name srv_id srv_name\n"
BASE = model(certificates={"a": "1"})


def text(**change: t.Any) -> str:
    return render_balancer({**BASE, **change})[0]


def of(*servers: Json, **given: t.Any) -> Json:
    return {"backends": [backend("80_", *servers, **given)]}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, Difference((), (), ())),
        (of(server(1), server(2), server(3)), Difference((("80_", "shop.web.3"),), (), ())),
        (of(server(2)), Difference((), (("80_", "shop.web.1"),), ())),
        (of(server(1, weight=5), server(2, drain=True)), Difference((), (), ())),
        (of(server(2), server(1)), Difference((), (), ())),
        ({"certificates": {"a": "2"}}, Difference((), (), ("a",))),
        ({"certificates": {"a": "1", "b": "1"}}, None),
        ({"default_certificate": "a"}, None),
        (of(server(1, port=81), server(2)), None),
        (of(server(1, backup=True), server(2)), None),
        ({"config": "global\n maxconn 5\n"}, None),
        ({"backends": [backend("other", server())]}, None),
    ],
)
def test_what_differs(change: Json, found: Difference | None) -> None:
    assert difference(text(), text(**change)) == found


def test_what_a_command_line_does_not_read_as_a_config_does_is_no_runtime_change() -> None:
    config = "backend 80_\n server $IP sni str('a b')\n"
    assert difference(text(config=config), text(config=config, **of(server(1)))) is not None
    more = of(server(1), server(2), server(3))
    assert difference(text(config=config), text(config=config, **more)) is None
    for head in ("backend 80_", "defaults"):
        defaults = f"{head}\n default-server inter 5s\n"
        assert difference(text(config=defaults), text(config=defaults, **more)) is None


def test_what_a_config_says_of_its_servers() -> None:
    plain = of(server(1, weight=7), server(2, drain=True))
    assert wanted_states(text(**plain)) == {
        ("80_", "shop.web.1"): Wanted(7, False, "10.42.131.1:8080"),
        ("80_", "shop.web.2"): Wanted(0, False, "10.42.131.2:8080"),
    }
    sticky = wanted_states(text(**of(server(1, drain=True), stickiness=STICKY)))
    assert sticky == {("80_", "shop.web.1"): Wanted(0, True, "10.42.131.1:8080")}


@pytest.mark.parametrize(
    ("state", "wanted", "right"),
    [
        (State(1, 0), Wanted(), True),
        (State(2, 0), Wanted(), False),
        (State(1, 0x08), Wanted(), False),
        (State(1, 0x01), Wanted(), False),
        (State(1, 0x08), Wanted(0), True),
        (State(0, 0), Wanted(0), True),
        (State(1, 0), Wanted(0), False),
        (State(0, 0x01), Wanted(0), False),
        (State(0, 0), Wanted(0, True), False),
        (State(1, 0x05), Wanted(0, True), True),
    ],
)
def test_whether_a_state_is_as_the_config_says(state: State, wanted: Wanted, right: bool) -> None:
    assert state.is_as(wanted) is right


def row(name: str, *, admin: int, weight: int, address: str = "10.0.0.1", port: int = 80) -> str:
    before = f"4 80_ 1 {name} {address} 2 {admin} {weight} 1 9 6 3 4 6 0 0 0 - {port}"
    return f"{before} - 0 0 - - 0\n"


def test_orders_by_hand_are_not_handed_on() -> None:
    found = HEAD + row("a", admin=0x09, weight=3) + row("b", admin=0, weight=1)
    wanted = {("80_", "a"): Wanted(5, False, "10.0.0.1:80"), ("80_", "b"): Wanted(0, True, "x:80")}
    handed = rewritten(found, wanted)
    here = ("10.0.0.1", "80")
    assert parse_states(handed) == {
        ("80_", "a"): State(5, 0, *here),
        ("80_", "b"): State(0, 0x05, *here),
    }
    assert handed.startswith(HEAD)
    assert rewritten(found, {}) == found


def test_the_state_of_another_place_is_not_handed_on() -> None:
    found = HEAD + row("a", admin=0, weight=1)
    for place, kept in (
        ("10.0.0.1:80", 1),
        ("10.0.0.1:81", 0),
        ("10.0.0.2:80", 0),
        ("db.example:80", 1),
        ("db.example:81", 0),
    ):
        wanted = {("80_", "a"): Wanted(1, False, place)}
        assert len(parse_states(rewritten(found, wanted))) == kept
    six = HEAD + row("a", admin=0, weight=1, address="fd00::1")
    assert parse_states(rewritten(six, {("80_", "a"): Wanted(1, False, "[fd00::1]:80")}))
    assert not parse_states(rewritten(six, {("80_", "a"): Wanted(1, False, "[fd00::2]:80")}))


def test_passwords_are_not_shown() -> None:
    page = {"port": 9000, "user": "ops", "password": "secret"}
    shown = without_passwords(text(statistics=page))
    assert "secret" not in shown
    assert "    stats auth ********\n" in shown


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("user ops insecure-password hidden", "user ops insecure-password"),
        ("user ops password $6$hidden groups a", "user ops password"),
        ("user ops groups a password $6$hidden", "user ops groups a password"),
        (
            "http-request set-header Authorization 'Basic hidden'",
            "http-request set-header Authorization",
        ),
        ("http-check send hdr authorization hidden", "http-check send hdr authorization"),
        ("setenv TOKEN hidden", "setenv TOKEN"),
        ("  stats auth ops:hidden", "  stats auth"),
    ],
)
def test_credentials_of_a_custom_config_are_not_shown(line: str, kept: str) -> None:
    assert without_passwords(f"a\n{line}\nb\n") == f"a\n{kept} ********\nb\n"


def test_what_is_no_secret_stays() -> None:
    lines = "userlist ops\n  timeout client 5s\n  http-request auth realm shop\n"
    assert without_passwords(lines) == lines
