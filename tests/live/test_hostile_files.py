# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a member may put into its volume, seen by a real engine: nothing blocks, the host stays seen, it is told."""

from __future__ import annotations

import pathlib
import time
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._engine.client import DockerEngine
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import EngineError
from ansible_collections.drover.docker.plugins.module_utils._observe.host import observe
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.store import write_record
from ansible_collections.drover.docker.tests.unit.shared.builders import service, stack

from .haproxy_versions import DEFAULT, IMAGES

CHAIN = "fullchain.pem"
# What a shell in a container of the volume runs, and the words of the message.
HOSTILE = {
    "fifo": (f"mkfifo {CHAIN}", "is a FIFO, not a regular file"),
    "link": (f"ln -s /etc/shadow {CHAIN}", "is a symbolic link, not a regular file"),
    "device": (f"mknod {CHAIN} c 1 5", "is a device, not a regular file"),
    "folder": (f"mkdir {CHAIN}", "is a folder, not a regular file"),
    "large": (f"truncate -s 1G {CHAIN}", "is larger than"),
}
SLOWER_S = 1.0
"""How much longer an observation may take. A FIFO blocked it for ever."""


@pytest.fixture
def engine() -> DockerEngine:
    found = DockerEngine()
    try:
        present = found.image(IMAGES[DEFAULT])
    except EngineError as error:
        pytest.skip(f"no engine here: {error}")
    if not present:
        pytest.skip(f"no image {IMAGES[DEFAULT]} here: lab/images haproxy")
    return found


@pytest.fixture
def volume(engine: DockerEngine, tmp_path: pathlib.Path) -> t.Iterator[str]:
    name = f"drover-live-certs-{tmp_path.name}"
    engine.create_volume(name, "local", {}, {"drover.lab": "1"})
    yield name
    engine.remove_volume(name)


def run_in(engine: DockerEngine, volume: str, script: str) -> None:
    """As a member that may write to its volume."""
    code, output = engine.run_once(
        {
            "Image": IMAGES[DEFAULT],
            "Entrypoint": ["sh"],
            "Cmd": ["-ec", script],
            "User": "0:0",
            "Labels": {"drover.lab": "1"},
            "HostConfig": {"Binds": [f"{volume}:/certs"]},
        }
    )
    assert code == 0, output


def store(state_dir: str, volume: str) -> None:
    """A load balancer whose certificates are in the volume."""
    mount = {"kind": "volume", "source": volume, "target": "/certs", "options": []}
    balancer = service(
        image=IMAGES[DEFAULT],
        balancer={"certificate_dir": "/certs"},
        container={"mounts": [mount]},
    )
    revision = {
        "number": 1,
        "tombstone": False,
        "definition": stack({"lb": balancer}, name="live"),
        "services": {"lb": {"scale": 1, "state": "active"}},
    }
    body = {"hosts": ["h1"], "revisions": [revision], "members": {}, "counters": {}}
    write_record(state_dir, {**make_record("live", body, number=1, token="t"), "host": "h1"})


def look(engine: DockerEngine, state_dir: str) -> tuple[dict[str, t.Any], float]:
    """An observation, and how long it took."""
    began = time.monotonic()
    seen = observe(engine, host="h1", state_dir=state_dir, images=[], clock=time.time)
    return dict(seen), time.monotonic() - began


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_volume_of_certificates(
    engine: DockerEngine, volume: str, tmp_path: pathlib.Path, kind: str
) -> None:
    script, words = HOSTILE[kind]
    good = f"mkdir /certs/good; cd /certs/good; echo x >{CHAIN}; echo y >privkey.pem; "
    run_in(engine, volume, good)
    store(str(tmp_path), volume)
    seen, before_s = look(engine, str(tmp_path))
    assert list(seen["certificate_folders"]["live/lb"]["certificates"]) == ["dir.good"]
    run_in(engine, volume, f"mkdir /certs/bad; cd /certs/bad; echo y >privkey.pem; {script}")
    seen, took_s = look(engine, str(tmp_path))
    assert seen["error"] is None
    assert took_s < before_s + SLOWER_S
    found = seen["certificate_folders"]["live/lb"]
    assert list(found["certificates"]) == ["dir.good"]
    (path,) = found["faults"]
    assert path.endswith(f"/bad/{CHAIN}")
    assert words in found["faults"][path]


def test_what_a_killed_validation_left_is_found(
    engine: DockerEngine, tmp_path: pathlib.Path
) -> None:
    labels = {"io.drover.once": "validate", "drover.lab": "1"}
    name = f"drover-once-{tmp_path.name}"
    made = engine.create(name, {"Image": IMAGES[DEFAULT], "Labels": labels})
    try:
        now = look(engine, str(tmp_path))[0]["leftovers"]["containers"]
        later = observe(
            engine,
            host="h1",
            state_dir=str(tmp_path),
            images=[],
            clock=lambda: time.time() + 700,
        )
        assert made not in now
        assert later["leftovers"]["containers"][made] == name
    finally:
        engine.remove(made)
