# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of load balancers, and the conflicts between them. Private to the collection."""

from __future__ import annotations

import functools
import typing as t

from ..._model.problems import Place, did_you_mean
from ..keys import not_run
from ..links import Services, missing
from ..values import is_empty, kind_of
from . import values
from .values import HTTP_PROTOCOLS, given

KEYS = (
    "source_port",
    "target_port",
    "service",
    "selector",
    "hostname",
    "path",
    "protocol",
    "priority",
    "backend_name",
    "weight",
)
# Keys of Rancher's API and of its last versions.
NOT_RUN_KEYS = {
    "container": "write a service, also one with external_ips",
    "environment": "there are no environments",
    "region": "there are no regions",
}
TARGET_KEYS = ("target_port", "hostname", "path", "backend_name")
DEFAULT_PROTOCOL = "http"

Rule = t.Dict[str, t.Any]
Placed = t.Tuple[Rule, Place]


def rule_maps(value: t.Any, place: Place) -> list[tuple[t.Mapping[str, t.Any], Place]]:
    """The entries of C(port_rules), each with its place; entries that are not maps are noted."""
    if is_empty(value):
        return []
    if not isinstance(value, (list, tuple)):
        place.problem(f"must be a list of rules, not {kind_of(value)}")
        return []
    found = []
    for index, item in enumerate(value):
        here = place.at(index)
        if isinstance(item, t.Mapping):
            found.append((item, here))
        else:
            here.problem(f'must be a map with "source_port" and so on, not {kind_of(item)}')
    return found


def has_source_port(value: t.Any) -> bool:
    """Whether any rule has a source port, which makes a service a load balancer."""
    entries = value if isinstance(value, (list, tuple)) else []
    return any(isinstance(item, t.Mapping) and says(item.get("source_port")) for item in entries)


def says(value: t.Any) -> bool:
    """Whether a number is given; in Rancher 0, also as text, means that it is not."""
    return not is_empty(value) and value != "0"


def check_names(value: t.Mapping[str, t.Any], place: Place) -> None:
    """Note keys of a rule that are unknown or unsupported."""
    for key, item in value.items():
        if key in NOT_RUN_KEYS:
            if not is_empty(item):
                place.at(key).problem(not_run(NOT_RUN_KEYS[key]))
        elif key not in KEYS and not str(key).startswith("x-"):
            place.at(key).problem("unknown key" + did_you_mean(str(key), KEYS))


def listening_rule(
    value: t.Mapping[str, t.Any], *, stack: str, services: Services, place: Place
) -> Rule:
    """One rule of a load balancer, with every key of the schema; problems are noted."""
    check_names(value, place)
    rule = {
        "source_port": required(value, "source_port", place, values.source_port),
        "protocol": given(value, "protocol", place, values.protocol, DEFAULT_PROTOCOL),
        "service": given(
            value, "service", place, functools.partial(values.reference, stack=stack), None
        ),
        "selector": given(value, "selector", place, values.selector, None),
        "target_port": given(value, "target_port", place, values.zero_or(values.port), 0),
        "hostname": given(value, "hostname", place, values.hostname, ""),
        "path": given(value, "path", place, values.path, ""),
        "priority": given(value, "priority", place, values.priority, 0),
        "backend_name": given(value, "backend_name", place, values.backend_name, ""),
        "weight": given(value, "weight", place, values.weight, 1),
    }
    check_target(value, place)
    check_known(rule["service"], stack, services, place.at("service"))
    return without_what_cannot_match(rule, place)


def required(
    value: t.Mapping[str, t.Any], key: str, place: Place, convert: t.Callable[[t.Any], int]
) -> int:
    """A required number; 0, with a problem noted, if it is missing."""
    if not says(value.get(key)):
        unset = value.get(key) == ""
        hint = "; is a variable not set?" if unset else "; write a port, 1 to 65535"
        place.at(key).problem(f"is missing{hint}")
        return 0
    return int(place.at(key).attempt(convert, value[key]) or 0)


def check_target(value: t.Mapping[str, t.Any], place: Place) -> None:
    """Note a rule without a target, or with two."""
    by_service, by_selector = (
        not is_empty(value.get("service")),
        not is_empty(value.get("selector")),
    )
    if by_service and by_selector:
        place.at("selector").problem('"service" says the target as well; keep one of the two')
    elif not by_service and not by_selector:
        unset = "; is a variable not set?" if value.get("service") == "" else ""
        place.at("service").problem(f'is missing: write "service" or "selector"{unset}')
    elif by_service and not says(value.get("target_port")):
        unset = "; is a variable not set?" if value.get("target_port") == "" else ""
        place.at("target_port").problem(f"is missing: write the port of the service{unset}")


