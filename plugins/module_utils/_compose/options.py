# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plain options of a container: one table from stack file to schema. Private to the collection."""

from __future__ import annotations

import ipaddress
import re
import shlex
import typing as t

from .._model.problems import Invalid, Place, did_you_mean, quoted
from . import engine_healthcheck, limits, mounts, ports
from .gpus import gpus
from .keys import NOT_RUN_NAMESPACES, refused_by_prefix
from .values import (
    boolean,
    duration_ns,
    duration_s,
    entries,
    is_empty,
    kind_of,
    line,
    matching,
    number,
    one_of,
    pairs,
    size,
    swap_size,
    text,
    wanted,
    whole,
    whole_between,
)

# The kernel's limit for one argument or variable (MAX_ARG_STRLEN).
LONGEST_ARGUMENT = 131071
# Rancher ran a name server at this address in every container.
RANCHER_DNS = "169.254.169.250"
HOST_NAME = r"(?=.{1,64}$)[A-Za-z0-9]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9]([A-Za-z0-9_-]{0,62}))*\.?"
MAC_ADDRESS = r"([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}"
CPUSET = r"[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*"
DEVICE_RULE = r"[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}"
LONGEST_US = 10**9
CAPABILITY = r"[A-Za-z_]+"
SIGNAL = r"[A-Za-z0-9+-]+"
VARIABLE_NAME = re.compile(r"[^=\s\x00-\x1f\x7f][^=\x00-\x1f\x7f]*")

Convert = t.Callable[[t.Any, Place], t.Any]


def single(convert: t.Callable[[t.Any], t.Any]) -> Convert:
    """A converter of one value."""
    return lambda value, place: place.attempt(convert, value)


def flag(value: t.Any, place: Place) -> bool | None:
    """True if set; false is the engine's default and is left out."""
    return True if single(boolean)(value, place) else None


def many(convert: t.Callable[[t.Any], t.Any]) -> Convert:
    """A converter of a list, or of a single value instead."""
    return lambda value, place: entries(value, place, convert)


def unless(nothing: int, convert: t.Callable[[t.Any], t.Any]) -> Convert:
    """A converter of a number for which one value means "not set"."""

    def optional(value: t.Any, place: Place) -> t.Any:
        result = single(convert)(value, place)
        return None if result == nothing else result

    return optional


def zero_or(least: int, most: int) -> t.Callable[[t.Any], int]:
    """A converter to a whole number in the given range, or 0 for the engine's default."""

    def convert(value: t.Any) -> int:
        return 0 if whole(value) == 0 else whole_between(least, most)(value)

    return convert


def words(value: t.Any, place: Place) -> list[str] | None:
    """A command as a list; text is split like in a shell, but no shell runs it."""
    if isinstance(value, str):
        result = place.attempt(split_words, value)
        return result or None
    if isinstance(value, t.Mapping) or not isinstance(value, (list, tuple)):
        place.problem(f"must be text or a list, not {kind_of(value)}")
        return None
    return entries(value, place, argument) or None


def entrypoint(value: t.Any, place: Place) -> list[str] | None:
    """An entry point, like a command; an empty list removes the image's entry point, as C([""]) does in the engine."""
    return [""] if value == [] else words(value, place)


def split_words(value: str) -> list[str]:
    """Words of a command line; the text itself may be secret and is not shown."""
    try:
        return [argument(word) for word in shlex.split(value)]
    except ValueError as error:
        if isinstance(error, Invalid):
            raise
        raise Invalid(f"can't be split into words: {str(error).lower()}; write a list") from None


def argument(value: t.Any) -> str:
    """One argument or variable within the kernel's limit."""
    result = text(value)
    if len(result.encode("utf-8")) > LONGEST_ARGUMENT:
        raise Invalid(f"is longer than {LONGEST_ARGUMENT} bytes, which no Linux kernel takes")
    return result


def environment(value: t.Any, place: Place) -> dict[str, str]:
    """Variables of the container; values are never shown."""
    found = {}
    for name, item in pairs(value, place).items():
        here = place.at(name)
        if not VARIABLE_NAME.fullmatch(name):
            here.problem("is no name of a variable")
        elif item is None:
            here.problem("has no value")
        else:
            found[name] = here.attempt(argument, item)
    return {name: item for name, item in found.items() if item is not None}


