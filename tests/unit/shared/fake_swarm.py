# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine in memory that keeps nodes and networks."""

from __future__ import annotations

import copy
import re
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._engine.errors import EngineError

Json = dict[str, t.Any]

SOUND = {"hostname": "h1", "role": "manager", "state": "ready", "reachability": "reachable"}


class FakeEngine:
    """As much of an engine as the steps see."""

    def __init__(self, **nodes: Json) -> None:
        self.nodes = nodes
        self.networks: list[Json] = []
        self.containers: list[Json] = []
        self.spec: Json = {"Labels": {}}
        self.calls: list[tuple[str, Json]] = []
        self.swarm: Json = {"LocalNodeState": "inactive"}
        self.out_of_sequence = 0
        if nodes:
            self._enter(manager=True)

    def _enter(self, *, manager: bool) -> None:
        self.swarm = {"LocalNodeState": "active", "NodeID": "n1", "ControlAvailable": manager}

    def get(self, path: str) -> t.Any:
        if path == "/info":
            return {"Name": "h1", "ID": "e1", "ServerVersion": "26.1.5", "Swarm": self.swarm}
        if path == "/networks":
            return self.networks
        if path == "/services":
            return []
        if path == "/swarm":
            tokens = {"Manager": "SECRET-M", "Worker": "SECRET-W"}
            return {"ID": "s1", "JoinTokens": tokens, "Spec": self.spec}
        if path.startswith("/containers/json"):
            return self.containers
        if path == "/nodes":
            return [self._node(key) for key in self.nodes]
        return self._node(path.rpartition("/")[2])

    def _node(self, key: str) -> Json:
        node = self.nodes[key]
        manager = {"Reachability": node["reachability"]} if node["reachability"] else None
        return {
            "ID": key,
            "Description": {"Hostname": node["hostname"]},
            "Status": {"State": node["state"], "Addr": "172.16.0.1"},
            "Spec": {"Role": node["role"], "Availability": "active"},
            "Version": {"Index": 7},
            "ManagerStatus": manager,
        }

    def post(self, path: str, body: Json, *, deadline_s: float = 0) -> t.Any:
        self.calls.append((f"POST {path}", copy.deepcopy(body)))
        update = re.fullmatch(r"/nodes/(\w+)/update\?version=7", path)
        if update:
            self._update(update[1], body["Role"])
        elif path == "/swarm/init":
            self.nodes = {"n1": dict(SOUND)}
            self.spec = body.get("Spec", self.spec)
            self._enter(manager=True)
        elif path == "/swarm/join":
            self._enter(manager=body["JoinToken"].endswith("M"))
        elif path.startswith("/swarm/leave"):
            self.swarm = {"LocalNodeState": "inactive"}

    def _update(self, key: str, role: str) -> None:
        if self.out_of_sequence:
            self.out_of_sequence -= 1
            raise EngineError("rpc error: update out of sequence", 500)
        self.nodes[key].update(role=role, reachability="reachable" if role == "manager" else "")

    def delete(self, path: str) -> t.Any:
        self.calls.append((f"DELETE {path}", {}))
        if path.startswith("/networks/"):
            self.networks = []
            return
        del self.nodes[path.rpartition("/")[2]]

    def made(self) -> list[str]:
        """The changing calls."""
        return [call for call, _body in self.calls]
