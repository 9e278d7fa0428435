# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a member must be stopped before its newcomer starts."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._common.constants import STATE_DIR_MARK
from ansible_collections.drover.docker.plugins.module_utils._model.entry import MemberEntry
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.member import (
    WantedMember,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.upgrade.order import (
    others_of,
    stop_first_reason,
)
from ansible_collections.drover.docker.tests.unit.shared.builders import service

PORT = {"ip": "", "public": 80, "private": 80, "protocol": "tcp"}


def entry(**volumes: str) -> MemberEntry:
    return MemberEntry(
        host="h1",
        launch="",
        address="",
        network="",
        create_index=1,
        volumes={f"/{path}": name for path, name in volumes.items()},
        retired=False,
    )


def mount(kind: str, source: str, target: str, *options: str) -> dict[str, t.Any]:
    return {"kind": kind, "source": source, "target": target, "options": list(options)}


def container(**options: t.Any) -> dict[str, t.Any]:
    return {"container": options}


CASES: dict[str, tuple[dict[str, t.Any], dict[str, str], str]] = {
    "nothing shared": ({}, {}, ""),
    "host port": (container(ports=[PORT]), {}, "needs_host_port"),
    "port that the engine picks": (container(ports=[{**PORT, "public": None}]), {}, ""),
    "host network": ({"network": "host"}, {}, "needs_host_network"),
    "hardware address": (container(mac_address="02:42:0a:00:00:01"), {}, "needs_address"),
    "retained address": ({"retain_ip": True}, {}, "needs_address"),
    "own volume": ({}, {"data": "shop_db_1_data"}, "needs_volume"),
    "volume of others too": ({}, {"data": "shared"}, ""),
    "read only": (
        container(mounts=[mount("volume", "data", "/data", "ro")]),
        {"data": "shop_data"},
        "",
    ),
    "folder of the host": (
        container(mounts=[mount("bind", "/srv/data", "/data")]),
        {},
        "needs_volume",
    ),
    "folder, read only": (container(mounts=[mount("bind", "/etc/x", "/x", "ro")]), {}, ""),
    "socket": (
        container(mounts=[mount("bind", "/run/docker.sock", "/run/docker.sock")]),
        {},
        "",
    ),
    "our own folder": (container(mounts=[mount("bind", f"{STATE_DIR_MARK}/x", "/run")]), {}, ""),
}


@pytest.mark.parametrize("side", ["old", "new"])
@pytest.mark.parametrize("case", CASES)
def test_reasons(case: str, side: str) -> None:
    """A port or an address of either is enough; files only count where both write to them."""
    keys, volumes, code = CASES[case]
    changed, plain = service(**keys), service()
    old, new = (changed, plain) if side == "old" else (plain, changed)
    member = WantedMember(MemberId("shop", "db", 1), entry(**volumes), old, "active")
    others = {"web/1": entry(files="shared")}
    found = stop_first_reason(member, new, others)
    expected = "" if case == "folder of the host" else code
    assert (found.code if found else "") == expected


def test_a_folder_that_both_write_to() -> None:
    keys = container(mounts=[mount("bind", "/srv/data", "/data")])
    member = WantedMember(MemberId("shop", "db", 1), entry(), service(**keys), "active")
    found = stop_first_reason(member, service(**keys), {})
    assert found
    assert found.text == "both would write to /srv/data"


def test_a_volume_that_one_of_them_hides() -> None:
    hidden = service(**container(tmpfs={"/data": ""}))
    for old, new in ((hidden, service()), (service(), hidden)):
        member = WantedMember(MemberId("shop", "db", 1), entry(data="own"), old, "active")
        assert stop_first_reason(member, new, {}) is None


def test_others_are_those_of_other_members() -> None:
    members = {"db/1": entry(), "db/1@7": entry(), "db/11": entry(), "db/2": entry()}
    assert sorted(others_of(members, MemberId("shop", "db", 1))) == ["db/11", "db/2"]
