# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of one service, complete: variables replaced, env_file read, extends followed. Controller only; private."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._compose.keys import X_DROVER
from ansible_collections.drover.docker.plugins.module_utils._compose.links import missing
from ansible_collections.drover.docker.plugins.module_utils._compose.values import (
    is_empty,
    kind_of,
    line,
)
from ansible_collections.drover.docker.plugins.module_utils._model.problems import (
    Invalid,
    Notes,
    Place,
    did_you_mean,
    quoted,
)

from .documents import ComposeFile, compose_file
from .dotenv import values_of
from .env_file import EnvEntry, EnvFiles, env_entries
from .folder import Reader, inside
from .interpolation import Interpolation, replace_in
from .merge import map_of, merge
from .variables import Variables
from .yaml_text import Override, Reset, settled

# Names of environment variables, as they are used.
NAME = re.compile(r"[A-Za-z0-9_.-]+")
# Keys that Compose does not inherit from an extended service, because they would name missing services.
NOT_INHERITED = ("depends_on", "external_links", "links", "volumes_from")
# Services that extend one another. Each is merged over the next, by recursion.
LONGEST_CHAIN = 32


@dataclasses.dataclass
class RawService:
    """The keys of a service, and the file of each key that is not from the compose file."""

    keys: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    files: dict[str, str] = dataclasses.field(default_factory=dict)

    def over(self, base: RawService) -> RawService:
        """Return this service merged over another one."""
        return RawService(merge(base.keys, self.keys), {**base.files, **self.files})


class RawServices:
    """Completes services of the compose files and of the files that they extend."""

    def __init__(self, reader: Reader, variables: Variables) -> None:
        self.documents: dict[str, dict[str, t.Any] | None] = {}
        self.reader = reader
        self.variables = variables
        self.interpolations: dict[str, Interpolation] = {}

    def add(self, file: str, compose: ComposeFile, variables: Variables) -> None:
        """Add a file that is read. A dollar sign alone is an error only in Rancher's formats."""
        self.documents[file] = compose.services
        self.interpolations[file] = Interpolation(variables.get, lone_dollars=not compose.ranchers)

    def complete(self, name: str, value: t.Any, file: str) -> RawService | None:
        """Return what a file says of a service, or None if it is invalid. The reader's notes hold the problems."""
        return self.follow(value, Place(self.reader.notes, file, name), ((file, name),))

    def follow(
        self, value: t.Any, place: Place, path: tuple[tuple[str, str], ...]
    ) -> RawService | None:
        """Return one service with all that it extends. C(path): files and names of the services that led here."""
        value = value.value if isinstance(value, Override) else value
        if not isinstance(value, dict):
            place.problem(f"must be a map with the keys of the service, not {kind_of(value)}")
            return None
        keys = self.replaced(value, place)
        with_env_files(keys, place)
        extends = settled(keys.pop("extends", None))
        own = RawService(keys, dict.fromkeys(keys, place.file))
        if is_empty(extends):
            return own
        base = place.at("extends").attempt(lambda item: self.base(item, place, path), extends)
        if base is None:
            return own
        drop_relations(base, keys, place.at("extends"))
        return own.over(base)

    def base(
        self, extends: t.Any, place: Place, path: tuple[tuple[str, str], ...]
    ) -> RawService | None:
        """Return the service that C(extends) names."""
        if len(path) > LONGEST_CHAIN:
            raise Invalid(
                f"is the end of a chain of more than {LONGEST_CHAIN} services; shorten it"
            )
        name, file = extended(extends, place.file)
        services = self.services_of(file, place.file)
        if services is None:
            return None
        if name not in services:
            raise Invalid(missing(name, services, f"the file {quoted(file)}"))
        if (file, name) in path:
            circle = [*path[path.index((file, name)) :], (file, name)]
            raise Invalid("a circle: " + " -> ".join(quoted(one) for _file, one in circle))
        base_place = Place(self.reader.notes, file, name)
        return self.follow(services[name], base_place, (*path, (file, name)))

    def services_of(self, file: str, extending: str) -> dict[str, t.Any] | None:
        """Return the services of a file in the folder; None, with a note, if it can't be read."""
        if file not in self.documents:
            before = len(self.reader.notes.problems)
            document = self.reader.document(file)
            if len(self.reader.notes.problems) > before:
                self.documents[file] = None
                return None
            compose = compose_file(document, Place(self.reader.notes, file))
            lookup = self.interpolation(extending).lookup
            self.interpolations[file] = Interpolation(lookup, lone_dollars=not compose.ranchers)
            self.documents[file] = compose.services
        return self.documents[file]

    def replaced(self, value: dict[str, t.Any], place: Place) -> dict[str, t.Any]:
        """Return the keys with their variables replaced. Of those that Compose leaves to others, one is ours."""
        own = {
            key: item for key, item in value.items() if key == X_DROVER or not key.startswith("x-")
        }
        return t.cast("dict[str, t.Any]", replace_in(own, place, self.interpolation(place.file)))

    def interpolation(self, file: str) -> Interpolation:
        """Return the only interpolation of a file, which collects its unset variables. By itself it is Rancher's."""
        return self.interpolations.setdefault(file, Interpolation(self.variables.get))

    def finish(self, raw: RawService, place: Place) -> None:
        """Read env_file, once all files are merged. Whichever file has it, the key environment comes before it.

        A name without a value gets that of the variable; an unset variable is left out.
        """
        raw.keys = settled(raw.keys)
        self.add_labels(raw)
        lookup = self.interpolation(place.file).lookup
        own = map_of(raw.keys.get("environment") or {})
        entries = raw.keys.pop("env_file", None) or []
        from_files = EnvFiles(self.reader, lookup).read(entries, own or {})
        if own is None:
            return
        found = {**from_files, **own}
        for name in [name for name, value in found.items() if value is None]:
            value = lookup(name)
            if value is None:
                del found[name]
                note_left_out(name, dataclasses.replace(place, file=place.at("environment").file))
            else:
                found[name] = value
        if found or "environment" in raw.keys:
            raw.keys["environment"] = found

    def add_labels(self, raw: RawService) -> None:
        """Read label_file; the key labels comes before it."""
        entries = raw.keys.pop("label_file", None) or []
        own = map_of(raw.keys.get("labels") or {})
        found: dict[str, str] = {}
        for entry in entries:
            found.update(entry.place.attempt(self.label_file, entry) or {})
        if found and own is not None:
            raw.keys["labels"] = {**found, **own}

    def label_file(self, entry: EnvEntry) -> dict[str, str]:
        """Return the labels of a file, which are written as variables of an env file."""
        path = entry.written
        if not isinstance(path, str) or not path:
            raise Invalid(f"must be the path of a file, not {kind_of(path)}")
        name = inside(line(path), entry.folder)
        try:
            return values_of(self.reader.text(name), self.interpolation(entry.place.file).lookup)
        except Invalid as error:
            raise Invalid(f'"{name}": {error}') from None

    def warn_of_unset(self, notes: Notes) -> None:
        """Warn once for each file and unset variable."""
        for file, interpolation in self.interpolations.items():
            for name in sorted(interpolation.unset):
                Place(notes, file).warn(
                    f"the variable {quoted(name)} is not set and counts as empty"
                )


