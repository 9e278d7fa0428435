# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of an inventory source: what each key accepts. Controller only; private to the collection; pure."""

from __future__ import annotations

import shlex
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

LONGEST_S = 600.0


class SourceError(Exception):
    """A key of the source is invalid. The text names it and says what to do."""


def at(place: str, key: str) -> str:
    """Return the name of a key of an entry; of the top level if the place is empty."""
    return f"{place}.{key}" if place else key


def _text(value: t.Any, place: str) -> str:
    if isinstance(value, (dict, list)):
        raise SourceError(f"{place}: must be a text")
    return str(value)


def _folder(value: t.Any, place: str) -> str:
    text = _text(value, place)
    if not text.startswith("/"):
        raise SourceError(f"{place}: {text!r} must be an absolute path on the Docker host")
    return text


def _arguments(value: t.Any, place: str) -> str:
    text = _text(value, place)
    try:
        shlex.split(text)
    except ValueError as error:
        raise SourceError(f"{place}: cannot be split into arguments: {error}") from error
    return text


def flag(value: t.Any, place: str) -> bool:
    """Return a truth value. Raises SourceError if it is none."""
    try:
        return bool(boolean(value))
    except TypeError as error:
        raise SourceError(f"{place}: must be true or false, not {value!r}") from error


def _seconds(value: t.Any, place: str) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = 0.0
    if not 0.1 <= seconds <= LONGEST_S:
        raise SourceError(f"{place}: must be seconds, 0.1 to {LONGEST_S:g}, not {value!r}")
    return seconds


def port_number(value: t.Any, place: str) -> int:
    """Return a port. Raises SourceError if it is none."""
    text = str(value)
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise SourceError(f"{place}: the port must be 1 to 65535, not {text}")
    return int(text)


Kind = t.Callable[[t.Any, str], t.Any]
KINDS: dict[str, Kind] = {
    "user": _text,
    "port": port_number,
    "timeout": _seconds,
    "private_key_file": _text,
    "ssh_args": _arguments,
    "python": _text,
    "become": flag,
    "socket": _folder,
    "state_dir": _folder,
    "tls": flag,
    "validate_certs": flag,
    "ca_path": _text,
    "client_cert": _text,
    "client_key": _text,
    "tls_hostname": _text,
}
"""Options of a host. They may also be at the top level."""
