# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks what a collection tarball holds: ``check_tarball.py TARBALL``.

Prints its number of files and its size; names every member that does not belong there, and then exits with 1.
"""

from __future__ import annotations

import re
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ALLOWED = {
    "CHANGELOG.md",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "FILES.json",
    "LICENSE",
    "MANIFEST.json",
    "README.md",
    "changelogs",
    "docs",
    "examples",
    "meta",
    "playbooks",
    "plugins",
    "roles",
    "scripts",
}
NEEDED = {
    "LICENSE",
    "README.md",
    "CHANGELOG.md",
    "meta/runtime.yml",
    "plugins/modules",
    "playbooks",
}
LEFTOVER = re.compile(
    r"(^|/)(\.[^/]*|__pycache__|id_(rsa|dsa|ecdsa|ed25519)[^/]*|[^/]*\.(key|pem|pyc|pyo|retry|log|orig|rej|tar\.gz|swp))(/|$)"
)
PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16}")
MAX_FILE_BYTES = 1_000_000


def faults_of(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[str]:
    """Yield what is wrong with one member of the tarball."""
    if PurePosixPath(member.name).parts[0] not in ALLOWED:
        yield "is not for users: list it in build_ignore of galaxy.yml"
    if LEFTOVER.search(member.name):
        yield "is a leftover or a key by its name"
    if member.issym() or member.islnk() or not (member.isfile() or member.isdir()):
        yield "is neither a file nor a folder"
    if member.size > MAX_FILE_BYTES:
        yield f"has {member.size} bytes, more than {MAX_FILE_BYTES}"
    content = tar.extractfile(member) if member.isfile() else None
    if content and PRIVATE_KEY.search(content.read()):
        yield "holds a private key"


def check(path: Path) -> list[str]:
    """Return one line for each fault of the tarball, and print a line about its size."""
    with tarfile.open(path) as tar:
        members = tar.getmembers()
        faults = [
            f"{member.name} {fault}" for member in members for fault in faults_of(tar, member)
        ]
    names = {member.name for member in members}
    faults += [f"{name} is missing" for name in sorted(NEEDED - names)]
    files = sum(member.isfile() for member in members)
    print(f"{path.name}: {files} files, {path.stat().st_size / 1000:.0f} kB")
    return faults


def main() -> int:
    """Check the tarball that the command line names."""
    faults = check(Path(sys.argv[1]))
    for fault in faults:
        print(f"check_tarball: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
