# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of 300 containers on three hosts, beside community.docker.docker_containers.

Both are run by the same ansible-inventory of the same environment. The containers are made and never started, which is
the same for both: one lists them, the other lists and inspects them. Ours connects by SSH each time, and also reads a
stack record of 300 members from each host. The peer takes one host for each source. It has the sockets at hand,
brought here by SSH connections that are there before anything is timed, so that it pays for no connection; once it is
timed by SSH as well.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from common import IMAGE, INVENTORY, ROOT, Figure, compare, paired, run, show

STACK = "bench"
ON_EACH = 100
PAIRS = 7
SSH = [
    *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
    *("-o", "LogLevel=ERROR", "-o", "BatchMode=yes"),
]
RECORD = f"/var/lib/drover/stacks/{STACK}.json"


@dataclass
class Site:
    """Three hosts of the lab, and a folder for sources."""

    folder: Path
    inventory: str
    """The program ansible-inventory."""

    def __post_init__(self) -> None:
        listed = yaml.safe_load(INVENTORY.read_text(encoding="utf-8"))["docker_hosts"]["hosts"]
        self.hosts = {name: str(listed[name]["ansible_host"]) for name in sorted(listed)[:3]}
        # The docker program and the peer start the SSH client by name and can't be given a key; so nobody is.
        client = self.folder / "ssh"
        key = INVENTORY.parent / "id_ed25519"
        words = [shutil.which("ssh") or "ssh", "-i", str(key), *SSH]
        client.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
        client.chmod(0o755)
        self.environment = {
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
            "ANSIBLE_LOCALHOST_WARNING": "0",
        }

    def shell(self, host: str, script: str, *words: str) -> None:
        """Run a script on a host, given by standard input."""
        command = [str(self.folder / "ssh"), f"root@{self.hosts[host]}", "bash", "-s", *words]
        done = subprocess.run(command, input=script, text=True, capture_output=True, check=False)
        if done.returncode:
            sys.exit(f"bench: on {host}: {done.stderr[-2000:]}")

    def source(self, name: str, content: dict[str, object]) -> str:
        path = self.folder / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)

    def listed(self, *sources: str) -> int:
        """How many containers the inventory of these has."""
        words = [word for source in sources for word in ("-i", source)]
        output = run([self.inventory, *words, "--list"], **self.environment)
        names = json.loads(output)["_meta"].get("hostvars", {})
        return sum(name.startswith(f"{STACK}-app-") for name in names)


MAKE = f"""
set -eu
docker image inspect {IMAGE} >/dev/null 2>&1 || docker pull -q {IMAGE} >/dev/null
for number in $(seq "$1" "$2"); do
  docker create --name "{STACK}-app-$number" --label drover.lab=1 --label io.drover.managed=stack \\
    --label io.drover.stack={STACK} --label io.drover.service=app --label "io.drover.index=$number" \\
    --label "io.drover.create-index=$number" --label io.drover.revision=1 --label io.drover.config-hash=0 \\
    {IMAGE} >/dev/null
done
"""
REMOVE = f"""
docker ps -aq --filter label=io.drover.stack={STACK} | xargs -r docker rm -f >/dev/null
rm -f {RECORD}
"""


def record(host: str, hosts: list[str]) -> str:
    """A stack record with 300 members that have been judged, and with 20 revisions, which is as many as are kept."""
    service = {
        "image": IMAGE,
        "network": "managed",
        "hostname_override": False,
        "start_once": False,
        "health_check": {"port": 8080},
        "container": {"environment": {f"VARIABLE_{number}": "x" * 40 for number in range(20)}},
    }
    revisions = [
        {
            "number": number,
            "author": "bench",
            "time": "2026-11-22T10:00:00Z",
            "note": "",
            "tombstone": False,
            "definition": {"services": {"app": service}, "volumes": {}},
            "services": {"app": {"scale": 3 * ON_EACH, "state": "active"}},
            "digests": {},
        }
        for number in range(1, 21)
    ]
    health = {
        "generation": "0" * 12 + "-20261122100000123456789",
        "verdict": "healthy",
        "since": 0.0,
        "why": "2 of 2 checkers",
        "repairs": 0,
    }
    keys = [f"app/{number}" for number in range(1, 3 * ON_EACH + 1)]
    body = {
        "hosts": hosts,
        "revisions": revisions,
        "members": {key: {} for key in keys},
        "counters": {},
    }
    life = {key: {"seq": 1, "health": health} for key in keys}
    made = make_record(STACK, body, number=1, token="bench")  # noqa: S106  a name
    return json.dumps({**made, "host": host, "life": life})


