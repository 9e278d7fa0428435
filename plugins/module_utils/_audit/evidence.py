# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's evidence of why an operation is needed. Private to the collection.

The inspect of a container tells how it ended. For a removed container only the engine's events tell, and the engine
keeps the last 256 of them, so an operation may have no evidence.
"""

from __future__ import annotations

import typing as t

from .._common.labels import is_ours
from .._common.times import iso_seconds
from .._engine.client import Engine
from .._engine.errors import EngineError
from .._model.member import MemberId
from .._model.operation import CREATE, REMOVE, START, STOP, UNPAUSE, VERDICT, Operation

Json = t.Dict[str, t.Any]

LOOK_BACK_S = 3600.0
EVENTS = ("kill", "die", "oom", "stop", "pause", "destroy")
KEPT = 4
ABSENT = "no event left of an earlier container"
_ABOUT_MEMBERS = tuple(kind.name for kind in (CREATE, START, STOP, REMOVE, UNPAUSE, VERDICT))
_FRESH = (START.name, VERDICT.name)
"""Kinds that often follow another operation: only a container that no longer runs is evidence for them."""


class Evidence:
    """The evidence for the members of some operations, collected once, before any operation runs."""

    def __init__(self, engine: Engine, operations: list[Operation], *, now: float) -> None:
        """Collect the evidence. Never raises: if the engine does not answer, there is no evidence.

        Args:
            engine: The host's engine.
            operations: Operations of this host.
            now: The host's wall clock, in seconds since the epoch.
        """
        about = [item for item in operations if item["kind"] in _ABOUT_MEMBERS]
        self._events = _events(engine, now) if about else {}
        self._replaced = {MemberId.of(item) for item in about if REMOVE.names(item)}
        ids = {item["container_id"] for item in about if item["container_id"]}
        self._states = {name: state for name in ids for state in _state(engine, name)}

    def of(self, operation: Operation) -> Json:
        """C(exit_code), C(oom), C(finished_at) of its container, and the last C(events) of the member."""
        found = dict(self._states.get(operation["container_id"], {}))
        if operation["kind"] not in _ABOUT_MEMBERS or self._follows(operation, found):
            return {}
        seen = self._events.get(MemberId.of(operation), [])
        wanted = operation["container_id"] or (seen[-1][0] if seen else "")
        events = [text for container, text in seen if container == wanted]
        if events:
            found["events"] = events[-KEPT:]
        elif not found:
            found["events"] = [ABSENT]
        return found

    def _follows(self, operation: Operation, state: Json) -> bool:
        """Whether the operation follows from another one of this call or from a report, and not from an event."""
        replaced = CREATE.names(operation) and MemberId.of(operation) in self._replaced
        fresh = operation["kind"] in _FRESH and state.get("state") in (None, "running")
        return replaced or fresh


def _state(engine: Engine, container_id: str) -> list[Json]:
    """The state of a container, or how it ended; empty if it is gone."""
    try:
        state = engine.inspect(container_id)["State"]
    except EngineError:
        return []
    if state["Status"] in ("running", "paused"):
        return [{"state": state["Status"], "started_at": state.get("StartedAt", "")}]
    found = {"state": state["Status"], "exit_code": state.get("ExitCode", 0)}
    found["finished_at"] = state.get("FinishedAt", "")
    return [{**found, "oom": True} if state.get("OOMKilled") else found]


def _events(engine: Engine, now: float) -> dict[MemberId, list[tuple[str, str]]]:
    """The events of each member, oldest first: id of the container, and text."""
    try:
        listed = engine.events(now - LOOK_BACK_S, now)
    except EngineError:
        return {}
    found: dict[MemberId, list[tuple[str, str]]] = {}
    for event in listed:
        for member in _member(event):
            found.setdefault(member, []).append((event["Actor"].get("ID", ""), _told(event)))
    return found


def _member(event: Json) -> list[MemberId]:
    """The member that an event is about; empty for all others."""
    labels = (event.get("Actor") or {}).get("Attributes") or {}
    if event.get("Action") not in EVENTS or not is_ours(labels):
        return []
    return [MemberId.of_labels(labels)]


def _told(event: Json) -> str:
    """One event as text, e.g. C(2026-11-22T10:00:00Z kill signal 9)."""
    facts = event["Actor"]["Attributes"]
    text = f"{iso_seconds(float(event.get('time', 0)))} {event['Action']}"
    if "signal" in facts:
        text += f" signal {facts['signal']}"
    if "exitCode" in facts:
        text += f" exit code {facts['exitCode']}"
    return text
