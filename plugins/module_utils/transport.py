# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to an engine: the client of the Docker SDK, and what its failures mean. Private to the collection."""

from __future__ import annotations

import json
import math
import typing as t

from .engine_errors import EngineError, EngineTimeout, EngineUnreachable, SdkMissing

if t.TYPE_CHECKING:
    from docker import APIClient


def make_client(docker_host: str, *, timeout_s: float) -> APIClient:
    """A low-level client; nothing is contacted yet.

    Args:
        docker_host: C(unix://PATH) or C(tcp://HOST:PORT).
        timeout_s: Seconds for calls that name no deadline of their own.

    Raises:
        SdkMissing: The package C(docker) is not installed.
        EngineError: The address is not one of an engine.
    """
    try:
        from docker import APIClient
        from docker.errors import DockerException
    except ImportError as error:
        raise SdkMissing(f"the Python package 'docker' cannot be imported: {error}") from error
    try:
        # A fixed version keeps the client from asking; calls name their version in the path.
        client = APIClient(base_url=docker_host, version="1.41", timeout=math.ceil(timeout_s))
    except DockerException as error:
        raise EngineError(f"docker_host {docker_host!r}: {error}") from error
    client.trust_env = (
        False  # no proxy stands between us and the engine; looking for one costs time in each call
    )
    return client


def pull_request(client: APIClient, reference: str) -> tuple[str, str, dict[str, str | bytes]]:
    """Repository, tag (or digest) and headers of the pull of an image, with the user's stored credentials."""
    from docker import auth, errors, utils

    repository, tag = utils.parse_repository_tag(reference)
    try:
        registry, _name = auth.resolve_repository_name(repository)
        header: str | bytes | None = auth.get_config_header(client, registry)
    except errors.DockerException as error:
        raise EngineError(f"image {reference!r}: {error}") from error
    return repository, tag or "latest", {"X-Registry-Auth": header} if header else {}


def transport_error(error: OSError, call: str, timeout_s: float) -> EngineError:
    """What it means that a call got no answer."""
    for cause in _causes(error):
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
    """What the engine says in an answer that refuses a call."""
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.strip() or "the Docker engine refused the call without a reason"


def _causes(error: BaseException) -> t.Iterator[BaseException]:
    """An error and all that it was made of: requests and urllib3 wrap the system's errors, some in their arguments."""
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
