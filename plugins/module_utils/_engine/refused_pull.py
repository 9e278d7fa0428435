# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say which registry refused a pull, and what to do. Private to the collection."""

from __future__ import annotations

import contextlib
import re
import typing as t

from .errors import EngineError

# Texts of registries behind the status 401 or 403. An engine passes them on with a status of its own (404, 500).
_REFUSED = re.compile(
    r"unauthorized|authentication required|no basic auth credentials|access denied|\bdenied:"
    r"|incorrect username or password|\b401\b|\b403\b",
    re.IGNORECASE,
)


def registry_of(reference: str) -> str:
    """The registry of an image's name, as C(docker login) takes it; empty for the engine's default."""
    from docker import auth

    registry, _name = auth.resolve_repository_name(reference)
    return "" if registry == auth.INDEX_NAME else str(registry)


@contextlib.contextmanager
def refused_pulls(reference: str) -> t.Iterator[None]:
    """Name the registry in the error of a pull that it refused. Other errors stay as they are."""
    try:
        yield
    except EngineError as error:
        if not _REFUSED.search(error.message):
            raise
        raise type(error)(_text(reference, error.message), error.status) from error


def _text(reference: str, message: str) -> str:
    registry = registry_of(reference)
    who = f"registry {registry}" if registry else "the default registry"
    login = f"docker login {registry}".strip()
    return (
        f"{who} refused the pull: {message.strip()}; check the image's name, or run '{login}' on this host as the user "
        "of its tasks (root with become)"
    )
