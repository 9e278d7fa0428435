# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at one host with the module of the same name, and keep what it said for the report."""

from __future__ import annotations

import time
import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.drover.docker.plugins.plugin_utils._run import run_files
from ansible_collections.drover.docker.plugins.plugin_utils._run.hosts import (
    docker_hosts,
    module_arguments,
)
from ansible_collections.drover.docker.plugins.plugin_utils._run.remote import try_module

LIMIT_S = 20.0
"""A host with faults takes longer than one without: the engine may hang, and yet the disk is to be seen."""
SWARM_PORTS = ("tcp/2377", "tcp/7946", "udp/7946")
DATA_PATH_PORT = 4789


class ActionModule(ActionBase):
    """Makes one module call. A host that does not answer is reported; the task does not fail."""

    TRANSFERS_FILES = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Keep what the host said. The result has it too."""
        variables = task_vars or {}
        super().run(tmp, variables)
        place = module_arguments(variables, self._templar.template)
        arguments = {name: place[name] for name in ("docker_host", "state_dir")}
        several = len(docker_hosts(variables)) > 1
        before = time.time()
        result, silence = try_module(
            self,
            "drover.docker.internal_preflight",
            {**arguments, "ports": self._ports(variables) if several else []},
            variables,
            limit_s=LIMIT_S,
        )
        look = {
            "facts": result.get("facts"),
            "cause": silence.why.cause if silence else "",
            "cure": silence.why.cure if silence else "",
            "before": before,
            "after": time.time(),
        }
        wanted = {"docker_host": arguments["docker_host"], "several": several}
        name = run_files.for_host("preflight", str(variables["inventory_hostname"]))
        run_files.save(name, {"look": look, "wanted": wanted})
        reason = silence.text if silence else ""
        return {"changed": False, "facts": result.get("facts") or {}, "reason": reason}

    def _ports(self, variables: dict[str, t.Any]) -> list[str]:
        """Return the ports that Swarm needs."""
        given = str(self._templar.template(variables.get("drover_network_data_path_port", 0)))
        chosen = given.strip().lstrip("0")
        return [*SWARM_PORTS, f"udp/{chosen if chosen.isdigit() else DATA_PATH_PORT}"]
