# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rolling upgrade of six members over three hosts beside Docker Swarm's, on the same hosts, in turn and under load.

Both go to another image and, in the next turn, back; start first, one member at a time, no pause between two, and the
same check. Ours is the command `up`, until it says that all is done: it watches each new member for as long as its
check needs to find a fault before it takes over. It is measured over channels that are open already, and as a playbook.
Swarm's is `docker service update` until it says "completed"; it goes on as soon as a new member is healthy.

Requests go through our load balancer and, as the lab's kernel has no IPVS for Swarm's published ports, through a
HAProxy that finds Swarm's members by DNS every 0.5 s. Those that were not answered with 200 are counted. All that was
made is removed at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import shlex
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from common import IMAGE, Figure, compare, play, seconds, show
from lab_hosts import a_manager, hosts, on, until
from over_channels import Commands

STACK = "benchupgrade"
SWARM = "bench-upgrade"
MEMBERS = 6
OUR_PORT, SWARM_PORT = 18093, 18094
PAIRS = 3
CLIENTS = 4
FRONT_HOST = "h1"
FRONT = "bench-upgrade-front"
FRONT_IMAGE = IMAGE.replace("drover-lab/testapp:1", "drover-demo/haproxy:3.0")
FRONT_CONFIG = f"""\
defaults
    mode http
    timeout client 50s
    timeout server 50s
    timeout connect 5s
    option redispatch
    retries 3
resolvers docker
    nameserver dns 127.0.0.11:53
    hold valid 500ms
    timeout resolve 500ms
    accepted_payload_size 8192
frontend web
    bind :{SWARM_PORT}
    default_backend members
backend members
    server-template web {2 * MEMBERS} tasks.{SWARM}:8080 check inter 500ms resolvers docker init-addr none
"""
PAUSE_S = 0.02
HEALTH = "http://127.0.0.1:8080/health"
COMPOSE = """\
services:
  web:
    image: {image}
    scale: {members}
    stop_grace_period: 1s
    tmpfs: /data
    health_check:
      port: 8080
      request_line: GET /health HTTP/1.0
      interval: 500
      response_timeout: 500
      healthy_threshold: 2
      unhealthy_threshold: 2
    upgrade_strategy:
      start_first: true
      interval_millis: 0
      monitor_millis: 1500
  lb:
    image: rancher/lb-service-haproxy:v0.9.14
    ports: ["{port}:{port}"]
    labels:
      io.rancher.scheduler.global: "true"
    lb_config:
      port_rules:
        - source_port: {port}
          service: web
          target_port: 8080
"""


def image(turn: int) -> str:
    """The image of a turn: another than that of the turn before."""
    return IMAGE.replace(":1", f":{turn % 2 + 1}")


class Load:
    """Clients that ask one port of one host, each request with a connection of its own; counts what fails."""

    def __init__(self, port: int) -> None:
        self.sent = self.failed = 0
        self._place = (hosts()[FRONT_HOST], port)
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, daemon=True) for _client in range(CLIENTS)
        ]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._over.wait(PAUSE_S):
            fine = answers(*self._place)
            with self._lock:
                self.sent += 1
                self.failed += not fine


