# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on a member, from the votes of its checkers. Private to the collection; pure.

Rancher's states and quorum rule (docs/schema.md section 10). One difference: without votes, the verdict is kept.
"""

from __future__ import annotations

import typing as t

from ..._model.fact import Fact
from ..._model.generation import container_of
from ..._model.ledger import Health

INITIALIZING = "initializing"
REINITIALIZING = "reinitializing"
HEALTHY = "healthy"
UNHEALTHY = "unhealthy"
UNKNOWN = "unknown"

STARTING = (INITIALIZING, REINITIALIZING)


class Vote(t.NamedTuple):
    """One checker's vote on one generation.

    Attributes:
        checker: Host of the checker.
        up: Its verdict.
        why: Its last result.
        since_s: Seconds for which it has said so while it could reach the host.
    """

    checker: str
    up: bool
    why: Fact
    since_s: float


def judge(before: Health | None, generation: str, votes: t.Collection[Vote]) -> str:
    """The verdict on a generation.

    Args:
        before: The member's health in the ledger; None if there is none.
        generation: The generation of its container to judge.
        votes: The votes that count; other reports are already left out.
    """
    begin = starting_verdict(before, generation)
    if any(vote.up for vote in votes):
        return HEALTHY
    if not votes or begin in STARTING:
        return begin
    return UNHEALTHY


def starting_verdict(before: Health | None, generation: str) -> str:
    """The verdict until the first vote: like a new container, a restarted one must prove its health."""
    if not before:
        return INITIALIZING
    if before["generation"] == generation:
        return before["verdict"]
    same_container = container_of(before["generation"]) == container_of(generation)
    return REINITIALIZING if same_container and before["verdict"] != INITIALIZING else INITIALIZING
