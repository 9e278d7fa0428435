# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One section of a HAProxy config before rendering. Pure; private to the collection."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass
class Section:
    """Its first line, its lines, the last step of its check, and its last lines: rules or servers."""

    head: str
    lines: list[str] = dataclasses.field(default_factory=list)
    tail: list[str] = dataclasses.field(default_factory=list)
    last_step: list[str] = dataclasses.field(default_factory=list)
    """Lines of a check that must follow all others of it."""

    def text(self) -> str:
        """The section as HAProxy reads it."""
        return "".join(f"{line}\n" for line in (self.head, *self._indented()))

    def _indented(self) -> list[str]:
        return [f"    {line}" for line in (*self.lines, *self.last_step, *self.tail)]
