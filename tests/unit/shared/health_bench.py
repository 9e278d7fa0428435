# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bench whose hosts have checkers, with reports that a test sets by hand."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.checker import (
    render_checker,
)
from ansible_collections.drover.docker.plugins.module_utils._model.operation import Operation
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.plugins.module_utils._record.states import newest_ledger
from ansible_collections.drover.docker.tests.unit.shared.builders import Bench, service, stack

CHECK: dict[str, t.Any] = {
    "port": 80,
    "request": {"method": "GET", "uri": "/", "version": "HTTP/1.0", "headers": []},
    "interval_ms": 2000,
    "response_timeout_ms": 2000,
    "healthy_threshold": 2,
    "unhealthy_threshold": 3,
    "initializing_timeout_ms": 60000,
    "reinitializing_timeout_ms": 60000,
    "strategy": "recreate",
    "quorum": 1,
}
RESULTS = {
    "up": {"status": "UP", "check_status": "L7OK", "check_code": 200},
    "500": {"status": "DOWN", "check_status": "L7STS", "check_code": 500},
    "refused": {"status": "DOWN", "check_status": "L4CON", "check_code": 0},
    "timeout": {"status": "DOWN", "check_status": "L7TOUT", "check_code": 0},
    "no route": {"status": "DOWN", "check_status": "L4TOUT", "check_code": 0},
    "ini": {"status": "UP", "check_status": "INI", "check_code": 0},
    "failing": {"status": "UP 2/3", "check_status": "L7STS", "check_code": 500},
    "recovering": {"status": "DOWN 1/2", "check_status": "L7OK", "check_code": 200},
    "maint": {"status": "MAINT", "check_status": "", "check_code": 0},
    "reloaded": {"status": "UP", "check_status": "L7STS", "check_code": 500},
    "closes": {"status": "DOWN", "check_status": "SOCKERR", "check_code": 0},
    "local fault": {"status": "DOWN", "check_status": "PROCERR", "check_code": 0},
}
LONG_S = 1000


def report(result: str, *, since_s: int = LONG_S, **changes: t.Any) -> dict[str, t.Any]:
    """What a checker says of one server."""
    names = {"backend": "b", "server": "s"}
    base = {**names, "last_chk": "", "duration_ms": 1, "since_s": since_s, "failed": 9}
    return {**base, **RESULTS[result], **changes}


class HealthBench(Bench):
    """Checkers that took their config report what the test says of each member: ``says``."""

    def __init__(self, *hosts: str) -> None:
        super().__init__(*hosts)
        self.models: dict[str, dict[str, t.Any]] = {}
        self.blind: set[tuple[str, str]] = set()
        """(checker, host) that do not see each other."""

    def checked(self, scale: int, **check: t.Any) -> dict[str, t.Any]:
        """A stack shop with one checked service web, all of it up, checkers configured, and healthy."""
        web = service(scale=scale, health_check={**CHECK, **check})
        body = self.settled(stack({"web": web}))
        self.configure()
        self.say("up")
        self.carry_out(self.plan())
        return body

    def configure(self) -> None:
        """Let the checkers take the configs that are planned for them."""
        for item in self.plan().operations:
            if item["kind"] == "checker":
                self.models[item["host"]] = item["args"]["model"]
        for host in self.models:
            if self.seen[host]:
                self._report(host, {})

    def say(
        self,
        default: str,
        given: dict[str, str] | None = None,
        *,
        since_s: int = LONG_S,
        **named: str,
    ) -> None:
        """What all checkers say of all members; ``web_1="500"`` of single ones, ``h2_web_1`` by one checker."""
        members = {**(given or {}), **named}
        for host in self.models:
            if self.seen[host]:
                own = {key[3:]: item for key, item in members.items() if key.startswith(f"{host}_")}
                self._report(host, {**members, **own}, default, since_s)

    def _report(
        self, host: str, members: dict[str, str], default: str = "ini", since_s: int = LONG_S
    ) -> None:
        model = self.models[host]
        revision = render_checker(model)[1]
        reports = []
        for check in model["checks"]:
            member = check["backend"].split(".", 1)[1].replace(".", "_")
            named = {key: check[key] for key in ("backend", "server")}
            result = members.get(member, default)
            if result != "missing":
                reports.append(report(result, since_s=since_s, **named))
        for control in model["controls"]:
            sees = "no route" if (host, control["server"]) in self.blind else "up"
            reports.append(report(sees, backend="control", server=control["server"]))
        self[host]["checker"] = {
            "error": "",
            "revision": revision,
            "file_revision": revision,
            "version": "3.0.11",
            "pid": 8,
            "uptime_s": 9,
            "reports": reports,
        }

    def carry_out(self, plan: Plan) -> list[str]:
        """Do what is planned: verdicts and repairs. Returns the lines."""
        for item in plan.operations:
            if item["kind"] == "verdict":
                self._remember(item)
            elif item["kind"] == "remove":
                self.remove(item["container"])
            elif item["kind"] == "create":
                made = self.run(item)
                made["id"] = f"{len(plan.operations):04d}{self.made:08d}{made['id']}"
                self.made += 1
        return plan.lines()

    made = 0

    def command(self, name: str, **fields: t.Any) -> None:
        """A person's command on the stack shop: its records and operations, with what is known of the members kept."""
        plan = self.plan(name, stacks=["shop"], **fields)
        for write in plan.records:
            for host in write.hosts:
                life = self[host]["records"].get(write.stack, {}).get("life", {})
                self[host]["records"][write.stack] = {**write.record, "host": host, "life": life}
        self.carry_out(plan)

    def _remember(self, operation: Operation) -> None:
        record = self[operation["host"]]["records"][operation["stack"]]
        key = f"{operation['service']}/{operation['index']}"
        before = record["life"].get(key, {"seq": 0})
        entry = {**before, "seq": before["seq"] + 1, "health": operation["args"]["entry"]}
        record["life"] = newest_ledger(record["life"], {key: entry})

    def passes(self, seconds: float) -> None:
        """Let time pass on all hosts."""
        for seen in self.seen.values():
            if seen:
                seen["now"] += seconds

    def health(self, member: str) -> dict[str, t.Any]:
        """What the ledger has on a member."""
        found = [
            seen["records"]["shop"]["life"][member]
            for seen in self.seen.values()
            if seen and member in seen["records"]["shop"]["life"]
        ]
        return dict(max(found, key=lambda item: item["seq"])["health"])
