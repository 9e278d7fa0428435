# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services without members: external ones, and aliases of others. Private to the collection.

Load balancers may have them as targets.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from .._model.problems import Place, quoted
from .balancer.first_format import linked
from .balancer.values import HOST, LONGEST_HOST
from .links import Services
from .values import entries, is_empty, line, wanted

EXTERNAL_IMAGE = "rancher/external-service"
ALIAS_IMAGE = re.compile(r"(?:.*/)?rancher/dns-service(?::[^/@]*)?(?:@.*)?", re.DOTALL)
# Keys that a service without members may have without a warning; all others have no effect.
QUIET_KEYS = (
    "drain_timeout_ms",
    "health_check",
    "image",
    "labels",
    "lb_config",
    "metadata",
    "retain_ip",
    "restart",
    "scale",
    "start_on_create",
    "stdin_open",
    "tty",
)

Json = t.Dict[str, t.Any]


def is_external(keys: t.Mapping[str, t.Any], hostname: str) -> bool:
    """Whether a service is external: it has addresses, or Rancher's C(hostname)."""
    return bool(hostname) or not is_empty(keys.get("external_ips"))


def is_alias(keys: t.Mapping[str, t.Any]) -> bool:
    """Whether a service stands for others."""
    image = keys.get("image")
    return isinstance(image, str) and bool(ALIAS_IMAGE.fullmatch(image.strip()))


def external(keys: t.Mapping[str, t.Any], hostname: str, place: Place) -> Json:
    """The addresses of an external service."""
    here = place.at("external_ips")
    addresses = (
        [] if is_empty(keys.get("external_ips")) else entries(keys["external_ips"], here, address)
    )
    if addresses and hostname:
        here.problem('"hostname" of the rancher file says it as well; keep one of the two')
    image = keys.get("image")
    if image and not str(image).startswith(EXTERNAL_IMAGE):
        place.at("image").warn(f"{quoted(str(image))} is not run: the service is external")
    return {"addresses": list(dict.fromkeys(addresses)), "hostname": hostname}


def address(value: t.Any) -> str:
    """The address of a server."""
    written = line(value).strip()
    try:
        found = ipaddress.ip_address(written)
    except ValueError:
        raise wanted("an IP address", written) from None
    if found.is_unspecified or found.is_multicast:
        raise wanted("the IP address of one server", written)
    return str(found)


def external_hostname(value: t.Any) -> str:
    """The host name of an external service, in lower case."""
    written = line(value).strip()
    if len(written) > LONGEST_HOST or not HOST.fullmatch(written):
        raise wanted("a host name such as db.example", written)
    return written.lower()


def alias_of(
    keys: t.Mapping[str, t.Any], *, stack: str, services: Services, place: Place
) -> list[str]:
    """The services that an alias stands for, as C(stack/service)."""
    before = len(place.notes.problems)
    found = linked(keys, stack=stack, services=services, place=place)
    if not found and len(place.notes.problems) == before:
        place.at("links").problem("is missing: an alias needs the services that it stands for")
    return found


def warn_of_rest(keys: t.Mapping[str, t.Any], used: t.Sequence[str], place: Place) -> None:
    """Warn of keys for containers: the service has none."""
    for key, value in keys.items():
        if key not in (*QUIET_KEYS, *used) and not key.startswith("x-") and not is_empty(value):
            place.at(key).warn("has no effect: the service has no containers")
