# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels, and the effect of Rancher's labels on a service. Private to the collection."""

from __future__ import annotations

import typing as t

from .._common.constants import (
    OUR_LABEL_PREFIX,
    PULL_IMAGE,
    RANCHER_CONTAINER,
    RANCHER_STACK,
    RANCHER_STACK_SERVICE,
)
from .._model.problems import Invalid, Notes, Place, did_you_mean, quoted
from .affinity import AFFINITY, HOSTS, LABELS, NAMES, placement
from .keys import NOT_RUN_LABELS, not_run, refused_by_prefix
from .values import boolean, line, pairs, text

LONGEST_VALUE = 64 * 1024
LARGEST_LABELS = 1024 * 1024

GLOBAL = "io.rancher.scheduler.global"
START_ONCE = "io.rancher.container.start_once"
HOSTNAME_OVERRIDE = "io.rancher.container.hostname_override"
CLEANUP = "io.rancher.container.volume_cleanup_strategy"
DNS = "io.rancher.container.dns"
NETWORK = "io.rancher.container.network"

RESERVED = (RANCHER_STACK, RANCHER_STACK_SERVICE, RANCHER_CONTAINER)
KNOWN = (
    GLOBAL,
    START_ONCE,
    PULL_IMAGE,
    HOSTNAME_OVERRIDE,
    CLEANUP,
    DNS,
    NETWORK,
    *(AFFINITY + name for name in (*HOSTS, *LABELS, *NAMES)),
)
# Prefixes under which an unknown label is probably a typo; only Rancher's own programs read its other labels.
ACTING_PREFIXES = ("io.rancher.container.", "io.rancher.scheduler.")


def labels(value: t.Any, macros: t.Mapping[str, str], place: Place) -> dict[str, str]:
    """The labels of a service, with macros such as C(${stack_name}) expanded."""
    found: dict[str, str] = {}
    for name, item in pairs(value, place).items():
        here = place.at(name)
        if check_name(name, here):
            result = here.attempt(label_value, "" if item is None else item)
            if result is not None:
                found[name] = expand(result, macros)
                warn_of_unknown(name, here)
    if sum(len(name) + len(item) for name, item in found.items()) > LARGEST_LABELS:
        place.problem(f"all labels together are larger than {LARGEST_LABELS} bytes")
    return found


def check_name(name: str, place: Place) -> bool:
    """Whether a label may be set in a file; notes a problem if not."""
    if place.attempt(line, name) is None:
        return False
    if not name or name != name.strip():
        place.problem("a label needs a name, without blanks around it")
        return False
    if name.startswith(OUR_LABEL_PREFIX) or name in RESERVED:
        place.problem("is set by drover itself; choose another name")
        return False
    return True


def label_value(value: t.Any) -> str:
    """The text of a label."""
    result = text(value)
    if len(result.encode("utf-8")) > LONGEST_VALUE:
        raise Invalid(f"is larger than {LONGEST_VALUE} bytes")
    return result


def warn_of_unknown(name: str, place: Place) -> None:
    """Warn of an unknown label: it is legal, as Rancher ignored such labels, but it has no effect."""
    acting = name.startswith(ACTING_PREFIXES)
    if acting and name not in KNOWN and not refused_by_prefix(name, NOT_RUN_LABELS):
        place.warn("this label is not known and has no effect" + did_you_mean(name, KNOWN))


def expand(value: str, macros: t.Mapping[str, str]) -> str:
    """The value with Rancher's macros replaced."""
    for name, replacement in macros.items():
        value = value.replace("${" + name + "}", replacement)
    return value


def acting_labels(
    found: t.Mapping[str, str], network: str, place: Place, *, stack: str = ""
) -> dict[str, t.Any]:
    """The settings from the labels: the schema's C(global), C(start_once), ... and C(placement)."""
    for name, value in found.items():
        refusal = refused_by_prefix(name, NOT_RUN_LABELS)
        # A label that is false, or that a variable left empty, has no effect.
        if refusal and value.lower() not in ("", "false"):
            place.at(name).problem(refusal)
    check_volume_cleanup(found.get(CLEANUP, ""), place.at(CLEANUP))
    check_network_labels(found, network, place)
    return {
        "global": switch(found, GLOBAL, place),
        "start_once": switch(found, START_ONCE, place),
        "pull": "always" if word(found, PULL_IMAGE, "always", place) else "missing",
        "hostname_override": word(found, HOSTNAME_OVERRIDE, "container_name", place),
        "placement": placement(found, stack, place),
    }


def no_acting_labels() -> dict[str, t.Any]:
    """The settings from the labels of a service without containers: defaults."""
    return acting_labels({}, "managed", Place(Notes()))


def switch(found: t.Mapping[str, str], name: str, place: Place) -> bool:
    """The boolean value of a label; absent and empty mean false."""
    return bool(found.get(name) and place.at(name).attempt(boolean, found[name]))


def word(found: t.Mapping[str, str], name: str, only: str, place: Place) -> bool:
    """Whether a label has its only valid value; absent and empty mean false."""
    value = found.get(name, "")
    if value not in ("", only):
        place.at(name).problem(f"must be {quoted(only)}, not {quoted(value)}")
    return value == only


def check_volume_cleanup(value: str, place: Place) -> None:
    """Warn that volumes are never deleted, although the label asks for it."""
    if value == "all":
        place.problem(not_run("volumes are removed only by a person, by name"))
    elif value == "unnamed":
        place.warn("volumes are never removed with a container; this label has no effect")
    elif value not in ("", "none"):
        place.problem(f'must be "none", "unnamed" or "all", not {quoted(value)}')


def check_network_labels(found: t.Mapping[str, str], network: str, place: Place) -> None:
    """Note DNS and network labels that contradict the network of the service."""
    for name in (DNS, NETWORK):
        if switch(found, name, place) and network != "managed":
            place.at(name).problem(f'{not_run("")} with network_mode "{network}"')
    if found.get(DNS, "").lower() == "false" and network == "managed":
        place.at(DNS).problem(not_run("names resolve on the managed network"))
