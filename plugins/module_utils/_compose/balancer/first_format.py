# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers of Rancher's first format: ports, links and labels converted into rules. Private to the collection.

Each port leads to each linked service. A label io.rancher.loadbalancer.target.SERVICE replaces the rules of that
service, on the ports that it names or on all, with one rule for each of its entries.
"""

from __future__ import annotations

import functools
import re
import typing as t

from ..._model.problems import Invalid, Place, quoted
from ..links import Link, Services, known_target, link_items, parse_external, parse_link
from ..ports import address
from ..values import is_empty, kind_of, line, wanted, whole_between
from . import values
from .rules import DEFAULT_PROTOCOL, Placed, Rule

TARGET_LABEL = "io.rancher.loadbalancer.target."
SSL_LABEL = "io.rancher.loadbalancer.ssl.ports"
PROXY_LABEL = "io.rancher.loadbalancer.proxy-protocol.ports"
SELECTOR_LABEL = "io.rancher.service.selector.link"

PORT = re.compile(r"(?:(?P<ip>\[[^\]]*\]|[^:]*):)??(?:(?P<source>[^:]*):)?(?P<target>[^:]*)")
ITEM = re.compile(r"(?P<head>[^/=]*)(?P<path>/[^=]*)?(?:=(?P<target>[^=]*))?")
HEAD = re.compile(r"(?P<host>[^:]*?)(?:(?:^|:)(?P<source>[0-9]*))?")

Entry = t.Dict[str, t.Any]


def listeners(keys: t.Mapping[str, t.Any], place: Place) -> list[tuple[Entry, Place]]:
    """The ports of the load balancer, C(published) or only exposed, each with its place."""
    found = []
    for key in ("ports", "expose"):
        value = keys.get(key)
        if is_empty(value):
            continue
        if isinstance(value, t.Mapping):
            place.at(key).problem(f"must be a list, not {kind_of(value)}")
            continue
        for index, item in enumerate(value if isinstance(value, (list, tuple)) else [value]):
            here = place.at(key).at(index)
            entry = here.attempt(parse_listener, item)
            if entry:
                found.append(({**entry, "published": key == "ports"}, here))
    return found


def parse_listener(value: t.Any) -> Entry:
    """C([ip:][source:]target[/protocol]); a single number is both ports."""
    written = line(value).strip()
    body, slash, protocol = written.partition("/")
    match = PORT.fullmatch(body)
    if not match or not match["target"]:
        raise wanted('a port such as "80", "80:8080" or "80:8080/tcp"', written)
    source = match["target"] if match["source"] is None else match["source"]
    if not source:
        raise Invalid(f"{quoted(written)} has no source port; is a variable not set?")
    return {
        "ip": address(match["ip"] or ""),
        "source_port": values.source_port(source),
        "target_port": values.port(match["target"]),
        "protocol": values.protocol(protocol) if slash else DEFAULT_PROTOCOL,
    }


def linked(
    keys: t.Mapping[str, t.Any], *, stack: str, services: Services, place: Place
) -> list[str]:
    """The services behind a load balancer or an alias, as C(stack/service)."""
    parsers: dict[str, t.Callable[..., Link]] = {
        "links": parse_link,
        "external_links": parse_external,
    }
    found: dict[str, None] = {}
    for key, parse in parsers.items():
        for index, item in enumerate(link_items(keys.get(key), place.at(key))):
            here = place.at(key).at(index)
            link = here.attempt(functools.partial(parse, stack=stack), item)
            if not link or not known_target(link, stack, services, here):
                continue
            if (link["stack"], link["service"]) == (stack, place.service):
                here.problem("is this very service; write another one")
            else:
                found[f"{link['stack']}/{link['service']}"] = None
    return list(found)


def legacy_rules(
    entries: t.Sequence[tuple[Entry, Place]],
    targets: t.Sequence[str],
    labels: t.Mapping[str, str],
    *,
    stack: str,
    place: Place,
) -> list[Placed]:
    """One rule for each port and linked service, modified by the labels."""
    base = [
        (new_rule(entry, service=target), here) for entry, here in entries for target in targets
    ]
    chosen = labels.get(SELECTOR_LABEL, "")
    selector = place.at(SELECTOR_LABEL).attempt(values.selector, chosen) if chosen else None
    if selector:
        base += [(new_rule(entry, selector=selector), here) for entry, here in entries]
    for name, text in labels.items():
        if name.startswith(TARGET_LABEL) and text.strip():
            target = name[len(TARGET_LABEL) :]
            base = apply_label(base, target, text, stack=stack, place=place.at(name))
    return with_tls(base, labels.get(SSL_LABEL, ""), place.at(SSL_LABEL))


def new_rule(
    entry: Entry, *, service: str | None = None, selector: values.Selector | None = None
) -> Rule:
    """A rule from a port and a link alone."""
    return {
        "source_port": entry["source_port"],
        "protocol": entry["protocol"],
        "service": service,
        "selector": selector,
        "target_port": entry["target_port"],
        "hostname": "",
        "path": "",
        "priority": 0,
        "backend_name": "",
        "weight": 1,
    }


def apply_label(
    base: t.Sequence[Placed], target: str, text: str, *, stack: str, place: Place
) -> list[Placed]:
    """The rules, with those of one service replaced according to its label."""
    reference = place.attempt(lambda item: values.reference(item, stack), target)
    if reference is None:
        return list(base)
    items = [place.attempt(parse_item, item) for item in text.split(",") if item.strip()]
    entries = [item for item in items if item]
    if reference not in {rule["service"] for rule, _place in base}:
        place.warn(f"has no effect: {quoted(target)} is not among the links")
    note_unused(entries, {rule["source_port"] for rule, _place in base}, place)
    found: list[Placed] = []
    for rule, here in base:
        changes = [item for item in entries if item["source_port"] in (0, rule["source_port"])]
        if rule["service"] != reference or not changes:
            found.append((rule, here))
            continue
        found += [(changed_rule(rule, change), place) for change in changes]
    return found


def note_unused(entries: t.Sequence[Entry], ports: t.Collection[int], place: Place) -> None:
    """Note label entries for ports that the load balancer does not have."""
    for entry in entries:
        if entry["source_port"] and entry["source_port"] not in ports:
            place.warn(f"has no effect on port {entry['source_port']}, which is no port of it")


def changed_rule(rule: Rule, change: Entry) -> Rule:
    """A rule with host, path and target port of a label's entry."""
    return {
        **rule,
        "hostname": change["hostname"],
        "path": change["path"],
        "target_port": change["target_port"] or rule["target_port"],
    }


