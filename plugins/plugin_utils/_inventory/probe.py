# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one Docker host reports to the inventory. Private to the collection.

The text of this file is sent to hosts over SSH; for other hosts it runs in process. So it uses the standard library
only, Python 3.8 or later, ASCII, and imports none of our files. Only data that the inventory shows leaves a host: no
environment, no command, no definition of a stack.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import stat
import time
import typing as t

MARK = "drover-inventory:"
FORMATS = (1, 2)
LARGEST_RECORD = 64 * 2**20
CONTAINERS = "containers"
ENGINE = "engine"
MOST_BYTES = 64 * 1024 * 1024
# The keys that the config hash covers, and the labels that it does not: docs/schema.md section 6.
HASHED = ("image", "network", "hostname_override", "start_once")
SCHEDULING = ("io.rancher.scheduler.", "io.rancher.container.pull_image")


def main(arguments: t.Any) -> None:
    """Print the answer. C(arguments) are those of survey, with C(socket) instead of C(connect)."""
    path = arguments.pop("socket")
    print(MARK + json.dumps(survey(lambda left_s: unix_socket(path, left_s), **arguments)))


def survey(connect: t.Any, *, want: t.Any, state_dir: str, timeout_s: float) -> t.Any:
    """Make one call to the engine for each kind of data, and read the stack records.

    Args:
        connect: Function that opens a connection to the engine within a given number of seconds.
        want: CONTAINERS, ENGINE or both.
        state_dir: Folder of the stack records; empty if they can't be read.
        timeout_s: Seconds for everything.

    Returns:
        A map for JSON. C(error) says why the engine did not answer, C(unread) why there are no records.
    """
    deadline = time.monotonic() + timeout_s
    found: t.Any = {"error": "", CONTAINERS: [], ENGINE: {}}
    found.update({"records": {}, "damaged": {}, "unread": ""})
    try:
        if CONTAINERS in want:
            listed = ask(connect, "/containers/json?all=1", deadline)
            found[CONTAINERS] = [container(item) for item in listed]
        if ENGINE in want:
            found[ENGINE] = engine(ask(connect, "/info", deadline))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        found["error"] = explain(error, timeout_s)
    found["now"] = time.time()
    if CONTAINERS in want and state_dir:
        found.update(records(state_dir))
    return found


def unix_socket(path: str, left_s: float) -> t.Any:
    """Connect to a socket file."""
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        found.settimeout(left_s)
        found.connect(path)
    except OSError:
        found.close()
        raise
    return found


def ask(connect: t.Any, path: str, deadline: float) -> t.Any:
    """Return the engine's answer to one GET. It uses HTTP/1.0, so that the answer ends with the connection."""
    request = f"GET {path} HTTP/1.0\r\nHost: docker\r\nAccept: application/json\r\n\r\n"
    connection = connect(left(deadline))
    try:
        connection.settimeout(left(deadline))
        connection.sendall(request.encode("ascii"))
        return content(received(connection, deadline))
    finally:
        connection.close()


def received(connection: t.Any, deadline: float) -> bytes:
    """Read up to the end of the connection. The deadline applies to the whole answer, not to each piece."""
    pieces: t.Any = []
    size = 0
    while size <= MOST_BYTES:
        connection.settimeout(left(deadline))
        piece = connection.recv(1 << 16)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size += len(piece)
    raise ValueError(f"the answer is larger than {MOST_BYTES} bytes")


def left(deadline: float) -> float:
    """Seconds until the deadline."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise socket.timeout("timed out")  # noqa: UP041  another class before Python 3.10
    return seconds


def content(answer: bytes) -> t.Any:
    """The JSON of an HTTP answer."""
    head, _gap, body = answer.partition(b"\r\n\r\n")
    status = head.split(b"\r\n")[0].split(b" ")[1:2]
    text = body.decode("utf-8", "replace")
    if status != [b"200"]:
        raise ValueError(refusal(text) or "what answers is no Docker engine")
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError("the engine's answer is not JSON") from None


def refusal(text: str) -> str:
    """Return the engine's message for a refused call."""
    try:
        message = str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        message = text
    return " ".join(message.split())[:200]


