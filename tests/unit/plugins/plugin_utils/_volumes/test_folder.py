# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a backup on the control node: encryption, the manifest, and folders that are whole or not there."""

from __future__ import annotations

import io
import json
import os
import stat
import typing as t
from pathlib import Path

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._volumes import manifest
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.failures import (
    Failed,
    Refused,
)
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.folder import (
    NewBackup,
    StoredBackup,
)
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.manifest import Manifest, Part
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.sealing import (
    Damaged,
    Sealed,
    opened,
    read_key,
)

KEY = b"0123456789abcdef" * 2
BLOCK = 64 * 1024
CONTENT = os.urandom(3 * BLOCK)
HEADER = 24
SEALED_BLOCK = BLOCK + 16


def sealed(content: bytes, key: bytes = KEY) -> bytes:
    stream = io.BytesIO()
    cipher = Sealed(stream, key)
    for start in range(0, len(content), 50_000):
        cipher.write(content[start : start + 50_000])
    cipher.close()
    return stream.getvalue()


def plain(stored: bytes, key: bytes = KEY) -> bytes:
    return b"".join(opened(io.BytesIO(stored), key))


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_what_is_encrypted_can_be_read_with_its_key(size: int) -> None:
    stored = sealed(CONTENT[:size])
    assert plain(stored) == CONTENT[:size]
    assert size < 100 or CONTENT[:100] not in stored


def test_one_content_is_never_encrypted_to_the_same_bytes() -> None:
    assert sealed(b"post") != sealed(b"post")


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda stored: stored[: HEADER + SEALED_BLOCK], id="cut after a block"),
        pytest.param(lambda stored: stored[:-1], id="cut in a block"),
        pytest.param(lambda stored: stored[:HEADER], id="without a block"),
        pytest.param(lambda stored: stored[:10], id="cut in the header"),
        pytest.param(lambda stored: stored + b"x", id="more behind"),
        pytest.param(lambda stored: b"x" + stored[1:], id="another header"),
        pytest.param(lambda stored: stored[:-9] + b"x" + stored[-8:], id="one byte"),
        pytest.param(
            lambda stored: (
                stored[:HEADER]
                + stored[HEADER + SEALED_BLOCK : HEADER + 2 * SEALED_BLOCK]
                + stored[HEADER : HEADER + SEALED_BLOCK]
                + stored[HEADER + 2 * SEALED_BLOCK :]
            ),
            id="blocks in another order",
        ),
    ],
)
def test_a_damaged_file_is_noticed(damage: t.Callable[[bytes], bytes]) -> None:
    with pytest.raises(Damaged):
        plain(damage(sealed(CONTENT)))


def test_another_key_is_noticed() -> None:
    with pytest.raises(Damaged):
        plain(sealed(b"post"), b"x" * 32)


def test_a_short_or_missing_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("short\n")
    with pytest.raises(Refused, match="at least 32"):
        read_key(str(tmp_path / "key"))
    with pytest.raises(Refused, match="cannot read"):
        read_key(str(tmp_path / "none"))


# --- folders ---


def made(dest: Path, key: bytes | None = None, **changes: t.Any) -> Path:
    """A backup of one volume."""
    new = NewBackup(str(dest), "shop-db-1", key)
    file = new.file("volume-1.tar.gz")
    file.write(CONTENT)
    file.finish()
    part = Part(
        file=file.name,
        path="/data",
        volume="shop_db_1",
        files=3,
        size=10,
        sha256="0" * 64,
        stored_size=file.size,
        stored_sha256=file.sha256,
        skipped=[],
        changed=[],
        shared=[],
    )
    new.finish(t.cast("Manifest", {**base(part), "encrypted": key is not None, **changes}))
    new.close()
    return Path(new.path)


def base(part: Part) -> Manifest:
    return Manifest(
        format=1,
        stack="shop",
        service="db",
        index=1,
        host="h1",
        revision=3,
        image="db:1",
        time="2026-11-28T01:00:00Z",
        release="0.2.0",
        quiesce="stop",
        compress="gzip",
        encrypted=False,
        volumes=[part],
    )


def faults(folder: Path, key_file: str = "") -> list[str]:
    try:
        return StoredBackup(str(folder), key_file).faults()
    except Refused as refused:
        return refused.problems


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    (tmp_path / "key").write_bytes(KEY + b"\n")
    return str(tmp_path / "key")


def test_a_whole_backup_can_be_read_and_by_its_owner_only(tmp_path: Path) -> None:
    folder = made(tmp_path / "dest")
    stored = StoredBackup(str(folder), "")
    assert stored.faults() == []
    assert b"".join(stored.data(stored.manifest["volumes"][0])) == CONTENT
    modes = {item.name: stat.S_IMODE(item.stat().st_mode) for item in (folder, *folder.iterdir())}
    assert modes == {"shop-db-1": 0o700, "manifest.json": 0o600, "volume-1.tar.gz": 0o600}


