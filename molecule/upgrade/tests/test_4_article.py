# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The article's stack: WordPress goes to another image and back under load, MariaDB too, and the posts are there."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest

from ...shared.control import Control
from ...shared.hosts import Container, Host, everywhere, of_service
from ...shared.load import Load
from ...shared.runs import Run
from .store import ids

pytestmark = pytest.mark.skipif(
    not os.environ.get("DROVER_SOAK"), reason="three minutes; in make soak"
)

Hosts = dict[str, Host]
STACK = "wordpress-multi"
EXAMPLE = pathlib.Path(__file__).parents[3] / "examples" / STACK
REGISTRY = "registry.lab:5000"
IMAGES = {
    "WORDPRESS_IMAGE": f"{REGISTRY}/drover-demo/wordpress:6.8",
    "MARIADB_IMAGE": f"{REGISTRY}/drover-demo/mariadb:11.8",
}
POST = "Before the upgrade"
PAGE = "/wp-includes/css/classic-themes.css"


def up(control: Control, **images: str) -> Run:
    variables = {**IMAGES, **images}
    return control.run("up", stack_dir=EXAMPLE, stack_variables=variables, wait="true")


def another(host: Host, image: str) -> str:
    """Another image with the same content, which all hosts can pull."""
    name = f"{image}-next"
    host.run(f"printf 'FROM {image}\\nLABEL next=yes\\n' | docker build -q -t {name} -")
    host.docker("push", "-q", name)
    return name


def members(hosts: Hosts, service: str) -> dict[str, Container]:
    """Running members of a service."""
    found = of_service(everywhere(hosts, STACK), service)
    return {name: item for name, item in found.items() if item.state == "running"}


def posts(hosts: Hosts) -> str:
    name, item = sorted(members(hosts, "wordpress").items())[0]
    return hosts[item.host].inside(name, "wp-posts")


@pytest.fixture(scope="module")
def article(hosts: Hosts, control: Control) -> t.Iterator[Control]:
    """The stack of the example, with a post."""
    up(control)
    name, item = sorted(members(hosts, "wordpress").items())[0]
    hosts[item.host].inside(name, f"wp-post '{POST}'")
    yield control
    control.run("down", stack=STACK)


def test_wordpress_goes_to_another_image_and_back(hosts: Hosts, article: Control) -> None:
    before = members(hosts, "wordpress")
    image = another(hosts[next(iter(before.values())).host], IMAGES["WORDPRESS_IMAGE"])
    front = hosts[next(iter(members(hosts, "lb").values())).host]
    with Load([front.address], 8080, path=PAGE) as load:
        load.flows()
        up(article, WORDPRESS_IMAGE=image)
        load.flows()
        now = members(hosts, "wordpress").values()
        assert {item.inspected["Config"]["Image"] for item in now} == {image}
        assert POST in posts(hosts)
        article.run("rollback", stack=STACK, wait="true")
        load.flows()
    print(load.told("WordPress to another image and back"))
    assert load.failures() == []
    assert ids(members(hosts, "wordpress")) == ids(before)
    assert POST in posts(hosts)


def test_mariadb_is_upgraded_and_rolled_back(hosts: Hosts, article: Control) -> None:
    before = members(hosts, "mariadb")
    image = another(hosts[next(iter(before.values())).host], IMAGES["MARIADB_IMAGE"])
    said = up(article, MARIADB_IMAGE=image).output
    assert "stop-first, as both would write to" in said
    assert ids(members(hosts, "mariadb")) != ids(before)
    assert POST in posts(hosts)
    article.run("rollback", stack=STACK, service=f"{STACK}/mariadb", wait="true")
    assert ids(members(hosts, "mariadb")) == ids(before)
    assert POST in posts(hosts)


@pytest.mark.parametrize("option", ["-f", "-fv"])
def test_the_articles_final_experiment(hosts: Hosts, article: Control, option: str) -> None:
    """The database is removed, once with its volumes, or so Docker is asked."""
    name, item = next(iter(members(hosts, "mariadb").items()))
    hosts[item.host].docker("rm", option, name)
    article.run("reconcile", stack=STACK)
    assert ids(members(hosts, "mariadb")) != {name: item.id}
    assert POST in posts(hosts)
