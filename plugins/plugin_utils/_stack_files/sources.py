# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The compose files of a stack: its own, those that it includes, and its override file. Controller only; private."""

from __future__ import annotations

import dataclasses
import os
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._compose.keys import X_DROVER, not_run
from ansible_collections.drover.docker.plugins.module_utils._compose.values import (
    is_empty,
    kind_of,
    line,
)
from ansible_collections.drover.docker.plugins.module_utils._model.problems import (
    Invalid,
    Place,
    did_you_mean,
    quoted,
)

from .documents import ComposeFile, compose_file
from .dotenv import values_of
from .folder import DOTENV, Reader, inside
from .interpolation import replace_in
from .raw_services import RawServices
from .variables import Variables
from .yaml_text import settled

INCLUDE_KEYS = ("path", "env_file", "project_directory")
# Files that include one another.
DEEPEST = 20

Json = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Layer:
    """What one file says of a service or a volume."""

    file: str
    value: t.Any


Layers = dict[str, list[Layer]]


@dataclasses.dataclass
class Model:
    """What all files together say, each part with the files that say it, in the order in which they are merged."""

    services: Layers = dataclasses.field(default_factory=dict)
    volumes: Layers = dataclasses.field(default_factory=dict)
    networks: Layers = dataclasses.field(default_factory=dict)
    own: Layers = dataclasses.field(default_factory=dict)
    name: Layer | None = None

    @classmethod
    def of(cls, file: str, compose: ComposeFile) -> Model:
        """Return what one file says."""
        name = None if compose.name is None else Layer(file, compose.name)
        own = {} if compose.own is None else {X_DROVER: compose.own}
        services, volumes, networks, options = (
            {key: [Layer(file, value)] for key, value in part.items()}
            for part in (compose.services, compose.volumes, compose.networks, own)
        )
        return cls(services, volumes, networks, options, name)

    def parts(self) -> dict[str, Layers]:
        """Return the parts that merge by name."""
        return {
            "services": self.services,
            "volumes": self.volumes,
            "networks": self.networks,
            "the top level": self.own,
        }

    def lay_over(self, over: Model) -> None:
        """Merge another one over this one."""
        for part, layers in over.parts().items():
            for key, found in layers.items():
                self.parts()[part].setdefault(key, []).extend(found)
        self.name = over.name or self.name

    def include(self, other: Model, place: Place) -> None:
        """Take over what an included file has. As in Compose, nothing may be in both, unless it is the same."""
        for part, layers in other.parts().items():
            own = self.parts()[part]
            for key, found in layers.items():
                if key not in own:
                    own[key] = found
                elif [one.value for one in own[key]] != [one.value for one in found]:
                    place.problem(
                        f"{quoted(found[0].file)} has {quoted(key)} under {part} too; "
                        "change an included one in the override file"
                    )


class Sources:
    """Reads the compose files, each once, and remembers the variables of each."""

    def __init__(self, reader: Reader, raw: RawServices) -> None:
        self.reader = reader
        self.raw = raw

    def read(
        self, file: str, variables: Variables, path: tuple[str, ...] = (), *, part: bool = True
    ) -> Model:
        """Return what a file says, with all that it includes.

        Args:
            file: the file.
            variables: its variables.
            path: the files that led here.
            part: whether it may have no services itself, as the stack's own file has them under a key.
        """
        place = Place(self.reader.notes, file)
        before = len(self.reader.notes.problems)
        document = self.reader.document(file)
        if len(self.reader.notes.problems) > before:
            return Model()
        return self.complete(file, compose_file(document, place, part=part), variables, path)

    def complete(
        self, file: str, compose: ComposeFile, variables: Variables, path: tuple[str, ...] = ()
    ) -> Model:
        """Return what a file says that was read already, with all that it includes."""
        self.raw.add(file, compose, variables)
        model = Model.of(file, compose)
        place = Place(self.reader.notes, file).at("include")
        written = replace_in(settled(compose.include), place, self.raw.interpolation(file))
        for index, entry in enumerate(listed(written, place)):
            here = place.at(index)
            here.attempt(lambda item: self.include(model, item, variables, here, path), entry)  # noqa: B023
        return model

    def include(
        self, model: Model, entry: t.Any, variables: Variables, place: Place, path: tuple[str, ...]
    ) -> None:
        """Add one entry of include. Of several files of an entry, later ones merge over earlier ones."""
        folder = os.path.dirname(place.file)
        files, env_files = include_entry(entry, folder)
        path = (*path, place.file)
        for file in files:
            if file in path or len(path) > DEEPEST:
                raise Invalid("a circle: " + " -> ".join(quoted(one) for one in (*path, file)))
        inner = self.variables_of(env_files, os.path.dirname(files[0]), variables)
        found = self.read(files[0], inner, path)
        for file in files[1:]:
            found.lay_over(self.read(file, inner, path))
        model.include(found, place)

    def variables_of(
        self, files: t.Sequence[str] | None, folder: str, variables: Variables
    ) -> Variables:
        """Return the variables of an included file: those of the stack, then those of its own files."""
        if files is None:
            own = inside(DOTENV, folder)
            files = [own] if folder and self.reader.exists(own) else []
        for file in files:
            variables = variables.and_then(self.dotenv(file, variables))
        return variables

    def dotenv(self, file: str, variables: Variables) -> dict[str, str]:
        """Return the variables of a file such as .env; a problem is noted at the file."""
        place = Place(self.reader.notes, file)
        found = place.attempt(lambda name: values_of(self.reader.text(name), variables.get), file)
        return t.cast("dict[str, str]", found or {})


def listed(value: t.Any, place: Place) -> list[t.Any]:
    """Return the entries of include."""
    if is_empty(value):
        return []
    if not isinstance(value, list):
        place.problem(f"must be a list of files, not {kind_of(value)}")
        return []
    return value


def include_entry(entry: t.Any, folder: str) -> tuple[list[str], list[str] | None]:
    """Return the files of an entry of include, and its own env files; None: the file .env beside it."""
    given = entry if isinstance(entry, dict) else {"path": entry}
    for key in given:
        if key not in INCLUDE_KEYS:
            raise Invalid(f"unknown key {quoted(key)}{did_you_mean(key, INCLUDE_KEYS)}")
    files = paths(given.get("path"), folder)
    if not files:
        raise Invalid('needs a "path": a compose file in the folder')
    directory = given.get("project_directory")
    if directory and inside(line(directory), folder) != (os.path.dirname(files[0]) or os.curdir):
        raise Invalid(f'"project_directory" {not_run("it is the folder of the file")}')
    own = given.get("env_file")
    return files, None if is_empty(own) else paths(own, folder)


def paths(value: t.Any, folder: str) -> list[str]:
    """Return files inside of the stack's folder."""
    items = value if isinstance(value, list) else [value]
    found = []
    for item in items if value else []:
        if not isinstance(item, str):
            raise Invalid(f"must be the path of a file, not {kind_of(item)}")
        if "://" in item or item.startswith(("oci:", "git@")):
            raise Invalid(f"{quoted(item)} is elsewhere; copy it into the stack's folder")
        found.append(inside(line(item), folder))
    return found
