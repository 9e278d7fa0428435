# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key with which this control node signs records. Private to the collection.

It is in no message: neither its text nor what a file holds in its place.
"""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleError

SHORTEST_KEY = 16
"""Characters. A shorter key can be guessed by a host, which has signed records to try it on."""
LARGEST_BYTES = 4096
_TEXT, _FILE = "drover_record_key", "drover_record_key_file"


def record_key(
    variables: t.Mapping[str, t.Any], template: t.Callable[[t.Any], t.Any] = lambda value: value
) -> str:
    """Return the key; empty if there is none. Variables may be templates.

    C(drover_record_key_file) comes first: the inventory of a timer may hold C(drover_record_key) as a Vault value
    that the timer cannot decrypt.

    Raises:
        AnsibleError: The key is too short, or its file cannot be read.
    """
    path = template(variables.get(_FILE))
    name = _FILE if path else _TEXT
    given = _content(str(path)) if path else template(variables.get(_TEXT))
    key = "" if given is None else str(given).strip()
    if (key or path) and len(key) < SHORTEST_KEY:
        raise AnsibleError(
            f"{name}: the key must have at least {SHORTEST_KEY} characters; make one with openssl rand -hex 32"
        )
    return key


def _content(path: str) -> str:
    """Read the file of the key.

    Raises:
        AnsibleError: It cannot be read, or is no key.
    """
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read(LARGEST_BYTES)
    except OSError as error:
        raise AnsibleError(f"{_FILE}: cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise AnsibleError(f"{_FILE}: {path} is not text") from None
