#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The health checks that one HAProxy container makes."""

from __future__ import annotations

DOCUMENTATION = r"""
module: health_check
short_description: Give a HAProxy container on a Docker host its health checks
version_added: 0.1.0
author:
  - drover.docker contributors (@drover)
description:
  - Writes the HAProxy config of a checker, a HAProxy container that carries no traffic and only checks other
    containers, and has the running HAProxy load it. What it finds is reported by M(drover.docker.health_info).
  - The config is validated with C(haproxy -c) in the very image that runs it before it replaces anything. One that
    HAProxy rejects leaves the good file and the running HAProxy as they are.
  - Targets come and go while HAProxy runs. Where that is not enough it is reloaded, not restarted, and the state of the
    checks is handed on, though not the number of failures counted so far. Afterwards what runs is read back. A second
    run with the same options changes nothing.
  - Where the container does not run, only the file is written. So the module can come before the task that starts the
    container.
  - Stacks need none of this. A service with C(health_check) in its stack file is checked by the checkers that the
    playbook C(drover.docker.up) starts. Use this module for checks of your own, with a container and a directory of
    your own.
options:
  checks:
    description:
      - What to check, in the order of the config.
      - A number that is not given is left to HAProxy, whose defaults are an interval of 2000 ms, a healthy threshold of
        2 and an unhealthy threshold of 3.
    type: list
    elements: dict
    default: []
    suboptions:
      backend:
        description:
          - Name of the check. Letters, digits, dots, colons, hyphens and underscores.
          - V(control) and V(answer) are the checker's own.
        type: str
        required: true
      address:
        description: IP address to check.
        type: str
        required: true
      port:
        description: TCP port to check, 1 to 65535.
        type: int
        required: true
      server:
        description:
          - Name of the HAProxy server. Results belong to it; under another name they begin anew.
          - Without it, it is made of address, port and a hash of the check, so that a changed check begins anew.
        type: str
      request_line:
        description:
          - HTTP request as in C(health_check) of Rancher, for example V(GET /health HTTP/1.0). The check is good when
            the answer has a status of 2xx or 3xx.
          - A lone URI is asked for with C(OPTIONS), and the version is C(HTTP/1.0) where it is missing, as in HAProxy.
          - Without it or O(checks[].request), or where it is empty, the check is a TCP connect.
        type: str
      request:
        description: The same in parts, instead of O(checks[].request_line).
        type: dict
        suboptions:
          method:
            description: HTTP method.
            type: str
            default: GET
          uri:
            description: URI, percent-encoded.
            type: str
            default: /
          version:
            description: HTTP version.
            type: str
            choices: [HTTP/1.0, HTTP/1.1]
            default: HTTP/1.0
          headers:
            description: Headers, name to value. None is added by itself, so HTTP/1.1 mostly needs C(Host).
            type: dict
            default: {}
      interval:
        description: Time between two checks, in milliseconds.
        type: int
      response_timeout:
        description:
          - How long the answer may take, in milliseconds, once the connection is there.
          - Without it, connection and answer together may take as long as O(checks[].interval).
        type: int
      healthy_threshold:
        description: How many good checks in a row make it UP again.
        type: int
      unhealthy_threshold:
        description:
          - How many bad checks in a row make it DOWN.
          - A server that was never checked before is DOWN after one bad check, and UP after one good one.
        type: int
  controls:
    description:
      - Other checkers, whose port 42 is checked every second. What a checker says of containers on a host is worth
        nothing while it does not reach that host's checker.
    type: list
    elements: dict
    default: []
    suboptions:
      server:
        description: Name of the host. Letters, digits, dots, colons, hyphens and underscores.
        type: str
        required: true
      address:
        description: IP address of the host's checker.
        type: str
        required: true
  directory:
    description:
      - Folder on the host that the container shares. It is made, with V(config) and V(run) in it.
      - Mount V(config) read-only at C(/usr/local/etc/haproxy) and V(run) at C(/run/haproxy). Mount the folders, never
        the file, and run the container as user and group 99.
      - Not the folder of the checkers of stacks, C(/var/lib/drover/checker), which the playbooks look after.
    type: path
    required: true
  container:
    description:
      - Name or id of the container. Without it, only the file is written.
    type: str
  image:
    description:
      - Image to validate the config in while the container does not run. It must be on the host.
    type: str
  wait:
    description:
      - How long to wait for the first result of each new server, in seconds.
    type: float
    default: 2.5
extends_documentation_fragment:
  - drover.docker.engine
attributes:
  check_mode:
    description: Says what it would do without changing anything. The config is not validated then.
    support: full
  diff_mode:
    description: Shows the config before and after, with all headers.
    support: full
seealso:
  - module: drover.docker.health_info
"""

