# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a load balancer: its config, certificates and error page. Private to the collection.

They are validated as a set in a separate folder before any of them replaces a present file.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import typing as t

from ..._common.constants import CONFIG_IN_CONTAINER
from ..._common.regular_files import misfit, names_in, read_regular
from ..._model.member import DOTTED
from ..render.marker import marker_of, sealed
from .folders import FolderError, Folders, explained

VALIDATION = re.compile(rf"{DOTTED}\.validate\Z")
"""The name of a folder for a validation beside the load balancers; it holds keys."""

Files = t.Dict[str, str]
"""Texts by path below the folder of the config."""

CONFIG = "haproxy.cfg"
LIST = "certs/crt-list"
PAGE = "errors/503.http"
RETRY_AFTER_S = 5

_PARTS = ("certs", "errors")
_CANDIDATE = "candidate"
_BODY = "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n"
_PAGE = (
    "HTTP/1.1 503 Service Unavailable\r\n"
    f"Content-Length: {len(_BODY)}\r\n"
    "Cache-Control: no-cache\r\n"
    "Content-Type: text/html\r\n"
    f"Retry-After: {RETRY_AFTER_S}\r\n\r\n{_BODY}"
)


def balancer_folders(state_dir: str, name: str) -> Folders:
    """The folders of one load balancer (C(stack.service.index)) below the folder of all our files."""
    balancers = balancers_folder(state_dir)
    base = os.path.join(balancers, name)
    return Folders(base, private=(state_dir, balancers, base))


def balancers_folder(state_dir: str) -> str:
    """The folder with the folders of all load balancers of this host."""
    return os.path.join(state_dir, "balancers")


def validation_folders(state_dir: str) -> list[str]:
    """The names of the present folders for validations."""
    with contextlib.suppress(OSError):
        names = os.listdir(balancers_folder(state_dir))
        return sorted(name for name in names if VALIDATION.match(name))
    return []


def files_of(config: str, certificates: t.Mapping[str, str], default: str) -> Files:
    """All files of a load balancer.

    Args:
        config: Its HAProxy config.
        certificates: Name to PEM: key and chain.
        default: Name of the certificate for clients that request no name or an unknown one; empty for none.

    Raises:
        ValueError: A name cannot be used for a file.
    """
    for name in certificates:
        if not name or name.startswith((".", "-")) or "/" in name or len(name) > 128:
            raise ValueError(f"certificates: {name!r} can't be the name of a certificate")
    order = sorted(certificates, key=lambda name: (name != default, name))
    files = {f"certs/{name}.pem": certificates[name].strip() + "\n" for name in sorted(order)}
    paths = [f"{certificate_path(name)}\n" for name in order]
    others = {**files, LIST: "".join(paths), PAGE: _PAGE}
    return {**others, CONFIG: sealed(config, others)}


def certificate_path(name: str) -> str:
    """The path of a certificate, which is also HAProxy's name for it."""
    return f"{CONFIG_IN_CONTAINER}/certs/{name}.pem"


def read_files(folders: Folders) -> Files:
    """The present files; one that cannot be read is empty, so that it is replaced. Raises FolderError."""
    found = {}
    for name in [CONFIG, *_names(folders)]:
        path = os.path.join(folders.config, name)
        with explained(path), contextlib.suppress(FileNotFoundError):
            text = "" if misfit(path) else read_regular(path).decode("utf-8", "replace")
            found[name] = text
    return found


def file_revision(folders: Folders, *, config_only: bool = False) -> str:
    """The marker of the files in place; empty if they are missing, damaged or cannot be read.

    Args:
        folders: The folders of a HAProxy.
        config_only: Whether the config is its only file.
    """
    try:
        if config_only:
            return marker_of(folders.read_config() or "")
        found = read_files(folders)
    except FolderError:
        return ""
    others = {name: text for name, text in found.items() if name != CONFIG}
    return marker_of(found.get(CONFIG, ""), others)


def misfits(folders: Folders) -> dict[str, str]:
    """Why files in the folder of the config cannot be read, by path."""
    names = [CONFIG, *_PARTS]
    with contextlib.suppress(FolderError):
        names = [CONFIG, *_names(folders)]
    paths = [os.path.join(folders.config, name) for name in names]
    return {path: why for path, why in ((path, misfit(path)) for path in paths) if why}


def _names(folders: Folders) -> list[str]:
    names = []
    for part in _PARTS:
        with explained(folders.config), contextlib.suppress(FileNotFoundError):
            listed = names_in(os.path.join(folders.config, part), beneath=folders.config)
            names += [f"{part}/{name}" for name in listed]
    return names


def write_candidates(folders: Folders, files: Files) -> None:
    """Store the files beside the valid ones, with references to each other. Raises FolderError."""
    drop_candidates(folders)
    for name, text in files.items():
        if name != CONFIG:
            folders.write_in_config(f"{_CANDIDATE}/{name}", _moved(text) if name == LIST else text)
    folders.write_candidate(_moved(files[CONFIG]))


def _moved(text: str) -> str:
    for part in _PARTS:
        place = f"{CONFIG_IN_CONTAINER}/{part}/"
        text = text.replace(place, f"{CONFIG_IN_CONTAINER}/{_CANDIDATE}/{part}/")
    return text


def drop_candidates(folders: Folders) -> None:
    """Remove the candidate files, if there are any."""
    folders.drop_candidate()
    shutil.rmtree(os.path.join(folders.config, _CANDIDATE), ignore_errors=True)


def put_files(folders: Folders, files: Files, before: Files) -> None:
    """Store the files that differ, the config last. Raises FolderError."""
    for name in sorted(files, key=lambda name: name == CONFIG):
        if before.get(name) != files[name]:
            folders.write_in_config(name, files[name])


def take_back(folders: Folders, before: Files, files: Files) -> None:
    """Restore the files from before this change, and nothing else. Raises FolderError."""
    put_files(folders, files=before, before=files)
    if CONFIG not in before:
        with explained(folders.file), contextlib.suppress(FileNotFoundError):
            os.remove(folders.file)
    remove_others(folders, before)


def remove_others(folders: Folders, files: Files) -> None:
    """Remove certificates and pages that are no longer wanted."""
    with contextlib.suppress(FolderError):
        for name in _names(folders):
            if name not in files:
                with contextlib.suppress(OSError):
                    os.remove(os.path.join(folders.config, name))
