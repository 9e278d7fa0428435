# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of status about a load balancer: ports, rules, members that are up, and certificates that end soon.

Private to the collection; pure.
"""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._common.times import parse_time
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.stats import takes_requests
from ansible_collections.drover.docker.plugins.module_utils._model.cause_texts import plural
from ansible_collections.drover.docker.plugins.module_utils._model.entry import wanted_slots
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.module_utils._model.observation import (
    BalancerReport,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.balancer.balancers import (
    Balancers,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import World
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import current

Json = dict[str, t.Any]

WARN_DAYS = 30


def balancer_lines(
    world: World, balancers: Balancers, stack: str, name: str, body: Json
) -> list[str]:
    """Return one line for each rule, and one for each certificate that ends within 30 days."""
    service = (current(body) or {})["definition"]["services"][name]
    members = wanted_slots(stack, body["members"], name)
    if not service.get("balancer") or not members:
        return []
    seen = [
        report
        for item in members
        if (report := _report(world, item, body["members"][item.key]["host"]))
    ]
    model = balancers.model(members[0], service)
    lines = [
        f"port {frontend['port']} {frontend['protocol']} {text}: {_state(model, backend, seen)}"
        for frontend in model["frontends"]
        for text, backend in _rules(frontend)
    ]
    unread = [
        str(fact)
        for item in members
        if world.is_seen(body["members"][item.key]["host"])
        for fact in balancers.unread_certificates(item, body["members"][item.key]["host"])
    ]
    nowhere = [item.text for item in balancers.dead_ends(stack, name, service["balancer"])]
    return [*lines, *nowhere, *unread, *_ending(world, body, service["balancer"])]


def _report(world: World, member: MemberId, host: str) -> BalancerReport | None:
    """Return a load balancer's report; None if it was not seen."""
    return world.balancers(host).get(member.dotted) if world.is_seen(host) else None


def _rules(frontend: Json) -> list[tuple[str, str]]:
    """Return the rules of a port in matching order: the request that each matches, and its backend."""
    found = [(f"{rule['hostname']}{rule['path']}", rule["backend"]) for rule in frontend["rules"]]
    return [*found, ("everything else" if found else "everything", frontend["default_backend"])]


def _state(model: Json, name: str, seen: list[BalancerReport]) -> str:
    """Count the members that are up, by the load balancer that sees fewest, and the sessions of all load balancers.

    Faults are counted since HAProxy loaded its config.
    """
    backend = next((item for item in model["backends"] if item["name"] == name), None)
    if backend is None or not backend["servers"]:
        return "503, no target"
    reports = [[item for item in found["reports"] if item["backend"] == name] for found in seen]
    known = [found for found in reports if found]
    if not known:
        return f"{len(backend['servers'])} members, no report yet"
    up = min(sum(takes_requests(item) for item in found) for found in known)
    sessions = sum(item["sessions"] for found in known for item in found)
    text = f"{up} of {len(backend['servers'])} up"
    text = f"{text}, {plural(sessions, 'session')}"
    return ", ".join([text, *_faults(name, seen)])


def _faults(name: str, seen: list[BalancerReport]) -> list[str]:
    """Return what went wrong behind a rule; empty if nothing did."""
    pools = [pool for found in seen if (pool := found.get("pools", {}).get(name))]
    requests = sum(pool["requests"] for pool in pools)
    errors = sum(pool["answers_5xx"] for pool in pools)
    refused = sum(pool["failed_connections"] for pool in pools)
    broken = sum(pool["failed_answers"] for pool in pools)
    found = [f"{errors} of {requests} answered 5xx"] if errors else []
    found += [plural(refused, "failed connection")] if refused else []
    return [*found, *([plural(broken, "broken answer")] if broken else [])]


def _ending(world: World, body: Json, balancer: Json) -> list[str]:
    certificates = (current(body) or {})["definition"].get("certificates", {})
    now = max((world.now(host) for host in world.seen), default=0.0)
    lines = []
    for name in sorted({*balancer["certificates"], balancer["default_certificate"]} - {""}):
        left_days = (parse_time(certificates[name]["not_after"]) - now) / 86400
        if left_days < WARN_DAYS:
            when = f"ends in {left_days:.0f} days" if left_days >= 0 else "has ended"
            lines.append(f"certificate {name} {when} ({certificates[name]['not_after'][:10]})")
    return lines
