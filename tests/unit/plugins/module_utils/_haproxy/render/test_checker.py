# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A checker's config as text: what is written, and what cannot be."""

from __future__ import annotations

import hashlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render import syntax
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.checker import (
    render_checker,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.marker import (
    marker_of,
    with_marker,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.probes import (
    is_probe,
    names_of,
    probe_name,
    target_name,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.check_options import (
    model_from_options,
)
from ansible_collections.drover.docker.plugins.module_utils._model.request_line import split_words
from hypothesis import given
from hypothesis import strategies as st

Json = dict[str, t.Any]
VISIBLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1)
CHECK: Json = {
    "backend": "shop.web.1",
    "server": "3f9c0a1b2c3d-20261122100000123456789-1a2b3c",
    "address": "10.42.131.7",
    "port": 80,
    "request": None,
    "interval_ms": 0,
    "response_timeout_ms": 0,
    "healthy_threshold": 0,
    "unhealthy_threshold": 0,
}
REQUEST: Json = {"method": "GET", "uri": "/", "version": "HTTP/1.0", "headers": []}
HEAD = """\
# checksum CHECKSUM
global
    description MARKER
    stats socket /run/haproxy/admin.sock mode 600 level admin expose-fd listeners
    server-state-file /run/haproxy/server-state
    hard-stop-after 2s
    maxconn 1000
    nbthread 1
    max-spread-checks 1s

defaults
    mode tcp
    timeout connect 5s
    timeout client 10s
    timeout server 10s
    load-server-state-from-file global
    default-server rise 2 fall 3

listen answer
    bind :42

backend control
    timeout check 1s
"""
BODY = r"""    server h2 10.42.140.3:42 check inter 1s fall 1 rise 2

backend probe-HTTP
    timeout check 1500ms
    mode http
    option httpchk
    http-check send meth GET uri '/a'\''b#$x' ver HTTP/1.1 hdr Host '50%% "x" \ y'
    server shop.web.2:a:10 [fd00::1]:8080 check inter 2000ms rise 2 fall 3 downinter 1000ms

backend probe-TCP
    server shop.web.1:3f9c0a1b2c3d-20261122100000123456789-1a2b3c:10 10.42.131.7:80 check downinter 1000ms
    server db.1:fd00::2-5432-1a2b3c:4 [fd00::2]:5432 check inter 500ms
"""


def model(*checks: Json, controls: list[Json] | None = None) -> Json:
    return {"checks": list(checks), "controls": controls or []}


def test_the_whole_config() -> None:
    request = {**REQUEST, "uri": "/a'b#$x", "version": "HTTP/1.1"}
    second: Json = {
        "backend": "shop.web.2",
        "server": "a",
        "address": "fd00:0::1",
        "port": 8080,
        "request": {**request, "headers": [["Host", '50% "x" \\ y']]},
        "interval_ms": 2000,
        "response_timeout_ms": 1500,
        "healthy_threshold": 2,
        "unhealthy_threshold": 3,
    }
    controls = [{"server": "h2", "address": "10.42.140.3"}]
    third = {**CHECK, "backend": "db.1", "server": "fd00::2-5432-1a2b3c", "address": "fd00::2"}
    third = {**third, "port": 5432, "interval_ms": 500}
    config, marker = render_checker(model(CHECK, second, third, controls=controls))
    asked = BODY.partition("backend probe-HTTP\n")[2].partition("    server")[0].splitlines()
    body = BODY.replace("probe-HTTP", probe_name(asked)).replace("probe-TCP", probe_name([]))
    assert probe_name(asked) < probe_name([])
    assert config == whole(marker, body)


def test_the_config_of_nothing() -> None:
    config, marker = render_checker(model())
    assert config == whole(marker, "")


def whole(marker: str, body: str) -> str:
    text = (HEAD + body).replace("MARKER", marker)
    covered = text.partition("\n")[2]
    return text.replace("CHECKSUM", hashlib.sha256(covered.encode()).hexdigest()[:16])


def test_the_marker_is_the_hash_of_the_rest() -> None:
    config, marker = render_checker(model(CHECK))
    _checksum, _end, text = config.partition("\n")
    rest = text.replace(f"    description {marker}\n", "")
    assert marker == "rev-" + hashlib.sha256(rest.encode()).hexdigest()[:16]
    assert marker_of(config) == marker
    assert marker_of(text) == marker_of(rest) == marker_of("") == ""
    assert render_checker(model({**CHECK, "port": 81}))[1] != marker
    with pytest.raises(ValueError, match="no section global"):
        with_marker("defaults\n")


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text + "junk line\n",
        lambda text: text[:400],
        lambda text: text.replace(":80 ", ":81 "),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\n" + text,
    ],
)
def test_a_damaged_config_has_no_marker(damage: t.Callable[[str], str]) -> None:
    config, _marker = render_checker(model(CHECK))
    assert damage(config) != config
    assert marker_of(damage(config)) == ""


