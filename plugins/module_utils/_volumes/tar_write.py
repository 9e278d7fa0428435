# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the content of a folder as a tar stream. Private to the collection.

POSIX (pax) format, with owners as numbers, modes, times, hard links and extended attributes. Every name is opened
relative to its folder and without following links, so a link never leads out of the folder, whoever changes it
meanwhile. Holes of sparse files are not read; in the stream they are zeros.
"""

from __future__ import annotations

import dataclasses
import errno
import os
import stat
import tarfile
import typing as t

XATTR = "SCHILY.xattr."
"""The prefix of extended attributes, as GNU tar, bsdtar and star have it."""
_LEFT_OUT = ("security.selinux",)
"""It is the host's own."""
_BUFFER = 256 * 1024
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


class Sink(t.Protocol):
    """Where the stream goes."""

    def write(self, data: bytes) -> int:
        """Take all of it."""


@dataclasses.dataclass
class Written:
    """What was written. C(skipped): sockets, devices and mounts; C(changed): files that changed meanwhile."""

    files: int = 0
    skipped: list[str] = dataclasses.field(default_factory=list)
    changed: list[str] = dataclasses.field(default_factory=list)


def write_tar(folder: str, sink: Sink) -> Written:
    """Write the folder and all below it. Its own name in the stream is C(.). Raises OSError."""
    handle = os.open(folder, _FOLDER)
    try:
        with tarfile.open(
            fileobj=t.cast("t.Any", sink),
            mode="w|",
            format=tarfile.PAX_FORMAT,
            encoding="utf-8",
            errors="surrogateescape",
            bufsize=_BUFFER,
        ) as archive:
            writer = _Writer(archive, os.fstat(handle).st_dev)
            writer.folder(handle, ".")
        return writer.written
    finally:
        os.close(handle)


class _Writer:
    def __init__(self, archive: tarfile.TarFile, device: int) -> None:
        self._archive = archive
        self._device = device
        self._links: dict[int, str] = {}
        self.written = Written()

    def folder(self, handle: int, name: str) -> None:
        """Write a folder and all below it."""
        self._add(_info(name, os.fstat(handle), tarfile.DIRTYPE, handle))
        for item in sorted(os.listdir(handle)):
            self._item(handle, item, f"{name}/{item}")

    def _item(self, parent: int, item: str, name: str) -> None:
        try:
            found = os.stat(item, dir_fd=parent, follow_symlinks=False)
            if found.st_dev != self._device or not self._take(parent, item, name, found):
                self.written.skipped.append(name)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ELOOP, errno.ENOTDIR):
                raise
            self.written.changed.append(name)

    def _take(self, parent: int, item: str, name: str, found: os.stat_result) -> bool:
        """Write one item; False for a kind that no archive has."""
        if stat.S_ISDIR(found.st_mode):
            with _opened(parent, item, _FOLDER) as handle:
                self.folder(handle, name)
        elif found.st_nlink > 1 and found.st_ino in self._links:
            self._add(_info(name, found, tarfile.LNKTYPE, link=self._links[found.st_ino]))
        elif stat.S_ISREG(found.st_mode):
            with _opened(parent, item, _FILE) as handle:
                self._file(handle, name)
        elif stat.S_ISLNK(found.st_mode):
            target = os.readlink(item, dir_fd=parent)
            self._add(_info(name, found, tarfile.SYMTYPE, link=target))
        elif stat.S_ISFIFO(found.st_mode):
            self._add(_info(name, found, tarfile.FIFOTYPE))
        else:
            return False
        return True

    def _file(self, handle: int, name: str) -> None:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            self.written.changed.append(name)
            return
        info = _info(name, before, tarfile.REGTYPE, handle)
        info.size = before.st_size
        self._add(info, _Content(handle))
        if before.st_nlink > 1:
            self._links[before.st_ino] = name
        after = os.fstat(handle)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            self.written.changed.append(name)

    def _add(self, info: tarfile.TarInfo, content: _Content | None = None) -> None:
        self._archive.addfile(info, t.cast("t.Any", content))
        t.cast("t.Any", self._archive).members.clear()  # it remembers all that it wrote
        self.written.files += 1


class _opened:  # noqa: N801 (used as a function)
    """An open descriptor that is closed at the end."""

    def __init__(self, parent: int, item: str, flags: int) -> None:
        self._handle = os.open(item, flags, dir_fd=parent)

    def __enter__(self) -> int:
        return self._handle

    def __exit__(self, *_error: t.Any) -> None:
        os.close(self._handle)


class _Content:
    """A file's content: always as many bytes as asked for, with zeros for holes and for what was cut off meanwhile."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._at = 0

    def read(self, count: int) -> bytes:
        """The next bytes."""
        found = bytearray()
        while len(found) < count:
            found += self._some(self._at + len(found), count - len(found))
        self._at += count
        return bytes(found)

    def _some(self, at: int, count: int) -> bytes:
        try:
            data = os.lseek(self._handle, at, os.SEEK_DATA)
        except OSError:
            return bytes(count)  # nothing but a hole, or the end
        if data > at:
            return bytes(min(count, data - at))
        return os.pread(self._handle, count, at) or bytes(count)


def _info(
    name: str, found: os.stat_result, kind: bytes, handle: int | None = None, link: str = ""
) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    info.mode = stat.S_IMODE(found.st_mode)
    info.uid, info.gid, info.mtime = found.st_uid, found.st_gid, found.st_mtime
    info.pax_headers = {} if handle is None else _attributes(handle)
    return info


def _attributes(handle: int) -> dict[str, str]:
    """Extended attributes, ACLs among them, as keywords of the format."""
    try:
        names = [name for name in os.listxattr(handle) if name not in _LEFT_OUT and "=" not in name]
        values = {name: os.getxattr(handle, name) for name in names}
    except OSError:
        return {}
    return {
        f"{XATTR}{name}": item.decode("utf-8", "surrogateescape") for name, item in values.items()
    }
