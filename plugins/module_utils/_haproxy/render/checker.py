# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A checker's HAProxy config from a model: docs/schema.md section 10. Pure; private to the collection.

It works the same in HAProxy 2.6 to 3.4. Values that are not given keep HAProxy's defaults, as in Rancher: a status of
2xx or 3xx is good; a check every 2 s; up after 2 good checks, down after 3 bad ones.
"""

from __future__ import annotations

import typing as t

from ..._model.check_times import DEFAULT_INTERVAL_MS
from . import syntax
from .check_lines import DEFAULT_SERVER, check_lines, thresholds
from .marker import with_marker
from .probes import probe_name, target_name

Json = t.Dict[str, t.Any]

CONTROL_PORT = 42
DOWN_INTERVAL_MS = 1000
CONTROL_BACKEND = "control"
CONTROL_LISTENER = "answer"

# One thread, as checks need little CPU; maxconn, as HAProxy otherwise reserves memory for as many connections as the
# engine lets a container open. A reload passes the listeners on, so a connect to port 42 always succeeds. Without
# max-spread-checks a server's first check after each start waits for a whole interval, however long.
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
    {default_server}

listen {listener}
    bind {place}
"""


Made = t.TypeVar("Made")


class Written:
    """What was written for the parts of earlier models. The models of one plan share their checks and controls.

    It keeps each part, so that no other one gets its identity.
    """

    def __init__(self) -> None:
        self._made: dict[int, tuple[t.Any, t.Any]] = {}

    def once(self, part: t.Any, make: t.Callable[[t.Any, int], Made], at: int = 0) -> Made:
        """What C(make) makes of a part; made once for each. C(at): its place, for messages."""
        known = self._made.get(id(part))
        if known is None:
            known = self._made[id(part)] = (part, make(part, at))
        made: Made = known[1]
        return made


def render_checker(model: t.Mapping[str, t.Any], written: Written | None = None) -> tuple[str, str]:
    """The config of a checker and its marker.

    Args:
        model: C(checks) and C(controls), each a list in the order of the config; C(address) of its container on the
            managed network, if it must listen there only.
        written: Shared by the models of one plan.

    Returns:
        The text and the marker, C(rev-) and 16 hex digits.

    Raises:
        ValueError: A value can't be written into a config; the text names its key.
    """
    written = written or Written()
    checks, controls = model["checks"], model["controls"]
    _refuse_twice([check.get("backend") for check in checks], key="checks.backend")
    _refuse_twice([control.get("server") for control in controls], key="controls.server")
    control = written.once(controls, _control_part)
    head = _head(model.get("address") or "")
    return with_marker("\n".join([head, control, *_probe_parts(checks, written)]))


def _head(address: str) -> str:
    place = syntax.listener(address, CONTROL_PORT, key="model")
    return _HEAD.format(listener=CONTROL_LISTENER, place=place, default_server=DEFAULT_SERVER)


def _refuse_twice(names: list[t.Any], *, key: str) -> None:
    seen: set[t.Any] = set()
    reserved = (CONTROL_BACKEND, CONTROL_LISTENER) if key.endswith("backend") else ()
    for found in names:
        if found in reserved:
            raise ValueError(f"{key}: {found} is a name of the checker's own")
        if found in seen:
            raise ValueError(f"{key}: {syntax.shown(found)} is there twice")
        seen.add(found)


def _control_part(controls: list[t.Mapping[str, t.Any]], _at: int) -> str:
    """One server for the checker of each host: a checker that cannot reach it does not vote on that host's members."""
    _refuse_twice([control.get("server") for control in controls], key="controls.server")
    lines = [f"backend {CONTROL_BACKEND}", "    timeout check 1s"]
    for at, control in enumerate(controls):
        key = f"controls[{at}]"
        server = syntax.name(control.get("server"), key=f"{key}.server")
        place = syntax.endpoint(control.get("address"), CONTROL_PORT, key=key)
        lines.append(f"    server {server} {place} check inter 1s fall 1 rise 2")
    return "".join(f"{line}\n" for line in lines)


def _probe_parts(checks: list[t.Mapping[str, t.Any]], written: Written) -> list[str]:
    """One backend for all equal checks, sorted by name, so that a new or removed backend moves no other."""
    lines: dict[str, list[str]] = {}
    for at, check in enumerate(checks):
        name, asked, target = written.once(check, _probe, at)
        if name not in lines:
            lines[name] = [f"backend {name}", *asked]
        lines[name].append(target)
    return ["".join(f"{line}\n" for line in lines[name]) for name in sorted(lines)]


def _probe(check: t.Mapping[str, t.Any], at: int) -> tuple[str, list[str], str]:
    """The name and the lines of the backend of one check, and its server."""
    key = f"checks[{at}]"
    asked = _probe_lines(check, key=key)
    return probe_name(asked), asked, _target(check, key=key)


def _probe_lines(check: t.Mapping[str, t.Any], *, key: str) -> list[str]:
    """The request of a check, and its timeout."""
    lines = check_lines(check, key=key)
    if check.get("request") is not None:
        lines.insert(-2, "mode http")  # before the two lines of the request
    return [f"    {line}" for line in lines]


def _target(check: t.Mapping[str, t.Any], *, key: str) -> str:
    """The server of one check."""
    backend = syntax.name(check.get("backend"), key=f"{key}.backend")
    server = syntax.name(check.get("server"), key=f"{key}.server")
    place = syntax.endpoint(check.get("address"), check.get("port"), key=key)
    words = thresholds(check, key=key) + _while_down(check)
    return f"    server {target_name(backend, server)} {place} check{words}"


def _while_down(check: t.Mapping[str, t.Any]) -> str:
    """What is down and had no good check since is asked each second: its start need not wait for a long interval.

    A running member's checks stay its interval apart, those on its way down and on its way up as well.
    """
    interval_ms = check.get("interval_ms") or DEFAULT_INTERVAL_MS
    return f" downinter {DOWN_INTERVAL_MS}ms" if interval_ms > DOWN_INTERVAL_MS else ""
