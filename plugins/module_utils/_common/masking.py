# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hide secrets in texts of engines, which may repeat their input. Private to the collection; pure."""

from __future__ import annotations

import re
import typing as t

HIDDEN = "********"
SHORTEST = 4
"""Shorter values are left: hiding each C(rw) or C(no) would make a text unreadable."""
# A failed mount: the kernel's options stand between "data: " and the reason. Passwords of CIFS shares are there.
_MOUNT_DATA = re.compile(r"(\bdata: ).*(?=: )", re.DOTALL)


def mask(text: str, secrets: t.Iterable[str] = ()) -> str:
    """The text without these values, and without the options of a mount."""
    text = _MOUNT_DATA.sub(rf"\g<1>{HIDDEN}", text)
    for value in sorted(set(secrets), key=len, reverse=True):
        if len(value) >= SHORTEST:
            text = text.replace(value, HIDDEN)
    return text


def option_secrets(options: t.Mapping[str, t.Any] | None) -> list[str]:
    """What may be secret in the options of a volume: the values, and the parts of values with commas.

    The engine moves flags such as C(rw) out of C(rw,username=x,password=y), so the whole value may not occur.
    """
    values = [str(value) for value in (options or {}).values()]
    pieces = [piece for value in values for piece in value.split(",")]
    return [*values, *(piece.partition("=")[2] for piece in pieces if "=" in piece)]
