# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The placement of a member: its entry in a record's body (docs/schema.md section 4). Private to the collection."""

from __future__ import annotations

import typing as t


class MemberEntry(t.TypedDict):
    """The placement of one member."""

    host: str
    launch: str
    """The id of the launch that its container must have."""
    address: str
    """On the managed network; empty if the service is not on it."""
    network: str
    """The managed network of the address; empty without an address."""
    create_index: int
    """Ever-increasing number of the service's members."""
    volumes: dict[str, str]
    """Container path to volume name."""
    retired: bool
    """No longer wanted; the entry stays because it names the volumes."""


Members = t.Dict[str, MemberEntry]
"""The entries of one stack, by the key of the member."""
