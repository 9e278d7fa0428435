# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quote values for a HAProxy config, so that none can add a word, a line or an expression. Private to the collection.

Every function takes the key of the value for its message, and raises ValueError if the value cannot be written.
"""

from __future__ import annotations

import functools
import ipaddress
import re
import typing as t

LONGEST_NAME = 128
LONGEST_TIME_MS = 2**31 - 1  # HAProxy refuses longer times
MOST = 1_000_000

_NAME = re.compile(r"[A-Za-z0-9_.:-]+\Z")
_PLAIN = re.compile(r"[A-Za-z0-9_.:/@,=+*?&;~!-]+\Z")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def name(value: t.Any, *, key: str) -> str:
    """The name of a proxy or server: letters, digits and C(_ . : -)."""
    if not isinstance(value, str) or not _NAME.match(value) or len(value) > LONGEST_NAME:
        raise ValueError(
            f"{key}: must be 1 to {LONGEST_NAME} letters, digits or _ . : -, not {shown(value)}"
        )
    return value


def word(value: t.Any, *, key: str) -> str:
    """Any visible ASCII text, spaces included, as one literal word.

    HAProxy interprets nothing in single quotes: not C(#), C($), backslash or double quote.
    """
    if not isinstance(value, str) or not value:
        raise ValueError(f"{key}: must be text, not {shown(value)}")
    if _UNPRINTABLE.search(value):
        raise ValueError(
            f"{key}: must be one line of ASCII without control characters, not {shown(value)}"
        )
    if _PLAIN.match(value):
        return value
    return "'" + value.replace("'", r"'\''") + "'"


def format_word(value: t.Any, *, key: str) -> str:
    """Like word, for values that are log formats: there a percent sign begins an expression, so it is doubled."""
    return word(value.replace("%", "%%") if isinstance(value, str) else value, key=key)


def endpoint(address: t.Any, port: t.Any, *, key: str) -> str:
    """An IP address (never a name, which HAProxy would look up at start) and a port."""
    try:
        place = _address(address if isinstance(address, str) else "")
    except ValueError:
        raise ValueError(f"{key}.address: must be an IP address, not {shown(address)}") from None
    if not place:
        raise ValueError(f"{key}.address: must be without a zone, not {shown(address)}")
    return f"{place}:{whole(port, key=f'{key}.port', least=1, most=65535)}"


def listener(address: t.Any, port: int, *, key: str) -> str:
    """Where a proxy listens: at one address of its container, or for an empty one at all of them."""
    return endpoint(address, port, key=key) if address else f":{port}"


@functools.lru_cache(maxsize=65536)
def _address(text: str) -> str:
    """An IP address as it is written before a port; empty for one with a zone. Raises ValueError.

    Each one is in the configs of several HAProxys, so it is parsed once.
    """
    found = ipaddress.ip_address(text)
    if getattr(found, "scope_id", None):
        return ""
    return f"[{found}]" if found.version == 6 else str(found)


def whole(value: t.Any, *, key: str, least: int = 0, most: int = MOST) -> int:
    """A whole number in this range."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{key}: must be a whole number {least} to {most}, not {shown(value)}")
    return value


def shown(value: t.Any) -> str:
    """A value as it is written in a message: on one line, and not too long."""
    text = ascii(value)
    return text if len(text) <= 80 else text[:77] + "..."
