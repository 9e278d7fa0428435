# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A record that says only that its stack is down: what a person's "forget" leaves. Private to the collection; pure.

Deleting the records at once would let the stack come back from a host that was away with a copy. So a version without
content replaces them first, by the majority rules of every write. Once all hosts of the record have it, no copy is left
to come back, and the files are deleted.
"""

from __future__ import annotations

import typing as t

from .hooks import hooks_of, with_hooks
from .revisions import Body, Request, current, is_live

FORGOTTEN = "forgotten"


def forgotten_body(stack: str, body: Body, request: Request, away: t.Collection[str]) -> Body:
    """The body without definitions, secrets and members; the request says who forgets it.

    Members on hosts that are C(away) stay: their containers may still be there, and only an entry proves whose they
    are. Counters stay, so that a create index is never used twice.
    """
    last = current(body) or {"number": 0}
    revision = {
        "number": last["number"] + 1,
        "author": request.author,
        "time": request.time,
        "note": FORGOTTEN,
        "tombstone": True,
        "definition": {"format": 1, "stack": stack, "services": {}, "volumes": {}},
        "services": {},
        "digests": {},
    }
    members = {key: entry for key, entry in body["members"].items() if entry["host"] in away}
    hooks = {key: entry for key, entry in hooks_of(body).items() if entry["host"] in away}
    return with_hooks({**body, "revisions": [revision], "members": members}, hooks)


def is_forgotten(body: Body | None) -> bool:
    """Whether a person forgot the stack, and nobody brought it up since."""
    revision = current(body)
    return bool(revision and not is_live(body) and revision["note"] == FORGOTTEN)
