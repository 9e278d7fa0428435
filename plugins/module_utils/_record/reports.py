# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's records say, for the modules stack_info and revision_info. Private to the collection; pure.

Records hold environment values and private keys. A report names each thing that it has, so nothing else gets into it.
"""

from __future__ import annotations

import typing as t

from .._model.member import home_key
from .fold import unfold_revision
from .states import proposals_of

Json = t.Dict[str, t.Any]

UP = "up"
DOWN = "down"
_OF_REVISION = ("number", "author", "time")
_NO_REVISION: Json = {
    "number": 0,
    "author": "",
    "time": "",
    "command": "",
    "state": DOWN,
    "services": [],
}


_NONSENSE = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class NoRecord(ValueError):
    """The hash is right, and yet this is no record."""


def report(record: Json, make: t.Callable[[Json], t.Any]) -> t.Any:
    """A report of one of the functions below. Raises NoRecord."""
    try:
        return make(record)
    except _NONSENSE as error:
        raise NoRecord(f"not a record: {type(error).__name__}: {error}") from error


def stack_reports(records: t.Mapping[str, Json]) -> tuple[list[Json], dict[str, str]]:
    """The stacks of a host by name, and why others cannot be reported."""
    found, faults = [], {}
    for stack in sorted(records):
        try:
            found.append(report(records[stack], stack_report))
        except NoRecord as error:
            faults[stack] = str(error)
    return found, faults


def stack_report(record: Json) -> Json:
    """A stack as the host has it: what is committed, and the number of what is only proposed."""
    body, version = record["body"], record["version"]
    revisions = revision_reports(record)
    last = revisions[-1] if revisions else _NO_REVISION
    members = _members_by_service(body)
    proposals = [item["version"]["number"] for item in proposals_of(record)]
    return {
        "name": record["stack"],
        "version": version["number"],
        "proposed": max(proposals, default=None),
        "signed": "signature" in version,
        "release": body.get("release", ""),
        "hosts": list(body["hosts"]),
        "revision": last["number"],
        **{key: last[key] for key in ("author", "time", "command", "state")},
        "services": [
            {**item, "members": members.get(item["name"], [])} for item in last["services"]
        ],
    }


def revision_reports(record: Json) -> list[Json]:
    """The kept revisions of a stack, oldest first."""
    return [_revision(record["body"], item) for item in record["body"]["revisions"]]


def _revision(body: Json, revision: Json) -> Json:
    found = unfold_revision(body, revision)
    down = found["tombstone"]
    definitions = found["definition"].get("services", {})
    services = [
        _service(name, desire, definitions.get(name, {}))
        for name, desire in sorted(found["services"].items())
    ]
    return {
        **{key: found[key] for key in _OF_REVISION},
        "command": found["note"],
        "state": DOWN if down else UP,
        "services": [] if down else services,
    }


def _service(name: str, desire: Json, definition: Json) -> Json:
    return {
        "name": name,
        "image": definition.get("image", ""),
        "scale": desire["scale"],
        "global": bool(definition.get("global")),
        "state": desire["state"],
    }


def _members_by_service(body: Json) -> dict[str, list[Json]]:
    """The placed members, by service and index. Those that were scaled away are left out."""
    found: dict[str, list[Json]] = {}
    for key, entry in body["members"].items():
        service, _slash, index = home_key(key)[0].rpartition("/")
        if not entry["retired"]:
            found.setdefault(service, []).append({"index": int(index), "host": entry["host"]})
    return {name: sorted(items, key=lambda item: item["index"]) for name, items in found.items()}
