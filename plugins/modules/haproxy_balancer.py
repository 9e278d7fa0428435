#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives one HAProxy container its ports, rules and members."""

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_balancer
short_description: Give a HAProxy container on a Docker host its ports, rules and members
version_added: 0.1.0
author:
  - drover.docker contributors (@drover)
description:
  - Writes the HAProxy config of a load balancer, its certificates and its 503 page, and applies them to the running
    HAProxy without losing a request.
  - Changes servers, weights, drains and the text of certificates in the running process. Every other change is a
    reload, which keeps the state of checks and lets open requests finish. HAProxy is never restarted.
  - Validates config and certificates with C(haproxy -c) in the image that runs them, before they replace anything. If
    HAProxy rejects them, the good files and the running HAProxy stay unchanged.
  - A second run with the same options changes nothing. It corrects manual changes at run time, such as a server in
    maintenance.
  - If the container does not run, the module only writes the files. So it can run before the task that starts the
    container.
  - Stacks do not need this module. Passes keep the load balancers of stacks (services with C(lb_config)) up to date.
    Use this module for your own load balancer, with your own container and directory.
  - Requests get C(X-Forwarded-For), and C(X-Forwarded-Port) and C(X-Forwarded-Proto) if these are missing. TLS is 1.2
    or later. HTTP/2 and WebSockets pass. Port 42 answers TCP connects for the container's own health check, port 8404
    has metrics for Prometheus at C(/metrics). Publish neither.
