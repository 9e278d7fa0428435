# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pass with nothing to do, over three hosts and 90 containers, beside a ping and beside one task per container.

Pairs are run in turn (A B A B ...), so that a machine whose speed drifts does not favour one of them; the ratio is
that of the medians, its spread that of the pairs. Everything that the benchmark made is removed at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from ansible_collections.drover.docker.plugins.plugin_utils._channel.channels import Channels
from ansible_collections.drover.docker.plugins.plugin_utils._channel.driver import Driver
from ansible_collections.drover.docker.plugins.plugin_utils._channel.inventory import host_variables
from ansible_collections.drover.docker.plugins.plugin_utils._pass.machine import Pass
from ansible_collections.drover.docker.plugins.plugin_utils._run.command_line import request_from
from ansible_collections.drover.docker.plugins.plugin_utils._run.terms import stamp_of, term_of
from common import ANSIBLE, IMAGE, INVENTORY, Figure, compare, paired, play, run, show

STACK = "bench"
CONTAINERS = 90
PAIRS = 7


def ping() -> None:
    run(
        [
            str(ANSIBLE / "ansible"),
            "-i",
            str(INVENTORY),
            "docker_hosts",
            "-m",
            "ansible.builtin.ping",
        ]
    )


@contextlib.contextmanager
def stack() -> Iterator[None]:
    """Ninety small containers, thirty on each host, and nothing left of them afterwards."""
    with tempfile.TemporaryDirectory(prefix="drover-bench-") as folder:
        compose = (
            f"services:\n  app:\n    image: {IMAGE}\n    scale: {CONTAINERS}\n    tmpfs: [/data]\n"
        )
        Path(folder, "compose.yaml").write_text(compose, encoding="utf-8")
        play("network")
        try:
            play("up", stack_dir=folder, stack=STACK)
            yield
        finally:
            play("down", stack=STACK)


def calls_of_a_pass() -> Figure:
    """Module calls that an idle pass makes on each host, counted by the connections' own log."""
    output = run(
        [
            str(ANSIBLE / "ansible-playbook"),
            "-i",
            str(INVENTORY),
            "drover.docker.reconcile",
            "-vvv",
        ],
    )
    calls = sum("SSH: EXEC ssh" in line and "python" in line for line in output.splitlines())
    return Figure("module calls per host in a pass with nothing to do", calls / 3, "calls")


def task_per_container(folder: str) -> list[str]:
    """The same check with one community.docker.docker_container task for each container."""
    listed = names_by_host()
    tasks = [
        {
            "name": "Keep running",
            "community.docker.docker_container": {
                "name": "{{ item }}",
                "state": "started",
                "comparisons": {"*": "ignore"},
            },
            "loop": "{{ names[inventory_hostname] }}",
        }
    ]
    book = Path(folder, "peer.yml")
    content = [
        {"hosts": "docker_hosts", "gather_facts": False, "vars": {"names": listed}, "tasks": tasks}
    ]
    book.write_text(json.dumps(content), encoding="utf-8")
    return [str(book)]


def names_by_host() -> dict[str, list[str]]:
    output = run(
        [
            str(ANSIBLE / "ansible"),
            "-i",
            str(INVENTORY),
            "docker_hosts",
            "-o",
            "-m",
            "drover.docker.stack_service_info",
            "-a",
            f"stack={STACK}",
        ]
    )
    found = {}
    for line in output.splitlines():
        host, _mark, text = line.partition(" | SUCCESS => ")
        if text:
            services = json.loads(text)["services"]
            found[host] = [member["name"] for service in services for member in service["members"]]
    return found


@contextlib.contextmanager
def warm() -> Iterator[Callable[[], None]]:
    """A pass over channels that are open already, with the host code loaded on the hosts."""
    hosts = host_variables([str(INVENTORY)])
    with Channels(hosts) as channels:
        driver = Driver(channels, hosts)

        def reconcile() -> None:
            request = request_from({"command": "reconcile"}, None, **stamp_of(sorted(hosts)))
            end = driver.run(Pass(request, driver.inventory, term_of(request, {})))
            if end.failures or end.plan.errors or end.plan.has_work:
                raise SystemExit(f"bench: the pass had something to do: {end.plan.lines()}")

        reconcile()
        yield reconcile


def over_channels(pairs: int) -> list[Figure]:
    """The same pass over warm channels, beside a ping and beside the playbook."""
    with warm() as reconcile:
        ours, theirs = paired(reconcile, ping, pairs)
        name = f"pass with nothing to do over channels, 3 hosts, {CONTAINERS} containers"
        figures = compare(name, "ansible -m ping", ours, theirs)
        ours, theirs = paired(reconcile, lambda: play("reconcile"), pairs)
        return figures + compare(name, "drover.docker.reconcile", ours, theirs)


def measure(peer: str, pairs: int) -> list[Figure]:
    def reconcile() -> None:
        play("reconcile")

    with stack(), tempfile.TemporaryDirectory(prefix="drover-bench-") as folder:
        book = task_per_container(folder)

        def by_tasks() -> None:
            run([peer, "-i", str(INVENTORY), *book])

        figures = [calls_of_a_pass()]
        ours, theirs = paired(reconcile, ping, pairs)
        figures += compare(
            f"pass with nothing to do, 3 hosts, {CONTAINERS} containers",
            "ansible -m ping",
            ours,
            theirs,
        )
        figures += over_channels(pairs)
        ours, theirs = paired(reconcile, by_tasks, 1)
        figures += compare(
            "the same pass",
            "one community.docker.docker_container task per container",
            ours,
            theirs,
        )
        return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--peer", required=True, help="ansible-playbook of an environment with community.docker"
    )
    parser.add_argument("--pairs", type=int, default=PAIRS)
    options = parser.parse_args()
    show(measure(options.peer, options.pairs))


if __name__ == "__main__":
    main()
