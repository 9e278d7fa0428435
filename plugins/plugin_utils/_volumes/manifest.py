# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest of a backup: docs/schema.md section 14. Private to the collection; pure."""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._common.names import canonical_json
from ansible_collections.drover.docker.plugins.plugin_utils._pass.shape import misfit

from .failures import Refused
from .sealing import seal_of

FILE = "manifest.json"
FORMAT = 1
LARGEST_BYTES = 4 * 1024 * 1024
_NAME = re.compile(r"(volume-[0-9]+\.tar|output)(\.gz|\.zst)?(\.enc)?")


class Part(t.TypedDict):
    """One file of a backup."""

    file: str
    path: str
    """The volume's path in the container; empty for the output of a command."""
    volume: str
    files: int
    """Entries of the tar."""
    size: int
    """Bytes of the tar."""
    sha256: str
    """Of the tar, in hexadecimal."""
    stored_size: int
    stored_sha256: str
    """Of the file as it lies here, compressed and perhaps encrypted."""
    skipped: list[str]
    """Sockets, devices and mounts, which no backup has; the first ones."""
    changed: list[str]
    """Files that changed while they were read; the first ones."""
    shared: list[str]
    """Other containers that ran with a volume of the member meanwhile."""


class _Further(t.TypedDict, total=False):
    seal: str
    """HMAC-SHA-256 of the rest, with the key of an encrypted backup."""
    move: str
    """The mark of the move that it was made for."""


class Manifest(_Further):
    """What a backup is of, and what it has."""

    format: int
    stack: str
    service: str
    index: int
    host: str
    revision: int
    image: str
    time: str
    """In UTC, by the control node's clock."""
    release: str
    quiesce: str
    """C(stop), C(pause), C(none), or C(command)."""
    compress: str
    encrypted: bool
    volumes: list[Part]


def written(manifest: Manifest, key: bytes | None) -> bytes:
    """Return the content of the manifest's file, with a seal if there is a key."""
    found = {**manifest, "seal": _seal(manifest, key)} if key else manifest
    return (json.dumps(found, indent=2) + "\n").encode()


def read(content: bytes, key: bytes | None) -> Manifest:
    """Return a manifest that can be relied on. Raises Refused."""
    try:
        found = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Refused([f"{FILE} is no JSON: {error}"]) from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        said = found.get("format") if isinstance(found, dict) else None
        raise Refused([f"{FILE} has format {said!r}; this release reads format {FORMAT}"])
    problem = misfit(found, Manifest)
    if problem:
        raise Refused([f"{FILE}: {problem}"])
    manifest = t.cast("Manifest", found)
    problems = [*_name_problems(manifest), *_key_problems(manifest, key)]
    if problems:
        raise Refused(problems)
    return manifest


def _name_problems(manifest: Manifest) -> list[str]:
    names = [part["file"] for part in manifest["volumes"]]
    wrong = [name for name in names if not _NAME.fullmatch(name)]
    twice = {name for name in names if names.count(name) > 1}
    return [f"{FILE}: {name!r} is not the name of a file of a backup" for name in wrong] + [
        f"{FILE}: {name} is there twice" for name in sorted(twice)
    ]


def _key_problems(manifest: Manifest, key: bytes | None) -> list[str]:
    if not manifest["encrypted"]:
        return []
    if key is None:
        return ["the backup is encrypted: give its key with key_file"]
    if manifest.get("seal") != _seal(manifest, key):
        return [f"{FILE} does not fit the key: it was changed, or key_file is another key"]
    return []


def _seal(manifest: Manifest, key: bytes) -> str:
    plain = {name: value for name, value in manifest.items() if name != "seal"}
    return seal_of(key, canonical_json(plain).encode())


def misfits(
    manifest: Manifest, service: str, paths: t.Collection[str], *, force: bool
) -> list[str]:
    """Return why a backup cannot be restored to a service with these paths.

    Args:
        manifest: The backup's.
        service: C(STACK/SERVICE) to restore to.
        paths: The paths of volumes in its record.
        force: Whether another service's backup is taken.
    """
    own = f"{manifest['stack']}/{manifest['service']}"
    problems = []
    if own != service and not force:
        problems.append(
            f"the backup is of {own}, not of {service}; force=true takes it all the same"
        )
    if manifest["quiesce"] == "command":
        problems.append("the backup is the output of a command; feed it to the service by hand")
    else:
        unknown = [part["path"] for part in manifest["volumes"] if part["path"] not in paths]
        problems += [f"{service} has no volume at {path}" for path in unknown]
    return problems
