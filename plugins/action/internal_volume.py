# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Back up or restore the volumes of a member, over the way that Ansible has to its host.

The hosts have been looked at; docs/decisions/0028-volume-backups.md says why this is no module.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
import typing as t

from ansible import context
from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.module_utils._volumes.compression import KINDS
from ansible_collections.drover.docker.plugins.module_utils._volumes.held import LEASE_S
from ansible_collections.drover.docker.plugins.plugin_utils._channel.code import host_code
from ansible_collections.drover.docker.plugins.plugin_utils._channel.way import way_to
from ansible_collections.drover.docker.plugins.plugin_utils._output.messages import Message, as_data
from ansible_collections.drover.docker.plugins.plugin_utils._run.hosts import module_arguments
from ansible_collections.drover.docker.plugins.plugin_utils._run.terms import term_of
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.action import (
    VolumeAction,
    attempt,
)
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.failures import Refused
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.folder import (
    NewBackup,
    StoredBackup,
)
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.moves import (
    copy_name,
    default_folder,
    demand_arrived,
    demand_left,
    whole_copy,
)
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.sealing import read_key
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.session import Session
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.target import (
    Target,
    find_target,
)
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.transfer import (
    QUIESCE,
    Way,
    Wish,
    back_up,
    check,
    name_of,
    restore,
)

BACKUP, RESTORE = "volume_backup", "volume_restore"
VOLUMES = "_volumes"
"""The package of the code that runs on the host."""
ARGUMENTS: dict[str, t.Any] = {
    "command": {"type": "str", "required": True, "choices": [BACKUP, RESTORE]},
    "service": {"type": "str", "required": True},
    "index": {"type": "int"},
    "dest": {"type": "path"},
    "src": {"type": "path"},
    "quiesce": {"type": "str", "choices": list(QUIESCE), "default": "stop"},
    "dump": {"type": "str", "default": ""},
    "compress": {"type": "str", "choices": list(KINDS), "default": "gzip"},
    "key_file": {"type": "path", "default": ""},
    "force": {"type": "bool", "default": False},
    "move": {"type": "bool", "default": False},
}
_OURS = ("ansible_", "drover_", "inventory_")

Json = dict[str, t.Any]


