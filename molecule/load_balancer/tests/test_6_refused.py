# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes nothing: a second run, a dry run, and definitions that are wrong. The load balancers serve on."""

from __future__ import annotations

import json
import typing as t

import pytest

from ...shared.balancers import Balancer
from ...shared.certificates import break_pair, make_certificate
from ...shared.control import Control
from ...shared.health import settled
from ...shared.hosts import Host
from ...shared.load import Load
from ...shared.runs import Run
from ...shared.stacks import Stack
from .kiosk import LB, PORT, RULE, with_config, with_rule

Hosts = dict[str, Host]
Json = dict[str, t.Any]


def own(number: int, **keys: t.Any) -> Json:
    """A good rule of a port of its own."""
    return {**RULE, "source_port": 19000 + number, **keys}


def config(text: str) -> t.Callable[[int], Json]:
    return lambda number: {"port_rules": [own(number)], "config": text}


def one_rule(**keys: t.Any) -> t.Callable[[int], Json]:
    return lambda number: {"port_rules": [own(number, **keys)]}


# What is wrong -> lb_config, the key that is named and a part of what is said.
BROKEN: dict[str, tuple[t.Callable[[int], Json], str, str]] = {
    "unknown-target": (one_rule(service="wbe"), "port_rules.0.service", 'did you mean "web"?'),
    "port-42": (one_rule(source_port=42), "port_rules.0.source_port", "own health check"),
    "port-of-metrics": (one_rule(source_port=8404), "port_rules.0.source_port", "metrics"),
    "two-protocols": (
        lambda number: {"port_rules": [own(number), own(number, path="/x", protocol="tcp")]},
        "port_rules.1.protocol",
        "one port has one protocol",
    ),
    "udp": (one_rule(protocol="udp"), "port_rules.0.protocol", "does not balance UDP"),
    "no-certificate": (one_rule(protocol="https"), "port_rules.0.protocol", "needs a certificate"),
    "unknown-certificate": (
        lambda number: {"port_rules": [own(number, protocol="https")], "certs": ["nothing"]},
        "certs.0",
        'no certificate "nothing"',
    ),
    "wrong-pair": (
        lambda number: {"port_rules": [own(number, protocol="https")], "certs": ["pair"]},
        "certs.0",
        "key",
    ),
    "expired": (
        lambda number: {"port_rules": [own(number, protocol="https")], "certs": ["old"]},
        "certs.0",
        "expired",
    ),
    "line-in-host": (
        one_rule(hostname="a.b\n  use_backend x"),
        "port_rules.0.hostname",
        "a line break",
    ),
    "words-in-path": (one_rule(path="/a } use_backend x"), "port_rules.0.path", "write other"),
    "words-in-backend": (one_rule(backend_name="a b"), "port_rules.0.backend_name", "letters"),
    "cookie": (
        lambda number: {
            "port_rules": [own(number)],
            "stickiness_policy": {"cookie": "a\nserver x"},
        },
        "stickiness_policy.cookie",
        "a line break",
    ),
    "socket": (config("global\n stats socket *:9999 level admin"), "config", "collection's own"),
    "foreign-port": (config("listen x\n bind *:42"), "config", "own health check"),
}


def test_second_run_changes_nothing(kiosk: Stack, fronts: list[Balancer]) -> None:
    """Must show 4: same processes, no reload."""
    with_rule(kiosk, 0).up()
    settled(kiosk.control, stack="kiosk")
    before = [front.life for front in fronts]
    assert kiosk.up().quiet
    assert [front.life for front in fronts] == before


def test_dry_run_shows_the_operations_and_the_diff(kiosk: Stack, fronts: list[Balancer]) -> None:
    """Must show 4: a change of rules is one operation for each load balancer; the config's diff is shown once."""
    before = [(front.life, front.config()) for front in fronts]
    run = with_rule(kiosk, 7).up_by_playbook("--check", "--diff")
    names = {front.container.name for front in fronts}
    assert {line.split("  ")[2] for line in run.planned if "  balancer  " in line} == names
    assert run.output.count("+++ after: haproxy.cfg of kiosk/lb on ") == 1, run.output
    added = [line for line in run.output.splitlines() if line.startswith("+  ")]
    assert any("shop7.example" in line for line in added), run.output
    assert not any(line.startswith("-  ") for line in run.output.splitlines()), run.output
    assert [(front.life, front.config()) for front in fronts] == before


