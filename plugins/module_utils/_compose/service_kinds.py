# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of services: of containers, load balancers, external ones and aliases. Private to the collection."""

from __future__ import annotations

import typing as t

from .._model.problems import Place, quoted
from . import links, outside
from . import service_keys as read
from .balancer import container as lb_container
from .balancer import service as lb
from .balancer.custom_config import has_listeners
from .balancer.rules import target_rules
from .container import container_options
from .health_check import health_check
from .hooks import pre_deploy, refuse_hooks
from .keys import X_DROVER, not_run
from .labels import acting_labels, no_acting_labels
from .networks import Networks, service_aliases
from .upgrade_strategy import KEYS as UPGRADE_KEYS
from .upgrade_strategy import refuse_upgrades, upgrade_strategy
from .values import is_empty

Service = t.Dict[str, t.Any]


class ServiceBuilder:
    """Builds one service of its kind; the result is complete only if no problem was noted."""

    def __init__(
        self,
        name: str,
        keys: t.Mapping[str, t.Any],
        *,
        stack: str,
        volumes: t.AbstractSet[str],
        services: links.Services,
        networks: Networks,
        place: Place,
    ) -> None:
        self.name = name
        self.keys = keys
        self.stack = stack
        self.volumes = volumes
        self.services = services
        self.networks = networks
        self.place = place
        self.macros = {"stack_name": stack, "service_name": name}

    def plain(self) -> Service:
        """A service of containers."""
        container = self.container(self.keys)
        lb.check_lb_labels(container.get("labels", {}), False, self.place.at("labels"))
        lb.check_no_balancer(self.keys, self.place)
        service = self.service(self.keys, container, read.service_image(self.keys, self.place))
        service["links"] = links.all_links(self.keys, self.stack, self.services, self.place)
        self.add_aliases(service)
        read.note_without_effect(self.keys, service, self.place)
        hook = pre_deploy(self.keys, self.place)
        return {**service, "pre_deploy": hook} if hook else service

    def add_aliases(self, service: Service) -> None:
        """Add the further names of the members, if there are any."""
        written = self.keys.get("networks")
        found = service_aliases(written, self.networks, self.place.at("networks"))
        if not is_empty(written) and service["network"] != "managed":
            self.place.at("networks").problem(
                '"network_mode" says something else; keep one of the two'
            )
        name = read.container_name(self.keys, service, self.place)
        names = [item for item in dict.fromkeys([*found, name]) if item and item != self.name]
        if names and service["network"] == "managed":
            service["aliases"] = names

    def balancer(self, image: str) -> Service:
        """A load balancer; its links are targets or have no effect."""
        refuse_hooks(self.keys, "a load balancer", self.place)
        keys = {key: item for key, item in self.keys.items() if key not in lb_container.READ_KEYS}
        if is_empty(keys.get("health_check")):
            keys["health_check"] = lb_container.HEALTH_CHECK
        container = self.container(keys)
        labels, container["labels"] = lb.split_labels(container.get("labels", {}))
        entries = lb.legacy_entries(self.keys, self.place)
        found = self.rules(labels, entries)
        ports = self.published(found, entries)
        container = lb_container.balancer_container(container, ports, self.place)
        own = lb.rancher_image(keys.get("image"))
        used = image if own else read.service_image(keys, self.place)
        service = {**self.service(keys, container, used), "balancer": found}
        self.add_aliases(service)
        lb_container.check_directories(found, container, self.place.at("labels"))
        self.note_of_balancer(service, entries)
        return service

    def rules(self, labels: t.Mapping[str, str], entries: lb.Entries | None) -> Service:
        """The C(balancer) of a load balancer."""
        lb.check_lb_labels(labels, True, self.place.at("labels"))
        return lb.balancer(
            self.keys,
            labels,
            entries=entries,
            stack=self.stack,
            services=self.services,
            place=self.place,
        )

    def published(self, found: Service, entries: lb.Entries | None) -> list[Service]:
        """The published ports of a load balancer."""
        if entries is not None:
            return lb_container.legacy_ports(entries, self.place)
        others = has_listeners(found["config"])
        page = found["statistics"]
        known = lb.source_ports(found["rules"]) | ({page["port"]} if page else set())
        return lb_container.balancer_ports(self.keys, known, others, self.place)

    def note_of_balancer(self, service: Service, entries: lb.Entries | None) -> None:
        """Note keys that a load balancer cannot have or does not need."""
        read.note_without_effect(self.keys, service, self.place)
        if service["network"] != "managed":
            self.place.at("network_mode").problem(
                f"{quoted(service['network'])} {not_run('load balancers are on the managed network')}"
            )
        given = [key for key in ("links", "external_links") if not is_empty(self.keys.get(key))]
        for key in given if entries is None else ():
            self.place.at(key).warn("have no effect on a load balancer: its rules name the targets")

    def external(self, hostname: str) -> Service:
        """An external service."""
        service = self.without_members("external", ("external_ips", "hostname"))
        service["external"] = outside.external(self.keys, hostname, self.place)
        return service

    def alias(self) -> Service:
        """A service that stands for others."""
        service = self.without_members("alias", ("links", "external_links"))
        service["alias_of"] = outside.alias_of(
            self.keys, stack=self.stack, services=self.services, place=self.place
        )
        return service

    def without_members(self, kind: str, used: t.Sequence[str]) -> Service:
        """A service without containers; a selector may still match its labels."""
        outside.warn_of_rest(self.keys, (*used, *UPGRADE_KEYS, X_DROVER), self.place)
        refuse_hooks(self.keys, "a service without containers", self.place)
        refuse_upgrades(self.keys, self.place)
        if lb.is_balancer(self.keys):
            self.place.at("lb_config").problem("a service without containers is no load balancer")
        lb.check_no_balancer(self.keys, self.place)
        written = {"labels": self.keys.get("labels")}
        container = container_options(written, volumes=set(), macros=self.macros, place=self.place)
        service = self.service(
            {key: item for key, item in self.keys.items() if key in outside.QUIET_KEYS},
            container,
            "",
            acting=no_acting_labels(),
        )
        return {**service, "kind": kind, "scale": 0}

    def container(self, keys: t.Mapping[str, t.Any]) -> Service:
        """The options of the container."""
        return container_options(keys, volumes=self.volumes, macros=self.macros, place=self.place)

    def service(
        self,
        keys: t.Mapping[str, t.Any],
        container: Service,
        image_used: str,
        *,
        acting: dict[str, t.Any] | None = None,
    ) -> Service:
        """Every key of the schema; keys of other kinds are empty."""
        place = self.place
        network = read.network_of(keys, place)
        labels = place.at("labels")
        acting = acting or acting_labels(
            container.get("labels", {}), network, labels, stack=self.stack
        )
        kind = {"scale": read.scale(keys, acting["global"], place), **acting, "network": network}
        service = {
            "image": image_used,
            **kind,
            "start_on_create": read.setting(keys, "start_on_create", place, default=True),
            "retain_ip": read.setting(keys, "retain_ip", place, default=False),
            "health_check": health_check(
                keys.get("health_check"), service=kind, place=place.at("health_check")
            ),
            "links": [],
            "depends_on": links.depends_on(
                keys.get("depends_on"), self.services, place.at("depends_on")
            ),
            **self.gates(keys),
            "metadata": read.metadata(keys.get("metadata"), place.at("metadata")),
            "container": container,
            **self.behind_balancers(keys),
        }
        if read.pull_policy(keys, place) == "always":
            service["pull"] = "always"
        strategy = upgrade_strategy(keys, service["health_check"], place)
        return {**service, "upgrade_strategy": strategy} if strategy else service

    def gates(self, keys: t.Mapping[str, t.Any]) -> Service:
        """What the service waits for, if it waits for anything."""
        found = links.gates(keys.get("depends_on"), self.services)
        return {"gates": found} if found else {}

    def behind_balancers(self, keys: t.Mapping[str, t.Any]) -> Service:
        """The keys for load balancers, and those that only some kinds have."""
        config, place = lb.section(keys, "lb_config"), self.place
        rules = [] if lb.is_balancer(keys) else config.get("port_rules")
        return {
            "kind": "container",
            "balancer": None,
            "external": None,
            "alias_of": [],
            "target_rules": target_rules(rules, place.at("lb_config").at("port_rules")),
            "drain_timeout_ms": read.drain_timeout(keys.get("drain_timeout_ms"), place),
        }
