# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables drover_registries and drover_registries_file: credentials of registries. Private to the collection.

No message shows a value: it may be a password in the wrong place.
"""

from __future__ import annotations

import typing as t

import yaml
from ansible.errors import AnsibleError
from ansible_collections.drover.docker.plugins.module_utils._common.registries import (
    DEFAULT_REGISTRY,
    Credentials,
    Registries,
    registry_of,
)

NAME, FILE = "drover_registries", "drover_registries_file"
_FORM = "write a map of registry to username and password, e.g. {registry.example.com: {username: ci, password: ...}}"
_KEYS = {"username", "password"}
_NO_TEXT = (bool, int, float, list, dict)
"""What YAML makes of some passwords without quotes: C(0123) is 83. Vault values have a type of their own."""


def read_registries(
    variables: t.Mapping[str, t.Any], template: t.Callable[[t.Any], t.Any] = lambda value: value
) -> Registries:
    """Return the credentials that the variables of a host have; without them none. Variables may be templates.

    C(drover_registries_file) comes first: the inventory of a timer may hold C(drover_registries) as Vault values that
    the timer cannot decrypt.

    Raises:
        AnsibleError: The variable is not what it should be, with all that is wrong, or its file cannot be read.
    """
    path = template(variables.get(FILE))
    given = _content(str(path)) if path else template(variables.get(NAME))
    if given in (None, ""):
        return {}
    if not isinstance(given, t.Mapping):
        problems = [f"it is not a map; {_FORM}"]
    else:
        problems = [text for name, value in given.items() for text in _problems(str(name), value)]
    if problems:
        raise AnsibleError(f"{FILE if path else NAME}: {'; '.join(problems)}")
    return {str(name): _credentials(value) for name, value in given.items()}


def _content(path: str) -> t.Any:
    """Read the file. No message shows a line of it."""
    try:
        with open(path, encoding="utf-8") as stream:
            return yaml.safe_load(stream)
    except OSError as error:
        raise AnsibleError(f"{FILE}: cannot read {path}: {error.strerror}") from None
    except (UnicodeDecodeError, yaml.YAMLError):
        raise AnsibleError(f"{FILE}: {path} is not YAML; {_FORM}") from None


def credentials(registries: Registries, images: t.Iterable[str]) -> Registries:
    """Return those of the registries of these images: a host gets no others."""
    wanted = {registry_of(image) for image in images}
    return {name: value for name, value in registries.items() if name in wanted}


def _credentials(value: t.Mapping[str, t.Any]) -> Credentials:
    return {str(key): str(text) for key, text in value.items()}


def _problems(name: str, value: t.Any) -> t.Iterator[str]:
    if "/" in name or registry_of(f"{name}/image") != name:
        form = f"write its host or host:port, without a scheme and a path, or {DEFAULT_REGISTRY}"
        yield f"{name!r} is no registry; {form}"
    elif not isinstance(value, t.Mapping):
        yield f"{name}: {_FORM}"
    else:
        yield from _wrong_keys(name, value)


def _wrong_keys(name: str, value: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    for key in sorted(_KEYS):
        if value.get(key) in (None, ""):
            yield f"{name}: {key} is missing"
        elif isinstance(value[key], _NO_TEXT):
            yield f"{name}: {key} is no text; write it in quotes"
    for key in sorted(set(map(str, value)) - _KEYS):
        yield f"{name}: unknown key {key}; only username and password count"
