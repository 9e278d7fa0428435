# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder as a tar stream and back: what comes through, and what is refused."""

from __future__ import annotations

import io
import os
import socket
import stat
import tarfile
import typing as t
from pathlib import Path

import pytest
from ansible_collections.drover.docker.plugins.module_utils._volumes.tar_read import (
    Unsafe,
    parts_of,
    read_tar,
)
from ansible_collections.drover.docker.plugins.module_utils._volumes.tar_write import (
    Written,
    write_tar,
)

MEBIBYTE = 1 << 20


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "inner").mkdir(parents=True)
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


def packed(folder: Path) -> tuple[bytes, Written]:
    sink = io.BytesIO()
    written = write_tar(str(folder), sink)
    return sink.getvalue(), written


def copied(source: Path, target: Path) -> Written:
    content, written = packed(source)
    read_tar(str(target), io.BytesIO(content))
    return written


def archive(*entries: tarfile.TarInfo, content: bytes = b"") -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w|") as made:
        for entry in entries:
            entry.size = len(content) if entry.isreg() else 0
            made.addfile(entry, io.BytesIO(content))
    return io.BytesIO(stream.getvalue())


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname = kind, link
    found.uid, found.gid, found.mode = os.getuid(), os.getgid(), 0o700
    return found


def test_content_modes_and_times_come_through(source: Path, target: Path) -> None:
    file = source / "inner" / "posts"
    file.write_bytes(b"first post\n")
    file.chmod(0o4751)
    os.utime(file, (1_000_000_000, 1_000_000_000))
    (source / "inner").chmod(0o1750)
    os.utime(source / "inner", (900_000_000, 900_000_000))
    copied(source, target)
    found = target / "inner" / "posts"
    assert found.read_bytes() == b"first post\n"
    assert stat.S_IMODE(found.stat().st_mode) == 0o4751
    assert found.stat().st_mtime == 1_000_000_000
    assert stat.S_IMODE((target / "inner").stat().st_mode) == 0o1750
    assert (target / "inner").stat().st_mtime == 900_000_000


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give files away")
def test_owners_come_through_as_numbers(source: Path, target: Path) -> None:
    (source / "mine").write_text("x")
    os.chown(source / "mine", 64999, 64998)
    os.chown(source, 64999, 64998)
    copied(source, target)
    for found in (target / "mine", target):
        assert (found.stat().st_uid, found.stat().st_gid) == (64999, 64998)


def test_hard_links_stay_one_file(source: Path, target: Path) -> None:
    (source / "a").write_text("same")
    os.link(source / "a", source / "b")
    copied(source, target)
    assert (target / "a").stat().st_ino == (target / "b").stat().st_ino


def test_extended_attributes_come_through_as_bytes(source: Path, target: Path) -> None:
    value = b"\x00\xff\n=\x80"
    (source / "a").write_text("x")
    try:
        os.setxattr(source / "a", "user.kind", value)
        os.setxattr(target, "user.probe", b"x")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    copied(source, target)
    assert os.getxattr(target / "a", "user.kind") == value


def test_names_that_are_no_text_come_through(source: Path, target: Path) -> None:
    name = os.fsencode(source) + b"/\xff\xfe"
    with open(name, "wb") as stream:
        stream.write(b"x")
    copied(source, target)
    assert os.path.exists(os.fsencode(target) + b"/\xff\xfe")


def test_a_sparse_file_stays_sparse(source: Path, target: Path) -> None:
    with (source / "data").open("wb") as stream:
        stream.seek(8 * MEBIBYTE)
        stream.write(b"end")
        stream.truncate(16 * MEBIBYTE)
    copied(source, target)
    found = target / "data"
    assert found.stat().st_size == 16 * MEBIBYTE
    assert found.read_bytes() == (source / "data").read_bytes()
    assert found.stat().st_blocks * 512 < MEBIBYTE


def test_a_link_is_copied_and_never_followed(source: Path, target: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("secret")
    (source / "out").symlink_to(secret)
    content, _written = packed(source)
    assert b"key" not in content
    read_tar(str(target), io.BytesIO(content))
    assert os.readlink(target / "out") == str(secret)


def test_a_socket_is_skipped_and_said(source: Path, target: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(source / "sock"))
        written = copied(source, target)
    assert written.skipped == ["./sock"]
    assert not (target / "sock").exists()


def test_an_empty_folder_is_a_whole_backup(source: Path, target: Path) -> None:
    assert copied(source, target).files == 2
    assert (target / "inner").is_dir()


@pytest.mark.parametrize("name", ["/etc/passwd", "../out", "inner/../../out", ".."])
def test_a_name_that_leads_out_is_refused(name: str, target: Path) -> None:
    with pytest.raises(Unsafe, match="leads out"):
        read_tar(str(target), archive(entry(name), content=b"x"))
    assert list(target.parent.rglob("out")) == []


def test_a_name_through_a_link_is_refused(target: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = entry("door", tarfile.SYMTYPE, str(tmp_path / "elsewhere"))
    with pytest.raises(Unsafe, match="no folder of the archive"):
        read_tar(str(target), archive(link, entry("door/file"), content=b"x"))
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("link", ["../secret", "/etc/passwd"])
def test_a_hard_link_that_leads_out_is_refused(link: str, target: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(Unsafe, match="leads out"):
        read_tar(str(target), archive(entry("a", tarfile.LNKTYPE, link)))


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE])
def test_a_device_is_refused(kind: bytes, target: Path) -> None:
    with pytest.raises(Unsafe, match="device"):
        read_tar(str(target), archive(entry("null", kind)))


def test_a_name_that_comes_twice_is_refused(target: Path) -> None:
    with pytest.raises(Unsafe, match="twice"):
        read_tar(str(target), archive(entry("a"), entry("a"), content=b"x"))


def test_a_stream_that_was_cut_is_refused(source: Path, target: Path) -> None:
    (source / "a").write_bytes(os.urandom(MEBIBYTE))
    content, _written = packed(source)
    with pytest.raises(Unsafe, match="damaged"):
        read_tar(str(target), io.BytesIO(content[: MEBIBYTE // 2]))


def test_a_file_that_shrinks_meanwhile_is_filled_up_and_said(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source / "log").write_bytes(b"x" * 1000)
    real = os.lseek

    def shrinking(handle: int, at: int, how: int) -> int:
        os.truncate(source / "log", 10)
        return real(handle, at, how)

    monkeypatch.setattr(os, "lseek", shrinking)
    content, written = packed(source)
    assert written.changed == ["./log"]
    monkeypatch.undo()
    with tarfile.open(fileobj=io.BytesIO(content)) as made:
        file = t.cast("t.IO[bytes]", made.extractfile("./log"))
        assert file.read() == b"x" * 10 + bytes(990)


def test_parts_are_those_below_the_folder() -> None:
    assert parts_of("./a//b/") == ["a", "b"]
    assert parts_of(".") == []
