# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry out a host's call of the current step. A host without a call is not contacted.

The module of the same name does the work.
"""

from __future__ import annotations

import json
import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.drover.docker.plugins.plugin_utils._pass.work import OBSERVE, Work
from ansible_collections.drover.docker.plugins.plugin_utils._run import pass_file
from ansible_collections.drover.docker.plugins.plugin_utils._run.hosts import (
    ACT_S,
    module_arguments,
    pull_arguments,
)
from ansible_collections.drover.docker.plugins.plugin_utils._run.remote import call_module, look_at


class ActionModule(ActionBase):
    """Takes the host's call from the step of C(internal_plan), and stores the answer for its next step."""

    TRANSFERS_FILES = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Call the module with this host's share, if any."""
        variables = task_vars or {}
        super().run(tmp, variables)
        host = str(variables["inventory_hostname"])
        stage, share = pass_file.call_of(host)
        if share is None or (self._task.check_mode and stage != OBSERVE):
            return {"changed": False}
        if stage == OBSERVE:
            asked = {} if share.known is None else {"known": share.known}
            observation = look_at(self, share.images, variables, **asked)
            pass_file.keep_look(host, observation)
            return {"changed": False}
        return self._call(stage, share, variables)

    def _call(self, stage: str, share: Work, variables: dict[str, t.Any]) -> dict[str, t.Any]:
        template = self._templar.template
        arguments = module_arguments(variables, template)
        pulls = pull_arguments(share.images_to_pull, variables, template)
        given = {**arguments, **_arguments(stage, share), **pulls}
        result, reason = call_module(
            self, "drover.docker.internal_act", given, variables, limit_s=ACT_S
        )
        if reason:
            pass_file.keep_silence(arguments["host"], reason)
            return {"changed": True, "msg": reason}
        pass_file.keep_outcome(arguments["host"], result)
        return {"changed": bool(result["changed"])}


def _arguments(stage: str, share: Work) -> dict[str, t.Any]:
    """Return the module's arguments for a share."""
    return {
        "stage": stage,
        "records": share.records,
        "operations": share.operations,
        "refusals": json.dumps(share.refusals),  # as text: Ansible drops a None
        "alone": share.alone,
        "last": share.last,
        "claim": share.claim,
        "images": share.images,
    }
