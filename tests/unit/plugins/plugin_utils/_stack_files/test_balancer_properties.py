# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is in lb_config: it is refused with its place, or HAProxy's config can be written of it."""

from __future__ import annotations

import json
import pathlib
import tempfile
import typing as t

import pytest
import yaml

pytest.importorskip("hypothesis")

from ansible_collections.drover.docker.plugins.module_utils._compose.balancer import (
    rules as balancer_rules,
)
from ansible_collections.drover.docker.plugins.module_utils._compose.balancer import (
    stickiness as balancer_stickiness,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.balancer import (
    render_balancer,
)
from ansible_collections.drover.docker.plugins.module_utils._model.problems import (
    Problem,
    StackError,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.balancer.model import build_model
from ansible_collections.drover.docker.plugins.module_utils._plan.balancer.routes import (
    Directory,
    routes_of,
)
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.loader import load_stack
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import load
from hypothesis import given
from hypothesis import strategies as st

FRONT = pathlib.Path(__file__).resolve().parents[3] / "data" / "stacks" / "front"
# Characters that end a word or a line of a config, among harmless ones.
NASTY = st.text("ab.*/-_ #\"'\\\n{}$%1:,=", max_size=12)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-1, 70000), NASTY)


def often(*good: t.Any) -> st.SearchStrategy[t.Any]:
    """Mostly values that are possible."""
    return st.one_of(*[st.sampled_from(good)] * 4, SCALARS)


RULE = st.fixed_dictionaries(
    {
        "source_port": st.sampled_from([80, "81"]),
        "target_port": st.sampled_from([8080, "9090"]),
    },
    optional={
        "hostname": st.sampled_from(["a.b", "*.b.c", "B.*", ""]),
        "path": st.sampled_from(["/a", "/a/b%20", ""]),
        "priority": st.sampled_from([1, "2", ""]),
        "weight": st.sampled_from([0, 256, "7"]),
    },
)
TARGET = st.one_of(
    st.fixed_dictionaries({"service": st.sampled_from(["web", "api", "other/db"])}),
    st.fixed_dictionaries({"selector": st.sampled_from(["tier=none", "tier in (a,b)"])}),
)
RULES = st.lists(st.builds(lambda rule, to: {**rule, **to}, RULE, TARGET), min_size=1, max_size=4)
CONFIGS: st.SearchStrategy[dict[str, t.Any]] = st.fixed_dictionaries(
    {"port_rules": RULES},
    optional={
        "certs": st.sampled_from([[], None, ""]),
        "stickiness_policy": st.sampled_from([{}, {"cookie": "c"}, {"mode": "prefix"}]),
        "config": st.sampled_from(["defaults\n  balance first", "global\n maxconn 9", ""]),
    },
)
# One thing that is odd, in a rule or beside the rules.
ODD_RULES = st.dictionaries(st.sampled_from(balancer_rules.KEYS), SCALARS, max_size=1)
ODD_POLICIES = st.dictionaries(
    st.sampled_from(balancer_stickiness.KEYS), SCALARS, min_size=1, max_size=2
)
ODD_CONFIGS = st.fixed_dictionaries(
    {}, optional={"config": NASTY, "stickiness_policy": ODD_POLICIES, "certs": SCALARS}
)
TARGETS = often("81", "a.b:80/c=81", "80=81", "*.b", "/a", "a.b,b.c/d", "")
PORTS = st.lists(often("80:8080", "81", "82:83/tcp"), max_size=3)


def rendered(definition: dict[str, t.Any]) -> list[str]:
    """The configs of a stack's load balancers, with one member of each service."""
    services = definition["services"]
    desired = {name: {"scale": 1, "state": "active"} for name in services}
    revision = {"number": 1, "definition": definition, "services": desired, "tombstone": False}
    members = {
        f"{name}/1": {"host": "h1", "address": f"10.42.0.{number}", "retired": False}
        for number, name in enumerate(services, start=1)
        if services[name]["kind"] == "container"
    }
    directory = Directory({definition["stack"]: {"revisions": [revision], "members": members}})
    texts = []
    for service in services.values():
        if service["balancer"]:
            routes = routes_of(directory, service["balancer"])
            model = build_model(routes, service["balancer"], host="h1", fingerprints={})
            texts.append(render_balancer(model)[0])
    return texts


def outcome(
    folder: pathlib.Path, files: dict[str, str]
) -> tuple[tuple[dict[str, t.Any], list[str]], list[Problem]]:
    """What a stack is, or what is wrong with it; any other exception is a fault."""
    try:
        return load(folder, files), []
    except StackError as error:
        return ({}, []), error.problems


def check(files: dict[str, t.Any]) -> None:
    """Load a stack; if it loads, its load balancers are written."""
    written = {name: yaml.safe_dump(content) for name, content in files.items()}
    with tempfile.TemporaryDirectory() as folder:
        (definition, warnings), problems = outcome(pathlib.Path(folder), written)
    assert all(one.file and one.service and one.key and one.message for one in problems)
    if problems:
        return
    assert json.loads(json.dumps(definition)) == definition
    assert all(warning.isprintable() for warning in warnings)
    (text,) = rendered(definition)
    rules = definition["services"]["lb"]["balancer"]["rules"]
    names = {rule["hostname"] for rule in rules} | {rule["path"] for rule in rules}
    assert all(len(name.split()) <= 1 for name in names)
    assert text.count("\nglobal\n") + text.startswith("global\n") == 1


@given(CONFIGS, ODD_RULES, st.just({}) | ODD_CONFIGS)
def test_any_lb_config_is_refused_or_written(
    config: dict[str, t.Any], odd_rule: dict[str, t.Any], odd: dict[str, t.Any]
) -> None:
    config["port_rules"][-1].update(odd_rule)
    services = {"web": {"image": "a", "labels": {"tier": "front"}}, "api": {"image": "b"}}
    lb = {"image": "rancher/lb-service-haproxy", "lb_config": {**config, **odd}}
    check({"docker-compose.yml": {"version": "2", "services": {**services, "lb": lb}}})


@given(PORTS, PORTS, TARGETS, st.text("0123456789, :=x", max_size=8))
def test_any_of_the_first_format_is_refused_or_written(
    ports: list[t.Any], expose: list[t.Any], target: t.Any, tls: str
) -> None:
    prefix = "io.rancher.loadbalancer."
    lb = {
        "image": "rancher/load-balancer-service",
        "ports": ports,
        "expose": expose,
        "links": ["web:x", "api"],
        "labels": {
            f"{prefix}target.web": target,
            f"{prefix}proxy-protocol.ports": tls,
        },
    }
    check({"docker-compose.yml": {"web": {"image": "a"}, "api": {"image": "b"}, "lb": lb}})


def test_the_example_with_both_formats_is_written() -> None:
    definition, _warnings = load_stack(str(FRONT), stack=None, variables={}, environ={})
    second, first = rendered(definition)
    assert "use_backend rest if" in second
    assert second.count("maxconn 20") == 1
    assert "balance leastconn" in second
    assert "cookie lbsticky insert" in first
    assert "/shop" in first
