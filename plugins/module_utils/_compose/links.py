# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links, external links and depends_on. Private to the collection."""

from __future__ import annotations

import functools
import re
import typing as t

from .._common.constants import MAX_DNS_LABEL
from .._common.names import stack_name
from .._model.gates import CONDITIONS
from .._model.problems import Invalid, Place, did_you_mean, quoted
from .values import entries, is_empty, kind_of, line, wanted

ALIAS_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?")
LONGEST_ALIAS = 253
CONDITION_KEYS = ("condition", "restart", "required")
STARTED = "service_started"

Link = t.Dict[str, str]
# Names of the stack's services; None if they are not known (one service on one host).
Services = t.Optional[t.Collection[str]]


def all_links(
    keys: t.Mapping[str, t.Any], stack: str, services: Services, place: Place
) -> list[Link]:
    """The links to services of this stack and of others, each once."""
    parsers: dict[str, t.Callable[..., Link]] = {
        "links": parse_link,
        "external_links": parse_external,
    }
    found: list[Link] = []
    for key, parse in parsers.items():
        for index, item in enumerate(link_items(keys.get(key), place.at(key))):
            here = place.at(key).at(index)
            one = here.attempt(functools.partial(parse, stack=stack), item)
            if one and known_target(one, stack, services, here):
                add_link(found, one, here)
    return found


def link_items(value: t.Any, place: Place) -> list[t.Any]:
    """The entries of links: a list, or a map of target to alias."""
    if is_empty(value):
        return []
    if isinstance(value, t.Mapping):
        return [f"{target}:{alias}" if alias else target for target, alias in value.items()]
    return entries(value, place, line)


def parse_link(written: str, stack: str) -> Link:
    """A link C(service[:alias])."""
    target, _colon, alias = written.strip().partition(":")
    if not target:
        raise wanted('a service, or "service:alias"', written)
    if "/" in target:
        raise Invalid(f"{quoted(target)} is in another stack: write it under external_links")
    return {"stack": stack, "service": target, "alias": checked_alias(alias or target)}


def parse_external(written: str, stack: str) -> Link:
    """A link C([stack/]service[:alias]). An empty variable may leave it without a target; then it has no effect."""
    target, _colon, alias = written.strip().partition(":")
    other, slash, service = target.rpartition("/")
    if not service and not other:
        return {"stack": "", "service": "", "alias": alias}
    other = stack_name(other) if slash else stack
    if not other or not service or "/" in target.replace("/", "", 1):
        raise wanted('"stack/service" or "stack/service:alias"', written)
    return {"stack": other, "service": service, "alias": checked_alias(alias or service)}


def checked_alias(alias: str) -> str:
    """A name that is valid in DNS."""
    parts = alias.split(".")
    if len(alias) > LONGEST_ALIAS or any(len(part) > MAX_DNS_LABEL for part in parts):
        raise Invalid(f"the alias {quoted(alias)} is longer than DNS allows (63 between dots)")
    if not all(ALIAS_LABEL.fullmatch(part) for part in parts):
        raise Invalid(f"the alias {quoted(alias)} is no host name")
    return alias


def known_target(link: Link, stack: str, services: Services, place: Place) -> bool:
    """Whether the target of a link exists; notes a problem if not."""
    if not link["service"]:
        place.warn("points to nothing (is a variable not set?) and is ignored")
        return False
    if link["stack"] == stack and services is not None and link["service"] not in services:
        place.problem(missing(link["service"], services))
        return False
    return True


def missing(target: str, services: t.Collection[str], where: str = "the stack") -> str:
    """The message for a service that is not in the stack, or not in a file."""
    return f"{where} has no service {quoted(target)}{did_you_mean(target, services)}"


def add_link(found: list[Link], link: Link, place: Place) -> None:
    """Add a link; an alias must not refer to two services."""
    if link in found:
        return
    if any(link["alias"].lower() == other["alias"].lower() for other in found):
        place.problem(f"the alias {quoted(link['alias'])} is taken by another link")
        return
    found.append(link)


def depends_on(value: t.Any, services: Services, place: Place) -> list[str]:
    """The services to start before this one."""
    if is_empty(value):
        return []
    if isinstance(value, t.Mapping):
        names = [name for name, item in value.items() if wants(name, item, services, place)]
    else:
        names = list(dict.fromkeys(entries(value, place, line)))
    for name in names:
        if services is not None and name not in services:
            place.problem(missing(name, services))
    return names


def gates(value: t.Any, services: Services) -> dict[str, str]:
    """What must be true of other services before each start of a member, by service. Faults are noted elsewhere."""
    items = value.items() if isinstance(value, t.Mapping) else ()
    return {
        name: CONDITIONS[item["condition"]]
        for name, item in items
        if isinstance(item, t.Mapping)
        and item.get("condition") in CONDITIONS
        and (services is None or name in services)
    }


def wants(name: str, item: t.Any, services: Services, place: Place) -> bool:
    """Whether an entry of the map form requires a service; notes unsupported conditions."""
    here = place.at(name)
    if item is None:
        return True
    if not isinstance(item, t.Mapping):
        here.problem(f"must be a map, not {kind_of(item)}")
        return False
    for key in item:
        if key not in CONDITION_KEYS:
            here.at(key).problem("unknown key" + did_you_mean(key, CONDITION_KEYS))
    condition = item.get("condition") or STARTED
    if condition not in (STARTED, *CONDITIONS):
        known = (STARTED, *CONDITIONS)
        here.at("condition").problem(
            f"must be one of {', '.join(known)}, not {quoted(str(condition))}"
            + did_you_mean(str(condition), known)
        )
    if str(item.get("restart")).lower() == "true":
        here.at("restart").warn("has no effect: members are not restarted with what they depend on")
    optional = str(item.get("required")).lower() == "false"
    return not (optional and services is not None and name not in services)
