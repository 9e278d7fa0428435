# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a backup or a restore is not done. Private to the collection."""

from __future__ import annotations

import typing as t


class Refused(Exception):
    """It is refused before anything is touched. C(problems): all reasons, one sentence each."""

    def __init__(self, problems: t.Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(self.problems))


class Failed(Exception):
    """It was begun and failed. Nothing half is left."""