class ActionModule(VolumeAction):
    """Runs on the controller, which talks to the member's host by itself."""

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> Json:
        """Carry the command out. The task that shows the lines fails if it failed."""
        variables = task_vars or {}
        super().run(tmp, variables)
        _result, args = self.validate_argument_spec(argument_spec=ARGUMENTS)
        what = f"{args['command']}  {args['service']}"
        data, told = attempt(
            lambda: self._do(args, variables), lambda text: Message("failed", f"{what}  {text}")
        )
        changed = bool(data) and not self._task.check_mode
        facts = {"drover_volume_result": data}
        return {"changed": changed, **data, "messages": as_data(told), "ansible_facts": facts}

    def _do(self, args: Json, variables: Json) -> tuple[Json, list[Message]]:
        if args["move"]:
            return self._move(args, variables)
        _demand(args)
        key = read_key(args["key_file"]) if args["key_file"] else None
        stored = StoredBackup(args["src"], args["key_file"]) if args["command"] == RESTORE else None
        target = self.find(find_target, args, variables)
        if stored:
            check(stored, target, force=args["force"])
            return self._restore(args, variables, target, stored)
        if not target.volumes and not args["dump"]:
            raise Refused([f"{target.member.place} has no volumes"])
        return self._back_up(args, variables, target, key)

    def _move(self, args: Json, variables: Json) -> tuple[Json, list[Message]]:
        """The copy of a move: there and back. What is whole is not made again."""
        target = self.find(find_target, args, variables)
        folder, key_file = args["dest"] or default_folder(), args["key_file"]
        path = os.path.join(folder, _copy_of(target))
        if args["command"] == RESTORE:
            stored = demand_arrived(target, path, key_file)
            return self._restore({**args, "src": path}, variables, target, stored)
        demand_left(target)
        known = whole_copy(path, key_file, target.move["mark"], target.volumes)
        if known:
            return {"path": path}, [Message("note", f"{path} is there already, and whole")]
        key = read_key(key_file) if key_file else None
        return self._back_up({**args, "dest": folder}, variables, target, key)

    def _back_up(
        self, args: Json, variables: Json, target: Target, key: bytes | None
    ) -> tuple[Json, list[Message]]:
        name = _copy_of(target) if args["move"] else name_of(target, time.time())
        path, begun = os.path.join(args["dest"], name), time.monotonic()
        text = f"{target.host}  backup  {target.member.container}  to {path}"
        if self._task.check_mode:
            return {}, [Message("would", text)]
        mark = target.move["mark"] if args["move"] else ""
        wish = Wish(args["quiesce"], args["dump"], args["compress"], mark)
        way = self._way(args, variables, target)
        new = NewBackup(args["dest"], name, key)
        with contextlib.closing(new), self._session(variables, target) as session:
            manifest = back_up(session, way, target, wish, new, key=key is not None)
        told = [Message("done", f"{text}  ({time.monotonic() - begun:.1f} s)"), *_remarks(manifest)]
        return {"path": path, "manifest": manifest}, told

    def _restore(
        self, args: Json, variables: Json, target: Target, stored: StoredBackup
    ) -> tuple[Json, list[Message]]:
        text = f"{target.host}  restore  {target.member.container}  from {args['src']}"
        if self._task.check_mode:
            return {}, [Message("would", text)]
        begun, way = time.monotonic(), self._way(args, variables, target)
        with self._session(variables, target) as session:
            restore(session, way, target, stored)
        told = [Message("done", f"{text}  ({time.monotonic() - begun:.1f} s)")]
        rest = sorted(set(target.volumes) - {part["path"] for part in stored.manifest["volumes"]})
        told += [
            Message("note", f"{path} is not in the backup and stays as it is") for path in rest
        ]
        return {"path": args["src"], "manifest": stored.manifest}, told

    def _way(self, args: Json, variables: Json, target: Target) -> Way:
        request = Request(
            args["command"], stacks=[target.member.stack], service=target.member.service
        )
        term = term_of(request, variables, self._templar.template)
        given = module_arguments(_host_variables(variables, target.host), lambda value: value)
        claim = dataclasses.replace(term.claim, duration_s=LEASE_S)
        return Way(given["docker_host"], given["state_dir"], claim, float(term.wait_s))

    def _session(self, variables: Json, target: Target) -> Session:
        return Session(way_to(_host_variables(variables, target.host)), host_code(also=VOLUMES))


def _demand(args: Json) -> None:
    """Refuse what is missing or does not fit together, all at once."""
    wanted = "dest" if args["command"] == BACKUP else "src"
    problems = [] if args[wanted] else [f"{args['command']} needs {wanted}, a folder here"]
    if problems:
        raise Refused(problems)


def _copy_of(target: Target) -> str:
    return copy_name(target.member, target.move.get("mark", ""))


def _host_variables(variables: Json, host: str) -> Json:
    """Return the variables that say how to reach a host. The option --become of the command line counts, too."""
    found = variables["hostvars"][host]
    own = {key: found[key] for key in found if key.startswith(_OURS)}
    if boolean(context.CLIARGS.get("become") or False):
        own.setdefault("ansible_become", True)
    if not own.get("inventory_hostname"):
        raise AnsibleError(f"{host} is not in the inventory")
    return own


def _remarks(manifest: t.Any) -> list[Message]:
    told = []
    for part in manifest["volumes"]:
        where = part["path"] or "the output"
        told.append(Message("note", f"{where}: {part['size']} bytes, {part['stored_size']} stored"))
        words = [word for word in ("skipped", "changed", "shared") if part[word]]
        told += [Message("warn", f"{where}: {word}: {', '.join(part[word])}") for word in words]
    return told
