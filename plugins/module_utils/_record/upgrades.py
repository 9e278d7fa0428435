# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upgrades in a stack's record body: what begins, cancels, rolls back and confirms them. Private to the collection.

Pure functions: they return a new body and never change their argument. Which member has which launch is written in its
slots (_plan/upgrade); a body only says what is wanted, and what the way back is (docs/schema.md section 4).
"""

from __future__ import annotations

import typing as t

from .._model.entry import KEPT
from .._model.fact import Fact
from .._model.member import member_ids, service_of
from .fold import join_service, split_service
from .hooks import begin_hooks, end_hooks, has_failed

Json = t.Dict[str, t.Any]
Body = t.Dict[str, t.Any]

ROLLING = "rolling"
PAUSED = "paused"
ROLLING_BACK = "rolling_back"
ROLLED_BACK = "rolled_back"
ACTIVE = (ROLLING, ROLLING_BACK)
"""Phases that go on by themselves."""

OWN_KEYS = ("health_check", "kind", "balancer", "external", "alias_of")
"""Keys that are applied in place and belong to a launch all the same: a new image may listen on another port."""


def upgrades_of(body: Body | None) -> dict[str, Json]:
    """The upgrades of a body, by service."""
    return dict((body or {}).get("upgrades", {}))


def with_upgrades(body: Body, upgrades: dict[str, Json]) -> Body:
    """The body with these upgrades. Without any it has no key for them."""
    kept = {key: item for key, item in body.items() if key != "upgrades"}
    return {**kept, "upgrades": upgrades} if upgrades else kept


def service_at(body: Body, name: str, launch: str) -> Json:
    """The definition of a service's member of this launch: what is applied in place is the present one."""
    revision = body["revisions"][-1]
    service: Json = revision["definition"]["services"][name]
    known = body.get("launches", {}).get(launch)
    if known is None or revision["services"][name]["launch"] == launch:
        return service
    _launch, in_place = split_service(service, {})
    upgrade = upgrades_of(body).get(name)
    own = _own_of(upgrade, launch) if upgrade else None
    if own is not None:
        in_place = {key: item for key, item in in_place.items() if key not in OWN_KEYS}
        in_place.update(own)
    return join_service(known, in_place)


def volumes_at(body: Body, name: str, launch: str) -> Json:
    """The declared volumes that a member of this launch may mount."""
    revision = body["revisions"][-1]
    declared: Json = revision["definition"]["volumes"]
    if revision["services"][name]["launch"] == launch:
        return declared
    return {**declared, **body.get("launches", {}).get(launch, {}).get("volumes", {})}


def _own_of(upgrade: Json, launch: str) -> Json | None:
    if upgrade["confirmed"]["launch"] == launch:
        return t.cast("Json", upgrade["confirmed"]["own"])
    return t.cast("Json | None", upgrade["others"].get(launch))


def own(service: Json) -> Json:
    """What of a service goes with its launch, though it is applied in place."""
    return {key: service[key] for key in OWN_KEYS if key in service}


# --- commands ---


def begin(
    before: Body,
    after: Body,
    names: t.Iterable[str],
    *,
    policy: Json,
    forced: t.Collection[str] = (),
) -> Body:
    """The body after C(up), with an upgrade for each named service whose launch is another one.

    An earlier upgrade that is complete is confirmed by it, as in Rancher: the way back is what ran before. In the
    middle of one it stays what was last confirmed.

    Args:
        before: The body before the command.
        after: The same with the new revision.
        names: Services that have members to upgrade.
        policy: What the command says of order and pace.
        forced: Services whose members are replaced even if nothing of their definition changed.
    """
    old, new = before["revisions"][-1], after["revisions"][-1]
    upgrades, launches = upgrades_of(before), dict(after.get("launches", {}))
    ended, begun = [], []
    for name in sorted(set(names) & set(old["services"]) & set(new["services"])):
        present, target = old["services"][name]["launch"], new["services"][name]["launch"]
        if present == target and name not in forced:
            upgrades = _resumed(upgrades, name)
            if is_to_repeat(before, name):
                upgrades[name] = {**upgrades[name], "slot": new["number"]}
                begun.append(name)
            continue
        goes_back = name in upgrades and target == upgrades[name]["confirmed"]["launch"]
        if name in upgrades and (name in forced or not goes_back):
            ended += [name] if is_complete(before, name) else []
        if name in ended:
            del upgrades[name]
        for revision, launch in ((old, present), (new, target)):
            definition = revision["definition"]
            parts, _in_place = split_service(definition["services"][name], definition["volumes"])
            launches[launch] = launches.get(launch) or parts
        force = name in forced
        upgrades[name] = _begun(upgrades.get(name), old, name, target=target, force=force)
        upgrades[name].update(slot=new["number"], policy=policy)
        begun.append(name)
    upgrades = {name: item for name, item in upgrades.items() if name in new["services"]}
    if upgrades == upgrades_of(after):
        return after
    body = with_upgrades({**confirmed(after, ended), "launches": launches}, upgrades)
    cancelled = [name for name in begun if upgrades[name]["phase"] == ROLLING_BACK]
    return begin_hooks(end_hooks(body, cancelled), set(begun) - set(cancelled))


