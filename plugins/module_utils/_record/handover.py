# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One service takes over from another, step by step: Rancher's C(upgrade OLD NEW). Private to the collection; pure.

Each step is an order that sets one of the two scales. So what is recorded tells what comes next, and how far it is;
only the scale in the end is noted beside that of the new service (C(takes_over)).
"""

from __future__ import annotations

import dataclasses
import typing as t

Json = t.Dict[str, t.Any]

KEY = "takes_over"
AS_OLD = -1
"""The scale in the end is that of the old service."""


@dataclasses.dataclass(frozen=True)
class Handover:
    """The scales of both services, and where they go.

    Attributes:
        old: The scale of the service that goes.
        new: The scale of the one that comes.
        final: The scale of the new one in the end.
        batch: Members that come or go in one step.
    """

    old: int
    new: int
    final: int
    batch: int = 1

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return self.old == 0 and self.new == self.final

    @property
    def next(self) -> Handover:
        """The scales after one step.

        The new service grows by a batch. The old one loses members only while both together have more than the final
        scale, and not before the new one has any.
        """
        surplus = self.old + self.new - self.final
        if self.old and self.new and surplus > 0:
            return dataclasses.replace(self, old=self.old - min(self.batch, surplus, self.old))
        if self.new < self.final:
            return dataclasses.replace(self, new=min(self.new + self.batch, self.final))
        if self.old:  # the final scale is 0
            return dataclasses.replace(self, old=max(self.old - self.batch, 0))
        return dataclasses.replace(self, new=max(self.new - self.batch, self.final))

    @property
    def steps(self) -> list[tuple[int, int]]:
        """All scales from now to the end: (old, new)."""
        found, present = [(self.old, self.new)], self
        while not present.is_over:
            present = present.next
            found.append((present.old, present.new))
        return found


def handover_of(services: Json, old: str, new: str, *, scale: int, batch: int) -> Handover:
    """The handover as desired states have it.

    Args:
        services: The desired states of the stack's services.
        old: The service that goes.
        new: The service that comes.
        scale: The final scale; AS_OLD for that of the old service when it began.
        batch: Members that come or go in one step.
    """
    mine = services[new].get(KEY) or {}
    present = services[old]["scale"], services[new]["scale"]
    final = scale
    if scale == AS_OLD:
        final = mine["scale"] if mine.get("service") == old else present[0] or present[1]
    return Handover(*present, final=final, batch=batch)


def with_handover(services: Json, old: str, new: str, handover: Handover) -> Json:
    """The desired states with these scales; the final one is noted until it is over."""
    coming = {key: item for key, item in services[new].items() if key != KEY}
    if not handover.is_over:
        coming[KEY] = {"service": old, "scale": handover.final}
    return {
        **services,
        old: {**services[old], "scale": handover.old},
        new: {**coming, "scale": handover.new},
    }


def naming(bodies: t.Mapping[str, Json], stack: str, name: str) -> dict[str, list[str]]:
    """What names a service, by the service that does: links, rules of load balancers, aliases.

    Args:
        bodies: Bodies of all stacks that are up.
        stack: The stack of the service.
        name: Its name.
    """
    found: dict[str, list[str]] = {}
    for other, body in sorted(bodies.items()):
        for consumer, service in sorted(body["revisions"][-1]["definition"]["services"].items()):
            parts = [*_links(service, stack, name), *_rules(service, f"{stack}/{name}")]
            if parts:
                found[f"{other}/{consumer}"] = parts
    return found


def _links(service: Json, stack: str, name: str) -> list[str]:
    wanted = (stack, name)
    links = [
        item for item in service.get("links", []) if (item["stack"], item["service"]) == wanted
    ]
    return [f"link {item['alias']}" for item in links]


def _rules(service: Json, reference: str) -> list[str]:
    rules = (service.get("balancer") or {"rules": []})["rules"]
    found = [_rule(item) for item in rules if item["service"] == reference]
    return [*found, *(["alias"] if reference in (service.get("alias_of") or []) else [])]


def _rule(rule: Json) -> str:
    where = f"{rule['hostname']}{rule['path']}"
    return f"rule of port {rule['source_port']}" + (f" for {where}" if where else "")
