# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file as people write it for Docker Compose today, unchanged: names, networks, deploy, profiles, override files."""

from __future__ import annotations

import typing as t

import pytest

from ...conftest import MakeStack
from ...shared.hosts import Container, Host, everywhere, of_service
from ...shared.stacks import TESTAPP, Stack

COMPOSE = f"""
x-app: &app
  image: {TESTAPP}
  stop_grace_period: 1s
services:
  web_front:
    <<: *app
    networks: [front, back]
    environment:
      PRICE: "5$ and ${{MISSING:-${{OTHER:-nested}}}}"
      FROM_ENV: "${{COLOUR}}"
    deploy:
      replicas: 2
      resources: {{limits: {{memory: 64M, cpus: "0.5"}}}}
      placement: {{constraints: [node.hostname != h3]}}
  db.v2:
    <<: *app
    container_name: legacy_db
    networks:
      back: {{aliases: [database]}}
    profiles: [full]
  unused:
    <<: *app
    profiles: [debug]
networks:
  front:
  back:
"""
OVERRIDE = 'services: {web_front: {environment: {ADDED: "yes"}}}'
NAMES = ["db.v2", "db.v2.names", "database", "legacy_db", "web_front"]

Found = tuple[dict[str, Host], dict[str, Container]]


@pytest.fixture(scope="module")
def found(hosts: dict[str, Host], make_stack: MakeStack) -> t.Iterator[Found]:
    stack: Stack = make_stack("names")
    (stack.folder / "compose.yaml").write_text(COMPOSE)
    (stack.folder / "compose.override.yaml").write_text(OVERRIDE)
    (stack.folder / ".env").write_text("COLOUR='blue # not a comment'")
    stack.up(profiles="full", wait="true")
    yield hosts, everywhere(hosts, "names")
    stack.down()


def test_services_of_other_profiles_do_not_run(found: Found) -> None:
    _hosts, containers = found
    assert sorted(containers) == ["names-db.v2-1", "names-web_front-1", "names-web_front-2"]


def test_every_name_leads_to_its_service(found: Found) -> None:
    hosts, containers = found
    for name, item in of_service(containers, "web_front").items():
        for other in NAMES:
            assert hosts[item.host].inside(name, f"getent hosts {other}")


def test_deploy_and_variables_are_what_compose_makes_of_them(found: Found) -> None:
    _hosts, containers = found
    for item in of_service(containers, "web_front").values():
        limits, environment = item.inspected["HostConfig"], item.inspected["Config"]["Env"]
        assert (limits["Memory"], limits["NanoCpus"]) == (64 << 20, 500_000_000)
        assert {"PRICE=5$ and nested", "FROM_ENV=blue # not a comment", "ADDED=yes"} <= set(
            environment
        )
        assert item.host != "h3"
