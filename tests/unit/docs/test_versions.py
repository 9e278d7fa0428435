# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions that the documentation names are those that the tools test with."""

from __future__ import annotations

import importlib.util
import re
import sys
import types
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def load_lanes() -> types.ModuleType:
    """The tool that chooses the lanes."""
    spec = importlib.util.spec_from_file_location("drover_lanes", ROOT / "tools" / "lanes.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


LANES = load_lanes()


def span(minors: tuple[int, int]) -> str:
    return f"3.{minors[0]} to 3.{minors[1]}"


def test_readme_names_every_ansible_core_with_its_pythons() -> None:
    rows = re.findall(r"^\| (2\.\d+)( \(release candidate\))? \| (.*) \| (.*) \|$", README, re.M)
    assert rows == [
        (
            core.version,
            " (release candidate)" if core.preview else "",
            span(core.controller),
            span(core.host),
        )
        for core in LANES.CORES
    ]


def test_every_ansible_core_is_pinned_to_an_exact_version() -> None:
    files = sorted((ROOT / "requirements").glob("core-*.txt"))
    assert [file.stem for file in files] == [f"core-{core.version}" for core in LANES.CORES]
    for core, file in zip(LANES.CORES, files, strict=True):
        pinned = re.search(r"^ansible-core==(\d+\.\d+)\.(\S+)$", file.read_text("utf-8"), re.M)
        assert pinned, file
        assert pinned[1] == core.version
        assert core.preview == (not pinned[2].isdigit())


def test_the_oldest_ansible_core_is_the_one_that_is_required() -> None:
    oldest = LANES.CORES[0].version
    required = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text("utf-8"))
    assert required["requires_ansible"] == f">={oldest}.0"
    assert f"needs ansible-core {oldest} or later" in README
    operating = (ROOT / "docs" / "operating.md").read_text("utf-8")
    assert f"ansible-core {oldest} or later" in operating
    for meta in ROOT.glob("roles/*/meta/main.yml"):
        info = yaml.safe_load(meta.read_text("utf-8"))["galaxy_info"]
        assert info["min_ansible_version"] == oldest, meta


def test_lanes_of_a_machine_with_pythons_from_8_to_13() -> None:
    minors = list(range(8, 14))
    ends = [(core.version, minor) for core, minor in LANES.ends(minors)]
    assert ends == [("2.18", 11), ("2.21", 13)]
    assert LANES.shared(LANES.ends(minors), minors) == [[8], [9, 10, 12]]
    every = LANES.every(minors)
    assert [core.version for core, _minor in every] == ["2.18", "2.19", "2.20", "2.21", "2.22"]
    for (core, own), others in zip(every, LANES.all_others(every, minors), strict=True):
        assert sorted([own, *others]) == [minor for minor in minors if core.serves(minor)]


def test_a_core_without_a_python_is_told_as_skipped() -> None:
    lanes = LANES.every([8, 11])
    assert [core.version for core, _minor in lanes] == ["2.18", "2.19"]
    assert LANES.skipped(lanes, LANES.CORES)[0] == (
        "skipped: ansible-core 2.20 needs Python 3.12 to 3.14, and none was found"
    )


def test_readme_names_the_engines_and_the_haproxy_versions_of_the_lab() -> None:
    table = (ROOT / "lab" / "images").read_text("utf-8")
    haproxy = sorted(re.findall(r"^drover-(?:lab|demo)/haproxy:(\S+) ", table, re.M))
    assert "HAProxy " + ", ".join(haproxy[:-1]) + f" and {haproxy[-1]}" in " ".join(README.split())
    hosts = (ROOT / "lab" / "README.md").read_text("utf-8")
    engines = re.findall(r"^\| `h\d`.* \| (\d+\.\d+) \(", hosts, re.M)
    assert "Docker Engine " + ", ".join(engines[:-1]) + f" and {engines[-1]}" in README
