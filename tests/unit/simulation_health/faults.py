# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What befalls networks, checkers, hosts, clocks, controllers and applications; any number stands for one of them."""

from __future__ import annotations

import random
from collections.abc import Callable

from ansible_collections.drover.docker.tests.unit.simulation.checks import member_of

from .applications import Place
from .story import Story
from .world import CUT, REJECT, SLOW_S

Fault = Callable[["Faults"], str]


class Faults:
    """Inflicts one fault at a time on a story, chosen by dice."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.world = story.world
        self.dice = random.Random(0)

    def inflict(self, number: int, kinds: list[str]) -> None:
        """The fault that the number stands for."""
        self.dice = random.Random(number)
        kind = self.dice.choice(kinds)
        said = ALL[kind](self)
        if kind not in APPLICATIONS:
            self.story.calm_since = self.story.now
        self.story.say(f"{self.story.now:.1f} ---- {kind}: {said}")

    def _host(self) -> str:
        return self.dice.choice(sorted(self.world.machines))

    def _way(self) -> str:
        return self.dice.choice([CUT, CUT, REJECT])

    # --- network

    def cut_pair(self) -> str:
        source, target, way = self._host(), self._host(), self._way()
        self.world.overlay_faults[source, target] = way
        return f"{source} -> {target} {way}"

    def isolate(self) -> str:
        host, way = self._host(), self._way()
        for other in self.world.machines:
            self.world.overlay_faults[host, other] = self.world.overlay_faults[other, host] = way
        return f"{host} {way}"

    def cut_members(self) -> str:
        host, way = self._host(), self._way()
        self.world.member_faults[host] = way
        return f"{host} {way}"

    def cut_checker(self) -> str:
        """On a single host there are cuts that look like a sick application: those are left out.

        There a refusal may be the application's own, and with one member nothing else is there to be reached.
        """
        alone = len(self.world.machines) == 1
        if alone and len(self.world.checked()) == 1:
            return "left out"
        host, way = self._host(), CUT if alone else self._way()
        self.world.checker_faults[host] = way
        return f"{host} {way}"

    def mend_network(self) -> str:
        self.world.overlay_faults.clear()
        self.world.member_faults.clear()
        self.world.checker_faults.clear()
        return ""

    # --- checkers

    def stop_checker(self) -> str:
        return self._with_checker("stop")

    def pause_checker(self) -> str:
        return self._with_checker("pause")

    def restart_checker(self) -> str:
        return self._with_checker("restart")

    def remove_checker(self) -> str:
        return self._with_checker("remove")

    def _with_checker(self, deed: str) -> str:
        host = self._host()
        machine, container = self.world.machines[host], self.world.checker(host)
        if container is None or not machine.up:
            return "none"
        if deed == "restart":
            machine.exit(container, 1)
        elif deed == "remove":
            machine.remove(container, with_volumes=False)
        else:
            getattr(machine, deed)(container)
        return host

    def mute_checker(self) -> str:
        host = self._host()
        self.world.mute.add(host)
        return host

    def unmute(self) -> str:
        self.world.mute.clear()
        return ""

    # --- hosts, clocks, controllers

    def hide(self) -> str:
        host = self._host()
        self.story.hidden.add(host)
        return host

    def show(self) -> str:
        self.story.hidden.clear()
        return ""

    def hang_engine(self) -> str:
        host = self._host()
        self.world.machines[host].engine.answers = False
        return host

    def resume_engines(self) -> str:
        for machine in self.world.machines.values():
            machine.engine.answers = True
        return ""

    def restart_engine(self) -> str:
        host = self._host()
        self.world.machines[host].restart_engine()
        return host

    def power_off(self) -> str:
        host = self._host()
        self.world.machines[host].power_off()
        return host

    def power_on(self) -> str:
        for machine in self.world.machines.values():
            machine.power_on()
        return ""

    def set_clock(self) -> str:
        host = self._host()
        skew_s = self.dice.choice([-600.0, -60.0, 0.0, 60.0, 600.0, self.dice.uniform(-600, 600)])
        self.world.machines[host].skew_s = skew_s
        return f"{host} {skew_s:.0f} s"

    def away(self) -> str:
        seconds = self.dice.choice([30.0, 120.0, 400.0])
        self.world.pass_time(seconds)
        return f"{seconds:.0f} s without a controller"

    def kill_controller(self) -> str:
        left = self.dice.randint(0, 12)
        killed = self.story.reconcile(kill_after=left) is None
        return f"after {left} changes: {killed}"

    def rival(self) -> str:
        """Two controllers: one does a whole pass between the other's look and its deeds."""
        self.story.meanwhile = self.story.reconcile
        self.story.reconcile()
        self.story.meanwhile = None
        return ""

    # --- applications

    def sicken(self) -> str:
        found = [item for _machine, item in self.world.checked() if item.id in self.world.lives]
        if not found:
            return "none"
        container, ill = self.dice.choice(found), self.dice.choice(["500", "500", "hang", "refuse"])
        self.world.lives[container.id].ill = ill
        return f"{container.name} {ill}"

    def sicken_for_good(self) -> str:
        place, name = self._place()
        place.ill = self.dice.choice(["500", "hang", "refuse"])
        return f"{name} {place.ill}"

    def slow_answers(self) -> str:
        place, name = self._place()
        place.answer_s = self.dice.choice([0.0, 2 * SLOW_S])
        return f"{name} {place.answer_s} s"

    def slow_start(self) -> str:
        place, name = self._place()
        place.warm_up_s = self.dice.choice([5.0, 20.0, 90.0])
        return f"{name} {place.warm_up_s} s"

    def flap(self) -> str:
        place, name = self._place()
        place.flap_s = (self.dice.uniform(1, 40), self.dice.uniform(1, 40))
        return f"{name} {place.flap_s}"

    def _place(self) -> tuple[Place, str]:
        found = sorted(member_of(item) for _machine, item in self.world.checked())
        member = self.dice.choice(found) if found else ("shop", "web", 1)
        return self.world.place(member), f"{member[1]}/{member[2]}"

    def crash(self) -> str:
        found = self.world.checked()
        if not found:
            return "none"
        machine, container = self.dice.choice(found)
        if machine.up:
            machine.exit(container, 1)
        return container.name

    def kill_member(self) -> str:
        found = self.world.checked()
        if not found:
            return "none"
        machine, container = self.dice.choice(found)
        if machine.up:
            machine.kill(container)
        return container.name

    def lose_database(self) -> str:
        self.world.database_up = False
        return ""

    def database_back(self) -> str:
        self.world.database_up = True
        return ""

    def heal_applications(self) -> str:
        self.world.database_up = True
        self.world.places.clear()
        for life in self.world.lives.values():
            life.ill = ""
        return ""

    def heal_all(self) -> str:
        """The end of all faults; counts and clocks stay as they are."""
        for mend in (
            self.mend_network,
            self.unmute,
            self.show,
            self.resume_engines,
            self.power_on,
            self.heal_applications,
        ):
            mend()
        return ""


NETWORK = ["cut_pair", "isolate", "cut_members", "cut_checker", "mend_network", "mend_network"]
CHECKERS = [
    "stop_checker",
    "pause_checker",
    "restart_checker",
    "remove_checker",
    "mute_checker",
    "unmute",
]
HOSTS = [
    "hide",
    "show",
    "hang_engine",
    "resume_engines",
    "restart_engine",
    "power_off",
    "power_on",
    "set_clock",
    "away",
    "kill_controller",
    "rival",
]
APPLICATIONS = [
    *["sicken"] * 4,
    "sicken_for_good",
    "slow_answers",
    "slow_start",
    "flap",
    "crash",
    "kill_member",
    "lose_database",
    "database_back",
    *["heal_applications"] * 2,
]
EVERYTHING = [*NETWORK, *CHECKERS, *HOSTS, *APPLICATIONS]
THEMES = [
    NETWORK,
    [*NETWORK, *CHECKERS],
    [*NETWORK, *APPLICATIONS],
    HOSTS,
    APPLICATIONS,
    EVERYTHING,
]
ALL: dict[str, Fault] = {name: getattr(Faults, name) for name in EVERYTHING}
