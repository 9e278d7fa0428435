# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Desired state: how each command changes a stack's record body. Private to the collection.

Pure functions: they return a new body and never change their argument. An unchanged desired
state makes no new revision.
"""

from __future__ import annotations

import copy
import dataclasses
import typing as t

from .._common.constants import KEPT_REVISIONS, STATE_ACTIVE, STATE_CREATED, STATE_STOPPED
from .._model.config_hash import changed_keys, config_hash
from .._model.fact import Fact
from .._model.launch import decide_launch
from .fold import LAUNCH_KEYS, unfold_revision
from .handover import Handover, handover_of, with_handover
from .hooks import begin_hooks, has_failed, hooks_of, with_hooks
from .upgrades import (
    ROLLED_BACK,
    begin,
    confirmed,
    goes_one_way,
    is_complete,
    is_to_repeat,
    rolled_back_definition,
    rolling_back,
    upgrades_of,
    with_upgrades,
)

Body = t.Dict[str, t.Any]
CHECKED_AS = ("network", "start_once")
"""A service can have a health check depending on these keys. If an old value is kept, so is the old health check."""

HANDOVER_BATCH = 2
"""Rancher's default."""

NATURE_KEYS = ("kind", "balancer", "external", "alias_of")
"""Keys that make a service a load balancer or one without containers. They change only with the launch keys."""


class RequestError(Exception):
    """A command that cannot be carried out as given; the fact says what to do."""

    def __init__(self, code: str, **parameters: t.Any) -> None:
        self.fact = Fact(code, parameters)
        super().__init__(self.fact.text)


class StackUnknown(RequestError):
    """No reachable host knows the stack. Which one may be meant is known where all stacks are."""

    def __init__(self) -> None:
        super().__init__("stack_unknown")


@dataclasses.dataclass
class Request:
    """What a person (or the timer) asked for."""

    command: str
    stacks: list[str] | None = None
    definition: dict[str, t.Any] | None = None
    service: str = ""
    scale: int = -1
    scales: dict[str, int] = dataclasses.field(default_factory=dict)
    prune: bool = False
    forget: bool = False
    continued: bool = False
    """A later round of a command: it converges to what the hosts stored, and nothing stored is no error any more."""
    upgrade: bool = False
    """Whether C(up) brings running members to a changed definition."""
    force: bool = False
    """Whether it replaces the members of unchanged services, too."""
    services: list[str] = dataclasses.field(default_factory=list)
    """The services to upgrade; empty for all."""
    pull: bool = False
    """Whether C(up) pulls the images of running members anew, and replaces members that have another image."""
    policy: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    """Order and pace of the upgrade, where the command says them."""
    takes_over: str = ""
    """Of C(upgrade): the service that goes; C(service) comes."""
    update_links: bool = True
    """Of C(upgrade): whether what names the service that goes must name the other one, too."""
    move: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    """Of C(volume_move): C(step) (see volume_moves.py), C(to), C(index) and C(force)."""
    revision: int = 0
    """The revision to go back to; 0 for what was last confirmed."""
    wait_s: float = 0.0
    """How long to wait until the wanted members run and, where they are checked, are healthy."""
    rename: dict[str, str] = dataclasses.field(default_factory=dict)
    take: str = ""
    take_over: bool = False
    """This release and the settings of this inventory decide about system services from now on."""
    retry: list[str] = dataclasses.field(default_factory=list)
    remove_volumes: list[str] = dataclasses.field(default_factory=list)
    new_volumes: list[str] = dataclasses.field(default_factory=list)
    """Members, as STACK/SERVICE/INDEX, whose lost volumes are made anew."""
    author: str = ""
    time: str = ""
    token: str = ""
    inventory: list[str] = dataclasses.field(default_factory=list)
    waits_for: dict[str, str] = dataclasses.field(default_factory=dict)
    """C(owner) and C(reason) of a run that has the lease: nothing is recorded meanwhile, only repaired in place."""
    unstored: list[str] = dataclasses.field(default_factory=list)
    """Stacks whose record reached no majority in this pass: their recorded members are repaired in place."""
    signs: bool = False
    """This control node has a key, with which it signs records."""
    sign_records: bool = False
    """A person said that records which this key did not sign are right, and are to be signed."""
    unsign_records: bool = False
    """A person said that records need no signature any more. Only without a key."""
    unsigned: dict[str, list[dict[str, t.Any]]] = dataclasses.field(default_factory=dict)
    """The versions that are accepted by that word alone, by stack."""


