# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of environment variables that a service names. Controller only; private to the collection."""

from __future__ import annotations

import os
import typing as t

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

from .dotenv import Variable, parse, parse_raw
from .folder import Reader, inside
from .interpolation import Interpolation, Lookup

LONG_KEYS = ("path", "required", "format")

FORMATS = ("", "raw")

Environment = dict[str, str]


class EnvFiles:
    """Reads the env files that one service names. Controller and stack variables come before those of the files."""

    def __init__(self, reader: Reader, lookup: Lookup, place: Place) -> None:
        """C(place): the key env_file of the service."""
        self.reader = reader
        self.lookup = lookup
        self.place = place
        self.found: Environment = {}

    def read(self, value: t.Any, set_anyway: t.Collection[str]) -> Environment:
        """Return the variables of all files. Later files override earlier ones.

        C(set_anyway): variables whose value in the files does not count, so nothing is said of it.
        """
        items = value if isinstance(value, list) else [value]
        for item in items if not is_empty(value) else []:
            self.place.attempt(lambda entry: self.read_entry(entry, set_anyway), item)
        return self.found

    def read_entry(self, entry: t.Any, set_anyway: t.Collection[str]) -> None:
        """Add the variables of one entry: a path, or Compose's newer long form."""
        path, required, form = long_form(entry) if isinstance(entry, dict) else (entry, True, "")
        if not isinstance(path, str) or not path:
            raise Invalid(f"must be the path of a file, not {kind_of(path)}")
        name = inside(line(path), os.path.dirname(self.place.file))
        try:
            if not required and not self.reader.exists(name):
                return
            text = self.reader.text(name)
            for variable in parse_raw(text) if form else parse(text):
                self.add(variable, name, set_anyway)
        except Invalid as error:
            raise Invalid(f'"{name}": {error}') from None

    def add(self, variable: Variable, file: str, set_anyway: t.Collection[str]) -> None:
        """Add one variable. Messages name its line, as a part of a password may look like a variable."""
        why = ""
        value, unset = self.value_of(variable)
        if value is None:
            why = "is not set, and is left out of the environment"
        else:
            self.found[variable.name] = value
            why = "has a variable in its value that is not set and counts as empty" if unset else ""
        if why and variable.name not in set_anyway:
            self.place.warn(f'"{file}": line {variable.line}: the variable {why}')

    def value_of(self, variable: Variable) -> tuple[str | None, bool]:
        """Return the value with its variables replaced, and whether one of them is not set."""
        if variable.value is None:
            return self.lookup(variable.name), False
        if variable.literal:
            return variable.value, False
        interpolation = Interpolation(self.known, lone_dollars=True)
        try:
            return interpolation.replace(variable.value), bool(interpolation.unset)
        except Invalid:
            raise Invalid(
                f"line {variable.line}: the ${{...}} in the value is not possible; "
                "in single quotes the value is taken as it is"
            ) from None

    def known(self, name: str) -> str | None:
        """Return the value of a variable, also of one that a file has set before."""
        value = self.lookup(name)
        return self.found.get(name) if value is None else value


def long_form(entry: t.Mapping[str, t.Any]) -> tuple[t.Any, bool, str]:
    """Return the path, whether the file must exist, and the format of the file."""
    for key in entry:
        if key not in LONG_KEYS:
            raise Invalid(f'unknown key "{key}"{did_you_mean(key, LONG_KEYS)}')
    form = entry.get("format") or ""
    if form not in FORMATS:
        raise Invalid(f'"format" must be "raw" or left out, not {kind_of(form)}')
    required = entry.get("required")
    return entry.get("path"), required is None or boolean(required), form
