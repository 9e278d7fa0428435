# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels of our containers. Private to the collection; pure."""

from __future__ import annotations

import re

from .constants import (
    LABEL_HOOK,
    LABEL_INDEX,
    LABEL_MANAGED,
    LABEL_SERVICE,
    LABEL_SLOT,
    LABEL_STACK,
    PRE_DEPLOY,
)


def is_ours(labels: dict[str, str]) -> bool:
    """Whether a container is ours: its labels alone decide, and all of them must be present."""
    named = all(labels.get(label) for label in (LABEL_MANAGED, LABEL_STACK, LABEL_SERVICE))
    return named and (number(labels.get(LABEL_INDEX)) > 0 or is_hook(labels))


def is_hook(labels: dict[str, str]) -> bool:
    """Whether the labels are those of a hook: it has no index, and a slot."""
    kind, index = labels.get(LABEL_HOOK), labels.get(LABEL_INDEX)
    return kind == PRE_DEPLOY and index == "0" and number(labels.get(LABEL_SLOT)) > 0


def number(text: str | None) -> int:
    """A label as a number; 0 if it is not a number as we write it: C(01) is none, so that one index has one text."""
    return int(text) if text and re.fullmatch(r"[1-9][0-9]{0,9}", text) else 0
