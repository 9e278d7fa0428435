# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""People's own HAProxy config, merged by Rancher's rules."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.custom import (
    keyword,
    merge,
    split_config,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.section import Section

FORWARDED_PORT = "http-request add-header X-Forwarded-Port %[dst_port] unless { x }"


def ours() -> list[Section]:
    return [
        Section("global", ["stats socket /run/a", "maxconn 5", "hard-stop-after 5m"]),
        Section("defaults", ["mode tcp", "retries 3", "timeout client 50s", "timeout server 50s"]),
        Section("frontend 80", ["bind :80", "mode http"], ["default_backend 80_"]),
        Section("backend 80_", ["mode http", FORWARDED_PORT], ["server a 10.0.0.1:80 check"]),
        Section("backend b", ["option httpchk", "http-check send x"], ["server a 10.0.0.1:81"]),
    ]


def merged(config: str) -> dict[str, list[str]]:
    return {section.head: [*section.lines, *section.tail] for section in merge(ours(), config)}


def test_lines_of_global_and_defaults_come_first_and_replace_ours() -> None:
    found = merged(
        "global\n\tmaxconn 9\n  # a remark\n  log stdout local0\n"
        "defaults\n  timeout server 9s\n  balance first\n  no option redispatch\n"
    )
    assert found["global"] == [
        "maxconn 9",
        "log stdout local0",
        "stats socket /run/a",
        "hard-stop-after 5m",
    ]
    assert found["defaults"] == [
        *("timeout server 9s", "balance first", "no option redispatch"),
        *("mode tcp", "retries 3", "timeout client 50s"),
    ]


def test_the_admin_socket_stays() -> None:
    found = merged("global\n stats socket /tmp/b\n")
    assert found["global"][:2] == ["stats socket /tmp/b", "stats socket /run/a"]


def test_lines_of_a_frontend_come_before_its_rules() -> None:
    found = merged("frontend 80\n accept-proxy\n accept-proxy\n acl a path /x\n")
    assert found["frontend 80"] == [
        *("bind :80 accept-proxy", "mode http", "acl a path /x", "default_backend 80_"),
    ]


def test_a_named_backend_is_one_and_a_bare_one_all() -> None:
    one = merged("backend 80_\n balance source\n")
    assert ("balance source" in one["backend 80_"], "balance source" in one["backend b"]) == (
        True,
        False,
    )
    every = merged("backend\n balance source\n")
    assert all("balance source" in every[head] for head in ("backend 80_", "backend b"))


def test_words_for_every_server() -> None:
    found = merged("backend 80_\n server $IP maxconn 7 ssl\n server other 10.0.0.9:80\n")
    assert found["backend 80_"][-2:] == [
        "server other 10.0.0.9:80",
        "server a 10.0.0.1:80 check maxconn 7 ssl",
    ]


@pytest.mark.parametrize(("head", "dropped"), [("backend", True), ("backend 80_", False)])
def test_only_a_bare_backend_drops_forwarded_headers(head: str, dropped: bool) -> None:
    line = "http-request set-header x-forwarded-port 1"
    found = merged(f"{head}\n {line}\n")["backend 80_"]
    assert (FORWARDED_PORT not in found, line in found) == (dropped, True)


def test_a_check_of_ones_own_replaces_ours() -> None:
    found = merged("backend b\n option httpchk GET /x\n")["backend b"]
    assert found == ["option httpchk GET /x", "server a 10.0.0.1:81"]


def test_other_sections_follow_ours() -> None:
    found = merged("userlist u\n user a password b\nbackend new\n mode tcp\nlisten l\n bind :9\n")
    assert list(found)[-3:] == ["userlist u", "backend new", "listen l"]
    assert found["backend new"] == ["mode tcp"]


def test_a_section_that_is_there_twice_counts_twice() -> None:
    found = merged("global\n maxconn 7\nglobal\n nbthread 2\n")
    assert found["global"][:2] == ["nbthread 2", "maxconn 7"]


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("timeout client 5s", ("timeout", "client")),
        ("no option redispatch", ("option", "redispatch")),
        ("maxconn 5", ("maxconn",)),
        ("errorfile 503 /x", ("errorfile", "503")),
        ("http-request deny", None),
        ("no", ("no",)),
    ],
)
def test_keywords(line: str, key: t.Any) -> None:
    assert keyword(line) == key


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ("balance first", "in no section"),
        ("global\n user root", "global: user needs root"),
        ("global\n daemon", "is a matter of the container"),
        ("defaults\n load-server-state-from-file none", "hands on the state"),
        ("global\n a\x1b[1m", "control characters"),
    ],
)
def test_what_is_refused(config: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        split_config(config)
    assert split_config("\n# nothing\n") == []