def is_to_repeat(body: Body, name: str) -> bool:
    """Whether an upgrade is paused as its hook failed. No member was touched; it runs again under a new name."""
    return upgrades_of(body).get(name, {}).get("phase") == PAUSED and has_failed(body, name)


def goes_one_way(body: Body, name: str) -> bool:
    """Whether a hook of the upgrade of a service has run: what was confirmed may not work with its data any more."""
    upgrade = upgrades_of(body).get(name, {})
    return bool(upgrade.get("one_way")) and upgrade["phase"] != ROLLING_BACK


def is_wanted_slot(upgrade: Json, slot: int) -> bool:
    """Whether a slot of the wanted launch is wanted: a forced upgrade, and its rollback, have two lives with it."""
    return slot != upgrade.get("left", -1) and (not upgrade["force"] or slot == upgrade["slot"])


def is_complete(body: Body, name: str) -> bool:
    """Whether all members of a service are upgraded, so that only the confirmation is left."""
    launch = body["revisions"][-1]["services"][name]["launch"]
    upgrade = upgrades_of(body)[name]
    wanted = {
        key: entry
        for key, entry in body["members"].items()
        if service_of(key) == name and not entry["retired"] and entry.get("role") != KEPT
    }
    if not all(is_wanted_slot(upgrade, slot.slot) for slot in member_ids("", wanted)):
        return False
    return all(entry["launch"] == launch and not entry.get("role") for entry in wanted.values())


def _resumed(upgrades: dict[str, Json], name: str) -> dict[str, Json]:
    """A person's C(up) of the same files: a paused upgrade goes on."""
    if name not in upgrades or upgrades[name]["phase"] != PAUSED:
        return upgrades
    return {**upgrades, name: {**upgrades[name], "phase": ROLLING, "reason": None}}


def _begun(upgrade: Json | None, old: Json, name: str, *, target: str, force: bool) -> Json:
    """A new upgrade, or the present one with another aim: its way back stays what was last confirmed."""
    present, service = old["services"][name]["launch"], old["definition"]["services"][name]
    is_new = upgrade is None or upgrade["phase"] == ROLLED_BACK
    confirmed = {"launch": present, "revision": old["number"], "own": own(service)}
    others = {} if upgrade is None or is_new else {**upgrade["others"], present: own(service)}
    if upgrade is not None and not is_new:
        confirmed = upgrade["confirmed"]
    one_way = {"one_way": True} if upgrade and not is_new and upgrade.get("one_way") else {}
    is_cancelled = not is_new and not force and target == confirmed["launch"]
    return {
        "phase": ROLLING_BACK if is_cancelled else ROLLING,
        "force": force and not is_cancelled,
        "confirmed": confirmed,
        "others": others,
        "reason": None,
        **one_way,
    }


def rolled_back_definition(body: Body, names: t.Iterable[str]) -> Json:
    """The present definition with these services as they were last confirmed."""
    definition = body["revisions"][-1]["definition"]
    services, volumes = dict(definition["services"]), dict(definition["volumes"])
    for name in names:
        launch = upgrades_of(body)[name]["confirmed"]["launch"]
        services[name] = service_at(body, name, launch)
        volumes.update(volumes_at(body, name, launch))
    return {**definition, "services": services, "volumes": volumes}


def rolling_back(before: Body, after: Body, reasons: t.Mapping[str, Fact | None]) -> Body:
    """The body after a new revision with the confirmed definitions: these services roll back."""
    old, new, upgrades = before["revisions"][-1], after["revisions"][-1], upgrades_of(before)
    for name, reason in reasons.items():
        upgrade = upgrades[name]
        present = old["services"][name]["launch"]
        new["services"][name]["launch"] = upgrade["confirmed"]["launch"]
        upgrades[name] = {
            **{key: item for key, item in upgrade.items() if key != "refused"},
            **({"left": upgrade["slot"]} if upgrade["force"] else {}),
            "phase": ROLLING_BACK,
            "force": False,
            "slot": new["number"],
            "others": {**upgrade["others"], present: own(old["definition"]["services"][name])},
            "reason": reason.as_data if reason else None,
        }
    return with_upgrades(end_hooks(after, reasons), upgrades)


def paused(body: Body, name: str, reason: Fact) -> Body:
    """The body with a paused upgrade: no further member is taken, and all of them are healed."""
    upgrade = {**upgrades_of(body)[name], "phase": PAUSED, "reason": reason.as_data}
    return with_upgrades(body, {**upgrades_of(body), name: upgrade})


def confirmed(body: Body, names: t.Collection[str]) -> Body:
    """The body without the way back of these services: what was kept for it is to be removed."""
    upgrades = {name: item for name, item in upgrades_of(body).items() if name not in names}
    members = {
        key: {**entry, "retired": True}
        if entry.get("role") == KEPT and service_of(key) in names
        else entry
        for key, entry in body["members"].items()
    }
    return end_hooks(with_upgrades({**body, "members": members}, upgrades), names)
