# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Health in tests: what the checkers say, faults in applications and networks, and passes as a timer makes them."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import re
import time
import typing as t

from .control import Control
from .hosts import Container, Host
from .runs import Run
from .waiting import eventually

CHECK = {
    "port": 8080,
    "request_line": "GET /health HTTP/1.0",
    "interval": 500,
    "response_timeout": 500,
    "healthy_threshold": 2,
    "unhealthy_threshold": 3,
}
PERIOD_S = 0.3
"""Between two passes that follow each other."""
# What a checker does not reach counts after 3 s; after a cut also the rise of the control target, 4.5 s with CHECK.
VOTES_COUNT_S = 6.0
SOCKET = "/var/lib/drover/checker/run/admin.sock"
ASK = """python3 - <<'END'
import socket
with socket.socket(socket.AF_UNIX) as checker:
    checker.settimeout(5)
    checker.connect("{socket}")
    checker.sendall(b"{words}\\n")
    print(checker.makefile().read())
END"""
VERDICT = re.compile(r"(\S+/\d+) on \S+: (\w+), ")
STATUS = re.compile(r"^(\S+/\S+) +(\w+) +(\d+) +(\d+) +(\d+|-) ", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Report:
    """What one checker says of one member."""

    checker: str
    backend: str
    server: str
    status: str
    result: str


def ask(host: Host, words: str) -> str:
    """What the checker of a host answers."""
    return host.run(ASK.format(socket=SOCKET, words=words))


def reports(host: Host) -> list[Report]:
    """All that the checker of a host says, as HAProxy shows it."""
    table = csv.DictReader(io.StringIO(ask(host, "show stat").lstrip("# ")))
    return [
        Report(
            host.name,
            *member_and_life(row["pxname"], row["svname"]),
            row["status"],
            row["check_status"].removeprefix("* "),
        )
        for row in table
        if row["type"] == "2"
    ]


def member_and_life(proxy: str, server: str) -> tuple[str, str]:
    """Whom HAProxy means: it has a backend for each question, and a server C(member:life:length of the first)."""
    if not proxy.startswith("probe-"):
        return proxy, server
    both, length = server.rsplit(":", 1)
    return both[: int(length)], both[int(length) + 1 :]


def worker(host: Host) -> tuple[str, int]:
    """Process id of the checker's worker, and for how many seconds it runs."""
    facts = dict(
        line.split(": ", 1) for line in ask(host, "show info").splitlines() if ": " in line
    )
    return facts["Pid"], int(facts["Uptime_sec"])


def backend(container: Container) -> str:
    """How checkers call the member of a container."""
    labels = container.inspected["Config"]["Labels"]
    return ".".join(labels[f"io.drover.{part}"] for part in ("stack", "service", "index"))


def are(hosts: t.Iterable[Host], status: str, backends: t.Collection[str]) -> bool:
    """Whether all checkers that check one of these say this of it, from a check that came to an end."""
    found = [item for host in hosts for item in reports(host) if item.backend in backends]
    missing = set(backends) - {item.backend for item in found}
    return not missing and all(
        item.status == status and item.result not in ("", "INI") for item in found
    )


def wait_down(hosts: dict[str, Host], *containers: Container, seconds: float = 30) -> None:
    """Wait until all checkers that look at these members find them down."""
    backends = [backend(item) for item in containers]
    eventually(lambda: are(hosts.values(), "DOWN", backends), seconds=seconds)


def break_page(host: Host, name: str) -> None:
    """From now on a container's page answers 500, also after a restart; a new container is good."""
    host.docker("exec", name, "touch", "/broken")


def mend_page(host: Host, name: str) -> None:
    """The page is good again."""
    host.docker("exec", name, "rm", "/broken")


def tell(host: Host, name: str, path: str) -> None:
    """Have the test application in a container switch something."""
    host.docker("exec", name, "testapp", "get", f"http://localhost:8080{path}")


def passes(
    control: Control,
    until: t.Callable[[Run], t.Any],
    *,
    seconds: float = 60,
    **extra: t.Any,
) -> list[Run]:
    """Reconcile again and again, as a timer does, until a run is what is waited for."""
    deadline = time.monotonic() + seconds
    runs = []
    while True:
        runs.append(control.run("reconcile", **extra))
        if until(runs[-1]):
            return runs
        assert time.monotonic() < deadline, f"not within {seconds} s; last:\n{runs[-1].output}"
        time.sleep(PERIOD_S)


def passes_for(control: Control, lasting_s: float, **extra: t.Any) -> list[Run]:
    """Reconcile again and again for so long: two times at least."""
    end = time.monotonic() + lasting_s
    first = control.run("reconcile", **extra)
    more = passes(control, lambda _run: time.monotonic() > end, seconds=lasting_s + 60, **extra)
    return [first, *more]


def settled(control: Control, *, seconds: float = 60, **extra: t.Any) -> list[Run]:
    """Passes until nothing is left to do or to say."""
    return passes(control, lambda run: run.quiet, seconds=seconds, **extra)


def removed(runs: t.Iterable[Run]) -> list[str]:
    """Names of the containers that were removed, each time that they were."""
    found = [line.split("  ") for run in runs for line in run.done]
    return [words[2] for words in found if words[1] == "remove"]


def unwell(run: Run) -> dict[str, str]:
    """Members that are not healthy, with their verdicts, as a run tells them."""
    found = [VERDICT.match(line) for line in run.told("note")]
    return {match[1]: match[2] for match in found if match}


def counts(status: Run) -> dict[str, tuple[int, int, int | None]]:
    """Wanted, running and healthy members of each service, as status shows them; None where nothing is checked."""
    return {
        name: (int(wanted), int(running), None if healthy == "-" else int(healthy))
        for name, _state, wanted, running, healthy in STATUS.findall(status.output)
    }


def checker_of(host: Host) -> Container:
    """The checker of a host."""
    return next(item for name, item in host.containers("drover").items() if "-checker-" in name)


@contextlib.contextmanager
def firewall(
    hosts: dict[str, Host], rules: dict[str, tuple[Container, list[str]]], *, then: str = "DROP"
) -> t.Iterator[None]:
    """While this lasts, each of these containers has these rules of iptables in its network namespace.

    Args:
        hosts: The hosts, by name.
        rules: Container and rules such as C(OUTPUT -d 10.42.128.7), by any name.
        then: What is done with packets that match.
    """
    inside = {
        name: f"nsenter -t {pid_of(item)} -n iptables" for name, (item, _rules) in rules.items()
    }
    for name, (item, lines) in rules.items():
        hosts[item.host].run(" && ".join(f"{inside[name]} -A {line} -j {then}" for line in lines))
    try:
        yield
    finally:
        for name, (item, lines) in rules.items():
            undo = " ; ".join(f"{inside[name]} -D {line} -j {then}" for line in lines)
            hosts[item.host].run(
                f"({undo}) || true"
            )  # a container that was stopped took its rules along


def pid_of(container: Container) -> int:
    """Its first process, as its host sees it."""
    return int(container.inspected["State"]["Pid"])
