# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks in containers. Instead of docker, sudo and ssh, scripts run what they are given here."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest
import yaml
from ansible import constants
from ansible.errors import AnsibleConnectionFailure, AnsibleFileNotFound
from ansible.playbook.play_context import PlayContext
from ansible_collections.drover.docker.plugins.connection import container
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.connection import (
    container_connection,
)
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.source import DockerHost

NAME = "drover.docker.container"
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


class Node:
    """A control node whose PATH has the scripts first."""

    def __init__(self, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self._calls = folder / "calls"
        for name, text in STAND_INS.items():
            (self.bin / name).write_text(text, encoding="utf-8")
            (self.bin / name).chmod(0o755)
        for name, value in {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "CALLS": str(self._calls),
            "HOME": str(folder),
        }.items():
            monkeypatch.setenv(name, value)

    def connect(self, **variables: t.Any) -> container.Connection:
        """The connection to a container, as Ansible makes it from the variables of its entry."""
        options = yaml.safe_load(container.DOCUMENTATION)["options"]
        constants.config.initialize_plugin_configuration_definitions("connection", NAME, options)
        made = container.Connection(PlayContext())
        made._load_name = made.ansible_name = NAME
        made._redirected_names = [NAME]
        made.set_options(var_options={"inventory_hostname": "web@h1", **variables})
        return made

    def told(self) -> list[str]:
        return self._calls.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def node(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    return Node(tmp_path, monkeypatch)


def variables_of(**host: t.Any) -> dict[str, t.Any]:
    """What the inventory plugin sets."""
    return container_connection("container", DockerHost(name="h1", **host), "shop-web-1")


def here() -> dict[str, t.Any]:
    return variables_of(transport="unix", address="/var/run/docker.sock")


def test_a_command_in_a_container_of_this_machine(node: Node) -> None:
    code, out, _error = node.connect(**here()).exec_command("echo $((40 + 2)); exit 3")
    assert (code, out) == (3, b"42\n")
    assert node.told() == [
        "docker exec --interactive shop-web-1 /bin/sh -c echo $((40 + 2)); exit 3"
    ]


def test_by_ssh_with_the_options_of_the_host_and_with_sudo(node: Node) -> None:
    given = variables_of(
        transport="ssh", address="192.0.2.1", user="deploy", port=2222, become=True
    )
    code, out, _error = node.connect(**given).exec_command("echo over there")
    assert (code, out) == (0, b"over there\n")
    ssh, sudo, docker = node.told()
    assert {"192.0.2.1", "Port=2222", 'User="deploy"'} <= set(ssh.split())
    assert sudo == "sudo -n"
    assert docker == "docker exec --interactive shop-web-1 /bin/sh -c echo over there"


def test_another_engine_and_another_user(node: Node) -> None:
    given = variables_of(transport="unix", address="/run/other.sock")
    node.connect(**given, drover_container_user="www-data").exec_command("true")
    assert node.told() == [
        "docker --host unix:///run/other.sock exec --interactive --user www-data shop-web-1"
        " /bin/sh -c true"
    ]


def test_input_reaches_the_command(node: Node) -> None:
    """As modules do with pipelining."""
    assert node.connect(**here()).exec_command("wc -c", in_data=b"\x00\xff" * 500)[1] == b"1000\n"


@pytest.mark.parametrize("name", ["there", "a name with 'quotes' and blanks"])
def test_a_file_there_and_back(node: Node, tmp_path: pathlib.Path, name: str) -> None:
    content = bytes(range(256)) * 500
    (tmp_path / "here").write_bytes(content)
    made = node.connect(**here())
    made.put_file(str(tmp_path / "here"), str(tmp_path / name))
    made.fetch_file(str(tmp_path / name), str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == content


def test_files_that_are_not_there(node: Node, tmp_path: pathlib.Path) -> None:
    made = node.connect(**here())
    with pytest.raises(AnsibleFileNotFound, match="there is no file"):
        made.put_file(str(tmp_path / "nothing"), "/x")
    with pytest.raises(AnsibleConnectionFailure, match=r"/nothing: .*No such file"):
        made.fetch_file("/nothing", str(tmp_path / "back"))


def test_a_container_that_is_not_there_is_an_error(node: Node) -> None:
    (node.bin / "docker").write_text("#!/bin/sh\necho No such container >&2; exit 1\n")
    code, _out, error = node.connect(**here()).exec_command("true")
    assert (code, error) == (1, b"No such container\n")
