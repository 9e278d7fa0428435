# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A control node: runs playbooks as a person would, and reads what they print."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
import subprocess
import sys
import time
import typing as t

from .inventory import inventory

BIN = pathlib.Path(sys.executable).parent
KINDS = (
    "network|pull|create|start|unpause|stop|connect|disconnect|remove|remove_volume|record"
    "|checker|verdict|balancer|drain|validate"
)
HEALTH_KINDS = ("checker", "verdict", "balancer", "drain", "validate")
OPERATION = re.compile(rf"\S+  ({KINDS})  ")
TOOK = re.compile(r"  \(\d+\.\d s\)")
RECAP = re.compile(
    r"^(\S+) +: ok=\d+ +changed=(\d+) +unreachable=(\d+) +failed=(\d+)", re.MULTILINE
)


@dataclasses.dataclass
class Run:
    """What one run printed, and how it ended."""

    code: int
    output: str
    seconds: float
    began: float = 0.0
    """On the clock time.monotonic (s)."""

    def told(self, word: str) -> list[str]:
        """The rest of the lines that begin with a word such as done, held, note, error or kept."""
        lines = [line for line in self.output.splitlines() if line.startswith(f"{word} ")]
        return [TOOK.sub("", line[len(word) :].strip()) for line in lines]

    @property
    def done(self) -> list[str]:
        """The operations that were carried out."""
        return self.told("done")

    @property
    def deeds(self) -> list[str]:
        """Those that did something to containers, networks or records of stacks: without what only tells of health."""
        return [line for line in self.done if line.split("  ")[1] not in HEALTH_KINDS]

    @property
    def planned(self) -> list[str]:
        """The operations that check mode announced."""
        return [line for line in self.output.splitlines() if OPERATION.match(line)]

    @property
    def held(self) -> str:
        """What is wanted and was not done, with the reasons."""
        return "\n".join(self.told("held"))

    @property
    def errors(self) -> str:
        """What was refused."""
        return "\n".join(self.told("error"))

    @property
    def notes(self) -> str:
        """What else there was to say."""
        return "\n".join(self.told("note"))

    @property
    def changed(self) -> int:
        """Changed tasks in the recap, over all hosts."""
        return sum(int(found[1]) for found in RECAP.findall(self.output))

    @property
    def quiet(self) -> bool:
        """Whether there was nothing to do and nothing to say."""
        return self.changed == 0 and "all is as it should be" in self.output


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
        }

    def play(self, playbook: str, *options: str, fails: bool = False, **extra: t.Any) -> Run:
        """Run a playbook of the collection; it has to succeed, or to fail where that is what is tested."""
        run = self.command(self.words(playbook, options, extra))
        assert (run.code != 0) == fails, f"{playbook} ended with {run.code}:\n{run.output}"
        return run

    def start(self, playbook: str, **extra: t.Any) -> subprocess.Popen[str]:
        """Start a playbook in a process group of its own, and leave it running."""
        return subprocess.Popen(
            self.words(playbook, (), extra),
            env=self.environment,
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

    def command(self, words: t.Sequence[str]) -> Run:
        """Run any command in this control node's environment."""
        began = time.monotonic()
        done = subprocess.run(
            words,
            env=self.environment,
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
