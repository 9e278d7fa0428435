# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of the lab, for benchmarks: commands on them, and waiting for what is to be seen there."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import yaml
from common import INVENTORY

LIMIT_S = 180.0


def hosts() -> dict[str, str]:
    """Address of each host of the lab."""
    listed = yaml.safe_load(INVENTORY.read_text(encoding="utf-8"))["docker_hosts"]["hosts"]
    return {name: variables["ansible_host"] for name, variables in listed.items()}


def on(host: str, command: str) -> str:
    """What a shell command on a host prints; empty where it fails."""
    options = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
    options += ["-o", "LogLevel=ERROR", "-o", "ControlMaster=auto", "-o", "ControlPersist=60s"]
    options += [
        "-o",
        "ControlPath=/tmp/drover-bench-%C",
        "-i",
        str(INVENTORY.parent / "id_ed25519"),
    ]
    words = ["ssh", *options, f"root@{hosts()[host]}", command]
    done = subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def until(met: Callable[[], bool], what: str) -> None:
    """Wait until something is so; the benchmark ends when it takes too long."""
    end = time.monotonic() + LIMIT_S
    while not met():
        if time.monotonic() > end:
            sys.exit(f"bench: {what}: not within {LIMIT_S:g} s")
        time.sleep(0.2)


def a_manager() -> str:
    """A host that manages the Swarm of the overlay."""
    for host in hosts():
        if on(host, "docker node ls -q"):
            return host
    sys.exit("bench: no host of the lab manages a Swarm")
