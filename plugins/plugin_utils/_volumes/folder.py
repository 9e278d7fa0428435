# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of a backup on the control node: whole, or not there. Private to the collection."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
import typing as t

from . import manifest
from .failures import Failed, Refused
from .manifest import Manifest, Part
from .sealing import Damaged, Sealed, opened, read_key

_CHUNK = 256 * 1024
_PARTIAL = ".partial-"
ENDINGS = {"gzip": ".gz", "zstd": ".zst", "none": ""}


class NewFile:
    """A file of a new backup, that takes data as they come."""

    def __init__(self, folder: str, name: str, key: bytes | None) -> None:
        self.name = name
        handle = os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(handle, "wb")
        self._hash = hashlib.sha256()
        self.size = 0
        self._sealed = Sealed(_Direct(self._store), key) if key else None

    def write(self, data: bytes) -> None:
        """Take data, to be encrypted if there is a key."""
        (self._sealed.write if self._sealed else self._store)(data)

    def finish(self) -> None:
        """Bring everything to the disk."""
        if self._sealed:
            self._sealed.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def close(self) -> None:
        """Close it, whatever is in it."""
        self._file.close()

    @property
    def sha256(self) -> str:
        """The checksum of the file."""
        return self._hash.hexdigest()

    def _store(self, data: bytes) -> None:
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)


class _Direct:
    def __init__(self, write: t.Callable[[bytes], None]) -> None:
        self.write = write


class NewBackup:
    """A backup that is being written, under a name that nobody takes for a backup."""

    def __init__(self, dest: str, name: str, key: bytes | None) -> None:
        """Make the folder. C(name) is its final name in C(dest). Raises OSError."""
        os.makedirs(dest, mode=0o700, exist_ok=True)
        self._dest = dest
        self.path = os.path.join(dest, name)
        self._key = key
        _remove_left(dest)
        self._folder = tempfile.mkdtemp(prefix=f".{name}{_PARTIAL}", dir=dest)
        self._lock = os.open(self._folder, os.O_RDONLY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def file(self, name: str) -> NewFile:
        """Begin a file."""
        return NewFile(self._folder, f"{name}.enc" if self._key else name, self._key)

    def finish(self, content: Manifest) -> None:
        """Write the manifest, and give the folder its name. Raises Failed if there is one of this name."""
        handle = os.open(os.path.join(self._folder, manifest.FILE), os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(manifest.written(content, self._key))
            stream.flush()
            os.fsync(stream.fileno())
        if os.path.lexists(self.path):
            raise Failed(f"{self.path} is there already")
        os.fsync(self._lock)
        os.rename(self._folder, self.path)
        _sync(self._dest)

    def close(self) -> None:
        """Remove what is not finished."""
        shutil.rmtree(self._folder, ignore_errors=True)
        os.close(self._lock)


def _sync(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_left(dest: str) -> None:
    """Remove what a run that was killed has left: nobody holds its lock."""
    for name in os.listdir(dest):
        if not (name.startswith(".") and _PARTIAL in name):
            continue
        path = os.path.join(dest, name)
        with contextlib.suppress(OSError):
            handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path)
            finally:
                os.close(handle)


class StoredBackup:
    """A backup that is there."""

    def __init__(self, src: str, key_file: str) -> None:
        """Read its manifest. Raises Refused."""
        self._src = src
        self._key = read_key(key_file) if key_file else None
        path = os.path.join(src, manifest.FILE)
        try:
            with open(path, "rb") as stream:
                content = stream.read(manifest.LARGEST_BYTES)
        except OSError as error:
            raise Refused([f"{path}: {error.strerror}; src is the folder of one backup"]) from None
        self.manifest = manifest.read(content, self._key)

    def faults(self) -> list[str]:
        """Return what is wrong with its files, after reading all of them."""
        return [text for part in self.manifest["volumes"] for text in [self._fault(part)] if text]

    def data(self, part: Part) -> t.Iterator[bytes]:
        """Yield a file's content, decrypted. Raises Failed."""
        with open(self._path(part), "rb") as stream:
            if not self.manifest["encrypted"]:
                yield from _chunks(stream)
                return
            try:
                yield from opened(stream, self._key or b"")
            except Damaged as error:
                raise Failed(f"{part['file']}: {error}") from None

    def _path(self, part: Part) -> str:
        return os.path.join(self._src, part["file"])

    def _fault(self, part: Part) -> str:
        found = hashlib.sha256()
        try:
            with open(self._path(part), "rb") as stream:
                size = sum(len(chunk) for chunk in _hashed(stream, found))
        except OSError as error:
            return f"{part['file']}: {error.strerror}"
        if size != part["stored_size"]:
            return f"{part['file']} has {size} bytes, and the manifest says {part['stored_size']}"
        if found.hexdigest() != part["stored_sha256"]:
            return f"{part['file']}: its checksum does not fit the manifest"
        return ""


def _chunks(stream: t.BinaryIO) -> t.Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


def _hashed(stream: t.BinaryIO, found: t.Any) -> t.Iterator[bytes]:
    for chunk in _chunks(stream):
        found.update(chunk)
        yield chunk
