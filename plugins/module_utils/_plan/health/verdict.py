# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on a member, from what its checkers say together. Private to the collection; pure.

Rancher's states and quorum rule (docs/schema.md section 10), with one difference: nobody's word is no word.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ..._model.generation import container_of
from ..._model.ledger import Health

INITIALIZING = "initializing"
REINITIALIZING = "reinitializing"
HEALTHY = "healthy"
UNHEALTHY = "unhealthy"
UNKNOWN = "unknown"

STARTING = (INITIALIZING, REINITIALIZING)


@dataclasses.dataclass(frozen=True)
class Vote:
    """What one checker says of one generation.

    Attributes:
        checker: Host of the checker.
        up: Its verdict.
        why: Its last result, for people.
        since_s: For how many seconds it has said so while its own view of the host was good.
    """

    checker: str
    up: bool
    why: str
    since_s: float


def judge(before: Health | None, generation: str, votes: t.Collection[Vote]) -> str:
    """The verdict on a generation.

    Args:
        before: What the ledger has on the member; None where nothing is remembered.
        generation: The life of its container that is judged.
        votes: Those who have a say; reports that count for nothing are not among them.
    """
    begin = starting_verdict(before, generation)
    if any(vote.up for vote in votes):
        return HEALTHY
    if not votes or begin in STARTING:
        return begin
    return UNHEALTHY


def starting_verdict(before: Health | None, generation: str) -> str:
    """The verdict as long as nobody has voted: a restart has to prove its health again, a new container too."""
    if not before:
        return INITIALIZING
    if before["generation"] == generation:
        return before["verdict"]
    same_container = container_of(before["generation"]) == container_of(generation)
    return REINITIALIZING if same_container and before["verdict"] != INITIALIZING else INITIALIZING
