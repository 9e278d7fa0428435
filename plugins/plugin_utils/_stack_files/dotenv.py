# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""The lines of an env file, read as today's Compose reads them. Controller only; private to the collection.

    A=two words # note    a # after a blank begins a note
    A="x\n$B"             in double quotes escapes and variables count
    A='x$B'               in single quotes neither; in both the value may have several lines
    A                     no value: the variable's own

A password often stands here, so an error names the line and never shows it.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.problems import Invalid

from .interpolation import Interpolation, Lookup

NAME = re.compile(r"(?:export[ \t]+)?([A-Za-z0-9_.\[\]-]+)[ \t]*(=|(?=\r?\n|\Z))")
SPACE = re.compile(r"[ \t]*")
NOTE = re.compile(r"[ \t]#.*")
# What may follow a closing quote.
REST = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\\": "\\"}


@dataclasses.dataclass(frozen=True)
class Variable:
    """One variable of an env file.

    Attributes:
        value: None: the file names the variable only.
        literal: Whether variables in the value are not replaced. A dollar sign that stays is doubled where they are.
    """

    line: int
    name: str
    value: str | None
    literal: bool = False


def parse(text: str) -> list[Variable]:
    """Return the variables in the order of the file.

    Raises:
        Invalid: a line is none of an env file; the error holds its number.
    """
    return list(_Lines(text.replace("\r\n", "\n")).variables())


def parse_raw(text: str) -> list[Variable]:
    """Return the variables of a file with C(format: raw): all that follows the equals sign is the value."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            name, equals, value = line.partition("=")
            if not NAME.fullmatch(name + "="):
                raise not_a_variable(number)
            found.append(Variable(number, name.strip(), value if equals else None, literal=True))
    return found


def values_of(text: str, lookup: Lookup) -> dict[str, str]:
    """Return the values by name. A variable that is known already keeps that value, and is used in later lines.

    Raises:
        Invalid: as L(parse), or a value holds what is no variable.
    """
    found: dict[str, str] = {}

    def known(name: str) -> str | None:
        value = lookup(name)
        return found.get(name) if value is None else value

    for variable in parse(text):
        value, _unset = value_of(variable, known)
        if value is not None:
            found[variable.name] = value
    return found


def value_of(variable: Variable, known: Lookup) -> tuple[str | None, bool]:
    """Return the value with its variables replaced, and whether one of them is not set.

    Raises:
        Invalid: the value holds what is no variable; the error holds its line.
    """
    if variable.value is None:
        return known(variable.name), False
    if variable.literal:
        return variable.value, False
    interpolation = Interpolation(known, lone_dollars=True)
    try:
        return interpolation.replace(variable.value), bool(interpolation.unset)
    except Invalid:
        raise Invalid(
            f"line {variable.line}: the ${{...}} in the value is not possible; "
            "in single quotes the value is taken as it is"
        ) from None


def not_a_variable(line: int) -> Invalid:
    """Return the error for a line that sets no variable."""
    return Invalid(f"line {line}: must be NAME=value")


class _Lines:
    """Reads one file from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def variables(self) -> t.Iterator[Variable]:
        while self._at < len(self._text):
            line = self._rest_of_line()
            if not line.strip() or line.lstrip().startswith("#"):
                self._at += len(line) + 1
            else:
                yield self._variable()

    def _variable(self) -> Variable:
        number = self._text.count("\n", 0, self._at) + 1
        found = NAME.match(self._text, self._skip_space())
        if not found:
            raise not_a_variable(number)
        self._at = found.end()
        if not found[2]:
            return Variable(number, found[1], None)
        start = self._skip_space()
        quote = self._text[start : start + 1]
        if quote and quote in "\"'":
            return Variable(number, found[1], self._quoted(start, quote, number), quote == "'")
        return Variable(number, found[1], self._plain())

    def _skip_space(self) -> int:
        """Return the position of the next character that is no blank."""
        return t.cast("re.Match[str]", SPACE.match(self._text, self._at)).end()

    def _rest_of_line(self) -> str:
        return self._text[self._at :].partition("\n")[0]

    def _plain(self) -> str:
        line = self._rest_of_line()
        self._at += len(line) + 1
        return NOTE.sub("", line, count=1).strip()

    def _quoted(self, start: int, quote: str, number: int) -> str:
        """Return the value between two quotes; nothing but a note may follow."""
        end = start + 1
        while end < len(self._text) and self._text[end] != quote:
            end += 2 if self._text[end] == "\\" else 1
        if end >= len(self._text):
            raise Invalid(f"line {number}: a quote {quote} is not closed")
        rest = REST.match(self._text, end + 1)
        if not rest:
            raise Invalid(f"line {number}: something follows the closing quote")
        self._at = rest.end()
        written = self._text[start + 1 : end]
        return written.replace("\\'", "'") if quote == "'" else ESCAPE.sub(_unescaped, written)


def _unescaped(found: re.Match[str]) -> str:
    """Return what an escape sequence of a value in double quotes means; an unknown one stays as it is."""
    char = found[1]
    if char == "$":
        return "$$"
    return char if char == '"' else ESCAPES.get(char, found[0])
