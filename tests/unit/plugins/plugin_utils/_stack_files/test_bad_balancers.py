# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad load balancers: each is refused with file, service, rule and key, and what to do."""

from __future__ import annotations

import pathlib

import pytest
from ansible_collections.drover.docker.tests.unit.shared.balancer_files import (
    PLAIN,
    RANCHER,
    two_files,
    with_rules,
)
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import COMPOSE, refused

NOT_RUN = "is not run by this release"
NO_PORTS = "target_port: 80, service: web"

# keys of the second one of two rules -> key of the problem, part of its message
BAD_RULES = [
    # ports
    (NO_PORTS, "source_port", "is missing; write a port"),
    (f"source_port: '', {NO_PORTS}", "source_port", "is missing; is a variable not set?"),
    (f"source_port: 0, {NO_PORTS}", "source_port", "is missing"),
    (f"source_port: 42, {NO_PORTS}", "source_port", "own health check; choose another one"),
    (f"source_port: '8404', {NO_PORTS}", "source_port", "metrics; choose another one"),
    (f"source_port: 70000, {NO_PORTS}", "source_port", "from 1 to 65535"),
    (f"source_port: http, {NO_PORTS}", "source_port", "a whole number"),
    (f"source_port: [81], {NO_PORTS}", "source_port", "not a list"),
    ("source_port: 81, service: web", "target_port", "is missing: write the port of the service"),
    ("source_port: 81, service: web, target_port: ''", "target_port", "is a variable not set?"),
    ("source_port: 81, service: web, target_port: 65536", "target_port", "from 1 to 65535"),
    # targets
    ("source_port: 81, target_port: 80", "service", 'write "service" or "selector"'),
    ("source_port: 81, target_port: 80, service: ''", "service", "is a variable not set?"),
    (
        "source_port: 81, target_port: 80, service: web, selector: a=b",
        "selector",
        "keep one of the two",
    ),
    (
        "source_port: 81, target_port: 80, service: wbe",
        "service",
        'the stack has no service "wbe"; did you mean "web"?',
    ),
    ("source_port: 81, target_port: 80, service: shop/nothing", "service", "has no service"),
    ("source_port: 81, target_port: 80, service: lb", "service", "this very load balancer"),
    ("source_port: 81, target_port: 80, service: a/b/c", "service", "there are no environments"),
    ("source_port: 81, target_port: 80, service: 'web api'", "service", '"stack/service"'),
    ("source_port: 81, target_port: 80, service: [web]", "service", "must be text, not a list"),
    ("source_port: 81, selector: 'a in b'", "selector", "a selector such as"),
    ("source_port: 81, selector: 'a='", "selector", "a selector such as"),
    ("source_port: 81, selector: 'a in (b,,c)'", "selector", "a selector such as"),
    ("source_port: 81, selector: 'a,,b'", "selector", "a selector such as"),
    (f"{PLAIN}, path: /x, container: box", "container", NOT_RUN),
    (f"{PLAIN}, path: /x, region: eu", "region", NOT_RUN),
    (f"{PLAIN}, path: /x, environment: prod", "environment", NOT_RUN),
    # protocols
    (f"{PLAIN}, hostname: a.b, protocol: sni", "protocol", "has the protocol http already"),
    (f"{PLAIN}, protocol: tcp", "protocol", "one port has one protocol"),
    (f"{PLAIN}, path: /x, protocol: udp", "protocol", "does not balance UDP"),
    (f"{PLAIN}, path: /x, protocol: ws", "protocol", "WebSockets pass with http"),
    (f"{PLAIN}, path: /x, protocol: ssl", "protocol", "write https, or tls"),
    (f"{PLAIN}, path: /x, protocol: htpp", "protocol", 'did you mean "http"?'),
    # host names
    (f"{PLAIN}, hostname: '*'", "hostname", "a wildcard is the first or the last part"),
    (f"{PLAIN}, hostname: '*shop.example'", "hostname", "*.shop.example or shop.*"),
    (f"{PLAIN}, hostname: 'a.*.b'", "hostname", "*.shop.example or shop.*"),
    (f"{PLAIN}, hostname: '*.shop.*'", "hostname", "*.shop.example or shop.*"),
    (f"{PLAIN}, hostname: '*.'", "hostname", "a host name such as"),
    (f"{PLAIN}, hostname: 'shop.example:8080'", "hostname", "source_port says it"),
    (f"{PLAIN}, hostname: 'http://shop.example'", "hostname", "a host name such as"),
    (f"{PLAIN}, hostname: shop.example/x", "hostname", "a host name such as"),
    (f"{PLAIN}, hostname: {'a' * 64}.b", "hostname", "a host name such as"),
    (f"{PLAIN}, hostname: {'a.' * 127}b", "hostname", "a host name such as"),
    (f"{PLAIN}, hostname: müller.example", "hostname", "a host name such as"),
    # attempts to write a line of one's own
    (f'{PLAIN}, hostname: "a.b\\n  use_backend x"', "hostname", "a line break"),
    (f"{PLAIN}, hostname: 'a.b -m found'", "hostname", "a host name such as"),
    (f"{PLAIN}, hostname: 'a.b#'", "hostname", "a host name such as"),
    (f"{PLAIN}, hostname: 'a.\"b\"'", "hostname", "a host name such as"),
    (f'{PLAIN}, path: "/a\\r\\n"', "path", "a line break"),
    (f"{PLAIN}, path: '/a b'", "path", "write other characters as %XX"),
    (f"{PLAIN}, path: '/a#b'", "path", "write other characters as %XX"),
    (f"{PLAIN}, path: '/a\"b'", "path", "write other characters as %XX"),
    (f"{PLAIN}, path: '/a\\b'", "path", "write other characters as %XX"),
    (f'{PLAIN}, path: "/a\'b"', "path", "write other characters as %XX"),
    (f"{PLAIN}, path: '/a?b=c'", "path", "is no part of the path"),
    (f"{PLAIN}, path: a", "path", "a path begins with /"),
    (f"{PLAIN}, path: /{'a' * 1024}", "path", "a path holds"),
    (f'{PLAIN}, path: /x, backend_name: "a\\nb"', "backend_name", "a line break"),
    (f"{PLAIN}, path: /x, backend_name: 'a b'", "backend_name", "letters, digits and _.:-"),
    (f"{PLAIN}, path: /x, backend_name: 'a#'", "backend_name", "letters, digits and _.:-"),
    (f"{PLAIN}, path: /x, backend_name: defaults", "backend_name", "begins a section"),
    (f"{PLAIN}, path: /x, backend_name: Listen", "backend_name", "begins a section"),
    (f"{PLAIN}, path: /x, backend_name: metrics", "backend_name", "the collection's own"),
    # numbers
    (f"{PLAIN}, path: /x, weight: 257", "weight", "from 0 to 256"),
    (f"{PLAIN}, path: /x, weight: -1", "weight", "from 0 to 256"),
    (f"{PLAIN}, path: /x, priority: -1", "priority", "from 0 to"),
    (f"{PLAIN}, path: /x, priority: first", "priority", "a whole number"),
    # misspelt
    (f"{PLAIN}, path: /x, host: a.b", "host", 'did you mean "hostname"?'),
    (f"{PLAIN}, path: /x, sourcePort: 81", "sourcePort", 'did you mean "source_port"?'),
]


