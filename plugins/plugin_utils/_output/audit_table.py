# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merge the audits of several hosts, and format them as text. Private to the collection; pure."""

from __future__ import annotations

import itertools
import json
import typing as t

Json = dict[str, t.Any]

_DAY = len("2026-11-22")
_TO_THE_SECOND = len("2026-11-22T10:00:00")


def merged(by_host: dict[str, list[Json]]) -> list[Json]:
    """Return all lines in order of time. Equal actions of several hosts become one line."""
    lines = sorted(
        itertools.chain(*by_host.values()), key=lambda line: (line["time"], line["host"])
    )
    found: list[Json] = []
    alike: dict[str, Json] = {}
    for line in lines:
        known = alike.get(_likeness(line))
        if known:
            known["host"] = ",".join(sorted({*known["host"].split(","), line["host"]}))
        else:
            found.append(dict(line))
            if line.get("action") == "record":
                alike[_likeness(line)] = found[-1]
    return found


def _likeness(line: Json) -> str:
    """Return the values that lines about one record have in common on all hosts."""
    keys = ("run", "stack", "action", "cause", "evidence", "result", "error")
    return json.dumps([line.get(key) for key in keys], sort_keys=True)


def as_table(lines: list[Json]) -> list[str]:
    """Format for people: each run under a line that says who, what and when."""
    shown: list[str] = []
    for _run, group in itertools.groupby(lines, key=lambda line: line.get("run", "")):
        items = list(group)
        shown += [*([""] if shown else []), _heading(items[0]), *_rows(items)]
    return shown


def _heading(line: Json) -> str:
    when = line["time"][:_TO_THE_SECOND].replace("T", " ")
    command = line.get("command") or "a module"
    timer = ", timer" if line.get("by") == "timer" else ""
    return f"{when}Z  {command}  by {line.get('who', '?')}{timer}, run {line.get('run') or '-'}"


def _rows(lines: list[Json]) -> list[str]:
    cells = [
        (_time(line), line["host"], _action(line), _subject(line), _result(line)) for line in lines
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    columns = [
        [cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in cells
    ]
    return [
        "  " + "  ".join([*row, _why(line)]).rstrip()
        for row, line in zip(columns, lines, strict=True)
    ]


def _time(line: Json) -> str:
    return str(line["time"][_DAY + 1 : -1])


def _action(line: Json) -> str:
    return str(line.get("action", ""))


def _subject(line: Json) -> str:
    if line.get("container"):
        return str(line["container"])
    name = "/".join(part for part in (line.get("stack", ""), line.get("member", "")) if part)
    version = (line.get("evidence") or {}).get("version")
    return f"{name} v{version}" if version else name


def _result(line: Json) -> str:
    seconds = line.get("seconds")
    took = f" {seconds:.1f} s" if seconds and line.get("result") == "done" else ""
    return f"{line.get('result', '')}{took}"


def _why(line: Json) -> str:
    """Return the cause, the error, and the engine's evidence."""
    error = f": {line['error']}" if line.get("error") else ""
    known = "; ".join(_evidence(line.get("evidence") or {}))
    return f"{line.get('cause', '')}{error}" + (f"  [{known}]" if known else "")


def _evidence(evidence: Json) -> list[str]:
    told = []
    if "exit_code" in evidence:
        told.append(f"{evidence['state']}, exit code {evidence['exit_code']}")
    if evidence.get("oom"):
        told.append("out of memory")
    return told + [str(event) for event in evidence.get("events", [])]
