# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts as the results of commands have them. Private to the collection; pure."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.fact import Fact

PLACE = ("stack", "service", "index", "host")


def fact_data(fact: Fact, *place: str) -> dict[str, t.Any]:
    """Return a fact's code, parameters and text, and these parts of its place."""
    return {
        **fact.as_data,
        **{part: getattr(fact, part) for part in place},
        "text": fact.text,
    }
