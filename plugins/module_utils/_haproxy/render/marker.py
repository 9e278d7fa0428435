# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The marker of a config: C(show info) of a running HAProxy tells with it which config is loaded. Pure.

The first line is a checksum of the rest, and for a load balancer of its other files. A file that was truncated or
edited has no marker, and neither has one whose other files were.
"""

from __future__ import annotations

import hashlib
import re
import typing as t

CERTIFICATE_COMMENT = "# certificate"
"""Begins a line that names a certificate. Defined here so that readers of configs need not import the renderer."""

CHECKSUM_COMMENT = "# checksum"
"""Begins the first line."""

_LINE = re.compile(r"^    description (rev-[0-9a-f]{16})$", re.MULTILINE)


def with_marker(config: str) -> tuple[str, str]:
    """A config with its marker in C(global), and the marker.

    Args:
        config: A config; its first line C(global) must begin that section.
    """
    marker = "rev-" + hashlib.sha256(config.encode("utf-8")).hexdigest()[:16]
    return marked(config, marker), marker


def marked(config: str, marker: str) -> str:
    """A config with this marker, which may be another config's. Raises ValueError."""
    before, head, after = ("\n" + config).partition("\nglobal\n")
    if not head:
        raise ValueError("the config has no section global")
    text = f"{before}{head}    description {marker}\n{after}"[1:]
    return _checksum_line(text) + text


def sealed(config: str, files: t.Mapping[str, str]) -> str:
    """A config that has the checksum of its other files, by their paths, in its first line."""
    first, _end, text = config.partition("\n")
    return f"{' '.join(first.split()[:3])} {_checksum_of(files)}\n{text}"


def marker_of(config: str, files: t.Mapping[str, str] | None = None) -> str:
    """The marker in a config; empty if it has none, or if the config was changed since we wrote it.

    Args:
        config: The config.
        files: Its other files, by their paths; None to ignore them.
    """
    first, _end, text = config.partition("\n")
    found = _LINE.search(text)
    expected = _checksum_line(text).split()
    given = first.split()
    if found is None or given[:3] != expected:
        return ""
    others_fit = files is None or given[3:] == ([_checksum_of(files)] if files else [])
    return found.group(1) if others_fit else ""


def _checksum_of(files: t.Mapping[str, str]) -> str:
    hasher = hashlib.sha256()
    for name, text in sorted(files.items()):
        for part in (name, text):
            data = part.encode("utf-8", "replace")
            hasher.update(b"%d:%s" % (len(data), data))
    return hasher.hexdigest()[:16]


def _checksum_line(text: str) -> str:
    return (
        f"{CHECKSUM_COMMENT} {hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:16]}\n"
    )
