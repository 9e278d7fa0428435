# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""References to images. Private to the collection."""

from __future__ import annotations

import re
import typing as t

from .._model.problems import Invalid, quoted
from .values import line, wanted

# The grammar of the distribution project, as used by the engine.
HOST_PART = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
REGISTRY = rf"(?:{HOST_PART}(?:\.{HOST_PART})*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
PATH_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
NAME = re.compile(rf"(?:{REGISTRY}/)?{PATH_PART}(?:/{PATH_PART})*")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")
LONGEST_NAME = 255


def image(value: t.Any) -> str:
    """A reference such as C(registry:5000/name:tag) or C(name@sha256:...)."""
    if not isinstance(value, str):
        raise wanted('text such as "nginx:1"', value)
    written = line(value).strip()
    if not written:
        raise wanted('text such as "nginx:1"', written)
    name, tag, digest = split(written)
    if digest is not None and not DIGEST.fullmatch(digest):
        # A registry's login may stand before the @ by mistake.
        raise Invalid(f"{quoted(name)}: bad digest")
    if tag is not None and not TAG.fullmatch(tag):
        empty = (
            " is empty (is a variable not set?)" if not tag else f" {quoted(tag)} is not possible"
        )
        raise Invalid(f"{quoted(written)}: the tag{empty}")
    check_name(name, written)
    return written


def split(written: str) -> tuple[str, str | None, str | None]:
    """Name, tag and digest; a colon before the last slash belongs to the registry's port."""
    rest, at, digest = written.partition("@")
    slash = rest.rfind("/")
    colon = rest.find(":", slash + 1)
    name, tag = (rest, None) if colon < 0 else (rest[:colon], rest[colon + 1 :])
    return name, tag, digest if at else None


def check_name(name: str, written: str) -> None:
    """Refuse a name that is not a valid repository."""
    if "://" in written:
        raise Invalid("an image has no http:// before its registry")
    if len(name) > LONGEST_NAME:
        raise Invalid(f"{quoted(written)}: a name has at most {LONGEST_NAME} characters")
    if not NAME.fullmatch(name):
        lower = "; repositories are in lower case" if NAME.fullmatch(name.lower()) else ""
        raise Invalid(f"{quoted(written)} is no reference of an image{lower}")
