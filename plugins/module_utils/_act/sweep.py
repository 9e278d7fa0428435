# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Remove what a killed run left behind. Private to the collection."""

from __future__ import annotations

import os
import shutil
import time
import typing as t

from .._common.constants import LABEL_ONCE, LEFTOVER_AGE_S
from .._engine.client import Engine
from .._engine.errors import NotFound
from .._haproxy.run.balancer_files import VALIDATION, balancers_folder
from .preconditions import Stale


def sweep_container(engine: Engine, container: str) -> None:
    """Remove a container that was made for a validation. Raises Stale if it is something else."""
    try:
        found = engine.inspect(container)
    except NotFound:
        raise Stale("the container is gone") from None
    if LABEL_ONCE not in (found["Config"].get("Labels") or {}):
        raise Stale("the container is not ours")
    engine.remove(found["Id"])


def sweep_folder(state_dir: str, name: str, *, clock: t.Callable[[], float] = time.time) -> None:
    """Remove the folder of a validation. The caller holds the host's lock. Raises Stale if it is something else."""
    path = os.path.join(balancers_folder(state_dir), name)
    if not VALIDATION.match(name):
        raise Stale("it is not the folder of a validation")
    try:
        age_s = clock() - os.lstat(path).st_mtime
    except FileNotFoundError:
        raise Stale("the folder is gone") from None
    if age_s <= LEFTOVER_AGE_S:
        raise Stale("it is in use")
    shutil.rmtree(path)