@pytest.mark.parametrize(("rule", "key", "message"), BAD_RULES)
def test_a_bad_rule_is_refused_with_its_place(
    tmp_path: pathlib.Path, rule: str, key: str, message: str
) -> None:
    problems = refused(tmp_path, with_rules(PLAIN, rule))
    assert [(one.file, one.service, one.key) for one in problems] == [
        (RANCHER, "lb", f"lb_config.port_rules.1.{key}")
    ], [str(one) for one in problems]
    assert message in problems[0].message


# what is in lb_config beside a good rule -> key of the problem, part of its message
BAD_BLOCKS = [
    ("port_rule: []", "port_rule", 'did you mean "port_rules"?'),
    ("name: x", "name", "unknown key"),
    ("certs: [nothing]", "certs.0", 'no certificate "nothing" in certs and drover_certificates'),
    ("default_cert: nothing", "default_cert", "there is no certificate"),
    ("certs: ['../etc/x']", "certs.0", "letters, digits and _.- only"),
    ("certs: [[a]]", "certs.0", "must be text"),
    ("stickiness_policy: [a]", "stickiness_policy", "must be a map"),
    ("stickiness_policy: {cokie: a}", "stickiness_policy.cokie", 'did you mean "cookie"?'),
    ("stickiness_policy: {cookie: 'a b'}", "stickiness_policy.cookie", "letters, digits"),
    ('stickiness_policy: {cookie: "a\\nb"}', "stickiness_policy.cookie", "a line break"),
    ("stickiness_policy: {cookie: 'a#'}", "stickiness_policy.cookie", "letters, digits"),
    ("stickiness_policy: {cookie: a, domain: 'a b'}", "stickiness_policy.domain", "a domain"),
    ("stickiness_policy: {cookie: a, mode: passive}", "stickiness_policy.mode", '"insert"'),
    ("stickiness_policy: {indirect: maybe}", "stickiness_policy.indirect", "true or false"),
    (
        "stickiness_policy: {mode: rewrite, indirect: true}",
        "stickiness_policy.indirect",
        "not possible with the mode rewrite",
    ),
    # the custom config
    ("config: [a]", "config", "text in the language of haproxy.cfg"),
    ('config: "global\\0"', "config", "NUL"),
    ("config: maxconn 5", "config", 'line 1: "maxconn" stands before any section'),
    ('config: "frontend 80\\n bind *:80 ssl"', "config", "can't be set, as in Rancher"),
    ('config: "defaults\\n bind *:80"', "config", "can't be set, as in Rancher"),
    ("config: \"frontend 80\\n 'bind' *:81\"", "config", "can't be set, as in Rancher"),
    ('config: "frontend 81\\n maxconn 5"', "config", "no rule has the source_port 81"),
    ('config: "listen x\\n bind *:42"', "config", "own health check"),
    ('config: "listen x\\n bind :8000-9000"', "config", "metrics"),
    ('config: "listen x\\n bind *:79,*:80"', "config", "port 80 is that of a rule already"),
    ('config: "backend x\\n accept-proxy"', "config", "frontend <source_port> only"),
    ('config: "global\\n chroot /var"', "config", "no privileges"),
    ('config: "global\\n stats socket *:9999 level admin"', "config", "the collection's own"),
    ('config: "defaults\\n load-server-state-from-file none"', "config", "can't be set"),
    ('config: "global\\n description x"', "config", "it marks which config is loaded"),
    ('config: "frontend metrics\\n maxconn 1"', "config", "a name of the collection's own"),
    ('config: "program x\\n command rm"', "config", "programs are not run"),
]


