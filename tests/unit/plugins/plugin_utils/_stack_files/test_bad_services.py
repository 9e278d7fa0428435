# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad keys of a service: each is refused with file, service, key and what is wrong."""

from __future__ import annotations

import pathlib

import pytest
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import (
    COMPOSE,
    refused,
    with_keys,
)

NOT_RUN = "is not run by this release"
LABEL = "io.rancher."

# keys of the service "web" -> key of the problem, part of its message
BAD_KEYS = [
    # misspelt
    ("imge: nginx", "imge", 'unknown key; did you mean "image"?'),
    ("enviroment: {A: 1}", "enviroment", 'did you mean "environment"?'),
    ("port: [80]", "port", 'did you mean "ports"?'),
    ("cap-add: [NET_ADMIN]", "cap-add", 'did you mean "cap_add"?'),
    ("Volumes: [/x]", "Volumes", 'did you mean "volumes"?'),
    ("scael: 2", "scael", 'did you mean "scale"?'),
    ("healthchek: {}", "healthchek", 'did you mean "healthcheck"?'),
    ("zzzzqqqq: 1", "zzzzqqqq", "unknown key"),
    # images
    ("image: ''", "image", "is a variable not set?"),
    ("image: [nginx]", "image", "not a list"),
    ("image: {name: nginx}", "image", "not a map"),
    ("image: Nginx:1", "image", "repositories are in lower case"),
    ("image: 'nginx:'", "image", "the tag is empty"),
    ("image: nginx:a b", "image", "the tag"),
    ("image: https://hub/nginx", "image", "no http://"),
    ("image: nginx@sha256:12", "image", "bad digest"),
    ('image: "ngi\\nnx"', "image", "a line break"),
    # ports
    ("ports: 'eighty'", "ports.0", "a port number"),
    ("ports: ['80:80:80:80']", "ports.0", '"80:80" is not an IP address'),
    ("ports: ['70000:80']", "ports.0", "from 1 to 65535"),
    ("ports: ['0:80']", "ports.0", "from 1 to 65535"),
    ("ports: ['80/icmp']", "ports.0", "tcp, udp or sctp"),
    ("ports: ['localhost:80:80']", "ports.0", "is not an IP address"),
    ("ports: ['80-90:80-85']", "ports.0", "not equally long"),
    ("ports: ['8000-8010:80']", "ports.0", NOT_RUN),
    ("ports: ['1-2000:1-2000']", "ports.0", "more than 1000 ports"),
    ("ports: ['80:80', '80:81']", "ports", "published twice"),
    ("ports: ['80:80', '127.0.0.1:80:81']", "ports", "published twice"),
    ("ports: ['80-82:80-82', '81:99']", "ports", "81/tcp is published twice"),
    ("ports: {80: 80}", "ports", "must be a list"),
    ("ports: [8080: 80]", "ports.0", "leave out the blank after the colon"),
    ("ports: [{targt: 80}]", "ports.0", 'did you mean "target"?'),
    ("ports: [{published: 80}]", "ports.0", 'needs a "target"'),
    ("ports: [{target: 80, mode: bridge}]", "ports.0", '"host" or "ingress"'),
    ("expose: ['3306:3307/tcp']", "expose.0", "load balancer"),
    ("expose: [a]", "expose.0", "a port number"),
    # volumes
    ("volumes: ['./data:/data']", "volumes.0", "is relative"),
    ("volumes: ['~/data:/data']", "volumes.0", "is relative"),
    ("volumes: ['data:data']", "volumes.0", "must begin with /"),
    ("volumes: ['/data:ro']", "volumes.0", "must begin with /"),
    ("volumes: ['data:/']", "volumes.0", "nothing can be mounted on /"),
    ("volumes: ['data:/a/..']", "volumes.0", "nothing can be mounted on /"),
    ("volumes: ['a:/a:ro:rw']", "volumes.0", "too many colons"),
    ("volumes: ['a:/a:readonly']", "volumes.0", "unknown option"),
    ("volumes: ['a:/a:ro,rw']", "volumes.0", "exclude each other"),
    ("volumes: ['a:/a:shared']", "volumes.0", "for paths of the host"),
    ("volumes: ['/a:/a:nocopy']", "volumes.0", "for volumes"),
    ("volumes: ['a:/a', 'b:/a/']", "volumes.1", '"/a" is mounted twice'),
    ("volumes: ['a b:/a']", "volumes.0", "or the name of a volume"),
    ("volumes: a:/a", "volumes", "a list of volumes"),
    ("volumes: [5]", "volumes.0", "a number"),
    ("volumes: [{type: npipe, target: /a}]", "volumes.0", NOT_RUN),
    ("volumes: [{type: bind, source: a, target: /a}]", "volumes.0", 'needs a "source"'),
    ("volumes: [{type: volume, source: /a, target: /a}]", "volumes.0", "type: bind"),
    (
        "volumes: [{source: a, target: /a, readonly: true}]",
        "volumes.0",
        'did you mean "read_only"?',
    ),
    ("volumes: [{source: a, target: /a, read_only: maybe}]", "volumes.0", "true or false"),
    ("volumes: [{source: a, target: /a, volume: {subpath: b}}]", "volumes.0", NOT_RUN),
    ("volumes: [/run]\ntmpfs: /run", "volumes", 'mounted by "tmpfs" as well'),
    ("tmpfs: [run]", "tmpfs.0", "must begin with /"),
    ("tmpfs: [/run, /run/]", "tmpfs.1", "mounted twice"),
    # types of plain options
    ("tty: sometimes", "tty", "must be true or false"),
    ("privileged: 3", "privileged", "must be true or false"),
    ("mem_limit: lots", "mem_limit", "a size such as"),
    ("mem_limit: -5m", "mem_limit", "a size of 0 or more"),
    ("mem_limit: 99999999999g", "mem_limit", "fits 64 bits"),
    ("memswap_limit: 1g", "memswap_limit", "needs mem_limit"),
    ("mem_limit: 1g\nmemswap_limit: 512m", "memswap_limit", "can't be below mem_limit"),
    ("mem_limit: 1g\nmem_reservation: 2g", "mem_reservation", "can't be above mem_limit"),
    ("mem_swappiness: 200", "mem_swappiness", "from -1 to 100"),
    ("oom_score_adj: 2000", "oom_score_adj", "from -1000 to 1000"),
    ("cpu_shares: half", "cpu_shares", "a whole number"),
    ("cpu_shares: 1.5", "cpu_shares", "a whole number"),
    ("cpus: many", "cpus", "a number"),
    ("cpus: 1.5\ncpu_quota: 50000", "cpus", "keep one of the two"),
    ("cpuset: 0..3", "cpuset", "a list of CPUs"),
    ("stop_grace_period: soon", "stop_grace_period", "a time such as"),
    ("stop_signal: SIG TERM", "stop_signal", "a signal"),
    ("hostname: -web", "hostname", "a host name"),
    (f"hostname: {'a' * 65}", "hostname", "at most 64"),
    ('hostname: "a\\nb"', "hostname", "a line break"),
    ("uts: host\nhostname: a", "hostname", "uts: host"),
    ("mac_address: 00:11", "mac_address", "a MAC address"),
    ("working_dir: srv", "working_dir", "begins with /"),
    ("dns: [resolver]", "dns.0", "an IP address"),
    ("extra_hosts: [db]", "extra_hosts.0", "name:address"),
    ("extra_hosts: ['db:nowhere']", "extra_hosts.0", "name:address"),
    ("cap_add: [NET ADMIN]", "cap_add.0", "a capability"),
    ("cap_add: {NET_ADMIN: true}", "cap_add", "must be a list"),
    ("devices: [ttyUSB0]", "devices.0", "a device such as"),
    ("devices: ['/dev/a:/dev/a:rx']", "devices.0", "letters of rwm"),
    ("ulimits: {nofiles: 1}", "ulimits.nofiles", 'did you mean "nofile"?'),
    ("ulimits: {nofile: many}", "ulimits.nofile", "a whole number"),
    ("ulimits: {nofile: {soft: 2, hard: 1}}", "ulimits.nofile", "above the hard limit"),
    ("ulimits: [nofile]", "ulimits", "must be a map"),
    ("sysctls: [[a]]", "sysctls.0", "name=value"),
    ("logging: json-file", "logging", "must be a map"),
    ("logging: {driver: syslog, option: {}}", "logging.option", 'did you mean "options"?'),
    ("logging: {driver: syslog}\nlog_driver: syslog", "log_driver", "keep one of the two"),
    ("ipc: container:db", "ipc", NOT_RUN),
    ("pid: hosts", "pid", 'did you mean "host"?'),
    ("userns_mode: remap", "userns_mode", '"host"'),
    ("device_read_bps: ['/dev/sda']", "device_read_bps.0", "device:number"),
    ("blkio_weight: 5", "blkio_weight", "from 10 to 1000"),
    ("cpu_period: 999", "cpu_period", "from 1000 to 1000000"),
    ("blkio_weight: 5000", "blkio_weight", "from 10 to 1000"),
    ("command: {run: it}", "command", "text or a list"),
    ("command: sh -c 'x", "command", "no closing quotation"),
    ("entrypoint: 'a \"b'", "entrypoint", "no closing quotation"),
    ("command: [[a]]", "command.0", "must be text"),
    ("healthcheck: curl", "healthcheck", "must be a map"),
    ("healthcheck: {test: [curl]}", "healthcheck.test", '"CMD-SHELL"'),
    ("healthcheck: {tests: x}", "healthcheck.tests", 'did you mean "test"?'),
    ("healthcheck: {test: x, interval: 10us}", "healthcheck.interval", "at least 1ms"),
    ("healthcheck: {test: x, retries: -1}", "healthcheck.retries", "from 1"),
    ("blkio_config: {weights: 1}", "blkio_config.weights", 'mean "weight"?'),
    ("blkio_config: {weight: 20}\nblkio_weight: 20", "blkio_config.weight", "keep one of the two"),
    ("blkio_config: [1]", "blkio_config", "must be a map"),
    ("device_cgroup_rules: [all]", "device_cgroup_rules.0", 'such as "c 1:3 mr"'),
    ("cpu_rt_runtime: soon", "cpu_rt_runtime", "a time such as"),
    ("ports: ['127:0.0.1:8080:80']", "ports.0", '"127:0.0.1" is not an IP address'),
    ("ports: ['1:2:3:4:5']", "ports.0", '"1:2:3" is not an IP address'),
    ("platform: linux/arm64", "platform", "built for it"),
    ("label_file: [none.txt]", "label_file", '"none.txt": can\'t be read'),
    ("label_file: {a: b}", "label_file", "the path of a file"),
    ("restart: allways", "restart", "a restart policy"),
    # environment and labels
    ("environment: [A: b]", "environment.0", "must be name=value, not a map"),
    ("environment: A=b", "environment", "must be a map, or a list"),
    ("environment: {'': b}", 'environment.""', "is no name"),
    ('environment: {"A\\nB": c}', "environment.A\\nB", "is no name"),
    ("environment: {A: [b]}", "environment.A", "must be text, not a list"),
    ('environment: {A: "a\\0b"}', "environment.A", "NUL"),
    ("environment: ['constraint:ssd=true']", "environment.constraint:ssd", "must have == or !="),
    ("environment: ['affinity:a==b,c']", "environment.affinity:a", "without a comma"),
    ('labels: {"a\\nb": c}', "labels.a\\nb", "a line break"),
    ("labels: {a: {b: c}}", "labels.a", "must be text"),
    ("labels: {io.drover.stack: x}", "labels.io.drover.stack", "set by drover itself"),
    (f"labels: {{{LABEL}stack.name: x}}", f"labels.{LABEL}stack.name", "set by drover itself"),
    # what Rancher's labels ask for
    (
        f"labels: {{{LABEL}scheduler.global: perhaps}}",
        f"labels.{LABEL}scheduler.global",
        "true or false",
    ),
    (
        f"labels: {{{LABEL}container.pull_image: never}}",
        f"labels.{LABEL}container.pull_image",
        'must be "always"',
    ),
    (
        f"labels: {{{LABEL}container.hostname_override: yes}}",
        f"labels.{LABEL}container.hostname_override",
        '"container_name"',
    ),
    (
        f"labels: {{{LABEL}scheduler.affinity:host_label: ssd}}",
        f"labels.{LABEL}scheduler.affinity:host_label",
        "key=value",
    ),
    (
        f"labels: {{{LABEL}scheduler.affinity:container_label_ne: a}}",
        f"labels.{LABEL}scheduler.affinity:container_label_ne",
        "key=value",
    ),
    (f"labels: {{{LABEL}sidekicks: 'a, b'}}", f"labels.{LABEL}sidekicks", NOT_RUN),
    (
        f"labels: {{{LABEL}container.create_agent: true}}",
        f"labels.{LABEL}container.create_agent",
        "needs a Rancher server",
    ),
    (
        f"labels: {{{LABEL}container.agent.role: environment}}",
        f"labels.{LABEL}container.agent.role",
        "needs a Rancher server",
    ),
    (
        f"network_mode: host\nlabels: {{{LABEL}container.dns: 'true'}}",
        f"labels.{LABEL}container.dns",
        NOT_RUN,
    ),
    (
        f"labels: {{{LABEL}container.volume_cleanup_strategy: all}}",
        f"labels.{LABEL}container.volume_cleanup_strategy",
        "only by a person",
    ),
    (
        f"labels: {{{LABEL}service.selector.link: a=b}}",
        f"labels.{LABEL}service.selector.link",
        NOT_RUN,
    ),
    # not run by this release
    ("build: .", "build", NOT_RUN),
    ("networks: [front]", "networks.front", "declares no such network"),
    ("networks: {default: {ipv4_address: 10.0.0.5}}", "networks.default.ipv4_address", NOT_RUN),
    (
        "networks: {default: {mac_address: '02:42:ac:11:00:02'}}",
        "networks.default.mac_address",
        "of the service",
    ),
    ("networks: {default: {alias: x}}", "networks.default.alias", 'did you mean "aliases"'),
    ("networks: {default: {aliases: [a b]}}", "networks.default.aliases.0", "no host name"),
    ("networks: {default: [x]}", "networks.default", "must be a map"),
    ("networks: [default]\nnetwork_mode: host", "networks", "keep one of the two"),
    ("container_name: a b", "container_name", "the name of a container"),
    ("network_mode: container:db", "network_mode", NOT_RUN),
    ("network_mode: 'service:db'", "network_mode", NOT_RUN),
    ("network_mode: front", "network_mode", NOT_RUN),
    ("net: bridge\nnetwork_mode: host", "net", "keep one of the two"),
    ("volumes_from: [db]", "volumes_from", NOT_RUN),
    ("scale_policy: {min: 1}", "scale_policy", NOT_RUN),
    ("type: virtualMachine", "type", NOT_RUN),
    ("vcpu: 2", "vcpu", NOT_RUN),
    ("disks: [a]", "disks", NOT_RUN),
    ("storage_driver: {name: a}", "storage_driver", NOT_RUN),
    ("network_driver: {name: a}", "network_driver", NOT_RUN),
    ("service_schemas: {a: b}", "service_schemas", NOT_RUN),
    ("deploy: {replicas: 0}", "deploy.replicas", NOT_RUN),
    ("secrets: [a]", "secrets", NOT_RUN),
    ("configs: [a]", "configs", NOT_RUN),
    ("profiles: [-dev]", "profiles.0", "letters, digits"),
    ("milli_cpu_reservation: 500", "milli_cpu_reservation", NOT_RUN),
    ("pull_policy: build", "pull_policy", NOT_RUN),
    ("image: rancher/lb-service-haproxy:v0.9.1", "image", NOT_RUN),
    ("image: rancher/external-service", "image", NOT_RUN),
    # Rancher's own keys
    ("scale: two", "scale", "a whole number"),
    ("scale: 1.5", "scale", "a whole number"),
    ("scale: -1", "scale", "from 0 to 9999"),
    ("scale: 10000", "scale", "from 0 to 9999"),
    ("scale: true", "scale", "a whole number"),
    ("scale: '${NOT_SET}'", "scale", "is a variable not set?"),
    ("retain_ip: always", "retain_ip", "true or false"),
    ("start_on_create: 2", "start_on_create", "true or false"),
    ("metadata: [a]", "metadata", "must be a map"),
    # links
    ("links: [db]", "links.0", 'no service "db"'),
    ("links: [wed]", "links.0", 'did you mean "web"?'),
    ("links: ['web:a b']", "links.0", "is no host name"),
    (f"links: ['web:{'a' * 64}']", "links.0", "longer than DNS allows"),
    ("links: [other/web]", "links.0", "external_links"),
    ("external_links: [db]", "external_links.0", 'no service "db"'),
    ("external_links: [a/b/c]", "external_links.0", "stack/service"),
    ("external_links: [other/]", "external_links.0", "stack/service"),
    ("external_links: ['x/a:n', 'y/b:N']", "external_links.1", "taken by another link"),
    ("depends_on: [db]", "depends_on", 'no service "db"'),
    ("depends_on: [web]", "depends_on", "a circle"),
    (
        "depends_on: {web: {condition: service_health}}",
        "depends_on.web.condition",
        "must be one of",
    ),
    # variables
    ("command: a ${", "command", "write $$"),
    ("command: a ${(b)}", "command", "$$ is a plain dollar"),
    ("command: a ${b", "command", "never closed"),
    ("command: a ${b c}", "command", "must hold the name"),
    ("command: a ${}", "command", "must hold the name"),
    ("command: '${PW:?set the password}'", "command", '"PW" is not set: "set the password"'),
    ("environment: {A: 'secret${'}", "environment.A", "write $$"),
    # files
    ("env_file: missing.env", "env_file", '"missing.env": can\'t be read'),
    ("env_file: ../other.env", "env_file", "outside of the stack's folder"),
    ("env_file: /etc/passwd", "env_file", "outside of the stack's folder"),
    ("env_file: [{path: a.env, format: row}]", "env_file", '"format" must be "raw" or left out'),
    ("extends: {service: db}", "extends", 'the file "docker-compose.yml" has no service "db"'),
    ("extends: {service: web}", "extends", "a circle"),
    ("extends: {file: base.yml}", "extends", 'needs a "service"'),
    ("extends: {service: a, fil: b}", "extends", 'did you mean "file"?'),
    ("extends: {service: a, file: ../b.yml}", "extends", "outside of the stack's folder"),
]


