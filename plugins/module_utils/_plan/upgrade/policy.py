# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an upgrade of a service proceeds: order, pace, limits. Private to the collection; pure.

A service says it in its stack file (C(upgrade_strategy), C(deploy.update_config)); a command may override it.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ..._model.check_times import BAKE_S, least_bake_s
from ..._model.upgrade_words import ROLLBACK, START_FIRST

Json = t.Dict[str, t.Any]

DEADLINE_S = 300.0
INTERVAL_S = 2.0
"""Rancher's default between two batches."""


@dataclasses.dataclass(frozen=True)
class Policy:
    """The policy of one upgrade.

    Attributes:
        order: C(start-first) or C(stop-first).
        batch_size: Members under way at a time.
        interval_s: Pause after a member is done.
        bake_s: How long a newcomer must have been healthy before it takes over.
        deadline_s: How long a newcomer may take to get healthy.
        failure_action: C(rollback), C(pause) or C(continue).
        max_failure_ratio: Share of the members that may fail before that is done.
        confirm_after_s: After how long it confirms itself; None if a person does.
    """

    order: str = START_FIRST
    batch_size: int = 1
    interval_s: float = INTERVAL_S
    bake_s: float = BAKE_S
    deadline_s: float = DEADLINE_S
    failure_action: str = ROLLBACK
    max_failure_ratio: float = 0.0
    confirm_after_s: float | None = None


def policy_of(service: Json, command: Json) -> Policy:
    """The policy of a service's upgrade; C(command): what the command says, in the same keys."""
    said = {**(service.get("upgrade_strategy") or {}), **command}
    check = service.get("health_check")
    deadline_s = (check or {}).get("initializing_timeout_ms", 0) / 1000 or DEADLINE_S
    confirm_ms = said.get("confirm_after_ms")
    return Policy(
        order=said.get("order") or START_FIRST,
        batch_size=max(1, int(said.get("batch_size", 1))),
        interval_s=_seconds(said, "interval_ms", INTERVAL_S),
        bake_s=_seconds(said, "monitor_ms", max(BAKE_S, least_bake_s(check))),
        deadline_s=_seconds(said, "deadline_ms", deadline_s),
        failure_action=said.get("failure_action") or ROLLBACK,
        max_failure_ratio=float(said.get("max_failure_ratio", 0.0)),
        confirm_after_s=None if confirm_ms is None else confirm_ms / 1000,
    )


def _seconds(said: Json, key: str, default_s: float) -> float:
    return default_s if said.get(key) is None else float(said[key]) / 1000
