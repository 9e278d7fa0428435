# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control nodes of the lab, on which a timer makes the passes, and the role that installs it."""

from __future__ import annotations

import json
import os
import time
import typing as t

from .control import Control
from .hosts import Host
from .inventory import CHECKOUT, LAB
from .machines import Machine, docker
from .runs import Run
from .waiting import eventually

UNIT = "drover-reconcile"
QUIET = "all is as it should be"
PLAY = CHECKOUT / "molecule" / "loop" / "timer.yml"
PROGRAM = CHECKOUT / "molecule" / "shared" / "inventory.py"


class Node(Host):
    """One control node."""

    def switch(self, *, on: bool) -> None:
        """Let its timer begin passes from now on, or no more; one that goes on comes to its end."""
        self.run(f"systemctl {'start' if on else 'stop'} {UNIT}.timer")

    def wait_idle(self) -> None:
        """Wait until no pass of its service goes on."""
        idle = ("inactive", "failed")
        show = f"systemctl show --property=ActiveState --value {UNIT}.service"
        eventually(lambda: self.run(show) in idle, seconds=60)

    def journal(self, since: float = 0.0, *, form: str = "cat") -> list[str]:
        """What its passes said since a moment (Unix time, s), in one of journalctl's forms."""
        words = f"journalctl --no-pager --output={form} --since=@{since:.6f} --quiet"
        matches = f"SYSLOG_IDENTIFIER={UNIT} + UNIT={UNIT}.service"
        return self.run(f"{words} {matches}").splitlines()

    def moments(self, since: float) -> list[float]:
        """When passes said that there was nothing to do (Unix time, s)."""
        lines = self.journal(since, form="short-unix")
        return [float(line.split()[0]) for line in lines if line.endswith(QUIET)]

    def quiet(self, since: float) -> int:
        """How many passes since a moment found nothing to do."""
        return sum(QUIET in line for line in self.journal(since))

    def restart(self) -> None:
        """Restart the machine, and wait until it can be reached."""
        docker("restart", "--time", "20", Machine(self).container)
        eventually(lambda: self.run("systemctl is-system-running || true"), seconds=60)


class Installer:
    """Runs the role as a person would, from a machine that is no control node."""

    def __init__(self, control: Control) -> None:
        self.control = control
        self.control.environment.update(
            MOLECULE_SCENARIO_NAME="loop", DROVER_LAB_ROOT=str(LAB.parent)
        )

    def __call__(self, where: str, *options: str, fails: bool = False, **variables: t.Any) -> Run:
        """Apply the role on one node; variables are those of the role, without their prefix."""
        given = {f"control_node_{key}": value for key, value in variables.items()}
        words = ["ansible-playbook", "-i", str(PROGRAM), str(PLAY), *options]
        words += ["-e", json.dumps({"where": where, **given})]
        run = self.control.command(words)
        assert (run.code != 0) == fails, f"the role ended with {run.code}:\n{run.output}"
        return run


def now() -> float:
    """The time of all machines of the lab (Unix time, s)."""
    return time.time()


def soak() -> bool:
    """Whether the long form of a scenario is wanted."""
    return bool(os.environ.get("DROVER_SOAK"))