def text_map(value: t.Any, place: Place) -> dict[str, str]:
    """Names with one line of text each."""
    found = {}
    for name, item in pairs(value, place).items():
        result = place.at(name).attempt(line, "" if item is None else item)
        if place.at(name).attempt(line, name) is not None and result is not None:
            found[name] = result
    return found


def extra_hosts(value: t.Any, place: Place) -> list[str]:
    """Lines of C(/etc/hosts) in the engine's form: C(name:address)."""
    items = value
    if isinstance(value, t.Mapping):
        items = [f"{name}={address}" for name, address in value.items()]
    return entries(items, place, parse_extra_host)


def parse_extra_host(value: t.Any) -> str:
    """One entry: C(name:address) or C(name=address)."""
    written = line(value).strip()
    name, found, address = written.partition("=" if "=" in written else ":")
    bare = address[1:-1] if address.startswith("[") and address.endswith("]") else address
    if not found or not name or (bare != "host-gateway" and not is_address(bare)):
        raise wanted('name:address, such as "db:10.0.0.5"', written)
    return f"{name}:{bare}"


def is_address(written: str) -> bool:
    """Whether this is an IP address."""
    try:
        ipaddress.ip_address(written)
    except ValueError:
        return False
    return True


def ip_address(value: t.Any) -> str:
    """An IP address."""
    written = line(value).strip()
    if not is_address(written):
        raise wanted("an IP address", written)
    return written


def namespace(*own: str) -> t.Callable[[t.Any], str]:
    """A converter of C(ipc), C(pid) and similar keys: one of our words; other containers' namespaces are refused."""

    def convert(value: t.Any) -> str:
        written = line(value)
        refusal = refused_by_prefix(written, NOT_RUN_NAMESPACES)
        if refusal:
            raise Invalid(f"{quoted(written)} {refusal}")
        return one_of(*own)(written)

    return convert


def name_servers(value: t.Any, place: Place) -> list[str]:
    """Addresses of name servers, without Rancher's, which does not exist here."""
    found = entries(value, place, ip_address)
    if RANCHER_DNS in found:
        place.warn(
            f"{RANCHER_DNS} is Rancher's name server and is left out; names resolve without it"
        )
    return [address for address in found if address != RANCHER_DNS]


def absolute(value: t.Any) -> str:
    """A path that begins with a slash."""
    written = line(value)
    if not written.startswith("/"):
        raise wanted("a path that begins with /", written)
    return written


def logging(value: t.Any, place: Place) -> dict[str, t.Any] | None:
    """Driver and options; empty ones, as in Rancher's exports, count as not set."""
    if not isinstance(value, t.Mapping):
        place.problem(f'must be a map of "driver" and "options", not {kind_of(value)}')
        return None
    for key in value:
        if key not in ("driver", "options") and not key.startswith("x-"):
            place.at(key).problem("unknown key" + did_you_mean(key, ("driver", "options")))
    driver = place.at("driver").attempt(line, value.get("driver") or "") or ""
    options = value.get("options")
    found = text_map(options, place.at("options")) if not is_empty(options) else {}
    return {"driver": driver, "options": found} if driver or found else None


def memory_default(value: t.Any) -> int:
    """A share of swapping from 0 to 100; -1 is the engine's default."""
    return whole_between(-1, 100)(value)


MANY_LINES = many(line)


def microseconds(value: t.Any) -> int:
    """Microseconds, as a number or as a time such as C(400ms)."""
    written = text(value).strip()
    return (
        whole_between(0, LONGEST_US)(written) if written.isdigit() else duration_ns(value) // 1000
    )


