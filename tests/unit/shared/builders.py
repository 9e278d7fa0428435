# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small worlds for tests of the planner, built by hand."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._common.names import (
    aliases,
    endpoint_links,
)
from ansible_collections.drover.docker.plugins.module_utils._model.observation import short_id
from ansible_collections.drover.docker.plugins.module_utils._model.operation import Operation
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    Plan,
    RecordWrite,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.planner import make_plan
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import (
    World,
    settings_for,
)
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.fold import unfold
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.module_utils._record.states import (
    no_version,
    states_of,
    with_commit,
    with_version,
    without_proposal,
)

NOW = 1_800_000_000.0
EMPTY_PLACEMENT: dict[str, list] = {
    "host_label": [],
    "host_label_ne": [],
    "host_label_soft": [],
    "host_label_soft_ne": [],
}


def service(**changes: t.Any) -> dict[str, t.Any]:
    """A canonical service; C(container) keys may be given as C(container={...})."""
    base: dict[str, t.Any] = {
        "image": "app:1",
        "scale": 1,
        "global": False,
        "start_once": False,
        "start_on_create": True,
        "pull": "missing",
        "network": "managed",
        "retain_ip": False,
        "hostname_override": False,
        "health_check": None,
        "links": [],
        "depends_on": [],
        "placement": dict(EMPTY_PLACEMENT),
        "metadata": {},
        "container": {},
    }
    return {**base, **changes}


def stack(
    services: dict[str, dict[str, t.Any]], *, name: str = "shop", volumes: dict | None = None
) -> dict[str, t.Any]:
    """A canonical stack."""
    return {"format": 1, "stack": name, "services": services, "volumes": volumes or {}}


def observation(host: str, **changes: t.Any) -> dict[str, t.Any]:
    """An engine with nothing on it but the image app:1 and the overlay."""
    base: dict[str, t.Any] = {
        "format": 1,
        "host": host,
        "error": None,
        "now": NOW,
        "boot_id": "b",
        "boot_s": 1000.0,
        "engine": {
            "id": f"engine-{host}",
            "name": host,
            "version": "26.1.5",
            "api": "1.45",
            "labels": {},
            "live_restore": False,
            "swarm": {"state": "active", "node_id": host, "manager": True, "error": ""},
        },
        "containers": [],
        "foreign": [],
        "volumes": {},
        "networks": {
            "drover": {
                "id": "n",
                "driver": "overlay",
                "subnet": "10.42.0.0/16",
                "ip_range": "10.42.0.0/17",
                "ours": True,
            }
        },
        "images": {"app:1": {"id": "sha256:1", "volumes": [], "digest": ""}},
        "checker": None,
        "balancers": {},
        "certificate_folders": {},
        "records": {},
        "damaged_records": {},
        "lease_fault": "",
        "refusals": {},
        "lease": None,
        "newer_records": {},
    }
    return {**base, **changes}


def body_of(write: RecordWrite) -> dict[str, t.Any]:
    """The body of a planned record as the planner works with it."""
    return unfold(write.record["body"])


