# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks in containers, through Ansible itself. Instead of docker and ssh, scripts run what they are given here."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest

STAND_INS = {
    "docker": """#!/bin/sh
echo "docker $*" >>"$CALLS"
while [ "$1" != shop-web-1 ]; do shift; done
shift
exec "$@"
""",
    "sudo": """#!/bin/sh
echo "sudo $1" >>"$CALLS"
shift
exec "$@"
""",
    "ssh": """#!/bin/sh
echo "ssh $*" >>"$CALLS"
for word; do last="$word"; done
exec /bin/sh -c "$last"
""",
}
Json = dict[str, t.Any]


class Node:
    """A control node whose PATH has the scripts first."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.calls = folder / "calls"
        (folder / "bin").mkdir()
        for name, text in STAND_INS.items():
            (folder / "bin" / name).write_text(text, encoding="utf-8")
            (folder / "bin" / name).chmod(0o755)

    def run(self, module: str, arguments: str, **way: t.Any) -> subprocess.CompletedProcess[str]:
        """Run a module in the container."""
        variables = {
            "ansible_connection": "drover.docker.container",
            "ansible_python_interpreter": sys.executable,
            "ansible_host": "shop-web-1",
            "drover_container_way": way,
        }
        hosts = {"all": {"hosts": {"web@h1": variables}}}
        (self.folder / "hosts.yml").write_text(json.dumps(hosts), encoding="utf-8")
        path = f"{self.folder}/bin:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
        extra = {"PATH": path, "CALLS": str(self.calls), "HOME": str(self.folder)}
        words = ["ansible", "-i", str(self.folder / "hosts.yml"), "web@h1", "-m", module]
        return subprocess.run(
            [sys.executable, "-m", "ansible", "adhoc", *words[1:], "-a", arguments],
            env={**os.environ, **extra},
            capture_output=True,
            text=True,
            check=False,
        )

    def told(self) -> list[str]:
        return self.calls.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def node(tmp_path: pathlib.Path) -> Node:
    return Node(tmp_path)


def test_a_command_in_a_container_of_this_machine(node: Node) -> None:
    done = node.run("ansible.builtin.raw", "echo $((40 + 2))", ansible_connection="local")
    assert "42" in done.stdout, done.stdout + done.stderr
    assert node.told() == ["docker exec --interactive shop-web-1 /bin/sh -c echo $((40 + 2))"]


def test_by_ssh_with_the_options_of_the_host_and_with_sudo(node: Node) -> None:
    done = node.run(
        "ansible.builtin.raw",
        "echo over there",
        ansible_host="192.0.2.1",
        ansible_user="deploy",
        ansible_port=2222,
        ansible_become=True,
    )
    assert "over there" in done.stdout, done.stdout + done.stderr
    ssh, sudo, docker = node.told()
    assert {"192.0.2.1", "Port=2222", 'User="deploy"'} <= set(ssh.split())
    assert sudo == "sudo -n"
    assert docker == "docker exec --interactive shop-web-1 /bin/sh -c echo over there"


def test_modules_and_files(node: Node, tmp_path: pathlib.Path) -> None:
    """A module with its code over the connection, and a file there and back."""
    here, there, back = (tmp_path / name for name in ("here", "there", "back"))
    here.write_text("ä" * 70000, encoding="utf-8")
    done = node.run("ansible.builtin.copy", f"src={here} dest={there}", ansible_connection="local")
    assert "CHANGED" in done.stdout, done.stdout + done.stderr
    done = node.run(
        "ansible.builtin.fetch", f"src={there} dest={back} flat=true", ansible_connection="local"
    )
    assert back.read_text(encoding="utf-8") == "ä" * 70000, done.stdout + done.stderr


def test_a_container_that_is_not_there_is_an_error(node: Node) -> None:
    (node.folder / "bin" / "docker").write_text("#!/bin/sh\necho No such container >&2; exit 1\n")
    done = node.run("ansible.builtin.raw", "true", ansible_connection="local")
    assert done.returncode != 0
    assert "No such container" in done.stdout
