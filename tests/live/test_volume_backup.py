# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup and restore on the lab's hosts: the database of one host comes back on another one, and nothing half stays.

Each stack is brought up with one host in the inventory, so its record is on that host alone. At the end all that was
made is removed.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import typing as t

import pytest

from .haproxy_versions import SOAK
from .network_fleet import INVENTORY, SSH, Fleet, Run, eventually

IMAGE = "registry.lab:5000/drover-demo/mariadb:11.8"
FIRST, SECOND = "backupone", "backuptwo"
SERVICE = {
    "image": IMAGE,
    "network_mode": "bridge",
    "environment": {"MARIADB_ROOT_PASSWORD": "secret"},
    "volumes": ["/var/lib/mysql"],
    "stop_grace_period": "30s",
}
PATIENCE_S = 90.0
RANDOM = "head -c 400000000 /dev/urandom"
"""Data that take seconds to compress."""


class Blogs:
    """A database on each of two hosts."""

    def __init__(self, fleet: Fleet, folder: pathlib.Path) -> None:
        self.fleet = fleet
        self.folder = folder
        self.hosts = {FIRST: fleet.hosts[0], SECOND: fleet.hosts[1]}
        self.dest = folder / "dest"

    def play(self, whose: str, playbook: str, **variables: t.Any) -> Run:
        given = {"drover_state_dir": f"/var/lib/drover-{whose}", **variables}
        return self.fleet.play(hosts=[self.hosts[whose]], playbook=playbook, **given)

    def up(self, stack: str) -> None:
        folder = self.folder / stack
        folder.mkdir(exist_ok=True)
        file = folder / "docker-compose.yml"
        file.write_text(json.dumps({"services": {"db": SERVICE}}))
        done = self.play(stack, "up", stack_dir=str(folder), stack=stack)
        assert done.code == 0, done.output
        assert eventually(lambda: self.sql(stack, "SELECT 1") == "1", seconds=PATIENCE_S)

    def sql(self, stack: str, command: str) -> str:
        words = f'docker exec {stack}-db-1 mariadb -uroot -psecret -N -e "{command}"'
        return self.fleet.shell(self.hosts[stack], words, check=False).strip()

    def shell(self, stack: str, command: str) -> str:
        return self.fleet.shell(self.hosts[stack], command).strip()

    def volume(self, stack: str) -> str:
        form = "{{range .Mounts}}{{.Source}}{{end}}"
        return self.shell(stack, f"docker inspect -f '{form}' {stack}-db-1")

    def state(self, stack: str) -> str:
        return self.shell(stack, f"docker inspect -f '{{{{.State.Status}}}}' {stack}-db-1")

    def backups(self) -> list[pathlib.Path]:
        return sorted(self.dest.iterdir()) if self.dest.exists() else []

    def clear(self) -> None:
        for stack, host in self.hosts.items():
            command = f"docker rm -f -v {stack}-db-1; rm -rf /var/lib/drover-{stack}"
            volumes = f"docker volume ls -q --filter label=io.drover.stack={stack}"
            self.fleet.shell(host, f"{command}; {volumes} | xargs -r docker volume rm", check=False)


@pytest.fixture(scope="module")
def blogs(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Blogs]:
    if not INVENTORY.exists():
        pytest.skip("the lab is not up: lab/up")
    folder = tmp_path_factory.mktemp("backup")
    made = Blogs(Fleet(folder), folder)
    made.clear()
    for stack in (FIRST, SECOND):
        made.up(stack)
    made.sql(FIRST, "CREATE DATABASE blog; CREATE TABLE blog.posts (post TEXT)")
    made.sql(FIRST, "INSERT INTO blog.posts VALUES ('first post')")
    yield made
    made.clear()


def test_the_posts_come_back_on_another_host(blogs: Blogs) -> None:
    done = blogs.play(FIRST, "volume_backup", service=f"{FIRST}/db", dest=str(blogs.dest))
    assert done.code == 0, done.output
    (folder,) = blogs.backups()
    given = {"service": f"{SECOND}/db", "src": str(folder)}
    refused = blogs.play(SECOND, "volume_restore", **given)
    assert refused.code != 0
    assert "the backup is of" in refused.output
    done = blogs.play(SECOND, "volume_restore", **given, force=True)
    assert done.code == 0, done.output
    posts = "SELECT post FROM blog.posts"
    for stack in (FIRST, SECOND):
        assert eventually(lambda s=stack: blogs.sql(s, posts) == "first post", seconds=PATIENCE_S)  # type: ignore[misc]


def test_a_checksum_that_does_not_fit_is_refused(blogs: Blogs) -> None:
    (folder,) = blogs.backups()
    started = blogs.shell(SECOND, f"docker inspect -f '{{{{.State.StartedAt}}}}' {SECOND}-db-1")
    damaged = blogs.folder / "damaged"
    subprocess.run(["cp", "-r", str(folder), str(damaged)], check=True)
    file = damaged / "volume-1.tar.gz"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    done = blogs.play(
        SECOND, "volume_restore", service=f"{SECOND}/db", src=str(damaged), force=True
    )
    assert done.code != 0
    assert "its checksum does not fit" in done.output
    form = "{{.State.StartedAt}}"
    assert blogs.shell(SECOND, f"docker inspect -f '{form}' {SECOND}-db-1") == started


@pytest.mark.skipif(not SOAK, reason="only with DROVER_SOAK=1")
@pytest.mark.parametrize("signal", ["TERM", "KILL"])
def test_a_broken_transfer_leaves_nothing_half(blogs: Blogs, signal: str) -> None:
    """The program on the host is ended in the middle. After KILL it cannot start the member; the next pass does."""
    blogs.shell(FIRST, f"{RANDOM} > {blogs.volume(FIRST)}/filler")
    before = blogs.backups()
    breaking = subprocess.Popen(_ssh(blogs, f"{_WAIT}; pkill -{signal} -f {_PROGRAM}"))
    done = blogs.play(FIRST, "volume_backup", service=f"{FIRST}/db", dest=str(blogs.dest))
    assert breaking.wait(60) == 0
    assert done.code != 0
    assert blogs.backups() == before
    if signal == "KILL":
        blogs.play(FIRST, "reconcile", drover_lease_wait_s=120)
    assert eventually(lambda: blogs.state(FIRST) == "running", seconds=PATIENCE_S)
    blogs.shell(FIRST, f"rm -f {blogs.volume(FIRST)}/filler")


_PROGRAM = "'[_]volumes.serve'"
_STOPPED = f"docker inspect -f '{{{{.State.Status}}}}' {FIRST}-db-1 | grep -q exited"
_WAIT = f"until {_STOPPED}; do sleep 0.1; done; sleep 1"
"""Until the member is stopped, and data flow."""


def _ssh(blogs: Blogs, command: str) -> list[str]:
    key = str(INVENTORY.parent / "id_ed25519")
    target = f"root@{blogs.fleet.address(blogs.hosts[FIRST])}"
    return ["ssh", "-i", key, *SSH.split(), target, command]
