# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which volume a member has at which path."""

from __future__ import annotations

import typing as t

from ansible_collections.drover.docker.plugins.module_utils._common.names import unnamed_volume_name
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.module_utils._model.volumes import (
    VolumeSpec,
    member_volumes,
    volume_specs,
)
from ansible_collections.drover.docker.tests.unit.shared.builders import service
from hypothesis import given
from hypothesis import strategies as st

Json = dict[str, t.Any]


def mount(kind: str, target: str, source: str | None = None) -> Json:
    return {"kind": kind, "source": source, "target": target, "options": []}


def declaration(name: str, **changes: t.Any) -> Json:
    base = {
        "driver": "local",
        "driver_opts": {},
        "external": False,
        "name": name,
        "per_container": False,
    }
    return {**base, **changes}


def volumes(
    container: Json | None = None,
    *,
    declared: Json | None = None,
    image: t.Iterable[str] = (),
    remembered: dict[str, str] | None = None,
) -> dict[str, str]:
    """The volumes of shop/web/3."""
    return member_volumes(
        service(container=container or {}),
        member=MemberId("shop", "web", 3),
        declared=declared or {},
        image_volumes=image,
        remembered=remembered or {},
    )


def specs(
    container: Json, *, declared: Json | None = None, image: t.Iterable[str] = ()
) -> list[VolumeSpec]:
    return volume_specs(
        service(container=container),
        member=MemberId("shop", "web", 3),
        declared=declared or {},
        volumes=volumes(container, declared=declared, image=image),
    )


def unnamed(path: str) -> str:
    return unnamed_volume_name("shop", "web", 3, path)


def test_scopes_of_named_volumes() -> None:
    declared = {
        "shared": declaration("shop_shared"),
        "own": declaration("shop_own", per_container=True),
        "given": declaration("nfs-data", external=True),
    }
    mounts = [mount("volume", f"/{name}", name) for name in ("shared", "own", "given", "plain")]
    assert volumes({"mounts": mounts}, declared=declared) == {
        "/shared": "shop_shared",
        "/own": "shop_own_3",
        "/given": "nfs-data",
        "/plain": "plain",
    }


def test_volumes_without_a_name_get_the_same_name_each_time() -> None:
    found = volumes({"mounts": [mount("anonymous", "/cache/")]}, image=["/data", "/cache"])
    assert found == {"/cache": unnamed("/cache"), "/data": unnamed("/data")}


def test_bind_mounts_and_tmpfs_hide_what_the_image_declares() -> None:
    container = {"mounts": [mount("bind", "/data/", "/srv")], "tmpfs": {"/run/": ""}}
    assert volumes(container, image=["/data", "/run", "/more"]) == {"/more": unnamed("/more")}


def test_a_path_once_mounted_stays_mounted() -> None:
    """The image no longer declares /data."""
    assert volumes(remembered={"/data": "shop_web_3_data_x"}) == {"/data": "shop_web_3_data_x"}


def test_a_remembered_volume_is_the_one_with_the_data() -> None:
    """A container from before had one with a name by the engine."""
    assert volumes(image=["/data/"], remembered={"/data": "5f3c"}) == {"/data": "5f3c"}


def test_the_file_decides_about_paths_that_it_names() -> None:
    container = {"mounts": [mount("volume", "/data", "new"), mount("bind", "/conf", "/srv")]}
    assert volumes(container, remembered={"/data": "old", "/conf": "old2"}) == {"/data": "new"}


@given(st.lists(st.sampled_from(["/a", "/b", "/c/d", "/e"]), unique=True), st.booleans())
def test_no_path_of_the_image_is_without_a_volume_of_ours(paths: list[str], bound: bool) -> None:
    container = {"mounts": [mount("bind", "/a", "/srv")] if bound else []}
    found = volumes(container, image=paths)
    assert set(paths) - ({"/a"} if bound else set()) == set(found)
    assert volumes(container, image=[], remembered=found) == found


def test_labels_and_drivers_of_what_is_created() -> None:
    declared = {
        "shared": declaration("shop_shared", driver="nfs", driver_opts={"share": "x:/y"}),
        "own": declaration("shop_own", per_container=True),
        "given": declaration("nfs-data", external=True),
    }
    mounts = [mount("volume", f"/{name}", name) for name in ("given", "own", "plain", "shared")]
    member = {"io.drover.stack": "shop", "io.drover.service": "web", "io.drover.index": "3"}
    container = {"mounts": mounts, "volume_driver": "fast"}
    by_name = {spec.name: spec for spec in specs(container, declared=declared, image=["/data"])}
    assert by_name["nfs-data"].external
    assert by_name["shop_own_3"].labels == {**member, "io.drover.volume": "own"}
    assert by_name["plain"] == VolumeSpec("plain", "fast", {}, {})
    assert by_name["shop_shared"].driver_opts == {"share": "x:/y"}
    assert by_name["shop_shared"].labels == {
        "io.drover.stack": "shop",
        "io.drover.volume": "shared",
    }
    assert by_name[unnamed("/data")] == VolumeSpec(
        unnamed("/data"), "fast", {}, {**member, "io.drover.path": "/data"}
    )


def test_a_volume_mounted_twice_is_created_once() -> None:
    mounts = [mount("volume", "/a", "plain"), mount("volume", "/b", "plain")]
    assert [spec.name for spec in specs({"mounts": mounts})] == ["plain"]