def empty_body(hosts: t.Iterable[str]) -> Body:
    """The body of a stack before its first revision."""
    return {"hosts": sorted(hosts), "launches": {}, "revisions": [], "members": {}, "counters": {}}


def current(body: Body | None) -> dict[str, t.Any] | None:
    """The revision that the loop restores; None before the first."""
    return body["revisions"][-1] if body and body["revisions"] else None


def is_live(body: Body | None) -> bool:
    """Whether the stack is up: its current revision is not a tombstone."""
    revision = current(body)
    return revision is not None and not revision["tombstone"]


def declared_volumes(revision: dict[str, t.Any]) -> dict[str, t.Any]:
    """The declared volumes of a revision, stored or not."""
    found = revision.get("definition", revision).get("volumes", {})
    return t.cast("dict[str, t.Any]", found)


def with_revision(
    body: Body, request: Request, note: str, *, always: bool = False, **content: t.Any
) -> Body:
    """The body with one more revision, unless the current one already has this content and it is not C(always)."""
    last = current(body) or {
        "number": 0,
        "definition": {},
        "services": {},
        "tombstone": True,
        "digests": {},
    }
    fields = {
        key: content.get(key, last[key])
        for key in ("definition", "services", "tombstone", "digests")
    }
    if "definition" in content:
        fields["services"] = _with_launches(fields["definition"], fields["services"], last, body)
    same = all(fields[key] == last[key] for key in ("definition", "services", "tombstone"))
    if body["revisions"] and same and not always:
        return body
    revision = {
        "number": last["number"] + 1,
        "author": request.author,
        "time": request.time,
        "note": note,
        **fields,
    }
    return {**body, "revisions": [*body["revisions"], copy.deepcopy(revision)][-KEPT_REVISIONS:]}


def _with_launches(
    definition: dict[str, t.Any], services: dict[str, t.Any], last: dict[str, t.Any], body: Body
) -> dict[str, t.Any]:
    """The desired state of each service with its launch: the same one as before if nothing of it has changed."""
    found = {}
    for name, desire in services.items():
        present = last["services"].get(name, {}).get("launch", "")
        known = [present, *body.get("launches", {})]
        launch = decide_launch(definition["services"][name], definition["volumes"], known)
        found[name] = {**desire, "launch": launch}
    return found


def apply_up(
    body: Body,
    request: Request,
    *,
    unstarted: t.Collection[str] = (),
    moved: t.Collection[str] = (),
    may_go_back: bool = False,
) -> tuple[Body, list[Fact]]:
    """Apply a definition: add new services, and begin to upgrade changed ones or report them.

    C(unstarted) names services without any container that ran: their definitions may change at once. C(moved): those
    whose members have another image than its name means by now, and are to be replaced. C(may_go_back): whether what
    was confirmed is taken again though a hook has run since.
    """
    new = t.cast("dict[str, t.Any]", request.definition)
    last = current(body)
    if last is None or last["tombstone"]:
        services = {name: _first_desire(service) for name, service in new["services"].items()}
        _set_scales(services, new, request.scales)
        first = with_revision(
            body, request, "up", definition=new, services=services, tombstone=False
        )
        return begin_hooks(first, services), []
    old, upgraded = last["definition"], _upgraded(request, last["definition"], new)
    free = {*unstarted, *upgraded}
    fixed = {
        **old,
        "services": {name: item for name, item in old["services"].items() if name not in free},
    }
    definition, notes = merge_definitions(fixed, new, prune=request.prune)
    services = {
        name: copy.deepcopy(last["services"].get(name) or _first_desire(service))
        for name, service in definition["services"].items()
    }
    _set_scales(services, definition, request.scales)
    started = upgraded - set(unstarted)
    again = {name for name in services if name not in upgrades_of(body) and has_failed(body, name)}
    forced = upgraded if request.force else upgraded & set(moved)
    always = bool(forced or again) or any(is_to_repeat(body, name) for name in started)
    after = with_revision(
        body, request, "up", always=always, definition=definition, services=services
    )
    if not may_go_back:
        _refuse_one_way(body, after, started)
    without = _without_members(body, after, unstarted) | again
    after = begin(body, after, started, policy=request.policy, forced=forced)
    return begin_hooks(after, without), notes


