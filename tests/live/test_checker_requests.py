# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people write is what HAProxy sends, byte for byte: values that look like config, expressions or quotes too."""

from __future__ import annotations

import pathlib
import random
import time

import pytest
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.checker import (
    render_checker,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.marker import (
    with_marker,
)
from ansible_collections.drover.docker.plugins.module_utils._model.problems import Invalid
from ansible_collections.drover.docker.plugins.module_utils._model.request_line import (
    check_request,
    parse_request_line,
)

from .haproxy_container import Json
from .haproxy_lab import Backend, Haproxy, check, one_haproxy, some_backends
from .haproxy_versions import ALL, SOAK

ROUNDS = 10 if SOAK else 1
REQUESTS = 60
NAMES = 20
PIECES = (
    *"#'\"\\$%{}[]()<>|&;`~!?*,=:@^+ ",
    *("%[src]", "%%", "%{+Q}o", "${HOME}", "$HOME", '"$HOME"', "%[env(HOME)]", "\\r\\n", "\\x0a"),
    *("\\", "'\\''", "''", '""', " # ", "\\ ", "server x 1.2.3.4:1", "http-check expect", "uri /y"),
    *("a", "Z", "9", "/", "..", "%20", "ver HTTP/1.1", "hdr A b", ".if", "quit"),
)
# Texts that HAProxy itself reads behind "option httpchk", as it did with Rancher. (It refuses headers there now.)
TEXTS = (
    "GET / HTTP/1.0",
    "GET /",
    "/health",
    'GET "/x" "HTTP/1.0"',
    "GET '/x y'",
    "OPTIONS /gossip HTTP/1.0      ",
    "GET / # HTTP/1.1",
    "GET /a#b HTTP/1.1",
    r"GET /a\#b\\c\x2fd HTTP/1.0",
    "HEAD\t/x\tHTTP/1.1",
    "GET '/a\"b\\c#d' HTTP/1.0",
    'GET "/a\'b\\"c" HTTP/1.0',
    "GET /%[src]?a=%20&b={c} HTTP/1.0",
)


# Texts with headers, and what they say.
WITH_HEADERS = {
    r"GET / HTTP/1.1\r\nHost:\ www": [("host", "www")],
    r"GET / HTTP/1.1\r\nHost:\ www\r\nX-Y:\ a\ \"b\"\ \#c\ \'d": [
        ("host", "www"),
        ("x-y", 'a "b" #c \'d'),
    ],
    'GET / "HTTP/1.1\\r\\nHost: www\\r\\nX-Y: #a"': [("host", "www"), ("x-y", "#a")],
    r"GET / HTTP/1.1\r\nHost: www\r\nConnection: close": [("host", "www")],
    r"GET / HTTP/1.1\r\nX-Y:\ %[src]%%\\$HOME": [("x-y", "%[src]%%\\$HOME")],
}


def hostile(dice: random.Random, most: int) -> str:
    return "".join(dice.choice(PIECES) for _piece in range(dice.randint(1, most)))


def hostile_name(dice: random.Random) -> str:
    """Letters and signs of names, and now and then something else."""
    good = "".join(dice.choice("aZ9._:-") for _char in range(dice.randint(1, 6)))
    return good + (hostile(dice, 1) if dice.random() < 0.5 else "")


def hostile_request(dice: random.Random) -> Json:
    """A request of hostile parts. Most parts that are no part of a request are thrown away, so that many are left."""
    uri = "/" + hostile(dice, 8)
    return {
        "method": dice.choice(("GET", "HEAD", "OPTIONS", "PURGE", "get")),
        "uri": uri.replace(" ", ""),
        "version": dice.choice(("HTTP/1.0", "HTTP/1.1")),
        "headers": [
            [dice.choice(("Host", "X-A", "x'b", "X#C", "X%D", "X$HOME")) + str(number), value]
            for number, value in enumerate(
                hostile(dice, 6).strip() or "x" for _header in range(dice.randint(0, 3))
            )
        ],
    }


def accepted(request: Json) -> bool:
    try:
        check_request(request)
    except Invalid:
        return False
    return True


def as_sent(request: Json) -> tuple[str, list[tuple[str, str]]]:
    """What a request says. HAProxy writes the names of headers in lower case, as HTTP/2 does."""
    line = f"{request['method']} {request['uri']} {request['version']}"
    return line, [(name.lower(), value) for name, value in request["headers"]]


def as_received(raw: bytes) -> tuple[str, list[tuple[str, str]]]:
    """What arrived, without the two headers that HAProxy adds by itself."""
    line, *lines = raw.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    headers = [item.split(": ", 1) for item in lines]
    own = (["connection", "close"], ["content-length", "0"])
    return line, [(name, value) for name, value in headers if [name, value] not in own]


def first_requests(haproxy: Haproxy, config: str, targets: list[Backend]) -> list[bytes]:
    """What HAProxy sends to each target; it is started anew."""
    haproxy.remove()
    haproxy.apply_text(config)
    haproxy.start()
    deadline = time.monotonic() + 15
    while not all(target.requests for target in targets):
        missing = [number for number, target in enumerate(targets) if not target.requests]
        assert time.monotonic() < deadline, f"nothing was sent to {missing}"
        time.sleep(0.05)
    return [target.requests[0] for target in targets]


def reported(haproxy: Haproxy) -> set[tuple[str, str]]:
    """All that HAProxy says it checks."""
    found = [(item["backend"], item["server"]) for item in haproxy.seen()["reports"]]
    assert len(set(found)) == len(found)
    return set(found)


@pytest.mark.every_version
@pytest.mark.parametrize("version", ALL)
def test_hostile_values_arrive_as_they_were_written(version: str, tmp_path: pathlib.Path) -> None:
    for seed in range(ROUNDS):
        dice = random.Random(seed)
        made = (hostile_request(dice) for _turn in iter(int, 1))
        requests = [
            request for request, _n in zip(filter(accepted, made), range(REQUESTS), strict=False)
        ]
        with one_haproxy(version, tmp_path) as haproxy, some_backends(haproxy.engine) as make:
            targets = [make() for _request in requests]
            model = {
                "checks": [
                    check(f"b.{number}", target, request=request)
                    for number, (request, target) in enumerate(zip(requests, targets, strict=True))
                ],
                "controls": [],
            }
            sent = first_requests(haproxy, render_checker(model)[0], targets)
            for request, raw in zip(requests, sent, strict=True):
                assert as_received(raw) == as_sent(request), f"seed {seed}"
            # No value became a directive: what runs is the proxies and servers of the model, no other.
            assert reported(haproxy) == {
                (item["backend"], item["server"]) for item in model["checks"]
            }


@pytest.mark.parametrize("version", ALL)
def test_a_request_line_means_what_haproxy_takes_it_for(
    version: str, tmp_path: pathlib.Path
) -> None:
    with one_haproxy(version, tmp_path) as haproxy, some_backends(haproxy.engine) as make:
        targets = [make() for _text in TEXTS]
        base, _marker = render_checker({"checks": [], "controls": []})
        for number, (text, target) in enumerate(zip(TEXTS, targets, strict=True)):
            base += f"\nbackend b.{number}\n    mode http\n    option httpchk {text}\n"
            base += f"    server s {target.address}:{target.port} check\n"
        sent = first_requests(haproxy, with_marker(base)[0], targets)
    for text, raw in zip(TEXTS, sent, strict=True):
        if " y" in text:
            with pytest.raises(Invalid, match="a space as %20"):  # HAProxy sends a broken request
                parse_request_line(text)
            continue
        request = parse_request_line(text)
        assert request is not None
        assert as_received(raw) == as_sent(request), text


@pytest.mark.every_version
@pytest.mark.parametrize("version", ALL)
def test_headers_of_a_request_line_arrive(version: str, tmp_path: pathlib.Path) -> None:
    with one_haproxy(version, tmp_path) as haproxy, some_backends(haproxy.engine) as make:
        targets = [make() for _text in WITH_HEADERS]
        checks = [
            check(f"b.{number}", target, request=parse_request_line(text))
            for number, (text, target) in enumerate(zip(WITH_HEADERS, targets, strict=True))
        ]
        config, _marker = render_checker({"checks": checks, "controls": []})
        sent = first_requests(haproxy, config, targets)
    wanted = [("GET / HTTP/1.1", headers) for headers in WITH_HEADERS.values()]
    assert [as_received(raw) for raw in sent] == wanted


@pytest.mark.parametrize("version", ALL)
def test_names_that_are_accepted_are_names(version: str, tmp_path: pathlib.Path) -> None:
    dice = random.Random(7)
    refused = 0
    with one_haproxy(version, tmp_path) as haproxy, some_backends(haproxy.engine) as make:
        target = make()
        names = {hostile_name(dice) for _turn in range(400)}
        checks = []
        for name in sorted(names):
            item = check(name, target, server=name)
            try:
                render_checker({"checks": [item], "controls": []})
            except ValueError:
                refused += 1
                continue
            checks.append(item)
        assert refused > 100
        assert len(checks) >= NAMES
        model = {"checks": checks, "controls": []}
        haproxy.apply(model)
        haproxy.start()
        haproxy.apply(model)
        assert reported(haproxy) == {(item["backend"], item["server"]) for item in checks}
