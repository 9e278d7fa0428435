# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The begin and the end of a move of a member with its volumes. Contacts no host: they have been looked at.

The steps in between are orders (roles/stack), a backup and a restore (internal_volume).
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.entry import ARRIVES, LEAVES
from ansible_collections.drover.docker.plugins.plugin_utils._output.messages import (
    ADVICE,
    Message,
    as_data,
)
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.action import (
    VolumeAction,
    attempt,
)
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.failures import Refused
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.moves import (
    Course,
    clear_up,
    copy_name,
    course_of,
    default_folder,
    lacks,
    left_behind,
)
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.sealing import read_key
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.target import (
    FoundMember,
    find_member,
)

BEGIN, FORETELL, END = "begin", "foretell", "end"
ARGUMENTS: dict[str, t.Any] = {
    "step": {"type": "str", "required": True, "choices": [BEGIN, FORETELL, END]},
    "service": {"type": "str", "required": True},
    "to": {"type": "str", "default": ""},
    "index": {"type": "int"},
    "dest": {"type": "path", "default": ""},
    "key_file": {"type": "path", "default": ""},
}

Json = dict[str, t.Any]


class ActionModule(VolumeAction):
    """Runs on the controller only."""

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> Json:
        """Return which steps are left, or clear up. The task that shows the lines fails if it failed."""
        variables = task_vars or {}
        super().run(tmp, variables)
        _result, args = self.validate_argument_spec(argument_spec=ARGUMENTS)
        work = {BEGIN: self._begin, FORETELL: self._foretell, END: self._end}[args["step"]]
        data, told = attempt(
            lambda: work(args, self.find(find_member, args, variables)),
            lambda text: Message("error", text),
        )
        return {"changed": False, **data, "messages": as_data(told)}

    def _begin(self, args: Json, found: FoundMember) -> tuple[Json, list[Message]]:
        if not args["to"]:
            raise Refused(["volume_move needs to, the host that the member is to be on"])
        course = course_of(found, args["to"])
        if not (course.goes_back or course.is_over):
            _demand_place(args, course, makes=not self._task.check_mode)
        if not (course.phase or self._task.check_mode):
            clear_up(found)  # after a move whose member was taken away in the middle
        data = {
            "index": course.member.index,
            "goes_back": course.goes_back,
            "is_over": course.is_over,
            "leaves": not (course.goes_back or course.is_over) and course.phase in ("", LEAVES),
        }
        return data, _told(course)

    def _foretell(self, args: Json, found: FoundMember) -> tuple[Json, list[Message]]:
        return {}, [Message("would", line) for line in course_of(found, args["to"]).lines]

    def _end(self, _args: Json, found: FoundMember) -> tuple[Json, list[Message]]:
        """Clear up, and tell where it is. A copy in a folder that a person named stays."""
        path = clear_up(found)
        told = [Message("done", f"removed {path}")] if path else []
        text = f"{found.slot.place} is on {found.entry['host']}"
        return {}, [*told, *_left(found), Message("note", text)]


def _told(course: Course) -> list[Message]:
    if course.goes_back:
        text = f"{course.member.place} goes back to {course.home}, where its data still are"
        return [Message("note", text)]
    if course.phase:
        return [Message("note", f"{course.member.place} is on its way to {course.to}: goes on")]
    return []


def _demand_place(args: Json, course: Course, *, makes: bool) -> None:
    """Refuse what cannot work on this control node, before the member is stopped."""
    if args["key_file"]:
        read_key(args["key_file"])
    folder = args["dest"] or default_folder()
    path = os.path.join(folder, copy_name(course.member, course.mark))
    if course.phase == ARRIVES and not os.path.isdir(path):
        raise Refused([lacks(path, course.home)])
    if makes:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise Refused([f"{folder} cannot be written to"])


def _left(found: FoundMember) -> list[Message]:
    """Tell which volumes the member has left, and how they are removed."""
    ours, others = left_behind(found)
    home = found.entry.get("moved", {}).get("from", "")
    told = [Message("kept", f"volume {name} on {home}") for name in [*ours, *others]]
    member = found.slot
    services = found.body["revisions"][-1]["services"]
    if ours:
        scale = services[member.service]["scale"]
        command = f"scale -e service={member.stack}/{member.service} -e scale={scale}"
        text = f"to remove them: {command} -e remove_volumes={','.join(ours)}"
        told.append(Message(ADVICE, text))
    if others:
        text = f"to remove what is not of the stack alone: docker volume rm {' '.join(others)}"
        told.append(Message(ADVICE, f"{text}, on {home}"))
    return told
