# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep each load balancer's config as its rules and targets want it. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from .balancer_model import Directory, build_model, routes_of
from .config_operation import FIRST_RESULT_S, add_config, makers
from .haproxy.balancer_config import render_balancer
from .names import split_member_key
from .operations import Message, Plan
from .revisions import current, is_live
from .targets import running_on
from .world import World

Json = t.Dict[str, t.Any]


class Balancers:
    """All load balancers of all stacks in one round."""

    def __init__(
        self,
        world: World,
        bodies: dict[str, Json],
        *,
        draining: dict[tuple[str, str], float],
        version: t.Callable[[str], int],
    ) -> None:
        self._world = world
        self._bodies = bodies
        self._draining = draining
        self._version = version
        self._directory = Directory(bodies, draining)

    def plan(self, plan: Plan) -> None:
        """Add what brings the load balancers of the seen hosts up to date."""
        for stack, body in sorted(self._bodies.items()):
            if not is_live(body):
                continue
            for key in sorted(body["members"], key=split_member_key):
                entry, name = body["members"][key], split_member_key(key)[0]
                service = (current(body) or {})["definition"]["services"].get(name) or {}
                wanted = service.get("balancer") and not entry["retired"]
                if wanted and self._world.is_seen(entry["host"]):
                    self._plan_member(plan, stack, key, service)

    def model(self, stack: str, key: str, service: Json) -> Json:
        """The model of one load balancer container."""
        body = self._bodies[stack]
        host = body["members"][key]["host"]
        certificates = (current(body) or {})["definition"].get("certificates", {})
        model = build_model(
            routes_of(self._directory, service["balancer"]),
            service["balancer"],
            host=host,
            fingerprints={name: item["fingerprint"] for name, item in certificates.items()},
        )
        return self._with_folder(model, host, f"{stack}/{split_member_key(key)[0]}")

    def _with_folder(self, model: Json, host: str, service: str) -> Json:
        """The model with the certificates that lie in a volume of the load balancer on this host."""
        seen = self._world.certificate_folder(host, service) if self._world.is_seen(host) else {}
        if not seen:
            return model
        found = {**model["certificates"], **seen["certificates"]}
        default = model["default_certificate"] or seen["default"]
        return {**model, "certificates": found, "default_certificate": default}

    def _plan_member(self, plan: Plan, stack: str, key: str, service: Json) -> None:
        name, index = split_member_key(key)
        host = self._bodies[stack]["members"][key]["host"]
        model = self.model(stack, key, service)
        try:
            revision = render_balancer(model)[1]
        except ValueError as error:
            text = f"its config is left as it is, the new one cannot be written: {error}"
            plan.errors.append(Message(text, stack, name, index, host))
            return
        member = (stack, name, index)
        makes = makers(plan, host, member)
        claims = self._world.claims(stack).get((name, index), [])
        running = running_on(host, claims) is not None
        seen = self._world.balancers(host).get(f"{stack}.{name}.{index}") or {}
        if not makes and running and seen.get("error"):
            text = f"its config is left as it is: {seen['error']}"
            plan.held.append(Message(text, stack, name, index, host))
            return
        if not (running or makes) or (not makes and self._is_current(seen, revision, model)):
            return
        args = {
            "model": model,
            "certificates": self._pems(stack, model),
            "folders": self._world.certificate_folder(host, f"{stack}/{name}").get("folders"),
            "revision": revision,
            "image": service["image"],
            "wait_s": max([FIRST_RESULT_S, *self._draining.values()]),
        }
        version = self._version(stack)
        add_config(plan, "balancer", host, member, cause=_cause(model), version=version, args=args)

    def _is_current(self, seen: Json, revision: str, model: Json) -> bool:
        """Whether the running config and the drain state of each server are as they should be."""
        if (seen.get("revision"), seen.get("file_revision")) != (revision, revision):
            return False
        weights = {
            (item["backend"], item["server"]): item["weight"] for item in seen.get("reports", [])
        }
        return all(
            (weights.get((backend["name"], server["name"]), 1) == 0)
            == (server["drain"] or server["weight"] == 0)
            for backend in model["backends"]
            for server in backend["servers"]
        )

    def _pems(self, stack: str, model: Json) -> dict[str, str]:
        definition = (current(self._bodies[stack]) or {})["definition"]
        known = definition.get("certificates", {})
        return {name: known[name]["pem"] for name in model["certificates"] if name in known}


def _cause(model: Json) -> str:
    servers = [server for backend in model["backends"] for server in backend["servers"]]
    drained = sum(server["drain"] for server in servers)
    ports = ", ".join(str(frontend["port"]) for frontend in model["frontends"]) or "none"
    text = f"port {ports}: {len(servers)} server{'' if len(servers) == 1 else 's'}"
    return f"{text}, {drained} draining" if drained else text
