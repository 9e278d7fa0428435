# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of an inventory source: JMESPath expressions over variables of containers. Private to the collection."""

from __future__ import annotations

import difflib
import typing as t

from .source import SourceError

PREFIX = "drover_"


class Filters:
    """A container is shown if all expressions are true for it. JMESPath is needed only if there is an expression.

    Args:
        given: The key C(filters) of the source.
        known: Names of all variables of a container.
        strict: Whether an expression that fails for a container is an error. If not, it counts as false.

    Raises:
        SourceError: An expression is invalid, or JMESPath is not installed.
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
    """Truth as in JMESPath: 0 is true, empty values are false."""
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
        # Text from YAML has its own class, and JMESPath does not accept it as text.
        found = jmespath.compile(str.__str__(text))
    except JMESPathError as error:
        reason = " ".join(str(error).partition("\n")[0].split())
        raise SourceError(f"{place}: {text!r} is no JMESPath expression: {reason}") from error
    _check_names(place, found.parsed, known)
    return found


def _check_names(place: str, node: t.Any, known: t.Collection[str]) -> None:
    """Refuse a misspelt name of ours: it would silently hide all containers."""
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
