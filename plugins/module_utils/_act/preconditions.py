# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold just before an operation: docs/schema.md section 8. Private to the collection.

A plan is made from slightly old observations. Each check looks again and raises Stale if an assumption of the plan no
longer holds; then nothing is done, and the next round makes a new plan.
"""

from __future__ import annotations

import typing as t

from .._common.labels import is_ours
from .._engine.client import Engine
from .._engine.errors import NotFound
from .._model.entry import KEPT, LEAVES, RUNS, phase_of
from .._model.ledger import volumes_of
from .._model.member import MemberId
from .._model.operation import CreateArgs, Operation
from .._record.store import read_record

Json = t.Dict[str, t.Any]

LIVE = ("running", "restarting", "paused")


class Stale(Exception):
    """An assumption of the plan no longer holds."""


def ours(engine: Engine, operation: Operation) -> Json:
    """The inspect of the operation's container: it exists, is ours and is the same member."""
    target = operation["container_id"] or operation["container"]
    try:
        found = engine.inspect(target)
    except NotFound:
        raise Stale("the container is gone") from None
    labels = found["Config"].get("Labels") or {}
    if not is_ours(labels):
        raise Stale("the container is not ours")
    member = MemberId.of_labels(labels)
    if member != MemberId.of(operation):
        raise Stale(f"the container is of another member: {member.place}")
    return found


def ours_or_none(engine: Engine, operation: Operation) -> str:
    """Id of the operation's container; empty if there is none. Raises Stale if it belongs to another member."""
    try:
        engine.inspect(operation["container_id"] or operation["container"])
    except NotFound:
        return ""
    return str(ours(engine, operation)["Id"])


def startable(engine: Engine, operation: Operation) -> Json:
    """Ours, and neither running nor being removed. A hook that has run is not started again."""
    is_hook = MemberId.of(operation).is_hook
    allowed = ("created",) if is_hook else ("created", "exited", "dead")
    return _in_state(engine, operation, allowed=allowed)


def running(engine: Engine, operation: Operation) -> Json:
    """Ours, and running."""
    return _in_state(engine, operation, allowed=LIVE)


def paused(engine: Engine, operation: Operation) -> Json:
    """Ours, and paused."""
    return _in_state(engine, operation, allowed=("paused",))


def connected(engine: Engine, operation: Operation, network: str) -> Json:
    """Ours, and on a network."""
    found = ours(engine, operation)
    if network not in _networks(found):
        raise Stale("the container is not on that network")
    return found


def not_connected(engine: Engine, operation: Operation, network: str) -> Json:
    """Ours, and not on a network."""
    found = ours(engine, operation)
    if network in _networks(found):
        raise Stale("the container is on that network already")
    return found


def not_overtaken(state_dir: str, operation: Operation) -> None:
    """The host's record of the stack is not newer than the planned one, so no other run has decided since."""
    if not operation.get("version"):
        return
    record = read_record(state_dir, operation["stack"])
    number = record["version"]["number"] if record else 0
    if number > operation["version"]:
        raise Stale(
            f"the stack's record has number {number} now, the plan was made from {operation['version']}"
        )


def name_is_free(engine: Engine, operation: Operation) -> None:
    """The name is not in use, not even by a container that is not ours."""
    try:
        holder = engine.inspect(operation["container"])
    except NotFound:
        return
    labels = holder["Config"].get("Labels") or {}
    kind = "ours" if is_ours(labels) else "not ours"
    raise Stale(f"container {holder['Id'][:12]} ({kind}) has that name")


def is_placed(state_dir: str, operation: Operation, *, host: str) -> None:
    """The record on this host places the member here and does not retire it."""
    record = read_record(state_dir, operation["stack"])
    if record is None:
        raise Stale("this host has no record of the stack")
    member = MemberId.of(operation)
    if member.is_hook:
        _hook_is_placed(record, member, host)
        return
    entry = record["body"]["members"].get(member.home.key)
    if entry is None or entry["retired"] or not _wants_slot(entry, member.slot):
        raise Stale("the record on this host does not want the member")
    if entry["host"] != host:
        raise Stale(f"the record on this host has the member on {entry['host']}")
    if phase_of(entry) == LEAVES:
        raise Stale("the member leaves this host")


def is_not_moved(state_dir: str, operation: Operation) -> None:
    """The record on this host does not hold the member back: its data are copied, or filled in."""
    record = read_record(state_dir, operation["stack"])
    entry = record["body"]["members"].get(MemberId.of(operation).home.key) if record else None
    if entry and not entry["retired"] and "move" in entry:
        raise Stale("the member is moved to another host")


def _hook_is_placed(record: Json, hook: MemberId, host: str) -> None:
    """The record on this host wants the hook to run here, and it has not run yet."""
    entry = record["body"].get("hooks", {}).get(hook.key)
    if entry is None or entry["retired"] or entry["state"] != RUNS or entry["host"] != host:
        raise Stale("the record on this host does not want the hook here")
    if record["life"].get(hook.key, {}).get("ran"):
        raise Stale("the hook has run")


def owner_of(operation: Operation, args: CreateArgs) -> MemberId:
    """The member whose volumes a container mounts: of a hook another one than its own."""
    member = MemberId.of(operation)
    return MemberId(member.stack, member.service, args["owner"]) if "owner" in args else member


def _wants_slot(entry: Json, slot: int) -> bool:
    """Whether a member has this slot, and it is to run. Records of the first format have no slots."""
    found = [item for item in entry.get("slots", [{}]) if item.get("slot", 0) == slot]
    return bool(found) and not found[0].get("retired") and found[0].get("role") != KEPT


def no_volume_is_lost(
    engine: Engine, state_dir: str, operation: Operation, args: CreateArgs
) -> None:
    """Every volume that the member had on this host is still there, unless a person asked for a new one."""
    record = read_record(state_dir, operation["stack"])
    had = volumes_of(record["life"] if record else {}, owner_of(operation, args).home.key)
    wanted = set(had).intersection(args["volumes"].values()).difference(args["new_volumes"])
    lost = wanted.difference(item["Name"] for item in engine.volumes()) if wanted else set()
    if lost:
        raise Stale(f"volume {min(lost)} is gone from this host")


def network_is_absent(engine: Engine, name: str) -> None:
    """No network has the name."""
    if any(item["Name"] == name for item in engine.networks()):
        raise Stale("a network of that name exists")


def volume_is_unused(engine: Engine, name: str) -> None:
    """The volume exists, and no container, running or not, mounts it."""
    if not any(item["Name"] == name for item in engine.volumes()):
        raise Stale("the volume is gone")
    for container in engine.containers():
        if any(mount.get("Name") == name for mount in container.get("Mounts") or []):
            raise Stale(f"container {container['Names'][0].lstrip('/')} uses the volume")


def _in_state(engine: Engine, operation: Operation, *, allowed: t.Collection[str]) -> Json:
    found = ours(engine, operation)
    state = found["State"]["Status"]
    if state not in allowed:
        raise Stale(f"the container is {state}")
    return found


def _networks(inspected: Json) -> Json:
    return (inspected.get("NetworkSettings") or {}).get("Networks") or {}
