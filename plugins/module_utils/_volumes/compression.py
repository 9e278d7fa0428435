# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compress and decompress a stream: gzip by Python, zstd by the host's program. Private to the collection."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import threading
import typing as t
import zlib

from .tar_read import Source
from .tar_write import Sink

GZIP, ZSTD, NONE = "gzip", "zstd", "none"
KINDS = (GZIP, ZSTD, NONE)
_GZIP_BITS = 31
_CHUNK = 256 * 1024


class CannotCompress(Exception):
    """The host lacks the program, or it failed."""


class Packer:
    """Takes plain data, and writes it compressed to a sink. It knows the size and the checksum of the plain data."""

    def __init__(self, kind: str, sink: Sink) -> None:
        self._steps: _Zstd | _Gzip | _Plain = _step(kind, sink)
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        """Take plain data."""
        self._hash.update(data)
        self.size += len(data)
        self._steps.write(data)
        return len(data)

    def close(self) -> None:
        """Write the rest."""
        self._steps.close()

    def drop(self) -> None:
        """End what was started, after a failure."""
        self._steps.drop()

    @property
    def sha256(self) -> str:
        """The checksum of the plain data."""
        return self._hash.hexdigest()


def _step(kind: str, sink: Sink) -> _Zstd | _Gzip | _Plain:
    if kind == ZSTD:
        return _Zstd(sink)
    return _Gzip(sink) if kind == GZIP else _Plain(sink)


class _Plain:
    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, data: bytes) -> None:
        self._sink.write(data)

    def close(self) -> None:
        pass

    def drop(self) -> None:
        pass


class _Gzip(_Plain):
    def __init__(self, sink: Sink) -> None:
        super().__init__(sink)
        self._work = zlib.compressobj(6, zlib.DEFLATED, _GZIP_BITS)

    def write(self, data: bytes) -> None:
        if packed := self._work.compress(data):
            self._sink.write(packed)

    def close(self) -> None:
        self._sink.write(self._work.flush())


class _Zstd(_Plain):
    """A thread carries what the program writes: the program stops reading while nobody takes its output."""

    def __init__(self, sink: Sink) -> None:
        super().__init__(sink)
        self._process = start_zstd("-c")
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        try:
            t.cast("t.IO[bytes]", self._process.stdin).write(data)
        except OSError as error:
            self._raise(error)

    def close(self) -> None:
        t.cast("t.IO[bytes]", self._process.stdin).close()
        self._thread.join()
        if self._process.wait() or self._failure:
            self._raise(None)

    def drop(self) -> None:
        self._process.kill()
        self._process.wait()

    def _raise(self, error: OSError | None) -> t.NoReturn:
        self._thread.join()
        raise self._failure or CannotCompress(f"zstd failed: {error or 'see its exit code'}")

    def _carry(self) -> None:
        output = t.cast("t.IO[bytes]", self._process.stdout)
        try:
            while chunk := output.read1(_CHUNK):  # type: ignore[attr-defined]
                self._sink.write(chunk)
        except Exception as error:
            self._failure = error
            self._process.kill()


def start_zstd(*options: str) -> subprocess.Popen[bytes]:
    """The program zstd with pipes. Raises CannotCompress."""
    program = shutil.which("zstd")
    if program is None:
        raise CannotCompress("the host has no program zstd: install it, or use compress=gzip")
    pipe = subprocess.PIPE
    # A stream needs pipes on both sides; the module's run_command gives no such thing.
    return subprocess.Popen(  # pylint: disable=ansible-bad-function
        [program, "-q", *options], stdin=pipe, stdout=pipe
    )


class Unpacker:
    """Gives plain data of a compressed source. It knows the size and the checksum of what it has given."""

    def __init__(self, kind: str, source: Source) -> None:
        self._source: Source = source
        if kind == GZIP:
            self._source = _Gunzip(source)
        elif kind == ZSTD:
            self._source = _Unzstd(source)
        self._hash = hashlib.sha256()
        self.size = 0

    def read(self, count: int) -> bytes:
        """At most this many bytes; none at the end."""
        data = self._source.read(count)
        self._hash.update(data)
        self.size += len(data)
        return data

    def finish(self) -> str:
        """Read the rest, and return the checksum of all."""
        while self.read(_CHUNK):
            pass
        return self._hash.hexdigest()


class _Gunzip:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._work = zlib.decompressobj(_GZIP_BITS)
        self._rest = b""

    def read(self, count: int) -> bytes:
        """Never more than asked for: a few bytes may stand for gigabytes."""
        while not self._work.eof:
            self._rest = self._rest or self._source.read(_CHUNK)
            if not self._rest:
                raise CannotCompress("the compressed data end too early")
            try:
                data = self._work.decompress(self._rest, count)
            except zlib.error as error:
                raise CannotCompress(f"the compressed data are damaged: {error}") from error
            self._rest = self._work.unconsumed_tail
            if data:
                return data
        return b""


class _Unzstd:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._process = start_zstd("-d", "-c")
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self._thread.start()

    def read(self, count: int) -> bytes:
        data = t.cast("t.IO[bytes]", self._process.stdout).read(count)
        if not data:
            self._thread.join()
            if self._process.wait() or self._failure:
                raise self._failure or CannotCompress("zstd cannot read the compressed data")
        return data

    def _feed(self) -> None:
        program = t.cast("t.IO[bytes]", self._process.stdin)
        try:
            while chunk := self._source.read(_CHUNK):
                program.write(chunk)
        except Exception as error:
            self._failure = error
            self._process.kill()
        finally:
            try:
                program.close()
            except OSError:
                self._process.kill()
