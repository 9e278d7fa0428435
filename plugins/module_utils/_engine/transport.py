# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection to an engine: the client of the Docker SDK, the API version, and the meaning of failures. Private."""

from __future__ import annotations

import contextlib
import json
import math
import ssl
import typing as t

from .._common.registries import Credentials
from .errors import EngineError, EngineTimeout, EngineUnreachable, SdkMissing, refusal
from .tls import Tls, tls_config, tls_error

if t.TYPE_CHECKING:
    from docker import APIClient


# An engine supports all versions between its oldest and its newest; we use the newest one that we tested, so that the
# meaning of calls is known.
OLDEST_API = (1, 41)
NEWEST_API = (1, 45)

_TLS_WANTED = "HTTP request to an HTTPS server"
"""What an engine with TLS answers to a call without it."""


def parse_api(version: str) -> tuple[int, int]:
    """An API version as numbers, e.g. (1, 41). Raises EngineError if the text is not a version."""
    major, _dot, minor = version.partition(".")
    if not (major.isdigit() and minor.isdigit()):
        raise EngineError("what answers at docker_host is not a Docker engine")
    return int(major), int(minor)


def choose_api(newest_of_engine: str) -> str:
    """The API version to use, given the engine's newest. Raises EngineError if the engine is too old."""
    offered = parse_api(newest_of_engine)
    if offered < OLDEST_API:
        raise EngineError(
            f"the engine speaks API {newest_of_engine}, older than 1.41: install Docker Engine 20.10 or later"
        )
    return api_text(min(offered, NEWEST_API))


def api_text(version: tuple[int, int]) -> str:
    """An API version as the engine writes it."""
    return f"{version[0]}.{version[1]}"


class Connection:
    """The calls to one engine, with the API version that was chosen when the connection was opened."""

    def __init__(self, client: APIClient, offered: str) -> None:
        """Use C(connect) to make one.

        Args:
            client: Uses the chosen version, in its own methods too.
            offered: The newest version of the engine.
        """
        self.client = client
        self.offered = offered

    def send(self, method: str, path: str, *, timeout_s: float, **request: t.Any) -> t.Any:
        """The engine's answer (a requests.Response) to one call; raises EngineError if it refuses."""
        versioned = f"/v{self.client.api_version}{path}"
        return _send(self.client, method, versioned, timeout_s=timeout_s, **request)


def connect(docker_host: str, tls: Tls | None = None, *, timeout_s: float) -> Connection:
    """Ask the engine once for its API version. C(/_ping) tells it; C(/version) takes 10 ms, as it runs other programs.

    Args:
        docker_host: C(unix://PATH) or C(tcp://HOST:PORT).
        tls: How to speak TLS over TCP; None for plain TCP. Of no effect on a socket.
        timeout_s: Seconds for this query, and for calls without their own deadline.

    Raises:
        SdkMissing: The package C(docker) is not installed.
        EngineError: The address is not an engine's, or the engine does not answer or is too old.
    """
    newest = api_text(NEWEST_API)
    client = _make_client(docker_host, tls, newest, timeout_s)
    answer = _send(client, "GET", "/_ping", timeout_s=timeout_s)
    if "Libpod-Api-Version" in answer.headers:
        client.close()
        raise EngineError(
            f"what answers at {docker_host} is Podman: only Docker engines are supported, as Podman has no Swarm and "
            "no engine id; install Docker, or let drover_docker_host name Docker's socket"
        )
    offered = answer.headers.get("Api-Version", "")
    agreed = choose_api(offered)
    if agreed != newest:
        client.close()
        client = _make_client(docker_host, tls, agreed, timeout_s)
    return Connection(client, offered)


def _make_client(docker_host: str, tls: Tls | None, version: str, timeout_s: float) -> APIClient:
    """A low-level client of one API version. Opens no connection."""
    try:
        from docker import APIClient
        from docker.errors import DockerException
    except ImportError as error:
        raise SdkMissing(f"the Python package 'docker' cannot be imported: {error}") from error
    how = tls_config(tls) if tls and not docker_host.startswith("unix:") else False
    limit = math.ceil(timeout_s)
    try:
        client = APIClient(base_url=docker_host, version=version, timeout=limit, tls=how)
    except DockerException as error:
        raise EngineError(f"docker_host {docker_host!r}: {error}") from error
    # There is no proxy between us and the engine, and looking for one takes time in each call.
    client.trust_env = False
    return client


def _send(
    client: APIClient, method: str, path: str, *, timeout_s: float, **request: t.Any
) -> t.Any:
    """One call; raises each failure as an EngineError."""
    try:
        response = client.request(method, client.base_url + path, timeout=timeout_s, **request)
    except OSError as error:  # the errors of requests are OSErrors
        raise transport_error(error, f"{method} {path.partition('?')[0]}", timeout_s) from error
    if response.status_code >= 400:
        raise refusal(refusal_text(response.text), response.status_code)
    return response


@contextlib.contextmanager
def broken_answers(call: str, timeout_s: float) -> t.Iterator[None]:
    """Raise EngineError if the rest of an answer does not come. An EngineError of the block stays as it is."""
    try:
        yield
    except OSError as error:
        raise transport_error(error, call, timeout_s) from error


def pull_request(
    client: APIClient, reference: str, credentials: Credentials | None = None
) -> tuple[str, str, dict[str, str | bytes]]:
    """Repository, tag (or digest) and headers of the pull of an image. Without credentials, the user's stored ones."""
    from docker import auth, errors, utils

    repository, tag = utils.parse_repository_tag(reference)
    try:
        registry, _name = auth.resolve_repository_name(repository)
        header: str | bytes | None = (
            auth.encode_header(credentials)
            if credentials
            else auth.get_config_header(client, registry)
        )
    except errors.DockerException as error:
        raise EngineError(f"image {reference!r}: {error}") from error
    return repository, tag or "latest", {"X-Registry-Auth": header} if header else {}


def transport_error(error: OSError, call: str, timeout_s: float) -> EngineError:
    """The error for a call without an answer."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return EngineUnreachable(tls_error(cause))
        if isinstance(cause, FileNotFoundError):
            return EngineUnreachable(
                "no Docker engine answers: its socket does not exist; install or start Docker"
            )
        if isinstance(cause, ConnectionRefusedError):
            return EngineUnreachable(
                "no Docker engine answers: the connection was refused; start Docker"
            )
        if isinstance(cause, PermissionError):
            return EngineUnreachable(
                "no permission to use the Docker engine's socket; run with become: true"
            )
        if isinstance(cause, TimeoutError) or "Timeout" in type(cause).__name__:
            return EngineTimeout(
                f"the Docker engine did not answer within {timeout_s:g} s ({call})"
            )
    return EngineTimeout(f"the connection to the Docker engine broke ({call}): {error}")


def refusal_text(body: str) -> str:
    """The engine's message in the answer that refuses a call."""
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        if _TLS_WANTED in body:
            return "the Docker engine wants TLS; see tls and validate_certs"
        return body.strip() or "the Docker engine refused the call without a reason"


def _causes(error: BaseException) -> t.Iterator[BaseException]:
    """An error and all its causes: requests and urllib3 wrap the system's errors, some in their arguments."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        found = waiting.pop(0)
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        inner = [*found.args, getattr(found, "reason", None), found.__cause__, found.__context__]
        waiting.extend(item for item in inner if isinstance(item, BaseException))
