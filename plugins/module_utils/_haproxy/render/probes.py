# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names in a checker's config: backends are named by what they ask, servers by who is asked. Pure; private.

HAProxy adds and removes servers while it runs, but no backends. So all members that are asked alike share one backend,
and its name is the hash of its lines: two backends of one name ask the same, in any file and in any process.
"""

from __future__ import annotations

import hashlib
import re
import typing as t

_PROBE = re.compile(r"probe-[0-9a-f]{12}\Z")


def probe_name(lines: t.Iterable[str]) -> str:
    """The name of the backend that has these lines beside its servers."""
    text = "".join(f"{line}\n" for line in lines)
    return f"probe-{hashlib.sha256(text.encode('utf-8')).hexdigest()[:12]}"


def is_probe(backend: str) -> bool:
    """Whether a backend is named by its lines."""
    return bool(_PROBE.match(backend))


def target_name(backend: str, server: str) -> str:
    """The server that stands for one check of the model.

    Both names may have colons of their own (an IPv6 address has), so the end says how long the first one is.
    """
    return f"{backend}:{server}:{len(backend)}"


def names_of(backend: str, server: str) -> tuple[str, str]:
    """The names of the model for what HAProxy calls a backend and its server; those that are not ours stay."""
    both, _colon, length = server.rpartition(":")
    if not is_probe(backend) or not length.isdigit() or both[int(length) :][:1] != ":":
        return backend, server
    return both[: int(length)], both[int(length) + 1 :]
