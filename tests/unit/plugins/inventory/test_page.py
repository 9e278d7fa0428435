# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/inventory.md says what the code does: variables, keys, groups, limits."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._inventory import (
    connection,
    entries,
    reach,
    source,
)

PAGE = Path(__file__).resolve().parents[4] / "docs" / "inventory.md"
if not PAGE.exists():
    pytest.skip("the documentation is not part of this tree", allow_module_level=True)
TEXT = PAGE.read_text(encoding="utf-8")


def cells(row: str, column: int) -> set[str]:
    return set(re.findall(r"`([^`]+)`", row.split(" | ")[column]))


ROWS = [line for line in TEXT.splitlines() if line.startswith("| `")]


def test_all_variables_of_a_container_are_on_the_page() -> None:
    documented = {name for row in ROWS for name in cells(row, 0) if name.startswith("drover_")}
    others = {"drover_containers"}
    assert documented - others == entries.variable_names()


@pytest.mark.parametrize("transport", ["ssh", "tcp", "unix"])
def test_the_keys_of_each_way_are_on_the_page(transport: str) -> None:
    row = next(row for row in ROWS if row.startswith(f"| `{transport}://"))
    keys = {key for key, transports in source.TRANSPORTS.items() if transport in transports}
    assert cells(row, 2) == keys


def test_groups_and_connections_are_on_the_page() -> None:
    for name in (
        entries.CONTAINERS_GROUP,
        entries.TCP_GROUP,
        entries.UNSEEN_GROUP,
        connection.CLI,
        connection.API,
        connection.NONE,
    ):
        assert f"`{name}`" in TEXT


def test_limits_are_those_of_the_code() -> None:
    host = source.DockerHost(name="x", transport="ssh", address="x")
    assert f"`timeout` ({host.timeout:g} s)" in TEXT
    assert f"({reach.AT_ONCE} at once)" in TEXT