def check_known(target: str | None, stack: str, services: Services, place: Place) -> None:
    """Note a missing target in this stack; other stacks may be deployed later."""
    owner, _slash, name = (target or "").partition("/")
    if target and owner == stack and services is not None and name not in services:
        place.problem(missing(name, services))
    elif target and owner == stack and name == place.service:
        place.problem("is this very load balancer; write another service")


def without_what_cannot_match(rule: Rule, place: Place) -> Rule:
    """The rule without host and path if its protocol has none; Rancher, too, pooled all targets of such a port."""
    shown = rule["protocol"]
    unread = {"tcp": ("hostname", "path"), "tls": ("hostname", "path"), "sni": ("path",)}
    for key in unread.get(shown, ()):
        if rule[key]:
            place.at(key).warn(f"has no effect with the protocol {shown}")
            rule = {**rule, key: ""}
    return rule


def together(rules: t.Sequence[Placed]) -> list[Placed]:
    """The rules without duplicates; conflicts are noted."""
    check_protocols(rules)
    found: dict[tuple[t.Any, ...], Placed] = {}
    for number, (rule, place) in enumerate(rules):
        target = rule["service"] or number
        match = (rule["source_port"], rule["hostname"], rule["path"].lower(), target)
        first = found.setdefault(match, (rule, place))
        if first[0] is not rule:
            place.warn(
                f"has no effect, as in Rancher: {first[1].key} has the same port, host, path and service"
            )
    check_backends([item for item in found.values() if item[0]["source_port"]])
    return list(found.values())


def check_protocols(rules: t.Sequence[Placed]) -> None:
    """Note ports with more than one protocol."""
    first_of_port: dict[int, Rule] = {}
    for rule, place in rules:
        first = first_of_port.setdefault(rule["source_port"], rule)
        if rule["source_port"] and first["protocol"] != rule["protocol"]:
            place.at("protocol").problem(
                f"port {rule['source_port']} has the protocol {first['protocol']} already; "
                "one port has one protocol"
            )


def check_backends(rules: t.Sequence[Placed]) -> None:
    """Note names that were given to two backends; rules with the same port, host and path are one backend.

    Generated names never collide: the planner sees to that.
    """
    pools: dict[tuple[t.Any, ...], list[Placed]] = {}
    for rule, place in rules:
        if rule["selector"] is None:
            match = (rule["source_port"], rule["hostname"], rule["path"].lower())
            pools.setdefault(match, []).append((rule, place))
    taken: dict[str, str] = {}
    for pool in pools.values():
        name, place = given_name(pool)
        if name in taken:
            place.at("backend_name").problem(
                f'"{name}" is the backend of {taken[name]} already, which has another port, host '
                "or path; write another backend_name"
            )
        if name:
            taken.setdefault(name, place.key)


def given_name(pool: t.Sequence[Placed]) -> tuple[str, Place]:
    """The first name that was given to the backend of a pool of rules, and where; empty if none was."""
    given = [(rule["backend_name"], place) for rule, place in pool if rule["backend_name"]]
    name, where = given[0] if given else ("", pool[0][1])
    for other, place in given:
        if other != name:
            place.at("backend_name").warn(
                f'has no effect: the same port, host and path are the backend "{name}" already'
            )
    return name, where


def target_rules(value: t.Any, place: Place) -> list[Rule]:
    """Rules of a service for load balancers with a selector: its ports, with the host and path of each."""
    found = []
    for item, here in rule_maps(value, place):
        check_names(item, here)
        for key in ("service", "selector"):
            if not is_empty(item.get(key)):
                here.at("source_port").problem(
                    f'is missing: a rule with "{key}" is that of a load balancer'
                )
        for key in ("protocol", "priority", "weight"):
            if says(item.get(key)):
                here.at(key).warn("has no effect: the rule of the load balancer says it")
        found.append(
            {
                "target_port": given(item, "target_port", here, values.zero_or(values.port), 0),
                "hostname": given(item, "hostname", here, values.hostname, ""),
                "path": given(item, "path", here, values.path, ""),
                "backend_name": given(item, "backend_name", here, values.backend_name, ""),
            }
        )
    return found


def listens(rules: t.Iterable[Rule], protocols: t.Sequence[str] = HTTP_PROTOCOLS) -> bool:
    """Whether any rule has one of the protocols."""
    return any(rule["protocol"] in protocols for rule in rules)
