# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Explain an engine's refusal and what to do about it, without secrets. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from .._engine.errors import Conflict, EngineTimeout, NetworkDown
from .._model.operation import CREATE, Operation

Json = t.Dict[str, t.Any]

_MIN_SECRET = 4
_HIDDEN = "********"


def explain(error: Exception, operation: Operation) -> str:
    """What went wrong with an operation, for people."""
    text = hide_values(str(error), operation)
    name = operation["container"]
    if isinstance(error, NetworkDown):
        return f"the managed network takes no containers now: {text}"
    if isinstance(error, EngineTimeout) and CREATE.names(operation):
        return f"{text}; whether {name} was created shows at the next look"
    if isinstance(error, Conflict) and CREATE.names(operation):
        return f"the name {name} is taken by another container: {text}"
    if is_address_taken(text):
        return f"the address of {name} is in use on its network: {text}"
    if "pool overlaps" in text.lower():
        return f"the subnet is in use by another network of this host; choose another one: {text}"
    return text


def is_address_taken(text: str) -> bool:
    """Whether the engine (on a bridge) or a Swarm manager (on an overlay) refused a fixed address.

    The manager sends no reason: the attachment simply fails. The message for a taken host port resembles the bridge's.
    """
    lower = text.lower()
    on_bridge = "address already in use" in lower and "bind" not in lower and "listen" not in lower
    return on_bridge or "attaching to network failed" in lower


def hide_values(text: str, operation: Operation) -> str:
    """Remove the operation's secrets from a text: engines and HAProxy may repeat their input."""
    for value in sorted(_secrets(operation["args"]), key=len, reverse=True):
        if len(value) >= _MIN_SECRET:
            text = text.replace(value, _HIDDEN)
    return text


def _secrets(args: t.Mapping[str, t.Any]) -> list[str]:
    """Environment values, certificates with their keys, and the password of the statistics page."""
    container = (args.get("service") or {}).get("container") or {}
    statistics = (args.get("model") or {}).get("statistics") or {}
    found = [*container.get("environment", {}).values(), *(args.get("certificates") or {}).values()]
    return [*found, statistics.get("password", "")]
