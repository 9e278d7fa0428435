# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conflicts of load balancers and services without members with other services of the stack. Private; pure."""

from __future__ import annotations

import itertools
import typing as t

from ..._model.problems import quoted
from ..keys import not_run
from ..ports import same_address
from ..relations import Services, find_cycle

Json = t.Mapping[str, t.Any]


def check_balancers(services: Services, stack: str) -> None:
    """Note conflicts between the services of a stack."""
    check_published(services)
    check_aliases(services, stack)
    check_links(services, stack)
    check_reachable(services, stack)


def check_published(services: Services) -> None:
    """Note a host port of a load balancer that another service on the same hosts publishes too."""
    for (first, (one, _place)), (_second, (other, place)) in itertools.combinations(
        services.items(), 2
    ):
        if not (one.get("balancer") or other.get("balancer")) or exclusive(one, other):
            continue
        for port in sorted(common_ports(one, other)):
            place.at("ports").problem(
                f"host port {port} is published by {quoted(first)} as well; choose another port, "
                "or labels of hosts that keep the two apart"
            )


def common_ports(one: Json, other: Json) -> set[int]:
    """Host ports that both services publish on a common address."""
    return {
        mine["public"]
        for mine in one["container"].get("ports", [])
        for theirs in other["container"].get("ports", [])
        if mine["public"] is not None
        and (mine["public"], mine["protocol"]) == (theirs["public"], theirs["protocol"])
        and same_address(mine["ip"], theirs["ip"])
    }


def exclusive(one: Json, other: Json) -> bool:
    """Whether the required host labels exclude members of both on any host."""
    wanted = [dict(map(tuple, item["placement"]["host_label"])) for item in (one, other)]
    if any(wanted[1].get(key, value) != value for key, value in wanted[0].items()):
        return True
    pairs = ((one, other), (other, one))
    return any(refuses(choosy, needy=needy) for choosy, needy in pairs)


def refuses(choosy: Json, *, needy: Json) -> bool:
    """Whether one service excludes hosts with a label that the other requires."""
    needed = needy["placement"]["host_label"]
    return any(pair in needed for pair in choosy["placement"]["host_label_ne"])


def check_aliases(services: Services, stack: str) -> None:
    """Note aliases that refer to themselves, directly or through others."""
    edges = {
        name: ({"depends_on": own_names(service.get("alias_of", []), stack)}, place)
        for name, (service, place) in services.items()
    }
    done: set[str] = set()
    for name in edges:
        cycle = find_cycle(name, edges, done)
        if cycle:
            place = services[cycle[0]][1]
            place.at("links").problem("a circle: " + " -> ".join(quoted(one) for one in cycle))


def own_names(references: t.Iterable[str], stack: str) -> list[str]:
    """Names of the references to services of this stack."""
    split = [reference.partition("/") for reference in references]
    return [name for owner, _slash, name in split if owner == stack]


def check_links(services: Services, stack: str) -> None:
    """Note links to services without members: no container has their name."""
    advice = {
        "external": "its name does not resolve: write extra_hosts, or its address",
        "alias": "its name does not resolve: link the services that it stands for",
    }
    for service, place in services.values():
        for link in service["links"]:
            target = services.get(link["service"]) if link["stack"] == stack else None
            kind = target[0].get("kind", "container") if target else "container"
            if kind in advice:
                place.at("links").problem(f"{quoted(link['service'])} {not_run(advice[kind])}")


def check_reachable(services: Services, stack: str) -> None:
    """Note targets that have no address on the managed network."""
    targets = {
        name: balancer
        for balancer, (service, _place) in services.items()
        for rule in (service.get("balancer") or {"rules": []})["rules"]
        for name in own_names([rule["service"] or ""], stack)
    }
    for name, balancer in targets.items():
        service, place = services.get(name, ({"network": "managed"}, None))
        if place and service["network"] != "managed":
            place.at("network_mode").problem(
                f"{quoted(service['network'])} {not_run('the load balancer ' + quoted(balancer))} "
                "reaches its targets on the managed network"
            )