def test_an_encrypted_backup_needs_its_key(tmp_path: Path, key_file: str) -> None:
    folder = made(tmp_path / "dest", KEY)
    stored = StoredBackup(str(folder), key_file)
    assert stored.faults() == []
    assert b"".join(stored.data(stored.manifest["volumes"][0])) == CONTENT
    assert faults(folder) == ["the backup is encrypted: give its key with key_file"]
    (tmp_path / "other").write_bytes(b"x" * 32)
    (problem,) = faults(folder, str(tmp_path / "other"))
    assert "does not fit the key" in problem


def test_a_changed_manifest_of_an_encrypted_backup_is_noticed(
    tmp_path: Path, key_file: str
) -> None:
    folder = made(tmp_path / "dest", KEY)
    file = folder / manifest.FILE
    file.write_text(file.read_text().replace('"shop"', '"blog"'))
    (problem,) = faults(folder, key_file)
    assert "does not fit the key" in problem


def test_what_is_not_finished_is_no_backup_and_goes(tmp_path: Path) -> None:
    new = NewBackup(str(tmp_path), "shop-db-1", None)
    new.file("volume-1.tar").write(b"half")
    assert not os.path.exists(new.path)
    new.close()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_goes_and_that_of_another_run_stays(tmp_path: Path) -> None:
    left = tmp_path / ".shop-db-1.partial-x"
    left.mkdir()
    (left / "volume-1.tar").write_text("half")
    other = NewBackup(str(tmp_path), "shop-web-1", None)
    new = NewBackup(str(tmp_path), "shop-db-1", None)
    assert not left.exists()
    assert len(list(tmp_path.iterdir())) == 2
    new.close()
    other.close()


def test_a_backup_never_replaces_another_one(tmp_path: Path) -> None:
    folder = made(tmp_path)
    before = (folder / manifest.FILE).read_bytes()
    with pytest.raises(Failed, match="there already"):
        made(tmp_path, revision=4)
    assert (folder / manifest.FILE).read_bytes() == before


def test_damage_of_each_file_is_noticed(tmp_path: Path) -> None:
    folder = made(tmp_path)
    file = folder / "volume-1.tar.gz"
    file.write_bytes(CONTENT[:-1] + bytes([CONTENT[-1] ^ 1]))
    assert faults(folder) == ["volume-1.tar.gz: its checksum does not fit the manifest"]
    file.write_bytes(CONTENT[:-1])
    assert faults(folder) == [
        f"volume-1.tar.gz has {len(CONTENT) - 1} bytes, and the manifest says {len(CONTENT)}"
    ]
    file.unlink()
    assert faults(folder) == ["volume-1.tar.gz: No such file or directory"]


# --- the manifest ---


def changed(tmp_path: Path, **changes: t.Any) -> list[str]:
    folder = made(tmp_path)
    found = json.loads((folder / manifest.FILE).read_text())
    (folder / manifest.FILE).write_text(json.dumps({**found, **changes}))
    return faults(folder)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format": 2}, "has format 2; this release reads format 1"),
        ({"format": None}, "has format None"),
        ({"index": "one"}, "index"),
        ({"volumes": {}}, "volumes"),
    ],
)
def test_a_manifest_of_another_shape_is_refused(
    tmp_path: Path, changes: dict[str, t.Any], reason: str
) -> None:
    (problem,) = changed(tmp_path, **changes)
    assert reason in problem


@pytest.mark.parametrize("text", ["{", "[]", "null", ""])
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str) -> None:
    folder = made(tmp_path)
    (folder / manifest.FILE).write_text(text)
    assert len(faults(folder)) == 1


@pytest.mark.parametrize(
    "name", ["/etc/shadow", "../x/volume-1.tar", "volume-1.tar/../x", "key", ""]
)
def test_a_file_outside_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    folder = made(tmp_path)
    found = json.loads((folder / manifest.FILE).read_text())
    found["volumes"][0]["file"] = name
    (folder / manifest.FILE).write_text(json.dumps(found))
    (problem,) = faults(folder)
    assert "is not the name of a file of a backup" in problem


def test_all_that_does_not_fit_is_told_at_once(tmp_path: Path) -> None:
    found = StoredBackup(str(made(tmp_path)), "").manifest
    assert manifest.misfits(found, "shop/db", ["/data", "/more"], force=False) == []
    problems = manifest.misfits(found, "blog/db", ["/other"], force=False)
    assert [text.partition(";")[0] for text in problems] == [
        "the backup is of shop/db, not of blog/db",
        "blog/db has no volume at /data",
    ]
    assert manifest.misfits(found, "blog/db", ["/data"], force=True) == []


def test_the_output_of_a_command_is_not_restored(tmp_path: Path) -> None:
    found = StoredBackup(str(made(tmp_path, quiesce="command")), "").manifest
    (problem,) = manifest.misfits(found, "shop/db", ["/data"], force=True)
    assert "by hand" in problem
