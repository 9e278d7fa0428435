# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pulls that a person asked for, before anything is planned."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.plugin_utils._pass.fresh_images import (
    fresh_pulls,
    not_fresh,
)
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import Outcome

SERVICES = {"web": {"image": "app:1"}, "job": {"image": "app:1"}, "old": {"image": ""}}


def request(*services: str) -> Request:
    definition = {"stack": "shop", "services": SERVICES}
    return Request("up", definition=definition, services=list(services), pull=True)


def member(service: str, stack: str = "shop") -> dict[str, t.Any]:
    return {"stack": stack, "service": service, "index": 1, "config_hash": "1:a"}


def seen(*containers: dict[str, t.Any], error: str = "") -> t.Any:
    return {"containers": list(containers), "error": error}


def places(plan: Plan) -> list[tuple[str, str]]:
    return [(item["host"], item["args"]["image"]) for item in plan.operations]


def test_each_host_with_members_pulls_each_image_once() -> None:
    hosts = {
        "h1": seen(member("web"), member("job")),
        "h2": seen(member("old"), member("gone"), member("web", stack="blog")),
        "h3": seen(member("web"), error="no answer"),
        "h4": None,
        "h5": seen(member("job")),
    }
    assert places(fresh_pulls(request(), hosts)) == [("h1", "app:1"), ("h5", "app:1")]
    assert places(fresh_pulls(request("web"), hosts)) == [("h1", "app:1")]


def test_an_old_image_in_its_stead_is_a_failure() -> None:
    plan = fresh_pulls(request(), {"h1": seen(member("web")), "h5": seen(member("job"))})
    result: t.Any = {
        "id": 1,
        "status": "done",
        "error": "the one on this host is used",
        "seconds": 0.1,
    }
    fine: t.Any = {"id": 2, "status": "done", "error": "", "seconds": 0.1}
    outcomes: t.Any = {
        "h1": Outcome(results=[result], refused={}, observation=None),
        "h5": Outcome(results=[fine], refused={}, observation=None),
    }
    (failure,) = not_fresh(plan, outcomes)
    assert failure.error == "the one on this host is used"
    assert failure.operation is not None
    assert failure.operation["host"] == "h1"
