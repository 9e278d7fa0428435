# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each kind of operation runs on its host: its check, then its call. Private to the collection.

The arguments that each kind takes are the types of _model/operation.py.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
import time
import typing as t

from .._common.constants import (
    CHECKER_SERVICE,
    MANAGED_BY_MODULE,
    MANAGED_BY_STACK,
    MEMBER_MARK,
    STATE_DIR_MARK,
    STOP_GRACE_S,
    SYSTEM_STACK,
)
from .._engine.client import Engine
from .._engine.container_body import create_body
from .._engine.container_options import update_body
from .._engine.errors import EngineError, NetworkDown, NotFound
from .._engine.networks import bridge_body, endpoint_body
from .._haproxy.render.balancer import render_balancer
from .._haproxy.render.checker import render_checker
from .._haproxy.render.custom import with_key
from .._haproxy.run import desired as haproxy
from .._haproxy.run.apply import RESTART, apply, validate_only
from .._haproxy.run.balancer_files import balancer_folders
from .._haproxy.run.certificate_folders import pair_digest, read_all
from .._haproxy.run.observe_checker import checker_folders
from .._haproxy.run.target import ApplyError, Target
from .._model.ledger import Applied
from .._model.member import DOTTED, MemberId
from .._model.operation import (
    BALANCER,
    CHECKER,
    CONNECT,
    CREATE,
    DISCONNECT,
    DRAIN,
    FORGET,
    NETWORK,
    PULL,
    RECORD,
    REMOVE,
    REMOVE_VOLUME,
    START,
    STOP,
    SWEEP,
    UNPAUSE,
    UPDATE,
    VALIDATE,
    VERDICT,
    Args,
    BalancerArgs,
    CheckerArgs,
    ConnectArgs,
    CreateArgs,
    DisconnectArgs,
    DrainArgs,
    ForgetArgs,
    Kind,
    NetworkArgs,
    NoArgs,
    Operation,
    PullArgs,
    RecordArgs,
    RemoveArgs,
    RemoveVolumeArgs,
    StartArgs,
    StopArgs,
    SweepArgs,
    UpdateArgs,
    VerdictArgs,
)
from .._model.volumes import VolumeSpec, member_volumes, volume_specs
from .._record.ledger import (
    forget_drain,
    forget_volume,
    note_applied,
    note_config,
    note_drain,
    note_health,
    note_run,
    note_volumes,
)
from .._record.own_updates import note_own_update
from .._record.store import StaleRecord, remove_record, write_record
from . import preconditions
from .last_words import last_words
from .preconditions import LIVE, Stale
from .second_look import objection
from .sweep import sweep_container, sweep_folder

Json = t.Dict[str, t.Any]


class Failed(Exception):
    """The operation cannot be done, for a reason found on the host."""


@dataclasses.dataclass
class Context:
    """The engine and the folders that operations work on."""

    engine: Engine
    host: str
    state_dir: str
    clock: t.Callable[[], float] = time.time
    created: dict[str, str] = dataclasses.field(default_factory=dict)
    """Ids of containers that this run created, by name; the plan was made before they existed."""
    down: dict[str, str] = dataclasses.field(default_factory=dict)
    """Networks that took no container in this run, with the engine's words."""

    @contextlib.contextmanager
    def attaching(self, network: str) -> t.Iterator[None]:
        """Attach a container to a network. After the first failure for the network's fault no other one is tried.

        The engine needs 20 s for each try, and the host's lock is held meanwhile.
        """
        if network in self.down:
            raise NetworkDown(f"not tried: {self.down[network]}")
        try:
            yield
        except NetworkDown as error:
            self.down.setdefault(network, str(error))
            raise


def perform(context: Context, operation: Operation) -> str:
    """Check and do one operation.

    Returns:
        A remark on how it was done; usually empty.

    Raises:
        Stale: An assumption of the plan no longer holds; nothing was done.
        Failed, EngineError, StoreError: It could not be done.
    """
    preconditions.not_overtaken(context.state_dir, operation)
    return _HANDLERS[operation["kind"]](context, operation) or ""


def _network(context: Context, _operation: Operation, args: NetworkArgs) -> None:
    preconditions.network_is_absent(context.engine, args["name"])
    context.engine.create_network(args["name"], bridge_body(args["subnet"]))


