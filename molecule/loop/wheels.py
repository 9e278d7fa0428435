# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetches the wheels that the role installs on the control nodes, once, and prints the folder that holds them."""

from __future__ import annotations

import fcntl
import hashlib
import pathlib
import subprocess
import sys

import yaml

PYTHONS = ("3.11", "3.13")  # of Debian bookworm and trixie
CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
ROLE = CHECKOUT / "roles" / "control_node" / "vars" / "main.yml"


def names(python: str) -> list[str]:
    """What the role installs for a Python."""
    variables = yaml.safe_load(ROLE.read_text())
    return [*variables["__control_node_cores"][python], *variables["__control_node_pins"]]


def fetch(folder: pathlib.Path) -> None:
    """Download them for each of the Pythons; the folder is there when all of them are."""
    unfinished = folder.with_suffix(".new")
    for python in PYTHONS:
        words = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:"]
        words += ["--disable-pip-version-check", f"--python-version={python}"]
        subprocess.run([*words, f"--dest={unfinished}", *names(python)], check=True, stdout=2)
    unfinished.rename(folder)


def main() -> None:
    """Fetch what is missing; Ansible asks for several hosts at once, and one of them fetches."""
    key = hashlib.sha256(repr([names(python) for python in PYTHONS]).encode()).hexdigest()[:12]
    folder = CHECKOUT / ".cache" / f"wheels-{key}"
    folder.parent.mkdir(exist_ok=True)
    with open(folder.with_suffix(".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            fetch(folder)
    print(folder)


if __name__ == "__main__":
    main()
