# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy's reports on itself and its servers, in the form of docs/schema.md section 10. Pure."""

from __future__ import annotations

import csv
import io
import re
import typing as t

Json = t.Dict[str, t.Any]

_BACKEND = "1"  # the type of a line about a backend
_SERVER = "2"  # the type of a line about a server
_VERSION = re.compile(r"\d+(\.\d+)+")
_BEFORE_FIRST_CHECK = "INI"
_RUNNING_CHECK = "* "
_GOOD = ("L4OK", "L6OK", "L7OK", "L7OKC")


def parse_info(answer: str) -> Json:
    """The answer to C(show info): C(revision), C(version), C(pid) and C(uptime_s); empty or 0 if missing."""
    fields = dict(line.split(": ", 1) for line in answer.splitlines() if ": " in line)
    version = _VERSION.match(fields.get("Version", ""))
    return {
        "revision": fields.get("description", "").strip(),
        "version": version.group(0) if version else "",
        "pid": _number(fields.get("Pid")) or 0,
        "uptime_s": _number(fields.get("Uptime_sec")) or 0,
    }


def parse_stat(answer: str) -> list[Json]:
    """The answer to C(show stat): a report for each server, in its order.

    C(check_code), C(since_s) and C(duration_ms) are None if HAProxy gives none. C(check_status) begins with C(* ) while
    a check is under way, followed by the result of the last completed one. C(failed): the number of failed checks in
    this process.
    """
    return [_report(row) for row in _rows(answer) if row.get("type") == _SERVER]


def parse_traffic(answer: str) -> list[Json]:
    """The same for a load balancer: each report also has C(sessions), and C(backend_status) of its backend."""
    rows = _rows(answer)
    backends = {row.get("pxname"): row for row in rows if row.get("type") == _BACKEND}
    return [
        {
            **_report(row),
            "sessions": _number(row.get("scur")) or 0,
            "backend_status": backends.get(row.get("pxname"), {}).get("status") or "",
        }
        for row in rows
        if row.get("type") == _SERVER
    ]


def parse_pools(answer: str) -> dict[str, Json]:
    """What became of the requests to each backend since HAProxy loaded its config, by backend.

    A failed request may have been tried again: C(failed_connections) and C(failed_answers) are of single tries.
    """
    return {
        row.get("pxname") or "": {
            "requests": _number(row.get("req_tot")) or _number(row.get("stot")) or 0,
            "answers_5xx": _number(row.get("hrsp_5xx")) or 0,
            "failed_connections": _number(row.get("econ")) or 0,
            "failed_answers": _number(row.get("eresp")) or 0,
        }
        for row in _rows(answer)
        if row.get("type") == _BACKEND
    }


def takes_requests(report: t.Mapping[str, t.Any]) -> bool:
    """Whether the checks allow requests to a server; C(no check): it has no check."""
    status = str(report["status"])
    return status.startswith("UP") or status == "no check"


def _rows(answer: str) -> list[dict[str, str]]:
    text = answer.replace("\0", "").lstrip()  # csv rejects NUL before Python 3.11
    table = io.StringIO(text[2:] if text.startswith("# ") else text)
    return list(csv.DictReader(table))


def completed(report: t.Mapping[str, t.Any]) -> bool:
    """Whether a check of this server was ever completed."""
    return _last_result(report) not in ("", _BEFORE_FIRST_CHECK)


def counts_up(report: t.Mapping[str, t.Any]) -> bool:
    """Whether the last check of an added server was good, but HAProxy needs more good ones."""
    return report["status"].startswith("UP ") and _last_result(report) in _GOOD


def _last_result(report: t.Mapping[str, t.Any]) -> str:
    status = str(report["check_status"])
    return status[len(_RUNNING_CHECK) :] if status.startswith(_RUNNING_CHECK) else status


def _report(row: t.Mapping[str, t.Any]) -> Json:
    return {
        "backend": row.get("pxname") or "",
        "server": row.get("svname") or "",
        "status": row.get("status") or "",
        "check_status": row.get("check_status") or "",
        "check_code": _number(row.get("check_code")) or None,  # 0 means none yet
        "last_chk": row.get("last_chk") or "",
        "since_s": _number(row.get("lastchg")),
        "duration_ms": _number(row.get("check_duration")),
        "failed": _number(row.get("chkfail")) or 0,
    }


def _number(text: str | None) -> int | None:
    return int(text) if text and text.strip().isdigit() else None
