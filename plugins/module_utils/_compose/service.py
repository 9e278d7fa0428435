# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One service: from the keys of a stack file to the canonical form of docs/schema.md. Private to the collection.

The controller uses it to load a stack, the module C(drover.docker.stack_service) on a host: both accept the same keys.
"""

from __future__ import annotations

import re
import typing as t

from .._common.constants import BALANCER_IMAGE, INDEX_DIGITS, MAX_DNS_LABEL
from .._common.names import SERVICE
from .._model.problems import Notes, Place, quoted
from . import links, outside
from .affinity import with_affinities
from .balancer import service as balancer_service
from .deploy import with_deploy
from .keys import SERVICE_KEYS, check_keys
from .networks import Networks
from .options import OPTION_KEYS
from .service_kinds import ServiceBuilder

NO_NETWORKS = Networks()
KNOWN_KEYS = SERVICE_KEYS | OPTION_KEYS


def canonical_service(
    name: str,
    keys: t.Mapping[str, t.Any],
    *,
    stack: str,
    file: str,
    volumes: t.AbstractSet[str],
    services: links.Services = None,
    files: t.Mapping[str, str] | None = None,
    warnings: list[str] | None = None,
    external_hostname: str = "",
    balancer_image: str = BALANCER_IMAGE,
    networks: Networks = NO_NETWORKS,
) -> dict[str, t.Any]:
    """The canonical service of schema section 5 from Compose and Rancher keys.

    Args:
        name: name of the service.
        keys: the merged keys, variables already replaced.
        stack: canonical name of the stack.
        file: the file that errors name; may be empty.
        volumes: keys of the volumes that the stack declares.
        services: names of all services of the stack; links to others are refused. None: not known.
        files: file of a top-level key if it is not C(file).
        warnings: list to which warnings are added.
        external_hostname: C(hostname) from Rancher's own file; it makes the service external.
        balancer_image: the image that replaces Rancher's load balancer images.
        networks: what the stack says of networks.

    Raises:
        StackError: with all problems.
    """
    notes = Notes()
    place = Place(notes, file, name, files=files or {})
    check_service_name(name, stack, place)
    check_keys(keys, KNOWN_KEYS, place)
    outside_ours = outside.is_external(keys, external_hostname) or outside.is_alias(keys)
    keys = keys if outside_ours else with_affinities(with_deploy(keys, place), place)
    builder = ServiceBuilder(
        name,
        keys,
        stack=stack,
        volumes=volumes,
        services=services,
        networks=networks,
        place=place,
    )
    if outside.is_external(keys, external_hostname):
        service = builder.external(external_hostname)
    elif balancer_service.is_balancer(keys):
        service = builder.balancer(balancer_image)
    else:
        service = builder.alias() if outside.is_alias(keys) else builder.plain()
    notes.raise_problems()
    if warnings is not None:
        warnings.extend(notes.warnings)
    return service


def check_service_name(name: str, stack: str, place: Place) -> None:
    """Note a name that Compose or DNS would reject."""
    if not re.fullmatch(SERVICE, name):
        better = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")
        hint = f"; for example {quoted(better)}" if better else ""
        place.problem(
            f"a service is named with letters, digits and single hyphens, underscores or dots between{hint}"
        )
    longest = MAX_DNS_LABEL - INDEX_DIGITS - len("--")
    if len(stack) + len(name) > longest:
        place.problem(
            f"the stack's and the service's name together are longer than {longest} characters, "
            "so the name of a container would not resolve"
        )
