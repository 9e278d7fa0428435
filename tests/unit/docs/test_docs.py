# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation says must be there: links, playbooks, variables, keys of stack files, limits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.drover.docker.plugins.module_utils._common import constants
from ansible_collections.drover.docker.plugins.module_utils._compose import (
    deploy,
    health_check,
    keys,
    labels,
    upgrade_strategy,
    volumes,
)
from ansible_collections.drover.docker.plugins.module_utils._compose.balancer import (
    rules as balancer_rules,
)
from ansible_collections.drover.docker.plugins.module_utils._compose.balancer import (
    service as balancer_service,
)
from ansible_collections.drover.docker.plugins.module_utils._compose.balancer import (
    stickiness as balancer_stickiness,
)
from ansible_collections.drover.docker.plugins.module_utils._compose.service import KNOWN_KEYS
from ansible_collections.drover.docker.plugins.module_utils._compose.service_keys import (
    MOST_MEMBERS,
)
from ansible_collections.drover.docker.plugins.module_utils._model.check_times import BAKE_S
from ansible_collections.drover.docker.plugins.module_utils._plan.upgrade import policy
from ansible_collections.drover.docker.plugins.plugin_utils._run.hosts import OBSERVE_TIMEOUT_S
from ansible_collections.drover.docker.plugins.plugin_utils._run.short_options import OPTIONS
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files import (
    certificates,
    documents,
    folder,
)

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
NAME = re.compile(r"\bdrover\.docker\.([a-z_]+)")
CODE = re.compile(r"`([^`]+)`")
# Keys that the loader itself takes before a service is looked at.
LOADER_KEYS = {"env_file", "extends", "label_file", "profiles"}


def page_ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def prose_of(page: Path) -> str:
    """The page without blocks of code, whose brackets are no links."""
    return re.sub(r"^```.*?^```|^    .*?$", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)


def relative_links(page: Path) -> Iterator[tuple[Path, str]]:
    for target in LINK.findall(prose_of(page)):
        if not re.match(r"[a-z]+:", target):
            path, _hash, anchor = target.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


