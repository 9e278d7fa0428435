# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks of Compose: all services share the managed one, on which aliases resolve. Private to the collection.

What a person may rely on and would not get (no way out, a fixed address) is refused, unless the file accepts it.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._model.problems import Place, did_you_mean, quoted
from .keys import X_DROVER, not_run
from .links import checked_alias
from .values import boolean, entries, is_empty, kind_of, line

SHARED = "shared_network"
TOP_KEYS = (
    "attachable",
    "driver",
    "driver_opts",
    "enable_ipv4",
    "enable_ipv6",
    "external",
    "internal",
    "ipam",
    "labels",
    "name",
)
SERVICE_KEYS = (
    "aliases",
    "driver_opts",
    "gw_priority",
    "interface_name",
    "ipv4_address",
    "ipv6_address",
    "link_local_ips",
    "mac_address",
    "priority",
)
# Keys of a service's network that promise something.
PROMISES = ("driver_opts", "interface_name", "ipv4_address", "ipv6_address", "link_local_ips")
DRIVERS = ("", "bridge", "default", "overlay")
DEFAULT = "default"
ACCEPT = f"write {X_DROVER}: {{{SHARED}: true}} at the top level to run it all the same"

Json = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Networks:
    """What a stack's file says of networks.

    Attributes:
        names: Those that it declares; None if that is not known (one service on one host).
        shared: Whether it accepts that all is on one network.
    """

    names: frozenset[str] | None = None
    shared: bool = False


def shares_network(value: t.Any, place: Place) -> bool:
    """Whether a file accepts the one network, by its top-level C(x-drover)."""
    if is_empty(value):
        return False
    if not isinstance(value, t.Mapping):
        place.problem(f"must be a map, not {kind_of(value)}")
        return False
    for key in value:
        if key != SHARED:
            place.at(key).problem("unknown key" + did_you_mean(key, (SHARED,)))
    return value.get(SHARED) is not None and bool(place.at(SHARED).attempt(boolean, value[SHARED]))


def declared_networks(declared: Json, shared: bool, place: Place) -> Networks:
    """Check the top-level networks; C(place) is the place of the key "networks"."""
    external = []
    for name, value in declared.items():
        here = place.at(name)
        if is_empty(value):
            continue
        if not isinstance(value, t.Mapping):
            here.problem(f'must be a map with "driver" and so on, not {kind_of(value)}')
            continue
        if not is_empty(value.get("external")):
            external.append(name)
        check_declared(value, shared, here)
    note_shared(declared, external, place)
    return Networks(frozenset({*declared, DEFAULT}), shared)


def check_declared(value: Json, shared: bool, place: Place) -> None:
    """Note unknown keys, and what is promised and would not be kept."""
    for key in value:
        if key not in TOP_KEYS and not key.startswith("x-"):
            place.at(key).problem("unknown key" + did_you_mean(key, TOP_KEYS))
    internal = value.get("internal")
    if internal not in (None, "") and place.at("internal").attempt(boolean, internal):
        refuse("members reach the outside", shared, place.at("internal"))
    driver = str(value.get("driver") or "")
    if driver not in DRIVERS:
        refuse(f"there is no network of the driver {quoted(driver)}", shared, place.at("driver"))
    if not is_empty(value.get("driver_opts")):
        refuse("the managed network has its own options", shared, place.at("driver_opts"))


def refuse(why: str, shared: bool, place: Place) -> None:
    """Note a promise that is not kept: as a problem, or as a warning if the person accepts that."""
    if shared:
        place.warn(f"is not kept: {why}")
    else:
        place.problem(not_run(f"{why}; {ACCEPT}"))


def note_shared(declared: t.Collection[str], external: t.Sequence[str], place: Place) -> None:
    """Say once what a person may expect of networks and does not get."""
    if not declared:
        return
    outside = ""
    if external:
        named = ", ".join(map(quoted, external))
        outside = f"; nothing joins {named}, so other containers there do not find these by name"
    place.warn(
        "all services share the managed network, on which their names and aliases resolve; "
        f"they are not kept apart{outside}"
    )


def service_aliases(value: t.Any, networks: Networks, place: Place) -> list[str]:
    """The further names of a service, from its key C(networks)."""
    if is_empty(value):
        return []
    is_map = isinstance(value, t.Mapping)
    items = dict(value) if is_map else dict.fromkeys(entries(value, place, line))
    found: dict[str, None] = {}
    for name, item in items.items():
        here = place.at(name)
        if networks.names is not None and name not in networks.names:
            here.problem("the file declares no such network" + did_you_mean(name, networks.names))
        if is_empty(item):
            continue
        if isinstance(item, t.Mapping):
            found.update(dict.fromkeys(of_network(item, networks, here)))
        else:
            here.problem(f'must be a map with "aliases" and so on, not {kind_of(item)}')
    return list(found)


def of_network(item: Json, networks: Networks, place: Place) -> list[str]:
    """The aliases on one network; notes what would not be kept."""
    for key, value in item.items():
        if key not in SERVICE_KEYS and not key.startswith("x-"):
            place.at(key).problem("unknown key" + did_you_mean(key, SERVICE_KEYS))
        elif key == "mac_address" and not is_empty(value):
            place.at(key).problem(not_run("write mac_address of the service"))
        elif key in PROMISES and not is_empty(value):
            refuse(
                "every member has an address of the managed network", networks.shared, place.at(key)
            )
    return entries(item.get("aliases") or [], place.at("aliases"), alias)


def alias(value: t.Any) -> str:
    """A further name, valid in DNS."""
    return checked_alias(line(value).strip())
