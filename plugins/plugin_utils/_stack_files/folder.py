# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a stack's folder. Controller only; private to the collection."""

from __future__ import annotations

import dataclasses
import os
import re
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._compose.keys import not_run
from ansible_collections.drover.docker.plugins.module_utils._model.problems import (
    Invalid,
    Notes,
    Place,
    quoted,
)

from .ordinary_file import read_ordinary, real_path
from .yaml_text import MOST_BYTES, decode, load_yaml

COMPOSE = ("docker-compose.yml", "docker-compose.yaml", "compose.yaml", "compose.yml")
RANCHER = ("rancher-compose.yml", "rancher-compose.yaml")
ANSWERS = ("answers.yml", "answers.yaml")
# Whichever of the names the compose file has, as in Compose.
OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
DOTENV = ".env"
RANCHER_VERSION = "2"
# Rancher ran every file as a Go template unless it began like this.
NO_TEMPLATE = re.compile(rb"(\xef\xbb\xbf)?# ?notemplating")
GO_TEMPLATE = re.compile(
    rb"\{\{-?\s*(?:if|else|end|range|with|\$)\b|\{\{[^}\n]*\.(?:Values|Stack|Release)\b"
)


@dataclasses.dataclass(frozen=True)
class Files:
    """Names of a stack's files in its folder."""

    compose: str
    override: str | None
    rancher: str | None
    answers: str | None
    dotenv: str | None


def find_files(folder: str, notes: Notes) -> Files | None:
    """Return the files of a stack; None, with problems, if the folder holds no stack."""
    place = Place(notes, folder)
    try:
        present = set(os.listdir(folder))
    except OSError as error:
        place.problem(f"is no folder that can be read: {error.strerror}")
        return None
    compose = only_one(COMPOSE, present, place)
    others = [only_one(names, present, place) for names in (OVERRIDES, RANCHER, ANSWERS, (DOTENV,))]
    if compose is None and not notes.problems:
        note_missing(present, place)
    return Files(compose, *others) if compose else None


def only_one(names: t.Sequence[str], present: set[str], place: Place) -> str | None:
    """Return the file that exists; several files of the same meaning are a problem."""
    found = [name for name in names if name in present]
    if len(found) > 1:
        place.problem(f"holds {quoted(found[0])} and {quoted(found[1])}; keep one of them")
    return found[0] if found else None


def note_missing(present: set[str], place: Place) -> None:
    """Note that there is no compose file, and name Rancher's templates if there are any."""
    templates = [f"{name}.tpl" for name in COMPOSE if f"{name}.tpl" in present]
    if templates:
        reason = not_run("write the file without Go templates and without .tpl")
        dataclasses.replace(place, file=templates[0]).problem(f"a template {reason}")
    else:
        place.problem(f"holds no {', '.join(COMPOSE[:3])}")


class Reader:
    """Reads files of the folder, and notes problems at the file."""

    def __init__(self, folder: str, notes: Notes) -> None:
        self.folder = folder
        self.notes = notes

    def document(self, name: str) -> t.Any:
        """Return the YAML document of a file; None if it is empty or invalid."""
        place = Place(self.notes, name)

        def load(file: str) -> t.Any:
            content = self.content(file)
            try:
                document = load_yaml(content, place)
            except Invalid:
                check_template(content)
                raise
            if os.path.basename(file) not in COMPOSE[2:] and ranchers(document):
                check_template(content)
            return document

        return place.attempt(load, name)

    def text(self, name: str) -> str:
        """Return the text of a file in or below the folder.

        Raises:
            Invalid: the file can't be read or isn't UTF-8.
        """
        return decode(self.content(name))

    def content(self, name: str) -> bytes:
        """Return the content of a file in or below the folder."""
        return read_ordinary(real_path(self.folder, name), MOST_BYTES)

    def exists(self, name: str) -> bool:
        """Whether there is such a file.

        Raises:
            Invalid: a symbolic link leads outside of the folder.
        """
        return os.path.exists(real_path(self.folder, name))


def ranchers(document: t.Any) -> bool:
    """Whether a document may be Rancher's, which ran each of its files as a template: not one of today's Compose."""
    if not isinstance(document, dict) or "services" not in document:
        return True
    return str(document.get("version")) == RANCHER_VERSION


def check_template(content: bytes) -> None:
    """Refuse a Go template whose name does not say so: as plain YAML it would have another meaning."""
    match = GO_TEMPLATE.search(content)
    if match and not NO_TEMPLATE.match(content):
        line = content.count(b"\n", 0, match.start()) + 1
        raise Invalid(
            f"line {line}: a Go template {not_run('write # notemplating first where it is none')}"
        )


def inside(name: str, base: str = "") -> str:
    """Make a name relative to C(base) relative to the folder. Refuse files outside of the folder."""
    path = os.path.normpath(os.path.join(base, name))
    if os.path.isabs(path) or path.split(os.sep)[0] == os.pardir or "\0" in path:
        raise Invalid(f"{quoted(name)} is outside of the stack's folder")
    return path