NAMES = st.from_regex(r"[A-Za-z0-9_.:-]{1,20}", fullmatch=True)


@given(NAMES, NAMES)
def test_names_of_the_model_come_back(backend: str, server: str) -> None:
    assert names_of(probe_name([]), target_name(backend, server)) == (backend, server)


@pytest.mark.parametrize(
    ("backend", "server"),
    [
        ("control", "h1:x:2"),
        (probe_name([]), "by-hand"),
        (probe_name([]), "a:b:99"),
        (probe_name([]), "a:b:"),
        (probe_name([]), "a:b:0"),
        ("probe-x", "a:b:1"),
    ],
)
def test_other_names_stay(backend: str, server: str) -> None:
    assert names_of(backend, server) == (backend, server)


def test_who_is_asked_alike_shares_a_backend() -> None:
    """Only the request and the time for the answer are the backend's."""
    changes: tuple[Json, ...] = (
        {},
        {"port": 81},
        {"interval_ms": 5},
        {"healthy_threshold": 9},
        {"address": "10.0.0.9"},
    )
    alike = [{**CHECK, "backend": f"web.{at}", **own} for at, own in enumerate(changes)]
    others = [
        {**CHECK, "backend": "a.1", "request": REQUEST},
        {**CHECK, "backend": "a.2", "response_timeout_ms": 7},
    ]
    config, _marker = render_checker(model(*alike, *others))
    heads = [line.split()[1] for line in config.splitlines() if line.startswith("backend ")]
    assert len([name for name in heads if is_probe(name)]) == 3
    again, _marker = render_checker(model(*others))
    assert {line for line in again.splitlines() if line.startswith("backend probe")} < set(
        config.splitlines()
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"backend": "a b"}, r"checks\[0\].backend: must be 1 to 128 letters"),
        ({"backend": "a\nbackend b"}, r"checks\[0\].backend: .*'a\\nbackend b'"),
        ({"backend": ""}, r"checks\[0\].backend"),
        ({"backend": None}, r"checks\[0\].backend"),
        ({"backend": "control"}, "name of the checker's own"),
        ({"backend": "answer"}, "name of the checker's own"),
        ({"server": "a#b"}, r"checks\[0\].server"),
        ({"server": "x" * 129}, r"checks\[0\].server"),
        ({"server": "caf\u00e9"}, r"checks\[0\].server"),
        ({"address": "example.org"}, r"checks\[0\].address: must be an IP address"),
        ({"address": "fe80::1%eth0"}, r"checks\[0\].address"),
        ({"address": 5}, r"checks\[0\].address"),
        ({"port": 0}, r"checks\[0\].port: must be a whole number 1 to 65535"),
        ({"port": "80"}, r"checks\[0\].port"),
        ({"port": True}, r"checks\[0\].port"),
        ({"interval_ms": -1}, r"checks\[0\].interval_ms"),
        ({"interval_ms": 2**31}, r"checks\[0\].interval_ms"),
        ({"response_timeout_ms": 1.5}, r"checks\[0\].response_timeout_ms"),
        ({"healthy_threshold": "2 fall 1"}, r"checks\[0\].healthy_threshold"),
        ({"unhealthy_threshold": None}, r"checks\[0\].unhealthy_threshold"),
        ({"request": {**REQUEST, "uri": "/a\nb"}}, r"checks\[0\].request: the URI"),
        ({"request": {**REQUEST, "method": "GET /x"}}, r"checks\[0\].request: .*no HTTP method"),
        ({"request": {**REQUEST, "headers": [["A", "b\r\nC: d"]]}}, r"checks\[0\].request: .*A"),
    ],
)
def test_what_cannot_be_written(change: Json, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        render_checker(model({**CHECK, **change}))


def test_names_are_there_once() -> None:
    with pytest.raises(ValueError, match=r"checks.backend: 'shop.web.1' is there twice"):
        render_checker(model(CHECK, {**CHECK, "server": "b"}))
    with pytest.raises(ValueError, match=r"controls.server: 'h1' is there twice"):
        render_checker(model(controls=[{"server": "h1", "address": "10.0.0.1"}] * 2))
    with pytest.raises(ValueError, match=r"controls\[0\].address"):
        render_checker(model(controls=[{"server": "h1", "address": ""}]))


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0b", "\x7f", "caf\u00e9", "", None, 5])
def test_words_that_are_none(value: t.Any) -> None:
    for render in (syntax.word, syntax.format_word):
        with pytest.raises(ValueError, match=r"^the key: "):
            render(value, key="the key")


@given(VISIBLE)
def test_a_word_is_read_back_as_one_word(value: str) -> None:
    assert split_words(f"uri {syntax.word(value, key='k')} ver x") == ["uri", value, "ver", "x"]


@given(VISIBLE)
def test_a_format_is_read_back_as_text(value: str) -> None:
    (found,) = split_words(syntax.format_word(value, key="k"))
    assert "%" not in found.replace("%%", "")
    assert found.replace("%%", "%") == value


@given(st.text())
def test_a_name_is_a_name_or_refused(value: str) -> None:
    refusal = ""
    try:
        assert split_words(syntax.name(value, key="k")) == [value]
    except ValueError as error:
        refusal = str(error)
    assert refusal == "" or refusal.startswith("k: must be 1 to 128")
    assert refusal.isprintable()


def option(**given: t.Any) -> Json:
    return {"backend": "web.1", "address": "10.0.0.1", "port": 80, **given}


def test_options_become_a_model() -> None:
    parts: Json = {"uri": "/x", "method": "GET", "version": "HTTP/1.1", "headers": {"Host": 5}}
    found = model_from_options(
        [
            option(request_line="GET /x", interval=2000, server="s", healthy_threshold=None),
            option(backend="web.2", request=parts, request_line=""),
            option(backend="web.3", address="fd00::1", response_timeout=5),
        ],
        [{"server": "h1", "address": "10.0.0.2"}],
    )
    first, second, third = found["checks"]
    assert first == {
        **CHECK,
        "backend": "web.1",
        "server": "s",
        "address": "10.0.0.1",
        "request": {**REQUEST, "uri": "/x"},
        "interval_ms": 2000,
    }
    assert second["request"]["headers"] == [["Host", "5"]]
    assert (third["request"], third["response_timeout_ms"]) == (None, 5)
    assert found["controls"] == [{"server": "h1", "address": "10.0.0.2"}]
    config, _marker = render_checker(found)
    assert f"server web.3:{third['server']}:5 [fd00::1]:80" in config


def test_a_changed_check_is_another_server() -> None:
    names = {
        model_from_options([option(**given)], [])["checks"][0]["server"]
        for given in ({}, {"interval": 5}, {"request_line": "GET /"}, {"port": 81})
    }
    assert len(names) == 4
    with pytest.raises(ValueError, match=r"check web.1: request_line: must be one line"):
        model_from_options([option(request_line="GET /\nx")], [])


def servers(**times: int) -> str:
    check = {"backend": "shop.web.1", "server": "a", "address": "10.42.131.7", "port": 80, **times}
    return render_checker(model(check))[0].rpartition("    server ")[2].strip()


@pytest.mark.parametrize(
    ("interval_ms", "asked"), [(60_000, True), (1001, True), (1000, False), (500, False)]
)
def test_what_is_down_is_asked_each_second(interval_ms: int, asked: bool) -> None:
    """Row 36: a start does not wait for a long interval. Those of running members stay apart: no fastinter."""
    line = servers(interval_ms=interval_ms)
    assert line.endswith(" downinter 1000ms") is asked
    assert "fastinter" not in line


def test_so_it_is_where_no_interval_is_given() -> None:
    assert servers().endswith(" downinter 1000ms")
