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

Json = t.Dict[str, t.Any]

LAUNCH_KEYS = ("image", "network", "hostname_override", "start_once", "container")
"""Keys of a service that cannot change without a new container (docs/schema.md section 6)."""
_SLOT = ("launch", "address", "network")


def fold(body: Json) -> Json:
    """A body as it is stored."""
    launches = dict(body.get("launches", {}))
    revisions = [_folded(revision, launches) for revision in body.get("revisions", [])]
    used = {
        service["launch"] for revision in revisions for service in revision["services"].values()
    }
    return {
        **body,
        "launches": {name: launches[name] for name in sorted(used) if name in launches},
        "revisions": revisions,
        "members": {key: _folded_member(entry) for key, entry in body.get("members", {}).items()},
    }


def unfold(stored: Json) -> Json:
    """A stored body, of any format that is read, as the planner works with it."""
    launches = stored.get("launches", {})
    revisions = list(stored["revisions"])
    if revisions:
        revisions[-1] = unfold_revision(stored, revisions[-1])
    services = revisions[-1]["services"] if revisions else {}
    members = {
        key: _unfolded_member(entry, services.get(key.rpartition("/")[0], {}))
        for key, entry in stored["members"].items()
    }
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
        launch, in_place = _split(service, volumes)
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
        definitions[name] = _join(launches[service["launch"]], service["in_place"])
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


def _split(service: Json, volumes: Json) -> tuple[Json, Json]:
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


def _join(launch: Json, in_place: Json) -> Json:
    service = {**launch["parts"][""], **in_place}
    scheduling = service.pop("scheduling_labels", {})
    if scheduling:
        container = service["container"]
        labels = {**container.get("labels", {}), **scheduling}
        service["container"] = {**container, "labels": labels}
    return service


# --- members ---


def _folded_member(entry: Json) -> Json:
    if "slots" in entry:
        return entry
    kept = {key: item for key, item in entry.items() if key not in _SLOT}
    slot = {key: entry.get(key, "") for key in _SLOT}
    return {**kept, "slots": [slot]}


def _unfolded_member(entry: Json, service: Json) -> Json:
    if "slots" in entry:
        kept = {key: item for key, item in entry.items() if key != "slots"}
        return {**kept, **entry["slots"][0]}
    return {**entry, "launch": service.get("launch", "")}
