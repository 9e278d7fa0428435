# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations of a host in any order that their plan allows, as its workers make it on a real one."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from unittest import mock

from ansible_collections.drover.docker.plugins.module_utils._act import ordering
from ansible_collections.drover.docker.plugins.module_utils._model.operation import Result


@contextlib.contextmanager
def any_order(dice: random.Random) -> Iterator[None]:
    """While this lasts, chance says which of the operations that may run is the next."""

    def run_serially(
        queue: ordering.Queue, run: ordering.Run, on_result: Callable[[Result], None]
    ) -> None:
        ready = queue.ready()
        while ready:
            chosen = ready.pop(dice.randrange(len(ready)))
            ordering._settle(queue, run(chosen), on_result)
            ready += queue.ready()

    with mock.patch.object(ordering, "_run_serially", run_serially):
        yield
