# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a checker's HAProxy reports to what counts as a vote. Private to the collection; pure.

Everything that is not sure is no vote (docs/schema.md section 10): the title of the table there is "nothing healthy is
ever killed".
"""

from __future__ import annotations

import dataclasses
import typing as t

from .verdict import Vote

Report = t.Mapping[str, t.Any]
"""A ServerReport of _model/observation.py."""

ANSWERED = frozenset(["L6RSP", "L7RSP", "L7STS"])
"""The application itself gave a wrong answer: the way to it is good."""
UNREACHED = frozenset(["L4CON", "L4TOUT", "L6TOUT", "L7TOUT", "SOCKERR"])
"""Nothing, or nothing in time: the application or the way to it.

SOCKERR is what HAProxy 3.0 makes of an application that closes without an answer (docs/decisions/0009).
"""
GOOD = frozenset(["L4OK", "L6OK", "L7OK", "L7OKC"])
MATURE_S = 3.0
"""A cut in the network shows at the control target within 2 s; a younger failure to reach something says nothing."""
CONTROL = "control"
"""The backend of the control targets."""
DEFAULT_INTERVAL_MS = 2000
DEFAULT_RISE = 2
DEFAULT_FALL = 3

_WORDS = {
    "L4CON": "connection refused",
    "L4TOUT": "no connection in time",
    "L6RSP": "wrong TLS answer",
    "L6TOUT": "no TLS answer in time",
    "L7RSP": "not an HTTP answer",
    "L7TOUT": "no answer in time",
}


@dataclasses.dataclass(frozen=True)
class Opinion:
    """What one checker has to say of one generation.

    Attributes:
        checker: Host of the checker.
        report: HAProxy's report on the generation; None where it has none.
        control: HAProxy's report on the control target of the member's host; None where it has none.
        others: HAProxy's reports on all else that this checker checks, but for its own control target.
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
        witness: That of the checker on the member's own host, be it chosen or not. Who says "not reached" is not
            believed without it: only there no network between hosts lies in between.
    """
    confirmed = witness is not None and _finds_down(check, witness)
    votes = [_vote(check, item, confirmed=confirmed) for item in opinions]
    return [vote for vote in votes if vote is not None]


def _finds_down(check: dict[str, t.Any], witness: Opinion) -> bool:
    """Whether the checker of the member's own host fails there too, and that is not because it is cut off itself."""
    result = result_of(witness.report)
    if not witness.report or witness.report["status"] != "DOWN":
        return False
    accepted = result in ANSWERED or result == "L7TOUT"
    return accepted or (result in UNREACHED and reaches_others(check, witness))


def reaches_others(check: dict[str, t.Any], witness: Opinion) -> bool:
    """Whether a checker surely is not cut off: anything else is up for it, and that not only since a moment.

    One that has nothing else to check is believed. Where all that it checks is on its own host, who refuses a
    connection is the application itself; between hosts it may be a firewall.
    """
    alone = all(item["backend"] != CONTROL for item in witness.others)
    if not witness.others or (alone and result_of(witness.report) == "L4CON"):
        return True
    long_s = _recovery_s(check)
    return any(is_good(item) and item["since_s"] > long_s for item in witness.others)


def is_good(report: Report | None) -> bool:
    """Whether a completed check says that the member works. "UP 1/3" is on its way down: that says nothing.

    So is "UP" with a bad result: what a reload makes of "UP 1/3" (docs/decisions/0009).
    """
    return bool(report and report["status"] == "UP" and result_of(report) in GOOD)


def _vote(check: dict[str, t.Any], opinion: Opinion, *, confirmed: bool) -> Vote | None:
    report = opinion.report
    if report is None or not _completed(report):
        return None
    if is_good(report):
        return Vote(opinion.checker, True, describe(report), float(report["since_s"]))
    if report["status"] != "DOWN" or not _sees_host(check, opinion):
        return None
    if result_of(report) in UNREACHED and (not confirmed or report["since_s"] < MATURE_S):
        return None
    if not _has_failed_often(check, report):
        return None
    control_s = (opinion.control or report)["since_s"]
    return Vote(opinion.checker, False, describe(report), float(min(report["since_s"], control_s)))


def _has_failed_often(check: dict[str, t.Any], report: Report) -> bool:
    """Whether as many checks failed as are asked for: of a server that is new to it, HAProxy calls the first one DOWN.

    After a reload the failures are not counted any more; then it is the time that tells.
    """
    interval_s = (check["interval_ms"] or DEFAULT_INTERVAL_MS) / 1000
    fall = check["unhealthy_threshold"] or DEFAULT_FALL
    return bool(report["failed"] >= fall or report["since_s"] >= (fall - 1) * interval_s)


def _sees_host(check: dict[str, t.Any], opinion: Opinion) -> bool:
    """Whether the checker sees the member's host; for a failure to reach something, since long enough.

    After a cut the members' servers need some good checks to be up again: until then their state is of the cut.
    """
    result = result_of(opinion.report)
    if not is_good(opinion.control) or result not in ANSWERED | UNREACHED:
        return False
    return result in ANSWERED or (opinion.control or {})["since_s"] > _recovery_s(check)


def _recovery_s(check: dict[str, t.Any]) -> float:
    """Seconds within which a good member is up again at a checker that can reach it again."""
    interval_ms = check["interval_ms"] or DEFAULT_INTERVAL_MS
    rise = check["healthy_threshold"] or DEFAULT_RISE
    timeout_ms = check["response_timeout_ms"] or interval_ms
    return float(rise * interval_ms + timeout_ms) / 1000 + MATURE_S


def _completed(report: Report) -> bool:
    return result_of(report) not in ("", "INI", "UNK")


def result_of(report: Report | None) -> str:
    """The last completed result; HAProxy writes "* " before it while the next check runs."""
    return str((report or {}).get("check_status", "")).replace("* ", "", 1)


def describe(report: Report) -> str:
    """A result for people: HTTP 500 (L7STS)."""
    result = result_of(report)
    words = _WORDS.get(result, "")
    if not words and report.get("check_code"):
        words = f"HTTP {report['check_code']}"
    return f"{words} ({result})" if words else result
