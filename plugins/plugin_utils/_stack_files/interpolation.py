# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables in stack files, as in Rancher and Compose. Controller only; private to the collection.

    $X ${X}          the value; nothing, with a warning, where X is not set
    $$               a dollar sign
    ${X:-d} ${X-d}   d where X is not set (":": or empty)
    ${X:?e} ${X?e}   an error with the text e there
    ${X:+r} ${X+r}   r where X is set (":": and not empty)
    $ before other   stays, as in today's Compose; in Rancher's formats an error, as it was there

d and r may contain variables. Inserted values are not interpolated again.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.problems import (
    Invalid,
    Place,
    quoted,
)

from .yaml_text import Override

# As in Compose, no name begins with a digit: "costs $5" is a mistake, and must not become "costs".
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
OPERATOR = re.compile(r":?[-?+]")
DEEPEST = 20

Lookup = t.Callable[[str], str | None]


class Interpolation:
    """Replaces variables, and keeps the names of unset variables."""

    def __init__(self, lookup: Lookup, *, lone_dollars: bool = False) -> None:
        """C(lone_dollars): a dollar sign before something else than a name or a brace stays as it is."""
        self.lookup = lookup
        self.lone_dollars = lone_dollars
        self.unset: set[str] = set()

    def replace(self, text: str, depth: int = 0) -> str:
        """Return the text with its variables replaced.

        Raises:
            Invalid: a lone dollar sign, an unclosed brace, or a C(?) whose variable is not set.
        """
        if depth > DEEPEST:
            raise Invalid(f"defaults are nested more than {DEEPEST} deep")
        parts: list[str] = []
        position = 0
        while (dollar := text.find("$", position)) >= 0:
            parts.append(text[position:dollar])
            part, position = self.replace_one(text, dollar, depth)
            parts.append(part)
        parts.append(text[position:])
        return "".join(parts)

    def replace_one(self, text: str, dollar: int, depth: int) -> tuple[str, int]:
        """Return the replacement at this dollar sign, and the position after it."""
        following = text[dollar + 1 : dollar + 2]
        if following == "$":
            return "$", dollar + 2
        if following == "{":
            end = closing_brace(text, dollar + 2)
            return self.braced(text[dollar + 2 : end], depth), end + 1
        name = NAME.match(text, dollar + 1)
        if not name and self.lone_dollars:
            return "$", dollar + 1
        if not name:
            found = quoted(following) if following else "the end"
            raise Invalid(
                f"a $ is followed by {found} at character {dollar + 1}; write $$ for a plain dollar sign"
            )
        return self.value_or_nothing(name.group()), name.end()

    def braced(self, inside: str, depth: int) -> str:
        """Return the replacement of C(${...})."""
        name = NAME.match(inside)
        operator = OPERATOR.match(inside, name.end()) if name else None
        if name and name.end() == len(inside):
            return self.value_or_nothing(inside)
        if not name or not operator:
            raise Invalid(
                "${...} must hold the name of a variable (letters, digits, _; no digit first); "
                "$$ is a plain dollar sign"
            )
        return self.conditional(name.group(), operator.group(), inside[operator.end() :], depth)

    def conditional(self, name: str, operator: str, rest: str, depth: int) -> str:
        """Return the replacement of a variable with C(-), C(?) or C(+)."""
        value = self.lookup(name)
        present = bool(value) if operator.startswith(":") else value is not None
        if operator.endswith("+"):
            return self.replace(rest, depth + 1) if present else ""
        if present:
            return t.cast(str, value)
        if operator.endswith("-"):
            return self.replace(rest, depth + 1)
        raise Invalid(
            f"the variable {quoted(name)} is not set{': ' + quoted(rest) if rest else ''}"
        )

    def value_or_nothing(self, name: str) -> str:
        """Return the value; empty if the variable is not set."""
        value = self.lookup(name)
        if value is None:
            self.unset.add(name)
            return ""
        return value


def closing_brace(text: str, start: int) -> int:
    """Return the position of the brace that closes the one before C(start).

    A default may be JSON, so its own braces count where they are pairs.
    """
    for opening in ("{", "${"):
        position = _closing(text, start, opening)
        if position is not None:
            return position
    raise Invalid("a ${ is never closed; write $$ for a plain dollar sign")


def _closing(text: str, start: int, opening: str) -> int | None:
    """Return the position where as many braces are closed as C(opening) opened; None if there is none."""
    depth = 1
    position = start
    while position < len(text):
        if text.startswith("$$", position):
            position += 2
            continue
        if text.startswith(opening, position):
            depth += 1
            position += len(opening) - 1
        elif text[position] == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return None


def replace_in(value: t.Any, place: Place, interpolation: Interpolation) -> t.Any:
    """Replace variables in all texts of the value, but not in keys. Malformed variables become problems."""
    if isinstance(value, dict):
        return {key: replace_in(item, place.at(key), interpolation) for key, item in value.items()}
    if isinstance(value, list):
        return [
            replace_in(item, place.at(index), interpolation) for index, item in enumerate(value)
        ]
    if isinstance(value, Override):
        return Override(replace_in(value.value, place, interpolation))
    if isinstance(value, str) and "$" in value:
        return place.attempt(interpolation.replace, value)
    return value
