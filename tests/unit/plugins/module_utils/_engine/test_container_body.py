# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's definition of a container; that every option arrives is shown on real engines, in tests/live."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._engine.container_body import (
    container_hostname,
    create_body,
)
from ansible_collections.drover.docker.plugins.module_utils._engine.container_options import (
    config_options,
    host_options,
)
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.tests.unit.shared.builders import service


def body(changes: dict[str, t.Any] | None = None, **given: t.Any) -> dict[str, t.Any]:
    """The body of shop-web-2."""
    arguments: dict[str, t.Any] = {
        "member": MemberId("shop", "web", 2),
        "create_index": 5,
        "revision": 3,
        "config_hash": "c" * 64,
        "managed": "stack",
        "network": "drover",
        "address": "10.42.128.9",
        "volumes": {},
        "declared": {},
    }
    return create_body(service(**(changes or {})), **{**arguments, **given})


def test_labels_say_whose_the_container_is_and_override_the_users() -> None:
    labels = body({"container": {"labels": {"team": "a", "io.drover.index": "9"}}})["Labels"]
    assert labels == {
        "team": "a",
        "io.drover.managed": "stack",
        "io.drover.stack": "shop",
        "io.drover.service": "web",
        "io.drover.index": "2",
        "io.drover.create-index": "5",
        "io.drover.revision": "3",
        "io.drover.config-hash": "c" * 64,
        "io.rancher.stack.name": "shop",
        "io.rancher.stack_service.name": "shop/web",
        "io.rancher.container.name": "shop-web-2",
    }


def test_managed_network_has_address_aliases_links_and_the_stacks_names() -> None:
    links = [{"stack": "other", "service": "db", "alias": "mysql"}]
    made = body(
        {"links": links, "container": {"dns_search": ["example.org"], "dns_opt": ["rotate"]}}
    )
    assert made["HostConfig"]["NetworkMode"] == "drover"
    assert made["NetworkingConfig"]["EndpointsConfig"] == {
        "drover": {
            "IPAMConfig": {"IPv4Address": "10.42.128.9"},
            "Aliases": ["web.shop", "web.shop.rancher.internal"],
            "Links": ["db.other:mysql"],
        }
    }
    search = ["shop.rancher.internal", "rancher.internal", "example.org"]
    assert made["HostConfig"]["DnsSearch"] == search
    assert made["HostConfig"]["DnsOptions"] == ["ndots:1", "rotate"]


def test_further_names_of_a_service_are_aliases_in_its_stack() -> None:
    made = body({"aliases": ["www", "web"]})
    assert made["NetworkingConfig"]["EndpointsConfig"]["drover"]["Aliases"] == [
        *("web.shop", "web.shop.rancher.internal"),
        *("www.shop", "www.shop.rancher.internal"),
    ]


def test_devices_of_a_driver() -> None:
    request = {
        "driver": "x",
        "count": -1,
        "device_ids": [],
        "capabilities": ["a", "b"],
        "options": {},
    }
    made = body({"container": {"device_requests": [request]}})
    assert made["HostConfig"]["DeviceRequests"] == [
        {"Driver": "x", "Count": -1, "DeviceIDs": [], "Capabilities": [["a", "b"]], "Options": {}}
    ]


def test_options_of_newer_engines() -> None:
    options = {
        "annotations": {"a": "b"},
        "storage_opt": {"size": "1G"},
        "device_cgroup_rules": ["c 1:3 r"],
        "cgroup": "host",
        "cpu_rt_period": 5,
        "cpu_rt_runtime": 4,
    }
    host = body({"container": {**options, "healthcheck": {"start_interval_ns": 7}}})
    assert host["Healthcheck"] == {"StartInterval": 7}
    fields = ("Annotations", "StorageOpt", "DeviceCgroupRules", "CgroupnsMode")
    assert [host["HostConfig"][field] for field in fields] == list(options.values())[:4]
    assert (host["HostConfig"]["CpuRealtimePeriod"], host["HostConfig"]["CpuRealtimeRuntime"]) == (
        5,
        4,
    )


def test_the_users_ndots_stays_the_only_one() -> None:
    made = body({"container": {"dns_opt": ["ndots:5"]}})
    assert made["HostConfig"]["DnsOptions"] == ["ndots:5"]


@pytest.mark.parametrize("network", ["host", "none", "bridge"])
def test_other_networks_get_nothing_of_ours(network: str) -> None:
    made = body({"network": network, "container": {"dns_search": ["example.org"]}}, address=None)
    assert made["HostConfig"]["NetworkMode"] == network
    assert "NetworkingConfig" not in made
    assert made["HostConfig"]["DnsSearch"] == ["example.org"]
    assert "DnsOptions" not in made["HostConfig"]


