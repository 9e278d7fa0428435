# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the control node does of a move: which steps are left, and the copy that lies here meanwhile. Private."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._common.constants import LABEL_STACK
from ansible_collections.drover.docker.plugins.module_utils._model.entry import (
    ARRIVES,
    LEAVES,
    phase_of,
)
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.module_utils._plan.world.ownership import LIVE_STATES

from .failures import Failed, Refused
from .folder import StoredBackup
from .target import FoundMember, Target

_MARK = re.compile(r"[A-Za-z0-9-]+")
"""It is a part of a path, and hosts say it."""


@dataclasses.dataclass(frozen=True)
class Course:
    """The steps that are left of a move.

    Attributes:
        member: The member.
        home: The host that it comes from.
        to: The host that it is to be on.
        phase: Where the move stands; empty if it has not begun, or is over.
        mark: What tells it from other moves; empty if it has not begun.
    """

    member: MemberId
    home: str
    to: str
    phase: str
    mark: str

    @property
    def goes_back(self) -> bool:
        """Whether it is taken back to where its data still are."""
        return bool(self.phase) and self.to == self.home

    @property
    def is_over(self) -> bool:
        """Whether it is there already: only the end is left."""
        return not self.phase and self.to == self.home

    @property
    def lines(self) -> list[str]:
        """What follows the first order, for check mode."""
        name = self.member.container
        if self.is_over:
            return []
        copy = [] if self.phase == ARRIVES else [f"{self.home}  backup  {name}"]
        made = [] if self.phase == ARRIVES else [f"{self.to}  create  {name}"]
        return [*copy, *made, f"{self.to}  restore  {name}", f"{self.to}  start  {name}"]


def course_of(found: FoundMember, to: str) -> Course:
    """Return what is left to do so that a member is on a host."""
    move = found.entry.get("move", {})
    return Course(
        member=found.slot,
        home=move.get("from", found.entry["host"]),
        to=to,
        phase=phase_of(found.entry),
        mark=move.get("mark", ""),
    )


def default_folder() -> str:
    """Return the folder for copies of moves that are under way: of this user, on this control node."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return os.path.join(state, "drover", "moves")


def copy_name(member: MemberId, mark: str) -> str:
    """Return the name of the copy of a move. It stays the same, so that the command finds it again.

    Raises:
        Refused: The mark is not what we write: hosts say it, and it becomes a part of a path.
    """
    if mark and not _MARK.fullmatch(mark):
        raise Refused([f"the move of {member.place} has no valid mark"])
    return f"move-{member.stack}-{member.service}-{member.index}-{mark}"


def demand_left(target: Target) -> None:
    """Raise unless the member is stopped and stays so, as its move says."""
    if target.move.get("phase") != LEAVES:
        raise Refused([f"{target.member.place} does not leave {target.host}"])
    if target.state in LIVE_STATES:
        raise Failed(f"it still is {target.state} on {target.host}: run the command again")


def whole_copy(
    path: str, key_file: str, mark: str, paths: t.Collection[str]
) -> StoredBackup | None:
    """Return the copy of a move if it is there; None if it is not.

    Raises:
        Refused: It is damaged, or of something else.
    """
    if not os.path.lexists(path):
        return None
    stored = StoredBackup(path, key_file)
    problems = stored.faults()
    has = {part["path"] for part in stored.manifest["volumes"]}
    if stored.manifest.get("move") != mark or has != set(paths):
        problems.append("it is of another move")
    if problems:
        raise Refused([f"{path}: {problem}; remove this folder" for problem in problems])
    return stored


def demand_arrived(target: Target, path: str, key_file: str) -> StoredBackup:
    """Return the copy for a member that waits for its data. Raises Refused."""
    if target.move.get("phase") != ARRIVES:
        raise Refused([f"{target.member.place} does not arrive on {target.host}"])
    if target.state in LIVE_STATES:
        raise Failed(
            f"somebody has started it on {target.host}: stop it, and run the command again"
        )
    stored = whole_copy(path, key_file, target.move["mark"], target.volumes)
    if stored is None:
        raise Refused([lacks(path, target.move["from"])])
    return stored


def lacks(path: str, home: str) -> str:
    """Say that the copy of a move that is under way is not here."""
    return (
        f"{path} is not here: go on where the move was begun, or with the same dest;"
        f" or take the member back with to={home}, where its data still are"
    )


def clear_up(found: FoundMember) -> str:
    """Remove the copy of the member's last move from the default folder. Returns its path if it was there."""
    mark = found.entry.get("moved", {}).get("mark", "")
    if not _MARK.fullmatch(mark):
        return ""
    path = os.path.join(default_folder(), copy_name(found.slot, mark))
    if not os.path.isdir(path):
        return ""
    shutil.rmtree(path)
    return path


def left_behind(found: FoundMember) -> tuple[list[str], list[str]]:
    """Return the volumes that a moved member has left: those that we made, and others."""
    home = found.entry.get("moved", {}).get("from", "")
    if not found.world.is_seen(home):
        return [], []
    present = found.world.observation(home)["volumes"]
    names = sorted(set(found.entry["volumes"].values()) & set(present))
    ours = [name for name in names if present[name]["labels"].get(LABEL_STACK) == found.slot.stack]
    return ours, [name for name in names if name not in ours]
