# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the name of an image means another one by now than members run: a tag can be moved.

Private to the collection; pure. A pass never acts on it by itself: a person asks for it.
"""

from __future__ import annotations

import typing as t

from .._model.observation import short_id
from .._record.revisions import Request, current
from .counts import Members, members_of
from .world.world import World


def moved_services(world: World, stack: str, body: dict[str, t.Any], request: Request) -> set[str]:
    """The services of an C(up) that have members with another image than its files' names mean now."""
    revision, wanted = current(body), (request.definition or {"services": {}})["services"]
    if revision is None or revision["tombstone"]:
        return set()
    return {
        name
        for name in set(revision["services"]) & set(wanted)
        if moved_hosts(world, members_of(world, stack, name, body), wanted[name]["image"])
    }


def moved_hosts(world: World, members: Members, image: str) -> list[str]:
    """The hosts of members that have another image than this name means there."""
    found = set()
    for host, containers in members.values():
        known = world.image(image, host) if world.is_seen(host) else None
        if known and any(item["image_id"] != short_id(known["id"]) for item in containers):
            found.add(host)
    return sorted(found)
