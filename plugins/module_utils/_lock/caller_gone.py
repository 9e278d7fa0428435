# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the controller that called a module is still there. Private to the collection."""

from __future__ import annotations

import select

STDOUT = 1
REASON = "the controller is gone: nothing more is begun in its name"


class CallerGone(Exception):
    """Nobody waits for this call any more, and it has not begun. The text says why."""


def abandoned(descriptor: int = STDOUT) -> str:
    """Why nobody waits for this module any more; empty while somebody does.

    A module's standard output is a pipe to Ansible's connection. When the controller or the connection dies, its other
    end is closed, and the kernel says so. A file or terminal is never closed like that.
    """
    poll = select.poll()
    poll.register(descriptor, 0)
    try:
        events = poll.poll(0)
    except OSError:
        return ""
    gone = select.POLLERR | select.POLLHUP
    return REASON if any(event & gone for _descriptor, event in events) else ""
