# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmarks share: running commands, comparing in pairs, and printing figures."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INVENTORY = ROOT / ".lab" / "hosts.yml"
ANSIBLE = ROOT / ".venv" / "bin"
IMAGE = "registry.lab:5000/drover-lab/testapp:1"


@dataclass
class Figure:
    """One measured number beside what it is compared with."""

    name: str
    value: float
    unit: str
    peer: str = ""
    ratio: float | None = None
    spread: str = ""

    def as_json(self) -> str:
        keys = ("name", "value", "unit", "peer", "ratio")
        return json.dumps({key: getattr(self, key) for key in keys})


def run(command: list[str], **environment: str) -> str:
    """Run a command that has to succeed; returns what it printed."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(
            f"bench: {' '.join(command)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}"
        )
    return done.stdout


def play(name: str, **variables: str) -> str:
    extra = [part for key, value in variables.items() for part in ("-e", f"{key}={value}")]
    return run(
        [str(ANSIBLE / "ansible-playbook"), "-i", str(INVENTORY), f"drover.docker.{name}", *extra]
    )


def seconds(action: Callable[[], object]) -> float:
    start = time.monotonic()
    action()
    return time.monotonic() - start


def paired(
    first: Callable[[], object], second: Callable[[], object], pairs: int
) -> tuple[list[float], list[float]]:
    """Seconds of both, in turn, after one run of each that does not count."""
    first(), second()
    times = [(seconds(first), seconds(second)) for _pair in range(pairs)]
    return [pair[0] for pair in times], [pair[1] for pair in times]


def compare(name: str, peer: str, ours: list[float], theirs: list[float]) -> list[Figure]:
    """Our median, the peer's, and the ratio ours/theirs with the spread of the pairs."""
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    mine, other = statistics.median(ours), statistics.median(theirs)
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    return [
        Figure(name, round(mine, 3), "s", peer, round(mine / other, 3), spread),
        Figure(peer, round(other, 3), "s"),
    ]


def table(figures: list[Figure]) -> list[str]:
    rows = [["figure", "value", "ratio", "pairs", "compared with"]]
    for item in figures:
        ratio = "" if item.ratio is None else f"{item.ratio:.2f}"
        rows.append([item.name, f"{item.value:g} {item.unit}", ratio, item.spread, item.peer])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def show(figures: list[Figure]) -> None:
    """The table, then one JSON line for each figure."""
    print("\n".join(table(figures)))
    print("\n".join(item.as_json() for item in figures))