@pytest.mark.parametrize(("block", "key", "message"), BAD_BLOCKS)
def test_a_bad_lb_config_is_refused_with_its_place(
    tmp_path: pathlib.Path, block: str, key: str, message: str
) -> None:
    tls = key.startswith(("certs", "default_cert"))
    rule = PLAIN + (", protocol: https" if tls else "")
    problems = refused(tmp_path, two_files(f"port_rules:\n- {{{rule}}}\n{block}"))
    assert (RANCHER, "lb", f"lb_config.{key}") in {
        (one.file, one.service, one.key) for one in problems
    }, [str(one) for one in problems]
    assert any(message in one.message for one in problems), [str(one) for one in problems]


# keys of the load balancer in the compose file -> key of the problem, part of its message
BAD_KEYS = [
    ("ports: ['8080:80', '443:443']", "ports", "no rule has the source_port 443"),
    ("ports: ['80:8080']", "ports", "has the source_port 8080, to which 80 leads; write 80:80"),
    ("ports: ['80:80/udp']", "ports", "HAProxy balances TCP only"),
    ("ports: ['127.0.0.1:80:80', 80]", "ports", "published twice"),
    ("network_mode: host", "network_mode", NOT_RUN),
    ("volumes: ['/x:/run/haproxy']", "volumes", "is the load balancer's own"),
    ("tmpfs: /usr/local/etc/haproxy/certs", "volumes", "is the load balancer's own"),
    ("lb_config: 5", "lb_config", "must be a map, not a number"),
    (
        "labels: {io.rancher.lb_service.target: local}",
        "labels.io.rancher.lb_service.target",
        "must be any, prefer-local, only-local",
    ),
    (
        "labels: {io.rancher.lb_service.cert_dir: certs}",
        "labels.io.rancher.lb_service.cert_dir",
        "a path in the container",
    ),
    (
        "labels: {io.rancher.lb_service.cert_dir: /certs}\n    volumes: ['/c:/certificates']",
        "labels.io.rancher.lb_service.cert_dir",
        "no volume is mounted at /certs",
    ),
    (
        "labels: {io.rancher.lb_service.default_cert_dir: /certs}\n    volumes: ['/c:/certs']",
        "labels.io.rancher.lb_service.default_cert_dir",
        "needs io.rancher.lb_service.cert_dir beside it",
    ),
    (
        "labels: {io.rancher.lb_service.cert_dir: /certs/../x}",
        "labels.io.rancher.lb_service.cert_dir",
        "a path in the container",
    ),
    (
        "labels: {io.rancher.lb_service.skip_target_lb_rules: 'true'}",
        "labels.io.rancher.lb_service.skip_target_lb_rules",
        NOT_RUN,
    ),
    (
        "labels: {io.rancher.service.selector.container: a=b}",
        "labels.io.rancher.service.selector.container",
        NOT_RUN,
    ),
    ("drain_timeout_ms: -1", "drain_timeout_ms", "from 0 to 86400000"),
    ("drain_timeout_ms: soon", "drain_timeout_ms", "a whole number"),
    ("load_balancer_config: {haproxy: {}}", "load_balancer_config.haproxy", "unknown key"),
]


