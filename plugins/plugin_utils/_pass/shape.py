# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether JSON data has the shape of a type. Private to the collection; pure.

The types are those that mypy checks on both sides (module_utils/_model), so a host's answer is compared with what the
code relies on. Keys that a type does not name are allowed: a newer release may send more.
"""

from __future__ import annotations

import functools
import math
import types
import typing as t

Check = t.Callable[[t.Any], str]
"""Returns what is wrong with a value: its path, a colon and the problem; empty if nothing is."""

_NAMES = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "a map",
    list: "a list",
    type(None): "nothing",
}


def misfit(value: t.Any, kind: t.Any) -> str:
    """Return what is wrong with a value of this type, with the path to it; empty if nothing is.

    Known types: TypedDict, str, int, float, bool, None, list, dict, unions, Any, and a list of fixed length,
    C(Annotated[list[Any], str, int]).
    """
    found = check_of(kind)(value)
    return found.lstrip(".") if found else ""


def under(key: str, problem: str) -> str:
    """Return a problem with one more step before its path."""
    return f"{key}.{problem}" if problem else ""


@functools.cache
def check_of(kind: t.Any) -> Check:
    """Return the check of a type. It is made once."""
    if kind is t.Any:
        return lambda _value: ""
    if t.is_typeddict(kind):
        return _of_fields(kind)
    return _OF_ORIGIN.get(t.get_origin(kind), _of_plain)(kind)


def _of_plain(kind: t.Any) -> Check:
    if kind is float:
        return _number
    if kind is int:
        return lambda value: "" if _is_whole(value) else _wrong(value, int)
    wanted = type(None) if kind is None else kind
    return lambda value: "" if isinstance(value, wanted) else _wrong(value, wanted)


def _is_whole(value: t.Any) -> bool:
    """Whether it is a whole number; Python counts true and false among them."""
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: t.Any) -> str:
    if type(value) not in (int, float):
        return _wrong(value, float)
    return "" if math.isfinite(value) else f": {value} is not finite"


def _wrong(value: t.Any, *wanted: t.Any) -> str:
    found = _NAMES.get(type(value), type(value).__name__)
    return f": {found}, not {' or '.join(_NAMES.get(item, str(item)) for item in wanted)}"


def _of_list(kind: t.Any) -> Check:
    check = check_of(t.get_args(kind)[0])

    def checked(value: t.Any) -> str:
        if not isinstance(value, list):
            return _wrong(value, list)
        return _first((f"[{place}]", check(item)) for place, item in enumerate(value))

    return checked


def _of_map(kind: t.Any) -> Check:
    check = check_of(t.get_args(kind)[1])

    def checked(value: t.Any) -> str:
        if not isinstance(value, dict):
            return _wrong(value, dict)
        return _first((f".{key}", check(item)) for key, item in value.items())

    return checked


def _of_union(kind: t.Any) -> Check:
    options = t.get_args(kind)
    checks = [check_of(item) for item in options]

    def checked(value: t.Any) -> str:
        found = [check(value) for check in checks]
        return "" if "" in found else max(found, key=_depth)

    return checked


def _depth(problem: str) -> tuple[bool, int]:
    """How well an option fits that has this problem: that of the best one lies deepest, and is no missing key."""
    return not problem.endswith(": missing"), problem.index(":")


def _of_row(kind: t.Any) -> Check:
    checks = [check_of(item) for item in kind.__metadata__]

    def checked(value: t.Any) -> str:
        if not isinstance(value, list):
            return _wrong(value, list)
        if len(value) != len(checks):
            return f": {len(value)} values, not {len(checks)}"
        pairs = enumerate(zip(checks, value, strict=True))
        return _first((f"[{place}]", check(item)) for place, (check, item) in pairs)

    return checked


def _of_fields(kind: t.Any) -> Check:
    hints = t.get_type_hints(kind, include_extras=True)
    checks = [(key, check_of(hint), key in kind.__required_keys__) for key, hint in hints.items()]

    def checked(value: t.Any) -> str:
        if not isinstance(value, dict):
            return _wrong(value, dict)
        for key, check, required in checks:
            if key in value:
                found = check(value[key])
                if found:
                    return f".{key}{found}"
            elif required:
                return f".{key}: missing"
        return ""

    return checked


def _first(found: t.Iterable[tuple[str, str]]) -> str:
    return next((place + problem for place, problem in found if problem), "")


_OF_ORIGIN: dict[t.Any, t.Callable[[t.Any], Check]] = {
    list: _of_list,
    dict: _of_map,
    t.Union: _of_union,
    types.UnionType: _of_union,
    t.Annotated: _of_row,
}
