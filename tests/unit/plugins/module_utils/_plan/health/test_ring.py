# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ring of checkers: even shares, and only what must move moves."""

from __future__ import annotations

import collections

from ansible_collections.drover.docker.plugins.module_utils._plan.health.ring import Ring
from hypothesis import given
from hypothesis import strategies as st

NAMES = [f"shop/web/{number}" for number in range(600)]
HOSTS = [f"h{number}" for number in range(30)]


@given(st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=9), st.integers(1, 4))
def test_as_many_different_hosts_as_there_are_without_the_own_one(
    hosts: list[str], count: int
) -> None:
    own = hosts[0] if hosts else "none"
    found = Ring(hosts).choose("shop/web/1", count, without=own)
    assert len(set(found)) == len(found) == min(count, max(0, len(hosts) - 1))
    assert set(found) <= set(hosts) - {own}


def test_a_host_that_leaves_moves_only_what_it_had() -> None:
    before, after = Ring(HOSTS), Ring(HOSTS[1:])
    for name in NAMES:
        was = before.choose(name, 3, without="h7")
        now = after.choose(name, 3, without="h7")
        assert set(was) - {"h0"} <= set(now)
        if "h0" not in was:
            assert was == now


def test_all_get_their_share() -> None:
    ring = Ring(HOSTS)
    shares = collections.Counter(
        host for name in NAMES for host in ring.choose(name, 3, without="none")
    )
    assert set(shares) == set(HOSTS)
    assert max(shares.values()) < 2.5 * 3 * len(NAMES) / len(HOSTS)
