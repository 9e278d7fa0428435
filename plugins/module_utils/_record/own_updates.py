# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The launches that containers without a record were updated to in place. Private to the collection.

Labels cannot be changed, and engines change the values of limits that they are given, so neither tells what a container
has. What is lost here is only set once more.
"""

from __future__ import annotations

import json
import os
import typing as t

from .._common.regular_files import read_regular
from .._common.replaced_files import replace_file
from .._model.ledger import Applied
from .store import StoreError

FILE = "updates.json"
LARGEST_BYTES = 2**20


def own_updates(state_dir: str) -> dict[str, str]:
    """The launch of each updated container, by id; empty if none can be read."""
    try:
        found = json.loads(read_regular(os.path.join(state_dir, FILE), limit=LARGEST_BYTES))
        return {str(key): str(launch) for key, launch in found.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def note_own_update(state_dir: str, applied: Applied, present: t.Collection[str]) -> None:
    """Store the launch of a container, and forget those of containers that are gone.

    Args:
        state_dir: Folder of all our files on this host.
        applied: The container and its launch.
        present: Ids of all containers of the engine.

    Raises:
        StoreError: It could not be written.
    """
    kept = {key: item for key, item in own_updates(state_dir).items() if key in present}
    kept[applied["container"]] = applied["launch"]
    try:
        replace_file(os.path.join(state_dir, FILE), json.dumps(kept))
    except OSError as error:
        raise StoreError(f"cannot write {FILE}: {error}") from error
