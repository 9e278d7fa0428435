# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of all unit tests; they run under ``ansible-test units`` and under plain pytest alike.

Both make the checkout importable as ``ansible_collections.drover.docker``: ansible-test by its own plugin, plain
pytest because ``make venv`` links the checkout into the venv's collections path. Tests import what they share by
its full name, ``ansible_collections.drover.docker.tests.unit...``.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# A shared CI machine is slow now and then: time is no verdict. A found example is printed with the way to repeat it.
# DROVER_EXAMPLES multiplies the effort where time allows, as `make soak` does.
settings.register_profile(
    "drover",
    max_examples=int(os.environ.get("DROVER_EXAMPLES", "100")),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("drover")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many random histories the simulations played, on all workers together."""
    played = sum(
        int(str(value))
        for kind in ("passed", "failed")
        for report in terminalreporter.stats.get(kind, [])
        for name, value in report.user_properties
        if name == "histories"
    )
    if played:
        terminalreporter.write_line(f"{played} random histories")
