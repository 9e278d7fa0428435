# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give a HAProxy container its config: validated, without a restart, and only if it has another.

Private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ..._engine.client import Engine
from ..._engine.errors import EngineError, NotFound
from ..render.marker import marker_of
from .folders import FolderError, Folders
from .socket import HaproxyError
from .validate import Rejected, validate
from .worker import reload, servers, wait_for_results, wait_for_worker, worker_info

Json = t.Dict[str, t.Any]


class ApplyError(Exception):
    """The config is not applied; the text says why and, where HAProxy said so, in its words."""


@dataclasses.dataclass(frozen=True)
class Applied:
    """What applying a config did or, in check mode, would do."""

    changed: bool
    reloaded: bool
    revision: str
    before: str
    after: str


@dataclasses.dataclass(frozen=True)
class Target:
    """Which HAProxy gets the config: C(container) is a name or id; it need not run, nor be there."""

    folders: Folders
    container: str
    image: str


def apply_config(
    engine: Engine, target: Target, config: str, *, wait_s: float, check_mode: bool = False
) -> Applied:
    """Put a config in place and have the running HAProxy load it.

    Args:
        engine: The host's engine.
        target: The HAProxy.
        config: A config with a marker.
        wait_s: Seconds to wait for the first result of each server that is new.
        check_mode: Only look. The config is not validated then, as that needs a file and perhaps a container.

    Raises:
        ApplyError: HAProxy rejects the config, does not answer, or does not run it afterwards. The file is as before,
            except where a HAProxy that runs does not answer at all.
        EngineError: The engine could not be asked.
    """
    try:
        return _Apply(engine, target, config, check_mode=check_mode).run(wait_s)
    except (FolderError, HaproxyError, Rejected) as error:
        raise ApplyError(str(error)) from error


def running_container(engine: Engine, container: str) -> str:
    """Id of a container if it runs, else empty; one that is between two starts does not."""
    if not container:
        return ""
    try:
        found = engine.inspect(container)
    except NotFound:
        return ""
    return str(found["Id"]) if found["State"]["Status"] == "running" else ""


class _Apply:
    """One config on its way."""

    def __init__(self, engine: Engine, target: Target, config: str, *, check_mode: bool) -> None:
        self._engine = engine
        self._target = target
        self._folders = target.folders
        self._config = config
        self._revision = marker_of(config)
        self._check_mode = check_mode
        self._before = self._folders.read_config()

    def run(self, wait_s: float) -> Applied:
        container = running_container(self._engine, self._target.container)
        same_file = self._before == self._config
        loaded = bool(container) and self._loaded()
        to_do = not same_file or (bool(container) and not loaded)
        if self._check_mode:
            changed = to_do or not self._folders.as_they_should_be()
            return self._applied(changed=changed, reloaded=to_do and bool(container))
        made = self._folders.make()
        if not same_file:
            self._validate(container)
        if not to_do or not container:
            self._accept(same_file)
            return self._applied(changed=made or to_do, reloaded=False)
        self._load(same_file, wait_s)
        return self._applied(changed=True, reloaded=True)

    def _loaded(self) -> bool:
        """Whether the running worker has this config."""
        try:
            if self._check_mode:
                return bool(worker_info(self._folders)["revision"] == self._revision)
            return bool(wait_for_worker(self._folders)["revision"] == self._revision)
        except HaproxyError:
            return False

    def _validate(self, container: str) -> None:
        self._folders.write_candidate(self._config)
        try:
            validate(self._engine, self._folders, container=container, image=self._target.image)
        except (EngineError, Rejected):
            self._folders.drop_candidate()
            raise

    def _accept(self, same_file: bool) -> None:
        if not same_file:
            self._folders.accept_candidate()

    def _load(self, same_file: bool, wait_s: float) -> None:
        try:
            known = servers(self._folders)
        except HaproxyError as error:
            # It may not even have started for want of a good file, so this one goes in place all the same.
            self._accept(same_file)
            raise ApplyError(
                f"the config is in place, but HAProxy runs and does not answer: {error}; see the container's log"
            ) from error
        self._accept(same_file)
        try:
            reload(self._folders, self._revision)
        except (FolderError, HaproxyError):
            self._folders.put_back(self._before)
            raise
        wait_for_results(self._folders, known=known, wait_s=wait_s)

    def _applied(self, *, changed: bool, reloaded: bool) -> Applied:
        return Applied(changed, reloaded, self._revision, self._before or "", self._config)
