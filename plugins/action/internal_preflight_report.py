# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge what was seen of all hosts. This contacts no host."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.drover.docker.plugins.plugin_utils._output.messages import (
    Message,
    as_data,
    plain,
    shown,
)
from ansible_collections.drover.docker.plugins.plugin_utils._preflight import report
from ansible_collections.drover.docker.plugins.plugin_utils._preflight.install import (
    Installation,
    install_text,
    installation,
)
from ansible_collections.drover.docker.plugins.plugin_utils._preflight.judgement import judge
from ansible_collections.drover.docker.plugins.plugin_utils._preflight.problem import (
    Look,
    Problem,
    Wanted,
)
from ansible_collections.drover.docker.plugins.plugin_utils._run import run_files

ARGUMENTS: dict[str, t.Any] = {
    "install": {"type": "bool", "default": False},
    "installed": {"type": "bool", "default": False},
}
_KINDS = {"error": "error", "warning": "warn"}
Found = dict[str, list[Problem]]


class ActionModule(ActionBase):
    """Runs on the controller only."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Return the report; with C(install), and where that helps, only what is to be installed."""
        variables = task_vars or {}
        super().run(tmp, variables)
        _result, args = self.validate_argument_spec(argument_spec=ARGUMENTS)
        looks, wanted = _kept(variables["ansible_play_hosts_all"])
        found = judge(looks, wanted)
        helps = {host: installation(looks[host], found[host]) for host in looks}
        to_do = {host: what for host, what in helps.items() if what and args["install"]}
        dry = bool(self._task.check_mode)
        if to_do and not args["installed"] and not dry:
            return {"changed": False, "installation": to_do}
        return _reported(found, to_do if dry else {})


def _kept(hosts: t.Iterable[str]) -> tuple[dict[str, Look], dict[str, Wanted]]:
    """Read what was kept of each host of the play."""
    kept = {host: run_files.load(run_files.for_host("preflight", host)) for host in hosts}
    return (
        {host: Look(**item["look"]) for host, item in kept.items() if item},
        {host: Wanted(**item["wanted"]) for host, item in kept.items() if item},
    )


def _reported(found: Found, would: dict[str, Installation]) -> dict[str, t.Any]:
    """Return the report. C(would): what a run without check mode would install, which is no failure."""
    bad = {host for host, problems in found.items() if report.has_error(problems)}
    told = [
        Message("note" if host in would else _KINDS[severity], f"{host}  {text}")
        for host, severity, text in report.lines(found)
    ]
    told += [Message("would", f"{host}  {install_text(what)}") for host, what in would.items()]
    last = report.summary(found)
    told += plain([last])
    run_files.save("shown", shown(told, last if bad - set(would) else ""))
    hosts = report.as_data(found)
    return {
        "changed": False,
        "hosts": hosts,
        "messages": as_data(told),
        "installation": {},
        "ansible_facts": {"drover_host_report": {"hosts": hosts}},
    }
