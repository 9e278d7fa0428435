# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Encrypts files of a backup with a key that no host ever sees. Private to the collection.

AES-256-GCM in blocks of 64 KiB, as the STREAM construction has it: the nonce is the number of the block and whether it
is the last one, so that a file that was cut or whose blocks were moved is refused. See docs/decisions.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import typing as t

from .failures import Refused

SHORTEST_KEY = 32
"""Characters of a key file."""
MAGIC = b"drover1\n"
_SALT = 16
_BLOCK = 64 * 1024
_TAG = 16
_LARGEST_KEY = 4096


class Damaged(Exception):
    """The file is damaged, or it is of another key."""


def read_key(path: str) -> bytes:
    """Return the content of a key file. Raises Refused."""
    try:
        with open(path, "rb") as stream:
            key = stream.read(_LARGEST_KEY).strip()
    except OSError as error:
        raise Refused([f"key_file: cannot read {path}: {error.strerror}"]) from None
    if len(key) < SHORTEST_KEY:
        text = f"must have at least {SHORTEST_KEY} characters; make one with openssl rand -hex 32"
        raise Refused([f"key_file: {path} {text}"])
    return key


def seal_of(key: bytes, content: bytes) -> str:
    """Return the seal of a manifest: HMAC-SHA-256 with a key of its own."""
    own = hmac.new(key, b"drover manifest", hashlib.sha256).digest()
    return hmac.new(own, content, hashlib.sha256).hexdigest()


class _Cipher:
    """One file's cipher: each file has a key of its own, derived with its salt."""

    def __init__(self, key: bytes, salt: bytes) -> None:
        try:
            from cryptography.hazmat.primitives import hashes
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
            from cryptography.hazmat.primitives.kdf.hkdf import HKDF
        except ImportError:
            raise Refused(["key_file: install the Python package cryptography here"]) from None
        derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=b"drover volume")
        self._cipher = AESGCM(derive.derive(key))
        self._header = MAGIC + salt
        self._count = 0

    def seal(self, block: bytes, *, last: bool) -> bytes:
        """Encrypt the next block."""
        return self._cipher.encrypt(self._nonce(last), block, self._header)

    def open(self, block: bytes, *, last: bool) -> bytes:
        """Decrypt the next block. Raises Damaged."""
        from cryptography.exceptions import InvalidTag

        try:
            return self._cipher.decrypt(self._nonce(last), block, self._header)
        except InvalidTag:
            raise Damaged("it is damaged, or of another key") from None

    def _nonce(self, last: bool) -> bytes:
        self._count += 1
        return self._count.to_bytes(11, "big") + bytes([last])


class Sealed:
    """Takes plain data and writes them encrypted to a stream."""

    def __init__(self, stream: t.Any, key: bytes) -> None:
        salt = os.urandom(_SALT)
        self._cipher = _Cipher(key, salt)
        self._stream = stream
        self._rest = bytearray()
        stream.write(MAGIC + salt)

    def write(self, data: bytes) -> None:
        """Take plain data. A block is written once it is known not to be the last one."""
        self._rest += data
        while len(self._rest) > _BLOCK:
            self._stream.write(self._cipher.seal(bytes(self._rest[:_BLOCK]), last=False))
            del self._rest[:_BLOCK]

    def close(self) -> None:
        """Write the last block."""
        self._stream.write(self._cipher.seal(bytes(self._rest), last=True))


def opened(stream: t.BinaryIO, key: bytes) -> t.Iterator[bytes]:
    """Yield the plain data of an encrypted stream. Raises Damaged."""
    header = stream.read(len(MAGIC) + _SALT)
    if not header.startswith(MAGIC) or len(header) < len(MAGIC) + _SALT:
        raise Damaged("it is not an encrypted file of a backup")
    cipher = _Cipher(key, header[len(MAGIC) :])
    block = stream.read(_BLOCK + _TAG)
    while block:
        following = stream.read(_BLOCK + _TAG)
        yield cipher.open(block, last=not following)
        block = following
    if cipher._count == 0:
        raise Damaged("it is cut off")
