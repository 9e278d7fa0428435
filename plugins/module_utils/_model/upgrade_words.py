# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of an upgrade's policy, in stack files and in records. Private to the collection."""

from __future__ import annotations

START_FIRST = "start-first"
STOP_FIRST = "stop-first"
ROLLBACK, PAUSE, CONTINUE = "rollback", "pause", "continue"
