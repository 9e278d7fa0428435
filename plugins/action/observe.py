# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observe one host with the module of the same name, and store the observation for the plan."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.drover.docker.plugins.module_utils._common.constants import CHECKER_IMAGE
from ansible_collections.drover.docker.plugins.plugin_utils._run import pass_file, run_files
from ansible_collections.drover.docker.plugins.plugin_utils._run.remote import look_at


class ActionModule(ActionBase):
    """Makes one module call. A host that does not answer is reported; the task does not fail."""

    TRANSFERS_FILES = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Save the observation. The result only says whether there is one."""
        variables = task_vars or {}
        super().run(tmp, variables)
        images = wanted_images(variables, self._templar.template)
        observation = look_at(self, images, variables, **self._task.args)
        pass_file.keep_observation(str(variables["inventory_hostname"]), observation)
        return {
            "changed": False,
            "observed": not observation["error"],
            "reason": observation["error"] or "",
        }


def wanted_images(variables: dict[str, t.Any], template: t.Callable[[t.Any], t.Any]) -> list[str]:
    """Return the images of a new definition. No record on the host names them yet."""
    checker_image = template(variables.get("drover_checker_image"))
    definition = run_files.load("definition") or {"services": {}}
    services = definition["services"].values()
    checked = any(service.get("health_check") for service in services)
    own = {checker_image or CHECKER_IMAGE} if checked or checker_image else set()
    return sorted({service["image"] for service in services} | own)
