# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in the texts of engines. The messages of failed mounts are those of engines 20.10 to 28.5."""

from __future__ import annotations

import pytest
from ansible_collections.drover.docker.plugins.module_utils._common.masking import (
    mask,
    option_secrets,
)

MOUNT = (
    "error while mounting volume '/var/lib/docker/volumes/shop_data/_data': failed to mount local volume: "
    "mount //nas/share:/var/lib/docker/volumes/shop_data/_data, flags: 0x1, data: {options}: permission denied"
)


@pytest.mark.parametrize(
    "options",
    ["addr=10.0.0.9,username=joe,password=hunter2", "mode=hunter2", "password=a: hunter2"],
)
def test_the_options_of_a_failed_mount_are_hidden(options: str) -> None:
    found = mask(MOUNT.format(options=options))
    assert found.endswith("data: ********: permission denied")
    assert "joe" not in found
    assert "hunter2" not in found


def test_parts_of_an_option_are_hidden_without_the_engines_flags() -> None:
    secrets = option_secrets({"type": "cifs", "o": "rw,username=joe1,password=hunter2"})
    assert mask("mount with username=joe1,password=hunter2", secrets) == (
        "mount with username=********,password=********"
    )


def test_a_longer_secret_is_hidden_before_its_part() -> None:
    assert mask("x secretsecret y", ["secret", "secretsecret"]) == "x ******** y"


def test_short_values_stay() -> None:
    assert mask("rw, no", ["rw", "no", ""]) == "rw, no"


def test_a_volume_without_options() -> None:
    assert option_secrets(None) == []