# Key of the stack file -> (key of the schema, converter). The converter gives None for "not set".
OPTIONS: dict[str, tuple[str, Convert]] = {
    "annotations": ("annotations", text_map),
    "blkio_weight": ("blkio_weight", unless(0, zero_or(10, 1000))),
    "blkio_weight_device": ("blkio_weight_device", limits.weight_devices),
    "cap_add": ("cap_add", many(matching(CAPABILITY, "a capability such as NET_ADMIN"))),
    "cap_drop": ("cap_drop", many(matching(CAPABILITY, "a capability such as NET_ADMIN"))),
    "cgroup": ("cgroup", single(one_of("host", "private"))),
    "cgroup_parent": ("cgroup_parent", single(line)),
    "command": ("command", words),
    "cpu_count": ("cpu_count", unless(0, whole_between(0, 2**20))),
    "cpu_period": ("cpu_period", unless(0, zero_or(1000, 1000000))),
    "cpu_quota": ("cpu_quota", unless(0, whole)),
    "cpu_rt_period": ("cpu_rt_period", unless(0, microseconds)),
    "cpu_rt_runtime": ("cpu_rt_runtime", unless(0, microseconds)),
    "cpu_shares": ("cpu_shares", unless(0, whole_between(0, 262144))),
    "cpus": ("cpus", unless(0, number)),
    "cpuset": ("cpuset", single(matching(CPUSET, 'a list of CPUs such as "0-3,7"'))),
    "device_cgroup_rules": (
        "device_cgroup_rules",
        many(matching(DEVICE_RULE, 'a rule such as "c 1:3 mr"')),
    ),
    "device_read_bps": ("device_read_bps", limits.byte_rates),
    "device_read_iops": ("device_read_iops", limits.io_rates),
    "device_write_bps": ("device_write_bps", limits.byte_rates),
    "device_write_iops": ("device_write_iops", limits.io_rates),
    "devices": ("devices", many(limits.parse_device)),
    "dns": ("dns", name_servers),
    "dns_opt": ("dns_opt", MANY_LINES),
    "dns_search": ("dns_search", MANY_LINES),
    "domainname": ("domainname", single(matching(HOST_NAME, "a domain name"))),
    "entrypoint": ("entrypoint", entrypoint),
    "environment": ("environment", environment),
    "expose": ("expose", ports.expose),
    "extra_hosts": ("extra_hosts", extra_hosts),
    "gpus": ("device_requests", gpus),
    "group_add": ("group_add", MANY_LINES),
    "healthcheck": ("healthcheck", engine_healthcheck.healthcheck),
    "hostname": ("hostname", single(matching(HOST_NAME, "a host name of at most 64 characters"))),
    "init": ("init", single(boolean)),
    "ipc": ("ipc", single(namespace("host", "none", "private", "shareable"))),
    "isolation": ("isolation", single(one_of("default", "process", "hyperv"))),
    "kernel_memory": ("kernel_memory", unless(0, size)),
    "logging": ("logging", logging),
    "mac_address": ("mac_address", single(matching(MAC_ADDRESS, "a MAC address"))),
    "mem_limit": ("mem_limit", unless(0, size)),
    "mem_reservation": ("mem_reservation", unless(0, size)),
    "mem_swappiness": ("mem_swappiness", unless(-1, memory_default)),
    "memswap_limit": ("memswap_limit", unless(0, swap_size)),
    "oom_kill_disable": ("oom_kill_disable", flag),
    "oom_score_adj": ("oom_score_adj", unless(0, whole_between(-1000, 1000))),
    "pid": ("pid", single(namespace("host"))),
    "pids_limit": ("pids_limit", unless(0, whole)),
    "ports": ("ports", ports.ports),
    "privileged": ("privileged", flag),
    "read_only": ("read_only", flag),
    "runtime": ("runtime", single(line)),
    "security_opt": ("security_opt", MANY_LINES),
    "shm_size": ("shm_size", unless(0, size)),
    "stdin_open": ("stdin_open", flag),
    "stop_grace_period": ("stop_grace_period_s", single(duration_s)),
    "stop_signal": ("stop_signal", single(matching(SIGNAL, "a signal such as SIGTERM"))),
    "storage_opt": ("storage_opt", text_map),
    "sysctls": ("sysctls", text_map),
    "tmpfs": ("tmpfs", mounts.tmpfs),
    "tty": ("tty", flag),
    "ulimits": ("ulimits", limits.ulimits),
    "user": ("user", single(line)),
    "userns_mode": ("userns_mode", single(one_of("host"))),
    "uts": ("uts", single(namespace("host"))),
    "volume_driver": ("volume_driver", single(line)),
    "working_dir": ("working_dir", single(absolute)),
}

# Keys that container.py converts, together with others.
JOINED_KEYS = frozenset(["labels", "log_driver", "log_opt", "volumes"])
OPTION_KEYS = frozenset(OPTIONS) | JOINED_KEYS


def plain_options(keys: t.Mapping[str, t.Any], place: Place) -> dict[str, t.Any]:
    """The schema's options for the keys that are set.

    Empty text counts as not set, as in Rancher: a variable without a value leaves it.
    """
    found = {}
    for key, (name, convert) in OPTIONS.items():
        value = keys.get(key)
        if value is not None and value != "":
            found[name] = convert(value, place.at(key))
    return {name: value for name, value in found.items() if value not in (None, [], {})}
