# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The edge to people: nothing is printed without it, and nothing that it prints controls a terminal."""

from __future__ import annotations

import pathlib
import re
import typing as t

from ansible_collections.drover.docker.plugins.plugin_utils import _output
from ansible_collections.drover.docker.plugins.plugin_utils._output.screen import (
    printable_text,
    say,
    warn,
)
from hypothesis import given
from hypothesis import strategies as st

PLUGINS = pathlib.Path(_output.__file__).parent.parent.parent
PRINTS = re.compile(r"isplay\.(display|warning|error|v+|banner|deprecated)\(|\bprint\(")


class Screen:
    """Takes what would be printed."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def display(self, text: str, color: str | None = None) -> None:
        self.texts.append(text)

    warning = display


@given(st.lists(st.text()))
def test_each_text_is_one_line_without_control_characters(lines: list[str]) -> None:
    screen = t.cast("t.Any", Screen())
    say(screen, lines)
    for line in lines:
        warn(screen, line)
    assert len(screen.texts) == 2 * len(lines)
    assert all(text.isprintable() for text in screen.texts)


@given(st.text())
def test_a_text_of_several_lines_keeps_its_line_breaks_only(text: str) -> None:
    shown = printable_text(text)
    assert shown.count("\n") == text.count("\n")
    assert shown.replace("\n", "").isprintable()


def test_plain_text_stays_as_it_is() -> None:
    assert printable_text("héllo wörld\n  a\n") == "héllo wörld\n  a\n"


def test_nothing_of_the_controllers_prints_by_itself() -> None:
    """What hosts run may print, as Ansible reads it: the inventory's probe and the channel's bootstrap."""
    folders = ("action", "callback", "filter", "inventory", "plugin_utils")
    files = [path for folder in folders for path in (PLUGINS / folder).rglob("*.py")]
    found = {path.stem for path in files if PRINTS.search(path.read_text(encoding="utf-8"))}
    assert found == {"screen", "probe"}
