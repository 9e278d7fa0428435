# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pass asks its driver for, and what it has to tell. Private to the collection; pure."""

from __future__ import annotations

import dataclasses

from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._model.operation import Operation
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan

from .work import Outcomes, Work


@dataclasses.dataclass
class Failure:
    """Why a command fails, as a code and what it is about.

    Codes: C(rejected) (a config; operation), C(failed) (operation), C(no_majority) (stack), C(unsettled) (rounds),
    C(lease) (notice).
    """

    code: str
    stack: str = ""
    operation: Operation | None = None
    error: str = ""
    rounds: int = 0
    notice: Fact | None = None


@dataclasses.dataclass
class Round:
    """One round that is over: its plan, and what the hosts answered.

    C(recorded) has the answers of the validations and records, C(acted) those of the operations. C(scope): stacks that
    the command is about; None for all.
    """

    plan: Plan
    recorded: Outcomes
    acted: Outcomes
    scope: list[str] | None
    failures: list[Failure]


@dataclasses.dataclass
class End:
    """A pass is over. C(plan) is what it planned last, with what there is to say."""

    plan: Plan
    failures: list[Failure] = dataclasses.field(default_factory=list)
    gave_way: bool = False
    """Another run acts: a timer's pass leaves the hosts to it."""

    notice: Fact | None = None


@dataclasses.dataclass
class Step:
    """What comes next: calls for hosts, or the end.

    Attributes:
        stage: Stage of the calls: observe, validate, record or operations.
        calls: What each host that is called is told.
        pause_s: Seconds to wait before the calls.
        plan: Plan of the round that the calls are of.
        done: The round that has just ended, if one has.
        notices: What there is to tell of the lease.
        end: Set where nothing follows.
    """

    stage: str = ""
    calls: dict[str, Work] = dataclasses.field(default_factory=dict)
    pause_s: float = 0.0
    plan: Plan = dataclasses.field(default_factory=Plan)
    done: Round | None = None
    notices: list[Fact] = dataclasses.field(default_factory=list)
    end: End | None = None
