# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is seen of a host besides its engine: folders, disks, the distribution, and that a look writes nothing."""

from __future__ import annotations

import errno
import os
import pathlib
import sys
import types

import pytest
from ansible_collections.drover.docker.plugins.module_utils._preflight import look, sdk
from ansible_collections.drover.docker.plugins.module_utils._preflight.facts import HostFacts
from ansible_collections.drover.docker.plugins.plugin_utils._pass.shape import misfit


def test_the_facts_are_those_that_the_control_node_expects(tmp_path: pathlib.Path) -> None:
    found = look.host_facts(f"unix://{tmp_path}/no.sock", str(tmp_path / "a" / "b"), set())
    assert misfit(found, HostFacts) == ""
    assert found["engine"]["fault"] == "no_socket"
    assert found["state_dir_fault"] == ""
    assert list(tmp_path.iterdir()) == []


def test_the_distribution(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "os-release"
    file.write_text('NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n')
    assert look.distribution(str(file)) == ["linuxmint", "ubuntu", "debian"]
    assert look.distribution(str(tmp_path / "none")) == []


def test_a_folder_that_is_not_there_yet_is_judged_by_the_one_above(tmp_path: pathlib.Path) -> None:
    deep = str(tmp_path / "a" / "b")
    assert look.existing(deep) == str(tmp_path)
    assert look.state_dir_fault(deep) == ""
    (tmp_path / "a").write_text("a file")
    assert look.state_dir_fault(deep) == f"{tmp_path / 'a'} is not a folder"


@pytest.mark.parametrize(("flag", "number"), [(0, errno.EACCES), (os.ST_RDONLY, errno.EROFS)])
def test_why_a_folder_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, flag: int, number: int
) -> None:
    monkeypatch.setattr(os, "access", lambda *_any: False)
    monkeypatch.setattr(os, "statvfs", lambda _path: types.SimpleNamespace(f_flag=flag))
    assert look.state_dir_fault(str(tmp_path)) == os.strerror(number)


def test_free_space_is_what_users_have(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    system = types.SimpleNamespace(f_frsize=4096, f_blocks=100, f_bfree=50, f_bavail=40)
    monkeypatch.setattr(os, "statvfs", lambda _path: system)
    folder = str(tmp_path / "later")
    device = tmp_path.stat().st_dev
    assert look.disks([folder]) == [
        {"path": folder, "device": device, "free": 40 * 4096, "size": 100 * 4096}
    ]


def test_a_disk_that_cannot_be_seen_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: str) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "statvfs", refuse)
    assert look.disks(["/var/lib/docker"]) == []


def test_no_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docker", None)
    assert sdk.sdk_facts()["missing"]


def test_a_folder_called_docker_is_no_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docker", types.ModuleType("docker"))
    assert sdk.sdk_facts()["missing"]


def test_an_sdk_that_lacks_another_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "__init__.py").write_text("import a_package_that_is_not_there\n")
    for name in [name for name in sys.modules if name.partition(".")[0] == "docker"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    found = sdk.sdk_facts()
    assert (found["missing"], "a_package_that_is_not_there" in found["fault"]) == (False, True)


def test_an_sdk_that_reaches_no_engine_says_why(tmp_path: pathlib.Path) -> None:
    assert "its socket does not exist" in sdk.sdk_fault(f"unix://{tmp_path}/no.sock")