@pytest.mark.parametrize(("keys", "key", "message"), BAD_KEYS)
def test_a_bad_key_of_a_load_balancer_is_refused(
    tmp_path: pathlib.Path, keys: str, key: str, message: str
) -> None:
    files = two_files(f"port_rules:\n- {{{PLAIN}}}", f"    {keys}\n")
    if keys.startswith("lb_config"):
        files[RANCHER] = ""
    problems = refused(tmp_path, files)
    matching = [one for one in problems if one.key == key and message in one.message]
    assert matching, [str(one) for one in problems]
    assert {one.service for one in problems} == {"lb"}


def test_one_name_is_not_given_to_two_backends(tmp_path: pathlib.Path) -> None:
    other = f"{PLAIN}, path: /x, backend_name: mine"
    (problem,) = refused(tmp_path, with_rules(f"{PLAIN}, backend_name: mine", other))
    assert problem.key == "lb_config.port_rules.1.backend_name"
    assert '"mine" is the backend of lb_config.port_rules.0' in problem.message


@pytest.mark.parametrize("protocol", ["https", "tls"])
def test_decrypting_needs_a_certificate(tmp_path: pathlib.Path, protocol: str) -> None:
    (problem,) = refused(tmp_path, with_rules(f"{PLAIN}, protocol: {protocol}"))
    assert str(problem) == (
        f'{RANCHER}: service "lb": key "lb_config.port_rules.0.protocol": {protocol} needs a '
        'certificate: name one with "certs" or "default_cert"'
    )


def test_certificates_of_two_kinds_exclude_each_other(tmp_path: pathlib.Path) -> None:
    label = "    labels: {io.rancher.lb_service.cert_dir: /certs}\n    volumes: ['/c:/certs']\n"
    config = f"certs: [a]\nport_rules:\n- {{{PLAIN}, protocol: https}}"
    problems = refused(tmp_path, two_files(config, label))
    assert "keep one of the two" in problems[0].message
    assert problems[0].key == "labels.io.rancher.lb_service.cert_dir"


