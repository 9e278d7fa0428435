# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single values of a load balancer's rules. Private to the collection.

Accepted values are written unchanged into a HAProxy config, so none may end a word or a line there.
"""

from __future__ import annotations

import re
import typing as t

from ..._common.names import SERVICE, stack_name
from ..._model.problems import Invalid, Place, did_you_mean, quoted
from ..values import is_empty, line, wanted, whole, whole_between

PROTOCOLS = ("http", "https", "tcp", "tls", "sni")
HTTP_PROTOCOLS = ("http", "https")
TLS_PROTOCOLS = ("https", "tls")
"""Protocols that the load balancer itself decrypts."""
OTHER_PROTOCOLS = {
    "ssl": "write https, or tls for what is not HTTP",
    "udp": "HAProxy does not balance UDP",
    "ws": "WebSockets pass with http and https",
    "wss": "WebSockets pass with http and https",
}
TARGETS = ("any", "prefer-local", "only-local")

# Ports of the load balancer's container that are ours.
OWN_PORTS = {
    42: "port 42 answers the load balancer's own health check",
    8404: "port 8404 answers with the load balancer's metrics",
}
# Sections of its config that are ours.
OWN_NAMES = ("answer", "metrics", "statistics")
LARGEST_WEIGHT = 256
LOWEST_PRIORITY = 2**31 - 1

# Words that begin a section of a HAProxy config, as Rancher split custom configs.
SECTIONS = ("global", "defaults", "frontend", "backend", "listen", "userlist", "peers", "mailers")
# HAProxy's other section words; as a name they would be as misleading.
MORE_SECTIONS = (
    "cache",
    "crt-store",
    "fcgi-app",
    "http-errors",
    "log-forward",
    "log-profile",
    "mailer",
    "program",
    "resolvers",
    "ring",
    "traces",
)

HOST_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST = re.compile(rf"{HOST_LABEL}(?:\.{HOST_LABEL})*")
LONGEST_HOST = 253
PATH = re.compile(r"/[A-Za-z0-9._~!$&()*+,;=:@%/-]*")
LONGEST_PATH = 1024
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}")
COOKIE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
SELECTOR_SET = re.compile(r"(?P<key>\S+)\s+(?P<operator>in|notin)\s*\((?P<values>[^()]*)\)")
SELECTOR_PAIR = re.compile(r"(?P<key>[^=!\s]+)\s*(?P<operator>!=|==?)\s*(?P<values>[^=!()]*)")
SELECTOR_KEY = re.compile(r"(?P<absent>!?)\s*(?P<key>[^=!()\s,]+)")

Selector = t.List[t.Dict[str, t.Any]]


def port(value: t.Any) -> int:
    """A target port."""
    if value == "":
        raise wanted("a port, 1 to 65535", value)
    return whole_between(1, 65535)(value)


def source_port(value: t.Any) -> int:
    """A port on which a load balancer may listen."""
    result = port(value)
    if result in OWN_PORTS:
        raise Invalid(f"{OWN_PORTS[result]}; choose another one")
    return result


def protocol(value: t.Any) -> str:
    """The protocol of a port."""
    written = line(value).strip().lower()
    if written in OTHER_PROTOCOLS:
        raise Invalid(f"{quoted(written)} is not possible: {OTHER_PROTOCOLS[written]}")
    if written not in PROTOCOLS:
        known = ", ".join(PROTOCOLS)
        hint = did_you_mean(written, PROTOCOLS)
        raise Invalid(f"must be one of {known}, not {quoted(written)}{hint}")
    return written


def hostname(value: t.Any) -> str:
    """A host name, C(*.suffix) or C(prefix.*), in lower case, as host names are compared without case."""
    written = line(value).strip()
    bare = written
    if written.startswith("*."):
        bare = written[2:]
    elif written.endswith(".*"):
        bare = written[:-2]
    if "*" in bare:
        raise Invalid(
            f"{quoted(written)}: a wildcard is the first or the last part, *.shop.example or shop.*"
        )
    if re.fullmatch(r"[^:]*:[0-9]+", bare):
        raise Invalid(f"{quoted(written)}: the port is left out; source_port says it")
    if len(written) > LONGEST_HOST or not HOST.fullmatch(bare):
        raise wanted("a host name such as shop.example, *.shop.example or shop.*", written)
    return written.lower()


def path(value: t.Any) -> str:
    """The beginning of a path."""
    written = line(value).strip()
    if not written.startswith("/"):
        raise Invalid(f"{quoted(written)}: a path begins with /")
    if "?" in written:
        raise Invalid(f"{quoted(written)}: the query, from ? on, is no part of the path")
    if len(written) > LONGEST_PATH or not PATH.fullmatch(written):
        raise Invalid(
            f"{quoted(written)}: a path holds letters, digits and ._~!$&()*+,;=:@%/- only; "
            "write other characters as %XX"
        )
    return written


def backend_name(value: t.Any) -> str:
    """The name under which a custom config refers to a backend."""
    written = line(value).strip()
    if not NAME.fullmatch(written):
        raise Invalid(f"{quoted(written)}: a name holds letters, digits and _.:- only")
    if written.lower() in SECTIONS + MORE_SECTIONS:
        raise Invalid(f"{quoted(written)} begins a section of a HAProxy config; choose another")
    if written in OWN_NAMES:
        raise Invalid(f"{quoted(written)} is a name of the collection's own; choose another")
    return written


def cookie(value: t.Any) -> str:
    """The name of a cookie."""
    written = line(value).strip()
    if not COOKIE.fullmatch(written):
        raise Invalid(f"{quoted(written)}: the name of a cookie holds letters, digits and _.- only")
    return written


def cookie_domain(value: t.Any) -> str:
    """The domain of a cookie, with or without a leading dot."""
    written = line(value).strip()
    if not HOST.fullmatch(written[1:] if written.startswith(".") else written):
        raise wanted("a domain such as .shop.example", written)
    return written


def directory(value: t.Any) -> str:
    """A path inside the load balancer's container."""
    written = line(value).strip()
    if not PATH.fullmatch(written) or "/.." in written or len(written) > LONGEST_PATH:
        raise wanted("a path in the container such as /certs", written)
    return written.rstrip("/") or "/"


