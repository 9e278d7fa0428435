# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The story, on the stack that `make demo` started: four things go wrong, and a time line shows what came of them.

Requests are sent to the load balancer all the time, a pass begins every 5 s, as with a timer. Each line is checked
against what it promises; the exit status is 1 where a promise was not kept. Nothing but the demo's stack is touched.
"""

from __future__ import annotations

import collections
import dataclasses
import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STACK = "wordpress-multi"
MEMBERS = (f"{STACK}-wordpress-1", f"{STACK}-wordpress-2")
DATABASE = f"{STACK}-mariadb-1"
PORT = 8080
PERIOD_S = 5.0
PAUSE_S = 0.02
LIMIT_S = 120.0


def docker(*words: str) -> str:
    """What the docker client prints; it has to succeed."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"story: docker {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout.strip()


def container_id(name: str) -> str:
    """The container of this name; empty where there is none."""
    return docker("ps", "-aq", "--filter", f"name=^/{name}$")


def until(met: Callable[[], bool], what: str) -> float:
    """Wait until something is so; the time at which it was."""
    end = time.monotonic() + LIMIT_S
    while not met():
        if time.monotonic() > end:
            raise SystemExit(f"story: {what}: not within {LIMIT_S:g} s")
        time.sleep(0.05)
    return time.monotonic()


@dataclasses.dataclass(frozen=True)
class Answer:
    """One request: when it was sent, and the member that answered it well (empty: nobody did)."""

    sent: float
    member: str


class Visitors:
    """Two who ask for the front page again and again: one keeps its connection, one makes a new one each time."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._visit, args=(keep,)) for keep in (True, False)
        ]

    def _visit(self, keep: bool) -> None:
        connection: http.client.HTTPConnection | None = None
        while not self._over.is_set():
            connection = connection or http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
            sent = time.monotonic()
            member, stays = self._ask(connection)
            self.answers.append(Answer(sent, member))
            if not (keep and stays):
                connection.close()
                connection = None
            self._over.wait(PAUSE_S)

    def _ask(self, connection: http.client.HTTPConnection) -> tuple[str, bool]:
        try:
            connection.request("GET", "/")
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            return "", False
        well = response.status == http.client.OK
        return (response.getheader("X-Member") or "?") if well else "", not response.will_close

    def since(self, began: float) -> list[Answer]:
        """What they met since then."""
        return [item for item in self.answers if item.sent >= began]

    def __enter__(self) -> Visitors:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


class Loop:
    """Passes, begun every PERIOD_S seconds, as by a timer that never runs two at once."""

    def __init__(self) -> None:
        self.repairs: list[float] = []
        """When passes began that made or replaced a container."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            if "  create  " in reconcile():
                self.repairs.append(began)
            self._over.wait(max(0.0, PERIOD_S - (time.monotonic() - began)))

    def __enter__(self) -> Loop:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._over.set()
        self._thread.join()


def reconcile() -> str:
    """One pass; what it printed."""
    words = [".venv/bin/ansible-playbook", "-i", "examples/local.yml", "drover.docker.reconcile"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout


def settle() -> None:
    """Pass after pass, until there is nothing left to do or to tell."""
    end = time.monotonic() + LIMIT_S
    while "all is as it should be" not in reconcile():
        if time.monotonic() > end:
            raise SystemExit("story: the stack does not settle; see drover.docker.status")
        time.sleep(1)


class Story:
    """The experiments, one after the other; C(broken) collects the promises that were not kept."""

    def __init__(self) -> None:
        self.broken: list[str] = []

    def expect(self, kept: bool, promise: str) -> None:
        """Note a promise that was not kept."""
        if not kept:
            self.broken.append(promise)

    def tell(self, title: str, began: float, answers: list[Answer], **moments: float) -> None:
        """One paragraph of the time line."""
        lost = sum(not item.member for item in answers)
        times = ", ".join(
            f"{name.replace('_', ' ')} {at - began:.1f} s" for name, at in moments.items()
        )
        print(f"{title}\n    {times}\n    {len(answers)} requests, {lost} lost", flush=True)

    # --- the four ---

    def replaced(self, title: str, name: str, harm: Callable[[], object]) -> None:
        """A member is removed or broken: another container takes its place, and no request is lost."""
        old = container_id(name)
        with Visitors() as visitors, Loop() as loop:
            time.sleep(2)
            began = time.monotonic()
            harm()
            made = until(lambda: container_id(name) not in ("", old), f"{name} is replaced")
            new = container_id(name)
            serves = until(lambda: self._served_by(visitors, new, began), f"{name} serves again")
            until(lambda: bool(loop.repairs), "the pass ends")
            time.sleep(2)
        answers = visitors.since(began)
        self.tell(
            title,
            began,
            answers,
            noticed=max(began, loop.repairs[0]),
            replaced=made,
            serving=serves,
        )
        self.expect(all(item.member for item in answers), f"{title}: no request is lost")

    def _served_by(self, visitors: Visitors, container: str, began: float) -> bool:
        return any(
            container.startswith(item.member[:12]) for item in visitors.since(began) if item.member
        )

    def diverted(self) -> None:
        """A member stops and starts again with no pass at all."""
        first, second = (container_id(name) for name in MEMBERS)
        with Visitors() as visitors:
            time.sleep(2)
            began = time.monotonic()
            docker("stop", "--time", "5", MEMBERS[0])
            stopped = time.monotonic()
            time.sleep(8)
            away = visitors.since(stopped)
            started = time.monotonic()
            docker("start", MEMBERS[0])
            serves = until(lambda: self._served_by(visitors, first, started), "it serves again")
            time.sleep(2)
        title = (
            "A member is stopped and started, and no pass runs at all (docker stop, docker start)"
        )
        answers = visitors.since(began)
        self.tell(title, began, answers, stopped=stopped, started=started, serving=serves)
        by = collections.Counter(item.member for item in away)
        print(
            f"    while it was away the other answered {by[second[:12]]} of {len(away)}", flush=True
        )
        self.expect(all(item.member for item in answers), f"{title}: no request is lost")
        self.expect(set(by) == {second[:12]}, f"{title}: the other one answers meanwhile")

    def database(self) -> None:
        """The database's container is removed with its volumes, or so Docker is asked: the posts are there."""
        title = "The database container is removed with -v (docker rm -fv)"
        docker("exec", MEMBERS[0], "wp-post", f"Written at {time.strftime('%H:%M:%S')}")
        before = docker("exec", MEMBERS[0], "wp-posts").splitlines()
        old = container_id(DATABASE)
        with Visitors() as visitors, Loop() as loop:
            time.sleep(2)
            began = time.monotonic()
            docker("rm", "-fv", DATABASE)
            made = until(
                lambda: container_id(DATABASE) not in ("", old), "the database is replaced"
            )
            serves = until(lambda: self._well_since(visitors, made), "pages are served again")
            until(lambda: bool(loop.repairs), "the pass ends")
        self.tell(
            title,
            began,
            visitors.since(began),
            noticed=max(began, loop.repairs[0]),
            replaced=made,
            serving=serves,
        )
        after = docker("exec", MEMBERS[0], "wp-posts").splitlines()
        print(f"    posts before: {len(before)}, after: {len(after)}", flush=True)
        self.expect(before == after and bool(before), f"{title}: the posts are there")

    def _well_since(self, visitors: Visitors, moment: float) -> bool:
        return any(item.member for item in visitors.since(moment))


def break_page() -> None:
    """Let the first member answer each request with status 500."""
    docker("exec", MEMBERS[0], "sh", "-c", "echo broken >>/var/www/html/.htaccess")


def main() -> None:
    settle()
    story = Story()
    print(f"Passes every {PERIOD_S:g} s; two visitors ask for the front page all the time.\n")
    story.replaced(
        "A member is removed (docker rm -f)", MEMBERS[1], lambda: docker("rm", "-f", MEMBERS[1])
    )
    settle()
    story.replaced("A member answers 500 (a broken .htaccess)", MEMBERS[0], break_page)
    settle()
    story.diverted()
    settle()
    story.database()
    settle()
    print(json.dumps({"promises kept": not story.broken}))
    if story.broken:
        sys.exit("\n".join(f"story: not kept: {promise}" for promise in story.broken))


if __name__ == "__main__":
    main()