def test_without_an_address_the_engine_chooses() -> None:
    endpoint = body(address=None)["NetworkingConfig"]["EndpointsConfig"]["drover"]
    assert "IPAMConfig" not in endpoint


@pytest.mark.parametrize(("start_once", "policy"), [(True, "no"), (False, "unless-stopped")])
def test_restart_policy_is_ours(start_once: bool, policy: str) -> None:
    assert body({"start_once": start_once})["HostConfig"]["RestartPolicy"] == {"Name": policy}


def test_hostname_is_the_users_or_the_containers_own() -> None:
    assert "Hostname" not in body()
    assert body({"container": {"hostname": "box"}})["Hostname"] == "box"
    override = {"hostname_override": True, "container": {"hostname": "box"}}
    assert body(override)["Hostname"] == "shop-web-2"


@pytest.mark.parametrize(
    ("name", "hostname"),
    [
        ("shop-web-2", "shop-web-2"),
        ("s" * 60 + "-web-12", "s" * 60 + "-12"),
        ("s" * 59 + "-web-12", "s" * 59 + "-12"),
        ("s" * 70 + "-1234", "s" * 58 + "-1234"),
    ],
)
def test_hostname_is_cut_to_one_dns_label_and_keeps_the_index(name: str, hostname: str) -> None:
    assert container_hostname(name) == hostname
    assert len(hostname) <= 63


def test_binds_are_those_of_the_file_then_what_image_and_memory_add() -> None:
    mounts = [
        {"kind": "volume", "source": "data", "target": "/var/lib/db", "options": []},
        {"kind": "bind", "source": "/srv/conf", "target": "/etc/app/", "options": ["ro", "z"]},
        {"kind": "anonymous", "source": None, "target": "/cache", "options": ["nocopy"]},
    ]
    volumes = {
        "/var/lib/db": "shop_data_2",
        "/cache": "shop_web_2_cache_0",
        "/old": "shop_web_2_old_0",
    }
    made = body({"container": {"mounts": mounts}}, volumes=volumes)
    assert made["HostConfig"]["Binds"] == [
        "shop_data_2:/var/lib/db",
        "/srv/conf:/etc/app/:ro,z",
        "shop_web_2_cache_0:/cache:nocopy",
        "shop_web_2_old_0:/old",
    ]


def test_environment_is_nowhere_but_in_env() -> None:
    made = body({"container": {"environment": {"PASSWORD": "s3cret", "A": "b"}}})
    assert made.pop("Env") == ["A=b", "PASSWORD=s3cret"]
    assert "s3cret" not in str(made)


def test_a_fixed_mac_address_is_that_of_the_container_and_of_its_endpoint() -> None:
    """Engines up to API 1.43 read the first, later ones the second."""
    made = body({"container": {"mac_address": "02:42:ac:11:00:99"}})
    endpoint = made["NetworkingConfig"]["EndpointsConfig"]["drover"]
    assert made["MacAddress"] == endpoint["MacAddress"] == "02:42:ac:11:00:99"


def test_ports_of_all_kinds() -> None:
    ports = [
        {"ip": "127.0.0.1", "public": 8080, "private": 80, "protocol": "tcp"},
        {"ip": "", "public": None, "private": 53, "protocol": "udp"},
        {"ip": "", "public": 81, "private": 80, "protocol": "tcp"},
    ]
    container = {"ports": ports, "expose": ["9000/tcp", "80/tcp"]}
    assert config_options(container)["ExposedPorts"] == {"53/udp": {}, "80/tcp": {}, "9000/tcp": {}}
    assert host_options(container)["PortBindings"] == {
        "80/tcp": [
            {"HostIp": "127.0.0.1", "HostPort": "8080"},
            {"HostIp": "", "HostPort": "81"},
        ],
        "53/udp": [{"HostIp": "", "HostPort": ""}],
    }


def test_a_disabled_healthcheck_and_missing_times() -> None:
    assert config_options({"healthcheck": {"test": ["NONE"]}})["Healthcheck"] == {"Test": ["NONE"]}
    check = {"test": ["CMD", "x"], "interval_ns": None, "retries": 0}
    assert config_options({"healthcheck": check})["Healthcheck"] == {
        "Test": ["CMD", "x"],
        "Retries": 0,
    }


@pytest.mark.parametrize(("seconds", "given"), [(0, 0), (1.0, 1), (1.2, 2)])
def test_stop_grace_period_is_rounded_up(seconds: float, given: int) -> None:
    assert config_options({"stop_grace_period_s": seconds})["StopTimeout"] == given


def test_fractions_of_cpus_are_exact() -> None:
    assert host_options({"cpus": 0.29})["NanoCpus"] == 290_000_000


def test_what_is_not_set_is_left_to_the_engine() -> None:
    assert config_options({}) == {}
    assert host_options({}) == {}