def answers(address: str, port: int) -> bool:
    """Whether a page is answered with 200 within 3 s."""
    connection = http.client.HTTPConnection(address, port, timeout=3)
    try:
        connection.request("GET", "/", headers={"Connection": "close"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def all_answer(port: int) -> bool:
    return all(answers(hosts()[FRONT_HOST], port) for _again in range(MEMBERS))


# --- ours ---


Up = Callable[[str, str], None]


def define(folder: Path, turn: int) -> None:
    """Write the stack file."""
    text = COMPOSE.format(image=image(turn), members=MEMBERS, port=OUR_PORT)
    (folder / "compose.yaml").write_text(text, encoding="utf-8")


def up_as_playbook(folder: str, stack: str) -> None:
    play("up", stack_dir=folder, stack=stack)


def our_upgrade(up: Up, folder: Path, turn: int) -> float:
    """Seconds of an upgrade. It is confirmed, or the next one would be a rollback."""
    define(folder, turn)
    took = seconds(lambda: up(str(folder), STACK))
    play("confirm_upgrade", stack=STACK)
    return took


@contextlib.contextmanager
def our_stack() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="drover-bench-") as name:
        play("network")
        try:
            define(Path(name), 0)
            up_as_playbook(name, STACK)
            until(lambda: all_answer(OUR_PORT), "our load balancers answer")
            yield Path(name)
        finally:
            play("down", stack=STACK)


# --- Docker Swarm ---


def state_of_update(manager: str) -> str:
    words = "{{if .UpdateStatus}}{{.UpdateStatus.State}} {{.UpdateStatus.StartedAt}}{{end}}"
    return on(manager, shlex.join(["docker", "service", "inspect", SWARM, "--format", words]))


def swarm_upgrade(manager: str, turn: int) -> float:
    """Seconds of an upgrade."""
    return seconds(lambda: _swarm_upgrade(manager, turn))


def _swarm_upgrade(manager: str, turn: int) -> None:
    before = state_of_update(manager)
    on(manager, f"docker service update --detach --quiet --image {image(turn)} {SWARM}")

    def completed() -> bool:
        now = state_of_update(manager)
        return now != before and now.startswith("completed")

    until(completed, "Swarm's upgrade completed")


@contextlib.contextmanager
def swarm_service() -> Iterator[str]:
    words = ["docker", "service", "create", "--detach", "--quiet", "--name", SWARM]
    words += ["--replicas", str(MEMBERS), "--stop-grace-period", "1s"]
    words += ["--network", "drover", "--endpoint-mode", "dnsrr"]
    words += ["--mount", "type=tmpfs,target=/data"]
    words += ["--health-cmd", f"testapp get {HEALTH}", "--health-interval", "500ms"]
    words += ["--health-timeout", "500ms", "--health-retries", "2"]
    words += ["--update-order", "start-first", "--update-parallelism", "1", "--update-delay", "0s"]
    manager = a_manager()
    try:
        on(manager, shlex.join([*words, image(0)]))
        on(FRONT_HOST, front())
        until(lambda: all_answer(SWARM_PORT), "Swarm's members answer")
        yield manager
    finally:
        on(FRONT_HOST, f"docker rm -f -v {FRONT}")
        on(manager, f"docker service rm {SWARM}")


def front() -> str:
    """The command that starts the HAProxy in front of Swarm's members."""
    start = ["docker", "run", "-d", "--name", FRONT, "--network", "drover", "--user", "root"]
    start += ["-p", f"{SWARM_PORT}:{SWARM_PORT}", "--entrypoint", "sh", FRONT_IMAGE, "-c"]
    return shlex.join([*start, f"echo {shlex.quote(FRONT_CONFIG)} >/c && exec haproxy -f /c"])


def measure(pairs: int) -> list[Figure]:
    ours, theirs = Load(OUR_PORT), Load(SWARM_PORT)
    with (
        our_stack() as folder,
        swarm_service() as manager,
        Commands() as channels,
        contextlib.ExitStack() as load,
    ):
        load.enter_context(ours)
        load.enter_context(theirs)
        times = [turns(folder, manager, channels, turn) for turn in range(1, pairs + 1)]
    swarm = [item[2] for item in times]
    name = f"upgrade of {MEMBERS} members, start first"
    figures = compare(f"{name}, over channels", "Docker Swarm", [item[0] for item in times], swarm)
    figures += compare(f"{name}, playbook", "Docker Swarm", [item[1] for item in times], swarm)[:1]
    return [*figures, *_lost("ours", ours), *_lost("Docker Swarm", theirs)]


def turns(folder: Path, manager: str, channels: Commands, turn: int) -> tuple[float, float, float]:
    """Seconds of one upgrade in each way."""
    return (
        our_upgrade(channels.up, folder, 2 * turn - 1),
        our_upgrade(up_as_playbook, folder, 2 * turn),
        swarm_upgrade(manager, turn),
    )


def _lost(whose: str, load: Load) -> list[Figure]:
    return [
        Figure(f"{whose}: requests sent", load.sent, "requests"),
        Figure(f"{whose}: requests lost", load.failed, "requests"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    show(measure(parser.parse_args().pairs))


if __name__ == "__main__":
    main()
