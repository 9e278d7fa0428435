# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The code that a channel sends to its host: module_utils of this release, as a zip. Private to the collection."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import zipfile
from pathlib import Path

from ansible_collections.drover.docker.plugins.module_utils._host import messages

ROOT = "drover_docker"
"""The zip's top package; the files import each other by relative names."""
_FOLDER = Path(messages.__file__).parent.parent
ELSEWHERE = ("_compose", "_plan", "_preflight", "_swarm", "_volumes")
"""Packages that hosts do not need to answer a call."""
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""All files get the same date, so that the same code gives the same zip."""


@dataclasses.dataclass(frozen=True)
class HostCode:
    """The code that hosts run, and its hash."""

    archive: bytes
    digest: str


def host_code(folder: Path = _FOLDER, *, also: str = "") -> HostCode:
    """Pack the code of this control node. This takes 50 ms, so do it once for each driver.

    C(also): a further package, for what is no call of a pass.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*.py")):
            inside = path.relative_to(folder)
            if inside.parts[0] not in ELSEWHERE or inside.parts[0] == also:
                entry = zipfile.ZipInfo(f"{ROOT}/{inside.as_posix()}", _LONG_AGO)
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    content = buffer.getvalue()
    return HostCode(content, hashlib.sha256(content).hexdigest())
