# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and limits that several files share. Private to the collection; docs/schema.md explains each."""

from __future__ import annotations

RELEASE = "0.1.0"
"""The version in galaxy.yml. Records name the newest release that wrote them."""

LABEL_MANAGED = "io.drover.managed"
LABEL_STACK = "io.drover.stack"
LABEL_SERVICE = "io.drover.service"
LABEL_INDEX = "io.drover.index"
LABEL_SLOT = "io.drover.slot"
LABEL_HOOK = "io.drover.hook"
"""Marks a container that runs once before an upgrade: it is of a service, and no member of it."""
PRE_DEPLOY = "pre-deploy"
LABEL_CREATE_INDEX = "io.drover.create-index"
LABEL_REVISION = "io.drover.revision"
LABEL_CONFIG_HASH = "io.drover.config-hash"
LABEL_FIXED = "io.drover.fixed-hash"
"""What of the launch Docker cannot change: on containers that no record knows, which would tell it."""
LABEL_PATH = "io.drover.path"
LABEL_VOLUME = "io.drover.volume"
LABEL_NETWORK = "io.drover.network"
LABEL_ONCE = "io.drover.once"
"""Marks a container that runs one program for a validation and is then removed."""
OUR_LABEL_PREFIX = "io.drover."

RANCHER_STACK = "io.rancher.stack.name"
RANCHER_STACK_SERVICE = "io.rancher.stack_service.name"
RANCHER_CONTAINER = "io.rancher.container.name"
HOST_NAME = "io.drover.host.name"
"""A label that each host has for the scheduler: its name in the inventory."""
INTERNAL_DOMAIN = "rancher.internal"

MANAGED_BY_STACK = "stack"
MANAGED_BY_MODULE = "module"

BRIDGE_NETWORK = "drover-local"
BRIDGE_SUBNET = "10.43.0.0/16"
OVERLAY_NETWORK = "drover"
OVERLAY_SUBNET = "10.42.0.0/16"

STATE_DIR = "/var/lib/drover"
DOCKER_HOST = "unix:///var/run/docker.sock"

ENGINE_DEADLINE_S = 4.0
STOP_GRACE_S = 10.0
LEFTOVER_AGE_S = 600.0
"""A validation takes at most about a minute. What is older was left by a run that was killed."""
MAX_DNS_LABEL = 63
INDEX_DIGITS = 4

SYSTEM_STACK = "drover"
CHECKER_SERVICE = "checker"
CHECKER_IMAGE = "haproxy:3.0"
SKIP_CHECKER_LABEL = "io.rancher.host.healthcheck.deploy_strategy"
STATE_DIR_MARK = "@state_dir"
"""In the source of our own bind mounts: the state directory of the host."""
MEMBER_MARK = "@member"
"""In the source of our own bind mounts: the member as C(<stack>.<service>.<index>)."""
BALANCER_IMAGE = "haproxy:3.0"
HAPROXY_USER = "99:99"
"""The user haproxy of the official images; as a number, so that it works in any image."""
DRAIN_TIMEOUT_MS = 10000
REPAIR_PERCENT = 25
MASS_FAILURE_PERCENT = 50
STABLE_S = 1800.0
"""A member that was healthy for this long starts a new count of repairs."""

KEPT_REVISIONS = 20
MAX_ROUNDS = 6
BACKOFF_FIRST_S = 10.0
BACKOFF_MAX_S = 600.0
GIVE_UP_AFTER = 8

STATE_ACTIVE = "active"
STATE_STOPPED = "stopped"
STATE_CREATED = "created"
OWNER = "drover.docker"
CONFIG_IN_CONTAINER = "/usr/local/etc/haproxy"
RUN_IN_CONTAINER = "/run/haproxy"
HAPROXY_COMMAND = (
    "haproxy",
    "-W",
    "-db",
    "-S",
    f"{RUN_IN_CONTAINER}/master.sock,mode,600",
    "-f",
    f"{CONFIG_IN_CONTAINER}/haproxy.cfg",
)
"""The command of checkers and load balancers: a master with workers, in the foreground."""
PULL_IMAGE = "io.rancher.container.pull_image"
# Placement and pull policy of a service: applied without a new container.
SCHEDULING = ("io.rancher.scheduler.", PULL_IMAGE)