def _without_members(body: Body, after: Body, unstarted: t.Collection[str]) -> set[str]:
    """The services whose first members are yet to start: new ones, and changed ones of which none has started."""
    old, new = body["revisions"][-1]["services"], after["revisions"][-1]["services"]
    known = set(unstarted) & set(old) & set(new)
    changed = {name for name in known if old[name]["launch"] != new[name]["launch"]}
    return (set(new) - set(old)) | changed


def _refuse_one_way(body: Body, after: Body, names: t.Iterable[str]) -> None:
    """Refuse definitions that are the way back of an upgrade whose hook has run: that takes a person's word."""
    old, new = body["revisions"][-1]["services"], after["revisions"][-1]["services"]
    for name in sorted(set(names) & set(new)):
        launch = new[name]["launch"]
        is_back = goes_one_way(body, name) and launch != old[name]["launch"]
        if is_back and launch == upgrades_of(body)[name]["confirmed"]["launch"]:
            raise RequestError("one_way_back", name=name)


def _upgraded(request: Request, old: dict[str, t.Any], new: dict[str, t.Any]) -> set[str]:
    """The services that the command may upgrade: those that it names, or all."""
    if not request.upgrade:
        return set()
    unknown = sorted(set(request.services) - set(new["services"]))
    if unknown:
        raise RequestError("no_service", name=unknown[0], known=sorted(new["services"]))
    return set(old["services"]) & set(request.services or new["services"])


def merge_definitions(
    old: dict[str, t.Any], new: dict[str, t.Any], *, prune: bool
) -> tuple[dict[str, t.Any], list[Fact]]:
    """The definition to store: values that need a new container stay as recorded, others come from the new files."""
    notes: list[Fact] = []
    services: dict[str, t.Any] = {}
    volumes = dict(new["volumes"])
    for name, service in new["services"].items():
        services[name] = _merge_service(name, old, new, notes)
        if services[name] is not service:
            volumes.update(
                {
                    key: old["volumes"][key]
                    for key in _volume_keys(services[name])
                    if key in old["volumes"]
                }
            )
    for name in sorted(set(old["services"]) - set(new["services"])):
        if prune:
            continue
        notes.append(Fact("service_kept", {"name": name}))
        services[name] = old["services"][name]
        volumes.update(
            {
                key: old["volumes"][key]
                for key in _volume_keys(services[name])
                if key in old["volumes"]
            }
        )
    merged = {**new, "services": services, "volumes": volumes}
    kept = _kept_certificates(old, services, new)
    if kept:
        merged["certificates"] = {**kept, **new.get("certificates", {})}
    return merged, notes


def _kept_certificates(
    old: dict[str, t.Any], services: dict[str, t.Any], new: dict[str, t.Any]
) -> dict[str, t.Any]:
    """Certificates of kept services that the new files no longer have."""
    left = [services[name] for name in services if name not in new["services"]]
    named = {
        name
        for service in left
        if service.get("balancer")
        for name in [
            *service["balancer"]["certificates"],
            service["balancer"]["default_certificate"],
        ]
    }
    known = old.get("certificates", {})
    return {name: known[name] for name in sorted(named) if name in known}


def _merge_service(
    name: str, old: dict[str, t.Any], new: dict[str, t.Any], notes: list[Fact]
) -> dict[str, t.Any]:
    """One service of the definition to store."""
    service = t.cast("dict[str, t.Any]", new["services"][name])
    before = old["services"].get(name)
    if before is None or config_hash(before, old["volumes"]) == config_hash(
        service, new["volumes"]
    ):
        return service
    kept = {**service, **{key: before[key] for key in LAUNCH_KEYS}}
    if _nature(before) != _nature(service):
        kept.update({key: before[key] for key in NATURE_KEYS if key in before})
    if any(kept[key] != service[key] for key in CHECKED_AS):
        kept["health_check"] = before.get("health_check")
    changed = changed_keys(kept, service, old_volumes=old["volumes"], new_volumes=new["volumes"])
    place = f"{new['stack']}/{name}"
    told = {"name": name, "changed": list(changed), "service": place}
    notes.append(Fact("definition_kept", told))
    return kept


def _nature(service: dict[str, t.Any]) -> tuple[str, bool]:
    """Whether a service has containers, and whether they are load balancers."""
    return service.get("kind", "container"), bool(service.get("balancer"))


