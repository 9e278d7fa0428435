# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages of a command: what happened, as a kind and a text. Private to the collection; pure.

Action plugins return them as C(messages), and the callback drover.docker.compact prints them. Nothing else prints:
output of a worker breaks callbacks that write JSON, and hangs Ansible if nobody reads it.
"""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.problems import escaped

PLAIN = "plain"
"""A line without a kind: a table, or a file."""
ADVICE = "advice"
"""A further line of the message before it."""


class Message(t.NamedTuple):
    """One line for people.

    C(kind): done, failed, stale, refused, would, wait, warn, held, note, error, kept, ok, plain or advice.
    """

    kind: str
    text: str

    @property
    def line(self) -> str:
        """The line as it is printed. Control characters that a host said are shown escaped."""
        return escaped(self.text if self.kind == PLAIN else f"{self._word:<5}  {self.text}")

    @property
    def _word(self) -> str:
        return "" if self.kind == ADVICE else self.kind


def as_data(found: t.Iterable[Message]) -> list[dict[str, str]]:
    """Return messages as a task's result has them."""
    return [{"kind": message.kind, "text": escaped(message.text)} for message in found]


def shown(found: t.Iterable[Message], failure: str = "") -> dict[str, t.Any]:
    """Return what the task that ends a command shows: its lines, and why it fails."""
    return {"lines": [message.line for message in found], "failure": escaped(failure)}


def read_messages(found: t.Any) -> list[Message]:
    """Return the messages in a task's result; none if it has none of ours."""
    items = found if isinstance(found, list) else []
    return [
        Message(str(item["kind"]), str(item["text"]))
        for item in items
        if isinstance(item, dict) and set(item) == {"kind", "text"}
    ]


def plain(lines: t.Iterable[str]) -> list[Message]:
    """Return lines without a kind."""
    return [Message(PLAIN, line) for line in lines]
