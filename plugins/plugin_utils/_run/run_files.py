# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that the tasks of one run share, in Ansible's own temporary directory of the run.

Private to the collection.

Definitions and observations hold secrets. Task results would appear with -v; files (0600, in a directory that Ansible
removes at its end) do not. Large values also stay out of Ansible's variables.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import typing as t

from ansible import constants


def _path(name: str) -> str:
    folder = os.path.join(constants.DEFAULT_LOCAL_TMP, "drover")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return os.path.join(folder, f"{name}.json")


def for_host(kind: str, host: str) -> str:
    """Return the file name for a host and a kind of data. Every inventory name gives a valid file name."""
    return f"{kind}-{hashlib.sha256(host.encode('utf-8')).hexdigest()[:20]}"


def save(name: str, value: t.Any) -> None:
    """Write a value as JSON, readable by its owner only. It replaces an earlier value."""
    _write(name, json.dumps(value).encode("utf-8"))


def save_object(name: str, value: t.Any) -> None:
    """Write an object of ours. Only this run reads it again."""
    _write(name, pickle.dumps(value))


def _write(name: str, content: bytes) -> None:
    path = _path(name)
    descriptor = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    os.replace(path + ".new", path)


def load(name: str) -> t.Any:
    """Read a value; None if nothing was saved."""
    content = _read(name)
    return None if content is None else json.loads(content)


def load_object(name: str) -> t.Any:
    """Read an object; None if nothing was saved."""
    content = _read(name)
    return None if content is None else pickle.loads(content)  # noqa: S301 (this run wrote it, 0600)


def _read(name: str) -> bytes | None:
    try:
        with open(_path(name), "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def exists(name: str) -> bool:
    """Whether a value was saved."""
    return os.path.exists(_path(name))


def take(name: str) -> t.Any:
    """Read a value and remove it."""
    value = load(name)
    if value is not None:
        os.unlink(_path(name))
    return value


def forget(name: str) -> None:
    """Remove a value, if there is one."""
    take(name)


def forget_all() -> None:
    """Remove all values. A play may run several commands, and none may take the values of one before it."""
    folder = os.path.dirname(_path("x"))
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))
