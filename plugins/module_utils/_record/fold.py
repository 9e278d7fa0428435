# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stored form of a body and the one that the planner works with. Private to the collection; pure.

Stored, a launch is there once, under its id, and revisions refer to it; of a member there are its slots. Unfolded, the
current revision has its whole definition again, and each service of it the id of its launch. Earlier revisions stay
folded: nothing but their number and their launches is asked for.
"""

from __future__ import annotations

import typing as t

from .._common.constants import SCHEDULING
from .._model.launch import first_release_id
from .._model.member import home_key

Json = t.Dict[str, t.Any]

LAUNCH_KEYS = ("image", "network", "hostname_override", "start_once", "container")
"""Keys of a service that cannot change without a new container (docs/schema.md section 6)."""
_SLOT = ("launch", "address", "network")
_UPGRADE = ("role", "since", "made")


def fold(body: Json) -> Json:
    """A body as it is stored."""
    launches = dict(body.get("launches", {}))
    revisions = [_folded(revision, launches) for revision in body.get("revisions", [])]
    members = _folded_members(body.get("members", {}))
    used = {
        service["launch"] for revision in revisions for service in revision["services"].values()
    }
    used |= {slot["launch"] for entry in members.values() for slot in entry["slots"]}
    used |= {item["confirmed"]["launch"] for item in body.get("upgrades", {}).values()}
    return {
        **body,
        "launches": {name: launches[name] for name in sorted(used) if name in launches},
        "revisions": revisions,
        "members": members,
    }


def unfold(stored: Json) -> Json:
    """A stored body, of any format that is read, as the planner works with it."""
    launches = stored.get("launches", {})
    revisions = list(stored["revisions"])
    if revisions:
        revisions[-1] = unfold_revision(stored, revisions[-1])
    services = revisions[-1]["services"] if revisions else {}
    members = unfold_members(stored["members"], services)
    return {**stored, "launches": launches, "revisions": revisions, "members": members}


def current_definition(stored: Json) -> Json:
    """The definition that a stored body wants now; empty for a stack that is down."""
    revisions = stored.get("revisions")
    if not revisions or revisions[-1].get("tombstone"):
        return {}
    return dict(unfold_revision(stored, revisions[-1])["definition"])


# --- revisions ---


def _folded(revision: Json, launches: Json) -> Json:
    """A revision that refers to its launches, which are added to C(launches)."""
    if "definition" not in revision:
        return revision
    definition = revision["definition"]
    volumes = definition.get("volumes", {})
    services = {}
    for name, service in definition.get("services", {}).items():
        desire = _with_launch(revision["services"].get(name, {}), service, volumes)
        launch, in_place = split_service(service, volumes)
        # An id may be known before its launch: that of a container that the module stack_service finds.
        launches[desire["launch"]] = launches.get(desire["launch"]) or launch
        services[name] = {**desire, "in_place": in_place}
    more = {key: item for key, item in definition.items() if key not in ("services", "volumes")}
    kept = {key: item for key, item in revision.items() if key not in ("definition", "services")}
    return {**kept, "services": services, "volumes": volumes, "more": more}


def unfold_revision(stored: Json, revision: Json) -> Json:
    """A revision with its whole definition; C(stored) is the body that it is of."""
    if "definition" in revision:  # of format 1, whose containers carry what release 0.1.0 computed
        definition = revision["definition"]
        return {**revision, "services": _first_launches(revision["services"], definition)}
    launches = stored.get("launches", {})
    desires, definitions = {}, {}
    for name, service in revision["services"].items():
        desires[name] = {key: item for key, item in service.items() if key != "in_place"}
        definitions[name] = join_service(launches[service["launch"]], service["in_place"])
    volumes = revision["volumes"]
    definition = {**revision["more"], "services": definitions, "volumes": volumes}
    kept = {key: item for key, item in revision.items() if key not in ("volumes", "more")}
    return {**kept, "definition": definition, "services": desires}


def _first_launches(desires: Json, definition: Json) -> Json:
    services, volumes = definition.get("services", {}), definition.get("volumes", {})
    return {
        name: _with_launch(desire, services[name], volumes) if name in services else desire
        for name, desire in desires.items()
    }


def _with_launch(desire: Json, service: Json, volumes: Json) -> Json:
    """A service's desired state with its launch; without one it is of a record of release 0.1.0."""
    if "launch" in desire:
        return desire
    return {**desire, "launch": first_release_id(service, volumes)}


