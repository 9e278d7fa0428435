# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real load balancers on the local engine, and the models of their configs."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import pathlib
import subprocess
import time
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.balancer import (
    render_balancer,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.apply import (
    Applied,
    apply,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.desired import balancer
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.observe_balancers import (
    observe_balancer,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.socket import HaproxyError
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.worker import running_info

from .balancer_clients import Reply, request
from .balancer_members import Member
from .haproxy_container import Container, Json, one_container
from .haproxy_versions import IMAGES

QUICK: Json = {
    "port": 0,  # that of the server, as members of one process have ports of their own
    "request": None,
    "interval_ms": 200,
    "response_timeout_ms": 200,
    "healthy_threshold": 2,
    "unhealthy_threshold": 2,
}
GET: Json = {"method": "GET", "uri": "/health", "version": "HTTP/1.0", "headers": []}


def server(member: Member, **given: t.Any) -> Json:
    """A member as a server of the model."""
    return {
        "name": member.name,
        "address": member.address,
        "port": member.port,
        "weight": 1,
        "drain": False,
        "backup": False,
        "resolve": False,
        **given,
    }


def backend(name: str, *members: Member | Json, **given: t.Any) -> Json:
    """A backend of the model, of members or of servers."""
    servers = [server(item) if isinstance(item, Member) else item for item in members]
    common: Json = {"mode": "http", "check": QUICK, "stickiness": None}
    return {"name": name, "servers": servers, **common, **given}


def rule(backend_name: str, hostname: str = "", path: str = "") -> Json:
    return {"hostname": hostname, "path": path, "backend": backend_name}


def frontend(port: int, *rules: Json, default: str = "", **given: t.Any) -> Json:
    common: Json = {"protocol": "http", "proxy_protocol": False}
    return {"port": port, "rules": list(rules), "default_backend": default, **common, **given}


def model(frontends: list[Json], backends: list[Json], **given: t.Any) -> Json:
    return {
        "frontends": frontends,
        "backends": backends,
        "certificates": {},
        "default_certificate": "",
        "certificate_dir": "",
        "config": "",
        "retry": True,
        "statistics": None,
        **given,
    }


def simple(*members: Member | Json, **given: t.Any) -> Json:
    """Port 80 and all members."""
    pool = backend("80_", *members, **given.pop("pool", {}))
    return model([frontend(80, default="80_")], [pool], **given)


@dataclasses.dataclass
class Balancer(Container):
    """One load balancer container with its folders."""

    restart: str = "unless-stopped"
    address: str = ""

    def start(self) -> None:
        """As the loop starts one, with the config that is in place."""
        super().start()
        self.look_up()

    def look_up(self) -> None:
        """Its address, once it answers."""
        networks = self.engine.inspect(self.name)["NetworkSettings"]["Networks"]
        self.address = str(next(iter(networks.values()))["IPAddress"])
        end = time.monotonic() + 10
        while True:
            try:
                running_info(self.folders)
                return
            except HaproxyError:
                assert time.monotonic() < end, self.logs()
            time.sleep(0.05)

    def logs(self) -> str:
        """What HAProxy wrote, for messages."""
        return subprocess.run(
            ["docker", "logs", "--tail", "20", self.name],
            capture_output=True,
            text=True,
            check=False,
        ).stderr

    def apply(
        self,
        wanted: Json,
        certificates: dict[str, str] | None = None,
        *,
        wait_s: float = 0,
        check_mode: bool = False,
    ) -> Applied:
        pems = certificates or {}
        prints = {name: hashlib.sha256(pem.encode()).hexdigest() for name, pem in pems.items()}
        text, _marker = render_balancer({**wanted, "certificates": prints})
        desired = balancer(text, pems, wanted["default_certificate"])
        return apply(self.engine, self.target, desired, wait_s=wait_s, check_mode=check_mode)

    def run(self, wanted: Json, certificates: dict[str, str] | None = None) -> Applied:
        """Apply it, and start the container if there is none yet."""
        done = self.apply(wanted, certificates)
        if not self.address:
            self.start()
        return done

    def seen(self) -> Json:
        return observe_balancer(self.folders)

    def get(self, path: str = "/", *, port: int = 80, method: str = "GET", **given: t.Any) -> Reply:
        """One request on a connection of its own; C(headers) and C(body) as http.client has them."""
        return request(self.address, port, path, method=method, **given)


@contextlib.contextmanager
def one_balancer(version: str, folder: pathlib.Path) -> t.Iterator[Balancer]:
    """A load balancer that is not started yet; the test is skipped where there can be none."""
    with one_container(Balancer, IMAGES[version], folder / "lb") as made:
        yield made
