# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pass with nothing to do, over three hosts and 90 containers, beside a ping and beside one task per container.

Pairs are run in turn (A B A B ...), so that a machine whose speed drifts does not favour one of them; the ratio is
that of the medians, its spread that of the pairs. Everything that the benchmark made is removed at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INVENTORY = ROOT / ".lab" / "hosts.yml"
ANSIBLE = ROOT / ".venv" / "bin"
STACK = "bench"
CONTAINERS = 90
PAIRS = 7
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


def ping() -> None:
    run(
        [
            str(ANSIBLE / "ansible"),
            "-i",
            str(INVENTORY),
            "docker_hosts",
            "-m",
            "ansible.builtin.ping",
        ]
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


@contextlib.contextmanager
def stack() -> Iterator[None]:
    """Ninety small containers, thirty on each host, and nothing left of them afterwards."""
    with tempfile.TemporaryDirectory(prefix="drover-bench-") as folder:
        compose = (
            f"services:\n  app:\n    image: {IMAGE}\n    scale: {CONTAINERS}\n    tmpfs: [/data]\n"
        )
        Path(folder, "compose.yaml").write_text(compose, encoding="utf-8")
        play("network")
        try:
            play("up", stack_dir=folder, stack=STACK)
            yield
        finally:
            play("down", stack=STACK)


def calls_of_a_pass() -> Figure:
    """Module calls that an idle pass makes on each host, counted by the connections' own log."""
    output = run(
        [
            str(ANSIBLE / "ansible-playbook"),
            "-i",
            str(INVENTORY),
            "drover.docker.reconcile",
            "-vvv",
        ],
    )
    calls = sum("SSH: EXEC ssh" in line and "python" in line for line in output.splitlines())
    return Figure("module calls per host in a pass with nothing to do", calls / 3, "calls")


def task_per_container(folder: str) -> list[str]:
    """The same check with one community.docker.docker_container task for each container."""
    listed = names_by_host()
    tasks = [
        {
            "name": "Keep running",
            "community.docker.docker_container": {
                "name": "{{ item }}",
                "state": "started",
                "comparisons": {"*": "ignore"},
            },
            "loop": "{{ names[inventory_hostname] }}",
        }
    ]
    book = Path(folder, "peer.yml")
    content = [
        {"hosts": "docker_hosts", "gather_facts": False, "vars": {"names": listed}, "tasks": tasks}
    ]
    book.write_text(json.dumps(content), encoding="utf-8")
    return [str(book)]


def names_by_host() -> dict[str, list[str]]:
    output = run(
        [
            str(ANSIBLE / "ansible"),
            "-i",
            str(INVENTORY),
            "docker_hosts",
            "-o",
            "-m",
            "drover.docker.service_info",
            "-a",
            f"stack={STACK}",
        ]
    )
    found = {}
    for line in output.splitlines():
        host, _mark, text = line.partition(" | SUCCESS => ")
        if text:
            services = json.loads(text)["services"]
            found[host] = [member["name"] for service in services for member in service["members"]]
    return found


def measure(peer: str, pairs: int) -> list[Figure]:
    def reconcile() -> None:
        play("reconcile")

    with stack(), tempfile.TemporaryDirectory(prefix="drover-bench-") as folder:
        book = task_per_container(folder)

        def by_tasks() -> None:
            run([peer, "-i", str(INVENTORY), *book])

        figures = [calls_of_a_pass()]
        ours, theirs = paired(reconcile, ping, pairs)
        figures += compare(
            f"pass with nothing to do, 3 hosts, {CONTAINERS} containers",
            "ansible -m ping",
            ours,
            theirs,
        )
        ours, theirs = paired(reconcile, by_tasks, 1)
        figures += compare(
            "the same pass",
            "one community.docker.docker_container task per container",
            ours,
            theirs,
        )
        return figures


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--peer", required=True, help="ansible-playbook of an environment with community.docker"
    )
    parser.add_argument("--pairs", type=int, default=PAIRS)
    options = parser.parse_args()
    figures = measure(options.peer, options.pairs)
    print("\n".join(table(figures)))
    print("\n".join(item.as_json() for item in figures))


if __name__ == "__main__":
    main()
