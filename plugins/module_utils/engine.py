# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker engine, as few plain calls: what observe and execute need of it. Private to the collection.

Everything takes and gives the objects of the Engine API (api.docker.com, 1.41 to 1.45) as plain dicts, so that a fake
engine in memory can stand in for a real one. Containers are named by id or name.
"""

from __future__ import annotations

import typing as t

Json = t.Dict[str, t.Any]


class Engine(t.Protocol):
    """One Docker engine. Every call may raise EngineError or one of its subclasses."""

    def info(self) -> Json:
        """C(GET /info)."""

    def version(self) -> Json:
        """C(GET /version)."""

    def containers(self) -> list[Json]:
        """C(GET /containers/json?all=1)."""

    def inspect(self, container: str) -> Json:
        """C(GET /containers/ID/json). Raises NotFound."""

    def volumes(self) -> list[Json]:
        """C(GET /volumes), the list alone."""

    def networks(self) -> list[Json]:
        """C(GET /networks)."""

    def image(self, reference: str) -> Json | None:
        """C(GET /images/REF/json); None when the image is not on this host."""

    def pull(self, reference: str) -> None:
        """Pull one image, with the credentials of the user's Docker configuration."""

    def create(self, name: str, body: Json) -> str:
        """C(POST /containers/create); the new id. Raises Conflict when the name is taken."""

    def start(self, container: str) -> None:
        """C(POST /containers/ID/start)."""

    def stop(self, container: str, timeout_s: float) -> None:
        """C(POST /containers/ID/stop): the stop signal, then after timeout_s seconds a kill."""

    def remove(self, container: str) -> None:
        """C(DELETE /containers/ID?force=1): never its volumes."""

    def unpause(self, container: str) -> None:
        """C(POST /containers/ID/unpause)."""

    def create_volume(self, name: str, driver: str, driver_opts: dict[str, str], labels: dict[str, str]) -> None:
        """C(POST /volumes/create). An existing volume of this name and driver is left as it is."""

    def remove_volume(self, name: str) -> None:
        """C(DELETE /volumes/NAME). Raises Conflict when a container uses it."""

    def create_network(self, name: str, body: Json) -> None:
        """C(POST /networks/create) with body and this name."""

    def connect(self, network: str, container: str, endpoint: Json) -> None:
        """C(POST /networks/NAME/connect) with an EndpointConfig."""

    def disconnect(self, network: str, container: str) -> None:
        """C(POST /networks/NAME/disconnect)."""
