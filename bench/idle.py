# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pass with nothing to do costs: CPU time and memory, on the control node and on the hosts.

Three hosts, ninety containers. The floor in the same run is C(ansible -m ping): what Ansible costs anyway. The hosts'
CPU time is that of all that runs on them, less what they use at rest.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml
from common import ANSIBLE, INVENTORY, ROOT, Figure, run, show
from passes import CONTAINERS, stack

PASSES = 5
PERIOD_S = 15.0
DAY_S = 86400.0
SAMPLE_S = 0.05
RECONCILE = ["ansible-playbook", "-i", str(INVENTORY), "drover.docker.reconcile"]
PING = ["ansible", "-i", str(INVENTORY), "docker_hosts", "-m", "ansible.builtin.ping"]


@dataclass
class Cost:
    """What one run of a command took."""

    control_cpu_s: float
    control_peak_mib: float
    hosts_cpu_s: float
    hosts_peak_mib: float


# --- the control node ---


def descendants(root: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(") ")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, []))
    return found


def memory_mib(pids: list[int]) -> float:
    """Memory of processes; what they share is counted once."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


class Peak:
    """The highest of some figure, while something goes on."""

    def __init__(self, *figures: Callable[[], float]) -> None:
        self._figures = figures
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.values = [0.0] * len(figures)

    def _watch(self) -> None:
        while not self._over.is_set():
            now = [figure() for figure in self._figures]
            self.values = [max(pair) for pair in zip(self.values, now, strict=True)]
            self._over.wait(SAMPLE_S)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._over.set()
        self._thread.join()


# --- the hosts ---


class Hosts:
    """The lab's hosts, by the processes in them."""

    def __init__(self) -> None:
        listed = yaml.safe_load(INVENTORY.read_text(encoding="utf-8"))["docker_hosts"]["hosts"]
        self._names = [f"drover-lab-{name}" for name in listed]
        self._ids = [
            run(["docker", "inspect", "--format", "{{.Id}}", name]).strip() for name in self._names
        ]

    def cpu_s(self) -> float:
        """CPU seconds of all that lives in them, and of all that lived and was waited for."""
        ticks = 0
        for name in self._names:
            text = run(
                ["docker", "exec", name, "sh", "-c", "cat /proc/[0-9]*/stat 2>/dev/null; true"]
            )
            fields = [line.rpartition(") ")[2].split() for line in text.splitlines()]
            ticks += sum(int(number) for line in fields for number in line[11:15])
        return ticks / os.sysconf("SC_CLK_TCK")

    def python_mib(self) -> float:
        """Memory of the largest Python program on one of them."""
        found = [memory_mib([pid]) for pid in self._python()]
        return max(found, default=0.0)

    def _python(self) -> list[int]:
        pids = []
        for path in Path("/proc").glob("[0-9]*/comm"):
            try:
                if path.read_text(encoding="utf-8").startswith("python"):
                    cgroup = (path.parent / "cgroup").read_text(encoding="utf-8")
                    pids += [int(path.parent.name)] * any(name in cgroup for name in self._ids)
            except OSError:
                continue
        return pids


# --- the measurement ---


def cost(command: list[str], hosts: Hosts, rest: float) -> Cost:
    """Run a command once. C(rest): CPU seconds per second that the hosts use anyway."""
    cpu = hosts.cpu_s()
    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    process = subprocess.Popen(
        [str(ANSIBLE / command[0]), *command[1:]],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_FORCE_COLOR": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    with Peak(lambda: memory_mib(descendants(process.pid)), hosts.python_mib) as peak:
        if process.wait():
            sys.exit(f"bench: {' '.join(command)} failed")
    lasted = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - own.ru_utime - own.ru_stime
    return Cost(used, peak.values[0], hosts.cpu_s() - cpu - rest * lasted, peak.values[1])


def at_rest(hosts: Hosts, seconds: float) -> float:
    """CPU seconds per second that the hosts use while nobody asks them anything."""
    cpu, began = hosts.cpu_s(), time.monotonic()
    time.sleep(seconds)
    return (hosts.cpu_s() - cpu) / (time.monotonic() - began)


def figures(ours: list[Cost], floor: list[Cost]) -> list[Figure]:
    """Medians of ours beside those of the floor."""
    names = {
        "control_cpu_s": ("CPU of an idle pass, control node", "s"),
        "hosts_cpu_s": ("CPU of an idle pass, three hosts together", "s"),
        "control_peak_mib": ("memory peak, control node", "MiB"),
        "hosts_peak_mib": ("memory peak of the module on a host", "MiB"),
    }
    found = []
    for field, (name, unit) in names.items():
        mine = statistics.median(getattr(item, field) for item in ours)
        other = statistics.median(getattr(item, field) for item in floor)
        ratio = round(mine / other, 2) if other > 0 else None
        peer = f"ansible -m ping: {other:.2f} {unit}"
        found.append(Figure(name, round(mine, 2), unit, peer, ratio))
        if unit == "s":
            a_day = mine * DAY_S / PERIOD_S / 60
            found.append(Figure(f"  a day, a pass every {PERIOD_S:g} s", round(a_day, 1), "min"))
    return found


def measure(passes: int) -> list[Figure]:
    hosts = Hosts()
    with stack():
        cost(RECONCILE, hosts, 0.0), cost(PING, hosts, 0.0)  # connections are there from here on
        rest = at_rest(hosts, 10.0)
        pairs = [(cost(RECONCILE, hosts, rest), cost(PING, hosts, rest)) for _pass in range(passes)]
    print(
        f"3 hosts, {CONTAINERS} containers, {passes} passes; the hosts at rest: {rest:.3f} CPU s/s"
    )
    return figures([pair[0] for pair in pairs], [pair[1] for pair in pairs])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passes", type=int, default=PASSES)
    show(measure(parser.parse_args().passes))


if __name__ == "__main__":
    main()