options:
  frontends:
    description: Ports to listen on.
    type: list
    elements: dict
    default: []
    suboptions:
      port:
        description: Port inside of the container. 42 and 8404 are taken.
        type: int
        required: true
      protocol:
        description:
          - V(https) and V(tls) are decrypted here. V(sni) is TLS, forwarded by the name that the client requests.
        type: str
        choices: [http, https, tcp, tls, sni]
        default: http
      published:
        description: Whether it listens on all addresses of the container; if not, on O(address) only.
        type: bool
        default: true
      proxy_protocol:
        description: Whether each connection starts with the PROXY protocol.
        type: bool
        default: false
      rules:
        description: Rules for V(http), V(https) and V(sni), tried in this order. The first match wins.
        type: list
        elements: dict
        default: []
        suboptions:
          hostname:
            description: Host name, V(*.suffix) or V(prefix.*). Without it, any host.
            type: str
          path:
            description: Prefix of the path; case does not matter. Without it, any path. Not for V(sni).
            type: str
          backend:
            description: Name of an entry of O(backends).
            type: str
            required: true
      default_backend:
        description: Name of an entry of O(backends) for requests without a matching rule. Without it, HTTP requests get
          a 503.
        type: str
  backends:
    description: Members that share the requests of a rule.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Letters, digits, dots, colons, hyphens and underscores.
        type: str
        required: true
      mode:
        description: V(tcp) for frontends whose protocol is V(tcp), V(tls) or V(sni).
        type: str
        choices: [http, tcp]
        default: http
      servers:
        description: The members.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Fixed name of the member. The state of checks and connections belongs to this name.
            type: str
            required: true
          address:
            description: IP address, or a host name together with O(backends[].servers[].resolve).
            type: str
            required: true
          port:
            description: TCP port.
            type: int
            required: true
          weight:
            description: Its share of the requests, relative to the other servers, 0 to 256.
            type: int
            default: 1
          drain:
            description: Whether it gets no new requests and finishes its open ones.
            type: bool
            default: false
          backup:
            description: Whether it gets requests only while no other server is up.
            type: bool
            default: false
          resolve:
            description: Whether the address is a name that Docker's name server resolves repeatedly.
            type: bool
            default: false
      check:
        description:
          - The check of the members. Without it, a TCP connect.
          - Without a number, HAProxy's default applies. This is an interval of 2000 ms, a healthy threshold of 2 and an
            unhealthy threshold of 3.
        type: dict
        suboptions:
          port:
            description:
              - TCP port to check, that of the server by default. If it is another one, the check is only good if the
                server's port accepts connections too.
            type: int
          request_line:
            description:
              - HTTP request as in C(health_check) of Rancher, for example V(GET /health HTTP/1.0). The check is good
                when the answer has a status of 2xx or 3xx.
              - Without it or O(backends[].check.request), the check is a TCP connect.
            type: str
          request:
            description: The same in parts, instead of O(backends[].check.request_line).
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
                description: Headers, name to value.
                type: dict
                default: {}
          interval:
            description: Time between two checks, in milliseconds.
            type: int
          response_timeout:
            description: Time limit for the answer, in milliseconds.
            type: int
          healthy_threshold:
            description: Number of good checks in a row after which the server is UP again.
            type: int
          unhealthy_threshold:
            description: Number of bad checks in a row after which the server is DOWN.
            type: int
      stickiness:
        description: Binds a client to its first member by a cookie. Only with the mode V(http).
        type: dict
        suboptions:
          cookie:
            description: Name of the cookie. The default is unique to the backend.
            type: str
          domain:
            description: Domain of the cookie.
            type: str
          indirect:
            description: Whether to hide the cookie from members.
            type: bool
            default: false
          nocache:
            description: Whether to mark answers that set the cookie as not cacheable.
            type: bool
            default: false
          postonly:
            description: Whether only answers to POST set the cookie.
            type: bool
            default: false
          mode:
            description: As in HAProxy.
            type: str
            choices: [insert, rewrite, prefix]
            default: insert
  certificates:
    description:
      - Certificates for V(https) and V(tls), name to PEM text with the private key and the full chain. Each serves the
        names that it contains.
    type: dict
    default: {}
  default_certificate:
    description:
      - Name of the certificate for clients that request no name, or a name without a certificate. Without it, these
        clients are refused.
    type: str
  config:
    description:
      - Your own HAProxy config, merged as Rancher merged C(lb_config.config). Lines in C(global) and C(defaults)
        replace lines with the same keyword. Lines in C(frontend PORT) and C(backend NAME) are added there; C(backend)
        without a name means all backends. Other sections are appended.
      - C(server $IP ...) adds words to each server of a backend.
    type: str
  retry:
    description:
      - Whether to send GET, HEAD and OPTIONS to another member, up to three times, if a member refuses the connection,
        does not answer, or answers 500, 502, 503 or 504.
      - If all members answer like this, each of these requests reaches members four times. A refused connection is
        always retried, with any method.
    type: bool
    default: true
  statistics:
    description: HAProxy's page of statistics, on a separate port.
    type: dict
    suboptions:
      port:
        description: Port inside of the container.
        type: int
        required: true
      user:
        description: Name for the page.
        type: str
        required: true
      password:
        description: Password for the page.
        type: str
        required: true
      published:
        description: Whether it listens on all addresses of the container; if not, on O(address) only.
        type: bool
        default: true
  address:
    description:
      - Address of the container on which ports 42 and 8404 and those that are not published listen. By default they
        listen on all its addresses.
    type: str
  directory:
    description:
      - Folder on the host that the container shares. The module creates it, with V(config) and
        V(run) in it.
      - Mount V(config) read-only at C(/usr/local/etc/haproxy) and V(run) at C(/run/haproxy). Mount the folders, never
        the file, and run the container as user and group 99.
      - Do not use a folder below C(/var/lib/drover/balancers), as the playbooks manage these.
    type: path
    required: true
  container:
    description: Name or id of the container. Without it, only the files are written.
    type: str
  image:
    description: Image to validate the config in while the container does not run. It must be on the host.
    type: str
  wait:
    description:
      - Whether to wait until servers that drain have no requests under way and no process of an earlier config is left.
      - If that has not come after O(wait_timeout), the module fails. The config is in place then.
    type: bool
    default: false
  wait_timeout:
    description: How long to wait at most, in seconds.
    type: int
    default: 60
    version_added: 0.2.0
extends_documentation_fragment:
  - drover.docker.engine
  - drover.docker.attributes
attributes:
  check_mode:
    details: HAProxy validates the config if O(container) runs or O(image) is on the host.
  diff_mode:
    details: Shows the config before and after, without the password of O(statistics) and without certificates.
seealso:
  - module: drover.docker.haproxy_checker
  - module: drover.docker.stack_service
  - name: Modules for your own playbooks
    link: https://github.com/drover/docker/blob/main/docs/commands.md#modules-for-your-own-playbooks
    description: All public modules of this collection.
