# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The copy of a move: of a member that is stopped, whole, and of this move; else nothing is restored from it."""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.failures import (
    Failed,
    Refused,
)
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.moves import (
    Course,
    clear_up,
    copy_name,
    default_folder,
    demand_arrived,
    demand_left,
    whole_copy,
)

from .test_transfer import Lab

MARK = "0123456789abcdef"
MEMBER = MemberId("shop", "db", 1)


@pytest.fixture(name="lab")
def _lab(tmp_path: Path) -> Lab:
    found = Lab(tmp_path)
    (found.engine.data("v1") / "posts").write_bytes(b"first post")
    return found


def moved(lab: Lab, phase: str, state: str = "exited") -> None:
    """The target as the record has it."""
    move = {"to": "h2", "from": "h1", "phase": phase, "mark": MARK}
    lab.target = dataclasses.replace(lab.target, move=move, state=state)


def copied(lab: Lab, **wish: t.Any) -> str:
    lab.engine.running = False
    lab.back_up(move=MARK, **wish)
    return str(lab.dest / "backup")


def test_a_copy_carries_the_mark_of_its_move(lab: Lab) -> None:
    path = copied(lab)
    found = whole_copy(path, "", MARK, lab.volumes)
    assert found is not None
    assert found.manifest["move"] == MARK
    assert lab.engine.calls == []  # it was stopped, and stays so


def test_no_copy_is_none(lab: Lab) -> None:
    assert whole_copy(str(lab.dest / "backup"), "", MARK, lab.volumes) is None


def test_a_copy_of_another_move_or_of_other_volumes_is_refused(lab: Lab) -> None:
    path = copied(lab)
    with pytest.raises(Refused, match="of another move; remove this folder"):
        whole_copy(path, "", "other", lab.volumes)
    with pytest.raises(Refused, match="of another move"):
        whole_copy(path, "", MARK, ["/data", "/log"])


def test_a_backup_is_no_copy_of_a_move(lab: Lab) -> None:
    lab.back_up()
    with pytest.raises(Refused, match="of another move"):
        whole_copy(str(lab.dest / "backup"), "", MARK, lab.volumes)


def test_a_damaged_copy_is_refused(lab: Lab) -> None:
    path = copied(lab, compress="none")
    with open(f"{path}/volume-1.tar", "r+b") as stream:
        stream.write(b"nonsense")
    with pytest.raises(Refused, match="checksum"):
        whole_copy(path, "", MARK, lab.volumes)


def test_a_copy_of_what_others_use_is_none(lab: Lab) -> None:
    """They may write to it while it is copied, and after it."""
    user = {"Id": "c2", "State": "running", "Names": ["/dump"], "Mounts": [{"Name": "v1"}]}
    lab.engine.others.append(user)
    with pytest.raises(Failed, match="in use by others: dump"):
        copied(lab)
    assert not (lab.dest / "backup").exists()


@pytest.mark.parametrize("phase", ["", "arrives"])
def test_only_what_leaves_is_copied(lab: Lab, phase: str) -> None:
    moved(lab, phase)
    with pytest.raises(Refused, match="does not leave h1"):
        demand_left(lab.target)


@pytest.mark.parametrize("state", ["running", "paused", "restarting"])
def test_only_what_is_stopped_is_copied(lab: Lab, state: str) -> None:
    moved(lab, "leaves", state)
    with pytest.raises(Failed, match=f"still is {state}"):
        demand_left(lab.target)
    moved(lab, "leaves")
    demand_left(lab.target)


def test_only_what_waits_for_its_data_gets_them(lab: Lab) -> None:
    path = copied(lab)
    moved(lab, "leaves")
    with pytest.raises(Refused, match="does not arrive"):
        demand_arrived(lab.target, path, "")
    moved(lab, "arrives", "running")
    with pytest.raises(Failed, match="somebody has started it"):
        demand_arrived(lab.target, path, "")
    moved(lab, "arrives", "created")
    assert demand_arrived(lab.target, path, "").manifest["move"] == MARK


def test_without_its_copy_the_way_back_is_told(lab: Lab) -> None:
    moved(lab, "arrives", "created")
    with pytest.raises(Refused, match="take the member back with to=h1"):
        demand_arrived(lab.target, str(lab.dest / "nothing"), "")


class Found(t.NamedTuple):
    """A member as far as its last move goes."""

    entry: dict[str, t.Any]
    slot: MemberId = MEMBER


def cleared(**entry: t.Any) -> str:
    return clear_up(t.cast("t.Any", Found(entry)))


def test_only_the_copy_of_the_move_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = Path(default_folder())
    for mark in (MARK, "other"):
        (folder / copy_name(MEMBER, mark)).mkdir(parents=True)
    assert cleared() == ""
    assert cleared(moved={"from": "h1", "mark": "third"}) == ""
    assert cleared(moved={"from": "h1", "mark": "/../other"}) == ""
    assert len(list(folder.iterdir())) == 2
    assert cleared(moved={"from": "h1", "mark": MARK}) == str(folder / copy_name(MEMBER, MARK))
    assert [item.name for item in folder.iterdir()] == [copy_name(MEMBER, "other")]


def test_a_mark_that_is_a_path_is_refused() -> None:
    with pytest.raises(Refused, match="no valid mark"):
        copy_name(MEMBER, "../../etc")


@pytest.mark.parametrize(("phase", "count"), [("", 4), ("leaves", 4), ("arrives", 2)])
def test_what_would_follow(phase: str, count: int) -> None:
    course = Course(MEMBER, "h1", "h2", phase, MARK)
    assert len(course.lines) == count
    assert course.lines[-1] == "h2  start  shop-db-1"
    assert not course.goes_back


def test_back_is_where_it_comes_from() -> None:
    assert Course(MEMBER, "h1", "h1", "arrives", MARK).goes_back
    assert not Course(MEMBER, "h1", "h1", "", "").goes_back
