# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change a host's part in the swarm. Each step checks first, and does nothing if the state is as wanted.

Private to the collection. In check mode no step changes anything; the list of changes is the same.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import typing as t

from .._common.constants import LABEL_NETWORK
from .._engine.errors import EngineError, NotFound
from .._engine.networks import MANAGED
from . import overlay
from .client import JOIN_DEADLINE_S, Json, SwarmClient, wait_until
from .report import Report, list_nodes, membership

MANAGER = "manager"
WORKER = "worker"

ACTIVE = "active"
INACTIVE = "inactive"

SETTLE_S = 60.0
# A new leader lists nodes that it has not yet heard from as unknown for about 30 s, then as down.
DOWN_S = 45.0
UPDATE_TRIES = 5


class Refused(Exception):
    """The wanted state cannot be reached from the present one; nothing was changed."""


@dataclasses.dataclass
class Wanted:
    """The options of the module. Empty values mean no change."""

    role: str | None = None
    leave: bool = False
    force_new_cluster: bool = False
    advertise_addr: str = ""
    data_path_port: int = 0
    default_addr_pool: list[str] = dataclasses.field(default_factory=list)
    join_token: str = ""
    remote_addrs: list[str] = dataclasses.field(default_factory=list)
    promote: list[str] = dataclasses.field(default_factory=list)
    demote: list[str] = dataclasses.field(default_factory=list)
    remove_nodes: list[str] = dataclasses.field(default_factory=list)
    network: Json | None = None
    remove_network: str = ""


