# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packs a folder for the control node, on the machine that runs the play.

pack.py digest SOURCE [NAME...]         print a checksum of what would be packed; of a file SOURCE its own
pack.py pack SOURCE TARGET [NAME...]    write it to TARGET, a .tar.gz

With names, only these files and folders of SOURCE. The same content gives the same checksum wherever it lies;
links are followed, as a checkout may show the collection by links.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tarfile
import typing as t


def files_of(source: str, names: t.Sequence[str]) -> t.Iterator[tuple[str, str]]:
    """Path inside the archive and real path of each file, in order; nothing that Python or git left."""
    for name in sorted(names or os.listdir(source)):
        top = os.path.join(source, name)
        if os.path.isfile(top):
            yield name, top
        for folder, inner, files in os.walk(top, followlinks=True):
            inner[:] = sorted(item for item in inner if not _left(item))
            for item in sorted(files):
                if not _left(item):
                    path = os.path.join(folder, item)
                    yield os.path.relpath(path, source), path


def _left(name: str) -> bool:
    return name == "__pycache__" or name.startswith(".") or name.endswith(".pyc")


def digest(source: str, names: t.Sequence[str]) -> str:
    """SHA-256 over names and content."""
    total = hashlib.sha256()
    found = [("", source)] if os.path.isfile(source) else files_of(source, names)
    for name, path in found:
        with open(path, "rb") as stream:
            content = hashlib.sha256(stream.read()).hexdigest()
        total.update(f"{name} {content}\n".encode())
    return total.hexdigest()


def pack(source: str, target: str, names: t.Sequence[str]) -> None:
    """Write the archive. Its files belong to root and are readable by all."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        entry.mode = 0o755 if entry.mode & 0o100 else 0o644
        return entry

    with tarfile.open(target, "w:gz", dereference=True) as archive:
        for name, path in files_of(source, names):
            archive.add(path, arcname=name, filter=plain)


def main(words: t.Sequence[str]) -> None:
    """Do what the command line says."""
    if words[0] == "digest":
        print(digest(words[1], words[2:]))
    else:
        pack(words[1], words[2], words[3:])


if __name__ == "__main__":
    main(sys.argv[1:])
