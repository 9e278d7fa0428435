# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stores a pass between the tasks of a play: its state, and each host's call and answer. Private to the collection."""

from __future__ import annotations

import copy
import dataclasses
import json
import time
import typing as t

from ansible.errors import AnsibleError
from ansible_collections.drover.docker.plugins.module_utils._model.observation import Observation
from ansible_collections.drover.docker.plugins.plugin_utils._pass.answers import outcome_of
from ansible_collections.drover.docker.plugins.plugin_utils._pass.machine import Pass
from ansible_collections.drover.docker.plugins.plugin_utils._pass.step import Step
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import (
    Outcome,
    Outcomes,
    Work,
)

from . import run_files

Json = dict[str, t.Any]

_CALL, _ANSWER, _OBSERVATION = "call", "answer", "observation"


def save(found: Pass, step: Step, hosts: list[str]) -> None:
    """Store a pass without the key of records, and each host's call of the next step in a separate file."""
    stored = copy.copy(found)
    stored.inventory = dataclasses.replace(found.inventory, record_key="")
    run_files.save_object("pass", stored)
    forget_calls(hosts)
    for host, share in step.calls.items():
        call = {"stage": step.stage, "work": dataclasses.asdict(share)}
        run_files.save(run_files.for_host(_CALL, host), call)


def forget_calls(hosts: list[str]) -> None:
    """Forget the calls of the last step, and what hosts answered."""
    for host in hosts:
        run_files.forget(run_files.for_host(_ANSWER, host))
        run_files.forget(run_files.for_host(_CALL, host))


def load(record_key: str) -> Pass:
    """Load the pass that an earlier task of this run began. The key of records is not in its file."""
    found = run_files.load_object("pass")
    if found is None:
        raise AnsibleError("there is no pass to go on with: drover.docker.internal_plan begins one")
    begun = t.cast("Pass", found)
    begun.inventory = dataclasses.replace(begun.inventory, record_key=record_key)
    return begun


def call_of(host: str) -> tuple[str, Work | None]:
    """Return a host's stage and share in the current step; None if it is not called."""
    saved = run_files.load(run_files.for_host(_CALL, host))
    return (saved["stage"], Work(**saved["work"])) if saved else ("", None)


# --- what the hosts' tasks keep ---


def keep_observation(host: str, observation: Json) -> None:
    """Store a host's observation with the time of its answer. An unreachable host has only an error."""
    run_files.save(run_files.for_host(_OBSERVATION, host), _stamped(observation))


def keep_look(host: str, observation: Json) -> None:
    """Store an observation in the middle of a pass."""
    run_files.save(run_files.for_host(_ANSWER, host), {"observation": _stamped(observation)})


def keep_outcome(host: str, result: Json) -> None:
    """Store the result of a call of the module internal_act."""
    keys = ("results", "refused", "lease", "unable")
    answer: Json = {key: result[key] for key in keys if key in result}
    if "observation" in result:
        answer["observation"] = _stamped(observation_of(result))
    run_files.save(run_files.for_host(_ANSWER, host), {**answer, "answered_at": time.monotonic()})


def observation_of(result: Json) -> Json:
    """Return the observation in a module's result; one that cannot be read has only an error."""
    try:
        found = json.loads(result["observation"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        return {"error": f"its answer cannot be read: {type(error).__name__}"}
    return found if isinstance(found, dict) else {"error": "its answer is not an observation"}


def _stamped(observation: Json) -> Json:
    return {**observation, "taken_at": time.monotonic()}


def keep_silence(host: str, reason: str) -> None:
    """Store the reason why a host did not answer."""
    run_files.save(run_files.for_host(_ANSWER, host), {"reason": reason})


# --- what the pass takes ---


def observations(hosts: list[str]) -> dict[str, Observation | None]:
    """Return each host's observation; None for a host that was left out."""
    return {host: run_files.load(run_files.for_host(_OBSERVATION, host)) for host in hosts}


def outcomes(hosts: list[str]) -> tuple[Outcomes, dict[str, str]]:
    """Return the outcomes of the called hosts, and the reasons of those that did not answer."""
    found: Outcomes = {}
    reasons: dict[str, str] = {}
    for host in hosts:
        if not run_files.exists(run_files.for_host(_CALL, host)):
            continue
        outcome = _outcome(host)
        if isinstance(outcome, str):
            found[host], reasons[host] = None, outcome
        else:
            found[host] = outcome
    return found, reasons


def _outcome(host: str) -> Outcome | str:
    """Return the outcome of a called host, or why there is none."""
    answer = run_files.load(run_files.for_host(_ANSWER, host))
    if answer is None or "reason" in answer:
        return str(answer["reason"]) if answer else "not reached"
    _stage, asked = call_of(host)
    return outcome_of(answer, asked.operations if asked else [], answer.get("answered_at", 0.0))