@pytest.mark.parametrize(("keys", "key", "message"), BAD_KEYS)
def test_a_bad_key_is_refused_with_its_place(
    tmp_path: pathlib.Path, keys: str, key: str, message: str
) -> None:
    compose = with_keys(keys)
    if keys.startswith("image:"):
        compose = compose.replace("    image: nginx:1\n", "")
    problems = refused(tmp_path, compose)
    matching = [
        problem for problem in problems if problem.key == key and message in problem.message
    ]
    assert matching, [str(problem) for problem in problems]
    assert {(problem.file, problem.service) for problem in problems} == {(COMPOSE, "web")}
    assert len(problems) == 1, [str(problem) for problem in problems]


def test_a_service_without_an_image_is_refused(tmp_path: pathlib.Path) -> None:
    (problem,) = refused(tmp_path, "services: {web: {scale: 2}}")
    assert (
        str(problem)
        == 'docker-compose.yml: service "web": key "image": is missing; every service needs one'
    )


def test_all_problems_come_at_once(tmp_path: pathlib.Path) -> None:
    problems = refused(
        tmp_path,
        {
            COMPOSE: "a: {imge: x, ports: [x, 80, y]}\nb: {image: B, tty: 7}\n",
            "rancher-compose.yml": "b: {scale: many, lb_config: {a: 1}, health_check: {port: x}}\n",
        },
    )
    assert [(one.file, one.service, one.key) for one in problems] == [
        (COMPOSE, "a", "imge"),
        (COMPOSE, "a", "ports.0"),
        (COMPOSE, "a", "ports.2"),
        (COMPOSE, "a", "image"),
        (COMPOSE, "b", "tty"),
        ("rancher-compose.yml", "b", "lb_config.a"),
        (COMPOSE, "b", "image"),
        ("rancher-compose.yml", "b", "scale"),
        ("rancher-compose.yml", "b", "health_check.port"),
    ]


