# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts on a ring, to choose some of them for a name: consistent hashing. Private to the collection; pure.

If a host leaves, only what it was chosen for moves. A choice costs one hash and a search, however many hosts there are;
to rank all hosts for each name cost hosts times names.
"""

from __future__ import annotations

import bisect
import functools
import hashlib
import typing as t

POINTS = 64
"""Places of each host on the ring: with more of them, hosts get more even shares."""


class Ring:
    """The ring of some hosts."""

    def __init__(self, hosts: t.Iterable[str]) -> None:
        self._hosts = sorted(hosts)
        placed = sorted(
            (_place(f"{host}#{point}"), host) for host in self._hosts for point in range(POINTS)
        )
        self._places = [place for place, _host in placed]
        self._owners = [host for _place, host in placed]

    def choose(self, name: str, count: int, *, without: str) -> list[str]:
        """The first hosts on the ring after the place of a name, except one; fewer if there are not so many."""
        others = [host for host in self._hosts if host != without] if self._is_small(count) else []
        if others and len(others) <= count:
            return others
        found: list[str] = []
        start = bisect.bisect(self._places, _place(name))
        for step in range(len(self._owners)):
            host = self._owners[(start + step) % len(self._owners)]
            if host != without and host not in found:
                found.append(host)
                if len(found) == count:
                    break
        return found

    def _is_small(self, count: int) -> bool:
        return len(self._hosts) <= count + 1


@functools.lru_cache(maxsize=4)
def ring_of(hosts: tuple[str, ...]) -> Ring:
    """The ring of these hosts. A plan asks for it twice, and each round of a pass again."""
    return Ring(hosts)


def _place(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:8]
