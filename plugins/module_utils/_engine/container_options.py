# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Container options of the canonical stack (docs/schema.md section 5) in terms of the Engine API.

Private to the collection. Options that depend on the member (mounts, labels, host name, DNS search) are in
container_body.py.
"""

from __future__ import annotations

import math
import typing as t

from .._model.in_place import UPDATABLE

Json = t.Dict[str, t.Any]

# Keys whose values go to the engine unchanged.
_PLAIN_CONFIG = {
    "command": "Cmd",
    "entrypoint": "Entrypoint",
    "user": "User",
    "working_dir": "WorkingDir",
    "domainname": "Domainname",
    "mac_address": "MacAddress",
    "tty": "Tty",
    "stdin_open": "OpenStdin",
    "stop_signal": "StopSignal",
}
_PLAIN_HOST = {
    "privileged": "Privileged",
    "read_only": "ReadonlyRootfs",
    "init": "Init",
    "oom_kill_disable": "OomKillDisable",
    "annotations": "Annotations",
    "storage_opt": "StorageOpt",
    "device_cgroup_rules": "DeviceCgroupRules",
    "cgroup": "CgroupnsMode",
    "cap_add": "CapAdd",
    "cap_drop": "CapDrop",
    "security_opt": "SecurityOpt",
    "group_add": "GroupAdd",
    "dns": "Dns",
    "extra_hosts": "ExtraHosts",
    "tmpfs": "Tmpfs",
    "sysctls": "Sysctls",
    "ipc": "IpcMode",
    "pid": "PidMode",
    "uts": "UTSMode",
    "userns_mode": "UsernsMode",
    "cgroup_parent": "CgroupParent",
    "isolation": "Isolation",
    "runtime": "Runtime",
    "shm_size": "ShmSize",
    **{key: field for key, field in UPDATABLE.items() if key != "cpus"},
    "kernel_memory": "KernelMemory",
    "mem_swappiness": "MemorySwappiness",
    "oom_score_adj": "OomScoreAdj",
    "cpu_count": "CpuCount",
    "cpu_rt_period": "CpuRealtimePeriod",
    "cpu_rt_runtime": "CpuRealtimeRuntime",
}
_RATES = {
    "device_read_bps": "BlkioDeviceReadBps",
    "device_write_bps": "BlkioDeviceWriteBps",
    "device_read_iops": "BlkioDeviceReadIOps",
    "device_write_iops": "BlkioDeviceWriteIOps",
}


def config_options(container: Json) -> Json:
    """The fields of Config that the options set."""
    config = _plain(container, _PLAIN_CONFIG)
    if "environment" in container:
        config["Env"] = [
            f"{name}={value}" for name, value in sorted(container["environment"].items())
        ]
    if "stop_grace_period_s" in container:
        config["StopTimeout"] = math.ceil(container["stop_grace_period_s"])
    if "healthcheck" in container:
        config["Healthcheck"] = _healthcheck(container["healthcheck"])
    exposed = exposed_ports(container)
    if exposed:
        config["ExposedPorts"] = {port: {} for port in exposed}
    return config


def host_options(container: Json) -> Json:
    """The fields of HostConfig that the options set."""
    host = _plain(container, _PLAIN_HOST)
    for key, field in _RATES.items():
        if key in container:
            host[field] = [{"Path": item["path"], "Rate": item["rate"]} for item in container[key]]
    for key, (field, convert) in _CONVERTED.items():
        if key in container:
            host[field] = convert(container[key])
    return host


def update_body(service: Json) -> Json:
    """The body of C(POST /containers/ID/update) that gives a container the limits of a service.

    Without an own limit of swap the engine sets twice the memory when it creates a container, and does not when it
    updates one. C(-1) takes a limit of processes away.
    """
    options = {key: service["container"].get(key) for key in UPDATABLE}
    body = host_options({key: value for key, value in options.items() if value})
    if "Memory" in body:
        body.setdefault("MemorySwap", 2 * body["Memory"])
    body.setdefault("PidsLimit", -1)
    return {**body, "RestartPolicy": restart_policy(service)}


def restart_policy(service: Json) -> Json:
    """What the engine does when a container ends."""
    return {"Name": "no" if service["start_once"] else "unless-stopped"}


def exposed_ports(container: Json) -> list[str]:
    """All container ports of an options map, e.g. C(80/tcp), sorted."""
    published = [_port_name(port) for port in container.get("ports", [])]
    return sorted({*published, *container.get("expose", [])})


def _plain(container: Json, fields: dict[str, str]) -> Json:
    return {field: container[key] for key, field in fields.items() if key in container}


def _port_name(port: Json) -> str:
    return f"{port['private']}/{port['protocol']}"


def _port_bindings(ports: list[Json]) -> Json:
    """One container port may be published more than once; without a public port the engine picks one."""
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in ports:
        public = "" if port["public"] is None else str(port["public"])
        bindings.setdefault(_port_name(port), []).append({"HostIp": port["ip"], "HostPort": public})
    return bindings


def _healthcheck(check: Json) -> Json:
    fields = {
        "test": "Test",
        "interval_ns": "Interval",
        "timeout_ns": "Timeout",
        "start_period_ns": "StartPeriod",
        "start_interval_ns": "StartInterval",
        "retries": "Retries",
    }
    return _plain({key: value for key, value in check.items() if value is not None}, fields)


def _ulimits(limits: list[Json]) -> list[Json]:
    return [{"Name": item["name"], "Soft": item["soft"], "Hard": item["hard"]} for item in limits]


def _devices(devices: list[Json]) -> list[Json]:
    return [
        {
            "PathOnHost": item["host"],
            "PathInContainer": item["container"],
            "CgroupPermissions": item["permissions"],
        }
        for item in devices
    ]


def _device_requests(requests: list[Json]) -> list[Json]:
    """Each request is one set of capabilities, all of which a device must have."""
    return [
        {
            "Driver": item["driver"],
            "Count": item["count"],
            "DeviceIDs": item["device_ids"],
            "Capabilities": [item["capabilities"]],
            "Options": item["options"],
        }
        for item in requests
    ]


def _logging(logging: Json) -> Json:
    return {"Type": logging["driver"], "Config": logging["options"]}


def _weights(devices: list[Json]) -> list[Json]:
    return [{"Path": item["path"], "Weight": item["weight"]} for item in devices]


def _nano_cpus(cpus: float) -> int:
    return round(cpus * 1_000_000_000)


_CONVERTED: dict[str, tuple[str, t.Callable[[t.Any], t.Any]]] = {
    "ports": ("PortBindings", _port_bindings),
    "ulimits": ("Ulimits", _ulimits),
    "devices": ("Devices", _devices),
    "logging": ("LogConfig", _logging),
    "blkio_weight_device": ("BlkioWeightDevice", _weights),
    "cpus": (UPDATABLE["cpus"], _nano_cpus),
    "device_requests": ("DeviceRequests", _device_requests),
}
