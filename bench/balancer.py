# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Throughput and latency of the generated HAProxy config beside a minimal hand-written one.

Both run in containers of the same image on one network, before the same two members, and are loaded in turn by wrk in a
container. The members are the lab's test application, small as it is, and then something that answers at once (HAProxy
by itself): that shows the whole price of rules, headers and retries, of which an application hides most. A pair is one
run of each, one after the other; the ratio is the median of the pairs, beside it their range. HAProxy's processor time
for a request is measured too: other work on the machine hardly touches it. The engine of this machine is used; all that
was made is removed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.balancer import (
    render_balancer,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.balancer_files import (
    files_of,
)
from common import Figure, run, show

IMAGES = ("drover-demo/haproxy:3.0",)
APPLICATION = "drover-lab/testapp:1"
WRK = "drover-lab/wrk:1"
WRK_FILE = """\
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends wrk && rm -rf /var/lib/apt/lists/*
"""
LABEL = ["--label", "drover.lab.balancer=1"]
PAIRS = 11
SECONDS = 4
CONNECTIONS = 32
HOST = "shop.example"
PATH = "/"
MEMBER = """\
global
    fd-hard-limit 20000
    nbthread 1
defaults
    mode http
    timeout client 60s
    timeout server 60s
    timeout connect 5s
frontend web
    bind :8080
    http-request return status 200 content-type text/plain lf-string "hello, this is the page that was asked for\\n"
"""
MINIMAL = """\
global
    fd-hard-limit 20000
defaults
    mode http
    timeout client 50s
    timeout server 50s
    timeout connect 5s
frontend web
    bind :80
    default_backend members
backend members
    server web1 {0}:8080 check
    server web2 {1}:8080 check
"""


@dataclass
class Load:
    """What one run of wrk found."""

    requests_s: float
    median_ms: float
    p99_ms: float
    cpu_us: float = 0.0
    """Processor time of the load balancer for one request."""


def docker(*words: str) -> str:
    return run(["docker", *words]).strip()


def haproxy_image() -> str:
    for name in IMAGES:
        found = subprocess.run(
            ["docker", "image", "inspect", name], capture_output=True, check=False
        )
        if not found.returncode:
            return name
    sys.exit(f"bench: no image {' or '.join(IMAGES)} here: lab/images haproxy")


def make_wrk() -> None:
    """The load generator, from Debian."""
    build = ["docker", "build", "-q", "-t", WRK, "-"]
    done = subprocess.run(build, input=WRK_FILE, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"bench: cannot build {WRK}: {done.stderr[-1000:]}")


def model(addresses: list[str]) -> dict[str, object]:
    """One rule with a host and a path, as a stack would have it."""
    flags = {"weight": 1, "drain": False, "backup": False, "resolve": False}
    servers = [
        {"name": f"shop.web.{index}", "address": address, "port": 8080, **flags}
        for index, address in enumerate(addresses, start=1)
    ]
    rules = [{"hostname": HOST, "path": "/", "backend": "80_shop_example_"}]
    port = {"port": 80, "protocol": "http", "proxy_protocol": False, "default_backend": ""}
    pool = {"name": "80_shop_example_", "mode": "http", "check": None, "stickiness": None}
    return {
        "frontends": [{**port, "rules": rules}],
        "backends": [{**pool, "servers": servers}],
        "certificates": {},
        "default_certificate": "",
        "config": "",
        "retry": True,
        "statistics": None,
    }


def address_of(container: str) -> str:
    form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    return docker("inspect", "-f", form, container)


def processor_s(container: str) -> float:
    """Processor time of all processes of a container so far."""
    master = docker("inspect", "-f", "{{.State.Pid}}", container)
    workers = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    ticks = 0
    for process in (master, *workers):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


class Bench:
    """Containers on a network of their own."""

    def __init__(self, folder: Path) -> None:
        self.name = "drover-bench-" + uuid.uuid4().hex[:8]
        self._folder = folder
        self._image = haproxy_image()
        self._made: list[str] = []

    def open(self) -> None:
        docker("network", "create", *LABEL, self.name)

    def close(self) -> None:
        for container in self._made:
            subprocess.run(
                ["docker", "rm", "-f", "-v", container], capture_output=True, check=False
            )
        subprocess.run(["docker", "network", "rm", self.name], capture_output=True, check=False)

    def haproxy(self, role: str, files: dict[str, str]) -> str:
        """Start one with these files; its name."""
        folder, state = self._folder / role, self._folder / f"{role}-run"
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, newline="")
        state.mkdir()
        os.chmod(state, 0o777)  # noqa: S103
        (state / "server-state").write_text("1\n")
        mounts = ["-v", f"{folder}:/usr/local/etc/haproxy:ro", "-v", f"{state}:/run/haproxy"]
        safe = ["--user", "99:99", "--read-only", "--cap-drop", "ALL"]
        name = f"{self.name}-{role}"
        self._made.append(name)
        command = ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
        docker(
            *("run", "-d", "--name", name, *LABEL, "--network", self.name, *safe, *mounts),
            *("--entrypoint", command[0], self._image, *command[1:]),
        )
        return name

    def application(self, role: str) -> str:
        """Start one of the test application; its name."""
        name = f"{self.name}-{role}"
        self._made.append(name)
        docker("run", "-d", "--name", name, *LABEL, "--network", self.name, APPLICATION)
        return name

    def load(self, balancer: str, connections: int, seconds: int) -> Load:
        url = f"http://{address_of(balancer)}:80{PATH}"
        words = [
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--latency",
            "-H",
            f"Host: {HOST}",
            url,
        ]
        before = processor_s(balancer)
        output = docker("run", "--rm", *LABEL, "--network", self.name, WRK, "wrk", *words)
        used_s = processor_s(balancer) - before
        return parse(output, used_s)


