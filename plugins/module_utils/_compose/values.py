# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single values of a stack file: text, numbers, sizes, times. Private to the collection.

The functions raise L(Invalid) for invalid values.
"""

from __future__ import annotations

import math
import re
import typing as t

from .._model.problems import Invalid, Place, did_you_mean, quoted

TRUE_WORDS = ("true", "yes", "on")
FALSE_WORDS = ("false", "no", "off")
SIZE = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)\s*([kmgtp]?)(?:i?b)?", re.IGNORECASE)
SIZE_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
TIME_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ns|us|\u00b5s|ms|s|m|h)")
NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "\u00b5s": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
LARGEST_INT = 2**63 - 1
# No sensible number is longer, and long ones are slow to parse.
LONGEST_NUMBER = 60


def kind_of(value: t.Any) -> str:
    """The kind of a value, in the terms of a stack file."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "text" if value else "empty text (is a variable not set?)"
    return "a map" if isinstance(value, t.Mapping) else "a list"


def wanted(what: str, value: t.Any) -> Invalid:
    """The error for a value of the wrong kind; it shows the value if that is short and harmless."""
    shown = quoted(value) if isinstance(value, str) and value else kind_of(value)
    return Invalid(f"must be {what}, not {shown}")


def is_empty(value: t.Any) -> bool:
    """Whether a value is empty: no value, empty text, map or list, 0 or false."""
    return not value


def text(value: t.Any) -> str:
    """Any single value as Rancher wrote it: true and false in lower case, numbers unchanged."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return no_nul(str(value))
    raise wanted("text", value)


def no_nul(value: str) -> str:
    """The text; refuses NUL characters and lone surrogates, as the engine does."""
    if "\0" in value:
        raise Invalid("holds a NUL character")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise Invalid("holds a character that is not Unicode text")
    return value


def line(value: t.Any) -> str:
    """Text on one line without control characters; for names, paths and the like."""
    result = text(value)
    bad = next((char for char in result if char < " " or "\x7f" <= char <= "\x9f"), None)
    if bad is not None:
        name = "a line break" if bad in "\r\n" else f"the control character {ascii(bad)[1:-1]}"
        raise Invalid(f"holds {name}; only one line of plain text is possible here")
    return result


def matching(pattern: str, what: str) -> t.Callable[[t.Any], str]:
    """A converter to one line that fits the whole pattern; C(what) describes it in an error."""
    compiled = re.compile(pattern)

    def convert(value: t.Any) -> str:
        result = line(value)
        if result and not compiled.fullmatch(result):
            raise wanted(what, result)
        return result

    return convert


def one_of(*words: str) -> t.Callable[[t.Any], str]:
    """A converter to one of the given words."""

    def convert(value: t.Any) -> str:
        result = line(value)
        if result and result not in words:
            known = ", ".join(f'"{word}"' for word in words)
            raise Invalid(f"must be {known}, not {quoted(result)}{did_you_mean(result, words)}")
        return result

    return convert


def boolean(value: t.Any) -> bool:
    """True or false, also as YAML 1.1 words."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else None
    if word in TRUE_WORDS or word in FALSE_WORDS:
        return word in TRUE_WORDS
    raise wanted("true or false", value)


def whole(value: t.Any) -> int:
    """A whole number, also as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        result = value
    elif isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,19}\s*", value):
        result = int(value)
    else:
        raise wanted("a whole number", value)
    if abs(result) > LARGEST_INT:
        raise Invalid("is too large a number")
    return result


def whole_between(least: int, most: int) -> t.Callable[[t.Any], int]:
    """A converter to a whole number in the given range (both ends count)."""

    def convert(value: t.Any) -> int:
        result = whole(value)
        if not least <= result <= most:
            raise Invalid(f"must be from {least} to {most}, not {result}")
        return result

    return convert


def number(value: t.Any) -> float:
    """A number of 0 or more, also as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise wanted("a number", value)
    if isinstance(value, str) and not re.fullmatch(r"\s*[0-9]{0,15}\.?[0-9]{1,15}\s*", value):
        raise wanted("a number", value)
    result = float(value)
    if not (math.isfinite(result) and 0 <= result <= LARGEST_INT):
        raise Invalid("must be 0 or more, and finite")
    return result


