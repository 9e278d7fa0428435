# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a host, as codes with parameters. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._preflight.facts import HostFacts

ERROR = "error"
WARNING = "warning"


class Problem(t.NamedTuple):
    """One problem of a host. C(severity): error (the host cannot be used as it is) or warning."""

    code: str
    parameters: dict[str, str] = {}
    severity: str = ERROR


class Look(t.NamedTuple):
    """What one host answered. Times are the control node's, in seconds since the epoch."""

    facts: HostFacts | None
    cause: str = ""
    """Why it did not answer."""
    cure: str = ""
    before: float = 0.0
    after: float = 0.0


class Wanted(t.NamedTuple):
    """What the inventory asks of a host."""

    docker_host: str
    several: bool
    """Whether the group has several hosts, which need Swarm's overlay network."""
