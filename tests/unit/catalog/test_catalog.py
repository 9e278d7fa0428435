# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stacks that nobody here wrote: the public catalogs of Rancher 1.x. They are not part of this project.

DROVER_CATALOG names a folder that holds one folder for each stack. Every stack either loads, or is refused with
the places of what this release does not run.
"""

from __future__ import annotations

import json
import os
import pathlib

import pytest
import yaml
from ansible_collections.drover.docker.plugins.module_utils._compose.keys import NOT_RUN
from ansible_collections.drover.docker.plugins.module_utils._model.problems import (
    Notes,
    Place,
    Problem,
    StackError,
)
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.documents import (
    COMPOSE_KEYS,
    NOT_RUN_TOP,
    rancher_file,
)
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.loader import load_stack
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.yaml_text import load_yaml

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
CATALOG = pathlib.Path(os.environ.get("DROVER_CATALOG") or CHECKOUT.parent / "shared" / "catalog")
STACKS = sorted(file.parent for file in CATALOG.glob("*/docker-compose.yml*"))
WITH_RULES = [
    file.parent
    for file in sorted(CATALOG.glob("*/rancher-compose.yml"))
    if b" lb_config:" in file.read_bytes()
]
# Of the 71 stacks that are at hand, so many load; a release that runs more raises the number.
AT_HAND, LOAD_TODAY = 71, 17
TOP_LEVEL = {*COMPOSE_KEYS, *NOT_RUN_TOP}

pytestmark = pytest.mark.skipif(not STACKS, reason=f"no catalog in {CATALOG} (DROVER_CATALOG)")


def problems_of(stack: pathlib.Path) -> list[Problem]:
    """What is refused of a stack; nothing if it loads."""
    try:
        definition, _warnings = load_stack(str(stack), stack=None, variables={}, environ={})
    except StackError as error:
        return error.problems
    assert definition["services"]
    assert json.loads(json.dumps(definition)) == definition
    return []


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: str(stack.name))
def test_a_stack_loads_or_is_refused_with_its_places(stack: pathlib.Path) -> None:
    for problem in problems_of(stack):
        # Where a question has no default answer, a number or a tag may be missing.
        assert NOT_RUN in problem.message or "is a variable not set?" in problem.message
        of_the_file = "template" in problem.message or problem.key.split(".")[0] in TOP_LEVEL
        assert problem.file
        assert of_the_file or (problem.service and problem.key), str(problem)


def balancers_alone(stack: pathlib.Path, folder: pathlib.Path) -> list[str]:
    """A stack of the load balancers of a rancher-compose file, with plain services behind them; their names.

    Most of them belong to templates, of which the compose file can't be read; the rules stand in this one.
    """
    file = stack / "rancher-compose.yml"
    document = load_yaml(file.read_bytes(), Place(Notes(), file.name)) if file.exists() else {}
    services = rancher_file(document, [], Place(Notes(), file.name)).services
    found = {
        name: item["lb_config"] for name, item in services.items() if "lb_config" in (item or {})
    }
    targets = {rule["service"] for one in found.values() for rule in one["port_rules"]}
    compose = {name: {"image": "rancher/lb-service-haproxy"} for name in found}
    compose.update({name: {"image": "app"} for name in targets})
    rancher = {name: {"lb_config": item} for name, item in found.items()}
    catalog: object = next(
        (document[key] for key in (".catalog", "catalog") if key in document), {}
    )
    texts = {
        "docker-compose.yml": {"version": "2", "services": compose},
        "rancher-compose.yml": {"version": "2", "services": rancher, ".catalog": catalog},
    }
    for name, content in texts.items():
        (folder / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    return sorted(found)


@pytest.mark.parametrize("stack", WITH_RULES, ids=lambda stack: str(stack.name))
def test_every_load_balancer_is_read(stack: pathlib.Path, tmp_path: pathlib.Path) -> None:
    names = balancers_alone(stack, tmp_path)
    try:
        definition, _warnings = load_stack(str(tmp_path), stack="x", variables={}, environ={})
    except StackError as error:
        # A port is asked for and has no default answer; or a certificate is.
        for problem in error.problems:
            assert "is a variable not set?" in problem.message or "certificate" in problem.message
        return
    assert all(definition["services"][name]["balancer"]["rules"] for name in names)


def test_nothing_that_load_balancers_have_is_refused() -> None:
    refused = [problem for stack in STACKS for problem in problems_of(stack)]
    keys = ("lb_config", "load_balancer_config", "certs", "default_cert", "external_ips")
    assert refused
    assert [str(one) for one in refused if one.key.split(".")[0] in keys] == []
    assert not [str(one) for one in refused if "rancher/l" in one.message and one.key == "image"]


def test_so_many_load(capsys: pytest.CaptureFixture[str]) -> None:
    plain = [stack for stack in STACKS if not (stack / "docker-compose.yml.tpl").exists()]
    loaded = [stack.name for stack in plain if not problems_of(stack)]
    with capsys.disabled():
        print(
            f"\ncatalog: {len(loaded)} of {len(STACKS)} stacks load ({len(plain)} are no templates)"
        )
    assert loaded
    if len(STACKS) == AT_HAND:
        assert len(loaded) == LOAD_TODAY, loaded