def test_module_shows_the_diff_of_the_config(control: Control, hosts: Hosts) -> None:
    """Must show 4: where a load balancer is kept by the module alone, --check --diff shows its config."""
    host = next(iter(hosts))
    server = {"name": "one", "address": "192.0.2.1", "port": 80}

    def run(weight: int, *options: str) -> Run:
        backend = {"name": "web", "servers": [{**server, "weight": weight}]}
        arguments = {
            "directory": "/run/drover-diff",
            "image": "registry.lab:5000/drover-demo/haproxy:3.0",
            "frontends": [{"port": 80, "default_backend": "web"}],
            "backends": [backend],
        }
        words = ["ansible", "-i", str(control.inventory), host, "-m"]
        words += ["drover.docker.haproxy_balancer", "-a", json.dumps(arguments)]
        return control.command([*words, *options])

    try:
        assert "CHANGED" in run(1).output
        diff = run(7, "--check", "--diff").output
        assert "SUCCESS" in run(1).output, "check mode changed something"
    finally:
        hosts[host].run("rm -rf /run/drover-diff")
    lines = [line for line in diff.splitlines() if line.startswith(("-", "+"))]
    assert any(line.startswith("+") and line.endswith("weight 7") for line in lines), diff


@pytest.fixture(scope="module")
def refused(hosts: Hosts, kiosk: Stack, fronts: list[Balancer]) -> Run:
    """All of them at once, under load."""
    certs = kiosk.folder / "certs"
    make_certificate(certs, "pair", "pair.example")
    break_pair(certs, "pair")
    make_certificate(certs, "old", "old.example", days=-1)
    broken = {
        name: {
            "image": LB["image"],
            "ports": [],
            "lb_config": lb_config(number),
        }
        for number, (name, (lb_config, _key, _words)) in enumerate(BROKEN.items(), start=1)
    }
    # Beside them one that wants the port of the first.
    broken["port-clash"] = {**LB, "lb_config": {"port_rules": [RULE]}}
    before = [front.life for front in fronts]
    records = [host.record("kiosk") for host in hosts.values()]
    with Load([host.address for host in hosts.values()], PORT) as load:
        load.flows()
        with_config(kiosk, {"port_rules": [RULE]}, **broken)
        run = kiosk.control.run("up", fails=True, stack_dir=kiosk.folder)
        load.flows()
    assert load.failures() == []
    assert [front.life for front in fronts] == before
    assert [host.record("kiosk") for host in hosts.values()] == records
    return run


@pytest.mark.parametrize("name", BROKEN)
def test_broken_input_is_refused_before_anything(refused: Run, name: str) -> None:
    """Must show 6: the message names service, rule and key."""
    _config, key, words = BROKEN[name]
    found = [
        line
        for line in refused.told("error")
        if f'service "{name}": key "lb_config.{key}"' in line and words in line
    ]
    assert found, refused.errors


def test_clash_of_ports_is_refused(refused: Run) -> None:
    """Must show 6."""
    assert f'service "port-clash": key "ports": host port {PORT} is published' in refused.errors


def test_typo_that_only_haproxy_sees(hosts: Hosts, kiosk: Stack, fronts: list[Balancer]) -> None:
    """Must show 6: validated in the very image before it is recorded; nothing changes, and a good one is applied."""
    before = [(front.life, front.config()) for front in fronts]
    records = [host.record("kiosk")["version"] for host in hosts.values()]
    with Load([host.address for host in hosts.values()], PORT) as load:
        load.flows()
        typo = {"port_rules": [RULE], "config": "frontend 18080\n  http-requst deny\n"}
        with_config(kiosk, typo)
        run = kiosk.control.run("up", fails=True, stack_dir=kiosk.folder)
        load.flows()
    (line,) = run.told("error")
    assert "kiosk/lb: HAProxy rejects the key config: parsing [haproxy.cfg:" in line
    assert ": http-requst deny]" in line
    assert line.endswith("nothing was recorded, nothing was changed")
    assert [host.record("kiosk")["version"] for host in hosts.values()] == records
    assert [(front.life, front.config()) for front in fronts] == before
    assert kiosk.reconcile().code == 0
    assert load.failures() == []
    with_rule(kiosk, 0).up()
    settled(kiosk.control, stack="kiosk")
