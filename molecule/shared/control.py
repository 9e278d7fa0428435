# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A control node: it carries commands out over channels, or as playbooks, as a person would."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import time
import typing as t

from .inventory import inventory
from .passes import ARGUMENTS, Passes
from .runs import Run

BIN = pathlib.Path(os.environ.get("DROVER_CONTROL_BIN") or pathlib.Path(sys.executable).parent)
"""The programs of Ansible: those of the tests, or of another ansible-core (tools/plays)."""
COLLECTIONS = os.environ.get("DROVER_CONTROL_COLLECTIONS", "")
"""The collections path with an installed tarball; without it, the checkout counts."""


def checked(what: str, run: Run, *, fails: bool) -> Run:
    """The run, which ended as it had to. Its output is printed: pytest shows it below a test that failed."""
    print(f"--- {what}, {run.seconds:.1f} s\n{run.output.rstrip()}")
    assert (run.code != 0) == fails, f"{what} ended with {run.code}:\n{run.output}"
    return run


class Control:
    """A control node with an inventory and a home directory of its own, which holds nothing else."""

    def __init__(self, folder: pathlib.Path, hosts: t.Sequence[str], **variables: t.Any) -> None:
        self.home = folder / "home"
        self.home.mkdir(parents=True)
        self.inventory = folder / "hosts.yml"
        self.inventory.write_text(json.dumps(inventory(hosts, **variables)))
        # Nothing of who runs the tests: neither variables of Ansible nor a home.
        self.environment = {
            "PATH": f"{BIN}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "ANSIBLE_NOCOLOR": "1",
            **({"ANSIBLE_COLLECTIONS_PATH": COLLECTIONS} if COLLECTIONS else {}),
        }
        self.passes = Passes(self.inventory, self.environment)

    def run(self, command: str, *, fails: bool = False, **extra: t.Any) -> Run:
        """Carry a command out over channels; it has to succeed, or to fail where that is what is tested."""
        return checked(command, self.passes.run(command, **extra), fails=fails)

    def playbook(self, playbook: str, *options: str, fails: bool = False, **extra: t.Any) -> Run:
        """Run a playbook of the collection, where that is what is tested; it has to succeed, or to fail."""
        run = self.command(self.words(playbook, options, extra), **self.screen(playbook, options))
        run.changes = len(run.done)
        return checked(f"the playbook {playbook}", run, fails=fails)

    @staticmethod
    def screen(playbook: str, options: t.Sequence[str]) -> dict[str, str]:
        """The commands' own screen. Where the logs are what is tested (-v), and for roles, it is Ansible's."""
        own = playbook in ARGUMENTS and not any(option.startswith("-v") for option in options)
        return {"ANSIBLE_STDOUT_CALLBACK": "drover.docker.compact"} if own else {}

    def close(self) -> None:
        """End its processes on the hosts. The next command begins new ones."""
        self.passes.close()

    def start(self, playbook: str, **extra: t.Any) -> subprocess.Popen[str]:
        """Start a playbook in a process group of its own, and leave it running."""
        return subprocess.Popen(
            self.words(playbook, (), extra),
            env={**self.environment, **self.screen(playbook, ())},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def module(
        self, name: str, host: str, /, *options: str, **arguments: t.Any
    ) -> dict[str, t.Any]:
        """Run a module of the collection on one host; its result."""
        words = ["ansible", "-i", str(self.inventory), host, "-m", f"drover.docker.{name}"]
        run = self.command([*words, "-a", json.dumps(arguments), *options])
        return t.cast("dict[str, t.Any]", json.loads(run.output.partition("=> ")[2]))

    def command(self, words: t.Sequence[str], **variables: str) -> Run:
        """Run any command in this control node's environment, with further variables."""
        began = time.monotonic()
        done = subprocess.run(
            words,
            env={**self.environment, **variables},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Run(done.returncode, done.stdout, time.monotonic() - began, began)

    def words(self, playbook: str, options: t.Sequence[str], extra: dict[str, t.Any]) -> list[str]:
        name = playbook if playbook.endswith(".yml") else f"drover.docker.{playbook}"
        words = ["ansible-playbook", "-i", str(self.inventory), name, *options]
        for key, value in extra.items():
            text = json.dumps({key: value}) if isinstance(value, dict) else f"{key}={value}"
            words += ["-e", text]
        return words
