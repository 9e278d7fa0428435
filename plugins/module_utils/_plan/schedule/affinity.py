# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about the containers of a host: beside whom a new member may be. Private to the collection; pure.

They look at the members that records place on a host, of all stacks, and not at other people's containers. As in
Rancher, letters count as small ones, and members of a global service ask only for labels of hosts.
"""

from __future__ import annotations

import typing as t

from ..._common.constants import RANCHER_CONTAINER, RANCHER_STACK, RANCHER_STACK_SERVICE
from ..._model.fact import Fact
from ..._model.member import MemberId

Json = t.Dict[str, t.Any]
Label = t.Tuple[str, str]
_BESIDE = ("container_label", "container_label_soft", "container", "container_soft")


def labels_of(member: MemberId, service: Json) -> frozenset[Label]:
    """The labels of a member that rules may name."""
    found = {
        **service["container"].get("labels", {}),
        RANCHER_STACK: member.stack,
        RANCHER_STACK_SERVICE: f"{member.stack}/{member.service}",
        RANCHER_CONTAINER: member.home.container,
    }
    return frozenset((name.lower(), value.lower()) for name, value in found.items())


class Company:
    """The members on one host, for a member that may come to it."""

    def __init__(self, present: t.Collection[Label], placement: Json) -> None:
        """C(present): the labels of all members on the host."""
        self._present = present
        self._placement = placement

    def rejection(self) -> Fact | None:
        """The rule that speaks against the host; None if there is none."""
        for rule in self._rules(""):
            if rule not in self._present:
                return Fact("container_missing", {"label": _text(rule)})
        for rule in self._rules("_ne"):
            if rule in self._present:
                return Fact("container_unwanted", {"label": _text(rule)})
        return None

    def missed(self) -> int:
        """How many preferences the host does not meet."""
        lacking = sum(rule not in self._present for rule in self._rules("_soft"))
        return lacking + sum(rule in self._present for rule in self._rules("_soft_ne"))

    def _rules(self, ending: str) -> t.Iterator[Label]:
        for name, value in self._placement.get(f"container_label{ending}", ()):
            yield name, value
        for name in self._placement.get(f"container{ending}", ()):
            yield RANCHER_CONTAINER, name


def asks_for_company(service: Json) -> bool:
    """Whether a service has rules about the containers of its hosts."""
    return not service["global"] and any(
        name.startswith("container") for name in service["placement"]
    )


def waits_for_others(service: Json) -> bool:
    """Whether a service is to be beside others, so that these are placed first."""
    rules = service["placement"]
    return not service["global"] and any(rules.get(name) for name in _BESIDE)


def _text(rule: Label) -> str:
    return f"{rule[0]}={rule[1]}"
