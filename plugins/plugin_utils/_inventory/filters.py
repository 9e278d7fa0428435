# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which containers an inventory source shows: JMESPath expressions over their variables. Private to the collection."""

from __future__ import annotations

import difflib
import typing as t

from .source import SourceError

PREFIX = "drover_"


class Filters:
    """Expressions all of which must be true of a container. JMESPath is needed only where there is one.

    Args:
        given: The key C(filters) of the source.
        known: Names of all variables that a container has.
        strict: Whether an expression that fails for a container is an error; else it is not true of it.

    Raises:
        SourceError: An expression is wrong, or JMESPath is not installed.
    """

    def __init__(self, given: t.Any, *, known: t.Collection[str], strict: bool) -> None:
        self._strict = strict
        self._expressions: list[tuple[str, str, t.Any]] = []
        self.failures: dict[str, str] = {}
        for position, text in enumerate(given or []):
            place = f"filters[{position}]"
            self._expressions.append((place, str(text), _compiled(place, text, known)))

    def let_pass(self, variables: dict[str, t.Any]) -> bool:
        """Whether a container is shown.

        Raises:
            SourceError: An expression fails for it, and the source is strict.
        """
        return all(self._holds(item, variables) for item in self._expressions)

    def _holds(self, item: tuple[str, str, t.Any], variables: dict[str, t.Any]) -> bool:
        from jmespath.exceptions import JMESPathError

        place, text, expression = item
        try:
            return _is_true(expression.search(variables))
        except JMESPathError as error:
            reason = f"{place}: {text!r} fails for {variables['drover_name']}: {error}"
        if self._strict:
            raise SourceError(reason)
        self.failures.setdefault(place, reason)
        return False


def _is_true(value: t.Any) -> bool:
    """Truth as JMESPath has it: 0 is true, what is empty is not."""
    return not (value is None or value is False or value in ("", [], {}))


def _compiled(place: str, text: t.Any, known: t.Collection[str]) -> t.Any:
    try:
        import jmespath
        from jmespath.exceptions import JMESPathError
    except ImportError as error:
        raise SourceError(
            f"{place}: needs the Python package jmespath on the control node; install it, or remove filters"
        ) from error
    if not isinstance(text, str):
        raise SourceError(f"{place}: must be a text with a JMESPath expression, not {text!r}")
    try:
        # A text of YAML has a class of its own, which JMESPath does not take for a text.
        found = jmespath.compile(str.__str__(text))
    except JMESPathError as error:
        reason = " ".join(str(error).partition("\n")[0].split())
        raise SourceError(f"{place}: {text!r} is no JMESPath expression: {reason}") from error
    _check_names(place, found.parsed, known)
    return found


def _check_names(place: str, node: t.Any, known: t.Collection[str]) -> None:
    """A name of ours that no container has would hide all of them without a word."""
    name = node.get("value") if node.get("type") == "field" else None
    if isinstance(name, str) and name.startswith(PREFIX) and name not in known:
        names = [item[len(PREFIX) :] for item in sorted(known)]
        close = difflib.get_close_matches(name[len(PREFIX) :], names, 1)
        hint = (
            f"did you mean {PREFIX}{close[0]}?"
            if close
            else f"there are: {', '.join(sorted(known))}"
        )
        raise SourceError(f"{place}: no container has a variable {name}; {hint}")
    for child in node.get("children", []):
        if isinstance(child, dict):
            _check_names(place, child, known)
