# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the internal modules share that a task calls on each host: where its engine and its records are."""

from __future__ import annotations


class ModuleDocFragment:
    """The host's own options, which the task sets."""

    DOCUMENTATION = r"""
options:
  docker_host:
    description:
      - Address of the engine, C(unix://PATH) or C(tcp://HOST:PORT).
      - The task sets it to the variable C(drover_docker_host), if there is one.
    type: str
    default: unix:///var/run/docker.sock
  state_dir:
    description:
      - Folder of the stack records and of the lock on this host.
      - The task sets it to the variable C(drover_state_dir), if there is one.
    type: path
    default: /var/lib/drover
attributes:
  action:
    description: Has a part that runs on the controller.
    support: full
"""
