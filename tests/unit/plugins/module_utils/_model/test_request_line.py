# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rancher's request_line: what catalogs write, and what is refused."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.problems import Invalid
from ansible_collections.drover.docker.plugins.module_utils._model.request_line import (
    check_request,
    parse_request_line,
    split_words,
)
from hypothesis import given
from hypothesis import strategies as st

WWW = [["Host", "www"]]
SPELLINGS: list[tuple[str, tuple[str, str, str, list[list[str]]]]] = [
    ("GET / HTTP/1.0", ("GET", "/", "HTTP/1.0", [])),
    ("GET /healthz HTTP/1.1", ("GET", "/healthz", "HTTP/1.1", [])),
    ("GET /", ("GET", "/", "HTTP/1.0", [])),
    ("GET /nuxeo/login.jsp", ("GET", "/nuxeo/login.jsp", "HTTP/1.0", [])),
    ("GET", ("GET", "/", "HTTP/1.0", [])),
    ("/health", ("OPTIONS", "/health", "HTTP/1.0", [])),
    ("/health HTTP/1.1", ("OPTIONS", "/health", "HTTP/1.1", [])),
    ("OPTIONS /gossip HTTP/1.0      ", ("OPTIONS", "/gossip", "HTTP/1.0", [])),
    ("  GET\t/x   HTTP/1.0\n", ("GET", "/x", "HTTP/1.0", [])),
    ('GET "/x" "HTTP/1.0"', ("GET", "/x", "HTTP/1.0", [])),
    ("'GET' '/a\"b\\c' http/1.0", ("GET", '/a"b\\c', "HTTP/1.0", [])),
    ("GET / # HTTP/1.1", ("GET", "/", "HTTP/1.0", [])),
    (r"GET /a\#b\\c\x2fd\"e HTTP/1.0", ("GET", '/a#b\\c/d"e', "HTTP/1.0", [])),
    (r"GET / HTTP/1.1\r\nHost:\ www", ("GET", "/", "HTTP/1.1", WWW)),
    (r"GET / HTTP/1.1\r\nHost: www", ("GET", "/", "HTTP/1.1", WWW)),
    (r'GET / "HTTP/1.1\r\nHost: www\r\n"', ("GET", "/", "HTTP/1.1", WWW)),
    (r"GET / HTTP/1.1\nHost:www\nConnection: close", ("GET", "/", "HTTP/1.1", WWW)),
]
REFUSED = [
    ("GET /a\nserver evil 1.2.3.4:80", "one line without control characters"),
    ("GET /a\r\nHost: x", "in single quotes"),
    ("GET /\x00", "control characters"),
    ("GET /\x1b[31m", "control characters"),
    (r"GET /\x00", "visible ASCII"),
    (r"GET /a\nb", "visible ASCII"),
    (r"GET /a\ b", "a space as %20"),
    ("GET /caf\u00e9", "percent-encoded"),
    ("GET /a b c", "a space in the URI is written %20"),
    ("GET a", "must begin with /"),
    ("health", "must begin with /"),
    ("GET / HTTP/2", "must be HTTP/1.0 or HTTP/1.1"),
    ("GET / HTTP/0.9", "must be HTTP/1.0 or HTTP/1.1"),
    ("G(T / HTTP/1.0", "is no HTTP method"),
    ('"" /', "is no HTTP method"),
    ("GET '/a", "quote ' is not closed"),
    ('GET "/a', 'quote " is not closed'),
    ("GET /a\\", "ends in a backslash"),
    ("GET /" + "a" * 3000, "at most 2048 characters"),
    (r"GET / HTTP/1.1\r\nHost", "a header has no colon"),
    (r"GET / HTTP/1.1\r\nHost:", "needs a value"),
    (r"GET / HTTP/1.1\r\nHo\ st:x", "is no name of a header"),
    (r"GET / HTTP/1.1\r\nA:\x01", "needs a value"),
    (r"GET / HTTP/1.1\r\nHost:a\r\nhost:b", "may be given once"),
    (r"GET / HTTP/1.1\r\nContent-Length:\ 5", "is set by HAProxy"),
    (r"GET / HTTP/1.1\r\nA:b\r\n\r\nbody", "a body is not supported"),
    (r"GET / HTTP/1.1" + r"\r\nA:b" * 17, "at most 16"),
]


@pytest.mark.parametrize(("text", "parts"), SPELLINGS)
def test_spellings(text: str, parts: tuple[t.Any, ...]) -> None:
    assert parse_request_line(text) == dict(
        zip(("method", "uri", "version", "headers"), parts, strict=True)
    )


@pytest.mark.parametrize("text", ["", "  ", "\n", "# GET /"])
def test_nothing_is_a_connect(text: str) -> None:
    assert parse_request_line(text) is None


@pytest.mark.parametrize(("text", "why"), REFUSED)
def test_what_is_refused(text: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        parse_request_line(text)


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Basic c2VjcmV0",
        "Basic:c2VjcmV0 /",
        "Basic_c2VjcmV0",
        "GET c2VjcmV0 HTTP/1.1",
        "GET /?t=c2VjcmV0é HTTP/1.1",
        "GET / HTTP/1.1 Authorization:\\ c2VjcmV0",
        "GET / c2VjcmV0",
        "GET / HTTP/c2VjcmV0",
        "GET / HTTP/1.1\nAuthorization: c2VjcmV0",
        r"GET / HTTP/1.1\r\nAuthorization\ Basic\ c2VjcmV0",
        r"GET / HTTP/1.1\r\nAuthorization:\ c2VjcmV0\x01",
        r"GET / HTTP/1.1\r\nBasic\ c2VjcmV0:\ x",
        "GET / 'c2VjcmV0",
        "GET / c2VjcmV0\\",
    ],
)
def test_no_message_shows_what_may_be_a_credential(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_request_line(text)
    assert "c2VjcmV0" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"method": None}, "method must be text"),
        ({"uri": 5}, "uri must be text"),
        ({"headers": None}, "headers must be a list"),
        ({"headers": [["a"]]}, "name, value"),
        ({"headers": [["a", 5]]}, "needs a value"),
        ({"uri": "/" + "a" * 2048}, "at most 2048"),
        ({"headers": [["a", "b" * 2000]] * 5}, "at most 8192"),
    ],
)
def test_requests_in_parts_are_checked_too(change: dict[str, t.Any], why: str) -> None:
    request = {"method": "GET", "uri": "/", "version": "HTTP/1.0", "headers": [], **change}
    with pytest.raises(Invalid, match=why):
        check_request(request)


def outcome(text: str) -> tuple[dict[str, t.Any] | None, str]:
    try:
        return parse_request_line(text), ""
    except Invalid as error:
        return None, str(error)


HOSTILE = st.text(st.sampled_from("GET /\\'\"#$%{}[]\r\n\t\x00rnx0aHTP1.:é"), max_size=40)


@given(HOSTILE)
def test_whatever_comes_is_a_request_or_refused(text: str) -> None:
    request, refusal = outcome(text)
    assert refusal.isprintable()
    if request is not None:
        check_request(request)
        line = f"{request['method']} {request['uri']} {request['version']}"
        assert len(line.split()) == 3
        assert line.isascii()
        assert line.isprintable()


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1)))
def test_words_in_quotes_stand_for_themselves(words: list[str]) -> None:
    quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
    assert split_words(quoted) == words
