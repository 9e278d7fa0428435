# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names in a checker's config: a backend is named by its request, a server by its target. Pure; private.

HAProxy can add and remove servers at run time, but not backends. So all members with the same check share one backend
whose name is the hash of its lines: backends of the same name send the same check in every file and process.
"""

from __future__ import annotations

import hashlib
import re
import typing as t

_PROBE = re.compile(r"probe-[0-9a-f]{12}\Z")


def probe_name(lines: t.Iterable[str]) -> str:
    """The name of the backend with these lines besides its servers."""
    text = "".join(f"{line}\n" for line in lines)
    return f"probe-{hashlib.sha256(text.encode('utf-8')).hexdigest()[:12]}"


def is_probe(backend: str) -> bool:
    """Whether a backend's name is the hash of its lines."""
    return bool(_PROBE.match(backend))


def target_name(backend: str, server: str) -> str:
    """The server that stands for one check of the model.

    Both names may contain colons (as an IPv6 address does), so the end gives the length of the first one.
    """
    return f"{backend}:{server}:{len(backend)}"


def names_of(backend: str, server: str) -> tuple[str, str]:
    """The model's names for HAProxy's names of a backend and its server; foreign names stay."""
    both, _colon, length = server.rpartition(":")
    if not is_probe(backend) or not length.isdigit() or both[int(length) :][:1] != ":":
        return backend, server
    return both[: int(length)], both[int(length) + 1 :]
