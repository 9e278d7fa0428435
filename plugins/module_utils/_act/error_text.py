# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Explain an engine's refusal and what to do about it, without secrets. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from .._common.masking import mask, option_secrets
from .._engine.errors import Conflict, EngineTimeout, NetworkDown
from .._model.operation import CREATE, Operation

Json = t.Dict[str, t.Any]


def explain(error: Exception, operation: Operation, secrets: t.Iterable[str] = ()) -> str:
    """What went wrong with an operation, for people. C(secrets): values to hide besides the operation's own."""
    text = mask(str(error), [*secrets, *secrets_of(operation["args"])])
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


def secrets_of(args: t.Mapping[str, t.Any]) -> list[str]:
    """Environment values, options of volumes and of the log, certificates, and the password of the statistics page."""
    container = (args.get("service") or {}).get("container") or {}
    statistics = (args.get("model") or {}).get("statistics") or {}
    logging = (container.get("logging") or {}).get("options")
    found = [*container.get("environment", {}).values(), *(args.get("certificates") or {}).values()]
    for volume in (args.get("declared") or {}).values():
        found += option_secrets(volume.get("driver_opts"))
    return [*found, *option_secrets(logging), statistics.get("password", "")]