"""

EXAMPLES = r"""
- name: Two web servers behind one name, and a database
  drover.docker.haproxy_balancer:
    directory: /var/lib/front
    container: front-haproxy-1
    image: haproxy:3.0
    frontends:
      - port: 443
        protocol: https
        rules:
          - hostname: shop.example
            backend: shop
      - port: 5432
        protocol: tcp
        default_backend: db
    backends:
      - name: shop
        servers:
          - {name: web.1, address: 10.42.131.7, port: 8080}
          - {name: web.2, address: 10.42.131.8, port: 8080}
        check:
          request_line: GET /health HTTP/1.0
          interval: 2000
      - name: db
        mode: tcp
        servers:
          - {name: db.1, address: 10.42.131.9, port: 5432}
    certificates:
      shop: "{{ shop_key_and_chain }}"
    default_certificate: shop

- name: Take web.1 out, and wait until its requests are answered
  drover.docker.haproxy_balancer:
    directory: /var/lib/front
    container: front-haproxy-1
    frontends: [{port: 80, default_backend: shop}]
    backends:
      - name: shop
        servers:
          - {name: web.1, address: 10.42.131.7, port: 8080, drain: true}
          - {name: web.2, address: 10.42.131.8, port: 8080}
    wait: true
    wait_timeout: 30
"""

RETURN = r"""
revision:
  description: Marker of the config. Drains do not change it.
  returned: always
  type: str
  sample: rev-0123456789abcdef
how:
  description:
    - What was done or, in check mode, would be.
    - V(nothing), V(files) if the container does not run, V(runtime) without a reload, or V(reload). In check mode
      V(runtime) may still need a reload, because not every version of HAProxy can change everything at run time.
  returned: always
  type: str
  sample: runtime
quiet:
  description: Whether draining servers have no open requests and no process of an earlier config is left.
  returned: always
  type: bool
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._engine.engine_options import ENGINE_OPTIONS, engine_of
from ..module_utils._haproxy.render.balancer import render_balancer
from ..module_utils._haproxy.run.apply import Applied
from ..module_utils._haproxy.run.balancer_options import (
    BACKEND,
    FRONTEND,
    STATISTICS,
    model_from_options,
)
from ..module_utils._haproxy.run.desired import balancer
from ..module_utils._haproxy.run.module_call import HaproxyModule, apply_for, call_locked

OPTIONS: dict[str, t.Any] = {
    "frontends": {"type": "list", "elements": "dict", "default": [], "options": FRONTEND},
    "backends": {"type": "list", "elements": "dict", "default": [], "options": BACKEND},
    "certificates": {"type": "dict", "default": {}, "no_log": True},
    "default_certificate": {"type": "str"},
    "config": {"type": "str"},
    "retry": {"type": "bool", "default": True},
    "statistics": {"type": "dict", "options": STATISTICS},
    "address": {"type": "str"},
    "directory": {"type": "path", "required": True},
    "container": {"type": "str"},
    "image": {"type": "str"},
    "wait": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 60},
    **ENGINE_OPTIONS,
}


STILL_BUSY = (
    "the config is in place, but servers that drain or an earlier process still have requests"
)


def main() -> None:
    """Entry point."""
    module = HaproxyModule(argument_spec=OPTIONS, supports_check_mode=True)
    done = call_locked(module, lambda: _apply(module))
    extra = {"diff": {"before": done.before, "after": done.after}} if module._diff else {}
    found = {"changed": done.changed, "revision": done.revision, "how": done.how, **extra}
    if module.params["wait"] and not done.quiet:
        limit = module.params["wait_timeout"]
        module.fail_json(msg=f"{STILL_BUSY} after {limit} s", quiet=False, **found)
    module.exit_json(quiet=done.quiet, **found)


def _apply(module: AnsibleModule) -> Applied:
    params = module.params
    config, _revision = render_balancer(model_from_options(params))
    certificates = {name: str(pem) for name, pem in params["certificates"].items()}
    desired = balancer(config, certificates, params["default_certificate"] or "")
    return apply_for(module, engine_of(params), desired)


if __name__ == "__main__":
    main()
