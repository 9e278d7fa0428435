# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Channels to many hosts, which are called concurrently. Private to the collection.

Channels carry passes without Ansible's tasks. The hosts run the same code, but Python starts once for each host
instead of once for each call. See docs/decisions/0014-channels.md.
"""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor

from .._run.deadline import NoAnswer
from .channel import IDLE_S, Channel
from .code import HostCode, host_code
from .way import NoWay, Variables, Way, way_to

Json = dict[str, t.Any]
Answer: t.TypeAlias = "Json | str"
"""A host's answer, or the reason why there is none."""

CLOSE_S = 1.0


class Channels:
    """One channel for each host that was called. Threads exist only during a call."""

    def __init__(
        self,
        variables: t.Mapping[str, Variables],
        *,
        code: HostCode | None = None,
        idle_s: float = IDLE_S,
    ) -> None:
        """Prepare the channels. This contacts no host.

        Args:
            variables: By host: templated variables that say how Ansible would connect, with C(inventory_hostname).
            code: Code that hosts run; by default that of this control node. After a change, the next call loads the
                new code.
            idle_s: Seconds without a call after which the process on a host ends by itself.
        """
        self.code = code or host_code()
        self._ways = {host: _way(given) for host, given in variables.items()}
        self._idle_s = idle_s
        self._channels: dict[str, Channel] = {}

    def __enter__(self) -> Channels:
        """Support C(with): the end of the block ends the processes."""
        return self

    def __exit__(self, *_error: t.Any) -> None:
        self.close()

    def call(self, stage: str, payloads: t.Mapping[str, Json], limit_s: float) -> dict[str, Answer]:
        """Run one stage on several hosts concurrently.

        Args:
            stage: Name of the stage; see answer.answer.
            payloads: By host.
            limit_s: Seconds that each host has, including its connection. No host waits for another host.
        """
        if not payloads:
            return {}
        with ThreadPoolExecutor(len(payloads)) as pool:
            calls = {
                host: pool.submit(self._call, host, stage, payload, limit_s)
                for host, payload in payloads.items()
            }
        return {host: call.result() for host, call in calls.items()}

    def close(self) -> None:
        """End the processes on all hosts."""
        if self._channels:
            with ThreadPoolExecutor(len(self._channels)) as pool:
                pool.map(lambda channel: channel.close(CLOSE_S), self._channels.values())
        self._channels.clear()

    def _call(self, host: str, stage: str, payload: Json, limit_s: float) -> Answer:
        """Return one host's answer. A fault of this host does not affect the calls to the others."""
        way = self._ways.get(host, "it is not in the inventory")
        if isinstance(way, str):
            return way
        channel = self._channels.setdefault(host, Channel(way, idle_s=self._idle_s))
        try:
            outcome = channel.call(self.code, stage, payload, limit_s)
        except NoAnswer as error:
            return str(error)
        return str(outcome["error"]) if "error" in outcome else outcome


def _way(variables: Variables) -> Way | str:
    """Return the way to a host, or the reason why there is none."""
    try:
        return way_to(variables)
    except NoWay as error:
        return str(error)
