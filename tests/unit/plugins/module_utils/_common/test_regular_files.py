# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that others put in place: only regular ones are read, and nothing blocks."""

from __future__ import annotations

import os
import pathlib
import socket
import time
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._common.private_folders import (
    is_private,
    make_private,
)
from ansible_collections.drover.docker.plugins.module_utils._common.regular_files import (
    NotRegular,
    misfit,
    names_in,
    open_regular,
    read_regular,
)
from ansible_collections.drover.docker.tests.unit.shared.hostile_files import HOSTILE, make_hostile


def test_a_regular_file_is_read(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a" / "b"
    path.parent.mkdir()
    path.write_bytes(b"x" * 3_000_000)
    assert len(read_regular(str(path))) == 3_000_000
    assert len(read_regular(str(path), beneath=str(tmp_path))) == 3_000_000
    assert misfit(str(path)) == ""
    assert names_in(str(tmp_path / "a"), beneath=str(tmp_path)) == ["b"]
    assert names_in(str(tmp_path)) == ["a"]


def test_what_is_missing_is_missing(tmp_path: pathlib.Path) -> None:
    for beneath in ("", str(tmp_path)):
        with pytest.raises(FileNotFoundError):
            read_regular(str(tmp_path / "x" / "y"), beneath=beneath)
    assert misfit(str(tmp_path / "x")) == ""


@pytest.mark.parametrize("kind", HOSTILE)
def test_anything_else_is_refused_at_once_by_its_kind(tmp_path: pathlib.Path, kind: str) -> None:
    path = tmp_path / "file"
    why = make_hostile(kind, path)
    began = time.monotonic()
    for beneath in ("", str(tmp_path)):
        with pytest.raises(OSError, match=why) as refused:
            read_regular(str(path), beneath=beneath)
        assert refused.value.filename == str(path)
    assert why in misfit(str(path))
    assert time.monotonic() - began < 1


def test_it_is_not_written_to_either(tmp_path: pathlib.Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("precious")
    link = tmp_path / "link"
    link.symlink_to(secret)
    with pytest.raises(NotRegular, match="a symbolic link"):
        open_regular(str(link), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    assert secret.read_text() == "precious"
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(NotRegular, match="a FIFO"):
        open_regular(str(tmp_path / "fifo"), os.O_WRONLY)
    os.close(open_regular(str(tmp_path / "new"), os.O_WRONLY | os.O_CREAT))
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600


def test_a_linked_folder_below_the_root_is_not_entered(tmp_path: pathlib.Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "key").write_text("precious")
    root = tmp_path / "root"
    root.mkdir()
    (root / "dir").symlink_to(secrets)
    with pytest.raises(NotRegular, match="is a symbolic link, not a folder"):
        read_regular(str(root / "dir" / "key"), beneath=str(root))
    with pytest.raises(NotRegular):
        names_in(str(root / "dir"), beneath=str(root))
    with pytest.raises(NotRegular, match="is not below"):
        read_regular(str(root / ".." / "secrets" / "key"), beneath=str(root))
    # The root itself is the engine's matter.
    (tmp_path / "way").symlink_to(root)
    (root / "own").write_text("mine")
    way = str(tmp_path / "way")
    assert read_regular(f"{way}/own", beneath=way) == b"mine"


def test_limits(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 11)
    with pytest.raises(OSError, match="is larger than 10 bytes"):
        read_regular(str(path), limit=10)
    assert misfit(str(path), limit=10) == "is larger than 10 bytes"
    with pytest.raises(OSError, match="could not be read in time"):
        read_regular(str(path), until=time.monotonic() - 1)
    assert read_regular("/proc/self/status", limit=10**6)  # its size is said to be 0
    with pytest.raises(OSError, match="is larger than 10 bytes"):
        read_regular("/proc/self/status", limit=10)


def test_folders_of_ours(tmp_path: pathlib.Path) -> None:
    outer, inner = tmp_path / "a", tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    inner.chmod(0o755)
    assert not is_private(str(inner))
    make_private(str(outer), str(inner), str(inner / "c"))
    assert all(is_private(str(path)) for path in (outer, inner, inner / "c"))
    assert not is_private(str(tmp_path / "missing"))


def test_a_socket_is_no_file(tmp_path: pathlib.Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "s"))
        with pytest.raises(NotRegular, match="is a socket, not a regular file"):
            read_regular(str(tmp_path / "s"))


def test_the_error_of_the_system_keeps_its_kind(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_words: t.Any, **_more: t.Any) -> t.NoReturn:
        raise OSError(5, "Input/output error")

    (tmp_path / "x").write_text("")
    monkeypatch.setattr(os, "open", broken)
    with pytest.raises(OSError, match="Input/output error") as failed:
        read_regular(str(tmp_path / "x"))
    assert (failed.value.errno, failed.value.filename) == (5, str(tmp_path / "x"))