def _volume_keys(service: dict[str, t.Any]) -> list[str]:
    """Keys of the declared volumes that a service mounts."""
    mounts = service["container"].get("mounts", [])
    return [mount["source"] for mount in mounts if mount["kind"] == "volume"]


def _first_desire(service: dict[str, t.Any]) -> dict[str, t.Any]:
    """Scale and state of a service that is new."""
    return {
        "scale": service["scale"],
        "state": STATE_ACTIVE if service["start_on_create"] else STATE_CREATED,
    }


def _set_scales(
    services: dict[str, t.Any], definition: dict[str, t.Any], scales: dict[str, int]
) -> None:
    """Apply the scales that were given with the command."""
    for name, scale in scales.items():
        _check_scalable(definition, name, scale)
        services[name]["scale"] = scale


def _check_scalable(definition: dict[str, t.Any], name: str, scale: int) -> None:
    """Refuse an invalid scale."""
    stack = definition["stack"]
    if name not in definition["services"]:
        raise RequestError("no_service", name=name, known=sorted(definition["services"]))
    if definition["services"][name]["global"]:
        raise RequestError("no_scale", service=f"{stack}/{name}")
    if not 0 <= scale <= 1000:
        raise RequestError("bad_scale", service=f"{stack}/{name}", scale=scale)


def apply_scale(body: Body, request: Request) -> Body:
    """Set the scale of one service."""
    last = live_revision(body)
    _check_scalable(last["definition"], request.service, request.scale)
    services = copy.deepcopy(last["services"])
    before = services[request.service]["scale"]
    services[request.service]["scale"] = request.scale
    return with_revision(
        body, request, f"scale {request.service} {before} -> {request.scale}", services=services
    )


def apply_upgrade(body: Body, request: Request) -> Body:
    """Take the next step of a handover from one service to another: one of their scales changes."""
    handover = handover_in(body, request)
    if handover.is_over:
        return body
    old, new, after = request.takes_over, request.service, handover.next
    services = with_handover(live_revision(body)["services"], old, new, after)
    note = f"upgrade {old} {handover.old} -> {after.old}, {new} {handover.new} -> {after.new}"
    return with_revision(body, request, note, services=services)


def handover_in(body: Body, request: Request) -> Handover:
    """The handover that is asked for, as far as it is. Raises RequestError if it cannot be."""
    last, old, new = live_revision(body), request.takes_over, request.service
    for name in (old, new):
        _check_scalable(last["definition"], name, max(request.scale, 0))
    if old == new:
        raise RequestError("handover_to_itself", name=new)
    if last["services"][new]["state"] != STATE_ACTIVE:
        raise RequestError("handover_to_stopped", name=new)
    batch = request.policy.get("batch_size", HANDOVER_BATCH)
    return handover_of(last["services"], old, new, scale=request.scale, batch=batch)


def apply_state(body: Body, request: Request) -> Body:
    """Deactivate or activate a stack, or one service of it. Members are kept."""
    last = live_revision(body)
    state = STATE_STOPPED if request.command == "stop" else STATE_ACTIVE
    if request.service and request.service not in last["services"]:
        raise RequestError("no_service", name=request.service, known=sorted(last["services"]))
    services = copy.deepcopy(last["services"])
    for name in [request.service] if request.service else list(services):
        services[name]["state"] = state
    what = f"{request.command} {request.service}".strip()
    return with_revision(body, request, what, services=services)


def apply_down(body: Body, request: Request) -> Body:
    """Leave a tombstone: members are removed on every host where they are found; volumes stay."""
    if current(body) is None:
        raise StackUnknown
    return with_upgrades(with_revision(body, request, "down", tombstone=True), {})


def apply_confirm(body: Body, request: Request) -> Body:
    """Give up the way back: what was kept for it is removed."""
    live_revision(body)
    names = _upgrades_meant(body, request)
    for name in names:
        if not is_complete(body, name):
            raise RequestError("upgrade_not_done", name=name)
    note = f"confirm {', '.join(names)}"
    return confirmed(with_revision(body, request, note, always=True), names)


