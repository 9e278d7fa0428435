# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say which registry refused a pull, and what to do. Private to the collection."""

from __future__ import annotations

import contextlib
import re
import typing as t

from .._common.registries import DEFAULT_REGISTRY, registry_of
from .errors import EngineError

# Texts of registries behind the status 401 or 403. An engine passes them on with a status of its own (404, 500).
_REFUSED = re.compile(
    r"unauthorized|authentication required|no basic auth credentials|access denied|\bdenied:"
    r"|incorrect username or password|\b401\b|\b403\b",
    re.IGNORECASE,
)


@contextlib.contextmanager
def refused_pulls(reference: str, username: str = "") -> t.Iterator[None]:
    """Name the registry in the error of a pull that it refused. Other errors stay as they are.

    C(username): who asked, if the credentials are the inventory's; without it, they are what C(docker login) stored.
    """
    try:
        yield
    except EngineError as error:
        if not _REFUSED.search(error.message):
            raise
        raise type(error)(_text(reference, username, error.message), error.status) from error


def _text(reference: str, username: str, message: str) -> str:
    registry = registry_of(reference)
    who = "the default registry" if registry == DEFAULT_REGISTRY else f"registry {registry}"
    advice = f"check the user {username} of drover_registries" if username else _login(registry)
    return f"{who} refused the pull: {message.strip()}; check the image's name, or {advice}"


def _login(registry: str) -> str:
    login = "docker login" if registry == DEFAULT_REGISTRY else f"docker login {registry}"
    return (
        f"give its credentials with drover_registries, or run '{login}' on this host as the user of its tasks (root "
        "with become)"
    )