def _pull(context: Context, _operation: Operation, args: PullArgs) -> str:
    image = args["image"]
    try:
        context.engine.pull(image)
    except EngineError as error:
        if context.engine.image(image) is None:
            raise Failed(f"cannot pull {image}, and it is not on this host: {error}") from error
        return f"cannot pull {image}, the one on this host is used: {error}"
    return ""


def _create(context: Context, operation: Operation, args: CreateArgs) -> None:
    if args["managed"] == MANAGED_BY_STACK:  # a module's own containers have no record
        preconditions.is_placed(context.state_dir, operation, host=context.host)
    preconditions.name_is_free(context.engine, operation)
    owner = preconditions.owner_of(operation, args)
    volumes = member_volumes(
        args["service"],
        member=owner,
        declared=args["declared"],
        image_volumes=_image_volumes(context.engine, args["service"]["image"]),
        remembered=args["volumes"],
    )
    specs = volume_specs(args["service"], member=owner, declared=args["declared"], volumes=volumes)
    if args["managed"] == MANAGED_BY_STACK:
        preconditions.no_volume_is_lost(context.engine, context.state_dir, operation, args)
    _ensure_volumes(context.engine, specs)
    if args["managed"] == MANAGED_BY_STACK and volumes:
        note_volumes(context.state_dir, operation["stack"], owner.home.key, volumes.values())
    body = create_body(
        _with_own_folders(args["service"], context.state_dir, operation),
        member=MemberId.of(operation),
        declared=args["declared"],
        volumes=volumes,
        create_index=args["create_index"],
        revision=args["revision"],
        config_hash=args["config_hash"],
        managed=args["managed"],
        network=args["network"],
        address=args["address"],
        fixed=args.get("fixed", ""),
    )
    context.created[operation["container"]] = context.engine.create(operation["container"], body)


def _with_own_folders(service: Json, state_dir: str, operation: Operation) -> Json:
    """Move the bind mounts of our own services to the state directory of this host."""
    member = MemberId.of(operation).dotted
    container = service["container"]
    mounts = []
    for mount in container.get("mounts", []):
        source = mount["source"] or ""
        if source.startswith(STATE_DIR_MARK):
            source = source.replace(STATE_DIR_MARK, state_dir, 1).replace(MEMBER_MARK, member, 1)
            mount = {**mount, "source": source}
        mounts.append(mount)
    return {**service, "container": {**container, "mounts": mounts}} if mounts else service


def _image_volumes(engine: Engine, reference: str) -> list[str]:
    image = engine.image(reference)
    if image is None:
        raise Failed(f"image {reference} is not on this host")
    return sorted((image.get("Config") or {}).get("Volumes") or {})


def _ensure_volumes(engine: Engine, specs: list[VolumeSpec]) -> None:
    """Create the volumes that are missing. An existing one is never changed."""
    if not specs:
        return
    present = {item["Name"]: item.get("Driver", "") for item in engine.volumes()}
    for spec in specs:
        if spec.name not in present:
            if spec.external:
                raise Failed(
                    f"volume {spec.name} is external and does not exist on this host: create it first"
                )
            engine.create_volume(spec.name, spec.driver, spec.driver_opts, spec.labels)
        elif spec.declared and not spec.external and present[spec.name] != spec.driver:
            raise Failed(
                f"volume {spec.name} exists with driver {present[spec.name]}, the stack file says {spec.driver}: "
                "remove the volume or change the file"
            )


def _known(context: Context, operation: Operation) -> Operation:
    """The operation, with the id of the container that an earlier one of this run created."""
    known = operation.copy()
    known["container_id"] = operation["container_id"] or context.created.get(
        operation["container"], ""
    )
    return known


def _start(context: Context, operation: Operation, _args: StartArgs) -> None:
    found = preconditions.startable(context.engine, _known(context, operation))
    preconditions.is_not_moved(context.state_dir, operation)
    _note_run(context, operation)
    with context.attaching(str((found.get("HostConfig") or {}).get("NetworkMode", ""))):
        context.engine.start(found["Id"])


def _note_run(context: Context, operation: Operation) -> None:
    """Note the start of a hook before it, so that no control node starts it again, whatever becomes of it."""
    is_hook = MemberId.of(operation).is_hook
    if is_hook and not note_run(context.state_dir, operation, now=context.clock()):
        raise Stale("this host has no record of the stack")


