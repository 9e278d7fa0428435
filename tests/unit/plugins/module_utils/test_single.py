# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module for one service on one host refuses, because nothing stands behind it."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils.compose.errors import StackError
from ansible_collections.drover.docker.plugins.module_utils.names import reserved
from ansible_collections.drover.docker.plugins.module_utils.single import one_service


def one(**keys: t.Any) -> dict[str, t.Any]:
    return one_service("shop", "web", {"image": "a", **keys}, volumes={}, warnings=[])


def test_a_health_check_is_refused_with_a_hint() -> None:
    with pytest.raises(StackError) as caught:
        one(health_check={"port": 80})
    assert str(caught.value) == (
        'service "web": key "health_check": is not run by this release; nothing checks the containers of this '
        "module: bring the service up as a stack (drover.docker.up), or write healthcheck, the engine's own"
    )


@pytest.mark.parametrize("value", [None, {}, ""])
def test_an_empty_one_says_nothing(value: t.Any) -> None:
    assert one(health_check=value)["services"]["web"]["health_check"] is None


def test_only_the_system_stacks_name_is_reserved() -> None:
    assert "system services" in reserved("drover")
    assert [reserved(name) for name in ("drover-1", "a-drover", "shop")] == ["", "", ""]
