# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rolling upgrade of six members over three hosts beside Docker Swarm's, on the same hosts, in turn and under load.

Both go to another image and, in the next turn, back; start first, one member at a time, no pause between two, and the
same check. Ours is the whole command `up`, until it says that all is done: it watches each new member for as long as
its check needs to find a fault before it takes over. Swarm's is `docker service update` until it says "completed"; it
goes on as soon as a new member is healthy. Requests go through our load balancers and through Swarm's published port;
those that were not answered with 200 are counted. All that was made is removed at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import shlex
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from common import IMAGE, Figure, compare, play, seconds, show
from lab_hosts import a_manager, hosts, on, until

STACK = "benchupgrade"
SWARM = "bench-upgrade"
MEMBERS = 6
OUR_PORT, SWARM_PORT = 18093, 18094
PAIRS = 3
CLIENTS = 4
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
    """Clients that ask all hosts in turn, each request with a connection of its own; counts what fails."""

    def __init__(self, port: int) -> None:
        self.sent = self.failed = 0
        self._places = itertools.cycle([(address, port) for address in hosts().values()])
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(CLIENTS)]

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
            with self._lock:
                place = next(self._places)
            fine = answers(*place)
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
    return all(answers(address, port) for address in hosts().values() for _again in range(MEMBERS))


# --- ours ---


def our_upgrade(folder: Path, turn: int) -> None:
    text = COMPOSE.format(image=image(turn), members=MEMBERS, port=OUR_PORT)
    (folder / "compose.yaml").write_text(text, encoding="utf-8")
    play("up", stack_dir=str(folder), stack=STACK)


@contextlib.contextmanager
def our_stack() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="drover-bench-") as name:
        play("network")
        try:
            our_upgrade(Path(name), 0)
            until(lambda: all_answer(OUR_PORT), "our load balancers answer")
            yield Path(name)
        finally:
            play("down", stack=STACK)


# --- Docker Swarm ---


def state_of_update(manager: str) -> str:
    words = "{{if .UpdateStatus}}{{.UpdateStatus.State}} {{.UpdateStatus.StartedAt}}{{end}}"
    return on(manager, shlex.join(["docker", "service", "inspect", SWARM, "--format", words]))


def swarm_upgrade(manager: str, turn: int) -> None:
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
    words += ["--publish", f"{SWARM_PORT}:8080", "--mount", "type=tmpfs,target=/data"]
    words += ["--health-cmd", f"testapp get {HEALTH}", "--health-interval", "500ms"]
    words += ["--health-timeout", "500ms", "--health-retries", "2"]
    words += ["--update-order", "start-first", "--update-parallelism", "1", "--update-delay", "0s"]
    manager = a_manager()
    try:
        on(manager, shlex.join([*words, image(0)]))
        until(lambda: all_answer(SWARM_PORT), "Swarm's members answer")
        yield manager
    finally:
        on(manager, f"docker service rm {SWARM}")


def measure(pairs: int) -> list[Figure]:
    ours, theirs = Load(OUR_PORT), Load(SWARM_PORT)
    with our_stack() as folder, swarm_service() as manager, ours, theirs:
        times = [both(folder, manager, turn) for turn in range(1, pairs + 1)]
    name = f"upgrade of {MEMBERS} members, start first"
    figures = compare(
        name, "Docker Swarm", [pair[0] for pair in times], [pair[1] for pair in times]
    )
    return [*figures, *_lost("ours", ours), *_lost("Docker Swarm", theirs)]


def both(folder: Path, manager: str, turn: int) -> tuple[float, float]:
    """Seconds of one upgrade by each."""
    return (
        seconds(lambda: our_upgrade(folder, turn)),
        seconds(lambda: swarm_upgrade(manager, turn)),
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
