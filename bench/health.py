# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a broken page to a new healthy member: our loop beside Docker Swarm, on the same hosts, in turn.

Both check every 2 s, give up after 3 bad answers, have 3 members of the same image, and stop them with 1 s of grace.
Ours is over when our own verdict on the new container is "healthy", Swarm's when a new container is healthy by its
HEALTHCHECK. The loop is `reconcile`, begun every 5 s, as a timer does. All that was made is removed at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shlex
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from common import IMAGE, Figure, compare, play, show
from lab_hosts import a_manager, hosts, on, until

STACK = "benchhealth"
SWARM = "bench-swarm"
MEMBERS = 3
PERIOD_S = 5.0
PAIRS = 4
HEALTH = "http://127.0.0.1:8080/health"
COMPOSE = f"""\
services:
  web:
    image: {IMAGE}
    scale: {MEMBERS}
    stop_grace_period: 1s
    health_check:
      port: 8080
      request_line: GET /health HTTP/1.0
      interval: 2000
      response_timeout: 2000
      healthy_threshold: 2
      unhealthy_threshold: 3
"""


def break_page(host: str, container: str) -> None:
    """Let a member answer 500 from now on."""
    url = HEALTH.replace("/health", "/set?health=500")
    on(host, shlex.join(["docker", "exec", container, "testapp", "get", url]))


# --- ours ---


class Loop:
    """Passes, begun every PERIOD_S seconds, as by a timer that never runs two at once."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            play("reconcile", stack=STACK)
            self._over.wait(max(0.0, PERIOD_S - (time.monotonic() - began)))

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_exception: object) -> None:
        self._over.set()
        self._thread.join()


def health_of(host: str, member: str) -> dict[str, str]:
    """What the ledger on a member's host says of it."""
    text = on(host, f"cat /var/lib/drover/stacks/{STACK}.json") or "{}"
    found = json.loads(text).get("life", {}).get(member, {}).get("health", {})
    return dict(found)


def home_of(member: str) -> str:
    record = json.loads(on("h1", f"cat /var/lib/drover/stacks/{STACK}.json"))
    return str(record["body"]["members"][member]["host"])


def ours(turn: int) -> float:
    """Seconds from the break to the verdict on the new container."""
    index = turn % MEMBERS + 1
    member, container = f"web/{index}", f"{STACK}-web-{index}"
    host = home_of(member)
    before = health_of(host, member)["generation"]
    with Loop():
        time.sleep(1.0 + turn * 1.3)  # not always at the same point of the period
        began = time.monotonic()
        break_page(host, container)

        def healed() -> bool:
            now = health_of(host, member)
            return now["verdict"] == "healthy" and now["generation"] != before

        until(healed, f"{container} healthy again")
        return time.monotonic() - began


@contextlib.contextmanager
def our_stack() -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="drover-bench-") as folder:
        Path(folder, "compose.yaml").write_text(COMPOSE, encoding="utf-8")
        play("network")
        try:
            play("up", stack_dir=folder, stack=STACK)
            until(_all_healthy, "our members healthy")
            yield
        finally:
            play("down", stack=STACK)


def _all_healthy() -> bool:
    play("reconcile", stack=STACK)
    members = [f"web/{index}" for index in range(1, MEMBERS + 1)]
    return all(health_of(home_of(member), member).get("verdict") == "healthy" for member in members)


# --- Docker Swarm ---


def swarm_members() -> dict[str, str]:
    """Healthy containers of the Swarm service, with their hosts."""
    label = f"label=com.docker.swarm.service.name={SWARM}"
    command = f"docker ps -q --no-trunc --filter {label} --filter health=healthy"
    return {name: host for host in hosts() for name in on(host, command).split()}


def swarm(_turn: int) -> float:
    """Seconds from the break until Swarm has a new healthy container."""
    before = swarm_members()
    broken, host = sorted(before.items())[0]
    began = time.monotonic()
    break_page(host, broken)

    def healed() -> bool:
        now = swarm_members()
        return broken not in now and len(now) == MEMBERS

    until(healed, "Swarm's members healthy again")
    return time.monotonic() - began


@contextlib.contextmanager
def swarm_service() -> Iterator[None]:
    words = ["docker", "service", "create", "--detach", "--quiet", "--name", SWARM]
    words += ["--replicas", str(MEMBERS), "--stop-grace-period", "1s"]
    words += ["--health-cmd", f"testapp get {HEALTH}", "--health-interval", "2s"]
    words += ["--health-timeout", "2s", "--health-retries", "3", IMAGE]
    manager = a_manager()
    try:
        on(manager, shlex.join(words))
        until(lambda: len(swarm_members()) == MEMBERS, "Swarm's members healthy")
        yield
    finally:
        on(manager, f"docker service rm {SWARM}")


def measure(pairs: int) -> list[Figure]:
    with our_stack(), swarm_service():
        times = [(ours(turn), swarm(turn)) for turn in range(pairs)]
    name = f"broken page to a new healthy member, a pass every {PERIOD_S:g} s"
    return compare(name, "Docker Swarm", [pair[0] for pair in times], [pair[1] for pair in times])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    show(measure(parser.parse_args().pairs))


if __name__ == "__main__":
    main()
