# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The validated Docker hosts of an inventory source. Controller only; private to the collection."""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._common.names import digest

from .spellings import ALL, SPELLINGS, in_our_spelling
from .values import KINDS, SourceError, at, flag, port_number

SSH, TCP, UNIX = "ssh", "tcp", "unix"
TLS_PORT = 2376
_URL = re.compile(
    r"(?P<scheme>ssh|tcp)://(?:(?P<user>[A-Za-z0-9_.][^@/:\s]*)@)?"
    r"(?P<address>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_][A-Za-z0-9_.-]*)(?::(?P<port>[0-9]{1,5}))?/?"
)
_SOCKET = re.compile(r"unix://(?P<address>/.+)")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclasses.dataclass(frozen=True)
class DockerHost:
    """One Docker engine and how to reach it.

    Attributes:
        address: Host name or IP address; path of the socket for the transport unix.
        user: Empty: the SSH client decides.
        port: 0: the SSH client decides.
        socket: The engine's socket on the host.
    """

    name: str
    transport: str
    address: str
    user: str = ""
    port: int = 0
    timeout: float = 5.0
    private_key_file: str = ""
    ssh_args: str = ""
    python: str = "python3"
    become: bool = False
    socket: str = "/var/run/docker.sock"
    state_dir: str = "/var/lib/drover"
    tls: bool = False
    validate_certs: bool = True
    ca_path: str = ""
    client_cert: str = ""
    client_key: str = ""
    tls_hostname: str = ""

    @property
    def url(self) -> str:
        """The address in the format of Docker's own tools."""
        if self.transport == UNIX:
            return f"unix://{self.address}"
        user = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port else ""
        return f"{self.transport}://{user}{self.address}{port}"

    @property
    def mark(self) -> str:
        """Key of the cache. It changes with every setting, so that a cached answer fits the settings."""
        return digest(dataclasses.asdict(self))


def read_hosts(
    given: t.Any, defaults: t.Mapping[str, t.Any], *, docker_host: t.Any, folder: str
) -> list[DockerHost]:
    """Return the hosts of a source.

    Args:
        given: Its key C(hosts); None if it has only C(docker_host).
        defaults: Options at the top level, for every host that does not set its own.
        docker_host: The only engine of a source without C(hosts).
        folder: Base of relative paths.

    Raises:
        SourceError: A key is invalid.
    """
    if given is None:
        return [_host({"docker_host": docker_host}, defaults, place="", folder=folder)]
    if not isinstance(given, list) or not given:
        raise SourceError(
            "hosts: must be a list with a map for each Docker host, such as "
            "[{name: web1, docker_host: ssh://root@192.0.2.11}]"
        )
    found = [
        _host(item, defaults, place=f"hosts[{number}]", folder=folder)
        for number, item in enumerate(given)
    ]
    names = [host.name for host in found]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise SourceError(
                f"hosts[{number}].name: {name} is already that of hosts[{names.index(name)}]; "
                "give each host a name of its own"
            )
    return found


def check_keys(
    given: t.Iterable[t.Any],
    known: t.Iterable[str],
    place: str = "",
    *,
    also: t.Collection[str] = (),
) -> None:
    """Refuse an unknown key. C(also): other spellings of the known ones."""
    names = sorted(known)
    for key in given:
        if key not in (*names, *also):
            close = difflib.get_close_matches(str(key), (*names, *also), 1)
            hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(names)}"
            raise SourceError(f"{at(place, str(key))}: no such key; {hint}")


def check_source(given: t.Mapping[str, t.Any], options: t.Mapping[str, t.Any]) -> None:
    """Refuse keys that are no options, and values that Ansible would silently read as false.

    Args:
        given: The source file's content.
        options: The documented options.
    """
    check_keys(given, options)
    for key, value in given.items():
        if str(options[key].get("type")).startswith("bool"):
            flag(value, key)


def _host(given: t.Any, defaults: t.Mapping[str, t.Any], *, place: str, folder: str) -> DockerHost:
    """Read one entry of C(hosts), or the top level of a source without C(hosts)."""
    if not isinstance(given, dict):
        raise SourceError(
            f"{place}: must be a map with docker_host, such as {{docker_host: ssh://root@192.0.2.11}}"
        )
    written, given = given, _entry(given, place)
    address = _address(given.get("docker_host"), at(place, "docker_host"))
    _check_transport(written, address["transport"], place)
    options = _options({**defaults, **given}, place, folder)
    fitting = {
        key: value
        for key, value in options.items()
        if key not in address and _fits(key, address["transport"])
    }
    host = DockerHost(name=_name(given, address, place), **{**address, **fitting})
    return _with_tls(host, {**defaults, **given}, place)


