# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a record file's content. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from .._common.names import digest

Json = t.Dict[str, t.Any]

FORMATS = (1, 2)
"""The formats that are read. Every new version makes a file of the present one."""


def problem(record: t.Any, stack: str) -> str:
    """What is wrong with a record; empty if it is valid."""
    if not isinstance(record, dict):
        return "not a map"
    if record.get("format") not in FORMATS:
        return f"format {record.get('format')!r} is not one of {FORMATS}"
    if record.get("stack") != stack:
        return f"it is of stack {record.get('stack')!r}"
    if not isinstance(record.get("host"), str):
        return "without the name of its host"
    if not isinstance(record.get("life", {}), dict):
        return "life is not a map"
    return _version_problem(record.get("version"), record.get("body")) or _proposal_problem(record)


def _proposal_problem(record: Json) -> str:
    if "proposed" not in record:
        return ""
    proposed = record["proposed"]
    if not isinstance(proposed, dict) or not isinstance(proposed.get("asked"), list):
        return "its proposal is not a map, or without the hosts that it was sent to"
    base = {"proposed": proposed["base"]} if "base" in proposed else {}
    return _version_problem(proposed.get("version"), proposed.get("body")) or _proposal_problem(
        base
    )


def _version_problem(version: t.Any, body: t.Any) -> str:
    if not isinstance(version, dict) or not isinstance(body, dict):
        return "version or body is missing"
    if not isinstance(version.get("number"), int) or not isinstance(version.get("token"), str):
        return "version has no number or no token"
    if not isinstance(version.get("signature", ""), str):
        return "the signature of its version is not text"
    if version.get("hash") != digest(body):
        return "its body is not what its hash says: changed by hand, or damaged"
    return ""
