# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which registry an image comes from, and the credentials for it. Private to the collection; pure.

Credentials are in the variables of the inventory and in the call that pulls, and nowhere else.
"""

from __future__ import annotations

import typing as t

DEFAULT_REGISTRY = "docker.io"
"""The registry of names without one, as Docker calls it."""

Credentials = t.Dict[str, str]
"""C(username) and C(password)."""
Registries = t.Dict[str, Credentials]
"""By registry, as C(docker login) takes it."""


def registry_of(reference: str) -> str:
    """The registry of an image's name: its first part, if that can be a host (Docker's rule)."""
    first, slash, _name = reference.partition("/")
    is_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    return first if is_host else DEFAULT_REGISTRY


def credentials_for(reference: str, registries: Registries) -> Credentials | None:
    """The credentials for the registry of an image, if there are any."""
    return registries.get(registry_of(reference))
