# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server's settings in a config. Pure; private to the collection."""

from __future__ import annotations

import dataclasses
import typing as t

Server = t.Tuple[str, str]


@dataclasses.dataclass(frozen=True)
class Wanted:
    """The settings of one server in a config."""

    weight: int = 1
    disabled: bool = False
    place: str = ""
    """Address and port; a reload passes on only the state of a server at this place."""
