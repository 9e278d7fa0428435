# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to a Docker host, and concurrent requests to many hosts. Controller only; private to the collection.

Over SSH the host's Python runs the probe. For a local socket and TCP the controller runs the same functions. Only the
standard library is used: the import of the Docker SDK alone takes as long as one request to a host.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import math
import os
import queue
import shlex
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import typing as t

from .._run.deadline import NoAnswer
from . import probe
from .source import SSH, TCP, DockerHost

Answer = dict[str, t.Any]

AT_ONCE = 25
GRACE_S = 0.5
"""A host that is still silent this long after its timeout counts as unreachable."""
BY_TCP = "reached by TCP, where the stack records cannot be read"
ENGINE_SHARE = 0.8
"""Share of a host's time for its engine. The rest lets the host report that its engine hangs."""
_NO_COMMAND = 127


def ask_hosts(hosts: t.Iterable[DockerHost], want: t.Collection[str]) -> dict[str, Answer]:
    """Return the hosts' answers by name. An unreachable host has an C(error) and does not delay the others."""
    waiting = list(hosts)
    running: dict[str, float] = {}
    answers: dict[str, Answer] = {}
    # Own threads, not a pool: a hanging thread of a pool would block the end of the program.
    done: queue.SimpleQueue[tuple[str, Answer]] = queue.SimpleQueue()
    limits = {host.name: host.timeout for host in waiting}
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            host = waiting.pop(0)
            running[host.name] = time.monotonic() + host.timeout + GRACE_S
            threading.Thread(target=_ask_into, args=(done, host, want), daemon=True).start()
        with contextlib.suppress(queue.Empty):
            name, answer = done.get(timeout=max(0.0, min(running.values()) - time.monotonic()))
            if running.pop(name, None):
                answers[name] = answer
        for name in [name for name, end in running.items() if end <= time.monotonic()]:
            del running[name]
            answers[name] = _stamped(_failed(_silent(limits[name])))
    return answers


def _ask_into(
    done: queue.SimpleQueue[tuple[str, Answer]], host: DockerHost, want: t.Collection[str]
) -> None:
    try:
        answer = ask_host(host, want)
    except NoAnswer as error:
        answer = _failed(str(error))
    except Exception as error:  # a fault of one host must not hide the others
        answer = _failed(f"{type(error).__name__}: {error}")
    done.put((host.name, _stamped(answer)))


def _failed(reason: str) -> Answer:
    return {"error": reason}


def _stamped(answer: Answer) -> Answer:
    """Add the time of the control node's clock, in seconds since the epoch."""
    return {**answer, "taken_at": time.time()}


def _silent(timeout_s: float) -> str:
    return f"no answer within {timeout_s:g} s"


def ask_host(host: DockerHost, want: t.Collection[str]) -> Answer:
    """Return one host's answer.

    Raises:
        NoAnswer: The host could not be reached, or did not answer in time.
    """
    if host.transport == SSH:
        return _by_ssh(host, want)
    if host.transport == TCP:
        context = _tls_context(host) if host.tls else None
        found = _survey(host, lambda left_s: _tcp(host, context, left_s), want, state_dir="")
        return {**found, "unread": BY_TCP}
    return _survey(
        host,
        lambda left_s: probe.unix_socket(host.address, left_s),
        want,
        state_dir=host.state_dir,
    )


def _survey(
    host: DockerHost,
    connect: t.Callable[[float], socket.socket],
    want: t.Collection[str],
    *,
    state_dir: str,
) -> Answer:
    found = probe.survey(connect, want=list(want), state_dir=state_dir, timeout_s=host.timeout)
    return t.cast("Answer", found)


def _tcp(host: DockerHost, context: ssl.SSLContext | None, left_s: float) -> socket.socket:
    """Connect to an engine's TCP port, with TLS if the source asks for it."""
    address = (host.address.strip("[]"), host.port)
    connection = socket.create_connection(address, timeout=left_s)
    if context is None:
        return connection
    try:
        name = host.tls_hostname or address[0]
        return context.wrap_socket(connection, server_hostname=name)
    except BaseException:
        connection.close()
        raise


def _tls_context(host: DockerHost) -> ssl.SSLContext:
    """Return the certificates that this side presents and trusts. Raises NoAnswer if a file is invalid."""
    try:
        context = ssl.create_default_context(cafile=host.ca_path or None)
    except OSError as error:
        raise NoAnswer(f"ca_path {host.ca_path}: {error}") from error
    if not host.validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if host.client_cert:
        try:
            context.load_cert_chain(host.client_cert, host.client_key)
        except OSError as error:
            files = f"client_cert {host.client_cert}, client_key {host.client_key}"
            raise NoAnswer(f"{files}: {error}") from error
    return context


def ssh_command(host: DockerHost) -> list[str]:
    """Return the SSH client's command line. The script comes on standard input."""
    options = [
        "BatchMode=yes",
        f"ConnectTimeout={math.ceil(host.timeout)}",
        "ClearAllForwardings=yes",
    ]
    remote = [*(["sudo", "-n"] if host.become else []), host.python, "-"]
    return [
        "ssh",
        "-T",
        *(word for option in options for word in ("-o", option)),
        *(["-p", str(host.port)] if host.port else []),
        *(["-l", host.user] if host.user else []),
        *(["-i", host.private_key_file] if host.private_key_file else []),
        *shlex.split(host.ssh_args),
        "--",
        host.address.strip("[]"),
        shlex.join(remote),
    ]


def script_for(host: DockerHost, want: t.Collection[str]) -> bytes:
    """Return the probe with its arguments, for Python to read from standard input."""
    arguments = {
        "socket": host.socket,
        "want": list(want),
        "state_dir": host.state_dir,
        "timeout_s": host.timeout * ENGINE_SHARE,
    }
    call = f"\n\nmain(json.loads({json.dumps(json.dumps(arguments))}))\n"
    return (inspect.getsource(probe) + call).encode("ascii")


def _by_ssh(host: DockerHost, want: t.Collection[str]) -> Answer:
    status, output, complaint = _run(ssh_command(host), script_for(host, want), host.timeout)
    for line in output.splitlines():
        if line.startswith(probe.MARK):
            try:
                return t.cast("Answer", json.loads(line[len(probe.MARK) :]))
            except ValueError as error:
                raise NoAnswer("its answer is incomplete") from error
    last = " ".join(complaint.split("\n")[-1].split())[:300]
    if status == _NO_COMMAND:
        raise NoAnswer(f"{last or 'no Python'}; say which one it has with the key python")
    raise NoAnswer(last or f"the SSH client ended with status {status} and said nothing")


def _run(command: list[str], given: bytes, timeout_s: float) -> tuple[int, str, str]:
    """Run a command; return its status, output and complaints. A timeout kills it with all that it started.

    Complaints go to a file, because an SSH connection in the background would keep a pipe open.
    """
    with tempfile.TemporaryFile() as complaints:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise NoAnswer(f"there is no program {command[0]} on this control node") from error
        with process:
            try:
                output, _none = process.communicate(given, timeout=timeout_s)
            except subprocess.TimeoutExpired as error:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise NoAnswer(_silent(timeout_s)) from error
        complaints.seek(0)
        complaint = complaints.read(1 << 16).decode("utf-8", "replace").strip()
    return process.returncode, output.decode("utf-8", "replace"), complaint
