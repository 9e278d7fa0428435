# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Detect that the controller that called a module is gone. Private to the collection."""

from __future__ import annotations

import select

STDOUT = 1
REASON = "the controller is gone: nothing more is begun in its name"


class CallerGone(Exception):
    """The caller is gone before the call began. The text says why."""


def abandoned(descriptor: int = STDOUT) -> str:
    """Why the caller of this module is gone; empty while it waits.

    A module's standard output is a pipe to Ansible's connection. When the controller or the connection dies, the
    kernel reports that the other end is closed. It never reports this for a file or a terminal.
    """
    poll = select.poll()
    poll.register(descriptor, 0)
    try:
        events = poll.poll(0)
    except OSError:
        return ""
    gone = select.POLLERR | select.POLLHUP
    return REASON if any(event & gone for _descriptor, event in events) else ""
