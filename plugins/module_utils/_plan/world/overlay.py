# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether containers can start on the overlay network of a host. Private to the collection; pure.

An engine cannot attach a container to the overlay, not even one that was there before, unless a majority of the
Swarm's managers answers; it finds out after 20 s. So what the hosts report is taken together first:
managers report a lost quorum (some seconds late), workers never do (docs/decisions/0002-overlay-facts.md).
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .world import World

RUN_ROLE = "run drover.docker.network"


def network_fault(world: World, host: str) -> str:
    """Why nothing can start on the overlay of a host; empty when it can, as far as the hosts tell."""
    return _host_fault(world.swarm(host)) or _managers_fault(world) or _missing(world)


def _host_fault(swarm: dict[str, t.Any]) -> str:
    """What the host says of itself."""
    if swarm["error"]:
        return f"the Swarm managers do not answer: {swarm['error']}"
    if swarm["state"] == "pending":
        return "the Swarm is not ready on it yet (state pending)"
    if swarm["state"] != "active":
        state = swarm["state"] or "inactive"
        return f"not in the Swarm that carries the network (state {state}): {RUN_ROLE}"
    return ""


def _managers_fault(world: World) -> str:
    """One manager that was reached and sees no fault is enough; so is none, unless a host was asked in vain."""
    errors = {host: world.swarm(host)["error"] for host in _managers(world)}
    if errors and all(errors.values()):
        host, error = next(iter(errors.items()))
        return f"the Swarm managers do not answer, as {host} says: {error}"
    if not errors and world.silent:
        return f"no Swarm manager was reached (silent: {', '.join(world.silent)})"
    return ""


def _missing(world: World) -> str:
    """Only managers list an overlay that nothing uses yet; with none in sight the doubt is in its favour."""
    name = world.settings.network
    managers = _managers(world)
    if not managers or any(name in world.observation(host)["networks"] for host in managers):
        return ""
    return f"the overlay network {name} does not exist: {RUN_ROLE}"


def _managers(world: World) -> list[str]:
    return [host for host in world.seen if world.swarm(host)["manager"]]
