# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fact about a stack, service, member or host: a code and its parameters. Private to the collection.

Code compares codes. Only fact_texts.py turns them into text for people. A parameter that says why is itself a fact: its
data. A parameter C(error) is the text of an error, for people only.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .fact_texts import is_fact, text_of
from .member import MemberId

Json = t.Dict[str, t.Any]

DEEPEST = 20
"""Levels of data in a fact. Ours have at most ten."""


class FactData(t.TypedDict):
    """A fact without its place, as it is stored and sent."""

    code: str
    parameters: Json


Refusals = t.Dict[str, FactData]
"""What is held on a host: a fact by its place (stack, stack/service or stack/service/index)."""


@dataclasses.dataclass(repr=False)
class Fact:
    """One fact.

    Attributes:
        code: The kind of fact; a key of fact_texts.TEXTS.
        parameters: The values in the text, as plain JSON. Numbers are measures, which change from pass to pass while
            the fact stays the same.
        stack: The stack; empty for none.
        service: The service.
        index: The index of the member; 0 for none.
        host: The host.
    """

    code: str
    parameters: Json = dataclasses.field(default_factory=dict)
    stack: str = ""
    service: str = ""
    index: int = 0
    host: str = ""

    @classmethod
    def about(
        cls, member: MemberId, code: str, parameters: Json | None = None, *, host: str = ""
    ) -> Fact:
        """A fact about one member."""
        return cls(code, parameters or {}, member.stack, member.service, member.index, host)

    @classmethod
    def read(cls, found: t.Any) -> Fact:
        """The fact in stored or sent data; release 0.1.0 wrote its text. Never raises, as a host may send anything."""
        if isinstance(found, str):
            return cls("text", {"text": found})
        if is_fact(found) and _is_shallow(found):
            return cls(found["code"], found["parameters"])
        return cls("unreadable")

    @property
    def text(self) -> str:
        """The sentence, without the place."""
        return text_of(self.code, self.parameters)

    @property
    def place(self) -> str:
        """The place: stack, stack/service or stack/service/index."""
        return "/".join(str(part) for part in (self.stack, self.service, self.index) if part)

    @property
    def as_data(self) -> FactData:
        """Code and parameters, as stored in records, audits and results."""
        return FactData(code=self.code, parameters=self.parameters)

    def __str__(self) -> str:
        where = " ".join(
            part for part in (self.place, f"on {self.host}" if self.host else "") if part
        )
        return f"{where}: {self.text}" if where else self.text

    def __repr__(self) -> str:
        return f"<{self.code}: {self}>"


def as_data(facts: t.Mapping[str, Fact]) -> dict[str, FactData]:
    """Facts by host, as a parameter of a fact about all of them."""
    return {host: fact.as_data for host, fact in facts.items()}


def _is_shallow(value: t.Any, depth: int = DEEPEST) -> bool:
    """Whether data is nested only so deep that it can be handled."""
    if isinstance(value, dict):
        value = list(value.values())
    return not isinstance(value, list) or (
        depth > 0 and all(_is_shallow(item, depth - 1) for item in value)
    )


def kind_of(data: t.Mapping[str, t.Any]) -> Json:
    """A fact's data without its measures: "in 12 s" and "in 3 s" are one fact."""
    if data["code"] == "text":
        return {"text": re.sub(r"\d+(\.\d+)?", "#", str(data["parameters"].get("text", "")))}
    parameters = {
        key: _kind(value)
        for key, value in data["parameters"].items()
        if value is not None and not isinstance(value, (int, float))
    }
    return {"code": data["code"], **parameters}


def _kind(value: t.Any) -> t.Any:
    """A parameter without the measures of the facts in it."""
    if is_fact(value):
        return kind_of(value)
    return {key: _kind(item) for key, item in value.items()} if isinstance(value, dict) else value