def size(value: t.Any) -> int:
    """Bytes from C(512m), C(1.5gb), C(2048): units are powers of 1024."""
    written = text(value).strip()
    match = SIZE.fullmatch(written) if len(written) <= LONGEST_NUMBER else None
    if not match or len(match.group(1)) > 19:
        raise wanted('a size such as "512m" or "1g"', value)
    amount, unit = match.group(1), match.group(2).lower()
    factor = 1024 ** SIZE_POWERS[unit]
    result = int(float(amount) * factor) if "." in amount else int(amount) * factor
    if result < 0 or result > LARGEST_INT:
        raise wanted("a size of 0 or more that fits 64 bits", text(value))
    return result


def swap_size(value: t.Any) -> int:
    """Bytes, or -1 for no limit."""
    return -1 if text(value).strip() == "-1" else size(value)


def duration_ns(value: t.Any) -> int:
    """Nanoseconds from C(1m30s), C(500ms) or a plain number of seconds."""
    written = text(value).strip().replace(" ", "")
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", written):
        written += "s"
    parts = TIME_PART.findall(written[:LONGEST_NUMBER])
    if (
        len(written) > LONGEST_NUMBER
        or not parts
        or "".join(amount + unit for amount, unit in parts) != written
    ):
        raise wanted('a time such as "1m30s" or "500ms"', value)
    total = sum(float(amount) * NANOSECONDS[unit] for amount, unit in parts)
    if total > LARGEST_INT:
        raise Invalid("is too long a time")
    return round(total)


def duration_s(value: t.Any) -> float:
    """Seconds; see L(duration_ns)."""
    return duration_ns(value) / 1e9


def entries(value: t.Any, place: Place, convert: t.Callable[[t.Any], t.Any]) -> list[t.Any]:
    """A list (or a single value instead), each entry converted; bad entries become problems."""
    if isinstance(value, t.Mapping):
        place.problem(str(wanted("a list", value)))
        return []
    items = list(value) if isinstance(value, (list, tuple)) else [value]
    converted = [place.at(index).attempt(convert, item) for index, item in enumerate(items)]
    return [item for item in converted if item is not None]


def pairs(value: t.Any, place: Place) -> dict[str, t.Any]:
    """A map, or a list of C(name=value) or C(name); bad entries become problems.

    A name without a value gets None. If a list repeats a name, the last entry counts, as in Compose.
    """
    if isinstance(value, t.Mapping):
        return {str(key): item for key, item in value.items()}
    if not isinstance(value, (list, tuple)):
        place.problem(f"must be a map, or a list of name=value, not {kind_of(value)}")
        return {}
    split = [place.at(index).attempt(split_pair, item) for index, item in enumerate(value)]
    return {pair[0]: pair[1] for pair in split if pair is not None}


def check_long_keys(value: t.Mapping[str, t.Any], known: t.Sequence[str]) -> None:
    """Refuse unknown keys in the long form of a list entry."""
    for key in map(str, value):
        if key in known or key.startswith("x-"):
            continue
        hint = did_you_mean(key, known)
        if len(value) == 1 and not hint:
            hint = "; if this is meant as text, leave out the blank after the colon"
        raise Invalid(f"unknown key {quoted(key)}{hint}")


def split_pair(value: t.Any) -> tuple[str, str | None]:
    """Name and value of C(name=value)."""
    if isinstance(value, (bool, t.Mapping, list)) or value is None:
        raise Invalid(f"must be name=value, not {kind_of(value)}")
    name, equals, rest = text(value).partition("=")
    return name, (rest if equals else None)
