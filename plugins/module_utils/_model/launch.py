# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launches: what needs a new container when it changes, under an id that is decided once. Private to the collection.

An id is the version of the algorithm and a hash: C(1:<SHA-256>). It is stored in the record and is the label
C(io.drover.config-hash) of the containers; no later release computes it again, so a release with another algorithm
finds no running container changed. An id without a version is of release 0.1.0, which had the first algorithm.
"""

from __future__ import annotations

import typing as t

from .config_hash import config_hash

Json = t.Mapping[str, t.Any]

ALGORITHMS: dict[str, t.Callable[[Json, Json], str]] = {"1": config_hash, "": config_hash}
"""All algorithms of this and earlier releases, the present one first. They must never change."""


def launch_ids(service: Json, volumes: Json) -> list[str]:
    """The ids of a service's launch by all algorithms, the present one first.

    Args:
        service: A canonical service.
        volumes: The declared volumes of its stack.
    """
    return [
        f"{version}:{algorithm(service, volumes)}" if version else algorithm(service, volumes)
        for version, algorithm in ALGORITHMS.items()
    ]


def decide_launch(service: Json, volumes: Json, known: t.Iterable[str]) -> str:
    """The id of a service's launch: the first known one that is the same launch, else a new one."""
    ids = launch_ids(service, volumes)
    return next((item for item in known if item in ids), ids[0])


def first_release_id(service: Json, volumes: Json) -> str:
    """The id that release 0.1.0 computed, and that its containers carry."""
    return config_hash(service, volumes)
