# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker hosts of the lab as role network's tests need them: playbook runs, and shells to break things with."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import time
import typing as t

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
INVENTORY = pathlib.Path(os.environ.get("DROVER_LIVE_INVENTORY", ROOT / ".lab" / "hosts.yml"))
RUN_S = 240
SSH = (
    "-o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
)


@dataclasses.dataclass
class Run:
    """What a run of the playbook ended with."""

    code: int
    output: str

    @property
    def changed(self) -> dict[str, int]:
        """Changed tasks by host, from the recap."""
        return {
            host: int(count)
            for host, count in re.findall(r"^(\S+) +: .*changed=(\d+)", self.output, re.M)
        }

    @property
    def said(self) -> list[str]:
        """The changes that it announced."""
        found = re.findall(r'^ +"(\S+  \S.*?)",?$', self.output, re.M)
        return list(dict.fromkeys(found))

    @property
    def text(self) -> str:
        """The output with all white space as single blanks."""
        return " ".join(self.output.split())


class Fleet:
    """The hosts of an inventory file, by name."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._given = yaml.safe_load(INVENTORY.read_text())["docker_hosts"]
        self.hosts = sorted(self._given["hosts"])

    def address(self, host: str) -> str:
        """The host's own address."""
        return str(self._given["hosts"][host]["ansible_host"])

    def shell(self, host: str, command: str, *, check: bool = True) -> str:
        """The output of a command on a host."""
        key = self._given["vars"]["ansible_ssh_private_key_file"]
        key = key.replace("{{ inventory_dir }}", str(INVENTORY.parent))
        words = ["ssh", "-i", key, *SSH.split(), f"root@{self.address(host)}", command]
        done = subprocess.run(words, capture_output=True, text=True, timeout=RUN_S, check=False)
        assert done.returncode == 0 or not check, f"{host}: {command}: {done.stderr}{done.stdout}"
        return done.stdout.strip()

    def everywhere(self, command: str, hosts: t.Iterable[str] = ()) -> None:
        """A command on hosts (all, unless named), whatever it answers."""
        for host in hosts or self.hosts:
            self.shell(host, command, check=False)

    def play(
        self,
        *words: str,
        hosts: t.Iterable[str] = (),
        away: str = "",
        playbook: str = "network",
        **variables: t.Any,
    ) -> Run:
        """Run the playbook over hosts (all, unless named); one of them cannot be reached."""
        ansible = shutil.which("ansible-playbook")
        assert ansible, "ansible-playbook is not on PATH: run this in the venv of make venv"
        command = [
            ansible,
            "-i",
            str(self._inventory(list(hosts) or self.hosts, away)),
            f"drover.docker.{playbook}",
        ]
        command += [*words, "-e", json.dumps(variables)]
        env = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_HOST_KEY_CHECKING": "0"}
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=RUN_S, check=False, env=env
        )
        return Run(done.returncode, done.stdout + done.stderr)

    def _inventory(self, hosts: list[str], away: str) -> pathlib.Path:
        file = self._folder / f"{'-'.join(hosts)}.yml"
        variables = {**self._given["vars"]}
        key = variables["ansible_ssh_private_key_file"]
        variables["ansible_ssh_private_key_file"] = key.replace(
            "{{ inventory_dir }}", str(INVENTORY.parent)
        )
        chosen = {host: dict(self._given["hosts"][host]) for host in hosts}
        if away:
            chosen[away].update(ansible_port=1, ansible_control_path="none")
        file.write_text(yaml.safe_dump({"docker_hosts": {"hosts": chosen, "vars": variables}}))
        return file

    def swarm(self, host: str) -> dict[str, t.Any]:
        """The engine's own account of its part in a swarm."""
        return dict(json.loads(self.shell(host, "docker info --format '{{json .Swarm}}'")))

    def nodes(self, host: str) -> dict[str, str]:
        """Role or state of each node by host name, as a manager lists them; one letter more for each double name."""
        template = "{{.Hostname}} {{.Status}} {{.ManagerStatus}}"
        found: dict[str, str] = {}
        for line in self.shell(host, f"docker node ls --format '{template}'").splitlines():
            name, *rest = line.split()
            found[name + "'" * (name in found)] = " ".join(rest)
        return found

    def daemon_setting(self, host: str, key: str, value: bool | None) -> None:
        """Set (None: remove) a key of the engine's daemon.json, and reload it."""
        config = json.loads(self.shell(host, "cat /etc/docker/daemon.json"))
        config.pop(key, None)
        config.update({} if value is None else {key: value})
        text = shlex.quote(json.dumps(config))
        self.shell(host, f"echo {text} > /etc/docker/daemon.json; systemctl reload docker")

    def live_restore(self, host: str) -> bool:
        """Whether the engine has live-restore."""
        return self.shell(host, "docker info -f '{{.LiveRestoreEnabled}}'") == "true"

    def clear(self) -> None:
        """No host is in a swarm."""
        self.everywhere(
            "systemctl start docker; docker ps -aqf name=drovernet- | xargs -r docker rm -fv"
        )
        self.everywhere("docker swarm leave --force; docker network rm drover drovernet")


def eventually(what: t.Callable[[], bool], *, seconds: float) -> bool:
    """Whether it becomes so within some seconds."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True
