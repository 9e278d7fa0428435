# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names the scenario, for the fixtures of ../../conftest.py."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def scenario() -> str:
    return "health"
