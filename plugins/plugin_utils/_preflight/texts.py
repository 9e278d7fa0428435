# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts of problems: the cause, and what to do. Private to the collection; pure."""

from __future__ import annotations

import re

from ansible_collections.drover.docker.plugins.module_utils._model.problems import escaped

from .problem import Problem

_TEXTS = {
    "no_answer": ("{cause}", "{cure}"),
    "misfit": ("its answer does not fit this release: {problem}", ""),
    "python_old": (
        "{python} is Python {version}, and 3.8 or later is needed",
        "set ansible_python_interpreter",
    ),
    "sdk_missing": (
        "{python} lacks the package docker",
        "install python3-docker (Debian, Ubuntu, Fedora), or docker by pip",
    ),
    "sdk_old": (
        "the package docker of {python} is {version}, and 5.0.3 or later is needed",
        "update python3-docker, or docker by pip",
    ),
    "sdk_fault": (
        "the package docker {version} of {python} cannot be used ({fault})",
        "update docker and requests together",
    ),
    "engine_missing": (
        "no Docker engine is installed",
        "install Docker Engine; from Debian's or Ubuntu's packages: -e install=true",
    ),
    "engine_stopped": (
        "the Docker engine does not run (nothing answers at {address})",
        "start it: systemctl start docker",
    ),
    "engine_no_permission": (
        "{user} may not use the Docker engine",
        "set ansible_become: true",
    ),
    "engine_timeout": (
        "the Docker engine does not answer in time",
        "look at systemctl status docker, and at the load of the host",
    ),
    "engine_podman": (
        "what answers at {address} is Podman",
        "install Docker Engine, or let drover_docker_host name Docker's socket",
    ),
    "engine_no_engine": (
        "what answers at {address} is not a Docker engine",
        "set drover_docker_host to the engine's address",
    ),
    "engine_address": (
        "drover_docker_host is {address}, and that is no address of an engine",
        "write unix://PATH or tcp://HOST:PORT",
    ),
    "engine_old": (
        "Docker Engine {version} (API {api}) is older than 20.10",
        "update Docker Engine",
    ),
    "same_engine": (
        "is the same engine as {other}",
        "name each engine once in the inventory",
    ),
    "cloned_engine": (
        "has the engine id of {other}, as a cloned disk has",
        "give it an id of its own: docs/operating.md, Two machines have the same engine id",
    ),
    "not_root": ("{user} cannot write {folder} ({fault})", "set ansible_become: true"),
    "state_dir": ("{folder} cannot be used ({fault})", "free it, or set drover_state_dir"),
    "live_restore": (
        "live-restore is on, and Docker cannot have both it and Swarm's network",
        'set "live-restore": false in /etc/docker/daemon.json, then systemctl reload docker',
    ),
    "port_taken": (
        "port {port} is taken by {program}, and Swarm's network needs it",
        "let that program use another port",
    ),
    "clock": (
        "its clock is {seconds} s {direction} that of {other}",
        "set up time synchronisation (chrony, systemd-timesyncd)",
    ),
    "disk_full": (
        "{free} are free for {folder}, and 500 MB are needed",
        "free some space; docker system df shows what images take",
    ),
    "disk_low": (
        "{free} ({percent} %) are free for {folder}",
        "free some space; docker system df shows what images take",
    ),
}
CODES = frozenset(_TEXTS)
_TEMPLATE = re.compile(r"\{(?=[{%#])")


def cause_and_cure(problem: Problem) -> tuple[str, str]:
    """Return the texts of a problem; the cure is empty where only the user can know.

    What hosts said in it is shown harmless: it can neither control a terminal nor become a template, as every fact can
    that looks like one before ansible-core 2.19.
    """
    said = {key: _harmless(value) for key, value in problem.parameters.items()}
    if not said.get("program", "-"):
        said["program"] = "another program"
    cause, cure = (text.format_map(said) for text in _TEXTS[problem.code])
    return cause, cure


def _harmless(text: str) -> str:
    return _TEMPLATE.sub(r"\\x7b", escaped(text))
