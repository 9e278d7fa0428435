# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give a HAProxy its config: validated, without a restart, and with as few changes as possible.

Files first, then the process: after a kill in between the markers differ, and the next run reloads. Private.
"""

from __future__ import annotations

import dataclasses
import os

from ..._common.constants import STOP_GRACE_S
from ..._engine.client import Engine
from ..render.difference import Difference, difference, parse, wanted_states, without_passwords
from ..render.marker import marker_of
from .balancer_files import (
    CONFIG,
    LIST,
    PAGE,
    Files,
    drop_candidates,
    put_files,
    read_files,
    remove_others,
    take_back,
    write_candidates,
)
from .changes import Change
from .desired import Desired
from .folders import FolderError
from .server_state import rewritten
from .socket import HaproxyError
from .target import ApplyError, Target, running_container
from .validate import Rejected, StaleMount, validate, with_lines
from .worker import backends, old_workers, reload, reopen, running_info, states, wait_for_worker

NOTHING, FILES, RUNTIME, RELOAD, RESTART = "nothing", "files", "runtime", "reload", "restart"


@dataclasses.dataclass(frozen=True)
class Applied:
    """The changes made or, in check mode, planned.

    C(how): nothing, files (no HAProxy runs), runtime, reload or restart. C(quiet): no draining server has sessions,
    and no worker of an earlier config remains. C(before) and C(after) are configs without passwords.
    """

    changed: bool
    how: str
    quiet: bool
    revision: str
    before: str
    after: str


def apply(
    engine: Engine, target: Target, desired: Desired, *, wait_s: float = 0, check_mode: bool = False
) -> Applied:
    """Put the files in place and update the running HAProxy.

    Args:
        engine: The host's engine.
        target: The HAProxy.
        desired: Its desired state.
        wait_s: Seconds to wait afterwards, see C(Kind.wait).
        check_mode: Change nothing. The config is then not validated, as that needs a file and perhaps a container.

    Raises:
        ApplyError: HAProxy rejects it, does not answer, or does not run it afterwards. The files are as before, except
            if the running HAProxy does not answer at all.
        EngineError: The engine could not be asked.
    """
    try:
        return _Apply(engine, target, desired).run(wait_s, check_mode=check_mode)
    except (FolderError, HaproxyError, Rejected, ValueError) as error:
        raise ApplyError(str(error)) from error


def validate_only(engine: Engine, target: Target, desired: Desired) -> None:
    """Ask HAProxy whether it accepts a config, and change nothing.

    Args:
        engine: The host's engine.
        target: The HAProxy. If none runs, a container of the image validates in a folder that is removed afterwards.
        desired: The desired state to validate.

    Raises:
        ApplyError: HAProxy rejects it, or could not be asked.
        EngineError: The engine could not be asked.
    """
    container = running_container(engine, target.container)
    base = target.folders.base
    folders = (
        target.folders
        if container
        else dataclasses.replace(target.folders, base=f"{base}.validate")
    )
    try:
        folders.make()
        asked = dataclasses.replace(target, folders=folders)
        validate_files(engine, asked, container, desired.files)
    except (FolderError, Rejected, ValueError) as error:
        raise ApplyError(str(error)) from error
    finally:
        if not container:
            folders.remove()


def validate_files(engine: Engine, target: Target, container: str, files: Files) -> None:
    """Have HAProxy check a set of files beside the present ones.

    Raises Rejected, StaleMount, FolderError, EngineError.
    """
    try:
        write_candidates(target.folders, files)
        validate(engine, target.folders, container=container, image=target.image)
    except StaleMount:
        raise
    except Rejected as error:
        text = str(error).replace("/usr/local/etc/haproxy/candidate/", "")
        raise Rejected(with_lines(text, without_passwords(files[CONFIG]))) from error
    finally:
        drop_candidates(target.folders)


class _Apply:
    """The application of one config."""

    def __init__(self, engine: Engine, target: Target, desired: Desired) -> None:
        self._engine = engine
        self._target = target
        self._folders = target.folders
        self._desired = desired
        self._files = desired.files
        self._revision = marker_of(desired.config)
        self._wanted = wanted_states(desired.config)
        self._before: Files = {}
        self._change: Difference | None = None
        """The changes in the worker that replace a reload."""
        self._is_stale = False
        """Whether the container has a folder mounted that is gone: only a restart mounts the new one."""

    def run(self, wait_s: float, *, check_mode: bool) -> Applied:
        container = running_container(self._engine, self._target.container)
        self._before = read_files(self._folders)
        same_files = self._files == self._before
        running = self._running(patient=not check_mode) if container else ""
        how = self._how(bool(container), running, same_files)
        if check_mode:
            changed = how != NOTHING or not self._folders.as_they_should_be()
            return self._applied(changed, how, quiet=True)
        made = self._folders.make()
        if not same_files:
            self._validate(container)
        done, quiet = self._do(how, running, wait_s)
        return self._applied(made or how != NOTHING, done, quiet=quiet)

    def _validate(self, container: str) -> None:
        """Have the files checked: where the container does not see them, in a container of their own."""
        try:
            validate_files(self._engine, self._target, container, self._files)
        except StaleMount:
            if not self._target.may_restart:
                raise
            self._is_stale = True
            validate_files(self._engine, self._target, "", self._files)

    def _running(self, *, patient: bool) -> str:
        """The marker of the worker's state; empty if no worker answers."""
        try:
            if patient:
                wait_for_worker(self._folders)
            return str(running_info(self._folders)["revision"]) or "none of ours"
        except HaproxyError:
            return ""

    def _how(self, container: bool, running: str, same_files: bool) -> str:
        if not container:
            return NOTHING if same_files else FILES
        if running == self._revision and same_files and self._as_wanted():
            return NOTHING
        self._change = self._difference(running) if running else None
        return RELOAD if self._change is None else RUNTIME

    def _as_wanted(self) -> bool:
        found = states(self._folders)
        return all(
            key in found and found[key].is_as(order) and found[key].is_at(order.place)
            for key, order in self._wanted.items()
        )

    def _difference(self, running: str) -> Difference | None:
        """The changes in the worker that need no reload; None if a reload is needed.

        The worker may have loaded a file that was edited, so its marker alone proves nothing.
        """
        before = self._before.get(CONFIG, "")
        damaged = before and not marker_of(before)
        if running == self._revision:
            before = self._desired.config  # whatever became of the file
        others_differ = any(
            self._before.get(name) != self._files.get(name) for name in (PAGE, LIST)
        )
        if damaged or running != marker_of(before) or others_differ:
            return None
        found = self._between(before)
        if found is None:
            return None
        paths = {name: f"certs/{name}.pem" for name in self._desired.certificates}
        renewed = [
            name for name, path in paths.items() if self._before.get(path) != self._files[path]
        ]
        return dataclasses.replace(found, certificates=tuple(sorted(renewed)))

    def _between(self, before: str) -> Difference | None:
        is_probe = self._desired.kind.is_probe
        after = self._desired.config
        probes = parse(after, is_probe=is_probe).probes
        present = backends(self._folders) if probes else ()
        return difference(before, after, is_probe=is_probe, present=present)

    def _do(self, how: str, running: str, wait_s: float) -> tuple[str, bool]:
        """Apply the change. Returns what was done, and whether the wait ended in time."""
        known = list(states(self._folders)) if running else []
        if how != NOTHING:
            put_files(self._folders, self._files, self._before)
            if how != FILES:
                how = self._follow(running)
            remove_others(self._folders, self._files)
        if not running:
            return how, True
        return how, self._desired.kind.wait(self._folders, self._wanted, known, wait_s)

    def _follow(self, running: str) -> str:
        """Make the worker follow the files."""
        if self._is_stale:
            return self._restart()
        if not running:
            return self._recover()
        return RUNTIME if self._is_told() else self._reload()

    def _recover(self) -> str:
        """Get back the sockets of a HAProxy that runs: by its master, or as the last way by a restart."""
        if os.path.lexists(self._folders.admin_socket):
            # It may not have started because of a bad file, so the new one is put in place anyway.
            raise ApplyError(
                "the config is in place, but HAProxy runs and does not answer; see the container's log"
            )
        try:
            old_workers(self._folders)
        except HaproxyError:
            return self._restart()
        reopen(self._folders, self._desired.config, self._revision)
        return RELOAD

    def _restart(self) -> str:
        """Restart the container: the last way, as its open requests end."""
        if not self._target.may_restart:
            raise ApplyError(
                "the config is in place, but the sockets of HAProxy are gone: restart its container"
            )
        self._engine.stop(self._target.container, STOP_GRACE_S)
        self._engine.start(self._target.container)
        found = wait_for_worker(self._folders)["revision"]
        if found != self._revision:
            raise ApplyError(f"after a restart HAProxy runs {found or 'no config of ours'}")
        return RESTART

    def _is_told(self) -> bool:
        """Try the change without a reload. Returns whether it worked."""
        if self._change is None:
            return False
        change = Change(self._folders, holds_back=self._desired.kind.holds_back)
        config = parse(self._desired.config)
        try:
            change.to(config, self._change, self._desired.certificates, self._revision)
        except (HaproxyError, ValueError):
            return False
        return True

    def _reload(self) -> str:
        try:
            # Wait until the master answers: an earlier reload would be lost.
            old_workers(self._folders)
            reload(
                self._folders, self._revision, rewrite=lambda state: rewritten(state, self._wanted)
            )
        except (FolderError, HaproxyError):
            take_back(self._folders, self._before, self._files)
            raise
        Change(self._folders).set_states(self._wanted)
        return RELOAD

    def _applied(self, changed: bool, how: str, *, quiet: bool) -> Applied:
        before, after = self._before.get(CONFIG, ""), self._desired.config
        shown = without_passwords(before), without_passwords(after)
        return Applied(changed, how, quiet, self._revision, *shown)
