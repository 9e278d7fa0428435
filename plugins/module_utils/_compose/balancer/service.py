# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers of both of Rancher's formats, in the form of docs/schema.md section 11. Private to the collection.

A service is a load balancer if one of its rules has a source port, or if it has the image of the first format.
"""

from __future__ import annotations

import re
import typing as t

from ..._model.problems import Invalid, Place, did_you_mean, quoted
from ..keys import not_run
from ..links import Services
from ..values import boolean, is_empty, kind_of, line
from . import extras as extra_keys
from . import first_format, rules, values
from .container import DIRECTORIES
from .custom_config import Custom, custom_config, old_config
from .stickiness import stickiness

LEGACY_IMAGE = "load-balancer-service"
IMAGE = "lb-service-haproxy"
RANCHER_IMAGE = re.compile(
    rf"(?:.*/)?rancher/(?P<name>{LEGACY_IMAGE}|{IMAGE})(?::[^/@]*)?(?:@.*)?", re.DOTALL
)

CONFIG_KEYS = (
    "port_rules",
    "certs",
    "default_cert",
    "config",
    "stickiness_policy",
    *extra_keys.KEYS,
)
LEGACY_KEYS = (
    "name",
    "haproxy_config",
    "lb_cookie_stickiness_policy",
    "app_cookie_stickiness_policy",
)
CERTIFICATE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")

LB_LABEL = "io.rancher.lb_service."
TARGET_LABEL = f"{LB_LABEL}target"
DIRECTORY_LABEL = DIRECTORIES["certificate_dir"]
DEFAULT_DIRECTORY_LABEL = DIRECTORIES["default_certificate_dir"]
SKIP_RULES_LABEL = f"{LB_LABEL}skip_target_lb_rules"
LB_LABELS = (TARGET_LABEL, DIRECTORY_LABEL, DEFAULT_DIRECTORY_LABEL, SKIP_RULES_LABEL)
# Labels that configure the load balancer. They are applied in place, so its container does not get them.
READ_LABELS = ("io.rancher.loadbalancer.", LB_LABEL, first_format.SELECTOR_LABEL)
# Settings that only Rancher's own images needed.
AGENT_LABELS = ("io.rancher.container.create_agent", "io.rancher.container.agent")

Json = t.Dict[str, t.Any]
Entries = t.List[t.Tuple[first_format.Entry, Place]]
Wish = t.Tuple[str, t.Any, t.Tuple[t.Union[str, int], ...]]


def rancher_image(written: t.Any) -> str:
    """Which of Rancher's load balancer images this is, from any registry, with any tag; empty if none."""
    match = RANCHER_IMAGE.fullmatch(written.strip()) if isinstance(written, str) else None
    return match["name"] if match else ""


def is_balancer(keys: t.Mapping[str, t.Any]) -> bool:
    """Whether the keys of a service make it a load balancer."""
    legacy_one = rancher_image(keys.get("image")) == LEGACY_IMAGE
    return legacy_one or rules.has_source_port(section(keys, "lb_config").get("port_rules"))


def section(keys: t.Mapping[str, t.Any], key: str) -> t.Mapping[str, t.Any]:
    """The map under a key; empty if there is none."""
    value = keys.get(key)
    return value if isinstance(value, t.Mapping) else {}


