#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives one HAProxy container its health checks."""

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_checker
short_description: Give a HAProxy container on a Docker host its health checks
version_added: 0.1.0
author:
  - drover.docker contributors (@drover)
description:
  - Writes the HAProxy config of a checker, a HAProxy container that carries no traffic and only checks other
    containers, and applies it to the running HAProxy. M(drover.docker.haproxy_checker_info) returns the results of the
    checks.
  - Validates the config with C(haproxy -c) in the image that runs it, before it replaces anything. If HAProxy rejects
    it, the good file and the running HAProxy stay unchanged.
  - Adds and removes targets while HAProxy runs. Other changes need a reload, never a restart. A reload keeps the state
    of the checks, but not the number of failures counted so far. Afterwards the module verifies the running state. A
    second run with the same options changes nothing.
  - If the container does not run, the module only writes the file. So it can run before the task that starts the
    container.
  - Stacks do not need this module. The playbook C(drover.docker.up) starts checkers for services with C(health_check)
    in their stack file. Use this module for your own checks, with your own container and directory.
options:
  checks:
    description:
      - What to check, in the order of the config.
      - Without a number, HAProxy's default applies. This is an interval of 2000 ms, a healthy threshold of 2 and an
        unhealthy threshold of 3.
    type: list
    elements: dict
    default: []
    suboptions:
      backend:
        description:
          - Name of the check. Letters, digits, dots, colons, hyphens and underscores.
          - V(control) and V(answer) are reserved.
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
          - Name of the HAProxy server. Results belong to this name; a new name starts without results.
          - The default is made of address, port and a hash of the check, so that a changed check starts without
            results.
        type: str
      request_line:
        description:
          - HTTP request as in C(health_check) of Rancher, for example V(GET /health HTTP/1.0). The check is good when
            the answer has a status of 2xx or 3xx.
          - As in HAProxy, the method of a lone URI is C(OPTIONS), and the default version is C(HTTP/1.0).
          - If it is empty, and without O(checks[].request), the check is a TCP connect.
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
            description: Headers, name to value. No header is added, so HTTP/1.1 usually needs C(Host).
            type: dict
            default: {}
      interval:
        description: Time between two checks, in milliseconds.
        type: int
      response_timeout:
        description:
          - Time limit for the answer after the connection is made, in milliseconds.
          - Without it, O(checks[].interval) limits connection and answer together.
        type: int
      healthy_threshold:
        description: Number of good checks in a row after which the server is UP again.
        type: int
      unhealthy_threshold:
        description:
          - Number of bad checks in a row after which the server is DOWN.
          - The first check of a server decides alone. It is DOWN after one bad check, and UP after one good check.
        type: int
  controls:
    description:
      - Other checkers, whose port 42 is checked every second. While a checker does not reach a host's checker, its
        reports about containers on that host do not count.
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
  address:
    description: Address of the container on which port 42 answers. By default it answers on all its addresses.
    type: str
  directory:
    description:
      - Folder on the host that the container mounts. The module creates it, with V(config) and V(run) in it.
      - Mount V(config) read-only at C(/usr/local/etc/haproxy) and V(run) at C(/run/haproxy). Mount the folders, never
        the file, and run the container as user and group 99.
      - Do not use C(/var/lib/drover/checker), the folder of the checkers of stacks, which the playbooks manage.
    type: path
    required: true
  container:
    description:
      - Name or id of the container. Without it, the module only writes the file.
    type: str
  image:
    description:
      - Image in which to validate the config while the container does not run. The image must be on the host.
    type: str
  wait:
    description:
      - Whether to wait for the first result of each new server. A result that is missing after O(wait_timeout) is no
        failure; M(drover.docker.haproxy_checker_info) shows it.
    type: bool
    default: true
  wait_timeout:
    description: How long to wait at most, in seconds.
    type: int
    default: 3
    version_added: 0.2.0
extends_documentation_fragment:
  - drover.docker.engine
  - drover.docker.attributes
attributes:
  check_mode:
    details: HAProxy validates the config if O(container) runs or O(image) is on the host.
  diff_mode:
    details: Shows the config before and after, with all headers.
seealso:
  - module: drover.docker.haproxy_checker_info
  - module: drover.docker.haproxy_balancer
  - module: drover.docker.stack_service
  - name: Modules for your own playbooks
    link: https://github.com/drover/docker/blob/main/docs/commands.md#modules-for-your-own-playbooks
    description: All public modules of this collection.
"""

EXAMPLES = r"""
- name: Check two web servers and a database from this host
  drover.docker.haproxy_checker:
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
  drover.docker.stack_service:
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
  description: Marker of the config. C(show info) of the running HAProxy returns it as the description.
  returned: always
  type: str
  sample: rev-0123456789abcdef
reloaded:
  description: Whether HAProxy was reloaded or, in check mode, would be. A reload forgets the failures counted so far.
  returned: always
  type: bool
how:
  description:
    - What was done or, in check mode, would be.
    - V(nothing), V(files) if the container does not run, V(runtime) without a reload, or V(reload).
    - Adding or removing targets needs no reload. A new request or response timeout needs one.
  returned: always
  type: str
  sample: runtime
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._engine.engine_options import ENGINE_OPTIONS, engine_of
from ..module_utils._haproxy.render.checker import render_checker
from ..module_utils._haproxy.run.apply import RELOAD, Applied
from ..module_utils._haproxy.run.check_options import model_from_options
from ..module_utils._haproxy.run.desired import checker
from ..module_utils._haproxy.run.module_call import HaproxyModule, apply_for, call_locked

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
    module = HaproxyModule(
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
            "address": {"type": "str"},
            "directory": {"type": "path", "required": True},
            "container": {"type": "str"},
            "image": {"type": "str"},
            "wait": {"type": "bool", "default": True},
            "wait_timeout": {"type": "int", "default": 3},
            **ENGINE_OPTIONS,
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
    config, _revision = render_checker(
        model_from_options(params["checks"], params["controls"], address=params["address"] or "")
    )
    return apply_for(module, engine_of(params), checker(config))


if __name__ == "__main__":
    main()