@contextlib.contextmanager
def containers(site: Site) -> Iterator[None]:
    """A hundred on each host, with the stack's record, and nothing of it afterwards."""
    try:
        for position, host in enumerate(site.hosts):
            first = position * ON_EACH + 1
            site.shell(host, MAKE, str(first), str(first + ON_EACH - 1))
            text = record(host, list(site.hosts))
            store = f"install -d -m 700 $(dirname {RECORD})\nbase64 -d >{RECORD} <<'END'\n"
            site.shell(host, f"{store}{_encoded(text)}\nEND\n")
        yield
    finally:
        for host in site.hosts:
            site.shell(host, REMOVE)


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


@contextlib.contextmanager
def socket_of(site: Site, host: str) -> Iterator[str]:
    """The engine's socket of a host, brought here by a connection that is there before anything is timed."""
    path = site.folder / f"{host}.sock"
    forward = f"{path}:/var/run/docker.sock"
    command = [str(site.folder / "ssh"), "-N", "-L", forward, f"root@{site.hosts[host]}"]
    with subprocess.Popen(command) as process:
        try:
            deadline = time.monotonic() + 10
            while not path.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            yield f"unix://{path}"
        finally:
            process.kill()


def ours(site: Site) -> Callable[[], None]:
    hosts = [
        {"name": name, "docker_host": f"ssh://root@{address}"}
        for name, address in site.hosts.items()
    ]
    source = site.source("ours.drover.yml", {"plugin": "drover.docker.services", "hosts": hosts})
    return lambda: _expect(site, 3 * ON_EACH, source)


def theirs(site: Site, name: str, *addresses: str) -> Callable[[], None]:
    sources = [
        site.source(
            f"{name}{number}.docker.yml",
            {
                "plugin": "community.docker.docker_containers",
                "docker_host": address,
                "use_ssh_client": True,
                "connection_type": "docker-cli",
            },
        )
        for number, address in enumerate(addresses)
    ]
    return lambda: _expect(site, len(addresses) * ON_EACH, *sources)


def _expect(site: Site, count: int, *sources: str) -> None:
    found = site.listed(*sources)
    if found != count:
        sys.exit(f"bench: {found} containers listed instead of {count} ({', '.join(sources)})")


def measure(site: Site, pairs: int) -> list[Figure]:
    name = f"inventory of {3 * ON_EACH} containers on 3 hosts by SSH"
    plugin = "community.docker.docker_containers"
    hosts = list(site.hosts)
    with containers(site), contextlib.ExitStack() as stack:
        near = [stack.enter_context(socket_of(site, host)) for host in hosts]
        by_ssh = f"ssh://root@{site.hosts[hosts[0]]}"
        mine = ours(site)
        rows = [
            (
                f"{ON_EACH} containers on 1 host, socket at hand",
                theirs(site, "one", near[0]),
                pairs,
            ),
            (
                f"{3 * ON_EACH} on the same 3 hosts, sockets at hand",
                theirs(site, "all", *near),
                pairs,
            ),
            # Its SSH client connects anew for each container, so once is enough.
            (f"{ON_EACH} containers on 1 host by SSH", theirs(site, "ssh", by_ssh), 1),
        ]
        figures: list[Figure] = []
        for peer, action, times in rows:
            found = compare(name, f"{plugin}: {peer}", *paired(mine, action, times))
            print(
                f"bench: {found[0].value:g} s beside {found[1].value:g} s: {peer}", file=sys.stderr
            )
            figures += found
        nothing = site.source("none.yml", {"all": {}})
        idle, _none = paired(lambda: site.listed(nothing), lambda: None, 3)
        return [*figures, Figure("ansible-inventory with nothing to ask", round(min(idle), 3), "s")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--peer", required=True, help="ansible-inventory of an environment with community.docker"
    )
    parser.add_argument("--pairs", type=int, default=PAIRS)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was made is removed then, too
    with tempfile.TemporaryDirectory(prefix="drover-bench-") as folder:
        show(measure(Site(Path(folder), str(Path(options.peer).absolute())), options.pairs))


if __name__ == "__main__":
    main()
