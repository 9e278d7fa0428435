# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's answer to one call, with any driver. Private to the collection.

A channel calls this. The modules C(internal_observe) and C(internal_act) call the parts, so the first ships no code
that acts.
"""

from __future__ import annotations

import typing as t

from .carry_out import STAGES, carry_out
from .look import look

Json = t.Dict[str, t.Any]

OBSERVE = "observe"


def answer(stage: str, payload: Json, *, abandoned: t.Callable[[], str] = str) -> Json:
    """The result of one stage as plain JSON data.

    Args:
        stage: C(observe), C(validate), C(record) or C(operations).
        payload: See look.look and carry_out.carry_out.
        abandoned: Returns why the caller is gone; empty while it waits.

    Returns:
        The result of the part; C(error) alone, with the reason, if the host could not do it.
    """
    if stage == OBSERVE:
        return look(payload)
    if stage in STAGES:
        return carry_out(stage, payload, abandoned=abandoned)
    return {"error": f"this release knows no stage {stage!r}"}
