# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module notices that nobody reads what it would say."""

from __future__ import annotations

import os
import pathlib
import socket

from ansible_collections.drover.docker.plugins.module_utils._lock.caller_gone import (
    REASON,
    abandoned,
)


def test_a_pipe_whose_reader_is_gone() -> None:
    reader, writer = os.pipe()
    assert abandoned(writer) == ""
    os.close(reader)
    assert abandoned(writer) == REASON
    os.close(writer)


def test_a_socket_whose_other_end_is_gone() -> None:
    mine, other = socket.socketpair()
    assert abandoned(mine.fileno()) == ""
    other.close()
    assert abandoned(mine.fileno()) == REASON
    mine.close()


def test_a_file_is_never_abandoned(tmp_path: pathlib.Path) -> None:
    with (tmp_path / "out").open("w", encoding="utf-8") as stream:
        assert abandoned(stream.fileno()) == ""


def test_a_closed_descriptor_says_nothing() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    os.close(writer)
    assert abandoned(writer) == ""
