# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling restarts in a stack's record body. Private to the collection; pure.

An order names the life that each member has at that time (_model/generation.py). Whoever still has it is restarted; a
container that started since has another one. So an order needs neither a clock nor an end.
"""

from __future__ import annotations

import typing as t

from .revisions import Request, RequestError, current, with_revision

Json = t.Dict[str, t.Any]
Body = t.Dict[str, t.Any]
Lives = t.Dict[str, t.Dict[str, str]]
"""By service: the generation of the running container of each member, by the key of its slot."""

BATCH_SIZE = 1
"""Rancher's default (rancher-compose restart --batch-size 1 --interval 0)."""


def restarts_of(body: Body | None) -> dict[str, Json]:
    """The restarts of a body, by service: C(members) (generations by key), C(batch_size) and C(interval_ms)."""
    return dict((body or {}).get("restarts", {}))


def apply_restart(body: Body, request: Request, lives: Lives) -> Body:
    """Order the restart of a service, or of all that run.

    Raises:
        RequestError: There is no such service, or nothing of it runs.
    """
    services = (current(body) or {"services": {}})["services"]
    if request.service and request.service not in services:
        raise RequestError("no_service", name=request.service, known=sorted(services))
    names = [request.service] if request.service else sorted(services)
    meant = {name: lives[name] for name in names if lives.get(name)}
    if not meant:
        raise RequestError("nothing_to_restart", name=request.service)
    orders = {name: item for name, item in restarts_of(body).items() if name in services}
    orders.update({name: _order(members, request.policy) for name, members in meant.items()})
    after = with_revision(body, request, f"restart {', '.join(meant)}", always=True)
    return {**after, "restarts": orders}


def without_restarts(body: Body) -> Body:
    """The body without any."""
    return {key: item for key, item in body.items() if key != "restarts"}


def _order(members: dict[str, str], policy: Json) -> Json:
    return {
        "members": members,
        "batch_size": int(policy.get("batch_size", BATCH_SIZE)),
        "interval_ms": int(policy.get("interval_ms", 0)),
    }
