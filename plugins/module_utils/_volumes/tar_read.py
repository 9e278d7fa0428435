# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fill an empty folder from a tar stream. Private to the collection.

The stream is not trusted. Each name is created relative to the folder and without following links; a name that leads
out of it, a device, or a name that comes twice is refused.
"""

from __future__ import annotations

import contextlib
import os
import tarfile
import typing as t

from .tar_write import XATTR

_BUFFER = 256 * 1024
_BLOCK = 64 * 1024
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_ZEROS = bytes(_BLOCK)


class Unsafe(Exception):
    """The archive is damaged, or has something that no backup has."""


class Source(t.Protocol):
    """Where the stream comes from."""

    def read(self, count: int) -> bytes:
        """At most this many bytes; none at the end."""


def read_tar(folder: str, source: Source) -> int:
    """Create all that the stream has; return the number of its entries. Raises Unsafe and OSError."""
    root = os.open(folder, _FOLDER)
    try:
        reader = _Reader(root)
        with tarfile.open(
            fileobj=t.cast("t.Any", source),
            mode="r|",
            encoding="utf-8",
            errors="surrogateescape",
            bufsize=_BUFFER,
        ) as archive:
            for info in archive:
                reader.take(archive, info)
                t.cast("t.Any", archive).members.clear()  # it remembers all that it read
        reader.finish()
        return reader.count
    except tarfile.TarError as error:
        raise Unsafe(f"the archive is damaged: {error}") from error
    finally:
        os.close(root)


class _Reader:
    def __init__(self, root: int) -> None:
        self._root = root
        self._folders: list[tuple[list[str], tarfile.TarInfo]] = []
        self.count = 0

    def take(self, archive: tarfile.TarFile, info: tarfile.TarInfo) -> None:
        """Create one entry."""
        self.count += 1
        parts = parts_of(info.name)
        try:
            if not parts:
                self._take_root(info)
                return
            with self._opened(parts[:-1]) as parent:
                self._create(archive, info, parent, parts)
        except FileExistsError:
            raise Unsafe(f"{info.name} comes twice") from None

    def finish(self) -> None:
        """Give folders their attributes, the inner ones first: what is created in a folder changes its time."""
        for parts, info in reversed(self._folders):
            with self._opened(parts) as handle:
                _dress(handle, info)

    def _take_root(self, info: tarfile.TarInfo) -> None:
        if not info.isdir():
            raise Unsafe(f"{info.name!r} is no folder")
        self._folders.append(([], info))

    def _create(
        self, archive: tarfile.TarFile, info: tarfile.TarInfo, parent: int, parts: list[str]
    ) -> None:
        name = parts[-1]
        if info.isdir():
            os.mkdir(name, 0o700, dir_fd=parent)
            self._folders.append((parts, info))
        elif info.isreg():
            _fill(archive, info, parent, name)
        elif info.issym():
            os.symlink(info.linkname, name, dir_fd=parent)
            _dress_name(parent, name, info)
        elif info.islnk():
            self._link(info, parent, name)
        elif info.isfifo():
            os.mkfifo(name, 0o600, dir_fd=parent)
            _dress_name(parent, name, info)
            os.chmod(name, info.mode & 0o7777, dir_fd=parent)
        else:
            raise Unsafe(f"{info.name} is a device, or of an unknown kind")

    def _link(self, info: tarfile.TarInfo, parent: int, name: str) -> None:
        target = parts_of(info.linkname)
        if not target:
            raise Unsafe(f"{info.name} is a link to the folder itself")
        with self._opened(target[:-1]) as handle:
            os.link(target[-1], name, src_dir_fd=handle, dst_dir_fd=parent, follow_symlinks=False)

    @contextlib.contextmanager
    def _opened(self, parts: t.Sequence[str]) -> t.Iterator[int]:
        """The folder with this path. A link in its place is an error."""
        handle = os.dup(self._root)
        try:
            for part in parts:
                try:
                    inner = os.open(part, _FOLDER, dir_fd=handle)
                except OSError as error:
                    where = "/".join(parts)
                    raise Unsafe(
                        f"{where} is no folder of the archive: {error.strerror}"
                    ) from error
                os.close(handle)
                handle = inner
            yield handle
        finally:
            os.close(handle)


def parts_of(name: str) -> list[str]:
    """The parts of a name below the folder; none for the folder itself. Raises Unsafe if it leads out of it."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or "\0" in name:
        raise Unsafe(f"{name!r} leads out of the volume")
    return parts


def _fill(archive: tarfile.TarFile, info: tarfile.TarInfo, parent: int, name: str) -> None:
    """Create a file. Blocks of zeros become holes."""
    content = archive.extractfile(info)
    handle = os.open(name, _NEW, 0o600, dir_fd=parent)
    try:
        at = 0
        while content and (block := content.read(_BLOCK)):
            if block != _ZEROS[: len(block)]:
                _write(handle, block, at)
            at += len(block)
        os.ftruncate(handle, info.size)
        _dress(handle, info)
    finally:
        os.close(handle)


def _write(handle: int, block: bytes, at: int) -> None:
    rest = memoryview(block)
    while rest:
        done = os.pwrite(handle, rest, at)
        rest, at = rest[done:], at + done


def _dress(handle: int, info: tarfile.TarInfo) -> None:
    """Owner first: a change of owner clears set-user-id bits and capabilities."""
    os.fchown(handle, info.uid, info.gid)
    os.fchmod(handle, info.mode & 0o7777)
    for key, value in info.pax_headers.items():
        if key.startswith(XATTR):
            with contextlib.suppress(OSError):  # a file system may have none
                os.setxattr(handle, key[len(XATTR) :], value.encode("utf-8", "surrogateescape"))
    os.utime(handle, (info.mtime, info.mtime))


def _dress_name(parent: int, name: str, info: tarfile.TarInfo) -> None:
    os.chown(name, info.uid, info.gid, dir_fd=parent, follow_symlinks=False)
    times = (info.mtime, info.mtime)
    os.utime(name, times, dir_fd=parent, follow_symlinks=False)