EXAMPLES = r"""
- name: Check two web servers and a database from this host
  drover.docker.health_check:
    directory: /var/lib/probe
    container: probe-haproxy-1
    image: haproxy:3.0
    checks:
      - backend: web.1
        address: 10.42.131.7
        port: 80
        request_line: GET /health HTTP/1.0
        interval: 2000
        response_timeout: 2000
        healthy_threshold: 2
        unhealthy_threshold: 3
      - backend: web.2
        address: 10.42.131.8
        port: 80
        request:
          uri: /health
          version: HTTP/1.1
          headers:
            Host: shop.example
      - backend: db.1
        address: 10.42.131.9
        port: 5432

- name: The container that makes them
  drover.docker.service:
    stack: probe
    name: haproxy
    definition:
      image: haproxy:3.0
      user: "99:99"
      read_only: true
      cap_drop: [ALL]
      entrypoint: [haproxy]
      command: [-W, -db, -S, "/run/haproxy/master.sock,mode,600", -f, /usr/local/etc/haproxy/haproxy.cfg]
      volumes:
        - /var/lib/probe/config:/usr/local/etc/haproxy:ro
        - /var/lib/probe/run:/run/haproxy
"""

RETURN = r"""
revision:
  description: Marker of the config, which C(show info) of the running HAProxy has as its description.
  returned: always
  type: str
  sample: rev-0123456789abcdef
reloaded:
  description: Whether HAProxy was reloaded or, in check mode, would be. A reload forgets failures that are counted.
  returned: always
  type: bool
how:
  description:
    - What was done or, in check mode, would be.
    - V(nothing), V(files) where the container does not run, V(runtime) without a reload, or V(reload).
    - Targets come and go without a reload. A reload is needed for another request or response timeout.
  returned: always
  type: str
  sample: runtime
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._common.constants import DOCKER_HOST
from ..module_utils._engine.client import DockerEngine
from ..module_utils._haproxy.render.checker import render_checker
from ..module_utils._haproxy.run.apply import RELOAD, Applied, apply
from ..module_utils._haproxy.run.check_options import model_from_options
from ..module_utils._haproxy.run.desired import checker
from ..module_utils._haproxy.run.module_call import call_locked, target_of

CHECK_OPTIONS: dict[str, t.Any] = {
    "backend": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
    "port": {"type": "int", "required": True},
    "server": {"type": "str"},
    "request_line": {"type": "str"},
    "request": {
        "type": "dict",
        "options": {
            "method": {"type": "str", "default": "GET"},
            "uri": {"type": "str", "default": "/"},
            "version": {"type": "str", "choices": ["HTTP/1.0", "HTTP/1.1"], "default": "HTTP/1.0"},
            "headers": {"type": "dict", "default": {}},
        },
    },
    "interval": {"type": "int"},
    "response_timeout": {"type": "int"},
    "healthy_threshold": {"type": "int"},
    "unhealthy_threshold": {"type": "int"},
}
CONTROL_OPTIONS: dict[str, t.Any] = {
    "server": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
}


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "checks": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": CHECK_OPTIONS,
                "mutually_exclusive": [("request", "request_line")],
            },
            "controls": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": CONTROL_OPTIONS,
            },
            "directory": {"type": "path", "required": True},
            "container": {"type": "str"},
            "image": {"type": "str"},
            "wait": {"type": "float", "default": 2.5},
            "docker_host": {"type": "str", "default": DOCKER_HOST},
        },
        supports_check_mode=True,
    )
    applied = call_locked(module, lambda: _apply(module))
    diff = {"before": applied.before, "after": applied.after}
    extra = {"diff": diff} if module._diff else {}
    module.exit_json(
        changed=applied.changed,
        revision=applied.revision,
        reloaded=applied.how == RELOAD,
        how=applied.how,
        **extra,
    )


def _apply(module: AnsibleModule) -> Applied:
    params = module.params
    config, _revision = render_checker(model_from_options(params["checks"], params["controls"]))
    return apply(
        DockerEngine(params["docker_host"]),
        target_of(params),
        checker(config),
        wait_s=params["wait"],
        check_mode=module.check_mode,
    )


if __name__ == "__main__":
    main()