@pytest.mark.parametrize("size_kib", [64, 1024])
def test_a_huge_label_is_refused(tmp_path: pathlib.Path, size_kib: int) -> None:
    (problem,) = refused(tmp_path, with_keys(f"labels: {{big: {'x' * (size_kib * 1024 + 1)}}}"))
    assert (problem.service, problem.key) == ("web", "labels.big")
    assert "larger than 65536 bytes" in problem.message


def test_labels_that_are_huge_together_are_refused(tmp_path: pathlib.Path) -> None:
    labels = "\n".join(f"  l{number}: {'x' * 65000}" for number in range(17))
    (problem,) = refused(tmp_path, with_keys(f"labels:\n{labels}"))
    assert (problem.key, "larger than 1048576 bytes" in problem.message) == ("labels", True)


def test_a_variable_longer_than_the_kernel_takes_is_refused(tmp_path: pathlib.Path) -> None:
    (problem,) = refused(tmp_path, with_keys(f"environment: {{A: {'x' * 140000}}}"))
    assert problem.key == "environment.A"
    assert "no Linux kernel takes" in problem.message


def test_values_of_the_environment_are_never_shown(tmp_path: pathlib.Path) -> None:
    keys = "environment: {A: 'hunter2${', B: [hunter2]}\ncommand: \"sh -c 'hunter2\"\nhealthcheck: {test: [hunter2]}"
    problems = refused(tmp_path, with_keys(keys))
    assert len(problems) == 4
    assert "hunter2" not in "".join(map(str, problems))
