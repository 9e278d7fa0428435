# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of some ports are taken on this host, and by which program. Private to the collection; only reads /proc."""

from __future__ import annotations

import glob
import os
import typing as t

from .facts import Listener

Port = t.Tuple[str, int]
"""Protocol (C(tcp) or C(udp)) and number."""
_STATES = {"tcp": "0A", "udp": "07"}
"""The kernel's numbers for a socket that listens; a UDP socket that is bound counts as closed."""
_LARGEST_TABLE = 1 << 24


def listeners(ports: t.Collection[Port], *, proc: str = "/proc") -> list[Listener]:
    """Return those of the ports on which something listens, on any address: Swarm wants them on all addresses."""
    found = {
        port: inode
        for protocol in _STATES
        for table in (protocol, f"{protocol}6")
        for port, inode in _sockets(f"{proc}/net/{table}", protocol)
        if port in ports
    }
    programs = _programs({inode for inode in found.values() if inode != "0"}, proc)
    return [
        Listener(protocol=protocol, port=port, program=programs.get(inode, ""))
        for (protocol, port), inode in sorted(found.items())
    ]


def _sockets(path: str, protocol: str) -> t.Iterator[tuple[Port, str]]:
    try:
        with open(path, encoding="ascii") as file:
            lines = file.read(_LARGEST_TABLE).splitlines()[1:]
    except OSError:
        return
    for fields in map(str.split, lines):
        if len(fields) > 9 and fields[3] == _STATES[protocol]:
            yield (protocol, int(fields[1].rpartition(":")[2], 16)), fields[9]


def _programs(inodes: set[str], proc: str) -> dict[str, str]:
    """Return the program that holds each socket. Of processes of others only root sees it."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    found: dict[str, str] = {}
    for link in glob.iglob(f"{proc}/[0-9]*/fd/*") if wanted else ():
        inode = wanted.get(_target(link))
        if inode and inode not in found:
            found[inode] = _name(os.path.dirname(os.path.dirname(link)))
    return found


def _target(link: str) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""  # closed meanwhile


def _name(process: str) -> str:
    try:
        with open(f"{process}/comm", encoding="utf-8", errors="replace") as file:
            return file.read(64).strip()
    except OSError:
        return ""
