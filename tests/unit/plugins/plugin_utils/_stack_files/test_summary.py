# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines above the canonical stack, from real stack files."""

from __future__ import annotations

import pathlib
import typing as t

import yaml
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.loader import load_stack
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.show_stack import as_yaml
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.summary import summary

COMPOSE = """
services:
  web:
    image: web:1
    ports: ["80:8080", "127.0.0.1:53:53/udp", "9000"]
    volumes:
      - files:/files
      - /srv/data:/data
      - /cache
      - /etc/localtime:/etc/localtime:ro
      - /var/run/docker.sock:/var/run/docker.sock
    tmpfs: [/scratch]
  agent:
    image: agent:1
    labels: {io.rancher.scheduler.global: "true"}
  job:
    image: job:1
    labels: {io.rancher.container.start_once: "true"}
volumes:
  files: {}
"""
RANCHER = """
version: "2"
services:
  web: {scale: 3, health_check: {port: 8080, strategy: none}}
"""


def lines(tmp_path: pathlib.Path, **files: str) -> list[str]:
    for name, text in files.items():
        (tmp_path / f"{name.replace('_', '-')}.yml").write_text(text, encoding="utf-8")
    definition, _warnings = load_stack(str(tmp_path), stack="shop", variables={})
    found = summary(definition)
    whole: t.Any = yaml.safe_load("\n".join([*found, *as_yaml(definition, secrets=True)]))
    assert whole["stack"] == "shop"  # the lines are comments
    return found


def test_a_line_for_each_service(tmp_path: pathlib.Path) -> None:
    assert lines(tmp_path, docker_compose=COMPOSE, rancher_compose=RANCHER) == [
        "# stack shop: 3 services",
        "#   web    3 x web:1; publishes 80, 127.0.0.1:53/udp, any port; checked on port 8080, shown only;"
        " data in volume files, /srv/data of the host, a volume at /cache",
        "#   agent  on each host that fits: agent:1",
        "#   job    once: job:1",
    ]


def test_names_without_containers(tmp_path: pathlib.Path) -> None:
    compose = """
services:
  web: {image: "web:1"}
  out: {image: rancher/external-service}
  name: {image: rancher/dns-service, links: [web]}
"""
    rancher = """
services:
  out: {external_ips: [192.0.2.1]}
"""
    assert lines(tmp_path, docker_compose=compose, rancher_compose=rancher)[2:] == [
        "#   out   a name for hosts elsewhere",
        "#   name  a name for other services",
    ]


def test_the_order_of_upgrades_where_it_is_given(tmp_path: pathlib.Path) -> None:
    compose = """
services:
  db: {image: "db:1", upgrade_strategy: {start_first: false}}
  web: {image: "web:1", upgrade_strategy: {batch_size: 2}}
"""
    assert lines(tmp_path, docker_compose=compose)[1:] == [
        "#   db   1 x db:1; upgraded stop-first",
        "#   web  1 x web:1",
    ]
