# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The desired state of a HAProxy, and the differences between our two kinds. Private to the collection."""

from __future__ import annotations

import dataclasses
import typing as t

from ..render.difference import nothing
from ..render.probes import is_probe
from ..render.wanted import Server, Wanted
from .balancer_files import CONFIG, Files, files_of
from .changes import wait_until_quiet
from .first_results import follow_first_results
from .folders import Folders

States = t.Mapping[Server, Wanted]


@dataclasses.dataclass(frozen=True)
class Kind:
    """The differences between checkers and load balancers when they get a config.

    Attributes:
        is_probe: Whether a backend of this name is named by its lines and need not be compared with a file.
        holds_back: Whether added servers get no request before their first good check.
        wait: Waits for the servers of a config after a change. Arguments: folders, wanted servers, previous servers,
            seconds. Returns whether the wait ended in time.
    """

    is_probe: t.Callable[[str], bool]
    holds_back: bool
    wait: t.Callable[[Folders, States, t.Collection[Server], float], bool]


def _first_results(
    folders: Folders, wanted: States, known: t.Collection[Server], wait_s: float
) -> bool:
    follow_first_results(folders, set(wanted) - set(known), wait_s=wait_s)
    return True


def _quiet(folders: Folders, wanted: States, known: t.Collection[Server], wait_s: float) -> bool:
    return wait_until_quiet(folders, wanted, wait_s=wait_s)


CHECKER = Kind(is_probe, holds_back=False, wait=_first_results)
BALANCER = Kind(nothing, holds_back=True, wait=_quiet)


@dataclasses.dataclass(frozen=True)
class Desired:
    """The desired state of a HAProxy: its files, including the config. C(certificates): PEM by name."""

    kind: Kind
    files: Files
    certificates: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def config(self) -> str:
        """Its config."""
        return self.files[CONFIG]


def checker(config: str) -> Desired:
    """A checker with this config."""
    return Desired(CHECKER, {CONFIG: config})


def balancer(
    config: str, certificates: t.Mapping[str, str] | None = None, default: str = ""
) -> Desired:
    """A load balancer with this config.

    Args:
        config: Its config.
        certificates: PEM by name.
        default: One of the names, or empty.

    Raises:
        ValueError: A name cannot be used for a file.
    """
    given = certificates or {}
    return Desired(BALANCER, files_of(config, given, default), given)
