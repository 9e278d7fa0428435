# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folders that a host shares with a HAProxy container: docs/schema.md section 10. Private to the collection.

The container may write into C(run/), so files there are never opened for writing by their name: they are created
under an unpredictable name and then renamed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import stat
import tempfile
import typing as t

from ..._common.constants import CONFIG_IN_CONTAINER
from ..._common.private_folders import is_private, make_private
from ..._common.regular_files import read_regular

RUN_IN_CONTAINER = "/run/haproxy"
HAPROXY_ID = 99
"""User and group of the official image."""

_FOLDER_MODE = {"config": 0o750, "run": 0o700}
_FILE_MODE = 0o640
_NOTHING_STORED = "1\n"  # a server-state file without servers; HAProxy warns if the file is missing


class FolderError(Exception):
    """A folder or file cannot be read or created."""


@dataclasses.dataclass(frozen=True)
class Folders:
    """The two folders of one HAProxy container, below one of ours. Tests without root use other owners."""

    base: str
    owner: int = 0
    user: int = HAPROXY_ID
    group: int = HAPROXY_ID
    private: tuple[str, ...] = ()
    """Folders on the way that are ours alone. An engine that finds a mount missing makes them for everybody."""

    @property
    def config(self) -> str:
        """Holds the config; mounted read-only."""
        return os.path.join(self.base, "config")

    @property
    def run(self) -> str:
        """Holds the sockets and the server-state file."""
        return os.path.join(self.base, "run")

    @property
    def file(self) -> str:
        """The config."""
        return os.path.join(self.config, "haproxy.cfg")

    @property
    def candidate(self) -> str:
        """A config that is not yet validated."""
        return os.path.join(self.config, "candidate.cfg")

    @property
    def admin_socket(self) -> str:
        """The worker's socket."""
        return os.path.join(self.run, "admin.sock")

    @property
    def master_socket(self) -> str:
        """The master's socket, for reloads."""
        return os.path.join(self.run, "master.sock")

    def binds(self) -> list[str]:
        """The mounts of the container."""
        return [f"{self.config}:{CONFIG_IN_CONTAINER}:ro", f"{self.run}:{RUN_IN_CONTAINER}"]

    def as_they_should_be(self) -> bool:
        """Whether both folders exist with the right owner, group and mode, and those above them are ours alone."""
        own = all(is_private(path) for path in self.private)
        return own and all(self._is_right(name) for name in _FOLDER_MODE)

    def remove(self) -> None:
        """Remove both folders, if they exist: the container is gone for good."""
        shutil.rmtree(self.base, ignore_errors=True)

    def make(self) -> bool:
        """Create the folders, or correct owner and mode. Returns whether anything changed. Raises FolderError."""
        if self.as_they_should_be():
            return False
        with explained(self.base):
            make_private(*self.private)
            os.makedirs(self.base, mode=0o700, exist_ok=True)
            for name, mode in _FOLDER_MODE.items():
                path = os.path.join(self.base, name)
                with contextlib.suppress(FileExistsError):
                    os.mkdir(path, mode)
                os.chown(path, *self._owners(name), follow_symlinks=False)
                os.chmod(path, mode)
        self.clear_server_state()
        return True

    def read_config(self) -> str | None:
        """The config; None if there is none. Raises FolderError."""
        with explained(self.file):
            try:
                return read_regular(self.file).decode("utf-8", "replace")
            except FileNotFoundError:
                return None

    def write_candidate(self, text: str) -> None:
        """Store a config beside the valid one. Raises FolderError."""
        self._write(self.candidate, text, owners=self._owners("config"))

    def drop_candidate(self) -> None:
        """Remove the candidate, if there is one."""
        with contextlib.suppress(OSError):
            os.remove(self.candidate)

    def put_back(self, text: str | None) -> None:
        """Restore an earlier config; None if there was none. Raises FolderError."""
        if text is None:
            with explained(self.file):
                os.remove(self.file)
        else:
            self._write(self.file, text, owners=self._owners("config"))

    def write_in_config(self, name: str, text: str) -> None:
        """Store another file of the config, by its path below that folder. Raises FolderError."""
        path = os.path.join(self.config, name)
        with explained(path):
            self._make_folder(os.path.dirname(name))
        self._write(path, text, owners=self._owners("config"))

    def _make_folder(self, name: str) -> None:
        """Create a folder below the config's, with its parents, readable for the same group."""
        if name and not os.path.isdir(os.path.join(self.config, name)):
            self._make_folder(os.path.dirname(name))
            path = os.path.join(self.config, name)
            os.mkdir(path, _FOLDER_MODE["config"])
            os.chown(path, *self._owners("config"), follow_symlinks=False)
            os.chmod(path, _FOLDER_MODE["config"])

    def store_server_state(self, text: str) -> None:
        """Store the state that the next worker inherits. Raises FolderError."""
        path = os.path.join(self.run, "server-state")
        self._write(path, text, owners=(self.user, self.group))

    def clear_server_state(self) -> None:
        """Clear the state: a worker that starts later must not mistake old checks for new ones. Raises FolderError."""
        self.store_server_state(_NOTHING_STORED)

    def _owners(self, name: str) -> tuple[int, int]:
        return (self.owner if name == "config" else self.user), self.group

    def _is_right(self, name: str) -> bool:
        try:
            found = os.lstat(os.path.join(self.base, name))
        except OSError:
            return False
        owners = (found.st_uid, found.st_gid) == self._owners(name)
        mode = stat.S_IMODE(found.st_mode) == _FOLDER_MODE[name]
        return stat.S_ISDIR(found.st_mode) and owners and mode

    def _write(self, path: str, text: str, *, owners: tuple[int, int]) -> None:
        """Replace a file atomically."""
        with explained(path):
            handle, temporary = tempfile.mkstemp(prefix=".new-", dir=os.path.dirname(path))
            try:
                with open(handle, "w", encoding="utf-8", newline="") as file:
                    file.write(text)
                    file.flush()
                    os.fchown(handle, *owners)
                    os.fchmod(handle, _FILE_MODE)
                    os.fsync(handle)
                os.replace(temporary, path)
            except BaseException:
                os.remove(temporary)
                raise


@contextlib.contextmanager
def explained(path: str) -> t.Iterator[None]:
    """Convert system errors into FolderError, with advice for the usual one."""
    try:
        yield
    except PermissionError as error:
        place = error.filename or path
        raise FolderError(f"{place}: {error.strerror}; run with become: true") from error
    except OSError as error:
        raise FolderError(f"{error.filename or path}: {error.strerror}") from error
