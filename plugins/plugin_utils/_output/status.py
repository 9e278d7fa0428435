# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of status: one for each service, from the records and the observations.

Private to the collection; pure.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._common.constants import (
    MANAGED_BY_MODULE,
)
from ansible_collections.drover.docker.plugins.module_utils._common.times import age, parse_time
from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._model.fact_texts import text_of
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.module_utils._plan.counts import (
    count_of,
    members_of,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.health.judgement import Judgement
from ansible_collections.drover.docker.plugins.module_utils._plan.health.verdict import (
    HEALTHY,
    UNHEALTHY,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.moved_images import moved_hosts
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    Plan,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.restarts import (
    progress_of_restarts,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.upgrade.progress import (
    progress_of,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import (
    Container,
    World,
)
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import (
    current,
    is_live,
)

from .fact_data import fact_data


@dataclasses.dataclass
class ServiceRow:
    """One service's row of status.

    C(since_s): seconds since the newest running member started. C(healthy): number of members that checkers report as
    good; None for a service without a health check.
    """

    stack: str
    service: str
    state: str
    wanted: int
    running: int
    healthy: int | None
    where: list[str]
    since_s: float | None
    why_not: list[str]
    facts: list[dict[str, t.Any]] = dataclasses.field(default_factory=list)
    """The same as data: code, parameters, index, host and text of each fact."""


Details = t.Callable[[str, str], list[str]]
Judgements = dict[str, dict[str, Judgement]]


def service_rows(
    world: World,
    bodies: dict[str, dict[str, t.Any]],
    plan: Plan,
    judgements: Judgements,
    *,
    details: Details,
) -> list[ServiceRow]:
    """Return rows of all live stacks, then rows of services that only a module made.

    C(details): further lines about a service, by stack and name.
    """
    rows = []
    for stack, body in sorted(bodies.items()):
        if is_live(body):
            services = (current(body) or {})["services"]
            judged = judgements.get(stack, {})
            for name in sorted(services):
                row = _recorded_row(world, stack, name, body, plan, judged)
                row.why_not[:0] = details(stack, name)
                rows.append(row)
    return rows + _module_rows(world)


def _recorded_row(
    world: World,
    stack: str,
    name: str,
    body: dict[str, t.Any],
    plan: Plan,
    judgements: dict[str, Judgement],
) -> ServiceRow:
    revision = current(body) or {}
    service, desire = revision["definition"]["services"][name], revision["services"][name]
    members = members_of(world, stack, name, body)
    count = count_of(name, body, members, judgements)
    state = progress_of(world, stack, body).get(name)
    restart = progress_of_restarts(world, stack, body).get(name)
    moved = moved_hosts(world, members, service["image"]) if not state else []
    told = Fact("image_moved", {"image": service["image"], "hosts": moved})
    reasons = [
        *([state] if state else []),
        *([restart] if restart else []),
        *([told] if moved else []),
        *_reasons(plan, stack, name),
    ]
    return ServiceRow(
        stack,
        name,
        "global" if service["global"] and desire["state"] == "active" else desire["state"],
        count.wanted,
        count.running,
        count.healthy,
        [_place(world, member, *members[member], once=service["start_once"]) for member in members],
        _newest_start(world, members),
        [*_health_lines(members, judgements), *dict.fromkeys(map(_short, reasons))],
        [
            fact_data(fact, "index", "host")
            for fact in [*_health_facts(members, judgements), *reasons]
        ],
    )


def _health_lines(
    members: dict[MemberId, tuple[str, list[Container]]], judgements: dict[str, Judgement]
) -> list[str]:
    """Return a line for each member that is not plainly healthy, with the result of the engine's own check."""
    lines = []
    for member, (_host, found) in members.items():
        engine = next((item["health"] for item in found if item["health"] == UNHEALTHY), "")
        judgement = judgements.get(member.key)
        parts = []
        if judgement and (judgement.verdict != HEALTHY or engine):
            parts.append(judgement.told.text)
        if engine:
            parts.append(text_of("engine_unhealthy", {}))
        if parts:
            lines.append(f"{member.index}: {'; '.join(parts)}")
    return lines


def _health_facts(
    members: dict[MemberId, tuple[str, list[Container]]], judgements: dict[str, Judgement]
) -> list[Fact]:
    """Return the verdicts that are not plainly healthy, and what the engine's own checks find unhealthy."""
    facts = []
    for member, (host, found) in members.items():
        judgement = judgements.get(member.key)
        if judgement and judgement.verdict != HEALTHY:
            facts.append(judgement.told)
        if any(item["health"] == UNHEALTHY for item in found):
            facts.append(Fact.about(member, "engine_unhealthy", host=host))
    return facts


def _place(
    world: World, member: MemberId, host: str, found: list[Container], *, once: bool = False
) -> str:
    """Return index and host of a member, with its state unless it just runs."""
    state = found[0]["state"] if found else "missing"
    if once and state == "exited":
        state = "done"
    if not world.is_seen(host):
        state = "unknown"
    return f"{member.index}@{host}" + ("" if state == "running" else f" ({state})")


def _newest_start(
    world: World, members: dict[MemberId, tuple[str, list[Container]]]
) -> float | None:
    ages = [
        world.now(host) - parse_time(item["started_at"])
        for host, found in members.values()
        if world.is_seen(host)
        for item in found
        if item["state"] == "running"
    ]
    return max(0.0, min(ages)) if ages else None


def _reasons(plan: Plan, stack: str, name: str) -> list[Fact]:
    """Return what the planner says about the service: errors, what it holds, and what it would do."""
    place = (stack, name)
    facts = [item for item in plan.errors + plan.held if (item.stack, item.service) == place]
    for item in plan.operations:
        if (item["stack"], item["service"]) == place:
            told = {"kind": item["kind"], "cause": item["cause"]}
            facts.append(Fact("to_do", told, *place, item["index"], item["host"]))
    return facts


def _short(message: Fact) -> str:
    """Format a message for its service's row: index and text."""
    return f"{message.index}: {message.text}" if message.index else message.text


def _module_rows(world: World) -> list[ServiceRow]:
    """Return rows of containers that the module stack_service made. Passes show them and never touch them."""
    groups: dict[tuple[str, str], list[tuple[str, Container]]] = {}
    for host in world.seen:
        for item in world.containers(host):
            if item["managed"] == MANAGED_BY_MODULE:
                groups.setdefault((item["stack"], item["service"]), []).append((host, item))
    rows = []
    for (stack, name), found in sorted(groups.items()):
        members = {MemberId.of(item): (host, [item]) for host, item in found}
        running = sum(item["state"] == "running" for _host, item in found)
        where = [_place(world, item, host, found) for item, (host, found) in members.items()]
        rows.append(
            ServiceRow(
                stack,
                name,
                "by module",
                len(found),
                running,
                None,
                where,
                _newest_start(world, members),
                [],
            )
        )
    return rows


def table(rows: list[ServiceRow]) -> list[str]:
    """Format the rows as aligned lines."""
    if not rows:
        return ["no stacks on the reachable hosts"]
    head = ["SERVICE", "STATE", "WANTED", "RUNNING", "HEALTHY", "SINCE", "WHERE"]
    cells = [
        [
            f"{row.stack}/{row.service}",
            row.state,
            str(row.wanted),
            str(row.running),
            "-" if row.healthy is None else str(row.healthy),
            age(row.since_s),
            ", ".join(row.where) or "-",
        ]
        for row in rows
    ]
    widths = [max(len(line[column]) for line in [head, *cells]) for column in range(len(head))]
    lines = [_aligned(head, widths)]
    for row, line in zip(rows, cells, strict=False):
        lines.append(_aligned(line, widths))
        lines += [f"    {reason}" for reason in row.why_not]
    return lines


def _aligned(cells: list[str], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=False)).rstrip()
