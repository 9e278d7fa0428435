# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a request from the variables of a playbook (-e stack=..., -e service=...). Private to the collection.

Errors in the variables are reported before any host is contacted, with the variable's name and an example.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._common.constants import SYSTEM_STACK
from ansible_collections.drover.docker.plugins.module_utils._common.names import SERVICE, stack_name
from ansible_collections.drover.docker.plugins.module_utils._model.upgrade_words import (
    START_FIRST,
    STOP_FIRST,
)
from ansible_collections.drover.docker.plugins.module_utils._record.handover import AS_OLD
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.module_utils._record.volume_moves import BACK, FINISH

COMMANDS = (
    "up",
    "confirm_upgrade",
    "rollback",
    "upgrade",
    "scale",
    "reconcile",
    "stop",
    "start",
    "restart",
    "volume_move",
    "down",
    "status",
)
ORDERS = (START_FIRST, STOP_FIRST)
WAIT_TIMEOUT_S = 300
LONGEST_WAIT_S = 86400
NEEDS_STACK = ("stop", "start", "restart", "volume_move", "down", "confirm_upgrade", "rollback")
WAITS = ("up", "rollback", "upgrade", "scale", "start", "restart")
"""Commands that wait until what they asked for is ready, unless they are told not to."""


def request_from(
    args: dict[str, t.Any], definition: dict[str, t.Any] | None, **stamp: t.Any
) -> Request:
    """Return the request. Raises ValueError with a message for people if a variable is missing or invalid."""
    command = str(args.get("command", "reconcile"))
    if command not in COMMANDS:
        raise ValueError(f"command must be one of {', '.join(COMMANDS)}, not {command!r}")
    stack, service = _target(command, args)
    fields: dict[str, t.Any] = {"command": command, "service": service, **stamp}
    fields["stacks"] = [stack] if stack else None
    if command == "up":
        if definition is None:
            raise ValueError("up needs stack files: -e stack_dir=FOLDER")
        fields.update(
            definition=definition, stacks=[definition["stack"]], scales=_scales(args.get("scale"))
        )
        fields.update(upgrade_fields(args))
    else:
        fields.update(_fields_of(command, args, service))
    for name in ("retry", "remove_volumes"):
        fields[name] = _names(name, args.get(name))
    fields["new_volumes"] = _members(args.get("new_volumes"))
    fields["rename"] = _renames(args.get("rename_host"), stamp["inventory"])
    fields["prune"] = _flag("prune", args.get("prune"))
    fields["forget"] = _flag("forget", args.get("forget"))
    fields["take_over"] = _flag("take_over", args.get("take_over"))
    fields["sign_records"] = _flag("sign_records", args.get("sign_records"))
    # Without the variable records stay as they are.
    fields["unsign_records"] = (
        args.get("sign_records") not in (None, "") and not fields["sign_records"]
    )
    wait_s = _wait_s(args.get("wait_timeout"))
    given = args.get("wait")
    by_default = command in WAITS or fields.get("move", {}).get("step") in (FINISH, BACK)
    waits = by_default if given in (None, "") else _flag("wait", given)
    # Each step of an upgrade rests on the one before.
    fields["wait_s"] = wait_s if waits or command == "upgrade" else 0.0
    fields["take"] = str(args.get("take") or "")
    if fields["take"] and fields["take"] not in stamp["inventory"]:
        raise ValueError(
            f"take={fields['take']}: no such host in the inventory; it has {', '.join(stamp['inventory'])}"
        )
    return Request(**fields)


def _fields_of(command: str, args: dict[str, t.Any], service: str) -> dict[str, t.Any]:
    """Return what a command without stack files takes of its own."""
    if command == "rollback":
        given = args.get("revision")
        revision = {} if given in (None, "") else {"revision": _number("revision", given)}
        return {"force": _flag("force", args.get("force")), **revision}
    if command == "restart":
        return {"policy": _policy(args)}
    if command == "volume_move":
        return {"move": _move(args, service)}
    if command == "upgrade":
        return _handover_fields(args)
    return {"scale": _number("scale", args.get("scale"))} if command == "scale" else {}


def _move(args: dict[str, t.Any], service: str) -> dict[str, t.Any]:
    """Return one step of a move of a member with its volumes."""
    if not service:
        raise ValueError("volume_move needs -e service=STACK/SERVICE and -e to=HOST")
    return {
        "step": str(args["step"]),
        "to": str(args.get("to") or ""),
        "index": _number("index", args.get("index")),
        "force": _flag("force", args.get("force")),
    }