class Host:
    """Brings one host to the wanted state; C(changes) lists what was, or would be, done."""

    def __init__(self, client: SwarmClient, report: Report, *, check_mode: bool) -> None:
        self.changes: list[str] = []
        self._client = client
        self._report = report
        self._check_mode = check_mode
        self._state = report["state"]

    def make(self, wanted: Wanted) -> None:
        """Do all steps in order.

        Raises:
            Refused: The host cannot reach the wanted state; the text says what to do.
            EngineError: The engine refused a step, or did not answer.
        """
        if wanted.leave:
            self._leave()
        if wanted.role:
            self._take_part(wanted)
        self._change_roles(wanted.promote, MANAGER)
        self._change_roles(wanted.demote, WORKER)
        for node_id in wanted.remove_nodes:
            self._remove_node(node_id)
        if wanted.network:
            self._make_network(wanted.network)
        if wanted.remove_network:
            self._remove_network(wanted.remove_network)

    def _do(self, change: str, step: t.Callable[[], t.Any]) -> None:
        self.changes.append(change)
        if not self._check_mode:
            step()

    def _leave(self) -> None:
        if self._state != INACTIVE:
            self._do("leave the swarm", lambda: self._client.post("/swarm/leave?force=1", {}))
            self._state = INACTIVE

    def _take_part(self, wanted: Wanted) -> None:
        if self._state == INACTIVE:
            self._enter(wanted)
        elif wanted.force_new_cluster:
            self._force_new_cluster(wanted)
        elif self._state != ACTIVE:
            raise Refused(state_fault(self._state, self._report["error"]))
        else:
            self._check_role(str(wanted.role))

    def _enter(self, wanted: Wanted) -> None:
        if wanted.remote_addrs:
            self._do(f"join the swarm as {wanted.role}", lambda: self._join(wanted))
        elif wanted.role == MANAGER:
            body = {**init_body(wanted), "Spec": {"Labels": {LABEL_NETWORK: MANAGED}}}
            self._do("start a swarm", lambda: self._start(body))
        else:
            raise Refused(
                "a worker joins a swarm that exists: set remote_addrs and join_token, "
                "or role=manager to start one"
            )

    def _force_new_cluster(self, wanted: Wanted) -> None:
        if not self._report["manager"]:
            raise Refused("force_new_cluster needs a host that was a manager; this one is a worker")
        if not self._report["quorum"]:
            body = {**init_body(wanted), "ForceNewCluster": True}
            self._do("force a new cluster of this manager alone", lambda: self._start(body))

    def _check_role(self, role: str) -> None:
        has = MANAGER if self._report["manager"] else WORKER
        if has != role:
            verb = "promote" if role == MANAGER else "demote"
            raise Refused(
                f"this host is a {has} of its swarm: {verb} {self._report['node_id']} on a manager"
            )

    def _start(self, body: Json) -> None:
        self._client.post("/swarm/init", body, deadline_s=JOIN_DEADLINE_S)
        if not wait_until(lambda: bool(self._client.get("/nodes")), seconds=SETTLE_S):
            raise EngineError(f"the new swarm has no leader after {SETTLE_S:g} s")

    def _join(self, wanted: Wanted) -> None:
        self._client.post("/swarm/join", join_body(wanted), deadline_s=JOIN_DEADLINE_S)
        if not wait_until(self._is_active, seconds=SETTLE_S):
            raise EngineError(f"joined, but not active in the swarm after {SETTLE_S:g} s")

    def _is_active(self) -> bool:
        now = membership(self._client.get("/info").get("Swarm") or {})
        return bool(now["state"] == ACTIVE)

    def _nodes(self) -> dict[str, Json]:
        return {node["id"]: node for node in list_nodes(self._client)}

    def _change_roles(self, node_ids: list[str], role: str) -> None:
        known = self._nodes() if node_ids else {}
        for node_id in node_ids:
            if node_id not in known:
                raise Refused(f"the swarm has no node {node_id}")
            if known[node_id]["role"] != role:
                verb = "promote" if role == MANAGER else "demote"
                name = known[node_id]["hostname"]
                step = functools.partial(self._set, node_id, role)
                self._do(f"{verb} {name} ({node_id})", step)

    def _set(self, node_id: str, role: str, *, may_vanish: bool = False) -> None:
        """Change a node's role, and wait until the list of managers shows it, or perhaps until the node is gone."""
        self._update_role(node_id, role)
        reached = ["reachable" if role == MANAGER else "", *([None] if may_vanish else [])]
        if not wait_until(lambda: self._fact(node_id, "reachability") in reached, seconds=SETTLE_S):
            raise EngineError(f"node {node_id} is not a {role} after {SETTLE_S:g} s")

    def _fact(self, node_id: str, key: str) -> t.Any:
        """A fact of a node; None if it has left the swarm meanwhile."""
        return self._nodes().get(node_id, {}).get(key)

    def _update_role(self, node_id: str, role: str) -> None:
        """Update the role. The engine requires the version of the node; retry if another change came in between."""
        for left in reversed(range(UPDATE_TRIES)):
            node = self._client.get(f"/nodes/{node_id}")
            path = f"/nodes/{node_id}/update?version={node['Version']['Index']}"
            try:
                self._client.post(path, {**node["Spec"], "Role": role})
                return
            except EngineError as error:
                if not left or "out of sequence" not in error.message:
                    raise

    def _remove_node(self, node_id: str) -> None:
        """Remove the entry of a node that is gone; a node that stays up is in use and is kept."""
        node = self._nodes().get(node_id)
        if node is None or not self._goes_down(node_id):
            return
        change = f"remove the old entry of {node['hostname']} ({node_id})"
        self._do(change, lambda: self._forget(node))

    def _goes_down(self, node_id: str) -> bool:
        """Wait until the node is down or gone: managers notice only after 10 to 35 s that the host has left it."""
        seconds = 0 if self._check_mode else DOWN_S
        return wait_until(lambda: self._fact(node_id, "state") in ("down", None), seconds=seconds)

    def _forget(self, node: Json) -> None:
        """Delete a node. Demote a manager first, unless the managers no longer list it after a restart of the swarm."""
        with contextlib.suppress(NotFound):  # somebody else was quicker
            if node["reachability"]:
                self._set(node["id"], WORKER, may_vanish=True)
            self._client.delete(f"/nodes/{node['id']}")

    def _make_network(self, network: Json) -> None:
        found = overlay.find(self._report["networks"], network["name"])
        if found is None:
            body = overlay.create_body(network)
            change = f"create the overlay network {overlay.describe(network)}"
            self._do(change, lambda: self._client.post("/networks/create", body))
            return
        other = overlay.differences(network, found)
        if other:
            raise Refused(overlay.difference_text(network["name"], other))

    def _remove_network(self, name: str) -> None:
        found = overlay.find(self._report["networks"], name)
        if found is None:
            return
        if not found["ours"]:
            raise Refused(f"network {name} was not made by this collection")
        change = f"remove the overlay network {name}"
        self._do(change, lambda: self._client.delete(f"/networks/{found['id']}"))


def init_body(wanted: Wanted) -> Json:
    """The engine's request that starts a swarm."""
    body: Json = {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": wanted.advertise_addr}
    if wanted.data_path_port:
        body["DataPathPort"] = wanted.data_path_port
    if wanted.default_addr_pool:
        body["DefaultAddrPool"] = wanted.default_addr_pool
        body["SubnetSize"] = 24
    return body


def join_body(wanted: Wanted) -> Json:
    """The engine's request that joins a swarm."""
    return {
        "ListenAddr": "0.0.0.0:2377",
        "AdvertiseAddr": wanted.advertise_addr,
        "RemoteAddrs": wanted.remote_addrs,
        "JoinToken": wanted.join_token,
    }


def state_fault(state: str, error: str) -> str:
    """Why a host in this state cannot take part now, and what to do."""
    words = {
        "pending": "is waiting for the managers of its swarm: its node entry may have been removed",
        "locked": "has a locked swarm: unlock it with 'docker swarm unlock'",
        "error": "has a broken swarm",
    }
    text = words.get(state, f"has a swarm in state {state}")
    return f"{text} ({error})" if error else text


def join_tokens(client: SwarmClient) -> dict[str, str]:
    """The secrets that let a host join; a manager with a quorum has them."""
    tokens = client.get("/swarm")["JoinTokens"]
    return {MANAGER: tokens["Manager"], WORKER: tokens["Worker"]}