# --- launches ---


def split_service(service: Json, volumes: Json) -> tuple[Json, Json]:
    """A service as its launch and what is applied in place. The scheduler's labels are in place, too."""
    container = dict(service["container"])
    labels = container.get("labels", {})
    scheduling = {name: value for name, value in labels.items() if name.startswith(SCHEDULING)}
    if scheduling:
        container["labels"] = {k: value for k, value in labels.items() if k not in scheduling}
    used = {item["source"] for item in container.get("mounts", []) if item["kind"] == "volume"}
    parts = {**{key: service[key] for key in LAUNCH_KEYS}, "container": container}
    declared = {name: volumes[name] for name in sorted(used) if name in volumes}
    in_place = {key: item for key, item in service.items() if key not in LAUNCH_KEYS}
    if scheduling:
        in_place["scheduling_labels"] = scheduling
    return {"parts": {"": parts}, "volumes": declared}, in_place


def join_service(launch: Json, in_place: Json) -> Json:
    service = {**launch["parts"][""], **in_place}
    scheduling = service.pop("scheduling_labels", {})
    if scheduling:
        container = service["container"]
        labels = {**container.get("labels", {}), **scheduling}
        service["container"] = {**container, "labels": labels}
    return service


# --- members ---


def _folded_members(entries: Json) -> Json:
    """The members with their slots: an upgrade has several entries of one member."""
    found: Json = {}
    for key, entry in entries.items():
        home, slot = home_key(key)
        if "slots" in entry:
            found[home] = entry
        elif home not in found:
            found[home] = _folded_member(entry, slot)
        else:
            _add_slot(found[home], entry, slot)
    return found


def _folded_member(entry: Json, slot: int) -> Json:
    kept = {key: item for key, item in entry.items() if key not in (*_SLOT, *_UPGRADE)}
    return {**kept, "slots": [_folded_slot(entry, slot)]}


def _folded_slot(entry: Json, slot: int) -> Json:
    found = {key: entry.get(key, "") for key in _SLOT}
    found.update({key: entry[key] for key in _UPGRADE if key in entry})
    return {**found, "slot": slot} if slot else found


def _add_slot(member: Json, entry: Json, slot: int) -> None:
    """Add a slot to a member. A member is retired if all of its slots are; if only some are, these say so."""
    slots = [*member["slots"], _folded_slot(entry, slot)]
    retired = [item.pop("retired", member["retired"]) for item in slots[:-1]] + [entry["retired"]]
    member["retired"] = all(retired)
    if any(retired) and not member["retired"]:
        for item, is_retired in zip(slots, retired):
            item.update({"retired": True} if is_retired else {})
    member["slots"] = sorted(slots, key=lambda item: int(item.get("slot", 0)))
    member["volumes"] = {**entry["volumes"], **member["volumes"]}


def unfold_members(stored: Json, services: Json) -> Json:
    """An entry for each slot, by its key. C(services): desired states, for records without launches of members."""
    found: Json = {}
    for key, entry in stored.items():
        if "slots" not in entry:
            launch = services.get(home_key(key)[0].rpartition("/")[0], {}).get("launch", "")
            found[key] = {**entry, "launch": launch}
            continue
        kept = {name: item for name, item in entry.items() if name != "slots"}
        for slot in entry["slots"]:
            mark = f"@{slot['slot']}" if slot.get("slot") else ""
            own = {name: item for name, item in slot.items() if name != "slot"}
            retired = entry["retired"] or own.pop("retired", False)
            found[key + mark] = {**kept, **own, "retired": retired}
    return found