def explain(error: Exception, timeout_s: float) -> str:
    """Explain to people why there was no answer."""
    if isinstance(error, socket.timeout):
        return f"the engine did not answer within {timeout_s:g} s"
    if isinstance(error, FileNotFoundError):
        return "the engine's socket does not exist; is Docker installed and started?"
    if isinstance(error, PermissionError):
        return "no permission to use the engine's socket; connect as root, or with become: true"
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused; is Docker started?"
    if isinstance(error, (KeyError, TypeError, AttributeError)):
        return "what answers is no Docker engine"
    return str(error)


def container(item: t.Any) -> t.Any:
    """Return one container of the engine's list, without data that must not or need not leave the host."""
    networks = (item.get("NetworkSettings") or {}).get("Networks") or {}
    return {
        "id": item["Id"],
        "name": own_name(item.get("Names") or []) or item["Id"][:12],
        "image": item.get("Image", ""),
        "image_id": item.get("ImageID", ""),
        "state": item.get("State", ""),
        "status": item.get("Status", ""),
        "created": item.get("Created", 0),
        "labels": item.get("Labels") or {},
        "networks": {name: address(endpoint or {}) for name, endpoint in networks.items()},
        "ports": [port(found) for found in item.get("Ports") or []],
        **mounts(item.get("Mounts") or []),
    }


def own_name(names: t.Any) -> str:
    """Return the container's own name. Links of other containers add names with two slashes."""
    return next((name[1:] for name in sorted(names) if name.count("/") == 1), "")


def address(endpoint: t.Any) -> str:
    """Return the address. A stopped container has none, but keeps the address that it will request."""
    wanted = (endpoint.get("IPAMConfig") or {}).get("IPv4Address")
    return str(endpoint.get("IPAddress") or wanted or "")


def port(found: t.Any) -> t.Any:
    """Return one port; C(public) is null if it is not published."""
    return {
        "ip": found.get("IP", ""),
        "public": found.get("PublicPort"),
        "private": found.get("PrivatePort"),
        "protocol": found.get("Type", "tcp"),
    }


def mounts(found: t.Any) -> t.Any:
    """Return volumes by path in the container, and the mounted host folders."""
    volumes = [item for item in found if item.get("Type") == "volume"]
    binds = [item for item in found if item.get("Type") == "bind"]
    return {
        "volumes": {item["Destination"]: item.get("Name", "") for item in volumes},
        "binds": sorted(item.get("Source", "") for item in binds),
    }


def engine(info: t.Any) -> t.Any:
    """Return facts of an engine, without proxies and registries: their URLs may hold passwords."""
    swarm = info.get("Swarm") or {}
    labels = [label.partition("=") for label in info.get("Labels") or []]
    names = {
        "id": "ID",
        "name": "Name",
        "version": "ServerVersion",
        "operating_system": "OperatingSystem",
        "os_type": "OSType",
        "architecture": "Architecture",
        "kernel": "KernelVersion",
        "cpus": "NCPU",
        "memory_bytes": "MemTotal",
        "root_dir": "DockerRootDir",
        "storage_driver": "Driver",
        "logging_driver": "LoggingDriver",
        "cgroup_driver": "CgroupDriver",
        "cgroup_version": "CgroupVersion",
        "live_restore": "LiveRestoreEnabled",
        "images": "Images",
        "containers": "Containers",
        "containers_running": "ContainersRunning",
        "containers_paused": "ContainersPaused",
        "containers_stopped": "ContainersStopped",
    }
    return {
        **{ours: info.get(theirs) for ours, theirs in names.items()},
        "labels": {name: value for name, _sign, value in labels},
        "swarm": {
            "state": swarm.get("LocalNodeState", "inactive"),
            "node_id": swarm.get("NodeID", ""),
            "manager": bool(swarm.get("ControlAvailable")),
        },
    }


def records(state_dir: str) -> t.Any:
    """Return the parts of this host's stack records that the inventory needs."""
    good: t.Any = {}
    damaged: t.Any = {}
    folder = os.path.join(state_dir, "stacks")
    try:
        names = [name for name in sorted(os.listdir(folder)) if is_record(name)]
    except FileNotFoundError:
        names = []
    except OSError as error:
        return {"records": {}, "damaged": {}, "unread": unreadable(error)}
    for name in names:
        stack = name[: -len(".json")]
        try:
            good[stack] = record(os.path.join(folder, name), stack)
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            damaged[stack] = f"{type(error).__name__}: {error}"
    return {"records": good, "damaged": damaged, "unread": ""}


def is_record(name: str) -> bool:
    """Whether a file name of the folder is that of a stack record."""
    return name.endswith(".json") and not name.startswith(".")


