# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command printed, and how it ended: the same of a playbook and of a pass over channels."""

from __future__ import annotations

import dataclasses
import re

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
    changes: int = 0
    """Calls that changed a host, or operations of a playbook's command; of other playbooks the recap tells."""

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
        return [line for line in self.told("would") if OPERATION.match(line)]

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
        """Changed tasks in the recap, over all hosts; or calls that changed something."""
        return self.changes + sum(int(found[1]) for found in RECAP.findall(self.output))

    @property
    def quiet(self) -> bool:
        """Whether there was nothing to do and nothing to say."""
        return self.changed == 0 and "all is as it should be" in self.output