def priority(value: t.Any) -> int:
    """The priority of a rule among those of its port; 0 for none."""
    return whole_between(0, LOWEST_PRIORITY)(value)


def weight(value: t.Any) -> int:
    """The share of a backend's traffic for these members."""
    return whole_between(0, LARGEST_WEIGHT)(value)


def target(value: t.Any) -> str:
    """Which members C(io.rancher.lb_service.target) prefers."""
    written = line(value).strip().lower()
    if written not in TARGETS:
        known = ", ".join(TARGETS)
        hint = did_you_mean(written, TARGETS)
        raise Invalid(f"must be {known}, not {quoted(written)}{hint}")
    return written


def reference(value: t.Any, stack: str) -> str:
    """A service as C(stack/service), from C(service) of this stack or C(stack/service)."""
    written = line(value).strip()
    other, slash, name = written.rpartition("/")
    if "/" in other:
        raise Invalid(f"{quoted(written)}: there are no environments; write stack/service")
    owner = stack_name(other) if slash else stack
    if not owner or not re.fullmatch(SERVICE, name):
        raise wanted('a service, or "stack/service"', written)
    return f"{owner}/{name}"


def selector(value: t.Any) -> Selector:
    """Rancher's selector of labels: C(a=b, c!=d, e, !f, g in (h,i), j notin (k)); a comma is an "and"."""
    written = line(value).strip()
    parts = re.split(r",(?![^()]*\))", written)
    return [selector_part(part.strip(), written) for part in parts]


def selector_part(part: str, written: str) -> dict[str, t.Any]:
    """One condition of a selector."""
    match = SELECTOR_SET.fullmatch(part) or SELECTOR_PAIR.fullmatch(part)
    if match:
        separate = match["operator"] in ("in", "notin")
        values = match["values"].split(",") if separate else [match["values"]]
        found = [value.strip() for value in values]
        if all(found):
            operator = "=" if match["operator"] == "==" else match["operator"]
            return {"key": match["key"], "values": found, "operator": operator}
    bare = SELECTOR_KEY.fullmatch(part)
    if not bare:
        raise wanted('a selector such as "a=b, c!=d, e in (f,g)"', written)
    operator = "absent" if bare["absent"] else "exists"
    return {"key": bare["key"], "values": [], "operator": operator}


def given(
    value: t.Mapping[str, t.Any],
    key: str,
    place: Place,
    convert: t.Callable[[t.Any], t.Any],
    default: t.Any,
) -> t.Any:
    """The converted value of a key; the default if it is missing or invalid, with a problem noted if invalid."""
    written = value.get(key)
    if written is None or (isinstance(written, (str, list, tuple, dict)) and is_empty(written)):
        return default
    result = place.at(key).attempt(convert, written)
    return default if result is None else result


def zero_or(convert: t.Callable[[t.Any], int]) -> t.Callable[[t.Any], int]:
    """A converter for which 0 counts as not given."""
    return lambda value: 0 if whole(value) == 0 else convert(value)
