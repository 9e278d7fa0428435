# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pull that a registry refused names the registry and what to do."""

from __future__ import annotations

import pytest
from ansible_collections.drover.docker.plugins.module_utils._common.registries import registry_of
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import (
    EngineError,
    NotFound,
)
from ansible_collections.drover.docker.plugins.module_utils._engine.refused_pull import (
    refused_pulls,
)


@pytest.mark.parametrize(
    ("reference", "registry"),
    [
        ("haproxy:3.0", "docker.io"),
        ("team/app:1", "docker.io"),
        ("docker.io/team/app:1", "docker.io"),
        ("localhost/app", "localhost"),
        ("registry:5000/team/app@sha256:00", "registry:5000"),
        ("images.example.org/app", "images.example.org"),
    ],
)
def test_the_registry_of_a_name(reference: str, registry: str) -> None:
    assert registry_of(reference) == registry


@pytest.mark.parametrize(
    "message",
    [
        "pull access denied for app, repository does not exist or may require 'docker login'",
        "Head https://registry:5000/v2/app/manifests/1: no basic auth credentials",
        "unauthorized: authentication required",
        "unexpected status from HEAD request: 403 Forbidden",
    ],
)
def test_a_refusal_names_its_registry_and_keeps_its_kind(message: str) -> None:
    with pytest.raises(NotFound) as caught, refused_pulls("registry:5000/app:1"):
        raise NotFound(message, 404)
    assert caught.value.status == 404
    assert message in str(caught.value)
    assert "docker login registry:5000" in str(caught.value)


def test_a_refusal_of_the_inventorys_credentials_names_their_user() -> None:
    with pytest.raises(EngineError) as caught, refused_pulls("registry:5000/app:1", "deploy"):
        raise EngineError("unauthorized: authentication required", 500)
    assert "check the user deploy of drover_registries" in str(caught.value)


def test_other_errors_stay_as_they_are() -> None:
    error = EngineError("manifest for app:401x not found", 404)
    with pytest.raises(EngineError) as caught, refused_pulls("app:1"):
        raise error
    assert caught.value is error