def parse_item(text: str) -> Entry:
    """C([host][:source_port][/path][=target_port]); a number alone is the target port."""
    written = line(text).strip()
    match = ITEM.fullmatch(written)
    head = HEAD.fullmatch(match["head"]) if match else None
    if not match or not head:
        raise wanted('"host:port/path=port", each part optional', written)
    host, source = head["host"], head["source"] or ""
    target = match["target"] or ""
    if not host and source and not match["path"] and match["target"] is None:
        source, target = "", source
    return {
        "hostname": values.hostname(host) if host else "",
        "source_port": whole_between(1, 65535)(source) if source else 0,
        "path": values.path(match["path"]) if match["path"] else "",
        "target_port": values.port(target) if target else 0,
    }


def with_tls(rules: t.Sequence[Placed], text: str, place: Place) -> list[Placed]:
    """The rules, with https on the label's ports."""
    ports = port_list(text, {rule["source_port"] for rule, _place in rules}, place)
    return [
        ({**rule, "protocol": "https"} if rule["source_port"] in ports else rule, here)
        for rule, here in rules
    ]


def port_list(text: str, known: t.Collection[int], place: Place) -> list[int]:
    """Source ports of a comma list; ports that the load balancer lacks are noted."""
    found = []
    for item in text.split(","):
        number = place.attempt(values.port, item.strip()) if item.strip() else None
        if number is not None and number not in known:
            place.warn(f"has no effect on port {number}, which is no port of it")
        elif number is not None:
            found.append(number)
    return found
