# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of environment variables that a service names. Controller only; private to the collection."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._compose.keys import not_run
from ansible_collections.drover.docker.plugins.module_utils._compose.values import (
    boolean,
    is_empty,
    kind_of,
    line,
)
from ansible_collections.drover.docker.plugins.module_utils._model.problems import (
    Invalid,
    Place,
    did_you_mean,
)

from .folder import Reader, inside

LONG_KEYS = ("path", "required", "format")

Environment = dict[str, str | None]


def read_env_files(value: t.Any, base: str, reader: Reader, place: Place) -> Environment:
    """Return the variables of all files. Later files override earlier ones; a variable without a value is None.

    C(base) is the file that names them; paths are relative to it.
    """
    found: Environment = {}
    items = value if isinstance(value, list) else [value]
    for item in items if not is_empty(value) else []:
        one = place.attempt(lambda entry: read_entry(entry, base, reader), item)
        found.update(one or {})
    return found


def read_entry(entry: t.Any, base: str, reader: Reader) -> Environment:
    """Return the variables of one entry: a path, or Compose's newer long form."""
    path, required = entry, True
    if isinstance(entry, dict):
        path, required = long_form(entry)
    if not isinstance(path, str) or not path:
        raise Invalid(f"must be the path of a file, not {kind_of(path)}")
    name = inside(line(path), os.path.dirname(base))
    if not required and not os.path.exists(os.path.join(reader.folder, name)):
        return {}
    try:
        return parse(reader.text(name))
    except Invalid as error:
        raise Invalid(f'"{name}": {error}') from None


def long_form(entry: t.Mapping[str, t.Any]) -> tuple[t.Any, bool]:
    """Return the path and whether the file must exist."""
    for key in entry:
        if key not in LONG_KEYS:
            raise Invalid(f'unknown key "{key}"{did_you_mean(key, LONG_KEYS)}')
    if not is_empty(entry.get("format")):
        raise Invalid(f'"format" {not_run("")}')
    required = entry.get("required")
    return entry.get("path"), required is None or boolean(required)


def parse(text: str) -> Environment:
    """Parse lines NAME=value. Blank lines and lines that start with # are comments. Values are not interpolated."""
    found: Environment = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        entry = raw.strip()
        if not entry or entry.startswith("#"):
            continue
        name, equals, value = entry.partition("=")
        name = name.removeprefix("export ").strip()
        if not name or any(char.isspace() for char in name):
            raise Invalid(f"line {number}: must be NAME=value")
        found[name] = unquoted(value.strip()) if equals else None
    return found


def unquoted(value: str) -> str:
    """Return the value without its enclosing pair of quotes."""
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value
