# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A driver of passes over channels: it carries the calls of each step to the hosts. Private to the collection.

The pass (plugin_utils/_pass/machine.py) decides the order of the calls.
"""

from __future__ import annotations

import dataclasses
import secrets
import time
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.observation import (
    Observation,
    silent,
)
from ansible_collections.drover.docker.plugins.plugin_utils._pass.answers import outcome_of
from ansible_collections.drover.docker.plugins.plugin_utils._pass.machine import (
    Inventory,
    Pass,
)
from ansible_collections.drover.docker.plugins.plugin_utils._pass.step import End, Step
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import (
    OBSERVE,
    Outcome,
    Outcomes,
    Work,
)
from ansible_collections.drover.docker.plugins.plugin_utils._run.hosts import (
    ACT_S,
    OBSERVE_TIMEOUT_S,
    host_labels,
    module_arguments,
    pull_arguments,
    settings,
)
from ansible_collections.drover.docker.plugins.plugin_utils._run.record_key import record_key

from .channels import Channels

Json = dict[str, t.Any]

FIRST_LOOK_S = 15.0
"""Limit of the first look, in s. It opens the connections and sends the host code."""


class Driver:
    """Runs passes over the hosts of one inventory, one pass at a time."""

    def __init__(self, channels: Channels, variables: t.Mapping[str, Json]) -> None:
        """C(variables): templated variables of each Docker host, with C(inventory_hostname)."""
        self._channels = channels
        self._variables = variables
        self._looked = False

    @property
    def inventory(self) -> Inventory:
        """Read the settings and labels of the inventory.

        Raises:
            AnsibleError: The value of a variable is invalid.
        """
        hosts = sorted(self._variables)
        variables = {
            "groups": {"docker_hosts": hosts},
            "hostvars": self._variables,
            "inventory_hostname": hosts[0] if hosts else "",
        }
        own = self._variables[hosts[0]] if hosts else {}
        return Inventory(settings(variables), host_labels(variables), record_key(own))

    def run(
        self,
        running: Pass,
        *,
        on_step: t.Callable[[Step], None] = lambda _step: None,
        pause: t.Callable[[float], None] = time.sleep,
    ) -> End:
        """Run a pass to its end. C(on_step) receives each step before the calls of that step."""
        step = running.start(self.look(running), now=time.monotonic())
        while True:
            on_step(step)
            if step.end is not None:
                return step.end
            pause(step.pause_s)
            outcomes, reasons = self._carry(step)
            step = running.answer(
                outcomes, now=time.monotonic(), token=secrets.token_hex(8), reasons=reasons
            )

    def look(self, running: Pass) -> dict[str, Observation | None]:
        """Look at all hosts. Of a host that does not answer there is only the reason."""
        images = running.images
        calls = {host: Work(images=images) for host in self._variables}
        outcomes, reasons = self._carry(Step(OBSERVE, calls))
        return {
            host: outcome.observation if outcome else silent(reasons[host])
            for host, outcome in outcomes.items()
        }

    def _carry(self, step: Step) -> tuple[Outcomes, dict[str, str]]:
        """Make the calls of a step. Return the outcomes and the reasons of hosts that did not answer."""
        payloads = {host: self._payload(host, work) for host, work in step.calls.items()}
        answers = self._channels.call(step.stage, payloads, self._limit_s(step.stage))
        outcomes: Outcomes = {}
        reasons: dict[str, str] = {}
        for host, answer in answers.items():
            found = answer if isinstance(answer, str) else _outcome(answer, step.calls[host])
            if isinstance(found, str):
                outcomes[host], reasons[host] = None, found
            else:
                outcomes[host] = found
        return outcomes, reasons

    def _limit_s(self, stage: str) -> float:
        if stage != OBSERVE:
            return ACT_S
        first, self._looked = not self._looked, True
        return max(FIRST_LOOK_S, self._look_s()) if first else self._look_s()

    def _look_s(self) -> float:
        given = [item.get("drover_observe_timeout_s") for item in self._variables.values()]
        return max([OBSERVE_TIMEOUT_S, *(float(item) for item in given if item)])

    def _payload(self, host: str, work: Work) -> Json:
        variables = self._variables[host]
        place = module_arguments(variables, lambda value: value)
        pulls = pull_arguments(work.images_to_pull, variables, lambda value: value)
        own = {"owner": work.claim.get("owner", "")}
        return {**dataclasses.asdict(work), **place, **pulls, **own}


def _outcome(answer: Json, work: Work) -> Outcome | str:
    """Read a host's answer and stamp it with the time of its arrival; a text says why it cannot be used."""
    outcome = outcome_of(answer, work.operations, time.monotonic())
    if isinstance(outcome, Outcome) and isinstance(outcome.observation, dict):
        outcome.observation["taken_at"] = outcome.answered_at
    return outcome