def _unpause(context: Context, operation: Operation, _args: NoArgs) -> None:
    context.engine.unpause(preconditions.paused(context.engine, operation)["Id"])


def _update(context: Context, operation: Operation, args: UpdateArgs) -> None:
    found = preconditions.ours(context.engine, operation)
    context.engine.update(found["Id"], update_body(args["service"]))
    applied = Applied(container=found["Id"], launch=args["config_hash"])
    if args.get("managed") == MANAGED_BY_MODULE:
        note_own_update(
            context.state_dir, applied, [item["Id"] for item in context.engine.containers()]
        )
    elif not note_applied(context.state_dir, operation, applied):
        raise Stale("this host has no record of the stack")


def _stop(context: Context, operation: Operation, args: StopArgs) -> None:
    _halt(context.engine, preconditions.running(context.engine, operation), args)
    forget_drain(context.state_dir, operation)


def _halt(engine: Engine, found: Json, args: StopArgs) -> None:
    """Stop with grace. A paused container receives no signal, so it is unpaused first."""
    grace = args.get("timeout_s")
    if grace is None:
        grace = found["Config"].get("StopTimeout")
    if found["State"]["Status"] == "paused":
        engine.unpause(found["Id"])
    engine.stop(found["Id"], STOP_GRACE_S if grace is None else grace)


def _remove(context: Context, operation: Operation, args: RemoveArgs) -> str:
    found = preconditions.ours(context.engine, operation)
    told = last_words(context.engine, found["Id"]) if args.get("tells_log") else ""
    if found["State"]["Status"] in LIVE:
        _halt(context.engine, found, args)
    context.engine.remove(found["Id"])
    forget_drain(context.state_dir, operation)
    if args.get("leaves"):
        _remove_own_folders(context.state_dir, operation)
    return told


def _remove_own_folders(state_dir: str, operation: Operation) -> None:
    """Remove our folders for one of our HAProxys. The name comes from labels, so it is checked."""
    name = MemberId.of(operation).dotted
    if (operation["stack"], operation["service"]) == (SYSTEM_STACK, CHECKER_SERVICE):
        checker_folders(state_dir).remove()
    elif re.fullmatch(DOTTED, name):
        balancer_folders(state_dir, name).remove()


def _connect(context: Context, operation: Operation, args: ConnectArgs) -> None:
    found = preconditions.not_connected(context.engine, operation, args["network"])
    endpoint = endpoint_body(
        address=args["address"],
        aliases=args["aliases"],
        links=args["links"],
        mac_address=args["mac_address"] or None,
    )
    with context.attaching(args["network"]):
        context.engine.connect(args["network"], found["Id"], endpoint)


def _disconnect(context: Context, operation: Operation, args: DisconnectArgs) -> None:
    found = preconditions.connected(context.engine, operation, args["network"])
    context.engine.disconnect(args["network"], found["Id"])


def _remove_volume(context: Context, operation: Operation, args: RemoveVolumeArgs) -> None:
    preconditions.volume_is_unused(context.engine, args["volume"])
    try:
        context.engine.remove_volume(args["volume"])
    except NotFound:
        raise Stale("the volume is gone") from None
    forget_volume(context.state_dir, operation["stack"], args["volume"])


def _sweep(context: Context, operation: Operation, args: SweepArgs) -> None:
    if args["folder"]:
        sweep_folder(context.state_dir, args["folder"], clock=context.clock)
    else:
        sweep_container(context.engine, operation["container_id"])


def _record(context: Context, _operation: Operation, args: RecordArgs) -> None:
    try:
        write_record(context.state_dir, {**args["record"], "host": context.host})
    except StaleRecord as error:
        raise Stale(str(error)) from error


def _checker(context: Context, operation: Operation, args: CheckerArgs) -> str:
    try:
        config, revision = render_checker(args["model"])
    except ValueError as error:
        raise Failed(str(error)) from error
    if revision != args["revision"]:
        raise Stale("the config was planned by another release of this collection")
    container = preconditions.ours_or_none(context.engine, operation)
    folders = checker_folders(context.state_dir)
    target = Target(folders, container, args["image"], may_restart=True)
    try:
        done = apply(context.engine, target, haproxy.checker(config), wait_s=args["wait_s"])
    except ApplyError as error:
        raise Failed(str(error)) from error
    return RESTARTED if done.how == RESTART else ""


