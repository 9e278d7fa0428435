# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compression of a stream on a host: what goes in comes out, and damage is noticed."""

from __future__ import annotations

import hashlib
import io
import os
import shutil

import pytest
from ansible_collections.drover.docker.plugins.module_utils._volumes import compression

CONTENT = b"post " * 100_000 + os.urandom(300_000)


@pytest.fixture(params=["gzip", "zstd", "none"])
def kind(request: pytest.FixtureRequest) -> str:
    if request.param == "zstd" and not shutil.which("zstd"):
        pytest.skip("no program zstd")
    return str(request.param)


def packed(kind: str) -> bytes:
    sink = io.BytesIO()
    packer = compression.Packer(kind, sink)
    for start in range(0, len(CONTENT), 70_000):
        packer.write(CONTENT[start : start + 70_000])
    packer.close()
    assert (packer.size, packer.sha256) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    return sink.getvalue()


def test_what_goes_in_comes_out(kind: str) -> None:
    stored = packed(kind)
    assert kind == "none" or len(stored) < len(CONTENT)
    source = compression.Unpacker(kind, io.BytesIO(stored))
    found = b""
    while chunk := source.read(1000):
        assert len(chunk) <= 1000
        found += chunk
    assert found == CONTENT
    assert source.finish() == hashlib.sha256(CONTENT).hexdigest()


def test_a_stream_that_ends_early_is_noticed(kind: str) -> None:
    if kind == "none":
        pytest.skip("the checksum notices it")
    source = compression.Unpacker(kind, io.BytesIO(packed(kind)[:-100]))
    with pytest.raises(compression.CannotCompress):
        source.finish()


def test_a_sink_that_breaks_is_the_reason() -> None:
    class Broken:
        def write(self, _data: bytes) -> int:
            raise ConnectionError("gone")

    if not shutil.which("zstd"):
        pytest.skip("no program zstd")
    packer = compression.Packer("zstd", Broken())

    def write_on() -> None:
        for _turn in range(100):
            packer.write(os.urandom(1 << 20))

    with pytest.raises(ConnectionError, match="gone"):
        write_on()


def test_a_host_without_the_program_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(compression.CannotCompress, match="compress=gzip"):
        compression.Packer("zstd", io.BytesIO())
