# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""External services and aliases: services without members."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.tests.unit.shared.balancer_files import PLAIN, RANCHER
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import COMPOSE, load, refused

NOT_RUN = "is not run by this release"
WEB = "web: {image: a}\n"


def files(compose: str, rancher: str = "") -> dict[str, str]:
    return {COMPOSE: WEB + compose, RANCHER: rancher}


def service(folder: pathlib.Path, compose: str, rancher: str = "") -> dict[str, t.Any]:
    """The canonical service "out"."""
    definition, warnings = load(folder, files(compose, rancher))
    assert warnings == []
    return t.cast("dict[str, t.Any]", definition["services"]["out"])


# compose file, rancher file -> addresses, host name
EXTERNAL: list[tuple[str, str, list[str], str]] = [
    (
        "out: {image: rancher/external-service}",
        "out: {external_ips: [10.0.0.1, 10.0.0.2, 10.0.0.1]}",
        ["10.0.0.1", "10.0.0.2"],
        "",
    ),
    (
        "out: {image: rancher/external-service:latest}",
        "out: {hostname: DB.Example}",
        [],
        "db.example",
    ),
    ("out: {external_ips: ['fd00::1']}", "", ["fd00::1"], ""),
    ("out: {external_ips: 10.0.0.1, image: rancher/external-service}", "", ["10.0.0.1"], ""),
    ("out: {image: rancher/external-service}", "out: {external_ips: [], hostname: a.b}", [], "a.b"),
]


@pytest.mark.parametrize(("compose", "rancher", "addresses", "hostname"), EXTERNAL)
def test_behaviour_73_an_external_service(
    tmp_path: pathlib.Path, compose: str, rancher: str, addresses: list[str], hostname: str
) -> None:
    found = service(tmp_path, compose, rancher)
    assert found["external"] == {"addresses": addresses, "hostname": hostname}
    assert (found["kind"], found["image"], found["scale"]) == ("external", "", 0)
    assert (found["container"], found["alias_of"], found["balancer"]) == ({}, [], None)


def test_an_external_service_is_checked_and_picked_like_others(tmp_path: pathlib.Path) -> None:
    rancher = (
        "out: {external_ips: [10.0.0.1], health_check: {port: 80}, "
        "lb_config: {port_rules: [{target_port: 80, hostname: a.b}]}}"
    )
    compose = "out: {image: rancher/external-service, labels: {tier: front}}"
    found = service(tmp_path, compose, rancher)
    assert found["health_check"]["port"] == 80
    assert found["target_rules"][0]["hostname"] == "a.b"
    assert found["container"] == {"labels": {"tier": "front"}}


def test_a_hostname_of_the_compose_file_is_that_of_containers(tmp_path: pathlib.Path) -> None:
    found = service(tmp_path, "out: {image: a, hostname: box}")
    assert (found["kind"], found["container"]) == ("container", {"hostname": "box"})


@pytest.mark.parametrize(
    ("compose", "rancher", "warning"),
    [
        ("out: {image: nginx}", "out: {hostname: a.b}", '"nginx" is not run'),
        ("out: {external_ips: [10.0.0.1], ports: [80]}", "", 'key "ports": has no effect'),
        ("out: {external_ips: [10.0.0.1], links: [web]}", "", 'key "links": has no effect'),
        ("out: {image: rancher/dns-service, links: [web], ports: [80]}", "", 'key "ports": has'),
    ],
)
def test_what_has_no_effect_is_said(
    tmp_path: pathlib.Path, compose: str, rancher: str, warning: str
) -> None:
    _definition, (said,) = load(tmp_path, files(compose, rancher))
    assert warning in said


ALIAS = "image: rancher/dns-service"
# links of an alias -> the services that it stands for
ALIASES: list[tuple[str, list[str]]] = [
    ("links: [web]", ["shop/web"]),
    ("links: ['web:front', 'web:back']", ["shop/web"]),
    ("links: {web: front}", ["shop/web"]),
    ("links: [web], external_links: [Other/db, 'x/y:z']", ["shop/web", "other/db", "x/y"]),
]


