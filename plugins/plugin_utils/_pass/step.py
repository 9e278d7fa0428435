# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pass asks its driver to do, and what it reports. Private to the collection; pure."""

from __future__ import annotations

import dataclasses

from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._model.operation import Operation
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan

from .work import Outcomes, Work


@dataclasses.dataclass
class Failure:
    """Why a command fails: a code and its subject.

    Codes: C(rejected) (a config; operation), C(failed) (operation), C(no_majority) (stack), C(unsure) (stack; error
    names the hosts), C(unsettled) (rounds), C(lease) (notice), C(copy_refused), C(not_ready) and
    C(outdated) (stack, notice).
    """

    code: str
    stack: str = ""
    operation: Operation | None = None
    error: str = ""
    rounds: int = 0
    notice: Fact | None = None


@dataclasses.dataclass
class Round:
    """A finished round: its plan and the hosts' outcomes.

    C(recorded) has the outcomes of validations and records, C(acted) those of operations. C(scope): stacks of the
    command; None for all.
    """

    plan: Plan
    recorded: Outcomes
    acted: Outcomes
    scope: list[str] | None
    failures: list[Failure]


@dataclasses.dataclass
class End:
    """The end of a pass. C(plan) is its last plan, with its messages."""

    plan: Plan
    failures: list[Failure] = dataclasses.field(default_factory=list)
    gave_way: bool = False
    """Another run has the lease, and this pass of a timer ends."""

    notice: Fact | None = None


@dataclasses.dataclass
class Step:
    """The next step: calls for hosts, or the end.

    Attributes:
        stage: Stage of the calls: observe, validate, record or operations; empty at the end.
        calls: Each called host's share.
        pause_s: Seconds to wait before the calls.
        plan: Plan of the current round.
        done: The round that has just ended, if any.
        notices: Notices about the lease.
        end: Set in the last step.
        completes: Whether the calls only ask for what hosts did not send of what they reported.
    """

    stage: str = ""
    calls: dict[str, Work] = dataclasses.field(default_factory=dict)
    pause_s: float = 0.0
    plan: Plan = dataclasses.field(default_factory=Plan)
    done: Round | None = None
    notices: list[Fact] = dataclasses.field(default_factory=list)
    end: End | None = None
    completes: bool = False
