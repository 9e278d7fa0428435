# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Container options on the way from a stack file to a real engine."""

from __future__ import annotations

from ...conftest import MakeStack
from ...shared.hosts import Host


def test_options_reach_the_engine(make_stack: MakeStack, h1: Host) -> None:
    """Rancher behaviour 31 test_services_docker_options: each option alone is in tests/live/test_container_options.py.

    The restart policy is ours, whatever the file says (Rancher's was empty: it had an agent to restart containers).
    """
    stack = make_stack("opts").define(
        web={
            "start_on_create": False,
            "restart": "on-failure:7",
            "environment": {"COLOUR": "blue", "EMPTY": ""},
            "user": "nobody",
            "working_dir": "/tmp",
            "hostname": "box",
            "cap_add": ["NET_ADMIN"],
            "mem_limit": "64m",
            "dns": ["192.0.2.53"],
            "extra_hosts": ["db:192.0.2.7"],
            "labels": {"team": "blue"},
            "ulimits": {"nofile": {"soft": 100, "hard": 200}},
            "ports": ["127.0.0.1:18085:8080/tcp"],
            "tmpfs": ["/scratch"],
        }
    )
    stack.up()
    shown = h1.container("opts-web-1").inspected
    config, host = shown["Config"], shown["HostConfig"]
    assert {"COLOUR=blue", "EMPTY="} <= set(config["Env"])
    assert [config[key] for key in ("User", "WorkingDir", "Hostname")] == ["nobody", "/tmp", "box"]
    assert host["CapAdd"] in (["NET_ADMIN"], ["CAP_NET_ADMIN"])
    assert host["Memory"] == 64 * 1024 * 1024
    assert host["Dns"] == ["192.0.2.53"]
    assert host["ExtraHosts"] == ["db:192.0.2.7"]
    assert host["DnsSearch"] == ["opts.rancher.internal", "rancher.internal"]
    assert config["Labels"]["team"] == "blue"
    assert config["Labels"]["io.rancher.stack_service.name"] == "opts/web"
    assert host["Ulimits"] == [{"Name": "nofile", "Soft": 100, "Hard": 200}]
    assert host["PortBindings"] == {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "18085"}]}
    assert list(host["Tmpfs"]) == ["/scratch"]
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
