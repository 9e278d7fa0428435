# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A planner's bench with a load balancer before two members."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.balancer import (
    render_balancer,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.tests.unit.shared.balancer_rules import BALANCER, rule
from ansible_collections.drover.docker.tests.unit.shared.builders import (
    Bench,
    body_of,
    service,
    stack,
)

Json = dict[str, t.Any]


class FrontBench(Bench):
    """A stack shop: a load balancer on port 80 before two members of web."""

    def start(self, **changes: t.Any) -> None:
        container = changes.pop("container", {})
        self.lb: Json = {**BALANCER, "rules": [rule()], **changes}
        services = {"lb": service(balancer=self.lb, container=container), "web": service(scale=2)}
        self.settled({**stack(services), "certificates": changes.pop("known", {})})
        self.take()

    def take(self) -> None:
        """Let the load balancers take the configs that are planned for them."""
        for item in self.plan().operations:
            if item["kind"] == "balancer":
                self.report(item["host"], item["args"]["model"])

    def report(self, host: str, model: Json, **sessions: int) -> None:
        revision = render_balancer(model)[1]
        reports = [
            {
                "backend": backend["name"],
                "server": server["name"],
                # As HAProxy tells it: an order at run time leaves the weight as it is.
                "status": "DRAIN" if server["drain"] else "UP",
                "weight": server["weight"],
                "drain": server["drain"] or not server["weight"],
                "sessions": sessions.get(server["name"].rpartition(".")[2], 0),
            }
            for backend in model["backends"]
            for server in backend["servers"]
        ]
        self[host]["balancers"] = {
            "shop.lb.1": {
                "error": "",
                "revision": revision,
                "file_revision": revision,
                "reports": reports,
                "old_workers": 0,
            }
        }
        self.model = model

    def command(self, name: str, **fields: t.Any) -> None:
        """A person's command on the stack, its record written."""
        plan = self.plan(name, stacks=["shop"], **fields)
        (write,) = plan.records
        self.record("shop", write.record["body"], number=write.record["version"]["number"])

    def remember(self, plan: Plan) -> None:
        """Write the drains of a plan into the ledger."""
        for item in plan.operations:
            if item["kind"] == "drain":
                life = self[item["host"]]["records"]["shop"]["life"]
                life[f"{item['service']}/{item['index']}"] = {
                    "seq": 1,
                    "drain": item["args"]["entry"],
                }

    def later(self, host: str, seconds: float) -> None:
        """Let time pass on a host."""
        self[host]["now"] += seconds
        self[host]["boot_s"] += seconds

    def scaled_down(self) -> Plan:
        """The first round of scaling web to 1, its record written."""
        plan = self.plan("scale", stacks=["shop"], service="web", scale=1)
        self.record("shop", body_of(plan.records[0]), number=2)
        return plan


def kinds(plan: Plan) -> list[str]:
    return [f"{item['kind']} {item['container']}" for item in plan.operations]
