# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key deploy of a service: it says in other words what other keys and labels say. Private to the collection.

The configs of upgrades are read by upgrade_strategy.py; everything else becomes the keys that it stands for.
"""

from __future__ import annotations

import re
import typing as t

from .._common.constants import HOST_NAME
from .._model.problems import Invalid, Place, did_you_mean, quoted
from .affinity import AFFINITY
from .keys import not_run
from .labels import GLOBAL
from .service_keys import MOST_MEMBERS
from .values import entries, is_empty, kind_of, line, one_of, pairs, whole_between

UPDATE, ROLLBACK = "update_config", "rollback_config"
OTHER_KEYS = (
    "endpoint_mode",
    "labels",
    "mode",
    "placement",
    "replicas",
    "resources",
    "restart_policy",
)
MODES = ("replicated", "global", "replicated-job", "global-job")
CONSTRAINT = re.compile(r"\s*([\w.-]+)\s*(==|!=)\s*(.+?)\s*")
LABELS_OF_HOSTS = ("node.labels.", "engine.labels.")
# Limit of deploy -> the key of the service that says the same.
LIMITS = {"cpus": "cpus", "memory": "mem_limit", "pids": "pids_limit"}
RESERVATIONS = {"memory": "mem_reservation", "devices": "gpus"}

Keys = t.Dict[str, t.Any]


def section(value: t.Any, place: Place) -> Keys:
    """The keys of C(deploy); unknown ones are noted as problems."""
    if is_empty(value):
        return {}
    if not isinstance(value, t.Mapping):
        place.problem(f'must be a map with "{UPDATE}" and so on, not {kind_of(value)}')
        return {}
    known = (UPDATE, ROLLBACK, *OTHER_KEYS)
    check_known(value, known, place)
    return {key: value[key] for key in known if key in value}


def check_known(value: t.Mapping[str, t.Any], known: t.Sequence[str], place: Place) -> None:
    """Note unknown keys of a map."""
    for key in value:
        if key not in known and not key.startswith("x-"):
            place.at(key).problem("unknown key" + did_you_mean(key, known))


def part(value: t.Any, known: t.Sequence[str], place: Place) -> Keys:
    """A map in C(deploy) with only known keys; empty if there is none."""
    if is_empty(value):
        return {}
    if not isinstance(value, t.Mapping):
        place.problem(f"must be a map, not {kind_of(value)}")
        return {}
    check_known(value, known, place)
    return {key: item for key, item in value.items() if key in known and item not in (None, "")}


def with_deploy(keys: t.Mapping[str, t.Any], place: Place) -> t.Mapping[str, t.Any]:
    """The keys of a service with what C(deploy) says written as other keys."""
    value = keys.get("deploy")
    if is_empty(value) or not isinstance(value, t.Mapping):
        return keys
    return _Deploy(keys, value, place).read()


class _Deploy:
    """One reading of C(deploy)."""

    def __init__(
        self, keys: t.Mapping[str, t.Any], value: t.Mapping[str, t.Any], place: Place
    ) -> None:
        self.keys = dict(keys)
        self.value = value
        self.place = place.at("deploy")
        self.labels: dict[str, str] = {}

    def read(self) -> Keys:
        """The keys of the service with those that C(deploy) stands for."""
        self.mode()
        self.resources()
        self.placement()
        self.without_counterpart()
        if self.labels:
            own = pairs(self.keys.get("labels") or {}, self.place)
            for name, said in self.labels.items():
                if own.get(name) not in (None, "", said):
                    self.place.problem(f"contradicts the label {quoted(name)}; keep one of the two")
            self.keys["labels"] = {**own, **self.labels}
        return self.keys

    def mode(self) -> None:
        """Mode and number of the members."""
        mode = self.place.at("mode").attempt(one_of(*MODES), self.value.get("mode") or "")
        if mode == "global":
            self.labels[GLOBAL] = "true"
        elif mode in MODES[2:]:
            self.place.at("mode").problem(
                not_run("write the label io.rancher.container.start_once")
            )
        replicas = self.value.get("replicas")
        if replicas in (None, ""):
            return
        here = self.place.at("replicas")
        if mode == "global":
            here.warn("has no effect beside mode: global")
            return
        number = here.attempt(whole_between(0, MOST_MEMBERS), replicas)
        if number == 0:
            here.problem(not_run("write profiles, or start_on_create: false, to have none running"))
        elif number is not None:
            self.put("scale", number, here)

    def put(self, key: str, value: t.Any, place: Place) -> None:
        """Set a key of the service, which must not say something else."""
        own = self.keys.get(key)
        if own not in (None, "") and str(own) != str(value):
            place.problem(f"contradicts {quoted(key)}; keep one of the two")
        else:
            self.keys[key] = value

    def resources(self) -> None:
        """Limits and reservations."""
        here = self.place.at("resources")
        said = part(self.value.get("resources"), ("limits", "reservations"), here)
        limits = part(said.get("limits"), tuple(LIMITS), here.at("limits"))
        known = (*RESERVATIONS, "cpus", "generic_resources")
        reserved = part(said.get("reservations"), known, here.at("reservations"))
        for key, item in limits.items():
            self.put(LIMITS[key], item, here.at("limits").at(key))
        for key, item in reserved.items():
            there = here.at("reservations").at(key)
            if key in RESERVATIONS:
                self.put(RESERVATIONS[key], item, there)
            elif not is_empty(item):
                there.warn("has no effect: hosts are not chosen by what is free on them")

    def placement(self) -> None:
        """Constraints become the labels of Rancher's scheduler."""
        here = self.place.at("placement")
        known = ("constraints", "preferences", "max_replicas_per_node")
        said = part(self.value.get("placement"), known, here)
        if not is_empty(said.get("max_replicas_per_node")):
            here.at("max_replicas_per_node").problem(
                not_run("members are spread over the hosts that fit")
            )
        if not is_empty(said.get("preferences")):
            here.at("preferences").warn("has no effect: members are spread over the hosts that fit")
        found = entries(said.get("constraints") or [], here.at("constraints"), constraint)
        for kind, pair in found:
            before = self.labels.get(AFFINITY + kind)
            self.labels[AFFINITY + kind] = f"{before},{pair}" if before else pair

    def without_counterpart(self) -> None:
        """Say what has no effect."""
        here = self.place.at("restart_policy")
        known = ("condition", "delay", "max_attempts", "window")
        policy = part(self.value.get("restart_policy"), known, here)
        if policy and policy != {"condition": "any"}:
            here.warn(
                "has no effect: members are restarted unless they are stopped; "
                "for a task that runs once write the label io.rancher.container.start_once"
            )
        if not is_empty(self.value.get("labels")):
            self.place.at("labels").warn(
                "have no effect: as in Compose, no container gets them; write labels of the service"
            )
        if self.value.get("endpoint_mode") not in (None, "", "dnsrr"):
            self.place.at("endpoint_mode").warn(
                "has no effect: a name resolves to the addresses of the running members"
            )


def constraint(value: t.Any) -> tuple[str, str]:
    """The kind of an affinity and its C(label=value), of a constraint such as C(node.labels.disk == ssd)."""
    written = line(value)
    match = CONSTRAINT.fullmatch(written)
    if not match:
        raise Invalid(f'must be such as "node.labels.disk == ssd", not {quoted(written)}')
    name, sign, wanted = match.groups()
    start = next((start for start in LABELS_OF_HOSTS if name.startswith(start)), "")
    label = name[len(start) :] if start else {"node.hostname": HOST_NAME}.get(name, "")
    if not label:
        advice = "write node.hostname, or node.labels.NAME with a label of the hosts"
        raise Invalid(f"{quoted(name)} {not_run(advice)}")
    if "," in wanted or "=" in wanted:
        raise Invalid(f"{quoted(wanted)}: a label of a host has no comma and no equals sign here")
    return ("host_label" if sign == "==" else "host_label_ne"), f"{label}={wanted}"