@pytest.mark.parametrize(("rules", "kind"), [("[5]", "a number"), ("[[a]]", "a list")])
def test_a_rule_is_a_map(tmp_path: pathlib.Path, rules: str, kind: str) -> None:
    good = f"{{{PLAIN}}}"
    (problem,) = refused(tmp_path, two_files(f"port_rules: [{good}, {rules[1:-1]}]"))
    assert problem.key == "lb_config.port_rules.1"
    assert problem.message.endswith(f"not {kind}")


def test_certificates_are_looked_at_though_rules_are_wrong(tmp_path: pathlib.Path) -> None:
    config = f"certs: [nothing, '../x']\ndefault_cert: [a]\nport_rules:\n- {{{PLAIN}, weight: 999}}"
    problems = refused(tmp_path, two_files(config))
    assert sorted(item.key for item in problems) == [
        "lb_config.certs.0",
        "lb_config.certs.1",
        "lb_config.default_cert",
        "lb_config.port_rules.0.weight",
    ]
    assert 'no certificate "nothing"' in next(
        item.message for item in problems if item.key == "lb_config.certs.0"
    )


def test_certificates_are_looked_at_though_another_key_is_wrong(tmp_path: pathlib.Path) -> None:
    config = f"certs: [nothing]\nport_rules:\n- {{{PLAIN}}}"
    problems = refused(tmp_path, two_files(config, "    imge: b\n"))
    assert sorted(item.key for item in problems) == ["imge", "lb_config.certs.0"]


# keys of a service that is no load balancer -> key of the problem, part of its message
NO_BALANCER = [
    ("lb_config: {port_rules: [{target_port: 80, service: web}]}", "source_port", "is missing"),
    ("lb_config: {port_rules: {a: b}}", "lb_config.port_rules", "must be a list of rules"),
    ("lb_config: {config: global}", "lb_config.config", "only a load balancer has it"),
    ("lb_config: {certs: [a]}", "lb_config.certs.0", "only a load balancer has certificates"),
    ("certs: [a]", "certs.0", "only a load balancer has certificates"),
    ("default_cert: a", "default_cert", "only a load balancer has certificates"),
    (
        "load_balancer_config: {haproxy_config: {global: x}}",
        "load_balancer_config",
        "the image rancher/load-balancer-service only",
    ),
    ("image: rancher/lb-service-haproxy:v0.9.1", "image", "a port rule that has a source_port"),
    ("image: rancher/lb-service-rancher:v0.9.1", "image", NOT_RUN),
    (
        "labels: {io.rancher.loadbalancer.target.web: '80'}",
        "io.rancher.loadbalancer.target.web",
        NOT_RUN,
    ),
]


@pytest.mark.parametrize(("keys", "key", "message"), NO_BALANCER)
def test_what_only_a_load_balancer_has_is_refused_elsewhere(
    tmp_path: pathlib.Path, keys: str, key: str, message: str
) -> None:
    image = "" if keys.startswith("image") else "image: b, "
    (problem,) = refused(tmp_path, f"web: {{image: a}}\napp: {{{image}{keys}}}\n")
    assert (problem.file, problem.service) == (COMPOSE, "app")
    assert problem.key.endswith(key)
    assert message in problem.message


def lb(name: str, extra: str = "") -> str:
    return (
        f"{name}: {{image: haproxy, ports: ['80:80'], lb_config: {{port_rules: [{{{PLAIN}}}]}}"
        f"{extra}}}\n"
    )


@pytest.mark.parametrize(
    ("second", "port"),
    [
        (lb("b"), 80),
        (lb("b", ", scale: 2"), 80),
        ("b: {image: nginx, ports: ['127.0.0.1:80:8080']}\n", 80),
    ],
)
def test_a_load_balancers_port_is_its_own(tmp_path: pathlib.Path, second: str, port: int) -> None:
    (problem,) = refused(tmp_path, "web: {image: a}\n" + lb("a") + second)
    assert (problem.service, problem.key) == ("b", "ports")
    assert f'host port {port} is published by "a" as well' in problem.message


def test_a_target_is_on_the_managed_network(tmp_path: pathlib.Path) -> None:
    (problem,) = refused(tmp_path, "web: {image: a, network_mode: host}\n" + lb("a"))
    assert (problem.service, problem.key) == ("web", "network_mode")
    assert NOT_RUN in problem.message