def with_env_files(keys: dict[str, t.Any], place: Place) -> None:
    """Let the entries of env_file and label_file remember the file that they stand in."""
    for key in ("env_file", "label_file"):
        written, here = keys.get(key), place.at(key)
        if isinstance(written, Override):
            keys[key] = Override(env_entries(settled(written.value), here))
        elif key in keys and not isinstance(written, Reset):
            keys[key] = env_entries(settled(written), here)


def drop_relations(base: RawService, own: t.Mapping[str, t.Any], place: Place) -> None:
    """Remove keys that are not inherited, and warn of each key that the extending service does not set itself."""
    for key in NOT_INHERITED:
        if not is_empty(settled(base.keys.pop(key, None))) and key not in own:
            place.warn(f'"{key}" is not taken over')


def note_left_out(name: str, place: Place) -> None:
    """Warn of an environment variable without any value. What is no name may be a secret: it is not shown."""
    if NAME.fullmatch(name):
        what = f"the variable {quoted(name)} is not set"
    else:
        what = "an entry of environment is neither NAME=value nor the name of a variable,"
    dataclasses.replace(place, service="").warn(f"{what} and is left out of the environment")


def extended(extends: t.Any, file: str) -> tuple[str, str]:
    """Return the service and the file that C(extends) names."""
    if isinstance(extends, str):
        return line(extends), file
    if not isinstance(extends, dict):
        raise Invalid(
            f'must be a service, or a map with "service" and "file", not {kind_of(extends)}'
        )
    for key in extends:
        if key not in ("service", "file"):
            raise Invalid(f"unknown key {quoted(key)}{did_you_mean(key, ('service', 'file'))}")
    if not isinstance(extends.get("service"), str):
        raise Invalid('needs a "service"')
    other = extends.get("file")
    return line(extends["service"]), inside(line(other)) if other else file
