# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts of causes: why something is done, and why a host, a network or a container cannot be used.

Private to the collection; pure. A cause is a fact like any other: fact_texts.py turns it into its sentence.
"""

from __future__ import annotations

import typing as t

Json = t.Dict[str, t.Any]
Text = t.Union[str, t.Callable[[Json], str]]

_RESULTS = {
    "L4CON": "connection refused",
    "L4TOUT": "no connection in time",
    "L6RSP": "wrong TLS answer",
    "L6TOUT": "no TLS answer in time",
    "L7RSP": "not an HTTP answer",
    "L7TOUT": "no answer in time",
}
"""HAProxy's codes of failed checks, in words."""


def plural(count: int, word: str) -> str:
    """A number of things."""
    return f"{count} {word}{'' if count == 1 else 's'}"


def grouped(reasons: t.Mapping[str, str]) -> str:
    """Reasons by host: each once, after its hosts."""
    hosts: dict[str, list[str]] = {}
    for host, reason in reasons.items():
        hosts.setdefault(reason, []).append(host)
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in hosts.items())


def _balances(told: Json) -> str:
    ports = ", ".join(map(str, told["ports"])) or "none"
    drained = f", {told['drained']} draining" if told["drained"] else ""
    return f"port {ports}: {plural(told['servers'], 'server')}{drained}"


def _check_result(told: Json) -> str:
    status = f"HTTP {told['status']}" if told["status"] else ""
    words = _RESULTS.get(told["result"]) or status
    return f"{words} ({told['result']})" if words else str(told["result"])


def _port_taken(told: Json) -> str:
    owner = told.get("member") or f"container {told['container']}"
    return f"port {told['port']} is taken by {owner}"


CAUSES: dict[str, Text] = {
    # of operations on containers
    "no_container": "no container",
    "left_behind": "left by a run that was killed",
    "created_only": "{why}; start_on_create is false",
    "with_new_volumes": "{why}; new, empty volume {volumes}",
    "volume_renewed": "its volume is gone, a person wants a new one",
    "new_container": "new container",
    "never_run": "made from another definition and never run",
    "dead": "dead: the engine cannot start it again",
    "half_repaired": "stopped to be replaced for its health, by a run that ended",
    "definition_changed": "its definition changed",
    "service_stopped": "the service is stopped",
    "restart_asked": "its restart was asked for",
    "moved_away": "it is moved to {to}",
    "moved_here": "it is moved here from {from}, and starts when its data are there",
    "paused": "paused",
    "not_started": "not started yet",
    "out_of_memory": "out of memory (exit code {exit_code})",
    "start_failed": "failed to start: {error}",
    "stopped": "stopped (exit code {exit_code})",
    "stack_down": "the stack is down",
    "scaled_down": "scaled down",
    "service_removed": "the service was removed",
    "superseded": "superseded: the member is on {host} now",
    "state_absent": "state is absent",
    # of operations on images, networks and volumes
    "pull_always": "pull_image: always",
    "pull_asked": "pull=true",
    "image_missing": "image not present",
    "network_missing": "no managed network yet",
    "off_network": "not on the network {network}",
    "wrong_address": lambda told: (
        f"has address {told['address'] or 'none'}, should have {told['wanted']}"
    ),
    "name_missing": "does not answer to the name {name}",
    "wrong_mac": "has hardware address {mac}, should have {wanted}",
    "links_changed": "its links changed",
    "network_replaced": "the network is {network} now",
    "volume_named": "named by the command",
    # of verdicts, drains and configs
    "check_result": _check_result,
    "judged": "{verdict}: {why}",
    "to_replace": "to be replaced; {why}",
    "retried": "to be tried again",
    "drain_undone": "the reason for draining it is gone",
    "has_checks": lambda told: f"has {plural(told['checks'], 'container')} to check",
    "balances": _balances,
    "config_new": "its config is new",
    "config_unwritten": "the new one cannot be written: {error}",
    "config_of_newer": "release {release} makes it, and this is release {own}",
    "targets_unknown": lambda told: f"it is unknown what {', '.join(told['stacks'])} wants",
    "config_refused": "{error} (next try in {wait_s:.0f} s)",
    "haproxy_silent": "{error}",
    # of records
    "revision": "{note}",
    "placement": "placement",
    "hosts_renamed": "new host names",
    "order_undone": "an order that never reached a majority is undone",
    "order_finished": "an order that may have reached a majority is finished",
    "release_renders": "release {release} makes its HAProxy configs",
    "format_raised": "the record is stored in format 2",
    "copy_outdated": "this copy is missing or old",
    "copy_unsigned": "a copy without a valid signature is replaced",
    "record_signed": "signed by a person's word",
    "signature_dropped": "its signature is dropped by a person's word",
    "forgotten": "all its hosts know that the stack is forgotten",
    "unreadable": "it cannot be read",
    # --- why nothing is known about a host ---
    "not_in_inventory": "not in the inventory",
    "not_reached": "not reached",
    "no_observation": "{error}",
    "same_engine": "is the same engine as {other}: name each engine once in the inventory",
    "engine_without_id": (
        "its engine has no id, as Podman has none: only Docker engines are supported; install Docker, or let "
        "drover_docker_host name Docker's socket"
    ),
    "cloned_engine": (
        "is another machine than {other}, but has the same engine id, as a cloned disk has: stop Docker on the clone, "
        "remove /var/lib/docker/engine-id (engines before 23: /etc/docker/key.json) and /var/lib/docker/swarm there, "
        "and start Docker"
    ),
    "other_host_name": (
        "its record of stack {stack} was written for the name {old}: use that inventory name, or run "
        "drover.docker.reconcile -e rename_host={old}={new}"
    ),
    "name_of_another_host": (
        "its record of stack {stack} was written for {old}, which is another host of the inventory: exchange the "
        "names, or remove /var/lib/drover/stacks here if its disk is a copy of that host's"
    ),
    "unusable_subnet": "the network {network} has a subnet that members can't use: {error}",
    # --- why a host's managed network cannot be used ---
    "managers_silent": "the Swarm managers do not answer: {error}",
    "managers_silent_elsewhere": "the Swarm managers do not answer, as {host} says: {error}",
    "no_manager_reached": lambda told: (
        f"no Swarm manager was reached (silent: {', '.join(told['silent'])})"
    ),
    "swarm_pending": "the Swarm is not ready on it yet (state pending)",
    "not_in_swarm": (
        "not in the Swarm that carries the network (state {state}): run drover.docker.network"
    ),
    "overlay_missing": "the overlay network {network} does not exist: run drover.docker.network",
    # --- why a host does not fit a member ---
    "host_labels": "its labels do not match",
    "container_missing": "it has no member with {label}",
    "container_unwanted": "it has a member with {label}",
    "volume_missing": "external volume {volume} does not exist there",
    "volume_elsewhere": lambda told: f"its volume is on {', '.join(told['hosts'])}",
    "port_taken": _port_taken,
    # --- why a container is not a member's, and what it takes from the member ---
    "other_name": "its name is not {name}",
    "member_elsewhere": "its member was on {host}",
    "other_create_index": lambda told: (
        f"its create index is {told['index'] or 'missing'}, the recorded one {told['recorded']}"
    ),
    "other_volume": "it has volume {volume} at {path}, the record says {recorded}",
    "takes_volume": "volume {volume}",
    "takes_address": "address {address}",
}
