# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates in a volume of a load balancer, in Rancher's layout: one folder each, with key and chain.

Private to the collection; runs on the host. An observation holds names and fingerprints, never a key. Source of the
layout: rancher-compose's C(io.rancher.lb_service.cert_dir), see docs/stack-files.md.

Members may write to these volumes, so nothing in them is trusted: see _common/regular_files.py.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import stat
import time
import typing as t

from ..._common.regular_files import names_in, read_regular
from ..._model.volumes import named_volume
from ..._record.fold import current_definition

Json = t.Dict[str, t.Any]

KEY_FILE, CHAIN_FILE = "privkey.pem", "fullchain.pem"
LARGEST_BYTES = 200_000
MOST = 200
READ_S = 2.0
"""Seconds for all certificates of a host together."""


def observe_folders(records: dict[str, Json], mountpoints: dict[str, str]) -> Json:
    """The certificates of all load balancers whose files are on this host, by C(stack/service).

    Args:
        records: Stack records of this host.
        mountpoints: Mount points of the engine's volumes, by name.
    """
    found = {}
    until = time.monotonic() + READ_S
    for stack, record in sorted(records.items()):
        definition = current_definition(record["body"])
        for name, service in sorted(definition.get("services", {}).items()):
            balancer = service.get("balancer") or {}
            if balancer.get("certificate_dir") or balancer.get("default_certificate_dir"):
                declared = definition["volumes"]
                folders = folders_of(service, declared=declared, mountpoints=mountpoints)
                found[f"{stack}/{name}"] = _seen(folders, until)
    return found


def folders_of(service: Json, *, declared: Json, mountpoints: dict[str, str]) -> Json:
    """Paths of a load balancer's certificate folders on this host; empty for one outside any mount.

    Each with the root of its mount: no link below that is followed.
    """
    balancer = service["balancer"]
    environment = service["container"].get("environment", {})
    root, path = host_path(
        service, balancer.get("certificate_dir", ""), declared=declared, mountpoints=mountpoints
    )
    default_root, default = host_path(
        service,
        balancer.get("default_certificate_dir", ""),
        declared=declared,
        mountpoints=mountpoints,
    )
    return {
        "all": path,
        "all_root": root,
        "default": default,
        "default_root": default_root,
        "key": environment.get("KEY_FILE_NAME") or KEY_FILE,
        "chain": environment.get("CERT_FILE_NAME") or CHAIN_FILE,
    }


def host_path(
    service: Json, path: str, *, declared: Json, mountpoints: dict[str, str]
) -> tuple[str, str]:
    """The root of a mount on this host, and in it the path of a path in a container; empty if it is in no mount."""
    for mount in service["container"].get("mounts", []):
        target = mount["target"].rstrip("/")
        if not path or not (path == target or path.startswith(f"{target}/")):
            continue
        source = mount["source"] or ""
        if mount["kind"] == "volume":
            source = mountpoints.get(named_volume(source, declared=declared, index=1), "")
        return (source, os.path.normpath(source + path[len(target) :])) if source else ("", "")
    return "", ""


def _seen(folders: Json, until: float) -> Json:
    """The observation: fingerprints by name, the default certificate, the paths to read them again, and the faults."""
    found = read_folders(folders, until=until)
    default = name_of(folders["default"])
    return {
        "folders": folders,
        "certificates": {name: pair_digest(pem) for name, pem in found.pairs.items()},
        "default": default if default in found.pairs else "",
        "faults": found.faults,
    }


@dataclasses.dataclass
class Found:
    """Key and chain of each complete pair, by name; and why other files were not read, by path."""

    pairs: dict[str, str] = dataclasses.field(default_factory=dict)
    faults: dict[str, str] = dataclasses.field(default_factory=dict)


def read_all(folders: Json) -> dict[str, str]:
    """Key and chain of each complete pair, by name."""
    return read_folders(folders, until=time.monotonic() + READ_S).pairs


def read_folders(folders: Json, *, until: float) -> Found:
    """The pairs of a load balancer. An incomplete folder is skipped, as in Rancher.

    Args:
        folders: See folders_of.
        until: When reading must end, on the monotonic clock.
    """
    found = Found()
    places = [(folders["default"], folders["default_root"])] if folders["default"] else []
    places += _folders_in(folders["all"], folders["all_root"], found)
    for path, root in places:
        pem = _pair(path, root, folders, until, found)
        if pem:
            found.pairs[name_of(path)] = pem
    found.pairs = dict(sorted(found.pairs.items()))
    return found


def _folders_in(path: str, root: str, found: Found) -> list[tuple[str, str]]:
    """The entries of a folder that may be folders with a pair; other files in it are skipped."""
    if not path:
        return []
    try:
        names = names_in(path, beneath=root)[:MOST]
    except FileNotFoundError:
        return []
    except OSError as error:
        found.faults[path] = error.strerror or str(error)
        return []
    inside = [os.path.join(path, name) for name in names]
    return [(item, root) for item in inside if not _is_file(item)]


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return True


def name_of(path: str) -> str:
    """The name of a folder's certificate: C(dir.shop.example)."""
    return "dir." + re.sub(r"[^A-Za-z0-9_.-]+", "-", os.path.basename(path)) if path else ""


def _pair(path: str, root: str, folders: Json, until: float, found: Found) -> str:
    files = [os.path.join(path, folders[kind]) for kind in ("chain", "key")]
    parts = [_text(file, root, until, found) for file in files]
    return "\n".join(part.strip("\n") for part in parts) + "\n" if all(parts) else ""


def _text(path: str, root: str, until: float, found: Found) -> str:
    """A file's text; empty if it cannot be read. A missing file is no fault: the pair is incomplete."""
    try:
        data = read_regular(path, beneath=root, limit=LARGEST_BYTES, until=until)
        return data.decode("ascii")
    except FileNotFoundError:
        return ""
    except OSError as error:
        found.faults[error.filename or path] = error.strerror or str(error)
        return ""
    except UnicodeDecodeError:
        found.faults[path] = "is no PEM file"
        return ""


def pair_digest(pem: str) -> str:
    """SHA-256 of key and chain as stored: a new pair changes the config."""
    return hashlib.sha256(pem.encode("ascii")).hexdigest()
