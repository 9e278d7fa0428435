# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The usual reasons why a host cannot be used, each with what to do. Private to the collection; pure.

SSH, sudo and Python say what is wrong somewhere in their output, and seldom in its last line.
"""

from __future__ import annotations

import re
import typing as t

_ADVICE = (
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED",
        "its SSH host key has changed",
        "if the machine was set up anew, remove the old key with ssh-keygen -R {address}",
    ),
    (
        r"Host key verification failed|host key for .* is not known",
        "its SSH host key is not known here",
        "compare it, then accept it once with ssh {address}",
    ),
    (
        r"Permission denied \(|Authentications? (failed|that can continue)|Too many authentication failures",
        "SSH refuses the login",
        "check ansible_user and the private key; try ssh {address}",
    ),
    (
        r"Could not resolve hostname|Name or service not known",
        "its name {address} does not resolve",
        "check ansible_host",
    ),
    (
        r"Connection refused",
        "connection refused at {address}",
        "does sshd run there, and is ansible_port right?",
    ),
    (r"No route to host|Network is unreachable", "no route to {address}", ""),
    (r"Connection timed out|Operation timed out", "no connection to {address} in time", ""),
    (
        r"(sudo: )?a password is required|Missing sudo password|[Ii]ncorrect sudo password",
        "sudo asks for a password",
        "run with --ask-become-pass, or set ansible_become_password",
    ),
    (
        r"No module named '?docker\b|Failed to import the required Python library \(docker\)",
        "{python} lacks the package docker",
        "install python3-docker (Debian, Ubuntu, Fedora), or docker by pip",
    ),
    (
        r"(python[\w.]*): (not found|No such file or directory)|The module interpreter '.*' was not found",
        "there is no Python at {python}",
        "install python3, or set ansible_python_interpreter",
    ),
    (
        r"future feature annotations is not defined|SyntaxError: invalid syntax",
        "{python} is too old",
        "Python 3.8 or later is needed; set ansible_python_interpreter",
    ),
    (
        r"PermissionError.*docker\.sock|ermission denied.*(docker\.sock|Docker daemon socket)",
        "the user may not use the Docker engine",
        "set become: true, or add the user to the group docker",
    ),
    (r"No space left on device", "its disk is full (No space left on device)", "free some space"),
)
_COMPILED = tuple((re.compile(pattern), cause, cure) for pattern, cause, cure in _ADVICE)
_INTERPRETER = "python3"


class Advice(t.NamedTuple):
    """What is wrong, and what to do; C(cure) is empty where only the user can know."""

    cause: str
    cure: str = ""

    @property
    def text(self) -> str:
        """Both on one line."""
        return ": ".join(part for part in self if part)


def advice(said: str, variables: t.Mapping[str, t.Any]) -> Advice | None:
    """Return what is wrong and what to do; None if what was said is none of the usual reasons.

    Args:
        said: All that the host, SSH or sudo said.
        variables: The host's variables.
    """
    found = next((texts for pattern, *texts in _COMPILED if pattern.search(said)), None)
    if found is None:
        return None
    host = str(variables.get("inventory_hostname", ""))
    words = {
        "address": _plain(variables.get("ansible_host"), host),
        "python": _plain(variables.get("ansible_python_interpreter"), _INTERPRETER),
    }
    return Advice(*(text.format_map(words) for text in found))


def _plain(value: t.Any, otherwise: str) -> str:
    """A value, unless it is missing, a template, or a way to find one."""
    text = str(value or "")
    return otherwise if not text or "{{" in text or text.startswith("auto") else text
