# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other spellings of a host's keys: those of Ansible's connection variables. Private to the collection; pure."""

from __future__ import annotations

import typing as t
import urllib.parse

from .values import KINDS, SourceError, at

SPELLINGS = {
    "remote_user": "user",
    "ansible_user": "user",
    "ansible_port": "port",
    "ansible_ssh_private_key_file": "private_key_file",
    "ansible_become": "become",
}
"""The key that each of them means."""
ADDRESS = "ansible_host"
"""Means C(docker_host) with C(ssh://)."""
BECOME_USER = "ansible_become_user"
"""There is no such key, because only root can read the records. So only C(root) is accepted."""
ALL = (*SPELLINGS, ADDRESS, BECOME_USER)

Given = t.Mapping[str, t.Any]


def in_our_spelling(given: Given, place: str) -> dict[str, t.Any]:
    """Return an entry of C(hosts) with its keys in our spelling.

    Args:
        given: The entry. Its other keys stay as they are.
        place: Where it is in the source, for errors.

    Raises:
        SourceError: A key is there in two spellings with different values, or a value is invalid.
    """
    _check_become_user(given, place)
    found = {key: value for key, value in given.items() if key not in ALL}
    _take_address(found, given.get(ADDRESS), place)
    by_url = _parts(found.get("docker_host"))
    for key in dict.fromkeys(SPELLINGS.values()):
        said = _said(key, given, place)
        if said:
            found[key] = _one_value(
                {"docker_host": by_url.get(key), **said, key: given.get(key)}, key, place
            )
    return found


def _said(key: str, given: Given, place: str) -> dict[str, t.Any]:
    """Return the values of the other spellings of a key that the entry has."""
    names = [name for name, means in SPELLINGS.items() if means == key]
    return {
        name: KINDS[key](given[name], at(place, name))
        for name in names
        if given.get(name) is not None
    }


def _one_value(said: Given, key: str, place: str) -> t.Any:
    """Return the value that all spellings of a key agree on."""
    values = {
        name: KINDS[key](value, at(place, name))
        for name, value in said.items()
        if value is not None
    }
    first, *others = values
    for name in others:
        _check_same((name, values[name]), (first, values[first]), place)
    return values[first]


def _check_same(one: tuple[str, t.Any], other: tuple[str, t.Any], place: str) -> None:
    if one[1] != other[1]:
        raise SourceError(
            f"{at(place, one[0])}: is {one[1]}, but {other[0]} says {other[1]}; give one of them"
        )


def _check_become_user(given: Given, place: str) -> None:
    user = given.get(BECOME_USER)
    if user not in (None, "root"):
        raise SourceError(
            f"{at(place, BECOME_USER)}: is {user}, but this plugin can only become root; remove it"
        )


def _take_address(found: dict[str, t.Any], given: t.Any, place: str) -> None:
    """Take C(ansible_host) for C(docker_host), or see that both name the same machine."""
    if given is None:
        return
    address = str(given).strip("[]")
    if found.get("docker_host") is None:
        found["docker_host"] = f"ssh://[{address}]" if ":" in address else f"ssh://{address}"
        return
    other = _parts(found["docker_host"]).get("address") or "this machine"
    _check_same((ADDRESS, address.lower()), ("docker_host", other), place)


def _parts(url: t.Any) -> dict[str, t.Any]:
    """Return what a URL says of address, user and port. Another check refuses a broken one."""
    try:
        split = urllib.parse.urlsplit(str(url or ""))
        parts = {"address": split.hostname, "user": split.username, "port": split.port}
    except ValueError:
        return {}
    return {key: value for key, value in parts.items() if value}