@pytest.mark.parametrize(("links", "expected"), ALIASES)
def test_an_alias_stands_for_its_links(
    tmp_path: pathlib.Path, links: str, expected: list[str]
) -> None:
    found = service(tmp_path, f"out: {{{ALIAS}, {links}}}")
    assert (found["kind"], found["alias_of"], found["links"]) == ("alias", expected, [])
    assert (found["image"], found["scale"], found["external"]) == ("", 0, None)


@pytest.mark.parametrize("target", ["out", "shop/out"])
@pytest.mark.parametrize("kind", [f"{ALIAS}, links: [web]", "external_ips: [10.0.0.1]"])
def test_either_may_be_behind_a_load_balancer(
    tmp_path: pathlib.Path, target: str, kind: str
) -> None:
    rule = PLAIN.replace("service: web", f"service: {target}")
    lb = f"lb: {{image: haproxy, lb_config: {{port_rules: [{{{rule}}}]}}}}\n"
    definition, warnings = load(tmp_path, files(f"out: {{{kind}}}\n{lb}"))
    (found,) = definition["services"]["lb"]["balancer"]["rules"]
    assert (found["service"], warnings) == ("shop/out", [])


def test_either_may_be_behind_one_of_the_first_format(tmp_path: pathlib.Path) -> None:
    lb = "lb: {image: rancher/load-balancer-service, ports: [80], links: [out, dns]}\n"
    compose = f"out: {{external_ips: [10.0.0.1]}}\ndns: {{{ALIAS}, links: [web]}}\n{lb}"
    definition, warnings = load(tmp_path, files(compose))
    rules = definition["services"]["lb"]["balancer"]["rules"]
    assert ([rule["service"] for rule in rules], warnings) == (["shop/out", "shop/dns"], [])


# compose file, rancher file -> key of the problem, part of its message
BAD: list[tuple[str, str, str, str]] = [
    ("out: {image: rancher/external-service}", "", "image", "write external_ips, or hostname"),
    ("out: {external_ips: [db.example]}", "", "external_ips.0", "an IP address"),
    ("out: {external_ips: ['10.0.0.1:80']}", "", "external_ips.0", "an IP address"),
    ("out: {external_ips: [0.0.0.0]}", "", "external_ips.0", "of one server"),
    ("out: {external_ips: [224.0.0.1]}", "", "external_ips.0", "of one server"),
    ("out: {external_ips: {a: b}}", "", "external_ips", "must be a list"),
    (
        "out: {image: rancher/external-service}",
        "out: {external_ips: [10.0.0.1], hostname: a.b}",
        "external_ips",
        "keep one of the two",
    ),
    ("out: {image: a}", "out: {hostname: 'a b'}", "hostname", "a host name"),
    ("out: {image: a}", 'out: {hostname: "a\\nb"}', "hostname", "a line break"),
    ("out: {image: a}", "out: {hostname: [a]}", "hostname", "not a list"),
    (
        f"out: {{external_ips: [10.0.0.1], lb_config: {{port_rules: [{{{PLAIN}}}]}}}}",
        "",
        "lb_config",
        "no load balancer",
    ),
    (f"out: {{{ALIAS}}}", "", "links", "an alias needs the services"),
    (f"out: {{{ALIAS}, links: [out]}}", "", "links.0", "this very service"),
    (f"out: {{{ALIAS}, links: [wbe]}}", "", "links.0", 'did you mean "web"?'),
    (f"out: {{{ALIAS}, links: [b]}}\nb: {{{ALIAS}, links: [out]}}", "", "links", "a circle"),
    ("out: {image: a, links: [b]}\nb: {external_ips: [10.0.0.1]}", "", "links", NOT_RUN),
    (f"out: {{image: a, links: ['b:c']}}\nb: {{{ALIAS}, links: [web]}}", "", "links", NOT_RUN),
]


@pytest.mark.parametrize(("compose", "rancher", "key", "message"), BAD)
def test_what_is_wrong_is_refused_with_its_place(
    tmp_path: pathlib.Path, compose: str, rancher: str, key: str, message: str
) -> None:
    problems = refused(tmp_path, files(compose, rancher))
    assert [(one.service, one.key) for one in problems] == [("out", key)], [
        str(one) for one in problems
    ]
    assert message in problems[0].message
    if rancher:
        assert problems[0].file == RANCHER
