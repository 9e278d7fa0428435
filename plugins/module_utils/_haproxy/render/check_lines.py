# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a proxy's servers are checked, as lines of a HAProxy config: for checkers and load balancers alike.

Pure; private to the collection. A C(check) is a health_check of docs/schema.md section 10.
"""

from __future__ import annotations

import typing as t

from ..._model.request_line import check_request
from . import syntax

# HAProxy's default, written out. Without this line a server of HAProxy 3.4 starts without a good result, and one good
# check is not enough for a new server, unlike in other versions (docs/decisions/0009).
DEFAULT_SERVER = "default-server rise 2 fall 3"


def check_lines(check: t.Mapping[str, t.Any], *, key: str) -> list[str]:
    """Lines of the backend: the timeout of an answer, and for an HTTP check the request (last).

    Raises:
        ValueError: A value can't be written into a config; the text names its key.
    """
    lines = []
    timeout = _time(check, "response_timeout_ms", key=key)
    if timeout:
        lines.append(f"timeout check {timeout}ms")
    if check.get("request") is not None:
        lines += ["option httpchk", _send(check["request"], key=key)]
    return lines


def two_port_lines(check: t.Mapping[str, t.Any], *, key: str) -> tuple[list[str], list[str]]:
    """The same for a check of another port than the one that gets the requests: both must answer.

    Returns:
        The lines, and the last one, which connects to the port that gets the requests. It must follow all others.

    Raises:
        ValueError: A value can't be written into a config; the text names its key.
    """
    port = syntax.whole(check.get("port"), key=f"{key}.port", least=1, most=65535)
    lines = check_lines(check, key=key)
    if check.get("request") is None:
        return [*lines, "option tcp-check", f"tcp-check connect port {port}"], ["tcp-check connect"]
    connect, expect = f"http-check connect port {port}", "http-check expect status 200-399"
    return [*lines[:-1], connect, lines[-1], expect], ["http-check connect"]


def thresholds(check: t.Mapping[str, t.Any], *, key: str) -> str:
    """C(inter), C(rise) and C(fall) of a server if given, each after a space. Raises ValueError."""
    interval = _time(check, "interval_ms", key=key)
    rise = syntax.whole(check.get("healthy_threshold", 0), key=f"{key}.healthy_threshold")
    fall = syntax.whole(check.get("unhealthy_threshold", 0), key=f"{key}.unhealthy_threshold")
    given = {"inter": f"{interval}ms" if interval else "", "rise": rise, "fall": fall}
    return "".join(f" {word} {value}" for word, value in given.items() if value)


def _time(check: t.Mapping[str, t.Any], name: str, *, key: str) -> int:
    return syntax.whole(check.get(name, 0), key=f"{key}.{name}", most=syntax.LONGEST_TIME_MS)


def _send(request: t.Mapping[str, t.Any], *, key: str) -> str:
    """The request of an HTTP check. HAProxy reads only the values of headers as log formats."""
    try:
        check_request(request)
    except ValueError as error:
        raise ValueError(f"{key}.request: {error}") from None
    words = ["http-check send"]
    for word, part in (("meth", "method"), ("uri", "uri"), ("ver", "version")):
        words += [word, syntax.word(request[part], key=f"{key}.request.{part}")]
    for header, value in request["headers"]:
        place = f"{key}.request.headers"
        words += ["hdr", syntax.word(header, key=place), syntax.format_word(value, key=place)]
    return " ".join(words)
