# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""For whom a run waits: only for a run that has the lease; and the timer's run ends soon, whatever hosts pull."""

from __future__ import annotations

from ansible_collections.drover.docker.plugins.module_utils._act.pull_stage import TURN_S
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import standing
from ansible_collections.drover.docker.plugins.plugin_utils._pass.patience import PATIENCE_S

from .checks import Broken
from .controller import WAIT_S, Report
from .steps import Order
from .world import CALL_S, SimulatedWorld

PULL_TURNS = 2
"""How often each host is called to pull: for what was planned first, and for what was planned then."""


class Waits:
    """Remembers, before an order that no other run disturbs, who has a lease; and looks at the clock after it."""

    def __init__(self, world: SimulatedWorld, order: Order) -> None:
        self.world = world
        self.order = order
        self.began_at = world.clock.now
        self.calls = len(world.calls)
        self.leased_s = max(map(self._left_s, world.machines), default=0.0)
        """How long the lease of another run still lasts somewhere."""

    def check(self, report: Report) -> None:
        """It gave way to nobody but a run that has a lease; and a timer's run was quick."""
        if report.gave_way and self.leased_s <= (0.0 if self.order.unattended else WAIT_S):
            raise Broken(f"gave way to nobody: a lease was left for {self.leased_s} s")
        took_s = self.world.clock.now - self.began_at
        if self.order.unattended and took_s > self._timers_s():
            raise Broken(f"the timer's run took {took_s:.0f} s, not {self._timers_s():.0f} s")

    def _timers_s(self) -> float:
        """The longest time of a timer's run. The hosts pull here one after the other."""
        pulls_s = len(self.world.machines) * PULL_TURNS * TURN_S
        return pulls_s + PATIENCE_S[True] + (len(self.world.calls) - self.calls) * CALL_S

    def _left_s(self, host: str) -> float:
        machine = self.world.running_on = self.world.machines[host]
        found = standing(str(machine.state_dir), clock=lambda: self.world.clock.now)
        return float(found["left_s"]) if found else 0.0
