# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of the inventory: names, groups, what is a system service, and the variables that connect."""

from __future__ import annotations

import sys
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._inventory import probe
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.connection import (
    container_connection,
    host_connection,
)
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.entries import (
    Entry,
    container_entries,
    container_facts,
    container_groups,
    host_entries,
    variable_names,
)
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.source import (
    DockerHost,
    read_hosts,
)
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.ssh_servers import (
    SshServers,
)
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.values import SourceError
from ansible_collections.drover.docker.tests.unit.shared import engines

HOSTS = [DockerHost(name=name, transport="ssh", address=name, user="root") for name in ("h1", "h2")]


def answer(*containers: dict, **changes: t.Any) -> dict:
    listed = [probe.container(item) for item in containers]
    base = {
        "error": "",
        "unread": "over TCP",
        "now": 0.0,
        "taken_at": 0.0,
        "records": {},
        "damaged": {},
    }
    return {**base, "containers": listed, **changes}


def facts(**answers: dict) -> list[dict]:
    return container_facts([host for host in HOSTS if host.name in answers], answers, now=0.0)


def entries(found: list[dict], **changes: t.Any) -> list[Entry]:
    options: dict[str, t.Any] = {"connection": "none", "standard_groups": True, **changes}
    return container_entries(found, HOSTS, **options)


def names(**answers: dict) -> list[str]:
    return [entry.name for entry in entries(facts(**answers))]


def test_a_member_is_called_as_its_container_wherever_it_is() -> None:
    found = names(h1=answer(engines.member("shop/web/1")), h2=answer(engines.member("shop/web/2")))
    assert found == ["shop-web-1", "shop-web-2"]


def test_others_have_the_name_of_their_host_and_change_no_name_of_ours() -> None:
    module = {"io.drover.managed": "module"}
    first = answer(engines.member("shop/web/1"), engines.listed("redis"))
    second = answer(engines.listed("shop-web-1"), engines.member("a/b/1", labels=module))
    assert names(h1=first, h2=second) == ["a-b-1@h2", "shop-web-1", "redis@h1", "shop-web-1@h2"]


def test_two_containers_of_one_member_are_told_apart() -> None:
    both = answer(engines.member("shop/web/1"))
    assert names(h1=both, h2=both) == ["shop-web-1@h1", "shop-web-1@h2"]


def test_a_docker_host_keeps_its_name() -> None:
    found = facts(h1=answer(engines.member("shop/web/1")))
    assert [entry.name for entry in entries(found, taken=["shop-web-1"])] == ["shop-web-1@h1"]


def test_what_is_no_name_is_not_used_as_one() -> None:
    odd = engines.listed("x", Names=["/{{ 7 * 7 }}"], Id="e" * 64)
    assert names(h1=answer(odd)) == [f"{'e' * 12}@h1"]


def test_members_are_in_the_order_of_their_numbers() -> None:
    found = names(h1=answer(*[engines.member(f"shop/web/{index}") for index in (10, 9, 1)]))
    assert found == ["shop-web-1", "shop-web-9", "shop-web-10"]


def test_groups() -> None:
    found = facts(h1=answer(engines.member("shop/web/1", State="paused")))[0]
    assert container_groups(found) == [
        ("host_h1", ""),
        ("state_paused", ""),
        ("verdict_unknown", ""),
        ("service_shop__web", "stack_shop"),
        ("revision_shop__unknown", ""),
    ]


def test_a_foreign_container_has_no_stack() -> None:
    found = facts(h1=answer(engines.listed("redis")))[0]
    assert [name for name, _parent in container_groups(found)] == [
        "host_h1",
        "state_running",
        "verdict_unchecked",
    ]
    assert found["drover_stack"] is None


def test_stack_a_b_with_service_c_is_not_stack_a_with_service_b_c() -> None:
    found = facts(h1=answer(engines.member("a-b/c/1"), engines.member("a/b-c/1", Id="f" * 64)))
    services = [container_groups(item)[3] for item in found]
    assert services == [("service_a__b-c", "stack_a"), ("service_a-b__c", "stack_a-b")]


def test_without_the_standard_groups() -> None:
    found = entries(facts(h1=answer(engines.member("shop/web/1"))), standard_groups=False)
    assert found[0].groups == [("drover_containers", "")]


def balancer_mount(place: str) -> dict:
    source = f"/var/lib/drover/balancers/{place}/run"
    return {"Mounts": [{"Type": "bind", "Source": source, "Destination": "/run/haproxy"}]}


@pytest.mark.parametrize(
    ("container", "system"),
    [
        (engines.member("drover/checker/1"), True),
        (engines.member("shop/lb/1", **balancer_mount("shop.lb.1")), True),
        (engines.member("shop/web/1", **balancer_mount("shop.lb.1")), False),
        (engines.member("shop/web/1"), False),
        (engines.listed("x", **balancer_mount("None.None.None")), False),
    ],
)
def test_system_services_are_known_without_a_record(container: dict, system: bool) -> None:
    assert facts(h1=answer(container))[0]["drover_system"] is system


def test_every_container_has_the_same_variables() -> None:
    found = facts(h1=answer(engines.member("shop/web/1"), engines.listed("x")))
    assert [set(item) for item in found] == [variable_names(), variable_names()]


def host(**given: t.Any) -> DockerHost:
    return read_hosts([given], {}, docker_host="", folder="/etc/x")[0]