class Bench:
    """A world of observations that a test changes by hand between plans."""

    def __init__(self, *hosts: str) -> None:
        self.seen: dict[str, t.Any] = {host: observation(host) for host in hosts}
        self.labels: dict[str, dict[str, str]] = {}
        self.settings: dict[str, t.Any] = {}

    def __getitem__(self, host: str) -> dict[str, t.Any]:
        found = self.seen[host]
        if found is None:
            raise KeyError(host)
        return found

    def plan(self, command: str = "reconcile", **fields: t.Any) -> Plan:
        """Plan one round."""
        settings = settings_for(list(self.seen), **self.settings)
        request = Request(
            command,
            token="t",
            time="2026-11-22T10:00:00Z",
            author="me",
            inventory=sorted(self.seen),
            **fields,
        )
        return make_plan(
            World(self.seen, settings=settings, host_labels=self.labels, renamed=request.rename),
            request,
        )

    def up(self, definition: dict[str, t.Any], **fields: t.Any) -> Plan:
        """Plan the start of a stack."""
        return self.plan("up", stacks=[definition["stack"]], definition=definition, **fields)

    def record(
        self,
        name: str,
        body: dict[str, t.Any],
        *,
        number: int = 1,
        hosts: t.Iterable[str] = (),
        token: str = "t",
    ) -> None:
        """Put a record on hosts (default: all that are seen)."""
        for host in hosts or [host for host, seen in self.seen.items() if seen]:
            self[host]["records"][name] = {
                **make_record(name, body, number=number, token=token),
                "host": host,
                "life": {},
            }

    def store(self, host: str, item: dict[str, t.Any]) -> None:
        """As a host does: a proposal stays one until it is told to be committed."""
        records, stack = self[host]["records"], item["stack"]
        before = records.get(stack) or no_version(stack)
        if "commit" in item or "withdraw" in item:
            version = item.get("commit") or item["withdraw"]
            change = with_commit if "commit" in item else without_proposal
            records[stack] = change(before, version) or before
            if not states_of(host, records[stack]):
                del records[stack]
            return
        fields = {key: item[key] for key in ("stack", "version", "body")}
        records[stack] = with_version(
            before, {**fields, "host": host}, item.get("asked"), item.get("base")
        )

    def settled(self, definition: dict[str, t.Any], **fields: t.Any) -> dict[str, t.Any]:
        """Carry a first `up` out by hand: records on all hosts, every container running. Returns the body."""
        plan = self.up(definition, **fields)
        if not plan.records:
            raise ValueError(plan.errors)
        bodies = {write.stack: body_of(write) for write in plan.records}
        for name, body in bodies.items():
            self.record(name, body)
        for item in plan.operations:
            if item["kind"] == "create":
                self.run(item)
        return bodies[definition["stack"]]

    def run(self, operation: Operation, **changes: t.Any) -> dict[str, t.Any]:
        """The container that a create operation makes, running."""
        args = operation["args"]
        container = {
            "id": f"id-{operation['container']}",
            "name": operation["container"],
            "managed": "stack",
            "stack": operation["stack"],
            "service": operation["service"],
            "index": operation["index"],
            "create_index": args["create_index"],
            "revision": args["revision"],
            "config_hash": args["config_hash"],
            "state": "running",
            "exit_code": 0,
            "oom": False,
            "error": "",
            "started_at": "2027-01-15T08:00:00Z",
            "finished_at": "0001-01-01T00:00:00Z",
            "restart_count": 0,
            "health": "none",
            "image": args["service"]["image"],
            "image_id": self.image_id(operation["host"], args["service"]["image"]),
            "networks": {args["network"]: endpoint(operation)},
            "ports": [],
            "mounts": dict(args["volumes"]),
        }
        self[operation["host"]]["containers"].append({**container, **changes})
        for name in args["volumes"].values():
            labels = {"io.drover.stack": operation["stack"]}
            self[operation["host"]]["volumes"][name] = {"driver": "local", "labels": labels}
        return self[operation["host"]]["containers"][-1]

    def image_id(self, host: str, reference: str) -> str:
        """What the name of an image means on a host."""
        image = self[host]["images"].get(reference)
        return short_id(image["id"]) if image else ""

    def container(self, name: str) -> dict[str, t.Any]:
        """A container by its name, on whatever host."""
        found = [
            item
            for seen in self.seen.values()
            if seen
            for item in seen["containers"]
            if item["name"] == name
        ]
        if len(found) != 1:
            raise KeyError(name)
        return found[0]

    def remove(self, name: str) -> None:
        """As docker rm -f would."""
        for seen in self.seen.values():
            if seen:
                seen["containers"] = [item for item in seen["containers"] if item["name"] != name]


def endpoint(operation: Operation) -> dict[str, t.Any]:
    """How the container of a create operation is attached to its network."""
    args = operation["args"]
    return {
        "address": args["address"] or "",
        "aliases": aliases(
            operation["stack"], operation["service"], args["service"].get("aliases", [])
        ),
        "links": endpoint_links(args["service"]["links"]),
        "mac": "02:42:0a:2a:80:01",
    }


def brief(plan: Plan) -> list[str]:
    """Operations without their host: kind, subject, cause."""
    return [line.split("  ", 1)[1] for line in plan.lines()]
