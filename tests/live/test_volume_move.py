# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database moves between the lab's hosts with its posts: also where the command is killed, and back.

One stack over all hosts, with a folder of ours of its own on each. At the end all that was made is removed.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time
import typing as t

import pytest

from .haproxy_versions import SOAK
from .network_fleet import INVENTORY, Fleet, Run, eventually
from .test_volume_backup import SERVICE

STACK, MEMBER = "moveone", "moveone-db-1"
POSTS = "SELECT post FROM blog.posts"
PATIENCE_S = 90.0
STATE_DIR = "/var/lib/drover-moveone"


class Blog:
    """A database with a post in it."""

    def __init__(self, fleet: Fleet, folder: pathlib.Path) -> None:
        self.fleet = fleet
        self.folder = folder
        self.given: dict[str, t.Any] = {"drover_state_dir": STATE_DIR}

    def play(self, *words: str, playbook: str, **variables: t.Any) -> Run:
        return self.fleet.play(*words, playbook=playbook, **{**self.given, **variables})

    def move(self, to: str, *words: str, **variables: t.Any) -> Run:
        return self.play(*words, playbook="volume_move", service=f"{STACK}/db", to=to, **variables)

    def up(self) -> None:
        file = self.folder / "docker-compose.yml"
        file.write_text(json.dumps({"services": {"db": SERVICE}}))
        done = self.play(playbook="up", stack_dir=str(self.folder), stack=STACK)
        assert done.code == 0, done.output
        assert eventually(lambda: self.sql("SELECT 1") == "1", seconds=PATIENCE_S)
        self.sql("CREATE DATABASE blog; CREATE TABLE blog.posts (post TEXT)")
        self.sql("INSERT INTO blog.posts VALUES ('first post')")

    @property
    def states(self) -> dict[str, str]:
        """State of the container on each host that has it."""
        command = f"docker inspect -f '{{{{.State.Status}}}}' {MEMBER} 2>/dev/null"
        found = {host: self.fleet.shell(host, command, check=False) for host in self.fleet.hosts}
        return {host: state for host, state in found.items() if state}

    @property
    def host(self) -> str:
        (found,) = self.states
        return found

    def other(self) -> str:
        return next(host for host in self.fleet.hosts if host not in self.states)

    def sql(self, command: str) -> str:
        words = f'docker exec {MEMBER} mariadb -uroot -psecret -N -e "{command}"'
        return self.fleet.shell(self.host, words, check=False).strip()

    def has_its_posts(self) -> bool:
        return eventually(lambda: self.sql(POSTS) == "first post", seconds=PATIENCE_S)

    def forget_old(self) -> None:
        """What the member left elsewhere goes, as its last lines say."""
        labels = f"docker volume ls -q --filter label=io.drover.stack={STACK}"
        names = {
            name
            for host in self.fleet.hosts
            for name in self.fleet.shell(host, labels, check=False).split()
        }
        done = self.play(
            playbook="scale",
            service=f"{STACK}/db",
            scale=1,
            remove_volumes=",".join(sorted(names)),
        )
        assert done.code == 0, done.output

    def clear(self) -> None:
        volumes = f"docker volume ls -q --filter label=io.drover.stack={STACK}"
        self.fleet.everywhere(
            f"docker rm -f -v {MEMBER}; rm -rf {STATE_DIR}; {volumes} | xargs -r docker volume rm"
        )


@pytest.fixture(name="blog")
def _blog(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[Blog]:
    if not INVENTORY.exists():
        pytest.skip("the lab is not up: lab/up")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = Blog(Fleet(tmp_path), tmp_path)
    made.clear()
    with _network(made.fleet):
        made.up()
        yield made
        made.clear()


@contextlib.contextmanager
def _network(fleet: Fleet) -> t.Iterator[None]:
    """Stacks on several hosts need the network, though this member is not on it. It goes if it was not there."""
    if fleet.shell(fleet.hosts[0], "docker network inspect -f x drover", check=False) == "x":
        yield
        return
    done = fleet.play(playbook="network")
    assert done.code == 0, done.output
    yield
    fleet.play(playbook="network", drover_network_state="absent")


def copies(blog: Blog) -> list[str]:
    folder = blog.folder / "state" / "drover" / "moves"
    return sorted(item.name for item in folder.iterdir()) if folder.exists() else []


def test_the_posts_are_there_after_it_and_after_the_way_back(blog: Blog) -> None:
    home, to = blog.host, blog.other()
    foretold = blog.move(to, "--check")
    assert foretold.code == 0, foretold.output
    assert blog.states == {home: "running"}
    done = blog.move(to)
    assert done.code == 0, done.output
    assert blog.states == {to: "running"}
    assert blog.has_its_posts()
    assert copies(blog) == []
    refused = blog.move(home)
    assert refused.code != 0
    assert "already: remove it there" in refused.output
    blog.forget_old()
    assert blog.has_its_posts()
    done = blog.move(home)
    assert done.code == 0, done.output
    assert (blog.states, blog.has_its_posts()) == ({home: "running"}, True)


@pytest.mark.skipif(not SOAK, reason="only with DROVER_SOAK=1")
@pytest.mark.parametrize("line", ["backup  ", "create  "])
@pytest.mark.parametrize("back", [False, True])
def test_killed_in_the_middle_it_goes_on_or_back(blog: Blog, line: str, *, back: bool) -> None:
    home, to = blog.host, blog.other()
    _kill_at(blog, to, line)
    done = blog.play(playbook="reconcile", stack=STACK)
    assert done.code == 0, done.output
    assert "running" not in blog.states.values()
    target = home if back else to
    done = blog.move(target)
    assert done.code == 0, done.output
    assert (blog.states, blog.has_its_posts()) == ({target: "running"}, True)
    assert copies(blog) == []


def _kill_at(blog: Blog, to: str, line: str) -> None:
    """Run the command and kill it, with all that it has started here, once it has printed this."""
    given = {**blog.given, "service": f"{STACK}/db", "to": to}
    inventory = blog.fleet._inventory(blog.fleet.hosts, "")
    words = ["-i", str(inventory), "drover.docker.volume_move", "-e", json.dumps(given)]
    env = {
        **os.environ,
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_HOST_KEY_CHECKING": "0",
        "ANSIBLE_STDOUT_CALLBACK": "drover.docker.compact",
    }
    log = blog.folder / "killed.log"
    with log.open("w") as stream:
        running = subprocess.Popen(
            ["ansible-playbook", *words], stdout=stream, env=env, start_new_session=True
        )
    end = time.monotonic() + PATIENCE_S
    while line not in log.read_text() and running.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    assert running.poll() is None, log.read_text()
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
