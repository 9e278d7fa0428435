# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of an inventory source, over variables of containers. Private to the collection.

A text is a JMESPath expression, and all of them must be true. A map is a rule as in the inventory plugins of
community.docker: C(include) or C(exclude) with a Jinja expression. The first rule whose expression is true decides, and
without one the container is shown.
"""

from __future__ import annotations

import difflib
import typing as t

from ansible.errors import AnsibleError

from .values import SourceError

PREFIX = "drover_"


INCLUDE, EXCLUDE = "include", "exclude"
Evaluate = t.Callable[[t.Any, "dict[str, t.Any]"], t.Any]


class Filters:
    """Decides which containers are shown. JMESPath is needed only if there is an expression of it.

    Args:
        given: The key C(filters) of the source.
        known: Names of all variables of a container.
        strict: Whether an expression that fails for a container is an error. If not, it counts as false.
        evaluate: Returns the value of a Jinja expression for the variables of a container.

    Raises:
        SourceError: An expression is invalid, or JMESPath is not installed.
    """

    def __init__(
        self, given: t.Any, *, known: t.Collection[str], strict: bool, evaluate: Evaluate
    ) -> None:
        self._strict = strict
        self._evaluate = evaluate
        self._expressions: list[tuple[str, str, t.Any]] = []
        self._rules: list[tuple[str, str, t.Any]] = []
        self.failures: dict[str, str] = {}
        for position, item in enumerate(given or []):
            place = f"filters[{position}]"
            if isinstance(item, dict):
                self._rules.append((place, *_rule(place, item)))
            else:
                self._expressions.append((place, str(item), _compiled(place, item, known)))

    def let_pass(self, variables: dict[str, t.Any]) -> bool:
        """Whether a container is shown.

        Raises:
            SourceError: An expression fails for it, and the source is strict.
        """
        if not all(self._holds(item, variables) for item in self._expressions):
            return False
        rules = (kind for place, kind, text in self._rules if self._is_so(place, text, variables))
        return next(rules, INCLUDE) == INCLUDE

    def _is_so(self, place: str, text: t.Any, variables: dict[str, t.Any]) -> bool:
        """Whether the expression of a rule is true."""
        if isinstance(text, bool):
            return text
        try:
            return bool(self._evaluate(text, variables))
        except AnsibleError as error:
            self._note(place, text, variables, error)
            return False

    def _holds(self, item: tuple[str, str, t.Any], variables: dict[str, t.Any]) -> bool:
        from jmespath.exceptions import JMESPathError

        place, text, expression = item
        try:
            return _is_true(expression.search(variables))
        except JMESPathError as error:
            self._note(place, text, variables, error)
            return False

    def _note(self, place: str, text: str, variables: dict[str, t.Any], error: Exception) -> None:
        reason = f"{place}: {str(text)!r} fails for {variables['drover_name']}: {error}"
        if self._strict:
            raise SourceError(reason)
        self.failures.setdefault(place, reason)


def _rule(place: str, given: t.Mapping[t.Any, t.Any]) -> tuple[str, t.Any]:
    """Return the kind of a rule and its expression."""
    if len(given) == 1:
        ((kind, text),) = given.items()
        if kind in (INCLUDE, EXCLUDE) and isinstance(text, (str, bool)):
            return str(kind), text
    raise SourceError(
        f"{place}: a rule is a map with either include or exclude and a Jinja expression, such as"
        " {exclude: drover_stack == 'shop'}"
    )


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
        raise SourceError(
            f"{place}: must be a text with a JMESPath expression, or a map with include or exclude, not {text!r}"
        )
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
