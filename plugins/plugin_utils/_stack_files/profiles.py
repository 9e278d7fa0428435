# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles of services: which services are wanted at all. Controller only; private to the collection."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._compose.values import (
    boolean,
    entries,
    is_empty,
    line,
)
from ansible_collections.drover.docker.plugins.module_utils._model.problems import (
    Invalid,
    Place,
    quoted,
)

EVERY_PROFILE = "*"
NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")

Disabled = t.Mapping[str, t.Sequence[str]]


def profiles_of(value: t.Any, place: Place) -> list[str]:
    """Return the profiles of a service; a service without any is always wanted."""
    return [] if is_empty(value) else entries(value, place, profile)


def profile(value: t.Any) -> str:
    """Return the name of a profile.

    Raises:
        Invalid: it has other characters than letters, digits and C(_.-).
    """
    name = line(value)
    if not NAME.fullmatch(name):
        raise Invalid(
            f"a profile is named with letters, digits and _.- between, not {quoted(name)}"
        )
    return name


def without_disabled(keys: dict[str, t.Any], disabled: Disabled, place: Place) -> None:
    """Remove what names a service that is left out; note it, unless it need not be there."""
    for key in ("depends_on", "links"):
        value = keys.get(key)
        if isinstance(value, (dict, list)):
            keys[key] = _kept(value, disabled, place.at(key))


def _kept(value: t.Any, disabled: Disabled, place: Place) -> t.Any:
    """Return the entries of a list or map whose service is not left out."""
    for name in _named(value):
        if name in disabled and not _optional(value, name):
            wanted = quoted(f"-e profiles={disabled[name][0]}")
            place.problem(f"{quoted(name)} is only there with a profile; write {wanted}")
    if isinstance(value, dict):
        return {name: item for name, item in value.items() if name not in disabled}
    return [item for item in value if _service(item) not in disabled]


def _named(value: t.Any) -> list[str]:
    return list(dict.fromkeys(_service(item) for item in value))


def _service(item: t.Any) -> str:
    """Return the service of an entry: C(db), or C(db:alias)."""
    return str(item).partition(":")[0]


def _optional(value: t.Any, name: str) -> bool:
    """Whether an entry says C(required: false)."""
    item = value.get(name) if isinstance(value, dict) else None
    required = item.get("required") if isinstance(item, dict) else None
    try:
        return required is not None and not boolean(required)
    except Invalid:
        return False
