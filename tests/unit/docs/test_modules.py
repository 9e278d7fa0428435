# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is public and what is internal, the action group, and what became of earlier names."""

from __future__ import annotations

import ast
import typing as t
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
MODULES = sorted((ROOT / "plugins" / "modules").glob("*.py"))
RUNTIME: dict[str, t.Any] = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text("utf-8"))
REDIRECTS: dict[str, t.Any] = RUNTIME["plugin_routing"]["modules"]
INTERNAL = "drover.docker.internal"
PUBLIC = {
    "audit_info",
    "haproxy_balancer",
    "haproxy_checker",
    "haproxy_checker_info",
    "revision_info",
    "stack_info",
    "stack_service",
    "stack_service_info",
    "swarm",
    "swarm_info",
}


def literal(path: Path, name: str) -> t.Any:
    """A constant of a file, which is not imported."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            return ast.literal_eval(node.value)
    pytest.fail(f"{path.name} has no {name}")


def documented(path: Path) -> dict[str, t.Any]:
    found: dict[str, t.Any] = yaml.safe_load(literal(path, "DOCUMENTATION"))
    return found


def is_internal(path: Path) -> bool:
    return path.stem.startswith("internal_")


def takes_engine(path: Path) -> bool:
    """Its own option, or that of a fragment."""
    page = documented(path)
    shared = {"drover.docker.engine", "drover.docker.on_each_host"}
    fragments = page.get("extends_documentation_fragment", [])
    return not shared.isdisjoint(fragments) or "docker_host" in page.get("options", {})


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_internal_steps_say_so(path: Path) -> None:
    page = documented(path)
    says = page["short_description"].startswith("(internal) ")
    assert says == is_internal(path)
    assert (INTERNAL in page.get("extends_documentation_fragment", [])) == is_internal(path)


def test_public_modules_are_a_list_that_is_changed_on_purpose() -> None:
    assert {path.stem for path in MODULES if not is_internal(path)} == PUBLIC


def test_the_action_group_has_every_module_with_an_engine() -> None:
    groups = RUNTIME["action_groups"]
    assert groups["all"] == [path.stem for path in MODULES if takes_engine(path)]
    assert groups["docker"] == [{"metadata": {"extend_group": ["all"]}}]


@pytest.mark.parametrize("name", sorted(REDIRECTS))
def test_earlier_names_lead_to_public_modules_for_a_while(name: str) -> None:
    route = REDIRECTS[name]
    new = route["redirect"]
    assert new.rpartition(".")[2] in PUBLIC
    assert new in route["deprecation"]["warning_text"]
    assert route["deprecation"]["removal_version"] == "1.0.0"
    assert name not in {path.stem for path in MODULES}


# --- attributes ---


def merged(path: Path, key: str) -> dict[str, t.Any]:
    """A part of a page with what its fragments add, as ansible-doc merges them."""
    page = documented(path)
    found: dict[str, t.Any] = {}
    for name in page.get("extends_documentation_fragment", []):
        if name.startswith("drover.docker."):
            source = ROOT / "plugins" / "doc_fragments" / f"{name.rpartition('.')[2]}.py"
            fragment = yaml.safe_load(fragment_of(source))
            for item, value in fragment.get(key, {}).items():
                found[item] = {**found.get(item, {}), **value}
    for item, value in page.get(key, {}).items():
        found[item] = {**found.get(item, {}), **value}
    return found


def fragment_of(path: Path) -> str:
    """The text of a documentation fragment."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION":
            return str(ast.literal_eval(node.value))
    pytest.fail(f"{path.name} has no DOCUMENTATION")


def public() -> list[Path]:
    return [path for path in MODULES if not is_internal(path)]


@pytest.mark.parametrize("path", public(), ids=lambda path: path.stem)
def test_public_modules_document_what_they_support(path: Path) -> None:
    attributes = merged(path, "attributes")
    usual = {"check_mode", "diff_mode", "idempotent", "platform"}
    assert set(attributes) == (usual | {"action_group"} if takes_engine(path) else usual)
    for name, attribute in attributes.items():
        assert attribute.get("support"), name
        assert attribute.get("description"), name
    is_info = path.stem.endswith("_info")
    assert attributes["check_mode"]["support"] == "full"
    assert attributes["diff_mode"]["support"] == ("N/A" if is_info else "full")
    assert (attributes["idempotent"]["support"] == "partial") == (path.stem == "swarm")


@pytest.mark.parametrize("path", public(), ids=lambda path: path.stem)
def test_public_modules_name_no_internal_step(path: Path) -> None:
    for part in ("DOCUMENTATION", "EXAMPLES", "RETURN"):
        assert "drover.docker.internal_" not in literal(path, part)


@pytest.mark.parametrize("path", public(), ids=lambda path: path.stem)
def test_returned_maps_and_lists_of_maps_say_what_they_contain(path: Path) -> None:
    loose = set(loose_returns(yaml.safe_load(literal(path, "RETURN"))))
    assert loose == LOOSE.get(path.stem, set())


LOOSE = {
    "audit_info": {"parameters", "evidence"},
    "stack_info": {"unreadable"},
    "swarm": {"swarm"},  # as swarm_info says
}


def loose_returns(values: dict[str, t.Any]) -> t.Iterator[str]:
    """Maps, and lists of maps, of any keys."""
    for name, value in values.items():
        if "dict" in (value["type"], value.get("elements")) and "contains" not in value:
            yield name
        yield from loose_returns(value.get("contains", {}))
