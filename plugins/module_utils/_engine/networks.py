# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The managed network in terms of the Engine API. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from .._common.addresses import engine_range
from .._common.constants import LABEL_NETWORK
from .._model.observation import ObservedNetwork

Json = t.Dict[str, t.Any]

MANAGED = "managed"


def bridge_body(subnet: str) -> Json:
    """The body that creates the bridge of a single host: the engine assigns addresses from the lower half."""
    return {
        "Driver": "bridge",
        "CheckDuplicate": True,
        "IPAM": {
            "Driver": "default",
            "Config": [{"Subnet": subnet, "IPRange": engine_range(subnet)}],
        },
        "Labels": {LABEL_NETWORK: MANAGED},
    }


def endpoint_body(
    *, address: str | None, aliases: list[str], links: list[str], mac_address: str | None = None
) -> Json:
    """How a container is attached to a network.

    Args:
        address: Fixed IPv4 address; None lets the engine choose.
        aliases: Names under which others find the container.
        links: Names under which this container finds others, as C(TARGET:ALIAS).
        mac_address: Fixed hardware address.
    """
    endpoint: Json = {"Aliases": aliases, "Links": links}
    if address:
        endpoint["IPAMConfig"] = {"IPv4Address": address}
    if mac_address:
        endpoint["MacAddress"] = mac_address
    return endpoint


def network_facts(network: Json) -> ObservedNetwork:
    """The observation of a network. Of one with IPv4 and IPv6, members use the IPv4 part."""
    pools = (network.get("IPAM") or {}).get("Config") or [{}]
    config: Json = next((item for item in pools if ":" not in item.get("Subnet", "")), pools[0])
    return ObservedNetwork(
        id=network["Id"],
        driver=network.get("Driver", ""),
        subnet=config.get("Subnet", ""),
        ip_range=config.get("IPRange", ""),
        ours=(network.get("Labels") or {}).get(LABEL_NETWORK) == MANAGED,
    )
