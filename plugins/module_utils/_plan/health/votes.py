# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count the votes among the reports of the checkers' HAProxys. Private to the collection; pure.

An uncertain report is no vote (docs/schema.md section 10, the table "nothing healthy is ever killed").
"""

from __future__ import annotations

import functools
import typing as t

from ..._model.check_times import DEFAULT_FALL, DEFAULT_INTERVAL_MS, DEFAULT_RISE
from ..._model.fact import Fact
from .verdict import Vote

Report = t.Mapping[str, t.Any]
"""A ServerReport of _model/observation.py."""

ANSWERED = frozenset(["L6RSP", "L7RSP", "L7STS"])
"""The application itself gave a wrong answer, so the network path works."""
UNREACHED = frozenset(["L4CON", "L4TOUT", "L6TOUT", "L7TOUT", "SOCKERR"])
"""No answer, or none in time: the fault is in the application or in the network path.

HAProxy 3.0 reports SOCKERR if the application closes without an answer (docs/decisions/0009).
"""
GOOD = frozenset(["L4OK", "L6OK", "L7OK", "L7OKC"])
MATURE_S = 3.0
"""A network cut shows at the control target within 2 s; a more recent "not reached" proves nothing."""
CONTROL = "control"
"""The backend of the control targets."""


class Opinion(t.NamedTuple):
    """One checker's reports on one generation.

    Attributes:
        checker: Host of the checker.
        report: HAProxy's report on the generation; None if it has none.
        control: HAProxy's report on the control target of the member's host; None if it has none.
        others: HAProxy's reports on all other targets of this checker, except its own control target.
    """

    checker: str
    report: Report | None
    control: Report | None
    others: t.Sequence[Report] = ()


def count_votes(
    check: dict[str, t.Any], opinions: t.Iterable[Opinion], *, witness: Opinion | None
) -> list[Vote]:
    """The votes among these opinions.

    Args:
        check: The service's health check.
        opinions: Those of the chosen checkers.
        witness: The opinion of the checker on the member's own host, chosen or not. Another checker's "not reached"
            counts only if this one confirms it: only its path to the member crosses no network between hosts.
    """
    confirmed = witness is not None and _finds_down(check, witness)
    votes = [_vote(check, item, confirmed=confirmed) for item in opinions]
    return [vote for vote in votes if vote is not None]


def _finds_down(check: dict[str, t.Any], witness: Opinion) -> bool:
    """Whether the checker of the member's own host finds it down too, and is not cut off itself."""
    result = result_of(witness.report)
    if not witness.report or witness.report["status"] != "DOWN":
        return False
    accepted = result in ANSWERED or result == "L7TOUT"
    return accepted or (result in UNREACHED and reaches_others(check, witness))


def reaches_others(check: dict[str, t.Any], witness: Opinion) -> bool:
    """Whether a checker is certainly not cut off: some other target has been up for it for long enough.

    A checker without other targets is believed. If all of its targets are on its own host, a refused connection comes
    from the application itself; between hosts it may come from a firewall.
    """
    alone = all(item["backend"] != CONTROL for item in witness.others)
    if not witness.others or (alone and result_of(witness.report) == "L4CON"):
        return True
    long_s = recovery_s(check)
    return any(is_good(item) and item["since_s"] > long_s for item in witness.others)


def is_good(report: Report | None) -> bool:
    """Whether a completed check shows that the member works. "UP 1/3" is going down, which does not show it.

    Nor does "UP" with a bad result: a reload turns "UP 1/3" into it (docs/decisions/0009).
    """
    return bool(report and report["status"] == "UP" and result_of(report) in GOOD)


def _vote(check: dict[str, t.Any], opinion: Opinion, *, confirmed: bool) -> Vote | None:
    report = opinion.report
    if report is None:
        return None
    if is_good(report):
        return Vote(opinion.checker, True, describe(report), float(report["since_s"]))
    if report["status"] != "DOWN" or not _completed(report) or not _sees_host(check, opinion):
        return None
    if result_of(report) in UNREACHED and (not confirmed or report["since_s"] < MATURE_S):
        return None
    if not _has_failed_often(check, report):
        return None
    control_s = (opinion.control or report)["since_s"]
    return Vote(opinion.checker, False, describe(report), float(min(report["since_s"], control_s)))


def _has_failed_often(check: dict[str, t.Any], report: Report) -> bool:
    """Whether enough checks failed. HAProxy reports a new server as DOWN after its first failed check.

    A reload resets the count of failures; then the time counts instead.
    """
    interval_s = (check["interval_ms"] or DEFAULT_INTERVAL_MS) / 1000
    fall = check["unhealthy_threshold"] or DEFAULT_FALL
    return bool(report["failed"] >= fall or report["since_s"] >= (fall - 1) * interval_s)


def _sees_host(check: dict[str, t.Any], opinion: Opinion) -> bool:
    """Whether the checker reaches the member's host; for a "not reached" result, for long enough.

    After a network cut, a server needs some good checks to be up again: until then its state still reflects the cut.
    """
    result = result_of(opinion.report)
    if not is_good(opinion.control) or result not in ANSWERED | UNREACHED:
        return False
    return result in ANSWERED or (opinion.control or {})["since_s"] > recovery_s(check)


def recovery_s(check: dict[str, t.Any]) -> float:
    """Seconds until a checker that can reach a good member again reports it as up."""
    interval_ms = check["interval_ms"] or DEFAULT_INTERVAL_MS
    rise = check["healthy_threshold"] or DEFAULT_RISE
    timeout_ms = check["response_timeout_ms"] or interval_ms
    return float(rise * interval_ms + timeout_ms) / 1000 + MATURE_S


def _completed(report: Report) -> bool:
    return result_of(report) not in ("", "INI", "UNK")


def result_of(report: Report | None) -> str:
    """The last completed result; HAProxy writes "* " before it while the next check runs."""
    return str((report or {}).get("check_status", "")).replace("* ", "", 1)


def describe(report: Report) -> Fact:
    """The last completed result, with the status of an HTTP answer."""
    return _described(result_of(report), str(report.get("check_code") or ""))


@functools.lru_cache(maxsize=256)
def _described(result: str, status: str) -> Fact:
    """Almost all reports say the same."""
    return Fact("check_result", {"result": result, "status": status})
