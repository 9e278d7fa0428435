# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stages that change a host: validate, record and operations. Private to the collection."""

from __future__ import annotations

import time
import typing as t

from .._act.pull_stage import pull_images
from .._act.puller import Puller
from .._act.stage import CallContext, act
from .._engine.client import DockerEngine
from .._engine.errors import SdkMissing
from .._lock.caller_gone import CallerGone
from .._lock.host_lock import HostBusy
from .._lock.lease import Claim
from .._model.observation import Observation
from .._model.operation import Acted
from .look import observation
from .sdk import without_sdk

Json = t.Dict[str, t.Any]

OPERATIONS = "operations"
PULL = "pull"
STAGES = (PULL, "validate", "record", OPERATIONS)


def carry_out(stage: str, payload: Json, *, abandoned: t.Callable[[], str]) -> Json:
    """Carry out this host's share of a stage, and look at the host again.

    Args:
        stage: One of STAGES.
        payload: C(host), C(docker_host), C(state_dir), C(images), C(records), C(operations), C(refusals) (None leaves
            them unchanged), C(claim) (empty for a call that needs no lease), C(owner), C(last) and C(alone) (take
            the lease of this host alone), and C(pull_timeout_s) and C(registries) (credentials) for the stage C(pull);
            C(check) to change nothing.
        abandoned: Returns why the caller is gone; empty while it waits.

    Returns:
        C(changed), C(results), C(refused), C(lease), and C(observation) unless nothing can have changed since the last
        one. C(error) alone if nothing was done.
    """
    try:
        outcome = _nothing(payload) if payload.get("check") else _do(stage, payload, abandoned)
        if _changed_nothing(stage, payload, outcome):
            return dict(outcome)
        return {**outcome, "observation": _look_again(payload)}
    except SdkMissing as error:
        return {"error": without_sdk(error)}
    except (HostBusy, CallerGone, _OtherRelease) as error:
        return {"error": str(error)}


def _changed_nothing(stage: str, payload: Json, outcome: Acted) -> bool:
    """Whether this call only took the lease, or could not even do that."""
    if outcome.get("unable"):
        return True
    return stage == "record" and not payload["records"] and not outcome["lease"]


class _OtherRelease(Exception):
    """The payload is of a release with another format."""


def _nothing(payload: Json) -> Acted:
    changed = bool(payload["records"] or payload["operations"])
    return Acted(changed=changed, results=[], refused=[], lease=None)


def _do(stage: str, payload: Json, abandoned: t.Callable[[], str]) -> Acted:
    return (_pull if stage == PULL else _act)(stage, payload, abandoned)


def _pull(stage: str, payload: Json, abandoned: t.Callable[[], str]) -> Acted:
    def engine() -> DockerEngine:
        return DockerEngine(payload["docker_host"], registries=payload["registries"])

    puller = Puller(payload["state_dir"], engine, limit_s=payload["pull_timeout_s"])
    return pull_images(
        engine(),
        puller,
        host=payload["host"],
        state_dir=payload["state_dir"],
        operations=payload["operations"],
        clock=time.time,
        term=_term(stage, payload, abandoned),
    )


def _act(stage: str, payload: Json, abandoned: t.Callable[[], str]) -> Acted:
    return act(
        DockerEngine(payload["docker_host"]),
        host=payload["host"],
        state_dir=payload["state_dir"],
        records=payload["records"],
        operations=payload["operations"],
        refusals=payload["refusals"],
        clock=time.time,
        term=_term(stage, payload, abandoned),
    )


def _term(stage: str, payload: Json, abandoned: t.Callable[[], str]) -> CallContext:
    return CallContext(
        claim=_claim(payload["claim"]),
        prepare=stage in ("validate", "record"),
        alone=payload["alone"],
        last=payload["last"],
        abandoned=abandoned,
        owner=payload["owner"],
    )


def _claim(given: Json) -> Claim | None:
    try:
        return Claim(**given) if given else None
    except TypeError as error:
        raise _OtherRelease(f"claim is not one of this release: {error}") from error


def _look_again(payload: Json) -> Observation:
    """Observe the host, and retry once: an engine may not answer for a container that it has just started."""
    look = observation(payload)
    return observation(payload) if look["error"] else look
