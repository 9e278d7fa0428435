# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our extensions of Rancher's lb_config: no retries, and HAProxy's statistics page. Private to the collection."""

from __future__ import annotations

import typing as t

from ..._model.problems import Invalid, Place, did_you_mean
from ..values import boolean, is_empty, kind_of, line, whole_between

KEYS = ("retry", "statistics")
STATISTICS_KEYS = ("port", "user", "password")
OWN_PORTS = {42: "its own health check", 8404: "its metrics"}

Json = t.Dict[str, t.Any]


def extras(config: t.Mapping[str, t.Any], ports: t.Collection[int], place: Place) -> Json:
    """C(retry) and C(statistics) of a load balancer.

    Args:
        config: its lb_config.
        ports: its source ports.
        place: the place of lb_config.
    """
    retry = config.get("retry")
    return {
        "retry": True if is_blank(retry) else bool(place.at("retry").attempt(boolean, retry)),
        "statistics": statistics(config.get("statistics"), ports, place.at("statistics")),
    }


def is_blank(value: t.Any) -> bool:
    """Whether a value is empty; false is not."""
    return value is None or value == ""


def statistics(value: t.Any, ports: t.Collection[int], place: Place) -> Json | None:
    """Port, user and password of the page; None if it is not requested."""
    if is_empty(value):
        return None
    if not isinstance(value, t.Mapping):
        place.problem(f"must be a map with port and password, not {kind_of(value)}")
        return None
    for key in value:
        if key not in STATISTICS_KEYS:
            place.at(str(key)).problem("unknown key" + did_you_mean(str(key), STATISTICS_KEYS))
    port = place.at("port").attempt(lambda item: free_port(item, ports), value.get("port"))
    user = place.at("user").attempt(login_word, value.get("user") or "admin")
    password = place.at("password").attempt(login_word, value.get("password"))
    return {"port": port, "user": user, "password": password}


def free_port(value: t.Any, ports: t.Collection[int]) -> int:
    """A port without another listener of the load balancer."""
    if is_empty(value):
        raise Invalid(
            "is missing: name a port, for example 9000, and publish it with ports if you want to"
        )
    port = int(whole_between(1, 65535)(value))
    if port in OWN_PORTS:
        raise Invalid(f"{port} is the port of {OWN_PORTS[port]}; choose another one")
    if port in ports:
        raise Invalid(f"{port} is a source port of a rule; choose another one")
    return port


def login_word(value: t.Any) -> str:
    """A user or a password: a word without a colon."""
    if is_empty(value):
        raise Invalid(
            "is missing: the page shows what is behind the load balancer, so it has a password"
        )
    text = line(value)
    if ":" in text or any(character.isspace() for character in text) or not text.isascii():
        raise Invalid("must be plain letters, digits and signs, without spaces and colons")
    return text
