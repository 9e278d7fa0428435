# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands over channels that stay open: without the time that Ansible takes for each task."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

from ansible_collections.drover.docker.plugins.plugin_utils._channel.channels import Channels
from ansible_collections.drover.docker.plugins.plugin_utils._channel.driver import Driver
from ansible_collections.drover.docker.plugins.plugin_utils._channel.inventory import host_variables
from ansible_collections.drover.docker.plugins.plugin_utils._output.command_report import (
    CommandReport,
)
from ansible_collections.drover.docker.plugins.plugin_utils._pass.machine import Pass
from ansible_collections.drover.docker.plugins.plugin_utils._run.command_line import request_from
from ansible_collections.drover.docker.plugins.plugin_utils._run.terms import stamp_of, term_of
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.loader import load_stack
from common import INVENTORY


class Commands:
    """Carries commands out; the channels are opened by the first one."""

    def __init__(self) -> None:
        self._hosts = host_variables([str(INVENTORY)])
        self._channels = Channels(self._hosts)
        self._driver = Driver(self._channels, self._hosts)

    def __enter__(self) -> Commands:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _at: TracebackType | None,
    ) -> None:
        self._channels.close()

    def up(self, folder: str, stack: str) -> None:
        """Bring a stack up, and wait until all is done."""
        definition, _warnings = load_stack(
            folder,
            stack=stack,
            variables={},
            balancer_image=self._variable("drover_balancer_image"),
        )
        self.run({"command": "up", "wait": "true"}, definition)

    def _variable(self, name: str) -> str:
        return str(next(iter(self._hosts.values())).get(name) or "")

    def run(self, given: dict[str, str], definition: dict[str, Any] | None = None) -> None:
        """Carry one command out; it has to succeed."""
        request = request_from(given, definition, **stamp_of(sorted(self._hosts)))
        variables = next(iter(self._hosts.values()))
        running = Pass(request, self._driver.inventory, term_of(request, variables))
        failure = CommandReport(given["command"]).failure(self._driver.run(running))
        if failure:
            sys.exit(f"bench: {given['command']} at {time.strftime('%X')}: {failure}")