TLS = {"ca_path": "ca.pem", "client_cert": "cert.pem", "client_key": "key.pem"}


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        ({"docker_host": "ssh://root@h1:22"}, "--host=ssh://root@h1:22"),
        ({"docker_host": "ssh://h1", "socket": "/run/d.sock"}, "--host=ssh://h1/run/d.sock"),
        ({"docker_host": "unix:///run/d.sock"}, "--host=unix:///run/d.sock"),
        ({"docker_host": "tcp://h1:2375"}, "--host=tcp://h1:2375"),
        (
            {"docker_host": "tcp://h1:2376", **TLS},
            "--host=tcp://h1:2376 --tlsverify --tlscacert=/etc/x/ca.pem"
            " --tlscert=/etc/x/cert.pem --tlskey=/etc/x/key.pem",
        ),
        ({"docker_host": "tcp://h1:2376", "validate_certs": False}, "--host=tcp://h1:2376 --tls"),
    ],
)
def test_connection_by_the_docker_program(given: dict, arguments: str) -> None:
    assert container_connection("docker-cli", host(**given), "shop-web-1") == {
        "ansible_host": "shop-web-1",
        "ansible_connection": "community.docker.docker",
        "ansible_docker_extra_args": arguments,
    }


def test_our_own_connection_goes_over_that_of_the_host() -> None:
    way = {"docker_host": "ssh://deploy@h1:2222", "become": True, "private_key_file": "/k"}
    assert container_connection("container", host(**way), "shop-web-1") == {
        "ansible_connection": "drover.docker.container",
        "drover_container": "shop-web-1",
        "drover_container_way": {
            "ansible_host": "h1",
            "ansible_user": "deploy",
            "ansible_port": 2222,
            "ansible_become": True,
            "ansible_ssh_private_key_file": "/k",
        },
    }


def test_an_engine_behind_tcp_has_no_host_to_go_to() -> None:
    by_cli = container_connection("docker-cli", host(docker_host="tcp://h1:2375"), "x")
    assert container_connection("container", host(docker_host="tcp://h1:2375"), "x") == by_cli


def test_connection_by_the_api() -> None:
    assert container_connection("docker-api", host(docker_host="ssh://root@h1"), "x") == {
        "ansible_host": "x",
        "ansible_connection": "community.docker.docker_api",
        "ansible_docker_docker_host": "ssh://root@h1",
    }
    found = container_connection("docker-api", host(docker_host="tcp://h1:2376", **TLS), "x")
    assert found == {
        "ansible_host": "x",
        "ansible_connection": "community.docker.docker_api",
        "ansible_docker_docker_host": "tcp://h1:2376",
        "ansible_docker_ca_path": "/etc/x/ca.pem",
        "ansible_docker_client_cert": "/etc/x/cert.pem",
        "ansible_docker_client_key": "/etc/x/key.pem",
        "ansible_docker_tls": True,
        "ansible_docker_validate_certs": True,
    }


def test_no_connection() -> None:
    assert container_connection("none", HOSTS[0], "x") == {}


def test_a_path_that_the_connection_would_break_is_refused() -> None:
    broken = host(docker_host="tcp://h1:2376", ca_path="my ca.pem")
    with pytest.raises(SourceError, match="cannot be given a path with a space"):
        container_connection("docker-cli", broken, "x")


def test_docker_hosts_are_listed_also_where_they_are_not_seen() -> None:
    hosts = [*HOSTS, DockerHost(name="h3", transport="tcp", address="h3", port=2376)]
    answers = {
        "h1": answer(engine={"version": "26.1.5"}),
        "h2": {"error": "refused", "taken_at": 0.0},
        "h3": answer(engine={"version": "20.10"}),
    }
    found = {entry.name: entry for entry in host_entries(hosts, answers)}
    assert [group for group, _none in found["h1"].groups] == ["docker_hosts"]
    assert [group for group, _none in found["h2"].groups] == [
        "docker_hosts",
        "docker_hosts_not_seen",
    ]
    assert [group for group, _none in found["h3"].groups] == ["docker_hosts_by_tcp"]
    assert found["h1"].variables["drover_engine"] == {"version": "26.1.5"}
    assert found["h1"].variables["drover_seen"] is True
    seen = ("drover_seen", "drover_not_seen_why", "drover_engine", "ansible_host", "ansible_user")
    assert [found["h2"].variables[key] for key in seen] == [False, "refused", {}, "h2", "root"]
    assert "ansible_host" not in found["h3"].variables


def test_the_playbooks_reach_a_host_as_the_inventory_does() -> None:
    way = host(
        docker_host="ssh://me@[2001:db8::1]:2222",
        private_key_file="key",
        ssh_args="-o ProxyJump=gate",
        python="/opt/python",
        become=True,
        socket="/run/d.sock",
        state_dir="/srv/drover",
    )
    assert host_connection(way) == {
        "ansible_host": "2001:db8::1",
        "ansible_user": "me",
        "ansible_port": 2222,
        "ansible_ssh_private_key_file": "/etc/x/key",
        "ansible_ssh_common_args": "-o ProxyJump=gate",
        "ansible_become": True,
        "ansible_python_interpreter": "/opt/python",
        "drover_docker_host": "unix:///run/d.sock",
        "drover_state_dir": "/srv/drover",
    }
    assert host_connection(host(docker_host="ssh://h1")) == {"ansible_host": "h1"}
    assert host_connection(host(docker_host="unix:///var/run/docker.sock")) == {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
    }


def test_ssh_servers_in_containers() -> None:
    published = {"IP": "192.0.2.7", "PublicPort": 2201, "PrivatePort": 2222, "Type": "tcp"}
    listed = engines.member("shop/web/1", Ports=[published])
    facts = container_facts(HOSTS, {"h1": answer(listed)}, now=0.0)
    (found,) = entries(facts, connection="ssh", servers=SshServers(port=2222))
    assert (found.variables["ansible_host"], found.variables["ansible_port"]) == ("192.0.2.7", 2201)
    assert found.variables["ansible_connection"] == "ssh"