def parse(output: str, used_s: float) -> Load:
    """What wrk printed, and the processor time of the load balancer meanwhile."""
    if "Non-2xx" in output or "Socket errors" in output:
        sys.exit(f"bench: requests failed:\n{output}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    sent = re.search(r"(\d+) requests in", output)
    times = dict(re.findall(r"^\s+(50|99)%\s+(\S+)$", output, re.M))
    if not rate or not sent or set(times) != {"50", "99"}:
        sys.exit(f"bench: wrk said something else:\n{output}")
    cpu_us = used_s / int(sent.group(1)) * 1e6
    latency = milliseconds(times["50"]), milliseconds(times["99"])
    return Load(float(rate.group(1)), *latency, cpu_us=cpu_us)


def milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]


@contextlib.contextmanager
def balancers(*, application: bool) -> Iterator[tuple[Bench, str, str]]:
    """The bench, and the names of the generated and of the hand-written load balancer."""
    make_wrk()
    with tempfile.TemporaryDirectory(prefix="drover-bench-") as folder:
        os.chmod(folder, 0o755)  # noqa: S103
        bench = Bench(Path(folder))
        try:
            bench.open()
            members = [
                address_of(
                    bench.application(role)
                    if application
                    else bench.haproxy(role, {"haproxy.cfg": MEMBER})
                )
                for role in ("web1", "web2")
            ]
            text, _marker = render_balancer(model(members))
            ours = bench.haproxy("generated", files_of(text, {}, ""))
            theirs = bench.haproxy("minimal", {"haproxy.cfg": MINIMAL.format(*members)})
            time.sleep(2)
            yield bench, ours, theirs
        finally:
            bench.close()


def figures_of(what: str, ours: list[Load], theirs: list[Load]) -> list[Figure]:
    """Medians beside each other; the ratio is the median of those of the pairs, its spread their range."""
    found = []
    for key, unit, label in (
        ("requests_s", "requests/s", "throughput"),
        ("median_ms", "ms", "median latency"),
        ("p99_ms", "ms", "99 % latency"),
        ("cpu_us", "us", "processor time a request"),
    ):
        mine = [getattr(load, key) for load in ours]
        other = [getattr(load, key) for load in theirs]
        ratios = [a / b for a, b in zip(mine, other, strict=True)]
        first, second = statistics.median(mine), statistics.median(other)
        ratio = statistics.median(ratios)
        name, peer = f"load balancer, {label}, {what}", f"minimal config, {label}, {what}"
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        found.append(Figure(name, round(first, 3), unit, peer, round(ratio, 3), spread))
        found.append(Figure(peer, round(second, 3), unit))
    return found


def measure(pairs: int, seconds: int) -> list[Figure]:
    found = []
    for application, members in (
        (True, "test application"),
        (False, "members that answer at once"),
    ):
        with balancers(application=application) as (bench, ours, theirs):
            for balancer in (ours, theirs):
                bench.load(balancer, CONNECTIONS, 1)
            loads: tuple[list[Load], list[Load]] = ([], [])
            for pair in range(pairs):
                order = ((0, ours), (1, theirs)) if pair % 2 == 0 else ((1, theirs), (0, ours))
                for which, balancer in order:
                    loads[which].append(bench.load(balancer, CONNECTIONS, seconds))
            found += figures_of(members, *loads)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    options = parser.parse_args()
    show(measure(options.pairs, options.seconds))


if __name__ == "__main__":
    main()
