# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The edge to people: every text that the collection prints goes through here. Private to the collection.

Labels, names of containers and whatever else a host says may hold control characters: they would move the cursor,
change colours and titles, or make a line of their own. They are shown escaped.
"""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.problems import escaped

if t.TYPE_CHECKING:
    from ansible.utils.display import Display


def say(display: Display, lines: t.Iterable[str], *, colour: str | None = None) -> None:
    """Print each text on one line. C(colour): a name of Ansible's."""
    for line in lines:
        display.display(escaped(line), color=colour)


def say_diff(display: Display, text: str) -> None:
    """Print a difference as Ansible formats it. Its parts went through printable_text; its colours are Ansible's."""
    display.display(text)


def warn(display: Display, text: str) -> None:
    """Print a warning."""
    display.warning(escaped(text))


def printable_text(text: str) -> str:
    """Return a text of several lines for Ansible to print, with everything but its line breaks escaped."""
    return "".join(f"{escaped(line)}\n" for line in text.split("\n")).removesuffix("\n")


def message(text: str) -> str:
    """Return the message of a failed task, which Ansible prints, on one line."""
    return escaped(text)
