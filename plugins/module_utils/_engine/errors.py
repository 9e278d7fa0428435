# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of an engine, one class for each reaction of the caller. Private to the collection."""

from __future__ import annotations

import re

# Messages of engines (20.10, 26.1, 28.5) if a container cannot be attached to an overlay network because no Swarm
# manager answers or the network does not exist. After "attaching to network failed" a manager did answer: usually an
# address is still in use, see explain.
_NETWORK_DOWN_TEXTS = (
    "could not attach to network",
    "swarm does not have a leader",
    "no managers are available",
    "agent is not available",
)
_MISSING_NETWORK = re.compile(r"network \S+ not found")
_API_REFUSED = re.compile(r"client version \S+ is too (old|new)")


class EngineError(Exception):
    """The engine refused a call, or could not be reached."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        """HTTP status of the engine's answer; None if there was none."""


class EngineUnreachable(EngineError):
    """No process listens at the engine's address: the call was certainly not carried out."""


class EngineTimeout(EngineError):
    """No answer within the deadline: the call may or may not have been carried out."""


class NotFound(EngineError):
    """The container, volume, network or image does not exist."""


class Conflict(EngineError):
    """The name is taken, or the object is in use."""


class ApiRefused(EngineError):
    """The engine does not speak the API version of the call, which was therefore not carried out."""


class NetworkDown(EngineError):
    """The managed overlay network cannot take containers now. The fault is the network's, not the container's."""


class SdkMissing(EngineError):
    """The Python package that talks to the engine is not installed on this host."""


def is_network_down(message: str) -> bool:
    """Whether an engine's refusal means that its overlay network is down."""
    text = message.lower()
    known = any(part in text for part in _NETWORK_DOWN_TEXTS)
    return known or _MISSING_NETWORK.search(text) is not None


def refusal(message: str, status: int) -> EngineError:
    """The error for an answer of the engine with this HTTP status and text."""
    if is_network_down(message):
        return NetworkDown(message, status)
    if status == 400 and _API_REFUSED.search(message):
        return ApiRefused(message, status)
    kinds = {404: NotFound, 409: Conflict}
    return kinds.get(status, EngineError)(message, status)
