# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A look at all hosts over channels: the first one, which opens them, and those that follow.

`bench/channels.py [INVENTORY]`; the lab's inventory, unless told. Nothing is changed on the hosts.
"""

from __future__ import annotations

import argparse
import statistics
from typing import Any

from ansible_collections.drover.docker.plugins.module_utils._common.constants import (
    DOCKER_HOST,
    STATE_DIR,
)
from ansible_collections.drover.docker.plugins.plugin_utils._channel.channels import Channels
from ansible_collections.drover.docker.plugins.plugin_utils._channel.inventory import host_variables
from common import INVENTORY, Figure, seconds, show

LOOKS = 30
LIMIT_S = 20.0


def payloads(hosts: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        host: {
            "host": host,
            "docker_host": variables.get("drover_docker_host", DOCKER_HOST),
            "state_dir": variables.get("drover_state_dir", STATE_DIR),
            "images": [],
        }
        for host, variables in hosts.items()
    }


def look(channels: Channels, hosts: dict[str, dict[str, Any]]) -> int:
    """Look at all hosts; how many containers of ours there are. All hosts have to answer."""
    answers = channels.call("observe", payloads(hosts), LIMIT_S)
    found = 0
    for host, answer in answers.items():
        if isinstance(answer, str) or answer["observation"]["error"]:
            raise SystemExit(f"bench: {host}: {answer}")
        found += len(answer["observation"]["containers"])
    return found


def measure(inventory: str, looks: int) -> list[Figure]:
    hosts = host_variables([inventory])
    with Channels(hosts) as channels:
        first = seconds(lambda: look(channels, hosts))
        count = look(channels, hosts)
        later = [seconds(lambda: look(channels, hosts)) for _look in range(looks)]
    name = f"look at {len(hosts)} hosts, {count} containers, over channels"
    spread = f"{min(later):.3f} to {max(later):.3f} s"
    return [
        Figure(f"{name}: the first", round(first, 3), "s"),
        Figure(name, round(statistics.median(later), 3), "s", spread=spread),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inventory", nargs="?", default=str(INVENTORY))
    parser.add_argument("--looks", type=int, default=LOOKS)
    options = parser.parse_args()
    show(measure(options.inventory, options.looks))


if __name__ == "__main__":
    main()
