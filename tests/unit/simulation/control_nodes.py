# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control nodes that differ: in their release, which writes other configs, and in what their inventory asks for."""

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


@dataclasses.dataclass(frozen=True)
class ControlNode:
    """A control node. C(settings): fields of Settings that its inventory sets."""

    release: str = RELEASE
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)

    @contextlib.contextmanager
    def acting(self) -> Iterator[None]:
        """All code is of this node's release, on the hosts too: its modules run there."""
        if self.release == RELEASE:
            yield
            return
        with contextlib.ExitStack() as patches:
            for module in (release, record_writes, balancers):
                patches.enter_context(mock.patch.object(module, "RELEASE", self.release))
            for renderer in (balancer, checker):
                patches.enter_context(mock.patch.object(renderer, "with_marker", self._marked))
            yield

    def _marked(self, config: str) -> tuple[str, str]:
        """Each release writes a config of its own for the same wish."""
        return marker.with_marker(f"{config}\n# made by {self.release}\n")


OTHER = ControlNode("99.0.0", {"check_own_host": True, "checker_image": "haproxy:99"})
"""A newer release with another inventory."""
