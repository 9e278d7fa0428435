# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates from the control node's folder and from the stack's own, and what is served of them."""

from __future__ import annotations

import pathlib
import ssl
import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.balancers import Balancer, Reply, balancers, get
from ...shared.certificates import make_certificate, trusting
from ...shared.hosts import Host
from ...shared.stacks import Stack
from ...shared.waiting import eventually
from .kiosk import PAIR

HTTPS, SNI, TLS, TCP = 18091, 18092, 18093, 18094
OUTER_IMAGE = {"image": "rancher/lb-service-haproxy"}


def rule(
    port: int, protocol: str, service: str, target_port: int, **keys: t.Any
) -> dict[str, t.Any]:
    given = {"source_port": port, "protocol": protocol, "service": service}
    return {**given, "target_port": target_port, **keys}


class Strongbox:
    """A load balancer with certificates, and one before it that decrypts nothing."""

    def __init__(self, stack: Stack, folder: pathlib.Path) -> None:
        self.stack = stack
        self.folder = folder
        self.known: dict[str, str] = {}

    def make(self, name: str) -> None:
        """A new certificate for NAME.example; C(alt) is in the stack's own folder, all else in the control node's."""
        folder = self.stack.folder / "certs" if name == "alt" else self.folder
        self.known[name] = make_certificate(folder, name, f"{name}.example")

    def up(self, default: str, *certs: str, fails: bool = False) -> t.Any:
        """With this default certificate, or none, and these others."""
        rules = [rule(HTTPS, "https", "kiosk/web", 8080), rule(TLS, "tls", "kiosk/web", 8080)]
        named = {"certs": list(certs), **({"default_cert": default} if default else {})}
        through = [
            rule(SNI, "sni", "gate", HTTPS, hostname="alt.example"),
            rule(TCP, "tcp", "gate", HTTPS),
        ]
        self.stack.define(
            gate={
                **OUTER_IMAGE,
                "ports": [f"{HTTPS}:{HTTPS}", f"{TLS}:{TLS}"],
                "lb_config": {"port_rules": rules, **named},
            },
            outer={
                **OUTER_IMAGE,
                "ports": [f"{SNI}:{SNI}", f"{TCP}:{TCP}"],
                "lb_config": {"port_rules": through},
            },
        )
        return self.stack.control.run(
            "up", fails=fails, stack_dir=self.stack.folder, drover_certificates_dir=self.folder
        )


@pytest.fixture(scope="module")
def box(make_stack: MakeStack, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Strongbox]:
    made = Strongbox(make_stack("strongbox"), tmp_path_factory.mktemp("certificates"))
    for name in ("main", "alt", "third"):
        made.make(name)
    try:
        made.up("main", "alt")
        yield made
    finally:
        made.stack.down()


@pytest.fixture(scope="module")
def gate(hosts: dict[str, Host], box: Strongbox) -> Balancer:
    (found,) = balancers(hosts, "strongbox", "gate")
    return found


@pytest.fixture(scope="module")
def outer(hosts: dict[str, Host], box: Strongbox) -> Balancer:
    (found,) = balancers(hosts, "strongbox", "outer")
    return found


def ask(box: Strongbox, front: Balancer, port: int, name: str, trusted: str) -> Reply:
    """One request for NAME.example by a client that trusts one certificate only."""
    context = trusting(box.known[trusted])
    return get(front.host.address, port, host=f"{name}.example", tls=context)


def is_served(box: Strongbox, front: Balancer, port: int, name: str) -> bool:
    try:
        reply = ask(box, front, port, name, name)
    except ssl.SSLError:
        return False
    return reply.names == (f"{name}.example",) and reply.member in PAIR


def test_default_certificate(box: Strongbox, gate: Balancer) -> None:
    """Behaviour 75 test_lb_ssl_with_default_cert: the right name is good; another one is an error in the client."""
    eventually(lambda: is_served(box, gate, HTTPS, "main"))
    with pytest.raises(ssl.SSLCertVerificationError, match="match"):
        ask(box, gate, HTTPS, "other", "main")


def test_name_picks_the_certificate(box: Strongbox, gate: Balancer) -> None:
    """Behaviour 78 test_lb_ssl_multiple_certs, test_lb_tls."""
    assert is_served(box, gate, HTTPS, "alt")
    assert is_served(box, gate, TLS, "alt")


def test_passed_on_undecrypted(box: Strongbox, outer: Balancer) -> None:
    """Behaviour 78 test_lb_sni, test_lb_tcp_ssl_pass_through: the certificate is that of the load balancer behind."""
    eventually(lambda: is_served(box, outer, SNI, "alt"))
    eventually(lambda: is_served(box, outer, TCP, "main"))
    with pytest.raises(OSError, match=r"(?i)eof|reset"):
        ask(box, outer, SNI, "main", "main")


def test_renewed_certificate(box: Strongbox, gate: Balancer) -> None:
    """Behaviour 76 test_lb_ssl_edit_cert: without a reload."""
    before = gate.life
    box.make("main")
    box.up("main", "alt")
    assert is_served(box, gate, HTTPS, "main")
    assert gate.life == before


def test_added_and_swapped_certificates(box: Strongbox, gate: Balancer) -> None:
    """Behaviour 76 test_lb_ssl_edit_add_cert, _swap_default_and_alternate_cert: the container stays."""
    box.up("alt", "main", "third")
    assert is_served(box, gate, HTTPS, "third")
    with pytest.raises(ssl.SSLCertVerificationError, match="match"):
        ask(box, gate, HTTPS, "other", "alt")
    assert is_served(box, gate, HTTPS, "main")


def test_removed_certificate_and_default(box: Strongbox, gate: Balancer) -> None:
    """Behaviour 76 test_lb_ssl_edit_remove_cert, _add_cert_without_setting_default_cert: without a default, other
    names are refused by the load balancer.
    """
    before = gate.container.life
    box.up("", "main", "alt")
    assert is_served(box, gate, HTTPS, "alt")
    with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
        ask(box, gate, HTTPS, "third", "third")
    assert gate.life[:2] == before


def test_certificate_in_use_is_deleted(box: Strongbox, gate: Balancer) -> None:
    """Behaviour 77 test_lb_ssl_delete_cert: it is in the record, so it is served; the next up is refused until the
    load balancer does not name it any more.
    """
    (box.folder / "main.pem").unlink()
    run = box.up("", "main", "alt", fails=True)
    assert 'service "gate": key "lb_config.certs.0"' in run.output
    assert 'no certificate "main"' in run.output
    assert box.stack.reconcile().quiet
    assert is_served(box, gate, HTTPS, "main")
    box.up("", "alt")
    with pytest.raises(ssl.SSLError):
        ask(box, gate, HTTPS, "main", "main")
    assert is_served(box, gate, HTTPS, "alt")
