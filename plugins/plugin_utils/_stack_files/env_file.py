# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of environment variables that a service names. Controller only; private to the collection."""

from __future__ import annotations

import dataclasses
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

from .dotenv import Variable, parse, parse_raw, value_of
from .folder import Reader, inside
from .interpolation import Lookup

LONG_KEYS = ("path", "required", "format")

FORMATS = ("", "raw")

Environment = dict[str, str]


@dataclasses.dataclass(frozen=True)
class EnvEntry:
    """One entry of env_file, with the place that it stands at: paths are relative to the file that has it.

    Attributes:
        written: A path, or Compose's newer long form.
        folder: What paths are relative to.
        place: The key env_file of the service, in that file.
    """

    written: t.Any
    folder: str
    place: Place = dataclasses.field(compare=False)


def env_entries(value: t.Any, place: Place) -> list[EnvEntry]:
    """Return the entries of a value of env_file; C(place): its key."""
    items = value if isinstance(value, list) else [value]
    return (
        []
        if is_empty(value)
        else [EnvEntry(item, os.path.dirname(place.file), place) for item in items]
    )


class EnvFiles:
    """Reads the env files that one service names. Controller and stack variables come before those of the files."""

    def __init__(self, reader: Reader, lookup: Lookup) -> None:
        self.reader = reader
        self.lookup = lookup
        self.place = Place(reader.notes)
        self.found: Environment = {}

    def read(self, entries: t.Iterable[EnvEntry], set_anyway: t.Collection[str]) -> Environment:
        """Return the variables of all files. Later files override earlier ones.

        C(set_anyway): variables whose value in the files does not count, so nothing is said of it.
        """
        for entry in entries:
            self.place = entry.place
            self.place.attempt(lambda item: self.read_entry(item, set_anyway), entry.written)
        return self.found

    def read_entry(self, entry: t.Any, set_anyway: t.Collection[str]) -> None:
        """Add the variables of one entry."""
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
        value, unset = value_of(variable, self.lookup_for(variable))
        if value is None:
            why = "is not set, and is left out of the environment"
        else:
            self.found[variable.name] = value
            why = "has a variable in its value that is not set and counts as empty" if unset else ""
        if why and variable.name not in set_anyway:
            self.place.warn(f'"{file}": line {variable.line}: the variable {why}')

    def lookup_for(self, variable: Variable) -> Lookup:
        """Return what a name means: alone on a line it is only the variable of the stack."""
        return self.lookup if variable.value is None else self.known

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