def apply_rollback(body: Body, request: Request, *, unstarted: t.Collection[str] = ()) -> Body:
    """Go back to what was last confirmed, or to an earlier revision."""
    live_revision(body)
    if request.revision:
        return _back_to(body, request, unstarted)
    names = [
        name
        for name in _upgrades_meant(body, request)
        if upgrades_of(body)[name]["phase"] != ROLLED_BACK
    ]
    if not names:
        raise RequestError("nothing_to_roll_back")
    for name in [] if request.force else names:
        if goes_one_way(body, name):
            raise RequestError("one_way_back", name=name)
    return roll_back(body, request, dict.fromkeys(names))


def _back_to(body: Body, request: Request, unstarted: t.Collection[str]) -> Body:
    found = [item for item in body["revisions"] if item["number"] == request.revision]
    if not found or found[0]["tombstone"]:
        known = [item["number"] for item in body["revisions"] if not item["tombstone"]]
        raise RequestError("no_revision", revision=request.revision, known=known)
    services = [request.service] if request.service else []
    revision = unfold_revision(body, found[0])
    for name in [] if request.force else services or sorted(revision["services"]):
        if _is_past_hook(body, revision, name):
            raise RequestError("one_way_back", name=name)
    definition = revision["definition"]
    asked = dataclasses.replace(
        request, definition=definition, upgrade=True, services=services, force=False
    )
    return apply_up(body, asked, unstarted=unstarted, may_go_back=request.force)[0]


def _is_past_hook(body: Body, revision: dict[str, t.Any], name: str) -> bool:
    """Whether a later revision of a service, with another launch, has a hook: it may have changed the data."""
    launch = revision["services"].get(name, {}).get("launch")
    return any(
        item["number"] > revision["number"]
        and item["services"].get(name, {}).get("launch", launch) != launch
        and _has_hook(item, name)
        for item in body["revisions"]
    )


def _has_hook(revision: dict[str, t.Any], name: str) -> bool:
    """Whether the definition of a service in a revision, stored or not, has a hook."""
    whole = revision.get("definition", {}).get("services", {}).get(name, {})
    in_place = revision["services"].get(name, {}).get("in_place", {})
    return bool(whole.get("pre_deploy") or in_place.get("pre_deploy"))


def roll_back(body: Body, request: Request, reasons: t.Mapping[str, Fact | None]) -> Body:
    """The body that wants these services as they were last confirmed; C(reasons): None for a person's command."""
    note = "; ".join(
        f"roll back {name}" + (f": {reason.text}" if reason else "")
        for name, reason in reasons.items()
    )
    definition = rolled_back_definition(body, reasons)
    services = copy.deepcopy(body["revisions"][-1]["services"])
    after = with_revision(
        body, request, note, always=True, definition=definition, services=services
    )
    return rolling_back(body, after, reasons)


def _upgrades_meant(body: Body, request: Request) -> list[str]:
    """The services with an upgrade that a command is about."""
    found = sorted(upgrades_of(body))
    if request.service:
        services = (current(body) or {"services": {}})["services"]
        if request.service not in services:
            raise RequestError("no_service", name=request.service, known=sorted(services))
        found = [name for name in found if name == request.service]
    if not found:
        raise RequestError("no_upgrade", name=request.service)
    return found


def rename_hosts(body: Body, names: dict[str, str]) -> Body:
    """The body with the new inventory names of hosts."""
    if not set(names) & set(body["hosts"]):
        return body
    members = {key: _renamed(entry, names) for key, entry in body["members"].items()}
    hosts = sorted({names.get(host, host) for host in body["hosts"]})
    hooks = hooks_of(body)
    for key, entry in hooks.items():
        hooks[key] = {**entry, "host": names.get(entry["host"], entry["host"])}
    return with_hooks({**body, "hosts": hosts, "members": members}, hooks)


def _renamed(entry: dict[str, t.Any], names: dict[str, str]) -> dict[str, t.Any]:
    """An entry with the new names of its hosts."""
    found = {**entry, "host": names.get(entry["host"], entry["host"])}
    if "move" in entry:
        ends = {end: names.get(entry["move"][end], entry["move"][end]) for end in ("to", "from")}
        found["move"] = {**entry["move"], **ends}
    if "moved" in entry:
        before = entry["moved"]["from"]
        found["moved"] = {**entry["moved"], "from": names.get(before, before)}
    return found


def live_revision(body: Body) -> dict[str, t.Any]:
    """The current revision, or an error that says why there is none to change."""
    last = current(body)
    if last is None or last["tombstone"]:
        raise StackUnknown
    return last
