# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts of facts about moves of members with their volumes: see fact_texts.py. Private to the collection; pure."""

from __future__ import annotations

from .cause_texts import Text

MOVES: dict[str, Text] = {
    "is_moved": "is moved to {to} (volume_move goes on, or -e to={from} takes it back)",
    "not_moved": lambda told: f"not moved: {'; '.join(told['reasons'])}",
    "moves_on": "is moved to {to} already: volume_move -e to={to} goes on, -e to={from} takes it back",
    "no_move": "is not moved, but on {host}",
    "service_moves": "a member of {name} is moved to another host: end that with volume_move first",
    "no_such_index": "{name} has no member {index}",
    "folders_stay": lambda told: f"folders of the host are not moved: {', '.join(told['paths'])}",
    # why a member is not moved
    "unfit": "{host}: {why}",
    "member_global": "its service is global, and has a member on each host",
    "member_once": "its service runs once, and would run again",
    "upgrade_open": "the upgrade of {name} is not confirmed: confirm_upgrade or rollback first",
    "no_such_container": "it does not have its one container on {host}: run reconcile first",
    "no_volumes": "it has no volumes",
    "volume_gone": "its volume {volume} is not on {host}",
    "volume_driver": "the driver {driver} keeps the data of volume {volume}",
    "volume_options": "volume {volume} has driver_opts, so its data are elsewhere",
    "volume_used": "{member} has volume {volume}, too",
    "volume_there": "{host} has a volume {volume} already: remove it there, or overwrite it with -e force=true",
    "does_not_know": "{host} has not stored yet that the member leaves it: try again",
    "still_runs": "its container on {host} still runs: try again when it is stopped",
    "not_made": "it has no container on {host} yet",
}
