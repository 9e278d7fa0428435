# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables in texts: Rancher's rules and Compose's."""

from __future__ import annotations

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.problems import Invalid
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.interpolation import (
    Interpolation,
)

VALUES = {"A": "a", "EMPTY": "", "MONEY": "$A ${A} $$", "5": "five", "_x9": "under"}

TEXTS = [
    ("", ""),
    ("plain }{ text", "plain }{ text"),
    ("$A", "a"),
    ("${A}", "a"),
    ("x$A-${A}y", "xa-ay"),
    ("$A$A", "aa"),
    ("$Ab", ""),
    ("${A}b", "ab"),
    ("$_x9", "under"),
    ("$EMPTY|$UNSET|${UNSET}", "||"),
    ("$$", "$"),
    ("$$A $${A} $$$A", "$A ${A} $a"),
    ("$$(date)", "$(date)"),
    # values that are put in are not looked at again
    ("$MONEY", "$A ${A} $$"),
    ("${UNSET:-$MONEY}", "$A ${A} $$"),
    # defaults
    ("${A:-d}", "a"),
    ("${A-d}", "a"),
    ("${EMPTY:-d}", "d"),
    ("${EMPTY-d}", ""),
    ("${UNSET:-d}", "d"),
    ("${UNSET-d}", "d"),
    ("${UNSET:-}", ""),
    ("${UNSET:-a b:-c}", "a b:-c"),
    ("${UNSET:-$$}", "$"),
    ("${UNSET:-$A}", "a"),
    ("${UNSET:-${A}}", "a"),
    ("${UNSET:-x${NONE:-${A}y}z}", "xayz"),
    ("${UNSET-${UNSET2-${UNSET3-deep}}}", "deep"),
    # alternatives
    ("${A:+r}", "r"),
    ("${A+r}", "r"),
    ("${EMPTY:+r}", ""),
    ("${EMPTY+r}", "r"),
    ("${UNSET:+r}", ""),
    ("${UNSET+r}", ""),
    ("${A:+<$A>}", "<a>"),
    # braces in a default: JSON, and a lone one
    ('${UNSET:-{"a":{"b":1}}}', '{"a":{"b":1}}'),
    ('${A:-{"a":{"b":1}}}', "a"),
    ("{{{ ${UNSET:-foo} }}}", "{{{ foo }}}"),
    ("${UNSET:-{}", "{"),
    ("${UNSET:-{${A}}} ${A}", "{a} a"),
    ("${A:+${UNSET},}B", ",B"),
    ("${EMPTY:+${EMPTY},}B", "B"),
    ("${EMPTY+$A ${A:+second}}", "a second"),
    # errors that do not happen
    ("${A:?no}", "a"),
    ("${A?no}", "a"),
    ("${EMPTY?no}", ""),
    ("${A:-${UNSET:?never asked}}", "a"),
]

MALFORMED = [
    ("$", "followed by the end at character 1; write $$"),
    ("a $", "at character 3"),
    ("$-", 'followed by "-"'),
    ("$ A", 'followed by " "'),
    ("$(A)", 'followed by "("'),
    # no name begins with a digit, so these are prices and hashes
    ("costs $5", 'followed by "5" at character 7; write $$'),
    ("a:$2y$05$abc", 'followed by "2"'),
    ("${5}", "no digit first"),
    ("${", "never closed"),
    ("${A", "never closed"),
    ("${A:-${B}", "never closed"),
    ("${}", "must hold the name"),
    ("${ A}", "must hold the name"),
    ("${A }", "must hold the name"),
    ("${A!}", "must hold the name"),
    ("${A:x}", "must hold the name"),
    ("${-d}", "must hold the name"),
    ("${é}", "must hold the name"),
    ("${UNSET:?}", 'the variable "UNSET" is not set'),
    ("${UNSET?set it}", '"UNSET" is not set: "set it"'),
    ("${EMPTY:?set it}", '"EMPTY" is not set: "set it"'),
    ("${UNSET:-$}", "write $$"),
    ("${X:-" * 25 + "}" * 25, "nested more than 20 deep"),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_variables_are_replaced(text: str, expected: str) -> None:
    assert Interpolation(VALUES.get).replace(text) == expected


@pytest.mark.parametrize(("text", "message"), MALFORMED)
def test_malformed_texts_are_refused(text: str, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        Interpolation(VALUES.get).replace(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "unset"),
    [
        ("$UNSET ${OTHER} $UNSET $A", {"UNSET", "OTHER"}),
        ("${UNSET:-d} ${UNSET+r} $EMPTY", set()),
        ("${UNSET:-$OTHER}", {"OTHER"}),
        ("${A:-$OTHER}", set()),
    ],
)
def test_only_variables_that_are_missed_are_kept(text: str, unset: set[str]) -> None:
    interpolation = Interpolation(VALUES.get)
    interpolation.replace(text)
    assert interpolation.unset == unset


def test_a_lone_dollar_sign_may_stay() -> None:
    """As in an env file, where passwords stand as they are."""
    replaced = Interpolation(VALUES.get, lone_dollars=True).replace("$A$ $5 $(x) $$ $")
    assert replaced == "a$ $5 $(x) $ $"