def anchors_of(page: Path) -> set[str]:
    """The names that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}


def code_in(text: str) -> set[str]:
    """Everything in backquotes, also where a line ends in between."""
    chunks = re.split(r"\n(?=\||\n)", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M))
    return {" ".join(code.split()) for chunk in chunks for code in CODE.findall(chunk)}


def section(name: str, heading: str) -> str:
    """The text under a heading of the second level, up to the next one."""
    found = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", text_of(name), re.S | re.M)
    if not found:
        pytest.fail(f"{name} has no heading {heading!r}")
    return found.group(1)


def first_cells(text: str) -> set[str]:
    """Everything in backquotes in the first column of the tables of a text."""
    rows = [line.split(" | ")[0] for line in text.splitlines() if line.startswith("| ")]
    return {name for row in rows for name in code_in(row)}


def playbooks() -> list[str]:
    found = (ROOT / "playbooks").glob("*.yml")
    return sorted(path.stem for path in found if path.suffixes == [".yml"])


def known_names() -> set[str]:
    """All that may be called drover.docker.NAME."""
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    parts = {path.name for path in (ROOT / "roles").glob("*") if path.is_dir()}
    for kind in ("modules", "inventory", "callback", "connection"):
        parts |= {path.stem for path in (ROOT / "plugins" / kind).glob("*.py")}
    return {*playbooks(), *parts, *runtime["action_groups"]}


@pytest.mark.parametrize("page", PAGES, ids=page_ids)
def test_relative_links_resolve(page: Path) -> None:
    for target, anchor in relative_links(page):
        assert target.exists(), f"{target} does not exist"
        assert not anchor or anchor in anchors_of(target), f"{target} has no heading #{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=page_ids)
def test_what_is_named_exists(page: Path) -> None:
    assert set(NAME.findall(page.read_text(encoding="utf-8"))) <= known_names()


@pytest.mark.parametrize("name", playbooks())
def test_every_playbook_has_its_place_in_commands(name: str) -> None:
    links = re.findall(rf"\[`drover\.docker\.{name}`\]\(#([a-z-]+)\)", text_of("commands.md"))
    assert len(links) == 1, f"docs/commands.md must list drover.docker.{name} once, with a link"
    assert links[0] in anchors_of(DOCS / "commands.md")


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_every_option_of_a_playbook_is_documented(name: str) -> None:
    assert name in playbooks()
    assert set(OPTIONS[name]) <= code_in(text_of("commands.md"))


def test_accepted_keys_are_those_of_the_loader() -> None:
    acting = section("stack-files.md", "Keys of a service that the collection itself acts on")
    passed_on = section("stack-files.md", "Keys that go to the engine")
    documented = first_cells(acting.split("### Labels")[0]) | first_cells(passed_on)
    assert documented == KNOWN_KEYS | LOADER_KEYS


def test_refused_keys_are_those_of_the_loader() -> None:
    documented = first_cells(section("stack-files.md", "Refused in this release"))
    assert documented == set(keys.NOT_RUN_KEYS)


def test_keys_of_health_check_are_those_of_the_loader() -> None:
    text = section("stack-files.md", "health_check")
    assert first_cells(text) == {*health_check.KEYS, *health_check.STRATEGIES}


def test_keys_of_upgrade_strategy_are_those_of_the_loader() -> None:
    own, _line, others = section("stack-files.md", "upgrade_strategy").partition("| other key")
    assert first_cells(own) == set(upgrade_strategy.RANCHER)
    assert first_cells(others) == set(deploy.OTHER_KEYS)


@pytest.mark.parametrize("key", sorted(upgrade_strategy.RANCHER))
def test_what_compose_calls_a_key_of_upgrade_strategy(key: str) -> None:
    canonical, _convert = upgrade_strategy.RANCHER[key]
    meant = [name for name, (same, _how) in upgrade_strategy.COMPOSE.items() if same == canonical]
    rows = section("stack-files.md", "upgrade_strategy").splitlines()
    (row,) = [row for row in rows if row.startswith(f"| `{key}` | ")]
    assert CODE.findall(row.split(" | ")[1])[:1] == meant


def test_keys_of_load_balancers_are_those_of_the_loader() -> None:
    text = section("stack-files.md", "Load balancers")
    config, _rule, rest = text.partition("A rule:")
    assert first_cells(config) == set(balancer_service.CONFIG_KEYS)
    assert first_cells(rest.partition("Of one port")[0]) == set(balancer_rules.KEYS)
    targets = rest.partition("**Services that a selector picks**")[2].partition("| label")[0]
    assert first_cells(targets) == set(balancer_rules.TARGET_KEYS)
    labels_of = rest.partition("| label of a load balancer")[2].partition("###")[0]
    assert set(balancer_service.LB_LABELS) <= first_cells(labels_of)
    assert {*balancer_service.LEGACY_KEYS, *balancer_stickiness.KEYS} <= code_in(text)


def test_certificates_are_found_where_the_page_says() -> None:
    text = section("stack-files.md", "Load balancers")
    places = first_cells(text.partition("### Certificates")[2])
    names = {certificates.VARIABLE, certificates.DIRECTORY_VARIABLE, certificates.FOLDER}
    assert names <= places


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(folder.COMPOSE[0::2], id="compose files"),
        pytest.param([folder.RANCHER[0], folder.ANSWERS[0]], id="rancher and answers files"),
        pytest.param(documents.COMPOSE_KEYS, id="top level"),
        pytest.param(documents.NOT_RUN_TOP, id="refused at the top level"),
        pytest.param(volumes.KEYS, id="volumes"),
        pytest.param(volumes.NOT_RUN_KEYS, id="refused of volumes"),
        pytest.param([*labels.KNOWN, *labels.RESERVED], id="labels"),
    ],
)
def test_names_of_the_loader_are_documented(known: Iterable[str]) -> None:
    documented = {text.split(": ")[0] for text in code_in(text_of("stack-files.md"))}
    assert set(known) <= documented


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(keys.NOT_RUN_LABELS, id="refused labels"),
        pytest.param(keys.NOT_RUN_IMAGES, id="refused images"),
        pytest.param(keys.NOT_RUN_NAMESPACES, id="refused namespaces"),
    ],
)
def test_beginnings_of_the_loader_are_documented(known: Iterable[str]) -> None:
    """These are matched by their beginning, so the page may say more."""
    documented = code_in(text_of("stack-files.md"))
    assert not [name for name in known if not any(text.startswith(name) for text in documented)]


def test_tests_that_show_a_behaviour_exist() -> None:
    pages = text_of("behaviours.md") + text_of("upgrade-traps.md")
    rows = [line.split(" | ") for line in pages.splitlines()]
    named = {name for row in rows for name in re.findall(r"`(test_\w+)`", row[-1])}
    places = ("molecule/*/tests/*.py", "tests/live/*.py", "tests/unit/**/*.py")
    files = [file for place in places for file in ROOT.glob(place)]
    written = {
        name
        for path in files
        for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), flags=re.M)
    }
    assert len(named) > 50
    assert named <= written


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("how-it-works.md", f"at most {constants.BACKOFF_MAX_S / 60:.0f} minutes"),
        ("how-it-works.md", f"after {constants.GIVE_UP_AFTER} failures"),
        ("how-it-works.md", f"The engine has {constants.ENGINE_DEADLINE_S:.0f} s for an answer"),
        ("variables.md", f"`{constants.OVERLAY_SUBNET}`"),
        ("variables.md", f"`{constants.BRIDGE_SUBNET}`"),
        ("variables.md", f"`{constants.STATE_DIR}`"),
        ("variables.md", f"`{constants.DOCKER_HOST}`"),
        ("variables.md", f"`drover_observe_timeout_s` | s | `{OBSERVE_TIMEOUT_S:g}` |"),
        ("security.md", f"the last {constants.KEPT_REVISIONS} revisions"),
        ("stack-files.md", f"`<stack>.{constants.INTERNAL_DOMAIN}`"),
        ("stack-files.md", f"| `initializing_timeout` | ms | {health_check.INITIALIZING_MS} |"),
        ("stack-files.md", f"{health_check.SHORTEST_CHECK_MS} to {health_check.LONGEST_MS} |"),
        ("stack-files.md", f"{health_check.SHORTEST_TIMEOUT_MS} to {health_check.LONGEST_MS}, `0`"),
        ("stack-files.md", f"1 to {health_check.MOST_CHECKS} |"),
        ("stack-files.md", f"for that strategy; 1 to {health_check.MOST_MEMBERS} |"),
        ("stack-files.md", f"| `delay` | ms | {policy.INTERVAL_S * 1000:.0f} |"),
        ("stack-files.md", f"`initializing_timeout`, else {policy.DEADLINE_S * 1000:.0f} |"),
        ("stack-files.md", f"| {BAKE_S * 1000:.0f}, or more if its check needs more |"),
        ("stack-files.md", f"confirms itself, 0 to {upgrade_strategy.LONGEST_CONFIRM_MS} |"),
        ("stack-files.md", f"members under way at a time, 1 to {MOST_MEMBERS} |"),
        ("stack-files.md", f"default {constants.STOP_GRACE_S:.0f} s"),
    ],
)
def test_limits_are_those_of_the_code(page: str, text: str) -> None:
    assert text in text_of(page)
