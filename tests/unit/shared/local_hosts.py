# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of this machine for tests of channels: real processes, with a code that does what a test needs."""

from __future__ import annotations

import shutil
import sys
import typing as t
from pathlib import Path

from ansible_collections.drover.docker.plugins.module_utils._host import messages
from ansible_collections.drover.docker.plugins.plugin_utils._channel.code import HostCode, host_code

Json = dict[str, t.Any]

MODULE_UTILS = Path(messages.__file__).parent.parent
TRANSPORT = ("_host/serve.py", "_host/messages.py", "_host/caller.py", "_lock/caller_gone.py")
ANSWER = """
import os, pathlib, stat, threading, time
from .messages import packed

def answer(stage, payload, *, abandoned):
    if stage == "echo":
        print("nobody may take this for an answer")
        return {"release": RELEASE, "pid": os.getpid(), "parent": os.getppid(), "payload": payload}
    if stage == "hang":
        time.sleep(30)
    if stage == "wait":
        while not abandoned():
            time.sleep(0.01)
        pathlib.Path(payload["note"]).write_text(abandoned())
    if stage == "die":
        os._exit(3)
    if stage == "babble":
        os.write(sink(), b"hello, world")
    if stage == "misnumber":
        os.write(sink(), packed({"id": 0, "outcome": {}}))
    if stage == "babble later":
        threading.Timer(0.1, os.write, (sink(), b"garbage")).start()
        return {}
    if stage == "fail":
        return {"error": "no SDK"}
    return {}[stage]

def sink():
    return next(number for number in range(3, 64) if is_pipe(number))

def is_pipe(number):
    try:
        return stat.S_ISFIFO(os.fstat(number).st_mode)
    except OSError:
        return False
"""


def release(folder: Path, number: int = 1) -> HostCode:
    """The host's end as it is, with an answer of the test's own."""
    own = folder / f"release{number}"
    for name in TRANSPORT:
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(MODULE_UTILS / name, own / name)
    for package in (own, own / "_host", own / "_lock"):
        (package / "__init__.py").touch()
    (own / "_host" / "answer.py").write_text(f"RELEASE = {number}\n{ANSWER}", encoding="utf-8")
    return host_code(own)


def local(python: str = sys.executable, **more: t.Any) -> Json:
    """Variables of a host that is this machine."""
    return {
        "inventory_hostname": "h1",
        "ansible_connection": "local",
        "ansible_python_interpreter": python,
        **more,
    }


def program(path: Path, script: str) -> str:
    """A shell script as a program; its C($PYTHON) is this Python."""
    path.write_text(f"#!/bin/sh\nPYTHON={sys.executable}\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)
