# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of variables: the page, the code that reads them, and the roles say the same."""

from __future__ import annotations

import pathlib
import re

import yaml
from ansible_collections.drover.docker.plugins.plugin_utils._run.settings_table import (
    ROLE_VARIABLES,
    SETTINGS,
)

ROOT = pathlib.Path(__file__).parent.parent.parent.parent
ROW = re.compile(r"^\| `(drover_[a-z_]+)` \| (.*?) \| ?(.*?) \| (.+) \|$", re.MULTILINE)
READ = re.compile(
    r"""(?:\.get\(|\[|, |: )"(drover_[a-z_]+)"|\b(drover_[a-z_]+) (?:\||is defined)"""
)
RESULTS = {
    "drover_stack_result",
    "drover_volume_result",
    "drover_status",
    "drover_audit",
    "drover_host_report",
}


def spec(role: str) -> dict[str, dict[str, object]]:
    text = (ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    options: dict[str, dict[str, object]] = yaml.safe_load(text)["argument_specs"]["main"][
        "options"
    ]
    return options


def test_the_page_has_each_variable_with_its_type_and_default() -> None:
    page = (ROOT / "docs" / "variables.md").read_text(encoding="utf-8")
    rows = [(name, kind, default.strip("`")) for name, kind, default, _what in ROW.findall(page)]
    assert rows == [tuple(setting) for setting in SETTINGS]


def test_what_the_code_reads_is_in_the_table() -> None:
    files = [
        *(ROOT / "plugins" / "action").glob("*.py"),
        *(ROOT / "plugins" / "plugin_utils" / "_run").glob("*.py"),
        *(ROOT / "plugins" / "plugin_utils" / "_channel").glob("*.py"),
        *(ROOT / "playbooks").glob("*.yml"),
        *(
            path
            for role in ("stack", "status", "audit", "host", "network", "volume")
            for path in (ROOT / "roles" / role).rglob("*s/main.yml")
        ),
    ]
    found = {
        first or second
        for path in files
        for first, second in READ.findall(path.read_text(encoding="utf-8"))
    }
    assert len(found) > 20
    assert found <= {setting.name for setting in SETTINGS} | ROLE_VARIABLES | RESULTS


def test_the_roles_have_the_variables_that_are_known() -> None:
    of_roles = {
        name for role in ("stack", "status", "audit", "host", "volume") for name in spec(role)
    }
    assert of_roles == ROLE_VARIABLES


def test_the_network_role_has_the_same_defaults() -> None:
    defaults = {setting.name: setting.default for setting in SETTINGS}
    for name, option in spec("network").items():
        told = option.get("default", "")
        assert str(told).replace("'", "").replace("False", "false") == defaults[name], name


def test_the_defaults_of_the_network_role_are_those_of_its_specification() -> None:
    file = ROOT / "roles" / "network" / "defaults" / "main.yml"
    told = {name: option["default"] for name, option in spec("network").items()}
    assert yaml.safe_load(file.read_text(encoding="utf-8")) == told