def unreadable(error: OSError) -> str:
    """Explain to people why the records can't be read."""
    if isinstance(error, PermissionError):
        return "no permission to read the stack records; connect as root, or with become: true"
    return f"the stack records cannot be read: {error.strerror}"


def regular(path: str) -> bytes:
    """Return the content of a regular file. Others in its place could block for ever or lead elsewhere."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST_RECORD:
            raise ValueError("it is no regular file, or too large")
        return file.read()


def record(path: str, stack: str) -> t.Any:
    """Return one record in its own format (docs/schema.md section 4), with hashes instead of definitions."""
    whole = json.loads(regular(path).decode("utf-8"))
    if whole["format"] not in FORMATS or whole["stack"] != stack:
        raise ValueError(f"it is of format {whole['format']!r} and stack {whole['stack']!r}")
    found = {
        "host": whole["host"],
        **state(whole),
        "life": {key: life(entry) for key, entry in whole.get("life", {}).items()},
    }
    if "proposed" in whole:
        found["proposed"] = proposal(whole["proposed"])
    return found


def proposal(whole: t.Any) -> t.Any:
    """Return a version that the host has not heard to be committed, and the one that it was made on."""
    base = {"base": proposal(whole["base"])} if "base" in whole else {}
    return {**state(whole), "asked": whole["asked"], **base}


def state(whole: t.Any) -> t.Any:
    """Return one version with the parts of its body that the inventory needs."""
    if whole["version"]["hash"] != digest(whole["body"]):
        raise ValueError("its body is not what its hash says: changed by hand, or damaged")
    body = whole["body"]
    return {
        "version": whole["version"],
        "body": {
            "hosts": body["hosts"],
            "revisions": [revision(item) for item in body["revisions"]],
            "members": {
                name: found
                for key, entry in body["members"].items()
                for name, found in places(key, entry)
            },
        },
    }


def places(key: str, entry: t.Any) -> t.Any:
    """Yield what proves that a container is this member's, for each of its slots: an upgrade makes a second one."""
    for slot in entry.get("slots", [{}]):
        name = f"{key}@{slot['slot']}" if slot.get("slot") else key
        found = {item: entry[item] for item in ("host", "create_index", "volumes", "retired")}
        yield name, {**found, "retired": entry["retired"] or slot.get("retired", False)}


def revision(item: t.Any) -> t.Any:
    """Return one revision: its time, and for each service whether it has a health check and its launch."""
    if "definition" in item:
        services = old_services(item["definition"] or {})
    else:
        services = {name: served(service) for name, service in item["services"].items()}
    return {
        "number": item["number"],
        "time": item["time"],
        "tombstone": item["tombstone"],
        "services": services,
    }


def served(service: t.Any) -> t.Any:
    """One service of a revision."""
    checked = bool(service["in_place"].get("health_check"))
    return {"checked": checked, "config_hash": service["launch"]}


def old_services(definition: t.Any) -> t.Any:
    """The services of a revision of format 1, which does not store their hashes."""
    volumes = definition.get("volumes") or {}
    return {
        name: {
            "checked": bool(service.get("health_check")),
            "config_hash": config_hash(service, volumes),
        }
        for name, service in (definition.get("services") or {}).items()
    }


def life(entry: t.Any) -> t.Any:
    """Return the recorded health of one member, and the launch that it was changed to in place."""
    health = entry.get("health") or {}
    keys = ("generation", "verdict", "since", "why", "repairs")
    return {
        "seq": entry.get("seq", 0),
        "health": {key: health.get(key) for key in keys} if health else None,
        "applied": entry.get("applied"),
    }


def config_hash(service: t.Any, volumes: t.Any) -> str:
    """Return the label io.drover.config-hash of this service's containers. It repeats _model/config_hash.py."""
    options = dict(service["container"])
    labels = options.pop("labels", {})
    kept = {name: value for name, value in labels.items() if not name.startswith(SCHEDULING)}
    mounted = {item["source"] for item in options.get("mounts", []) if item.get("kind") == "volume"}
    return digest(
        {
            **{key: service[key] for key in HASHED},
            "container": {**options, "labels": kept},
            "volumes": {key: volumes[key] for key in mounted if key in volumes},
        }
    )


def digest(value: t.Any) -> str:
    """SHA-256 (hex) of the canonical JSON of a value."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