RESTARTED = "its sockets or its folders were gone, so its container was restarted"


def _balancer(context: Context, operation: Operation, args: BalancerArgs) -> str:
    target, desired = _haproxy(context, operation, args)
    try:
        done = apply(context.engine, target, desired, wait_s=args["wait_s"])
    except ApplyError as error:
        why = with_key(str(error), args["model"])
        note_config(context.state_dir, operation, args["revision"], why, now=context.clock())
        raise Failed(why) from error
    note_config(context.state_dir, operation, args["revision"], "", now=context.clock())
    if done.how == RESTART:
        return RESTARTED
    return "" if done.quiet or not args["wait_s"] else "requests of what drains are still under way"


def _validate(context: Context, operation: Operation, args: BalancerArgs) -> None:
    """Ask HAProxy whether it accepts a config; change and store nothing."""
    target, desired = _haproxy(context, operation, args)
    try:
        validate_only(context.engine, target, desired)
    except ApplyError as error:
        raise Failed(with_key(str(error), args["model"])) from error


def _haproxy(
    context: Context, operation: Operation, args: BalancerArgs
) -> tuple[Target, haproxy.Desired]:
    """The HAProxy of an operation, and its desired state."""
    try:
        config, revision = render_balancer(args["model"])
    except ValueError as error:
        raise Failed(str(error)) from error
    if revision != args["revision"]:
        raise Stale("the config was planned by another release of this collection")
    name = MemberId.of(operation).dotted
    container = preconditions.ours_or_none(context.engine, _known(context, operation))
    folders = balancer_folders(context.state_dir, name)
    target = Target(folders, container, args["image"], may_restart=True)
    default = args["model"].get("default_certificate") or ""
    try:
        return target, haproxy.balancer(config, _certificates(args), default)
    except ValueError as error:
        raise Failed(str(error)) from error


def _certificates(args: BalancerArgs) -> dict[str, str]:
    """The certificates of the record, and those on this host if they are unchanged since the plan was made."""
    found = dict(args["certificates"])
    wanted = {
        name: mark for name, mark in args["model"]["certificates"].items() if name not in found
    }
    here = read_all(args["folders"]) if wanted and args["folders"] else {}
    for name, mark in wanted.items():
        if name not in here or pair_digest(here[name]) != mark:
            raise Stale(f"the files of certificate {name} changed since the plan was made")
        found[name] = here[name]
    return found


def _verdict(context: Context, operation: Operation, args: VerdictArgs) -> None:
    entry = args["entry"]
    if look := args.get("look"):
        planned_s = context.clock() - entry["last_repair"]
        if reason := objection(context.state_dir, look, planned_s=planned_s):
            raise Stale(reason)
    if not note_health(context.state_dir, operation, entry):
        raise Stale("this host has no record of the stack")


def _drain(context: Context, operation: Operation, args: DrainArgs) -> None:
    if not note_drain(context.state_dir, operation, args["entry"]):
        raise Stale("this host has no record of the stack")


def _forget(context: Context, operation: Operation, args: ForgetArgs) -> None:
    if not remove_record(
        context.state_dir, operation["stack"], operation["version"], args["token"]
    ):
        raise Stale("this host has another record of the stack, or none")


_HANDLERS: dict[str, t.Callable[[Context, Operation], str | None]] = {}


def _handle(kind: Kind[Args], do: t.Callable[[Context, Operation, Args], str | None]) -> None:
    """Register the handler of a kind: a function that takes its type of arguments."""
    _HANDLERS[kind.name] = lambda context, operation: do(
        context, operation, t.cast(Args, operation["args"])
    )


_handle(NETWORK, _network)
_handle(PULL, _pull)
_handle(CREATE, _create)
_handle(START, _start)
_handle(UPDATE, _update)
_handle(UNPAUSE, _unpause)
_handle(STOP, _stop)
_handle(REMOVE, _remove)
_handle(CONNECT, _connect)
_handle(DISCONNECT, _disconnect)
_handle(REMOVE_VOLUME, _remove_volume)
_handle(SWEEP, _sweep)
_handle(RECORD, _record)
_handle(CHECKER, _checker)
_handle(BALANCER, _balancer)
_handle(VALIDATE, _validate)
_handle(VERDICT, _verdict)
_handle(DRAIN, _drain)
_handle(FORGET, _forget)
