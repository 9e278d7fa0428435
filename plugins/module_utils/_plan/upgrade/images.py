# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the hosts of an upgrade have its image, and the same one. Private to the collection; pure.

Nothing is stopped before: a registry that refuses a pull would leave a service without members, and a host that could
not pull would silently run its old image under the same name.
"""

from __future__ import annotations

import typing as t

from ..._model.fact import Fact
from ..operations.member import WantedMember
from ..world.world import World


def missing_images(world: World, coming: t.Iterable[WantedMember]) -> list[WantedMember]:
    """The newcomers whose host is seen and lacks their image, one for each host."""
    found: dict[str, WantedMember] = {}
    for member in coming:
        seen = world.is_seen(member.host)
        if seen and world.image(member.service["image"], member.host) is None:
            found.setdefault(member.host, member)
    return list(found.values())


def image_fault(world: World, coming: t.Sequence[WantedMember]) -> Fact | None:
    """That hosts have different images under one name; None if they have not."""
    hosts = sorted({member.host for member in coming if world.is_seen(member.host)})
    if not hosts:
        return None
    reference = coming[0].service["image"]
    images = {host: world.image(reference, host) for host in hosts}
    marks = {host: item["digest"] or item["id"] for host, item in images.items() if item}
    if len(set(marks.values())) < 2:
        return None
    return Fact(
        "images_differ", {"image": reference, "hosts": {h: m[-12:] for h, m in marks.items()}}
    )
