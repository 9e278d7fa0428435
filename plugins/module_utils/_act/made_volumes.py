# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Remember the volumes of members that an earlier release made. Private to the collection.

A create remembers its volumes. Those of older containers are noted when a run acts on their stack anyway.
"""

from __future__ import annotations

import typing as t

from .._engine.client import Engine
from .._engine.errors import EngineError
from .._model.ledger import volumes_of
from .._record.ledger import note_volumes
from .._record.store import StoreError, read_record


def note_made_volumes(
    engine: Engine, state_dir: str, stacks: t.Iterable[str], *, host: str
) -> None:
    """Note the recorded volumes of this host's members that exist. Asks the engine only if any is not noted yet.

    It is for later passes only, so what fails here fails no operation: the next run tries it again.
    """
    try:
        unnoted = {stack: _unnoted(state_dir, stack, host) for stack in stacks}
        if any(unnoted.values()):
            present = {item["Name"] for item in engine.volumes()}
            _note(state_dir, unnoted, present)
    except (EngineError, StoreError):
        return


def _unnoted(state_dir: str, stack: str, host: str) -> dict[str, set[str]]:
    """Recorded volumes of this host's members that the ledger does not have, by member."""
    record = read_record(state_dir, stack)
    if record is None:
        return {}
    found = {
        key: set(entry["volumes"].values()).difference(volumes_of(record["life"], key))
        for key, entry in record["body"].get("members", {}).items()
        if entry["host"] == host
    }
    return {key: names for key, names in found.items() if names}


def _note(state_dir: str, unnoted: dict[str, dict[str, set[str]]], present: set[str]) -> None:
    for stack, members in unnoted.items():
        for key, names in members.items():
            if names & present:
                note_volumes(state_dir, stack, key, names & present)
