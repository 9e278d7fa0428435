# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of each fact, for people: the one place where facts become sentences. Private to the collection; pure.

A text is a format string, or a function of the parameters where the sentence depends on them. Durations end in C(_s).
"""

from __future__ import annotations

import typing as t

Json = t.Dict[str, t.Any]
Text = t.Union[str, t.Callable[[Json], str]]

TEXTS: dict[str, Text] = {
    "text": "{text}",
}


def text_of(code: str, parameters: Json) -> str:
    """The sentence of a fact. One that a newer release wrote is shown as it is."""
    text = TEXTS.get(code)
    if text is None:
        told = ", ".join(f"{key} {value}" for key, value in sorted(parameters.items()))
        return f"{code}: {told}" if told else code
    return text(parameters) if callable(text) else text.format(**parameters)
