# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The config hash, and how a change is told."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._compose.service import (
    canonical_service,
)
from ansible_collections.drover.docker.plugins.module_utils._model.config_hash import (
    changed_keys,
    config_hash,
)

KEYS: dict[str, t.Any] = {
    "image": "nginx:1",
    "environment": {"A": "1", "B": "2"},
    "labels": {"a": "b"},
    "ports": ["80:80"],
    "volumes": ["data:/data", "plain:/plain"],
    "sysctls": {"net.a": 1},
    "stop_grace_period": "10s",
}
VOLUMES = {"data": {"driver": "local", "name": "shop_data"}, "other": {"driver": "local"}}


def service(**changes: t.Any) -> dict[str, t.Any]:
    keys = {key: value for key, value in {**KEYS, **changes}.items() if value is not None}
    return canonical_service("web", keys, stack="shop", file="", volumes=set(VOLUMES))


# What needs a new container: change of the keys -> how it is told.
NEW_CONTAINER: list[tuple[dict[str, t.Any], list[str]]] = [
    ({"image": "nginx:2"}, ["image"]),
    ({"environment": {"A": "1", "C": "2"}}, ["environment.B", "environment.C"]),
    ({"environment": {"A": "9", "B": "2"}}, ["environment.A"]),
    ({"environment": {"A": "1", "B": "2", "C": ""}}, ["environment.C"]),
    ({"environment": None}, ["environment.A", "environment.B"]),
    ({"labels": {"a": "c"}}, ["labels.a"]),
    ({"ports": ["81:80"]}, ["ports"]),
    ({"volumes": ["data:/data"]}, ["volumes"]),
    ({"sysctls": {"net.a": 2}}, ["sysctls.net.a"]),
    ({"stop_grace_period": "5s"}, ["stop_grace_period"]),
    ({"network_mode": "host"}, ["network_mode"]),
    ({"command": "x", "tty": True}, ["command", "tty"]),
    (
        {"labels": {"a": "b", "io.rancher.container.start_once": "true"}},
        ["labels.io.rancher.container.start_once"],
    ),
    (
        {"labels": {"a": "b", "io.rancher.container.hostname_override": "container_name"}},
        ["labels.io.rancher.container.hostname_override"],
    ),
]
# What is applied in place.
IN_PLACE: list[tuple[dict[str, t.Any], list[str]]] = [
    ({"scale": 5}, []),
    ({"retain_ip": True}, ["retain_ip"]),
    ({"start_on_create": False}, ["start_on_create"]),
    ({"pull_policy": "always"}, ["pull_policy"]),
    ({"metadata": {"a": 1}}, ["metadata.a"]),
    ({"links": ["db"]}, ["links"]),
    ({"depends_on": ["db"]}, ["depends_on"]),
    ({"health_check": {"port": 80}}, ["health_check"]),
    (
        {"labels": {"a": "b", "io.rancher.scheduler.affinity:host_label": "ssd=true"}},
        ["labels.io.rancher.scheduler.affinity:host_label"],
    ),
]


@pytest.mark.parametrize(("change", "told"), NEW_CONTAINER)
def test_a_change_that_needs_a_new_container(change: dict[str, t.Any], told: list[str]) -> None:
    old, new = service(), service(**change)
    assert config_hash(old, VOLUMES) != config_hash(new, VOLUMES)
    for before, after in ((old, new), (new, old)):
        assert changed_keys(before, after) == told


@pytest.mark.parametrize(("change", "told"), IN_PLACE)
def test_a_change_that_is_applied_in_place(change: dict[str, t.Any], told: list[str]) -> None:
    old, new = service(), service(**change)
    assert config_hash(old, VOLUMES) == config_hash(new, VOLUMES)
    assert changed_keys(old, new) == told


def test_the_declarations_of_mounted_volumes_count() -> None:
    changed = copy.deepcopy(VOLUMES)
    changed["data"]["driver"] = "nfs"
    old = service()
    assert config_hash(old, VOLUMES) != config_hash(old, changed)
    assert changed_keys(old, old, old_volumes=VOLUMES, new_volumes=changed) == ["volumes.data"]
    changed = {**VOLUMES, "other": {"driver": "nfs"}}
    assert config_hash(old, VOLUMES) == config_hash(old, changed)
    assert changed_keys(old, old, old_volumes=VOLUMES, new_volumes=changed) == []


def test_the_hash_is_that_of_earlier_releases() -> None:
    # It is stored on containers: a change of it would ask for new ones everywhere.
    known = "848f939fbe3d9ac01d3400a6882c163c17674c22b719e83d0b18f70ecf7e9a08"
    assert config_hash(service(), VOLUMES) == known


def test_values_are_never_told() -> None:
    old = service(environment={"PASSWORD": "hunter2"}, command="hunter2")
    new = service(environment={"PASSWORD": "hunter3"}, command="hunter3")
    assert "hunter" not in "".join(changed_keys(old, new))


def test_the_order_of_keys_does_not_count() -> None:
    turned = dict(reversed(list(KEYS.items())))
    turned["environment"] = dict(reversed(list(KEYS["environment"].items())))
    again = canonical_service("web", turned, stack="shop", file="", volumes=set(VOLUMES))
    assert config_hash(again, VOLUMES) == config_hash(service(), VOLUMES)
