# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of the backends of a load balancer, as custom configs refer to them. Private to the collection; pure."""

from __future__ import annotations

import re

from ..._common.names import digest
from .routes import Route

LONGEST = 128
_KEPT = 100
_DIGITS = 8


def backend_names(pools: list[list[Route]]) -> list[str]:
    """A unique name for each pool of routes: a given one, else Rancher's.

    Rancher's names are equal for C(a.org) and C(*.a.org), or C(/a-b) and C(/a/b). The first pool has such a name; the
    others get a hash of their port, host and path, so that their names depend on nothing else.
    """
    given = [next((item.backend_name for item in pool if item.backend_name), "") for pool in pools]
    found: list[str] = []
    for pool, own in zip(pools, given):
        name = own or rancher_name(pool[0])
        taken = found if own else [*found, *given]
        found.append(name if name not in taken and len(name) <= LONGEST else _hashed(name, pool[0]))
    return found


def rancher_name(first: Route) -> str:
    """Rancher's name of a backend."""
    return re.sub(r"[^A-Za-z0-9]+", "_", f"{first.port}_{first.hostname}_{first.path}")


def _hashed(name: str, first: Route) -> str:
    return f"{name[:_KEPT]}_{digest([first.port, *first.match])[:_DIGITS]}"
