# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdict and revision of a container, from the stack records of the hosts. Private to the collection; pure.

_record/copies.py merges the copies, as everywhere else. If the records do not tell a value, it is C(unknown), and a
second value gives the reason.
"""

from __future__ import annotations

import datetime
import re
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._common.constants import (
    LABEL_CONFIG_HASH,
    LABEL_CREATE_INDEX,
    LABEL_REVISION,
    MANAGED_BY_STACK,
)
from ansible_collections.drover.docker.plugins.module_utils._common.labels import number
from ansible_collections.drover.docker.plugins.module_utils._common.times import parse_time
from ansible_collections.drover.docker.plugins.module_utils._model.fact_texts import text_of
from ansible_collections.drover.docker.plugins.module_utils._model.generation import container_of
from ansible_collections.drover.docker.plugins.module_utils._model.in_place import applied_launch
from ansible_collections.drover.docker.plugins.module_utils._model.ledger import Health
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.module_utils._model.observation import (
    ObservedContainer,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.health.verdict import (
    UNKNOWN,
    starting_verdict,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.world.ownership import sort_claims
from ansible_collections.drover.docker.plugins.module_utils._record.copies import (
    RecordView,
    view_records,
)
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import current

Json = dict[str, t.Any]

UNCHECKED = "unchecked"
"""The verdict on a container without checkers: its service has no health check, or it belongs to no stack."""
UNITS = {
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86400,
    "week": 604800,
    "month": 2592000,
    "year": 31536000,
}
SLACK_S = 5.0
_STATUS = re.compile(
    r"Up (?:(\d+)|About an?|Less than a) (second|minute|hour|day|week|month|year)s?"
)


class Records:
    """All stack records of the hosts that answered."""

    def __init__(self, answers: t.Mapping[str, Json]) -> None:
        self._answers = answers
        self._views = {stack: self._view(stack) for stack in self._stacks()}

    def _stacks(self) -> list[str]:
        return sorted({stack for answer in self._readable() for stack in answer["records"]})

    def _readable(self) -> list[Json]:
        return [item for item in self._answers.values() if not item["error"] and not item["unread"]]

    def _view(self, stack: str) -> RecordView:
        """Return the valid copy. It uses the host names of the records; the inventory's names may differ."""
        copies = [item["records"][stack] for item in self._readable() if stack in item["records"]]
        return view_records(stack, {copy["host"]: copy for copy in copies})

    def conflicts(self) -> dict[str, str]:
        """Return stacks whose copies contradict each other, with the hosts of each side."""
        return {stack: _conflict(view) for stack, view in self._views.items() if view.conflict}

    def facts(self, host: str, container: Json, place: Json, *, now: float) -> Json:
        """Return the facts of one container from the records.

        Args:
            host: Its Docker host.
            container: As the probe lists it.
            place: C(managed), C(stack), C(service) and C(index) of its labels.
            now: The control node's clock, seconds since the epoch.
        """
        why = self._silence(host, place)
        view = None if why else self._views[place["stack"]]
        body, launch = _stored(view), _launch(container, place, view)
        return {
            **_revision_facts(container, place, body, launch=launch, now=now),
            **self._health_facts(host, container, place, view, why=why, now=now),
        }

    def is_member(self, host: str, container: Json, place: Json) -> bool:
        """Whether a container is the member that its labels name. Labels alone prove nothing: an image may carry them.

        The record proves it by the rules of the passes, on the host that it names. Where the host's records can't be
        read, or contradict each other, the container's name decides.
        """
        if place["managed"] != MANAGED_BY_STACK or MemberId.of(place).is_hook:
            return False
        view = self._views.get(place["stack"])
        if self._answers[host]["unread"] or (view and view.record is None):
            return bool(container["name"] == MemberId.of(place).container)
        return bool(view) and self._is_recorded(self._name_in_records(host), container, place)

    def _is_recorded(self, host: str, container: Json, place: Json) -> bool:
        view, member = self._views[place["stack"]], MemberId.of(place)
        body = _stored(view) or {}
        entry = body["members"].get(member.key)
        if entry is None or entry["host"] != host:
            return False
        claims = {member: [(host, _observed(container, place))]}
        return member in sort_claims(claims, body, view.ledger).members

    def _name_in_records(self, host: str) -> str:
        """Return a host's name in its records; that in the inventory may differ."""
        copies = self._answers[host]["records"].values()
        return next((str(copy["host"]) for copy in copies), host)

    def _silence(self, host: str, place: Json) -> str:
        """Return the reason why the records do not cover a container; empty if they do."""
        if place["managed"] != MANAGED_BY_STACK:
            return "no stack record knows this container"
        if self._answers[host]["unread"]:
            return str(self._answers[host]["unread"])
        view = self._views.get(place["stack"])
        if not view:
            return f"no host that was reached has a record of stack {place['stack']}"
        return _conflict(view)

    def _health_facts(
        self,
        host: str,
        container: Json,
        place: Json,
        view: RecordView | None,
        *,
        why: str,
        now: float,
    ) -> Json:
        """Return the verdict, its age in seconds, and its reason. C(why): the reason if there is no verdict."""
        if place["managed"] != MANAGED_BY_STACK:
            return _health(UNCHECKED, None, why)
        if not view:
            return _health(UNKNOWN, None, why)
        service = ((current(_stored(view)) or {}).get("services") or {}).get(place["service"])
        if service is None:
            return _health(UNKNOWN, None, "its service is not in the stack's current revision")
        if not service["checked"]:
            return _health(UNCHECKED, None, "its service has no health check")
        if container["state"] != "running":
            return _health(UNKNOWN, None, f"it is {container['state']}")
        key = MemberId.of(place).key
        return _judged(container, view.ledger.get(key, {}).get("health"), self._answers[host], now)


