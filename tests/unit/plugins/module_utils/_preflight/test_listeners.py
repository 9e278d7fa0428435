# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ports are taken, from a /proc that the test writes and from the real one."""

from __future__ import annotations

import pathlib
import socket

import pytest
from ansible_collections.drover.docker.plugins.module_utils._preflight.listeners import listeners

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
ROW = "   0: {address}:{port:04X} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000  0  0 {inode} 1\n"
LISTENS, CONNECTED, BOUND = "0A", "01", "07"
SWARM = {("tcp", 2377), ("tcp", 7946), ("udp", 7946), ("udp", 4789)}


@pytest.fixture
def proc(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "net").mkdir()
    return tmp_path


def table(proc: pathlib.Path, name: str, *rows: tuple[int, str, int]) -> None:
    lines = [
        ROW.format(address="0" * 8, port=port, state=state, inode=inode)
        for port, state, inode in rows
    ]
    (proc / "net" / name).write_text("".join([HEAD, *lines]))


def process(proc: pathlib.Path, pid: int, program: str, inode: int) -> None:
    (proc / str(pid) / "fd").mkdir(parents=True)
    (proc / str(pid) / "comm").write_text(f"{program}\n")
    (proc / str(pid) / "fd" / "3").symlink_to(f"socket:[{inode}]")


def test_only_sockets_that_listen_on_the_ports_count(proc: pathlib.Path) -> None:
    table(proc, "tcp", (2377, LISTENS, 11), (7946, CONNECTED, 12), (22, LISTENS, 13))
    table(proc, "udp6", (7946, BOUND, 14))
    process(proc, 100, "nginx", 11)
    assert listeners(SWARM, proc=str(proc)) == [
        {"protocol": "tcp", "port": 2377, "program": "nginx"},
        {"protocol": "udp", "port": 7946, "program": ""},
    ]


def test_a_socket_of_the_kernel_has_no_program(proc: pathlib.Path) -> None:
    table(proc, "udp", (4789, BOUND, 0))
    process(proc, 100, "init", 0)
    assert listeners(SWARM, proc=str(proc)) == [{"protocol": "udp", "port": 4789, "program": ""}]


def test_without_proc_nothing_is_known(tmp_path: pathlib.Path) -> None:
    assert listeners(SWARM, proc=str(tmp_path)) == []


def test_a_real_socket_is_seen_with_its_program() -> None:
    own = pathlib.Path("/proc/self/comm").read_text().strip()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        expected = [{"protocol": "tcp", "port": port, "program": own}]
        assert listeners({("tcp", port), ("udp", port)}) == expected