def upgrade_fields(args: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return what up was told about upgrades."""
    upgrade = args.get("upgrade")
    return {
        "upgrade": upgrade in (None, "") or _flag("upgrade", upgrade),
        "force": _flag("force", args.get("force")),
        "pull": _flag("pull", args.get("pull")),
        "services": [name.rpartition("/")[2] for name in _names("services", args.get("services"))],
        "policy": _policy(args),
    }


def _handover_fields(args: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return what upgrade was told, beside the service that comes."""
    scale, links = args.get("scale"), args.get("update_links")
    return {
        "takes_over": str(args["from"]).rpartition("/")[2],
        "scale": AS_OLD if scale in (None, "", AS_OLD, str(AS_OLD)) else _number("scale", scale),
        "update_links": links in (None, "") or _flag("update_links", links),
        "policy": _policy(args),
    }


def _policy(args: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return order and pace of an upgrade, in the keys of a service's upgrade_strategy."""
    policy: dict[str, t.Any] = {}
    strategy, batch = str(args.get("strategy") or ""), args.get("batch_size")
    if strategy:
        if strategy not in ORDERS:
            raise ValueError(f"strategy={strategy!r} must be {' or '.join(ORDERS)}")
        policy["order"] = strategy
    if batch not in (None, ""):
        policy["batch_size"] = _number("batch_size", batch)
        if not policy["batch_size"]:
            raise ValueError("batch_size=0 must be 1 or more: members under way at a time")
    if args.get("interval") not in (None, ""):
        policy["interval_ms"] = _number("interval", args["interval"]) * 1000
    return policy


def _target(command: str, args: dict[str, t.Any]) -> tuple[str, str]:
    """Return stack and service of the command; empty for all."""
    stack, service = str(args.get("stack") or ""), str(args.get("service") or "")
    if command == "upgrade":
        service = _coming(args)
    if service:
        if not re.fullmatch(rf"[A-Za-z0-9-]+/{SERVICE}", service):
            raise ValueError(
                f"service={service!r} must be written STACK/SERVICE, for example -e service=wordpress/web"
            )
        stack, service = service.split("/")
    if command == "scale" and not service:
        raise ValueError("scale needs -e service=STACK/SERVICE and -e scale=N")
    if command in NEEDS_STACK and not stack:
        raise ValueError(f"{command} needs -e stack=STACK")
    if service and command in ("down", "up"):
        raise ValueError(
            f"{command} is for a whole stack: use -e stack=STACK instead of -e service={args['service']}"
        )
    if stack_name(stack) == SYSTEM_STACK and command not in ("reconcile", "status"):
        raise ValueError(
            f"stack {SYSTEM_STACK} holds our own services: they come and go with the health checks of the others"
        )
    if stack and not re.fullmatch(r"[A-Za-z0-9-]+", stack):
        raise ValueError(f"stack={stack!r}: a stack's name has letters, digits and hyphens")
    return stack_name(stack), service


def _coming(args: dict[str, t.Any]) -> str:
    """Return the service that takes over, as STACK/SERVICE: it is in the stack of the one that goes."""
    old, new = str(args.get("from") or ""), str(args.get("to") or "")
    stack, slash, _name = old.partition("/")
    if not slash or not new:
        raise ValueError("upgrade needs -e from=STACK/SERVICE and -e to=SERVICE")
    if "/" in new and new.partition("/")[0] != stack:
        raise ValueError(f"to={new!r} is in another stack than from={old!r}")
    return new if "/" in new else f"{stack}/{new}"


def _wait_s(value: t.Any) -> float:
    """Return for how long to wait, in s."""
    text = str(WAIT_TIMEOUT_S if value in (None, "") else value).strip()
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= LONGEST_WAIT_S:
        raise ValueError(
            f"wait_timeout={text!r} must be a whole number of seconds from 1 to {LONGEST_WAIT_S}"
        )
    return float(text)


def _number(name: str, value: t.Any) -> int:
    text = str(value if value is not None else "").strip()
    if not re.fullmatch(r"\d{1,4}", text):
        raise ValueError(f"{name}={text!r} must be a whole number, for example -e {name}=3")
    return int(text)


def _scales(value: t.Any) -> dict[str, int]:
    """Return the scales of up: SERVICE=N, comma separated, or a map."""
    if not value:
        return {}
    if isinstance(value, dict):
        return {str(name): _number(f"scale of {name}", number) for name, number in value.items()}
    pairs = [part.partition("=") for part in str(value).split(",")]
    if any(not mark for _name, mark, _number_text in pairs):
        raise ValueError(f"scale={value!r}: with up, write -e scale=SERVICE=N[,SERVICE=N]")
    return {name.strip(): _number(f"scale of {name}", number) for name, _mark, number in pairs}


def _names(name: str, value: t.Any) -> list[str]:
    """Read a list, or comma separated text."""
    if not value:
        return []
    items = value if isinstance(value, (list, tuple)) else str(value).split(",")
    found = [str(item).strip() for item in items if str(item).strip()]
    if any(character.isspace() for item in found for character in item):
        raise ValueError(f"{name}={value!r}: separate names with commas")
    return found


def _members(value: t.Any) -> list[str]:
    """Return members, written STACK/SERVICE/INDEX and separated by commas."""
    found = _names("new_volumes", value)
    for item in found:
        if not re.fullmatch(rf"[A-Za-z0-9-]+/{SERVICE}/[1-9][0-9]*", item):
            raise ValueError(
                f"new_volumes={value!r} must name members as STACK/SERVICE/INDEX,"
                " for example -e new_volumes=wordpress/db/1"
            )
    return found


def _renames(value: t.Any, inventory: list[str]) -> dict[str, str]:
    """Return old and new inventory names of hosts, written OLD=NEW and separated by commas."""
    names = {}
    for item in _names("rename_host", value):
        old, mark, new = item.partition("=")
        if not (old and mark and new):
            raise ValueError(
                f"rename_host={value!r} must be written OLD=NEW, for example -e rename_host=local=web1"
            )
        if new not in inventory or old in inventory:
            raise ValueError(
                f"rename_host={value!r}: {new} must be in the inventory, and {old} must not be"
            )
        names[old] = new
    return names


def _flag(name: str, value: t.Any) -> bool:
    if isinstance(value, bool) or value is None:
        return bool(value)
    if str(value).lower() in ("true", "yes", "1", "false", "no", "0", ""):
        return str(value).lower() in ("true", "yes", "1")
    raise ValueError(f"{name}={value!r} must be true or false")
