# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A checker's HAProxy config from a model: docs/schema.md section 10. Pure; private to the collection.

HAProxy 2.6 to 3.4 read it alike. What is not given is left to HAProxy, as Rancher did: an HTTP check is good with a
status of 2xx or 3xx, every 2 s, up after 2 good ones, down after 3 bad ones.
"""

from __future__ import annotations

import typing as t

from ..compose.request_line import check_request
from . import text
from .marker import with_marker

Json = t.Dict[str, t.Any]

CONTROL_PORT = 42
CONTROL_BACKEND = "control"
CONTROL_LISTENER = "answer"

# One thread, as checks are little work; maxconn, as HAProxy otherwise reserves memory for as many connections as the
# engine lets a container open. The listeners are handed on at a reload: a connect to port 42 always gets through.
# Without max-spread-checks a server with a long interval waits that long for its first check after each start.
_HEAD = """\
global
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

listen {listener}
    bind :{port}
"""


def render_checker(model: t.Mapping[str, t.Any]) -> tuple[str, str]:
    """The config of a checker and its marker.

    Args:
        model: C(checks) and C(controls), each a list in the order of the config.

    Returns:
        The text and the marker, C(rev-) and 16 hex digits.

    Raises:
        ValueError: A value can't be written into a config; the text names its key.
    """
    checks, controls = list(model["checks"]), list(model["controls"])
    _refuse_twice([check.get("backend") for check in checks], key="checks.backend")
    _refuse_twice([control.get("server") for control in controls], key="controls.server")
    parts = [_HEAD.format(listener=CONTROL_LISTENER, port=CONTROL_PORT), _control_part(controls)]
    parts += [_check_part(check, key=f"checks[{at}]") for at, check in enumerate(checks)]
    return with_marker("\n".join(parts))


def _refuse_twice(names: list[t.Any], *, key: str) -> None:
    seen: set[t.Any] = set()
    reserved = (CONTROL_BACKEND, CONTROL_LISTENER) if key.endswith("backend") else ()
    for found in names:
        if found in reserved:
            raise ValueError(f"{key}: {found} is a name of the checker's own")
        if found in seen:
            raise ValueError(f"{key}: {text.shown(found)} is there twice")
        seen.add(found)


def _control_part(controls: list[t.Mapping[str, t.Any]]) -> str:
    """One server for the checker of each host: whoever cannot reach it has no say about that host."""
    lines = [f"backend {CONTROL_BACKEND}", "    timeout check 1s"]
    for at, control in enumerate(controls):
        key = f"controls[{at}]"
        server = text.name(control.get("server"), key=f"{key}.server")
        place = text.endpoint(control.get("address"), CONTROL_PORT, key=key)
        lines.append(f"    server {server} {place} check inter 1s fall 1 rise 2")
    return "".join(f"{line}\n" for line in lines)


def _check_part(check: t.Mapping[str, t.Any], *, key: str) -> str:
    """The backend of one container."""
    lines = [f"backend {text.name(check.get('backend'), key=f'{key}.backend')}"]
    timeout = _time(check, "response_timeout_ms", key=key)
    if timeout:
        lines.append(f"    timeout check {timeout}ms")
    if check.get("request") is not None:
        lines += ["    mode http", "    option httpchk", f"    {_send(check['request'], key=key)}"]
    server = text.name(check.get("server"), key=f"{key}.server")
    place = text.endpoint(check.get("address"), check.get("port"), key=key)
    lines.append(f"    server {server} {place} check{_thresholds(check, key=key)}")
    return "".join(f"{line}\n" for line in lines)


def _thresholds(check: t.Mapping[str, t.Any], *, key: str) -> str:
    """C(inter), C(rise) and C(fall), each where it is given."""
    interval = _time(check, "interval_ms", key=key)
    rise = text.whole(check.get("healthy_threshold", 0), key=f"{key}.healthy_threshold")
    fall = text.whole(check.get("unhealthy_threshold", 0), key=f"{key}.unhealthy_threshold")
    given = {"inter": f"{interval}ms" if interval else "", "rise": rise, "fall": fall}
    return "".join(f" {word} {value}" for word, value in given.items() if value)


def _time(check: t.Mapping[str, t.Any], name: str, *, key: str) -> int:
    return text.whole(check.get(name, 0), key=f"{key}.{name}", most=text.LONGEST_TIME_MS)


def _send(request: t.Mapping[str, t.Any], *, key: str) -> str:
    """The request of an HTTP check. Values of headers are log formats to HAProxy, the rest is not."""
    try:
        check_request(request)
    except ValueError as error:
        raise ValueError(f"{key}.request: {error}") from None
    words = ["http-check send"]
    for word, part in (("meth", "method"), ("uri", "uri"), ("ver", "version")):
        words += [word, text.word(request[part], key=f"{key}.request.{part}")]
    for header, value in request["headers"]:
        place = f"{key}.request.headers"
        words += ["hdr", text.word(header, key=place), text.format_word(value, key=place)]
    return " ".join(words)
