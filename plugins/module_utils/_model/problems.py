# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Problems in a stack file, with their places. Private to the collection."""

from __future__ import annotations

import dataclasses
import difflib
import typing as t

SHOWN_PROBLEMS = 50
SHOWN_CHARACTERS = 80


class Invalid(ValueError):
    """An invalid value; the text says why. The caller knows the place."""


@dataclasses.dataclass(frozen=True)
class Problem:
    """One problem and its place. Parts of the place that do not apply are empty."""

    file: str
    service: str
    key: str
    message: str

    def __str__(self) -> str:
        """E.g. C(docker-compose.yml: service "web": key "imge": unknown key)."""
        return place_text(self.file, self.service, self.key) + self.message


class StackError(Exception):
    """An invalid stack: all of its problems, one per line."""

    def __init__(self, problems: t.Iterable[Problem]) -> None:
        self.problems: list[Problem] = list(problems)
        lines = [str(problem) for problem in self.problems[:SHOWN_PROBLEMS]]
        if len(self.problems) > SHOWN_PROBLEMS:
            lines.append(f"... and {len(self.problems) - SHOWN_PROBLEMS} more")
        super().__init__("\n".join(lines))


class Notes:
    """Collects problems and warnings while a stack is read."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        """Add a warning; equal texts are kept once."""
        if text not in self.warnings:
            self.warnings.append(text)

    def raise_problems(self) -> None:
        """Raise L(StackError) if there are problems so far."""
        if self.problems:
            raise StackError(self.problems)


@dataclasses.dataclass(frozen=True)
class Place:
    """A place in a stack; its problems and warnings go into the notes.

    C(files) names the file of a top-level key of the service if it is not C(file).
    """

    notes: Notes
    file: str = ""
    service: str = ""
    key: str = ""
    files: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    def at(self, key: str | int) -> Place:
        """The place of a key, or of a list entry (counted from 0), inside this one."""
        name = printable(str(key)) or '""'
        if self.key:
            return dataclasses.replace(self, key=f"{self.key}.{name}")
        file = self.files.get(str(key), self.file)
        return dataclasses.replace(self, key=name, file=file)

    def problem(self, message: str) -> None:
        """Note a problem here."""
        self.notes.problems.append(Problem(self.file, self.service, self.key, message))

    def warn(self, message: str) -> None:
        """Note a warning for the user."""
        self.notes.warn(place_text(self.file, self.service, self.key) + message)

    def attempt(self, convert: t.Callable[[t.Any], t.Any], value: t.Any) -> t.Any:
        """The converted value; None if that fails, with a problem noted here."""
        try:
            return convert(value)
        except Invalid as error:
            self.problem(str(error))
            return None


def place_text(file: str, service: str, key: str) -> str:
    """A place as the prefix of a message."""
    parts = [escaped(file)] if file else []
    parts += [f"service {quoted(service)}"] if service else []
    parts += [f'key "{key}"'] if key else []
    return "".join(f"{part}: " for part in parts)


def printable(text: str) -> str:
    """The text on one line, truncated, and without terminal control characters."""
    if len(text) > SHOWN_CHARACTERS:
        text = text[: SHOWN_CHARACTERS - 3] + "..."
    return escaped(text)


def escaped(text: str) -> str:
    """The text with all invisible characters escaped."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def quoted(text: str) -> str:
    """The text in quotes, for a message."""
    return f'"{printable(text)}"'


def did_you_mean(word: str, known: t.Iterable[str]) -> str:
    """C(; did you mean "image"?) if a known word is similar, else nothing."""
    by_lower = {name.lower(): name for name in sorted(known)}
    near = difflib.get_close_matches(word.lower()[:SHOWN_CHARACTERS], by_lower, n=1, cutoff=0.65)
    return f'; did you mean "{printable(by_lower[near[0]])}"?' if near else ""
