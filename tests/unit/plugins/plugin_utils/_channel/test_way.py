# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to a host is the one that Ansible would take with the same variables."""

from __future__ import annotations

import shlex
import typing as t
from pathlib import Path

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._channel.inventory import host_variables
from ansible_collections.drover.docker.plugins.plugin_utils._channel.way import NoWay, way_to


def words(**variables: t.Any) -> list[str]:
    return way_to({"inventory_hostname": "h1", **variables}).command("mark", 60)


def remote(**variables: t.Any) -> list[str]:
    """The words that the host's shell makes of the command line."""
    return shlex.split(words(**variables)[-1])


def options(command: list[str]) -> list[str]:
    return [command[at + 1] for at, word in enumerate(command) if word == "-o"]


def test_the_inventory_name_is_the_address_where_there_is_no_other() -> None:
    assert words()[0] == "ssh"
    assert words()[-3:-1] == ["--", "h1"]
    assert words(ansible_host="10.0.0.1")[-3:-1] == ["--", "10.0.0.1"]


def test_user_port_and_key() -> None:
    command = words(
        ansible_user="me", ansible_port=2222, ansible_ssh_private_key_file="/keys/my key"
    )
    text = " ".join(command[:-1])
    assert "-p 2222 -l me -i /keys/my key -- h1" in text


def test_arguments_of_the_user_come_after_ours_and_in_ansibles_order() -> None:
    command = words(
        ansible_ssh_args="-o ControlMaster=auto -o ControlPath=/x",
        ansible_ssh_common_args="-J 'jump host'",
        ansible_ssh_extra_args="-v",
        ansible_ssh_executable="/opt/ssh",
    )
    assert command[0] == "/opt/ssh"
    assert options(command).index("ControlPath=none") < options(command).index("ControlPath=/x")
    assert command[command.index("-J") + 1] == "jump host"
    assert command.index("-J") < command.index("-v") < command.index("--")


def test_the_time_to_connect_is_the_playbooks() -> None:
    assert "ConnectTimeout=4" in options(words())
    assert "ConnectTimeout=9" in options(words(drover_connect_timeout_s=9))


def test_host_keys_are_checked_unless_the_inventory_says_otherwise() -> None:
    assert "StrictHostKeyChecking=no" not in options(words(ansible_host_key_checking=True))
    assert "StrictHostKeyChecking=no" in options(words(ansible_host_key_checking=False))


def test_nobody_is_asked_for_a_password() -> None:
    assert "BatchMode=yes" in options(words())


def test_the_interpreter() -> None:
    assert remote()[:2] == ["python3", "-c"]
    assert remote(ansible_python_interpreter="auto_silent")[0] == "python3"
    assert remote(ansible_python_interpreter="/opt/my python")[0] == "/opt/my python"
    assert remote()[-2:] == ["mark", "60"]


def test_sudo_without_a_password_never_asks() -> None:
    command = remote(ansible_become=True, ansible_become_user="docker")
    assert command[: command.index("python3")] == ["sudo", "-H", "-S", "-n", "-u", "docker"]


def test_sudo_with_a_password_reads_it_without_a_prompt() -> None:
    variables = {"ansible_become": "yes", "ansible_become_pass": "pass word"}
    command = remote(**variables)
    assert command[: command.index("python3")] == ["sudo", "-H", "-S", "-p", "", "-u", "root"]
    assert "pass word" not in " ".join(command)
    assert way_to({"inventory_hostname": "h1", **variables}).password == "pass word"


def test_a_password_is_only_for_who_becomes_another_user() -> None:
    assert way_to({"inventory_hostname": "h1", "ansible_become_pass": "x"}).password is None


def test_this_machine_needs_no_ssh() -> None:
    command = words(ansible_connection="ansible.builtin.local", ansible_python_interpreter="/py")
    assert command[:2] == ["/bin/sh", "-c"]
    assert shlex.split(command[2])[0] == "/py"
    assert command[2].endswith("; exit $?"), "a shell that becomes Python would be killed with it"


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({"ansible_connection": "winrm"}, "ansible_connection winrm"),
        ({"ansible_password": "x"}, "use a key"),
        ({"ansible_become": True, "ansible_become_method": "su"}, "ansible_become_method su"),
    ],
)
def test_what_a_channel_cannot_do_is_said(variables: dict[str, t.Any], text: str) -> None:
    with pytest.raises(NoWay, match=text):
        words(**variables)


def test_an_inventory_file_is_read_with_its_templates(tmp_path: Path) -> None:
    content = """
docker_hosts:
  hosts:
    h1: {ansible_host: 10.0.0.1}
    h2: {ansible_host: 10.0.0.2, ansible_user: you}
  vars:
    ansible_user: me
    ansible_ssh_private_key_file: "{{ inventory_dir }}/key"
    broken: "{{ nothing.of.that.name }}"
"""
    (tmp_path / "hosts.yml").write_text(content, encoding="utf-8")
    found = host_variables([str(tmp_path / "hosts.yml")])
    assert sorted(found) == ["h1", "h2"]
    assert "broken" not in found["h1"]
    command = way_to(found["h1"]).command("mark", 60)
    assert f"-l me -i {tmp_path}/key -- 10.0.0.1" in " ".join(command[:-1])
    assert "-l you" in " ".join(way_to(found["h2"]).command("mark", 60))
