# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of containers, volumes and DNS. Private to the collection; see docs/schema.md section 2."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import typing as t

from .constants import INTERNAL_DOMAIN, SYSTEM_STACK

SERVICE = r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*"
"""The pattern of a service's name. No two separators stand together, so a name is never a path or two names."""


def canonical_json(value: t.Any) -> str:
    """One unique text for each value: sorted keys, no spaces. Every hash is computed from it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def digest(value: t.Any) -> str:
    """SHA-256 (hex) of the canonical JSON of a value."""
    return hashlib.sha256(canonical_json(value).encode("ascii")).hexdigest()


def stack_name(raw: str) -> str:
    """Rancher's stack name: lower case, anything else becomes a hyphen."""
    return re.sub(r"[^a-z0-9-]+", "-", raw.lower()).strip("-")


def reserved(stack: str) -> str:
    """Why a stack name is reserved; empty if people may use it."""
    if stack != SYSTEM_STACK:
        return ""
    return (
        f'"{stack}" is the stack of the system services, such as the checkers; choose another name'
    )


def stack_volume_name(stack: str, volume: str) -> str:
    """A volume declared by the stack, shared by its members."""
    return f"{stack}_{volume}"


def unnamed_volume_name(stack: str, service: str, index: int, path: str) -> str:
    """A volume that the image or the file declares without a name; the same path always gives the same name."""
    normal = posixpath.normpath(path)
    slug = re.sub(r"[^a-z0-9]", "", posixpath.basename(normal).lower())[:20] or "root"
    short_hash = hashlib.sha256(normal.encode("utf-8")).hexdigest()[:8]
    return f"{stack}_{service}_{index}_{slug}_{short_hash}"


def aliases(stack: str, service: str, more: t.Iterable[str] = ()) -> list[str]:
    """A member's names on the managed network, besides its container's name. C(more): other names of its service."""
    names = dict.fromkeys([service, *more])
    domains = (stack, f"{stack}.{INTERNAL_DOMAIN}")
    return [f"{name}.{domain}" for name in names for domain in domains]


def is_alias_in(stack: str, alias: str) -> bool:
    """Whether a name is one of those that L(aliases) gives in a stack."""
    return alias.endswith((f".{stack}", f".{stack}.{INTERNAL_DOMAIN}"))


def alike(service: str) -> str:
    """What is equal for names that are too much alike: a group of the inventory knows no case and only underscores."""
    return re.sub(r"[._-]", "-", service.lower())


def endpoint_links(links: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
    """Links of a canonical service in the form of the engine's endpoint: C(SERVICE.STACK:ALIAS)."""
    return [f"{link['service']}.{link['stack']}:{link['alias']}" for link in links]


def search_domains(stack: str) -> list[str]:
    """DNS search list of a stack's containers, so that the C(db) of two stacks never mix."""
    return [f"{stack}.{INTERNAL_DOMAIN}", INTERNAL_DOMAIN]
