# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single keys of a service that the collection itself acts on. Private to the collection."""

from __future__ import annotations

import json
import typing as t

from .._common.constants import DRAIN_TIMEOUT_MS, INDEX_DIGITS
from .._model.problems import Invalid, Place, quoted
from .health_check import LONGEST_MS
from .image import image
from .keys import NOT_RUN_NAMESPACES, check_image, not_run, refused_by_prefix
from .labels import GLOBAL, HOSTNAME_OVERRIDE
from .links import checked_alias
from .values import boolean, is_empty, kind_of, line, matching, whole_between

MOST_MEMBERS = 10**INDEX_DIGITS - 1
LARGEST_METADATA = 1024 * 1024
DEEPEST_METADATA = 50
CONTAINER_NAME = r"[a-zA-Z0-9][a-zA-Z0-9_.-]*"
RESTART = r"no|false|always|unless-stopped|on-failure(:[0-9]+)?"
NETWORKS = {"": "managed", "default": "managed", "managed": "managed"}
OWN_NETWORKS = ("bridge", "host", "none")
PULL_POLICIES = {
    "": "missing",
    "missing": "missing",
    "if_not_present": "missing",
    "always": "always",
}


def service_image(keys: t.Mapping[str, t.Any], place: Place) -> str:
    """The image; every service needs one."""
    if keys.get("image") is None:
        if is_empty(keys.get("build")):
            place.at("image").problem("is missing; every service needs one")
        return ""
    result = place.at("image").attempt(image, keys["image"]) or ""
    check_image(result, place.at("image"))
    return result


def scale(keys: t.Mapping[str, t.Any], everywhere: bool, place: Place) -> int:
    """The initial number of members; always 1 for a global service, whose scale is not used."""
    value = keys.get("scale")
    if value is None:
        return 1
    here = place.at("scale")
    result = here.attempt(whole_between(0, MOST_MEMBERS), value)
    if result == 0:
        here.warn("0 is read as 1, as Rancher did; stop the service to have none running")
    if everywhere and result not in (None, 0, 1):
        here.warn(f"has no effect beside the label {GLOBAL}")
    return 1 if everywhere else result or 1


def setting(keys: t.Mapping[str, t.Any], key: str, place: Place, *, default: bool) -> bool:
    """The boolean value of one of Rancher's keys."""
    value = keys.get(key)
    if value is None or value == "":
        return default
    return bool(place.at(key).attempt(boolean, value))


def network_of(keys: t.Mapping[str, t.Any], place: Place) -> str:
    """The schema's value for network_mode, or for net in the first format."""
    given = [key for key in ("network_mode", "net") if not is_empty(keys.get(key))]
    if len(given) == 2:
        place.at("net").problem('"network_mode" says the same; keep one of the two')
    result = place.at(given[0]).attempt(network_word, keys[given[0]]) if given else None
    return result or "managed"


def network_word(value: t.Any) -> str:
    """The network of a value of network_mode."""
    written = line(value).strip()
    if written in NETWORKS or written in OWN_NETWORKS:
        return NETWORKS.get(written, written)
    refusal = refused_by_prefix(written, NOT_RUN_NAMESPACES)
    raise Invalid(f"{quoted(written)} {refusal or not_run('write managed, bridge, host or none')}")


def pull_policy(keys: t.Mapping[str, t.Any], place: Place) -> str:
    """The pull policy: a Compose key today, a label in Rancher."""
    written = keys.get("pull_policy") or ""
    if isinstance(written, str) and written in PULL_POLICIES:
        return PULL_POLICIES[written]
    place.at("pull_policy").problem(f"{quoted(str(written))} {not_run('write always or missing')}")
    return "missing"


def metadata(value: t.Any, place: Place) -> dict[str, t.Any]:
    """Rancher's metadata: any map, unchanged."""
    if is_empty(value):
        return {}
    if not isinstance(value, t.Mapping):
        place.problem(f"must be a map, not {kind_of(value)}")
        return {}
    result = place.attempt(lambda item: plain(item, DEEPEST_METADATA), value)
    if len(json.dumps(result)) > LARGEST_METADATA:
        place.problem(f"is larger than {LARGEST_METADATA} bytes")
    return t.cast(t.Dict[str, t.Any], result or {})


def plain(value: t.Any, levels: int) -> t.Any:
    """The value in plain types, with at most this many levels."""
    if levels == 0:
        raise Invalid(f"is nested more than {DEEPEST_METADATA} deep")
    if isinstance(value, t.Mapping):
        return {str(key): plain(item, levels - 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, levels - 1) for item in value]
    return str(value) if isinstance(value, str) else value


def note_without_effect(
    keys: t.Mapping[str, t.Any], service: t.Mapping[str, t.Any], place: Place
) -> None:
    """Check and warn of keys that are accepted but have no effect."""
    network = service["network"]
    restart = place.at("restart").attempt(
        matching(RESTART, "a restart policy"), keys.get("restart") or ""
    )
    if keys.get("restart") is False or (restart or "").startswith(("no", "false", "on-failure")):
        place.at("restart").warn(
            "has no effect, as in Rancher; for a task that runs once write the label io.rancher.container.start_once"
        )
    if not is_empty(keys.get("develop")):
        place.at("develop").warn("has no effect: nothing watches files")
    if service["links"] and network != "managed":
        place.at("links").warn(f'have no effect with network_mode "{network}"')
    if service["container"].get("ports") and network in ("host", "none"):
        place.at("ports").warn(f'are not published with network_mode "{network}"')
    if service["hostname_override"] and "hostname" in service["container"]:
        place.at("hostname").warn(f"has no effect beside the label {HOSTNAME_OVERRIDE}")


def container_name(
    keys: t.Mapping[str, t.Any], service: t.Mapping[str, t.Any], place: Place
) -> str:
    """The name that others may know the only member of a service by; empty if there is none."""
    here = place.at("container_name")
    written = here.attempt(
        matching(CONTAINER_NAME, "the name of a container"), keys.get("container_name") or ""
    )
    if not written:
        return ""
    why = ""
    if service["global"] or service["scale"] != 1:
        why = "the service may have several members"
    elif service["network"] != "managed":
        why = "the service is not on the managed network"
    if why:
        here.warn(
            f"has no effect: {why}. Containers are named <stack>-<service>-<index>; "
            f"{quoted(place.service)} is the name to connect to"
        )
        return ""
    result = here.attempt(checked_alias, written)
    return str(result or "")


def drain_timeout(value: t.Any, place: Place) -> int:
    """How long a member's sessions may take to end before it is stopped, in ms; 0 for no wait."""
    if value is None or value == "":
        return DRAIN_TIMEOUT_MS
    result = place.at("drain_timeout_ms").attempt(whole_between(0, LONGEST_MS), value)
    return DRAIN_TIMEOUT_MS if result is None else int(result)