def _observed(container: Json, place: Json) -> ObservedContainer:
    """Return a container of the engine's list as the planner sees it, with what its proof needs."""
    create_index = number(container["labels"].get(LABEL_CREATE_INDEX))
    seen = {**place, **container, "create_index": create_index, "mounts": container["volumes"]}
    return t.cast("ObservedContainer", seen)


def _stored(view: RecordView | None) -> Json | None:
    """The body as the probe reports it: without definitions."""
    return t.cast("Json", view.record["body"]) if view and view.record else None


def _judged(container: Json, health: Health | None, answer: Json, now: float) -> Json:
    """Return the verdict of a running, checked container from the recorded health of its member."""
    generation = _generation(container, health, answer["now"])
    if not health or generation != health["generation"]:
        verdict = starting_verdict(health, generation)
        return _health(verdict, None, "no verdict on this life of the container yet")
    age_s = answer["now"] - float(health["since"]) + now - answer["taken_at"]
    return _health(str(health["verdict"]), max(0, round(age_s)), str(health.get("why") or ""))


def _health(verdict: str, age_s: int | None, why: str) -> Json:
    return {"verdict": verdict, "verdict_age_s": age_s, "verdict_why": why}


def _generation(container: Json, health: Health | None, host_now: float) -> str:
    """Return the recorded generation if the container has not restarted since, else a different one.

    The engine's list has no start time, only text such as C(Up 3 minutes).
    """
    known = str(health["generation"]) if health else ""
    if container_of(known) != container["id"][:12]:
        return f"{container['id'][:12]}-"
    return f"{container['id'][:12]}-" if _restarted(known, container["status"], host_now) else known


def _restarted(generation: str, status: str, host_now: float) -> bool:
    """Whether the container started later than the start that the generation names."""
    up_s = longest_up_s(status)
    started = _started(generation)
    return up_s is not None and started is not None and host_now - started > up_s + SLACK_S


def _started(generation: str) -> float | None:
    """Return the start of a generation, in seconds since the epoch."""
    digits = generation.partition("-")[2][:14]
    try:
        moment = datetime.datetime.strptime(digits, "%Y%m%d%H%M%S")
    except ValueError:
        return None
    return moment.replace(tzinfo=datetime.timezone.utc).timestamp()


def longest_up_s(status: str) -> float | None:
    """Return the maximum uptime in seconds from the engine's text; None if the text does not tell it."""
    found = _STATUS.match(status)
    if not found:
        return None
    count, unit = found.groups()
    if status.startswith("Up Less"):
        return 1.0
    return (int(count or 1) + 1.0) * UNITS[unit]


def _launch(container: Json, place: Json, view: RecordView | None) -> str:
    """Return the launch that a container was created with, or changed to in place."""
    created = str(container["labels"].get(LABEL_CONFIG_HASH, ""))
    ledger, key = view.ledger if view else {}, MemberId.of(place).key
    return applied_launch(ledger, key, container=container["id"], created=created)


def _revision_facts(
    container: Json, place: Json, body: Json | None, *, launch: str, now: float
) -> Json:
    """Return the newest revision that the container matches, its age, and the stack's current revision."""
    labels = container["labels"]
    made_by = number(labels.get(LABEL_REVISION))
    stack = current(body) if body else None
    facts: Json = {"revision": UNKNOWN, "stack_revision": UNKNOWN, "revision_age_s": None}
    if body and stack:
        met = _newest_met(body, place["service"], launch)
        found = met or {"number": made_by, "time": ""}
        time_s = parse_time(found["time"])
        facts = {
            "revision": found["number"] or UNKNOWN,
            "stack_revision": stack["number"],
            "revision_age_s": max(0, round(now - time_s)) if time_s else None,
        }
    return {**facts, "created_by_revision": made_by or None}


def _newest_met(body: Json, service: str, config_hash: str) -> Json | None:
    """Return the newest revision whose definition of the service has the container's config hash."""
    for revision in reversed(body["revisions"]):
        if revision["tombstone"]:
            continue
        if revision["services"].get(service, {}).get("config_hash") == config_hash:
            return t.cast("Json", revision)
    return None


def _conflict(view: RecordView) -> str:
    """Describe a conflict as text."""
    return text_of("records_conflict", {"sides": view.conflict}) if view.conflict else ""
