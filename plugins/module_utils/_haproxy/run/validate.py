# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validate a config with HAProxy, in the image that will run it. Private to the collection."""

from __future__ import annotations

import re
import typing as t

from ..._common.constants import CONFIG_IN_CONTAINER, LABEL_ONCE, LEFTOVER_AGE_S
from ..._engine.client import Engine
from ..._engine.errors import Conflict, EngineError, NotFound
from .folders import Folders

Json = t.Dict[str, t.Any]

_CANDIDATE = f"{CONFIG_IN_CONTAINER}/candidate.cfg"
_CHECK_CONFIG = ["haproxy", "-c", "-f", _CANDIDATE]
_ALERT = re.compile(r"^\[ALERT\][^:]*: (?:config : )?(.*)$")
_SAYS_NOTHING = re.compile(r"(Fatal errors|Error\(s\)|Errors) found in configuration")
_PLACE = re.compile(r"\[haproxy\.cfg:([0-9]+)\]")
_ANSWERS = (0, 1)
"""Exit codes of HAProxy's own. Another one means that it did not start, or was killed with its container."""
_SHOWN_LINES = 5
_SHOWN_OF_A_LINE = 120
_SHOWN_CHARACTERS = 1000


class Rejected(Exception):
    """HAProxy rejects the config or did not answer; the text contains its message."""


class StaleMount(Rejected):
    """The container has another folder mounted: the present one was made after it was started."""


def validate(engine: Engine, folders: Folders, *, container: str, image: str) -> None:
    """Have HAProxy check the candidate: in its container if that runs, else in a temporary one without a network.

    Args:
        engine: The host's engine.
        folders: The container's folders, with a candidate.
        container: Id of the running container; empty if none runs.
        image: Image to use if none runs.

    Raises:
        StaleMount: The container does not see the candidate.
        Rejected: HAProxy rejects the config, or cannot read it.
        EngineError: The engine could not be asked.
    """
    found = _in_its_container(engine, container) if container else None
    if found:
        _check_mount(found[1], folders)
    code, output = found or _in_a_container_of_its_own(engine, folders, image)
    if code != 0:
        raise Rejected(f"HAProxy rejects the config: {words_of(output) or f'exit code {code}'}")


def is_leftover(listed: Json, *, now: float) -> bool:
    """Whether a listed container was made for a validation whose run was killed."""
    ours = LABEL_ONCE in (listed.get("Labels") or {})
    return ours and now - (listed.get("Created") or now) > LEFTOVER_AGE_S


def words_of(output: str) -> str:
    """HAProxy's errors, as sentences on one line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    alerts = _alerts(lines)
    chosen = [line for line in alerts if not _SAYS_NOTHING.search(line)] or alerts or lines
    text = "; ".join(chosen[:_SHOWN_LINES])
    if len(chosen) > _SHOWN_LINES:
        text += f"; and {len(chosen) - _SHOWN_LINES} more"
    text = text.replace(_CANDIDATE, "haproxy.cfg")
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 3] + "..."


def with_lines(text: str, config: str) -> str:
    """HAProxy's message, with the text of the lines that it names by number: people never see that file."""
    lines = config.splitlines()

    def shown(found: re.Match[str]) -> str:
        at = int(found.group(1))
        line = lines[at - 1].strip()[:_SHOWN_OF_A_LINE] if 0 < at <= len(lines) else ""
        return f"[haproxy.cfg:{at}: {line}]" if line else found.group()

    return _PLACE.sub(shown, text)


def _alerts(lines: list[str]) -> list[str]:
    """The alerts with their continuation lines: an alert that ends with a colon gives the cause on the next line."""
    found: list[str] = []
    for line in lines:
        alert = _ALERT.match(line)
        if alert:
            found.append(alert.group(1))
        elif found and found[-1].endswith(":") and not line.startswith("["):
            found[-1] += f" {line}"
    return found


def _in_its_container(engine: Engine, container: str) -> tuple[int, str] | None:
    """The answer of a program in a container; None if it ended just now, as in a crash loop."""
    try:
        code, output = engine.execute(container, _CHECK_CONFIG)
    except Conflict:
        return None
    return (code, output) if code in _ANSWERS else None


def _check_mount(output: str, folders: Folders) -> None:
    """Detect a folder that was removed and created again: the container still has the old one mounted."""
    if "No such file" in output and _CANDIDATE in output:
        raise StaleMount(
            f"the container does not see {folders.config} at {CONFIG_IN_CONTAINER}: its mount is stale or of another "
            "folder; restart the container"
        )


def _in_a_container_of_its_own(engine: Engine, folders: Folders, image: str) -> tuple[int, str]:
    if not image:
        raise Rejected("no container runs, so an image is needed to validate the config: name it")
    try:
        return engine.run_once(_body(folders, image))
    except NotFound as error:
        if engine.image(image) is None:
            raise Rejected(
                f"image {image} is not on this host, so the config can't be validated: pull it first"
            ) from error
        raise
    except EngineError as error:
        if error.status is None:
            raise
        raise Rejected(f"image {image} can't validate the config: {error}") from error


def _body(folders: Folders, image: str) -> Json:
    """A container that can only read the config."""
    return {
        "Image": image,
        "Entrypoint": _CHECK_CONFIG[:1],
        "Cmd": _CHECK_CONFIG[1:],
        "User": f"{folders.user}:{folders.group}",
        "NetworkDisabled": True,
        "Labels": {LABEL_ONCE: "validate"},
        "HostConfig": {
            "Binds": folders.binds()[:1],
            "NetworkMode": "none",
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "LogConfig": {"Type": "json-file", "Config": {}},
        },
    }
