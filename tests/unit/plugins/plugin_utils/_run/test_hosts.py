# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory's settings: what is wrong is told with the variable's name, before any host is contacted."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleError
from ansible_collections.drover.docker.plugins.module_utils._plan.world.world import Settings
from ansible_collections.drover.docker.plugins.plugin_utils._run.hosts import settings


def read(**variables: t.Any) -> Settings:
    return settings(
        {
            "inventory_hostname": "h1",
            "groups": {"docker_hosts": ["h1"]},
            "hostvars": {"h1": variables},
        }
    )


@pytest.mark.parametrize("name", ["drover_bridge_subnet", "drover_network_subnet"])
@pytest.mark.parametrize("value", ["10.43.0.1/16", "10.43.0.0/30", "fd00::/64", "ten", 5])
def test_a_bad_subnet(name: str, value: t.Any) -> None:
    with pytest.raises(AnsibleError, match=rf"^{name}: .*write|^{name}: .*too small"):
        read(**{name: value})


def test_subnets() -> None:
    found = read(drover_bridge_subnet="10.9.0.0/16", drover_network_subnet="")
    assert (found.bridge_subnet, found.overlay_subnet) == ("10.9.0.0/16", "10.42.0.0/16")
