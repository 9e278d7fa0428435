# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes outlive containers: their names are those of the member, and nobody deletes them unasked."""

from __future__ import annotations

import pytest

from ...conftest import MakeStack
from ...shared.hosts import Host
from ...shared.stacks import Stack

PATHS = ["/anon", "/data", "/each", "/own", "/plain"]
NAMES = ["vols-web-1", "vols-web-2"]


@pytest.fixture(scope="module")
def vols(make_stack: MakeStack) -> Stack:
    stack = make_stack("vols").define(
        web={"scale": 2, "volumes": ["own:/own", "each:/each", "plain:/plain", "/anon"]},
        volumes={"own": None, "each": {"per_container": True}},
    )
    stack.up()
    return stack


def write_markers(h1: Host) -> None:
    for name in NAMES:
        h1.inside(name, f"for path in {' '.join(PATHS)}; do echo {name} >$path/{name}; done")


def markers(h1: Host, name: str) -> str:
    return h1.inside(name, f"cat {' '.join(f'{path}/{name}' for path in PATHS)}")


def test_names_of_volumes(vols: Stack, h1: Host) -> None:
    """Each scope of Rancher's: stack, per_container, plain, and without a name."""
    for index in (1, 2):
        mounts = h1.container(f"vols-web-{index}").mounts
        assert mounts["/own"] == "vols_own"
        assert mounts["/each"] == f"vols_each_{index}"
        assert mounts["/plain"] == "plain"
        assert mounts["/anon"].startswith(f"vols_web_{index}_anon_")
        assert mounts["/data"].startswith(f"vols_web_{index}_data_")  # declared by the image


def test_data_survives_removal_with_volumes(vols: Stack, h1: Host) -> None:
    before = h1.containers("vols")
    write_markers(h1)
    h1.docker("rm", "-fv", *NAMES)
    vols.reconcile()
    for name in NAMES:
        assert h1.container(name).mounts == before[name].mounts
        assert markers(h1, name).split() == [name] * len(PATHS)


def test_scale_down_keeps_the_volumes_for_the_way_up(vols: Stack, h1: Host) -> None:
    run = vols.scale("web", 1)
    kept = run.told("kept")
    assert "volume vols_each_2 on h1" in kept
    assert not any(line.startswith("volume vols_own ") for line in kept)
    vols.scale("web", 2)
    assert markers(h1, "vols-web-2").split() == ["vols-web-2"] * len(PATHS)


def test_down_keeps_all_but_what_a_person_names(vols: Stack, h1: Host) -> None:
    """Rancher behaviour 29, the part delete: containers go; unlike in Rancher volumes stay and are listed."""
    there = h1.volumes("vols_")
    run = vols.down()
    assert h1.containers("vols") == {}
    assert run.told("kept") == [f"volume {name} on h1" for name in sorted(there)]
    assert (
        "plain" in h1.volumes()
    )  # a name that the engine's other users may have too: never offered
    vols.up()
    assert markers(h1, "vols-web-1").split() == ["vols-web-1"] * len(PATHS)
    vols.down(remove_volumes="vols_each_1,vols_own")
    assert there - h1.volumes() == {"vols_each_1", "vols_own"}
