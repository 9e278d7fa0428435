# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control nodes that differ: in their release, which writes other files, and in what their inventory asks for."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any
from unittest import mock

from ansible_collections.drover.docker.plugins.module_utils._common.constants import RELEASE
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render import (
    balancer,
    checker,
    marker,
)
from ansible_collections.drover.docker.plugins.module_utils._plan import record_writes, release
from ansible_collections.drover.docker.plugins.module_utils._plan.balancer import balancers
from ansible_collections.drover.docker.plugins.module_utils._record import (
    copies,
    soundness,
    states,
    store,
)

_with_marker = marker.with_marker


@dataclasses.dataclass(frozen=True)
class ControlNode:
    """A control node. C(settings): fields of Settings that its inventory sets."""

    release: str = RELEASE
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)
    record_format: int = states.FORMAT
    """The format of the records that it writes; it reads all up to this one."""

    @contextlib.contextmanager
    def acting(self) -> Iterator[None]:
        """All code is of this node's release, on the hosts too: its modules run there.

        Nodes may take turns: the code of one is put in the place of the other's.
        """
        formats = tuple(range(1, self.record_format + 1))
        with contextlib.ExitStack() as patches:
            for module in (release, record_writes, balancers):
                patches.enter_context(mock.patch.object(module, "RELEASE", self.release))
            for renderer in (balancer, checker):
                patches.enter_context(mock.patch.object(renderer, "with_marker", self._marked))
            for module in (copies, states, store):
                patches.enter_context(mock.patch.object(module, "FORMAT", self.record_format))
            patches.enter_context(mock.patch.object(soundness, "FORMATS", formats))
            yield

    def _marked(self, config: str) -> tuple[str, str]:
        """Each release writes a config of its own for the same wish."""
        theirs = "" if self.release == RELEASE else f"\n# made by {self.release}\n"
        return _with_marker(config + theirs)


OTHER = ControlNode("99.0.0", {"check_own_host": True, "checker_image": "haproxy:99"})
"""A newer release with another inventory."""
NEXT = dataclasses.replace(OTHER, record_format=states.FORMAT + 1)
"""It also writes records that the present release cannot read."""
