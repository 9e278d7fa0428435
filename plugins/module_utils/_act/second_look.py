# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at a member again, on its own host, before it is replaced by an old plan. Private to the collection.

With few forks and many hosts, reports are old when the plan is made, and the host may have been locked since. The
member may be well again. The checker on its own host, which checks all members there, is asked.
"""

from __future__ import annotations

from .._haproxy.run.observe_checker import observe_checker
from .._haproxy.run.stats import completed
from .._model.operation import SecondLook

REPAIR_GOOD_FOR_S = 15.0
"""A repair needs a second look if its votes, or its plan, are older."""


def objection(state_dir: str, look: SecondLook, *, planned_s: float) -> str:
    """Why a member is not replaced now; empty if it is.

    Args:
        state_dir: Folder of all our files on this host.
        look: The server to look at, and the age of the votes when the plan was made.
        planned_s: Seconds since the plan was made; less than 0 if the clock was set back.
    """
    if abs(planned_s) <= REPAIR_GOOD_FOR_S and look["age_s"] <= REPAIR_GOOD_FOR_S:
        return ""
    age = f"the verdict was made {max(planned_s, look['age_s']):.0f} s ago"
    status = _status(state_dir, look)
    if status == "DOWN":
        return ""
    return f"{age}, and the checker on this host finds the member {status}" if status else age


def _status(state_dir: str, look: SecondLook) -> str:
    """What the checker of this host says of the server now; empty if it says nothing."""
    seen = observe_checker(state_dir)
    wanted = (look["backend"], look["server"])
    for report in seen["reports"] if seen else []:
        if (report["backend"], report["server"]) == wanted and completed(report):
            return str(report["status"])
    return ""
