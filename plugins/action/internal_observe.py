# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observe one host with the module of the same name, and store the observation for the plan."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.drover.docker.plugins.plugin_utils._pass.machine import wanted_images
from ansible_collections.drover.docker.plugins.plugin_utils._run import pass_file, run_files
from ansible_collections.drover.docker.plugins.plugin_utils._run.remote import look_at


class ActionModule(ActionBase):
    """Makes one module call. A host that does not answer is reported; the task does not fail."""

    TRANSFERS_FILES = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Save the observation. The result only says whether there is one."""
        variables = task_vars or {}
        super().run(tmp, variables)
        checker_image = self._templar.template(variables.get("drover_checker_image")) or ""
        images = wanted_images(run_files.load("definition"), checker_image)
        observation = look_at(self, images, variables, **self._task.args)
        pass_file.keep_observation(str(variables["inventory_hostname"]), observation)
        return {
            "changed": False,
            "observed": not observation["error"],
            "reason": observation["error"] or "",
        }
