# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rancher's health_check of a service, in the form of docs/schema.md section 10. Private to the collection.

It is not the engine's own check of a container: that is the key healthcheck, in engine_healthcheck.py.
"""

from __future__ import annotations

import re
import typing as t

from .._model.problems import Invalid, Place, did_you_mean, quoted
from .._model.request_line import Request, parse_request_line
from .keys import not_run
from .labels import START_ONCE
from .values import is_empty, kind_of, text, wanted, whole, whole_between

QUORUM_CONFIG = "recreate_on_quorum_strategy_config"
# "name" is from old Rancher versions; it never had an effect.
KEYS = (
    "port",
    "request_line",
    "interval",
    "response_timeout",
    "healthy_threshold",
    "unhealthy_threshold",
    "initializing_timeout",
    "reinitializing_timeout",
    "strategy",
    QUORUM_CONFIG,
    "name",
)
STRATEGIES = ("none", "recreate", "recreateOnQuorum")
STRATEGY_DEFAULT = "recreate"
ON_QUORUM = "recreateOnQuorum"

# Shorter ones are seconds written as milliseconds, or cause more load than benefit.
SHORTEST_CHECK_MS = 100
SHORTEST_TIMEOUT_MS = 1000
LONGEST_MS = 24 * 3600 * 1000
MOST_CHECKS = 1000
MOST_MEMBERS = 9999
INITIALIZING_MS = 60000
"""The time that a member may take to become healthy if the file gives none; Rancher waited for ever."""


def health_check(
    value: t.Any,
    *,
    service: t.Mapping[str, t.Any],
    place: Place,
) -> dict[str, t.Any] | None:
    """The health check of a service; None if there is none that can have an effect.

    Args:
        value: the value of C(health_check) in the stack file.
        service: the canonical C(network), C(start_once), C(global) and C(scale) of the service.
        place: the place of the key.
    """
    if is_empty(value):
        return None
    if not isinstance(value, t.Mapping):
        place.problem(f'must be a map with "port" and so on, not {kind_of(value)}')
        return None
    check_names(value, KEYS, place)
    found = convert(value, place)
    if service["network"] != "managed":
        place.problem(not_run_on(service["network"]))
    if service["start_once"]:
        place.warn(
            f"has no effect beside the label {START_ONCE}: such members run once, well or not"
        )
        return None
    warn_of_quorum(value, found, service, place)
    return found


def not_run_on(network: str) -> str:
    """The message for a service whose members no checker can reach."""
    advice = "only members on the managed network are checked: remove one of the two"
    return f'{not_run("")} with network_mode "{network}"; {advice}'


def check_names(value: t.Mapping[str, t.Any], known: t.Sequence[str], place: Place) -> None:
    """Note unknown keys."""
    for key in value:
        if key not in known and not key.startswith("x-"):
            place.at(key).problem("unknown key" + did_you_mean(key, known))


def convert(value: t.Mapping[str, t.Any], place: Place) -> dict[str, t.Any]:
    """Every key of the schema; complete only if no problem was noted."""

    def attempt(key: str, converter: t.Callable[[t.Any], t.Any], default: t.Any) -> t.Any:
        given = value.get(key)
        return default if given is None or given == "" else place.at(key).attempt(converter, given)

    often = unset_or(whole_between(1, MOST_CHECKS))
    check_ms, timeout_ms = milliseconds(SHORTEST_CHECK_MS), milliseconds(SHORTEST_TIMEOUT_MS)
    return {
        "port": place.at("port").attempt(port, value.get("port")),
        "request": attempt("request_line", request, None),
        "interval_ms": attempt("interval", check_ms, 0),
        "response_timeout_ms": attempt("response_timeout", check_ms, 0),
        "healthy_threshold": attempt("healthy_threshold", often, 0),
        "unhealthy_threshold": attempt("unhealthy_threshold", often, 0),
        "initializing_timeout_ms": attempt("initializing_timeout", timeout_ms, INITIALIZING_MS),
        "reinitializing_timeout_ms": attempt("reinitializing_timeout", timeout_ms, INITIALIZING_MS),
        "strategy": attempt("strategy", strategy, STRATEGY_DEFAULT),
        "quorum": quorum(value.get(QUORUM_CONFIG), place.at(QUORUM_CONFIG)),
    }


def port(value: t.Any) -> int:
    """The checked port of the container; every check needs one."""
    if value is None or (value != "" and whole(value) == 0):
        raise Invalid("is missing; write the container's port that is to answer, 1 to 65535")
    return whole_between(1, 65535)(value)


def request(value: t.Any) -> Request | None:
    """The request of an HTTP check; None for a TCP connect."""
    return parse_request_line(text(value))


def milliseconds(least: int) -> t.Callable[[t.Any], int]:
    """A converter to a time of at least this many milliseconds; 0 has a special meaning and passes."""

    def ms(value: t.Any) -> int:
        result = whole_ms(value)
        if result != 0 and not least <= result <= LONGEST_MS:
            raise Invalid(
                f"must be from {least} to {LONGEST_MS} ms, not {result}{in_seconds(result)}"
            )
        return result

    return ms


def whole_ms(value: t.Any) -> int:
    """A whole number; the error for other text says that milliseconds are expected."""
    try:
        return whole(value)
    except Invalid:
        if isinstance(value, int) and not isinstance(value, bool):
            raise
        shown = str(value) if isinstance(value, float) else value
        raise wanted("a whole number of milliseconds, such as 2000", shown) from None


def in_seconds(value: int) -> str:
    """The hint for a number that was probably meant in seconds."""
    return f"; {value} s are written {value * 1000}" if 0 < value < SHORTEST_TIMEOUT_MS else ""


def unset_or(converter: t.Callable[[t.Any], int]) -> t.Callable[[t.Any], int]:
    """A converter for which 0 counts as not set."""
    return lambda value: 0 if whole(value) == 0 else converter(value)


def strategy(value: t.Any) -> str:
    """One of the strategies; case and separators are ignored."""
    written = text(value)
    by_letters = {letters(known): known for known in STRATEGIES}
    if letters(written) not in by_letters:
        known = ", ".join(quoted(one) for one in STRATEGIES)
        raise Invalid(f"must be {known}, not {quoted(written)}{did_you_mean(written, STRATEGIES)}")
    return by_letters[letters(written)]


def letters(word: str) -> str:
    """The word in lower case, without separators."""
    return re.sub(r"[\s_-]", "", word).lower()


def quorum(value: t.Any, place: Place) -> int:
    """The number of healthy members required to replace an unhealthy one; the default is 1, as in Rancher."""
    if is_empty(value):
        return 1
    if not isinstance(value, t.Mapping):
        place.problem(f'must be a map such as "quorum: 2", not {kind_of(value)}')
        return 1
    check_names(value, ("quorum",), place)
    given = value.get("quorum")
    if given is None or given == "":
        return 1
    return place.at("quorum").attempt(whole_between(1, MOST_MEMBERS), given) or 1


def warn_of_quorum(
    value: t.Mapping[str, t.Any],
    found: t.Mapping[str, t.Any],
    service: t.Mapping[str, t.Any],
    place: Place,
) -> None:
    """Warn of a quorum that has no effect, or is never met while a member is unhealthy."""
    if found["strategy"] != ON_QUORUM:
        if not is_empty(value.get(QUORUM_CONFIG)):
            place.at(QUORUM_CONFIG).warn(f"has no effect with the strategy {found['strategy']}")
    elif not service["global"] and found["quorum"] >= service["scale"]:
        place.at("strategy").warn(
            f"at the scale {service['scale']} no unhealthy member is replaced: "
            f"{found['quorum']} others would have to be healthy"
        )
