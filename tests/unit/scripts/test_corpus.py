# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What make corpus says of a set of stacks."""

from __future__ import annotations

import importlib.util
import pathlib
import sys
import types

import pytest

FILE = pathlib.Path(__file__).parents[3] / "tools" / "corpus.py"
GOOD = "services: {web: {image: 'nginx:1'}}\n"
BAD = "services: {web: {image: 'nginx:1', build: ., volumes: ['~/a:/a', '~/b:/b']}}\n"


@pytest.fixture(name="corpus", scope="module")
def fixture_corpus() -> types.ModuleType:
    found = importlib.util.spec_from_file_location("corpus", FILE)
    assert found is not None
    assert found.loader is not None
    made = importlib.util.module_from_spec(found)
    # Its data classes look their module up.
    sys.modules["corpus"] = made
    found.loader.exec_module(made)
    return made


@pytest.fixture(name="stacks")
def fixture_stacks(tmp_path: pathlib.Path) -> pathlib.Path:
    for name, text in {"good": GOOD, "group/one": GOOD, "group/two": BAD}.items():
        (tmp_path / "set" / name).mkdir(parents=True)
        (tmp_path / "set" / name / "compose.yaml").write_text(text)
    return tmp_path / "set"


def run(corpus: types.ModuleType, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["corpus.py", *words])
    return int(corpus.main())


def columns(printed: str, name: str) -> list[str]:
    lines = [line.split() for line in printed.splitlines()[1:]]
    return next(line[1:5] for line in lines if line[:1] == [name])


def test_sets_and_reasons_are_counted(
    corpus: types.ModuleType,
    stacks: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(corpus, monkeypatch, str(stacks), "--why", "relative") == 0
    printed = capsys.readouterr().out
    assert columns(printed, "set") == ["1", "1", "0", "0"]
    assert columns(printed, "set/group") == ["2", "1", "1", "0"]
    # Two binds of one stack are one reason of one stack.
    assert "     1      0  volumes: ... is relative" in printed
    assert f"{stacks}/group/two: volumes" in printed


def test_variables_of_an_example_count_as_given(
    corpus: types.ModuleType, stacks: pathlib.Path
) -> None:
    needs = GOOD.replace("nginx:1", "nginx:${TAG:?needed}")
    (stacks / "good" / "compose.yaml").write_text(needs)
    assert corpus.measure(stacks / "good").kinds
    (stacks / "good" / ".env.example").write_text("TAG=2\n")
    assert not corpus.measure(stacks / "good").kinds


def test_a_crash_fails_and_is_shown(
    corpus: types.ModuleType,
    stacks: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def crash(*_args: object, **_more: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr(corpus, "load_stack", crash)
    assert run(corpus, monkeypatch, str(stacks)) == 1
    assert "KeyError: 'lost'" in capsys.readouterr().out


def test_a_set_without_stacks_fails(
    corpus: types.ModuleType, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(corpus, monkeypatch, str(tmp_path)) == 1
