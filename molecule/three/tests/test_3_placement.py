# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images come from the registry, global services are on each host, and depends_on orders what is on one host."""

from __future__ import annotations

from ...conftest import MakeStack
from ...shared.hosts import Host, everywhere, lives, of_service

NEWER = "registry.lab:5000/drover-lab/testapp:2"
EVERY = {"labels": {"io.rancher.scheduler.global": "true"}, "image": NEWER}


def test_image_is_pulled_and_dependencies_start_first(
    hosts: dict[str, Host], make_stack: MakeStack
) -> None:
    for host in hosts.values():
        host.run(f"docker rmi -f {NEWER} 2>/dev/null || true")
    run = make_stack("chain").define(a={**EVERY, "depends_on": ["b"]}, b=EVERY).up()
    pulls = [line for line in run.done if line.split("  ")[1] == "pull"]
    assert pulls == [f"{name}  pull  {NEWER}  image not present" for name in hosts]
    found = everywhere(hosts, "chain")
    for name in hosts:
        first, second = (
            next(item for item in of_service(found, service).values() if item.host == name)
            for service in ("b", "a")
        )
        assert first.inspected["State"]["StartedAt"] <= second.inspected["Created"]


def test_global_service_is_healed_on_its_host(
    hosts: dict[str, Host], make_stack: MakeStack
) -> None:
    before = everywhere(hosts, "chain")
    gone = next(item for item in of_service(before, "b").values() if item.host == "h2")
    hosts["h2"].docker("rm", "-f", gone.name)
    make_stack("chain").reconcile()
    after = everywhere(hosts, "chain")
    assert after[gone.name].host == "h2"
    assert {item.host for item in of_service(after, "b").values()} == set(hosts)
    del after[gone.name], before[gone.name]
    assert lives(after) == lives(before)
