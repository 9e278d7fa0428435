# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates in a volume of a load balancer, in Rancher's layout: one folder each, with key and chain.

Private to the collection; runs on the host. An observation holds names and fingerprints, never a key. Source of the
layout: rancher-compose's C(io.rancher.lb_service.cert_dir), see docs/stack-files.md.
"""

from __future__ import annotations

import hashlib
import os
import re
import typing as t

from ..._model.volumes import named_volume
from ..._record.fold import current_definition

Json = t.Dict[str, t.Any]

KEY_FILE, CHAIN_FILE = "privkey.pem", "fullchain.pem"
LARGEST_BYTES = 200_000
MOST = 200


def observe_folders(records: dict[str, Json], mountpoints: dict[str, str]) -> Json:
    """The certificates of all load balancers whose files are on this host, by C(stack/service).

    Args:
        records: Stack records of this host.
        mountpoints: Mount points of the engine's volumes, by name.
    """
    found = {}
    for stack, record in sorted(records.items()):
        definition = current_definition(record["body"])
        for name, service in sorted(definition.get("services", {}).items()):
            balancer = service.get("balancer") or {}
            if balancer.get("certificate_dir") or balancer.get("default_certificate_dir"):
                declared = definition["volumes"]
                folders = folders_of(service, declared=declared, mountpoints=mountpoints)
                found[f"{stack}/{name}"] = _seen(folders)
    return found


def folders_of(service: Json, *, declared: Json, mountpoints: dict[str, str]) -> Json:
    """Paths of a load balancer's certificate folders on this host; empty for one outside any mount."""
    balancer = service["balancer"]
    environment = service["container"].get("environment", {})
    paths = {
        key: host_path(service, balancer.get(key, ""), declared=declared, mountpoints=mountpoints)
        for key in ("certificate_dir", "default_certificate_dir")
    }
    return {
        "all": paths["certificate_dir"],
        "default": paths["default_certificate_dir"],
        "key": environment.get("KEY_FILE_NAME") or KEY_FILE,
        "chain": environment.get("CERT_FILE_NAME") or CHAIN_FILE,
    }


def host_path(service: Json, path: str, *, declared: Json, mountpoints: dict[str, str]) -> str:
    """The path on this host of a path in a container; empty if it is in no known mount."""
    for mount in service["container"].get("mounts", []):
        target = mount["target"].rstrip("/")
        if not path or not (path == target or path.startswith(f"{target}/")):
            continue
        source = mount["source"] or ""
        if mount["kind"] == "volume":
            source = mountpoints.get(named_volume(source, declared=declared, index=1), "")
        return os.path.normpath(source + path[len(target) :]) if source else ""
    return ""


def _seen(folders: Json) -> Json:
    """The observation: fingerprints by name, the name of the default certificate, and the paths to read them again."""
    pairs = read_all(folders)
    default = name_of(folders["default"])
    return {
        "folders": folders,
        "certificates": {name: pair_digest(pem) for name, pem in pairs.items()},
        "default": default if default in pairs else "",
    }


def read_all(folders: Json) -> dict[str, str]:
    """Key and chain of each complete pair, by name. An incomplete folder is skipped, as in Rancher."""
    paths = [folders["default"]] if folders["default"] else []
    if folders["all"]:
        try:
            inside = sorted(os.listdir(folders["all"]))[:MOST]
        except OSError:
            inside = []
        paths += [os.path.join(folders["all"], name) for name in inside]
    found = {name_of(path): _pair(path, folders) for path in paths}
    return {name: pem for name, pem in sorted(found.items()) if pem}


def name_of(path: str) -> str:
    """The name of a folder's certificate: C(dir.shop.example)."""
    return "dir." + re.sub(r"[^A-Za-z0-9_.-]+", "-", os.path.basename(path)) if path else ""


def _pair(path: str, folders: Json) -> str:
    parts = [_text(os.path.join(path, folders[kind])) for kind in ("chain", "key")]
    return "\n".join(part.strip("\n") for part in parts) + "\n" if all(parts) else ""


def _text(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read(LARGEST_BYTES)
    except (OSError, UnicodeDecodeError):
        return ""


def pair_digest(pem: str) -> str:
    """SHA-256 of key and chain as stored: a new pair changes the config."""
    return hashlib.sha256(pem.encode("ascii")).hexdigest()