def split_labels(found: t.Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The labels that configure the load balancer, and those for its container."""
    read = {name: value for name, value in found.items() if name.startswith(READ_LABELS)}
    gone = (*READ_LABELS, *AGENT_LABELS)
    return read, {name: value for name, value in found.items() if not name.startswith(gone)}


def balancer(
    keys: t.Mapping[str, t.Any],
    labels: t.Mapping[str, str],
    *,
    entries: Entries | None,
    stack: str,
    services: Services,
    place: Place,
) -> Json:
    """The C(balancer) of a service; complete only if no problem was noted.

    Args:
        keys: all keys of the service.
        entries: the ports of a load balancer of the first format; None for one of the second.
        labels: its configuring labels, from L(split_labels).
        stack: canonical name of the stack.
        services: names of all services of the stack. None: not known.
        place: the place of the service.
    """
    config, old = checked_section(keys, "lb_config", CONFIG_KEYS, place), old_section(keys, place)
    placed = own_rules(config, stack, services, place)
    if entries is None:
        warn_of_legacy_labels(labels, place)
    else:
        placed += image_rules(
            keys, labels, entries=entries, stack=stack, services=services, place=place
        )
    placed = rules.together(placed)
    found = [rule for rule, _place in placed]
    ports = source_ports(found) | {one["source_port"] for one, _place in entries or ()}
    custom = custom_text(config, old, ports, place)
    proxied = proxy_ports(
        "" if entries is None else labels.get(first_format.PROXY_LABEL, ""), ports, place
    )
    return {
        "rules": found,
        "proxy_protocol_ports": sorted({*proxied, *custom.proxy_ports}),
        **certificates(keys, labels, placed, place),
        "stickiness": policy(config, old, found, place),
        "config": custom.text,
        **extra_keys.extras(config, ports, place.at("lb_config")),
        "target": label(labels, TARGET_LABEL, values.target, "any", place),
    }


def legacy_entries(keys: t.Mapping[str, t.Any], place: Place) -> Entries | None:
    """The ports of a load balancer of the first format; None for one of the second."""
    old = rancher_image(keys.get("image")) == LEGACY_IMAGE
    return first_format.listeners(keys, place) if old else None


def source_ports(found: t.Iterable[rules.Rule]) -> set[int]:
    """The ports on which rules listen."""
    return {rule["source_port"] for rule in found}


def proxy_ports(text: str, ports: t.Collection[int], place: Place) -> list[int]:
    """The ports that a label of the first format names."""
    return first_format.port_list(text, ports, place.at("labels").at(first_format.PROXY_LABEL))


def checked_section(
    keys: t.Mapping[str, t.Any], key: str, known: t.Sequence[str], place: Place
) -> t.Mapping[str, t.Any]:
    """The map under a key; unknown keys in it are noted."""
    value = keys.get(key)
    if not is_empty(value) and not isinstance(value, t.Mapping):
        place.at(key).problem(f"must be a map, not {kind_of(value)}")
    found = section(keys, key)
    for name in found:
        if name not in known and not str(name).startswith("x-"):
            place.at(key).at(name).problem("unknown key" + did_you_mean(str(name), known))
    return found


def old_section(keys: t.Mapping[str, t.Any], place: Place) -> t.Mapping[str, t.Any]:
    """The first format's C(load_balancer_config)."""
    found = checked_section(keys, "load_balancer_config", LEGACY_KEYS, place)
    if not is_empty(found.get("app_cookie_stickiness_policy")):
        here = place.at("load_balancer_config").at("app_cookie_stickiness_policy")
        here.problem(not_run("HAProxy has it no more: write lb_cookie_stickiness_policy"))
    return found


def own_rules(
    config: t.Mapping[str, t.Any], stack: str, services: Services, place: Place
) -> list[rules.Placed]:
    """The explicit rules."""
    here = place.at("lb_config").at("port_rules")
    return [
        (rules.listening_rule(value, stack=stack, services=services, place=at), at)
        for value, at in rules.rule_maps(config.get("port_rules"), here)
    ]


def image_rules(
    keys: t.Mapping[str, t.Any],
    labels: t.Mapping[str, str],
    *,
    entries: Entries,
    stack: str,
    services: Services,
    place: Place,
) -> list[rules.Placed]:
    """The rules from ports, links and labels of the first format."""
    config = section(keys, "lb_config")
    if not entries and is_empty(config.get("port_rules")) and not keys_say_ports(keys):
        place.at("ports").problem('is missing: a load balancer needs "ports", or "expose"')
    targets = first_format.linked(keys, stack=stack, services=services, place=place)
    if not targets and entries and not labels.get(first_format.SELECTOR_LABEL):
        place.at("links").warn("name no service: nothing is behind the load balancer")
    found = first_format.legacy_rules(
        entries, targets, labels, stack=stack, place=place.at("labels")
    )
    return [(rules.without_what_cannot_match(rule, here), here) for rule, here in found]


def keys_say_ports(keys: t.Mapping[str, t.Any]) -> bool:
    """Whether ports are given at all, valid or not."""
    return not (is_empty(keys.get("ports")) and is_empty(keys.get("expose")))


def warn_of_legacy_labels(labels: t.Mapping[str, str], place: Place) -> None:
    """Warn of labels that only the first format's image read."""
    for name in labels:
        if not name.startswith(LB_LABEL):
            place.at("labels").at(name).warn("has no effect: rules are written in lb_config")


def custom_text(
    config: t.Mapping[str, t.Any],
    old: t.Mapping[str, t.Any],
    ports: t.Collection[int],
    place: Place,
) -> Custom:
    """The custom config; as in Rancher, one in the first format replaces the other."""
    first = old_config(
        old.get("haproxy_config"), place.at("load_balancer_config").at("haproxy_config")
    )
    if first:
        return Custom(first)
    return custom_config(config.get("config"), ports, place.at("lb_config").at("config"))


def policy(
    config: t.Mapping[str, t.Any],
    old: t.Mapping[str, t.Any],
    found: t.Sequence[rules.Rule],
    place: Place,
) -> Json | None:
    """The stickiness policy; it needs a protocol with cookies."""
    first, key = old.get("lb_cookie_stickiness_policy"), "lb_cookie_stickiness_policy"
    here = place.at("load_balancer_config").at(key)
    if is_empty(first):
        first = config.get("stickiness_policy")
        here = place.at("lb_config").at("stickiness_policy")
    result = stickiness(first, here)
    if result and found and not rules.listens(found):
        here.warn("has no effect: no port has the protocol http or https")
    return result


def certificate_wishes(keys: t.Mapping[str, t.Any]) -> list[Wish]:
    """The certificates that a service names: key, value and place."""
    found: list[Wish] = []
    for where, holder in (((), keys), (("lb_config",), section(keys, "lb_config"))):
        written = holder.get("certs")
        listed = written if isinstance(written, (list, tuple)) else [written]
        for index, item in enumerate(listed):
            if not is_empty(item):
                found.append(("certs", item, (*where, "certs", index)))
        if not is_empty(holder.get("default_cert")):
            found.append(("default_cert", holder["default_cert"], (*where, "default_cert")))
    return found


def place_of(wish: Wish, place: Place) -> Place:
    """The place that names a certificate."""
    for part in wish[2]:
        place = place.at(part)
    return place


def certificate_name(value: t.Any) -> str:
    """The name of a certificate, which is also a file name."""
    written = line(value).strip()
    if not CERTIFICATE_NAME.fullmatch(written):
        raise Invalid(
            f"{quoted(written)}: the name of a certificate holds letters, digits and _.- only"
        )
    return written


def certificates(
    keys: t.Mapping[str, t.Any],
    labels: t.Mapping[str, str],
    placed: t.Sequence[rules.Placed],
    place: Place,
) -> Json:
    """The schema's keys for certificates; checks that they fit the rules."""
    named: dict[str, list[str]] = {"certs": [], "default_cert": []}
    for wish in certificate_wishes(keys):
        name = place_of(wish, place).attempt(certificate_name, wish[1])
        if name and name not in named[wish[0]]:
            named[wish[0]].append(name)
    if len(named["default_cert"]) > 1:
        place.at("default_cert").problem('"lb_config" names another one; keep one of the two')
    folder = label(labels, DIRECTORY_LABEL, values.directory, "", place)
    default_folder = label(labels, DEFAULT_DIRECTORY_LABEL, values.directory, "", place)
    any_named = named["certs"] or named["default_cert"]
    if any_named and (folder or default_folder):
        place.at("labels").at(DIRECTORY_LABEL if folder else DEFAULT_DIRECTORY_LABEL).problem(
            "is not possible beside certs and default_cert, as in Rancher; keep one of the two"
        )
    if default_folder and not folder:
        place.at("labels").at(DEFAULT_DIRECTORY_LABEL).problem(f"needs {DIRECTORY_LABEL} beside it")
    check_needed(placed, bool(any_named or folder or default_folder), place)
    return {
        "certificates": list(dict.fromkeys([*named["certs"], *named["default_cert"]])),
        "default_certificate": "".join(named["default_cert"][:1]),
        "certificate_dir": folder,
        "default_certificate_dir": default_folder,
    }


def check_needed(placed: t.Sequence[rules.Placed], given: bool, place: Place) -> None:
    """Note a TLS port without a certificate, or a certificate without a TLS port."""
    decrypting = [(rule, here) for rule, here in placed if rules.listens([rule], ("https", "tls"))]
    if decrypting and not given:
        rule, here = decrypting[0]
        here.at("protocol").problem(
            f'{rule["protocol"]} needs a certificate: name one with "certs" or "default_cert"'
        )
    elif given and placed and not decrypting:
        place.at("certs").warn("have no effect: no port has the protocol https or tls")


def label(
    labels: t.Mapping[str, str],
    name: str,
    convert: t.Callable[[t.Any], str],
    default: str,
    place: Place,
) -> str:
    """The value of a label, or the default."""
    written = labels.get(name, "").strip()
    return (
        (place.at("labels").at(name).attempt(convert, written) or default) if written else default
    )


def check_lb_labels(labels: t.Mapping[str, str], acts: bool, place: Place) -> None:
    """Note C(io.rancher.lb_service.) labels that are unknown, unsupported, or not on a load balancer."""
    for name, value in labels.items():
        here = place.at(name)
        if not name.startswith(LB_LABEL):
            continue
        if not acts:
            here.warn("has no effect: the service is no load balancer")
        elif name not in LB_LABELS:
            here.warn("this label is not known and has no effect" + did_you_mean(name, LB_LABELS))
        elif name == SKIP_RULES_LABEL and value and here.attempt(boolean, value):
            here.problem(not_run("take the rules away from the lb_config of the targets"))


def check_no_balancer(keys: t.Mapping[str, t.Any], place: Place) -> None:
    """Note keys that only a load balancer may have on another service."""
    config = checked_section(keys, "lb_config", CONFIG_KEYS, place)
    for key in ("config", "stickiness_policy"):
        if not is_empty(config.get(key)):
            place.at("lb_config").at(key).problem(
                "only a load balancer has it: a rule with a source_port is missing"
            )
    for wish in certificate_wishes(keys):
        place_of(wish, place).problem(
            "only a load balancer has certificates: a rule with a source_port is missing"
        )
    if not is_empty(keys.get("load_balancer_config")) and says_something(
        keys["load_balancer_config"]
    ):
        place.at("load_balancer_config").problem(
            f"is read with the image rancher/{LEGACY_IMAGE} only; write lb_config"
        )


def says_something(value: t.Any) -> bool:
    """Whether anything in a value is not empty; exports contain many empty maps."""
    if isinstance(value, t.Mapping):
        return any(says_something(item) for item in value.values())
    return not is_empty(value)
