# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates in a volume of the load balancer, in Rancher's layout: passes follow what is there."""

from __future__ import annotations

import base64
import pathlib
import ssl
import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.balancers import Balancer, balancers, get
from ...shared.certificates import make_certificate, trusting
from ...shared.hosts import Host
from ...shared.stacks import Stack
from ...shared.waiting import eventually

PORT = 18097
FOLDER = "/var/tmp/drover-test-certificates"
LABELS = "io.rancher.lb_service"


class Volume:
    """The folder that is mounted, the same on each host."""

    def __init__(self, hosts: dict[str, Host], folder: pathlib.Path) -> None:
        self.hosts = hosts
        self.folder = folder
        self.known: dict[str, str] = {}

    def put(self, path: str) -> None:
        """A new pair for NAME.example, NAME being the last part of the path."""
        name = path.rpartition("/")[2]
        self.known[name] = make_certificate(self.folder, name, f"{name}.example")
        key = (self.folder / f"{name}.pem").read_text().removesuffix(self.known[name])
        for file, text in (("privkey.pem", key), ("fullchain.pem", self.known[name])):
            encoded = base64.b64encode(text.encode()).decode()
            self.everywhere(
                f"mkdir -p {FOLDER}/{path} && echo {encoded} | base64 -d >{FOLDER}/{path}/{file}"
            )

    def everywhere(self, command: str) -> None:
        for host in self.hosts.values():
            host.run(command)


@pytest.fixture(scope="module")
def volume(hosts: dict[str, Host], tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Volume]:
    made = Volume(hosts, tmp_path_factory.mktemp("pairs"))
    made.put("main")
    made.put("live/alt")
    yield made
    made.everywhere(f"rm -rf {FOLDER}")


@pytest.fixture(scope="module")
def strongbox(volume: Volume, make_stack: MakeStack) -> t.Iterator[Stack]:
    rule = {"source_port": PORT, "service": "kiosk/web", "target_port": 8080, "protocol": "https"}
    stack = make_stack("strongbox").define(
        gate={
            "image": "rancher/lb-service-haproxy",
            "ports": [f"{PORT}:{PORT}"],
            "volumes": [f"{FOLDER}:/certs"],
            "labels": {
                f"{LABELS}.cert_dir": "/certs/live",
                f"{LABELS}.default_cert_dir": "/certs/main",
            },
            "lb_config": {"port_rules": [rule]},
        }
    )
    with stack.lasting():
        yield stack


@pytest.fixture(scope="module")
def gate(hosts: dict[str, Host], strongbox: Stack) -> Balancer:
    (found,) = balancers(hosts, "strongbox", "gate")
    return found


def is_served(volume: Volume, gate: Balancer, name: str) -> bool:
    """Whether NAME.example is answered with its own latest certificate."""
    context = trusting(volume.known[name])
    try:
        reply = get(gate.host.address, PORT, host=f"{name}.example", tls=context)
    except ssl.SSLError:
        return False
    return reply.status == 200


def test_certificates_in_a_volume_are_followed(
    volume: Volume, strongbox: Stack, gate: Balancer
) -> None:
    """Behaviour 79 test_lb_ssl_with_default_cert_add, _edit, _delete (volume)."""
    eventually(lambda: is_served(volume, gate, "main") and is_served(volume, gate, "alt"))
    volume.put("live/third")
    volume.put("main")
    strongbox.reconcile()
    assert is_served(volume, gate, "third")
    assert is_served(volume, gate, "main")
    volume.everywhere(f"rm -r {FOLDER}/live/third")
    strongbox.reconcile()
    assert not is_served(volume, gate, "third")
    assert is_served(volume, gate, "alt")
    assert gate.life[:2] == gate.container.life
