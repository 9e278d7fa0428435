# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages of a channel: a length of four bytes, then JSON in UTF-8. Private to the collection."""

from __future__ import annotations

import json
import typing as t

Json = t.Dict[str, t.Any]

HEAD = 4
LONGEST = 64 * 1024 * 1024
"""An observation has about 100 KB. A longer message was not meant for a channel."""


class Garbage(Exception):
    """The input is not a message."""


def packed(message: Json) -> bytes:
    """A message in its wire format."""
    return framed(json.dumps(message, separators=(",", ":")).encode("utf-8"))


def framed(body: bytes) -> bytes:
    """Bytes prefixed with their length."""
    return len(body).to_bytes(HEAD, "big") + body


def length(head: bytes) -> int:
    """The length of a message from its first bytes. Raises Garbage."""
    found = int.from_bytes(head, "big")
    if found > LONGEST:
        raise Garbage(f"something else than a message: it begins with {head!r}")
    return found


def unpacked(body: bytes) -> Json:
    """A message from its JSON. Raises Garbage."""
    try:
        message = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Garbage(f"a message that is no JSON: {error}") from error
    if not isinstance(message, dict):
        raise Garbage("a message that is no map")
    return message
