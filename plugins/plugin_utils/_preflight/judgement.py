# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge what preflight saw of all hosts. Private to the collection; pure."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._engine.transport import OLDEST_API
from ansible_collections.drover.docker.plugins.module_utils._preflight.facts import (
    DiskFacts,
    EngineFacts,
    HostFacts,
)
from ansible_collections.drover.docker.plugins.plugin_utils._pass.shape import misfit

from .clocks import clock_problems
from .engines import engine_twins
from .problem import ERROR, WARNING, Look, Problem, Wanted

OLDEST_PYTHON = (3, 8)
OLDEST_SDK = (5, 0, 3)
LEAST_FREE = 500_000_000
"""Bytes. With less, images cannot be pulled, and records may not be written."""
LOW_PERCENT = 10
DOCKERD = "dockerd"
INACTIVE = "inactive"
_STOPPED = ("no_socket", "refused")


def judge(looks: t.Mapping[str, Look], wanted: t.Mapping[str, Wanted]) -> dict[str, list[Problem]]:
    """Return the problems of each host, errors first. Both arguments are by inventory name."""
    misfits = {host: _misfit(look) for host, look in looks.items()}
    answered = {
        host: look for host, look in looks.items() if look.facts is not None and not misfits[host]
    }
    found = {host: [*misfits[host], *_silence(look)] for host, look in looks.items()}
    for host, look in answered.items():
        found[host] += host_problems(t.cast("HostFacts", look.facts), wanted[host])
    for host, problem in (*clock_problems(answered), *engine_twins(answered)):
        found[host].append(problem)
    return {host: sorted(found[host], key=_order) for host in sorted(found)}


def _order(problem: Problem) -> bool:
    return problem.severity != ERROR


def _silence(look: Look) -> list[Problem]:
    if look.facts is not None:
        return []
    return [Problem("no_answer", {"cause": look.cause, "cure": look.cure})]


def _misfit(look: Look) -> list[Problem]:
    problem = misfit(look.facts, HostFacts) if look.facts is not None else ""
    return [Problem("misfit", {"problem": problem})] if problem else []


def host_problems(facts: HostFacts, wanted: Wanted) -> list[Problem]:
    """Return the problems of one host that need no other host to be seen."""
    return [
        *_python(facts),
        *_sdk(facts),
        *_engine(facts, wanted),
        *_state_dir(facts),
        *_live_restore(facts["engine"], wanted),
        *_ports(facts, wanted),
        *_disks(facts["disks"]),
    ]


def _python(facts: HostFacts) -> t.Iterator[Problem]:
    if tuple(facts["python_version"]) < OLDEST_PYTHON:
        version = ".".join(map(str, facts["python_version"]))
        yield Problem("python_old", {"python": facts["python"], "version": version})


def _sdk(facts: HostFacts) -> t.Iterator[Problem]:
    sdk = facts["sdk"]
    told = {"python": facts["python"], "version": sdk["version"], "fault": sdk["fault"]}
    if sdk["missing"]:
        yield Problem("sdk_missing", told)
    elif () < version_of(sdk["version"]) < OLDEST_SDK:
        yield Problem("sdk_old", told)
    elif sdk["fault"] and not facts["engine"]["fault"]:
        yield Problem("sdk_fault", told)


def version_of(text: str) -> tuple[int, ...]:
    """Return the numbers at the beginning of a version."""
    return tuple(map(int, itertools.takewhile(str.isdecimal, text.split("."))))


def _engine(facts: HostFacts, wanted: Wanted) -> t.Iterator[Problem]:
    engine = facts["engine"]
    told = {"address": wanted.docker_host, "detail": engine["detail"], "user": facts["user"]}
    if engine["fault"] in _STOPPED:
        local = wanted.docker_host.startswith("unix:") and not facts["dockerd"]
        yield Problem("engine_missing" if local else "engine_stopped", told)
    elif engine["fault"]:
        yield Problem(f"engine_{engine['fault']}", told)
    elif version_of(engine["api"]) < OLDEST_API:
        yield Problem("engine_old", {"version": engine["version"], "api": engine["api"]})


def _state_dir(facts: HostFacts) -> t.Iterator[Problem]:
    fault = facts["state_dir_fault"]
    if fault and facts["engine"]["fault"] != "no_permission":  # one cure for both
        told = {"folder": facts["state_dir"], "fault": fault, "user": facts["user"]}
        yield Problem("state_dir" if facts["user"] == "root" else "not_root", told)


def _live_restore(engine: EngineFacts, wanted: Wanted) -> t.Iterator[Problem]:
    """It excludes Swarm. A single host can have it: its containers then run on while its engine is restarted."""
    if engine["live_restore"] and wanted.several:
        yield Problem("live_restore")


def _ports(facts: HostFacts, wanted: Wanted) -> t.Iterator[Problem]:
    """Report ports of Swarm that others have. On a node of a Swarm its own engine has them."""
    if not wanted.several or facts["engine"]["swarm"] not in ("", INACTIVE):
        return
    for item in facts["listeners"]:
        seen = item["program"] or facts["engine"]["swarm"]  # else it may be the engine itself
        if seen and item["program"] != DOCKERD:
            told = {"port": f"{item['port']}/{item['protocol']}", "program": item["program"]}
            yield Problem("port_taken", told)


def _disks(disks: list[DiskFacts]) -> t.Iterator[Problem]:
    devices = {item["device"]: item for item in reversed(disks)}
    for item in sorted(devices.values(), key=lambda item: item["path"]):
        percent = 100 * item["free"] // max(item["size"], 1)
        told = {"folder": item["path"], "free": _size(item["free"]), "percent": str(percent)}
        if item["free"] < LEAST_FREE:
            yield Problem("disk_full", told)
        elif percent < LOW_PERCENT:
            yield Problem("disk_low", told, WARNING)


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count // 1_000_000} MB"
