# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of a plan to the configs of load balancers, as diffs for people. Private to the collection."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.balancer import (
    render_balancer,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.difference import (
    without_passwords,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.marker import (
    CHECKSUM_COMMENT,
)
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.module_utils._model.operation import (
    BALANCER,
    Operation,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan

from .._run import run_files
from .screen import printable_text

Json = dict[str, t.Any]

_OF_THE_TEXT = ("    description rev-", f"{CHECKSUM_COMMENT} ")


def balancer_diffs(plan: Plan) -> list[Json]:
    """Return one diff for each config that would change. Load balancers with the same change share a diff.

    The present configs come from the observations, which hold them in check mode with C(--diff) only.
    """
    found: dict[tuple[str, str, str], list[str]] = {}
    for item in plan.operations:
        if args := BALANCER.args_of(item):
            own = str(args["model"].get("address") or "")
            after = _shown(render_balancer(args["model"])[0], own)
            before = _present(item, own)
            if before != after:
                service = f"{item['stack']}/{item['service']}"
                found.setdefault((service, before, after), []).append(item["host"])
    return [
        _diff(f"haproxy.cfg of {service} on {', '.join(hosts)}", before, after)
        for (service, before, after), hosts in found.items()
    ]


def _diff(name: str, before: str, after: str) -> Json:
    return {"before_header": name, "before": before, "after_header": name, "after": after}


def _present(operation: Operation, own: str) -> str:
    """Return the host's present config; empty if it has none."""
    seen = run_files.load(run_files.for_host("observation", operation["host"])) or {}
    name = MemberId.of(operation).dotted
    return _shown((seen.get("balancers") or {}).get(name, {}).get("config", ""), own)


def _shown(config: str, own: str) -> str:
    """Return the config without passwords, and without marker and checksum, which change with every config.

    The load balancer's own address, on which it listens, is left out, so that hosts can share a diff.
    """
    config = config.replace(f"    bind {own}:", "    bind :")
    lines = without_passwords(config).splitlines(keepends=True)
    return printable_text("".join(line for line in lines if not line.startswith(_OF_THE_TEXT)))
