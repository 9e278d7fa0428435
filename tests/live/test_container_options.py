# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every container option of docs/schema.md section 5 reaches a real engine, as its inspect shows.

Options are tried one at a time, by creating a container (some cannot start on every machine). One that the engine
drops is accepted only when the engine itself says so in its warnings.
"""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._engine.container_body import (
    create_body,
)
from ansible_collections.drover.docker.plugins.module_utils._engine.networks import bridge_body
from ansible_collections.drover.docker.plugins.module_utils._engine.transport import parse_api
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.module_utils._observe.container import summary

from .conftest import MARK, Live

SUBNET = "10.231.0.0/24"
NS = 1_000_000_000
MB = 1024 * 1024


@dataclasses.dataclass
class Case:
    """An option, and what the engine's inspect has to show for it."""

    key: str
    value: t.Any
    shown: dict[str, t.Any]
    """Path in the inspect, with dots, to value."""
    also: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    """Options without which this one is refused."""
    dropped: tuple[str, ...] = ()
    """Words of the warnings with which an engine drops the option."""
    gone_since_api: tuple[int, int] | None = None
    """The API version that drops the option without a word."""


CASES = [
    Case("command", ["sleep", "60"], {"Config.Cmd": ["sleep", "60"]}),
    Case("entrypoint", ["/bin/sh", "-c"], {"Config.Entrypoint": ["/bin/sh", "-c"]}),
    Case("labels", {"team": "a=b"}, {"Config.Labels.team": "a=b"}),
    Case("expose", ["81/tcp", "82/udp"], {"Config.ExposedPorts": {"81/tcp": {}, "82/udp": {}}}),
    Case("user", "1000:1000", {"Config.User": "1000:1000"}),
    Case("working_dir", "/tmp", {"Config.WorkingDir": "/tmp"}),
    Case("hostname", "box", {"Config.Hostname": "box"}),
    Case("domainname", "example.org", {"Config.Domainname": "example.org"}),
    Case("tty", True, {"Config.Tty": True}),
    Case("stdin_open", True, {"Config.OpenStdin": True}),
    Case("stop_signal", "SIGINT", {"Config.StopSignal": "SIGINT"}),
    Case("stop_grace_period_s", 1.5, {"Config.StopTimeout": 2}),
    Case(
        "healthcheck",
        {
            "test": ["CMD", "true"],
            "interval_ns": NS,
            "timeout_ns": 2 * NS,
            "start_period_ns": 3 * NS,
            "retries": 4,
        },
        {
            "Config.Healthcheck": {
                "Test": ["CMD", "true"],
                "Interval": NS,
                "Timeout": 2 * NS,
                "StartPeriod": 3 * NS,
                "Retries": 4,
            }
        },
    ),
    Case("privileged", True, {"HostConfig.Privileged": True}),
    Case("read_only", True, {"HostConfig.ReadonlyRootfs": True}),
    Case("init", True, {"HostConfig.Init": True}),
    Case(
        "oom_kill_disable",
        True,
        {"HostConfig.OomKillDisable": True},
        {"mem_limit": 64 * MB},
        ("OomKillDisable",),
    ),
    Case("cap_add", ["NET_ADMIN"], {"HostConfig.CapAdd": ["NET_ADMIN"]}),
    Case("cap_drop", ["CHOWN"], {"HostConfig.CapDrop": ["CHOWN"]}),
    Case("security_opt", ["no-new-privileges"], {"HostConfig.SecurityOpt": ["no-new-privileges"]}),
    Case("group_add", ["audio"], {"HostConfig.GroupAdd": ["audio"]}),
    Case("dns", ["192.0.2.53"], {"HostConfig.Dns": ["192.0.2.53"]}),
    Case("extra_hosts", ["db:192.0.2.7"], {"HostConfig.ExtraHosts": ["db:192.0.2.7"]}),
    Case("tmpfs", {"/scratch": "size=1m"}, {"HostConfig.Tmpfs": {"/scratch": "size=1m"}}),
    Case(
        "sysctls",
        {"net.ipv4.ip_unprivileged_port_start": "0"},
        {"HostConfig.Sysctls": {"net.ipv4.ip_unprivileged_port_start": "0"}},
    ),
    Case(
        "ulimits",
        [{"name": "nofile", "soft": 100, "hard": 200}],
        {"HostConfig.Ulimits": [{"Name": "nofile", "Soft": 100, "Hard": 200}]},
    ),
    Case(
        "devices",
        [{"host": "/dev/null", "container": "/dev/none", "permissions": "rw"}],
        {
            "HostConfig.Devices": [
                {
                    "PathOnHost": "/dev/null",
                    "PathInContainer": "/dev/none",
                    "CgroupPermissions": "rw",
                }
            ]
        },
    ),
    Case(
        "logging",
        {"driver": "json-file", "options": {"max-size": "1m"}},
        {"HostConfig.LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}}},
    ),
    Case("ipc", "host", {"HostConfig.IpcMode": "host"}),
    Case("pid", "host", {"HostConfig.PidMode": "host"}),
    Case("uts", "host", {"HostConfig.UTSMode": "host"}),
    Case("userns_mode", "host", {"HostConfig.UsernsMode": "host"}),
    Case("cgroup_parent", "/live", {"HostConfig.CgroupParent": "/live"}),
    Case("isolation", "default", {"HostConfig.Isolation": "default"}),
    Case("runtime", "runc", {"HostConfig.Runtime": "runc"}),
    Case("shm_size", 8 * MB, {"HostConfig.ShmSize": 8 * MB}),
    Case("mem_limit", 64 * MB, {"HostConfig.Memory": 64 * MB}),
    Case(
        "mem_reservation",
        32 * MB,
        {"HostConfig.MemoryReservation": 32 * MB},
        dropped=("reservation",),
    ),
    Case(
        "memswap_limit", -1, {"HostConfig.MemorySwap": -1}, {"mem_limit": 64 * MB}, ("swap limit",)
    ),
    Case(
        "kernel_memory",
        16 * MB,
        {"HostConfig.KernelMemory": 16 * MB},
        dropped=("kernel memory",),
        gone_since_api=(1, 42),
    ),
    Case("mem_swappiness", 10, {"HostConfig.MemorySwappiness": 10}, dropped=("swappiness",)),
    Case("oom_score_adj", 100, {"HostConfig.OomScoreAdj": 100}),
    Case("cpu_shares", 512, {"HostConfig.CpuShares": 512}, dropped=("CPU shares",)),
    Case("cpu_period", 50_000, {"HostConfig.CpuPeriod": 50_000}, dropped=("CPU CFS", "CPU cfs")),
    Case("cpu_quota", 25_000, {"HostConfig.CpuQuota": 25_000}, dropped=("CPU CFS", "CPU cfs")),
    Case("cpu_count", 1, {"HostConfig.CpuCount": 1}),
    Case("cpus", 0.5, {"HostConfig.NanoCpus": 500_000_000}),
    Case("cpuset", "0", {"HostConfig.CpusetCpus": "0"}, dropped=("cpuset",)),
    Case(
        "pids_limit",
        50,
        {"HostConfig.PidsLimit": 50},
        dropped=("PidsLimit", "pids limit", "PIDs limit"),
    ),
    Case("blkio_weight", 300, {"HostConfig.BlkioWeight": 300}, dropped=("Block I/O weight",)),
    Case(
        "blkio_weight_device",
        [{"path": "/dev/null", "weight": 300}],
        {"HostConfig.BlkioWeightDevice": [{"Path": "/dev/null", "Weight": 300}]},
        dropped=("Block I/O weight",),
    ),
    *[
        Case(
            key,
            [{"path": "/dev/null", "rate": 1024}],
            {f"HostConfig.{field}": [{"Path": "/dev/null", "Rate": 1024}]},
        )
        for key, field in (
            ("device_read_bps", "BlkioDeviceReadBps"),
            ("device_write_bps", "BlkioDeviceWriteBps"),
            ("device_read_iops", "BlkioDeviceReadIOps"),
            ("device_write_iops", "BlkioDeviceWriteIOps"),
        )
    ],
    Case("dns_opt", ["timeout:1"], {"HostConfig.DnsOptions": ["ndots:1", "timeout:1"]}),
    Case("dns_opt", ["ndots:3"], {"HostConfig.DnsOptions": ["ndots:3"]}),
]

# Options that the tests below try, because they are about more than one field.
ELSEWHERE = {"environment", "ports", "mounts", "volume_driver", "mac_address", "dns_search"}

SCHEMA_KEYS = """
    command entrypoint environment labels ports expose mounts volume_driver user working_dir hostname domainname
    mac_address tty stdin_open stop_signal stop_grace_period_s healthcheck privileged read_only init oom_kill_disable
    cap_add cap_drop security_opt group_add dns dns_opt dns_search extra_hosts tmpfs sysctls ulimits devices logging
    ipc pid uts userns_mode cgroup_parent isolation runtime shm_size mem_limit mem_reservation memswap_limit
    kernel_memory mem_swappiness oom_score_adj cpu_shares cpu_period cpu_quota cpu_count pids_limit cpus cpuset
    blkio_weight blkio_weight_device device_read_bps device_write_bps device_read_iops device_write_iops
"""


def service_of(image: str, container: dict[str, t.Any], **changed: t.Any) -> dict[str, t.Any]:
    """A canonical service with these container options."""
    return {
        "image": image,
        "network": "managed",
        "start_once": False,
        "hostname_override": False,
        "links": [],
        "container": {**container, "labels": {MARK: "1", **container.get("labels", {})}},
        **changed,
    }


@dataclasses.dataclass
class Shop:
    """Creates containers of one stack on one engine."""

    live: Live
    network: str
    count: int = 0

    def create(
        self, container: dict[str, t.Any], *, address: str | None = None, **given: t.Any
    ) -> t.Any:
        """The inspect and the warnings of a new container with these options."""
        self.count += 1
        # The image declares /data: without a name the engine would make one that nobody removes.
        volumes = {"/data": f"{self.live.stack}-data-{self.count}", **given.pop("volumes", {})}
        body = create_body(
            service_of(self.live.image, container, **given),
            member=MemberId(self.live.stack, "opt", self.count),
            create_index=self.count,
            revision=1,
            config_hash="0" * 64,
            managed="module",
            network=self.network,
            address=address,
            volumes=volumes,
            declared={},
        )
        made = self.live.post(
            "/containers/create", body, name=f"{self.live.stack}-opt-{self.count}"
        )
        return self.live.engine.inspect(made["Id"]), made["Warnings"] or []


@pytest.fixture(scope="module")
def shop(live: Live) -> t.Iterator[Shop]:
    network = live.stack + "-net"
    live.engine.create_network(network, bridge_body(SUBNET))
    yield Shop(live, network)
    live.sweep()


def at(inspected: dict[str, t.Any], path: str) -> t.Any:
    found: t.Any = inspected
    for step in path.split("."):
        found = found.get(step)
        if found is None:
            return None
    return found


def test_every_option_of_the_schema_is_tried() -> None:
    assert {case.key for case in CASES} | ELSEWHERE == set(SCHEMA_KEYS.split())


def holds(shown: t.Any, expected: t.Any) -> bool:
    """Whether an inspect shows what is expected; the image and the engine's own defaults may add to maps."""
    if isinstance(shown, dict) and isinstance(expected, dict):
        return all(key in shown and holds(shown[key], value) for key, value in expected.items())
    return bool(shown == expected)


def is_dropped(case: Case, live: Live, warnings: list[str]) -> bool:
    """Whether this engine is known to drop the option, by its warnings or its version."""
    said = any(words.lower() in text.lower() for words in case.dropped for text in warnings)
    return said or bool(
        case.gone_since_api and parse_api(live.raw.api_version) >= case.gone_since_api
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.key)
def test_option_reaches_the_engine(shop: Shop, case: Case) -> None:
    inspected, warnings = shop.create({**case.also, case.key: case.value})
    for path, expected in case.shown.items():
        shown = at(inspected, path)
        if not shown and is_dropped(case, shop.live, warnings):
            print(
                f"engine {shop.live.version} drops {case.key}: {'; '.join(warnings) or 'without a word'}"
            )
        else:
            assert holds(shown, expected), (shown, warnings)


def test_environment_is_sorted_and_overrides_the_image(shop: Shop) -> None:
    inspected, _warnings = shop.create({"environment": {"B": "2=3", "A": "ä b", "EMPTY": ""}})
    assert inspected["Config"]["Env"][:3] == ["A=ä b", "B=2=3", "EMPTY="]


def test_ports_fixed_random_twice_and_udp(shop: Shop) -> None:
    ports = [
        {"ip": "127.0.0.1", "public": 18080, "private": 80, "protocol": "tcp"},
        {"ip": "", "public": 18081, "private": 80, "protocol": "tcp"},
        {"ip": "", "public": None, "private": 53, "protocol": "udp"},
    ]
    inspected, _warnings = shop.create({"ports": ports})
    assert inspected["HostConfig"]["PortBindings"] == {
        "80/tcp": [
            {"HostIp": "127.0.0.1", "HostPort": "18080"},
            {"HostIp": "", "HostPort": "18081"},
        ],
        "53/udp": [{"HostIp": "", "HostPort": ""}],
    }
    assert {"80/tcp", "53/udp"} <= set(inspected["Config"]["ExposedPorts"])
    assert summary(inspected)["ports"] == [["0.0.0.0", 18081, "tcp"], ["127.0.0.1", 18080, "tcp"]]


def test_mounts_of_all_kinds(shop: Shop) -> None:
    mounts = [
        {"kind": "bind", "source": "/etc", "target": "/host-etc", "options": ["ro"]},
        {
            "kind": "volume",
            "source": f"{shop.live.stack}-plain",
            "target": "/plain/",
            "options": [],
        },
        {"kind": "anonymous", "source": None, "target": "/nameless", "options": []},
    ]
    volumes = {
        "/plain": f"{shop.live.stack}-plain",
        "/nameless": f"{shop.live.stack}-n1",
        "/once": f"{shop.live.stack}-n2",
    }
    inspected, _warnings = shop.create({"mounts": mounts}, volumes=volumes)
    shown = summary(inspected)["mounts"]
    assert shown.pop("/data").startswith(shop.live.stack)
    assert shown == volumes
    bind = next(item for item in inspected["Mounts"] if item["Type"] == "bind")
    assert (bind["Source"], bind["Destination"], bind["RW"]) == ("/etc", "/host-etc", False)


def test_mac_address_of_the_endpoint(shop: Shop) -> None:
    inspected, _warnings = shop.create(
        {"mac_address": "02:42:ac:11:00:99", "command": ["sleep", "60"]}
    )
    shop.live.engine.start(inspected["Id"])
    endpoint = shop.live.engine.inspect(inspected["Id"])["NetworkSettings"]["Networks"][
        shop.network
    ]
    assert endpoint["MacAddress"] == "02:42:ac:11:00:99"


def test_dns_search_of_the_stack_comes_first(shop: Shop) -> None:
    inspected, _warnings = shop.create({"dns_search": ["example.org"]})
    stack = shop.live.stack
    assert inspected["HostConfig"]["DnsSearch"] == [
        f"{stack}.rancher.internal",
        "rancher.internal",
        "example.org",
    ]


def test_address_aliases_links_and_labels(shop: Shop) -> None:
    links = [{"stack": "other", "service": "db", "alias": "mysql"}]
    inspected, _warnings = shop.create(
        {}, address="10.231.0.200", links=links, hostname_override=True
    )
    seen = summary(inspected)
    stack = shop.live.stack
    endpoint = dict(seen["networks"][shop.network])
    endpoint.pop("mac")  # the engine's choice, by most engines not before the start
    assert endpoint == {
        "address": "10.231.0.200",
        "aliases": [f"opt.{stack}", f"opt.{stack}.rancher.internal"],
        "links": ["db.other:mysql"],
    }
    assert inspected["Config"]["Hostname"] == seen["name"] == f"{stack}-opt-{seen['index']}"
    labels = inspected["Config"]["Labels"]
    assert labels["io.rancher.stack_service.name"] == f"{stack}/opt"
    assert labels["io.rancher.container.name"] == seen["name"]


@pytest.mark.parametrize("network", ["host", "none", "bridge"])
def test_other_network_modes(shop: Shop, network: str) -> None:
    inspected, _warnings = shop.create({}, network=network)
    assert inspected["HostConfig"]["NetworkMode"] == network
    assert not inspected["HostConfig"]["DnsSearch"]


@pytest.mark.parametrize(("start_once", "policy"), [(True, "no"), (False, "unless-stopped")])
def test_restart_policy_is_ours(shop: Shop, start_once: bool, policy: str) -> None:
    inspected, _warnings = shop.create({}, start_once=start_once)
    assert inspected["HostConfig"]["RestartPolicy"]["Name"] == policy


# Not allowed where the engine itself runs in a container, or they end the container at once.
UNSTARTABLE = {
    "privileged", "entrypoint", "command", "kernel_memory", "cgroup_parent", "devices", "userns_mode", "uts",
    "oom_kill_disable", "cpu_period", "cpu_quota", "mac_address", "mem_swappiness", "healthcheck",
    "device_read_bps", "device_write_bps", "device_read_iops", "device_write_iops",
}  # fmt: skip


def test_many_options_at_once_run(shop: Shop) -> None:
    """What can start anywhere starts, all at once: the options do not only reach the engine, they fit together."""
    options: dict[str, t.Any] = {}
    for case in CASES:
        if case.key not in UNSTARTABLE and not case.dropped:
            options.setdefault(case.key, case.value)
    options.update(uts="", hostname="box", command=["sleep", "60"])
    inspected, _warnings = shop.create(
        {key: value for key, value in options.items() if value != ""}
    )
    shop.live.engine.start(inspected["Id"])
    state = shop.live.engine.inspect(inspected["Id"])["State"]
    assert state["Status"] == "running", state
