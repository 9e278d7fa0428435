# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every plain option of a service reaches the canonical form."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._compose.options import OPTIONS
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import (
    load,
    service,
    with_keys,
)

MIB = 2**20


def port(private: int, public: int | None = None, ip: str = "", protocol: str = "tcp") -> t.Any:
    return {"ip": ip, "public": public, "private": private, "protocol": protocol}


def mount(kind: str, source: str | None, target: str, *options: str) -> t.Any:
    return {"kind": kind, "source": source, "target": target, "options": list(options)}


# keys of the service -> what its container has; None: nothing
CONTAINER: list[tuple[str, str, t.Any]] = [
    ("command: sh -c 'echo  \"a b\"' x", "command", ["sh", "-c", 'echo  "a b"', "x"]),
    ("command: [a, 5, true, 1.10]", "command", ["a", "5", "true", "1.10"]),
    ("command: >\n  a\n  b # c", "command", ["a", "b", "#", "c"]),
    ("command: ''", "command", None),
    ("command:", "command", None),
    ("entrypoint: /run.sh -x", "entrypoint", ["/run.sh", "-x"]),
    ("entrypoint: []", "entrypoint", [""]),
    ("entrypoint: ''", "entrypoint", None),
    (
        "environment: {A: 1.10, B: 0x1F, C: 1e3}",
        "environment",
        {"A": "1.10", "B": "0x1F", "C": "1e3"},
    ),
    ("environment: {A: true, B: False}", "environment", {"A": "true", "B": "false"}),
    ("environment: {A: yes, B: off, C: y}", "environment", {"A": "yes", "B": "off", "C": "y"}),
    ("environment: {A: 22:22, B: 0777}", "environment", {"A": "22:22", "B": "0777"}),
    ("environment: {A: 2016-01-02, B: -0}", "environment", {"A": "2016-01-02", "B": "-0"}),
    ("environment: [A=b=c, 'D=', E=1.0]", "environment", {"A": "b=c", "D": "", "E": "1.0"}),
    ('environment: {A: "x\\ny"}', "environment", {"A": "x\ny"}),
    ("environment: {on: 1, 5: 6}", "environment", {"on": "1", "5": "6"}),
    ("environment: [A=1, A=2]", "environment", {"A": "2"}),
    (
        "labels: {a: true, b: 5, c: , d: 1.50}",
        "labels",
        {"a": "true", "b": "5", "c": "", "d": "1.50"},
    ),
    ("labels: [a=b, c]", "labels", {"a": "b", "c": ""}),
    ("labels: {a: '$${stack_name}/$${service_name}'}", "labels", {"a": "shop/web"}),
    ("ports: [80]", "ports", [port(80)]),
    (
        "ports: ['::1:8080:80', '[::1]:8081:80']",
        "ports",
        [port(80, 8080, "::1"), port(80, 8081, "::1")],
    ),
    ("ports: ['fe80::2::80']", "ports", [port(80, None, "fe80::2")]),
    ("ports: 80", "ports", [port(80)]),
    ("ports: [22:22]", "ports", [port(22, 22)]),
    ("ports: ['8080:80/udp']", "ports", [port(80, 8080, protocol="udp")]),
    ("ports: ['53:53', '53:53/udp']", "ports", [port(53, 53), port(53, 53, protocol="udp")]),
    ("ports: ['80/SCTP']", "ports", [port(80, protocol="sctp")]),
    ("ports: [':3000']", "ports", [port(3000)]),
    ("ports: [80, 80]", "ports", [port(80)]),
    ("ports: ['127.0.0.1:8080:80']", "ports", [port(80, 8080, ip="127.0.0.1")]),
    ("ports: ['127.0.0.1::80']", "ports", [port(80, ip="127.0.0.1")]),
    ("ports: ['[::1]:8080:80']", "ports", [port(80, 8080, ip="::1")]),
    (
        "ports: ['10.0.0.1:80:80', '10.0.0.2:80:81']",
        "ports",
        [port(80, 80, "10.0.0.1"), port(81, 80, "10.0.0.2")],
    ),
    ("ports: ['8000-8001:9000-9001']", "ports", [port(9000, 8000), port(9001, 8001)]),
    ("ports: ['3000-3001']", "ports", [port(3000), port(3001)]),
    (
        "ports: [{target: 80, published: '8080', host_ip: 10.0.0.1, protocol: udp, mode: host}]",
        "ports",
        [port(80, 8080, "10.0.0.1", "udp")],
    ),
    ("ports: [{target: 80}]", "ports", [port(80)]),
    ("expose: [80, '81/udp', 82-83]", "expose", ["80/tcp", "81/udp", "82/tcp", "83/tcp"]),
    ("volumes: [/data/]", "mounts", [mount("anonymous", None, "/data")]),
    ("volumes: [':/data']", "mounts", [mount("anonymous", None, "/data")]),
    ("volumes: ['data:/x:ro,z']", "mounts", [mount("volume", "data", "/x", "ro", "z")]),
    ("volumes: ['data:/x:nocopy']", "mounts", [mount("volume", "data", "/x", "nocopy")]),
    ("volumes: ['/a//b/../c/:/x:rslave']", "mounts", [mount("bind", "/a/c", "/x", "rslave")]),
    ("volumes: [{target: /x}]", "mounts", [mount("anonymous", None, "/x")]),
    (
        "volumes: [{type: volume, source: data, target: /x, read_only: true, volume: {nocopy: true}}]",
        "mounts",
        [mount("volume", "data", "/x", "ro", "nocopy")],
    ),
    (
        "volumes: [{type: bind, source: /a, target: /x, bind: {propagation: shared, selinux: Z}}]",
        "mounts",
        [mount("bind", "/a", "/x", "Z", "shared")],
    ),
    (
        "volumes: [{type: tmpfs, target: /x, tmpfs: {size: 1m, mode: 0700}}]",
        "tmpfs",
        {"/x": "size=1048576,mode=700"},
    ),
    ("tmpfs: /run", "tmpfs", {"/run": ""}),
    (
        "tmpfs: [/run, '/tmp:size=64m,mode=1777']",
        "tmpfs",
        {"/run": "", "/tmp": "size=64m,mode=1777"},
    ),
    ("volume_driver: nfs", "volume_driver", "nfs"),
    ("volume_driver: ''", "volume_driver", None),
    ("user: 1000", "user", "1000"),
    ("user: 0:0", "user", "0:0"),
    ("working_dir: /srv", "working_dir", "/srv"),
    ("hostname: web_1.example.com", "hostname", "web_1.example.com"),
    ("hostname: ''", "hostname", None),
    ("domainname: example.com", "domainname", "example.com"),
    ("mac_address: 02:42:ac:11:65:43", "mac_address", "02:42:ac:11:65:43"),
    ("tty: true", "tty", True),
    ("tty: 'yes'", "tty", True),
    ("tty: off", "tty", None),
    ("stdin_open: on", "stdin_open", True),
    ("privileged: true", "privileged", True),
    ("read_only: TRUE", "read_only", True),
    ("init: true", "init", True),
    ("init: false", "init", False),
    ("oom_kill_disable: true", "oom_kill_disable", True),
    ("stop_signal: SIGUSR1", "stop_signal", "SIGUSR1"),
    ("stop_signal: 9", "stop_signal", "9"),
    ("stop_grace_period: 1m30s", "stop_grace_period_s", 90.0),
    ("stop_grace_period: 1h 500ms", "stop_grace_period_s", 3600.5),
    ("stop_grace_period: 5", "stop_grace_period_s", 5.0),
    ("stop_grace_period: 0s", "stop_grace_period_s", 0.0),
    (
        "healthcheck: {test: curl -f localhost, interval: 1m30s, timeout: 500ms, start_period: 40s, retries: 3}",
        "healthcheck",
        {
            "test": ["CMD-SHELL", "curl -f localhost"],
            "interval_ns": 90 * 10**9,
            "timeout_ns": 5 * 10**8,
            "start_period_ns": 40 * 10**9,
            "retries": 3,
        },
    ),
    ("healthcheck: {test: [CMD, a]}", "healthcheck", {"test": ["CMD", "a"]}),
    ("healthcheck: {disable: true}", "healthcheck", {"test": ["NONE"]}),
    ("healthcheck: {test: [NONE]}", "healthcheck", {"test": ["NONE"]}),
    ("cap_add: [NET_ADMIN, SYS_TIME]", "cap_add", ["NET_ADMIN", "SYS_TIME"]),
    ("cap_add: []", "cap_add", None),
    ("cap_drop: ALL", "cap_drop", ["ALL"]),
    ("security_opt: ['seccomp:unconfined']", "security_opt", ["seccomp:unconfined"]),
    ("group_add: [adm, 5]", "group_add", ["adm", "5"]),
    ("dns: 10.0.0.1", "dns", ["10.0.0.1"]),
    ("dns: [10.0.0.1, '::1']", "dns", ["10.0.0.1", "::1"]),
    ("dns: [169.254.169.250]", "dns", None),
    ("blkio_weight: 0", "blkio_weight", None),
    ("dns_opt: [use-vc]", "dns_opt", ["use-vc"]),
    ("dns_search: example.com", "dns_search", ["example.com"]),
    (
        "extra_hosts: ['db:10.0.0.1', 'v=[::1]', 'h:host-gateway']",
        "extra_hosts",
        ["db:10.0.0.1", "v:::1", "h:host-gateway"],
    ),
    ("extra_hosts: {db: 10.0.0.1}", "extra_hosts", ["db:10.0.0.1"]),
    ("sysctls: {net.core.somaxconn: 1024}", "sysctls", {"net.core.somaxconn": "1024"}),
    ("sysctls: [a.b=0]", "sysctls", {"a.b": "0"}),
    (
        "ulimits: {nproc: 65535, nofile: {soft: 1, hard: -1}}",
        "ulimits",
        [
            {"name": "nofile", "soft": 1, "hard": -1},
            {"name": "nproc", "soft": 65535, "hard": 65535},
        ],
    ),
    (
        "devices: [/dev/a, '/dev/b:/dev/c', '/dev/d:/dev/e:r', '/dev/f:rw']",
        "devices",
        [
            {"host": "/dev/a", "container": "/dev/a", "permissions": "rwm"},
            {"host": "/dev/b", "container": "/dev/c", "permissions": "rwm"},
            {"host": "/dev/d", "container": "/dev/e", "permissions": "r"},
            {"host": "/dev/f", "container": "/dev/f", "permissions": "rw"},
        ],
    ),
    ("annotations: {a: b}", "annotations", {"a": "b"}),
    ("annotations: [a=b]", "annotations", {"a": "b"}),
    ("storage_opt: {size: 5G}", "storage_opt", {"size": "5G"}),
    (
        "device_cgroup_rules: ['c 1:3 mr', 'a 7:* rwm']",
        "device_cgroup_rules",
        ["c 1:3 mr", "a 7:* rwm"],
    ),
    ("cgroup: host", "cgroup", "host"),
    ("cpu_rt_period: 950000", "cpu_rt_period", 950000),
    ("cpu_rt_runtime: 400ms", "cpu_rt_runtime", 400000),
    ("blkio_config: {weight: 300}", "blkio_weight", 300),
    (
        "blkio_config: {device_read_bps: [{path: /dev/sda, rate: 1mb}]}",
        "device_read_bps",
        [{"path": "/dev/sda", "rate": MIB}],
    ),
    ("healthcheck: {start_interval: 2s}", "healthcheck", {"start_interval_ns": 2 * 10**9}),
    ("attach: false", "attach", None),
    ("platform: ''", "platform", None),
    (
        "gpus: all",
        "device_requests",
        [{"driver": "", "count": -1, "device_ids": [], "capabilities": ["gpu"], "options": {}}],
    ),
    (
        "logging: {driver: syslog, options: {tag: x, max-file: 5}}",
        "logging",
        {"driver": "syslog", "options": {"tag": "x", "max-file": "5"}},
    ),
    (
        "log_driver: syslog\nlog_opt: {tag: x}",
        "logging",
        {"driver": "syslog", "options": {"tag": "x"}},
    ),
    ("log_driver: ''\nlog_opt: {}", "logging", None),
    ("ipc: host", "ipc", "host"),
    ("pid: host", "pid", "host"),
    ("uts: host", "uts", "host"),
    ("userns_mode: host", "userns_mode", "host"),
    ("cgroup_parent: /x", "cgroup_parent", "/x"),
    ("isolation: default", "isolation", "default"),
    ("runtime: runc", "runtime", "runc"),
    ("shm_size: 64mb", "shm_size", 64 * MIB),
    ("mem_limit: 1.5gb", "mem_limit", 1536 * MIB),
    ("mem_limit: 512M", "mem_limit", 512 * MIB),
    ("mem_limit: 536870912", "mem_limit", 512 * MIB),
    ("mem_limit: '512 MiB'", "mem_limit", 512 * MIB),
    ("mem_limit: 100b", "mem_limit", 100),
    ("mem_limit: 0", "mem_limit", None),
    ("mem_limit: ''", "mem_limit", None),
    ("mem_reservation: 1k", "mem_reservation", 1024),
    ("mem_limit: 1g\nmemswap_limit: -1", "memswap_limit", -1),
    ("kernel_memory: 1g", "kernel_memory", 1024 * MIB),
    ("mem_swappiness: 0", "mem_swappiness", 0),
    ("mem_swappiness: -1", "mem_swappiness", None),
    ("oom_score_adj: '-500'", "oom_score_adj", -500),
    ("cpu_shares: '73'", "cpu_shares", 73),
    ("cpu_period: 100000", "cpu_period", 100000),
    ("cpu_quota: 50000", "cpu_quota", 50000),
    ("cpu_count: 2", "cpu_count", 2),
    ("cpus: 0.5", "cpus", 0.5),
    ("cpus: '2'", "cpus", 2.0),
    ("cpuset: 0-3,7", "cpuset", "0-3,7"),
    ("cpuset: 0", "cpuset", "0"),
    ("pids_limit: -1", "pids_limit", -1),
    ("blkio_weight: 300", "blkio_weight", 300),
    (
        "blkio_weight_device: ['/dev/sda:400']",
        "blkio_weight_device",
        [{"path": "/dev/sda", "weight": 400}],
    ),
    ("device_read_bps: ['/dev/sda:1mb']", "device_read_bps", [{"path": "/dev/sda", "rate": MIB}]),
    (
        "device_write_bps: [{path: /dev/sda, rate: 1m}]",
        "device_write_bps",
        [{"path": "/dev/sda", "rate": MIB}],
    ),
    ("device_read_iops: {/dev/sda: 100}", "device_read_iops", [{"path": "/dev/sda", "rate": 100}]),
    ("device_write_iops: ['/dev/sda:30']", "device_write_iops", [{"path": "/dev/sda", "rate": 30}]),
]


@pytest.mark.parametrize(("keys", "name", "expected"), CONTAINER)
def test_an_option_is_converted(
    tmp_path: pathlib.Path, keys: str, name: str, expected: t.Any
) -> None:
    container = service(tmp_path, keys)["container"]
    if expected is None:
        assert name not in container
    else:
        assert container[name] == expected
        assert type(container[name]) is type(expected)


def test_the_table_tries_every_option() -> None:
    tried = {name for _keys, name, expected in CONTAINER if expected is not None}
    assert {name for name, _convert in OPTIONS.values()} <= tried


def test_the_definition_is_plain_json(tmp_path: pathlib.Path) -> None:
    every = "\n".join(
        keys for keys, _name, _expected in CONTAINER if keys.split(":")[0] not in ("command", "net")
    )
    keys = {line.split(":")[0]: line for line in every.splitlines() if not line.startswith(" ")}
    for left_out in ("cpus", "uts", "log_driver", "log_opt", "blkio_config"):
        keys.pop(left_out)
    definition, _warnings = load(tmp_path, with_keys("\n".join(keys.values())))
    assert json.loads(json.dumps(definition)) == definition
    assert len(definition["services"]["web"]["container"]) > 45
