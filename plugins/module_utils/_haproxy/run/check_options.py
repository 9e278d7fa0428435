# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert the options of the module haproxy_checker into a checker's model. Pure; private to the collection."""

from __future__ import annotations

import typing as t

from ..._common.names import digest
from ..._model.request_line import parse_request_line

Json = t.Dict[str, t.Any]

# Option (milliseconds or counts) -> key of the model.
NUMBERS = {
    "interval": "interval_ms",
    "response_timeout": "response_timeout_ms",
    "healthy_threshold": "healthy_threshold",
    "unhealthy_threshold": "unhealthy_threshold",
}


def model_from_options(checks: list[Json], controls: list[Json], *, address: str = "") -> Json:
    """The model of render_checker.

    Args:
        checks: Entries of the option C(checks).
        controls: Entries of the option C(controls).
        address: The option C(address).

    Raises:
        ValueError: A request line can't be read; the text names its check.
    """
    return {
        "address": address,
        "checks": [_check(check) for check in checks],
        "controls": [
            {"server": control["server"], "address": control["address"]} for control in controls
        ],
    }


def _check(option: Json) -> Json:
    check: Json = {
        "backend": option["backend"],
        "address": option["address"],
        "port": option["port"],
    }
    check["request"] = request_of(option)
    for given, key in NUMBERS.items():
        check[key] = option.get(given) or 0
    return {**check, "server": option.get("server") or _server_name(check)}


def _server_name(check: Json) -> str:
    """The name of a check's server. A changed check makes a new server, which does not inherit earlier results."""
    address = str(check["address"]).replace("/", "-")
    return f"{address}-{check['port']}-{digest(check)[:6]}"


def request_of(option: Json) -> Json | None:
    """The request of a check from C(request) or C(request_line); None: a TCP connect. C(backend) is for messages.

    Raises:
        ValueError: The request line can't be read.
    """
    given = option.get("request")
    if not given:
        try:
            return parse_request_line(option.get("request_line") or "")
        except ValueError as error:
            raise ValueError(f"check {option['backend']}: request_line: {error}") from None
    headers = [[str(name), str(value)] for name, value in (given.get("headers") or {}).items()]
    return {**{key: given[key] for key in ("method", "uri", "version")}, "headers": headers}