def _entry(given: t.Mapping[str, t.Any], place: str) -> dict[str, t.Any]:
    """Return the entry with its known keys, all in our spelling. Only an entry of C(hosts) may have another one."""
    check_keys(given, ("name", "docker_host", *KINDS), place, also=ALL if place else ())
    return in_our_spelling(given, place)


def _address(given: t.Any, place: str) -> dict[str, t.Any]:
    """Read the URL of an engine; user and port only if the URL has them."""
    text = str(given or "")
    found = _URL.fullmatch(text) or _SOCKET.fullmatch(text)
    if not found:
        raise SourceError(
            f"{place}: {_shown(text)!r} is no address of an engine; write ssh://[USER@]HOST[:PORT], "
            "tcp://HOST:PORT or unix:///PATH"
        )
    parts = found.groupdict()
    transport = parts.get("scheme") or UNIX
    if transport == TCP and (not parts["port"] or parts["user"]):
        raise SourceError(f"{place}: {_shown(text)!r} must be tcp://HOST:PORT (2376 with TLS)")
    address: dict[str, t.Any] = {"transport": transport, "address": parts["address"]}
    if parts.get("user"):
        address["user"] = parts["user"]
    if parts.get("port"):
        address["port"] = port_number(parts["port"], place)
    return address


def _shown(url: str) -> str:
    """Return the URL without its password, if it has one."""
    return re.sub(r"(://[^:/@]*):[^/@]*@", r"\1:***@", url)


def _check_transport(given: t.Mapping[str, t.Any], transport: str, place: str) -> None:
    """Refuse a key of one host that has no effect with its transport."""
    for key in given:
        ours = SPELLINGS.get(key, key)
        if not _fits(ours, transport):
            where = " and ".join(f"{name}://" for name in TRANSPORTS[ours])
            raise SourceError(
                f"{at(place, key)}: is for {where} and has no effect on {transport}://; remove it"
            )


def _fits(key: str, transport: str) -> bool:
    return transport in TRANSPORTS.get(key, (transport,))


def _name(given: t.Mapping[str, t.Any], address: t.Mapping[str, t.Any], place: str) -> str:
    own = "localhost" if address["transport"] == UNIX else address["address"].strip("[]")
    name = str(given.get("name") or own.replace(":", "-"))
    if not _NAME.fullmatch(name):
        raise SourceError(
            f"{at(place, 'name')}: {name!r} is no inventory name; use letters, digits, '.', '_' and '-'"
        )
    return name


def _options(given: t.Mapping[str, t.Any], place: str, folder: str) -> dict[str, t.Any]:
    """Return the values of all options that are set."""
    found = {}
    for key, kind in KINDS.items():
        if given.get(key) is not None:
            value = kind(given[key], at(place, key))
            found[key] = _resolved(key, value, folder) if key in PATHS and value else value
    return found


def _with_tls(host: DockerHost, given: t.Mapping[str, t.Any], place: str) -> DockerHost:
    """Enable TLS if the source asks for it, names a file for it, or uses the TLS port."""
    if host.transport != TCP:
        return host
    if bool(host.client_cert) != bool(host.client_key):
        missing = "client_key" if host.client_cert else "client_cert"
        raise SourceError(
            f"{at(place, missing)}: client_cert and client_key go together; give both"
        )
    if given.get("tls") is not None:
        return host
    wanted = host.port == TLS_PORT or bool(host.ca_path or host.client_cert)
    return dataclasses.replace(host, tls=wanted)


def _resolved(key: str, path: str, folder: str) -> str:
    """Return a path from the folder of the source. Of a folder with certificates, as Docker has it, the file in it."""
    whole = os.path.join(folder, os.path.expanduser(os.path.expandvars(path)))
    if key not in IN_FOLDER or not os.path.isdir(whole):
        return whole
    file = os.path.join(whole, IN_FOLDER[key])
    return file if os.path.exists(file) else ""


PATHS = ("private_key_file", "ca_path", "client_cert", "client_key")
"""Files of the control node. Relative paths start at the folder of the source."""
IN_FOLDER = {"ca_path": "ca.pem", "client_cert": "cert.pem", "client_key": "key.pem"}
"""The files of DOCKER_CERT_PATH. Not every engine asks for a client's certificate."""
_SSH_ONLY = ("user", "port", "private_key_file", "ssh_args", "python", "become", "socket")
_TCP_ONLY = ("tls", "validate_certs", "ca_path", "client_cert", "client_key", "tls_hostname")
TRANSPORTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_SSH_ONLY, (SSH,)),
    **dict.fromkeys(_TCP_ONLY, (TCP,)),
    "state_dir": (SSH, UNIX),
}
