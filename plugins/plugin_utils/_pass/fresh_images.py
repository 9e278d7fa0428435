# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pulls of C(up) with C(pull): images that hosts have are pulled anew before anything is planned.

Private to the collection; pure.
"""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.module_utils._model.observation import (
    Observation,
    ObservedContainer,
)
from ansible_collections.drover.docker.plugins.module_utils._model.operation import (
    PULL,
    PullArgs,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import (
    Plan,
    Subject,
)
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request

from .step import Failure
from .work import Outcomes, results_of

Seen = t.Mapping[str, Observation | None]


def fresh_pulls(request: Request, seen: Seen) -> Plan:
    """One pull for each image of the chosen services, on each host that has members of them."""
    plan = Plan()
    services = (request.definition or {"services": {}})["services"]
    done: set[tuple[str, str]] = set()
    for host, container in _members(request, seen):
        image = services[container["service"]]["image"]
        if image and (host, image) not in done:
            done.add((host, image))
            where = Subject.member(host, MemberId.of(container))
            args = PullArgs(image=image, config_hash=container["config_hash"])
            plan.add(PULL, args, where, cause=Fact("pull_asked"))
    return plan


def _members(request: Request, seen: Seen) -> t.Iterator[tuple[str, ObservedContainer]]:
    """The containers of the chosen services, with their hosts."""
    definition = request.definition or {"stack": "", "services": {}}
    chosen = set(request.services or definition["services"]) & set(definition["services"])
    for host, found in sorted(seen.items()):
        for container in found["containers"] if found and not found["error"] else []:
            if container["stack"] == definition["stack"] and container["service"] in chosen:
                yield host, container


def not_fresh(plan: Plan, outcomes: Outcomes) -> list[Failure]:
    """The pulls that failed although the host has an image: a person asked for the present one."""
    return [
        Failure("failed", operation["stack"], operation, result["error"])
        for operation, result in results_of(plan, outcomes)
        if result["status"] == "done" and result["error"]
    ]
