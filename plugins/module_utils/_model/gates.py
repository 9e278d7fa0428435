# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words for what a service waits for (Compose's conditions of depends_on). Private to the collection."""

from __future__ import annotations

HEALTHY = "healthy"
COMPLETED = "completed"
CONDITIONS = {"service_healthy": HEALTHY, "service_completed_successfully": COMPLETED}
"""Compose's words, and ours in the record. C(service_started) needs none: it orders the creation."""
