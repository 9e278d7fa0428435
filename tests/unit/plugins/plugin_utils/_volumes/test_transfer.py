# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup and a restore from end to end: both ends as they are, with pipes for the network and folders for volumes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import Claim
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.module_utils._volumes import frames as wire
from ansible_collections.drover.docker.plugins.module_utils._volumes import serve
from ansible_collections.drover.docker.plugins.module_utils._volumes.fill import NEW
from ansible_collections.drover.docker.plugins.plugin_utils._channel.pipes import Ended, Late
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.failures import (
    Failed,
    Refused,
)
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.folder import (
    NewBackup,
    StoredBackup,
)
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.session import Session
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.target import Target
from ansible_collections.drover.docker.plugins.plugin_utils._volumes.transfer import (
    Way,
    Wish,
    back_up,
    check,
    restore,
)

Json = dict[str, t.Any]
RANDOM = os.urandom(3 << 20)


class Engine:
    """One member, its volumes, and what was done to it."""

    def __init__(self, folder: Path, volumes: dict[str, str]) -> None:
        self.folder = folder
        self.running = True
        self.calls: list[str] = []
        self.others: list[Json] = []
        self.options: Json = {}
        self.exit_code = 0
        for name in volumes.values():
            (folder / name / "_data").mkdir(parents=True)

    def data(self, name: str) -> Path:
        return self.folder / name / "_data"

    def volume(self, name: str) -> Json:
        return {"Driver": "local", "Options": self.options, "Mountpoint": str(self.data(name))}

    def containers(self) -> list[Json]:
        return self.others

    def inspect(self, _container: str) -> Json:
        return {"State": {"Running": self.running}, "Config": {}}

    def stop(self, _container: str, _timeout_s: float) -> None:
        self.calls.append("stop")
        self.running = False

    def start(self, _container: str) -> None:
        self.calls.append("start")
        self.running = True

    def stream(
        self, _container: str, words: list[str], take: t.Callable[[bytes], t.Any]
    ) -> tuple[int, str]:
        self.calls.append(words[-1])
        if words[-1] != "true":
            take(b"half of a dump")
        return self.exit_code, "no such database"


class Wire:
    """The pipes of a session. C(budget): bytes from the host after which the connection breaks."""

    def __init__(self, source: int, sink: int, budget: int | None) -> None:
        self._source, self._sink, self._budget = source, sink, budget

    def write(self, content: bytes, _end: float) -> None:
        try:
            os.write(self._sink, content) if len(content) < 65536 else self._write_all(content)
        except OSError as error:
            raise Ended("broken") from error

    def _write_all(self, content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(self._sink, rest) :]

    def read(self, count: int, end: float) -> bytes:
        if self._budget is not None:
            self._budget -= count
            if self._budget < 0:
                self.kill()
                raise Ended("broken")
        found = b""
        while len(found) < count:
            if time.monotonic() > end:
                raise Late
            chunk = os.read(self._source, count - len(found))
            if not chunk:
                raise Ended("broken")
            found += chunk
        return found

    def is_quiet(self) -> bool:
        return True

    def close(self, _grace_s: float = 0.0) -> None:
        self.kill()

    def kill(self) -> None:
        for handle in (self._source, self._sink):
            with contextlib.suppress(OSError):
                os.close(handle)


class Lab:
    """A host and a control node."""

    def __init__(self, folder: Path, *, volumes: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.volumes = {"/data": "v1"} if volumes is None else volumes
        self.engine = Engine(folder / "volumes", self.volumes)
        member = MemberId("shop", "db", 1)
        self.target = Target(member, "h1", "c1", self.volumes, "db:1", 3)
        claim = Claim("a", "me@control", "volume_backup shop/db", False, 1.0, 60.0)
        self.way = Way("unix:///nowhere", str(folder / "state"), claim, 0.0)
        self.dest = folder / "dest"
        self.budget: int | None = None
        self._left: list[threading.Thread] = []

    @contextlib.contextmanager
    def session(self) -> t.Iterator[Session]:
        """A session whose host end runs in a thread."""
        down, up = os.pipe(), os.pipe()
        host = wire.Frames(down[0], up[1], idle_s=30.0)
        thread = threading.Thread(target=self._serve, args=(host, down[0], up[1]))
        session = Session.__new__(Session)
        session._pipes = t.cast("t.Any", Wire(up[0], down[1], self.budget))
        thread.start()
        try:
            with contextlib.closing(t.cast("t.Any", session._pipes)):
                yield session
        finally:
            thread.join(20)
            assert not thread.is_alive()

    def _serve(self, host: wire.Frames, *handles: int) -> None:
        with contextlib.suppress(wire.Broken):
            _kind, body = host.receive()
            host.tell(**serve.answer(host, wire.content_of(body), lambda _host: self.engine))
        for handle in handles:
            os.close(handle)

    def back_up(self, key: bytes | None = None, **wish: t.Any) -> StoredBackup:
        new = NewBackup(str(self.dest), "backup", key)
        with contextlib.closing(new), self.session() as session:
            back_up(session, self.way, self.target, Wish(**wish), new, key=key is not None)
        return StoredBackup(new.path, "" if key is None else str(self.folder / "key"))

    def restore(self, stored: StoredBackup) -> None:
        check(stored, self.target, force=False)
        with self.session() as session:
            restore(session, self.way, self.target, stored)

    def left(self) -> list[str]:
        """What a restore left beside the data."""
        return [str(item) for item in (self.folder / "volumes").glob(f"*/{NEW}*")]


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    found = Lab(tmp_path)
    (found.engine.data("v1") / "posts").write_bytes(b"first post" + RANDOM)
    return found


def posts(lab: Lab) -> bytes:
    return (lab.engine.data("v1") / "posts").read_bytes()


@pytest.mark.parametrize("compress", ["gzip", "none"])
def test_what_was_lost_comes_back(lab: Lab, compress: str) -> None:
    stored = lab.back_up(compress=compress)
    assert lab.engine.calls == ["stop", "start"]
    (lab.engine.data("v1") / "posts").write_bytes(b"nonsense")
    (lab.engine.data("v1") / "later").write_bytes(b"x")
    lab.restore(stored)
    assert posts(lab) == b"first post" + RANDOM
    assert not (lab.engine.data("v1") / "later").exists()
    assert (lab.engine.calls, lab.left()) == (["stop", "start"] * 2, [])


def test_an_encrypted_backup_comes_back(lab: Lab) -> None:
    key = b"k" * 32
    (lab.folder / "key").write_bytes(key)
    stored = lab.back_up(key)
    assert RANDOM[:1000] not in (lab.dest / "backup" / "volume-1.tar.gz.enc").read_bytes()
    (lab.engine.data("v1") / "posts").unlink()
    lab.restore(stored)
    assert posts(lab) == b"first post" + RANDOM


def test_all_volumes_of_a_member_are_in_one_backup(tmp_path: Path) -> None:
    lab = Lab(tmp_path, volumes={"/data": "v1", "/var/log": "v2"})
    for name in ("v1", "v2"):
        (lab.engine.data(name) / "is").write_text(name)
    stored = lab.back_up()
    assert [part["path"] for part in stored.manifest["volumes"]] == ["/data", "/var/log"]
    for name in ("v1", "v2"):
        (lab.engine.data(name) / "is").unlink()
    lab.restore(stored)
    assert (lab.engine.data("v2") / "is").read_text() == "v2"


@pytest.mark.parametrize("budget", [0, 100, 100_000, 2_000_000])
def test_a_broken_backup_leaves_nothing_and_the_member_goes_on(lab: Lab, budget: int) -> None:
    lab.budget = budget
    with pytest.raises(Failed):
        lab.back_up()
    assert list(lab.dest.iterdir()) == []
    assert lab.engine.running
    lab.budget = None
    lab.back_up()  # its lease has ended with it


@pytest.mark.parametrize("cut", [0, 1, 12])
def test_a_broken_restore_leaves_the_old_data(
    lab: Lab, cut: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = lab.back_up(compress="none")
    lab.engine.calls.clear()
    (lab.engine.data("v1") / "posts").write_bytes(b"old")
    whole = list(stored.data(stored.manifest["volumes"][0]))
    assert len(whole) > cut

    def broken(_part: Json) -> t.Iterator[bytes]:
        yield from whole[:cut]
        raise Failed("the disk of the control node")

    monkeypatch.setattr(stored, "data", broken)
    with pytest.raises(Failed):
        lab.restore(stored)
    assert (posts(lab), lab.left(), lab.engine.calls) == (b"old", [], [])


def test_a_tar_whose_checksum_does_not_fit_leaves_the_old_data(lab: Lab) -> None:
    stored = lab.back_up()
    stored.manifest["volumes"][0]["sha256"] = hashlib.sha256(b"another").hexdigest()
    lab.engine.calls.clear()
    (lab.engine.data("v1") / "posts").write_bytes(b"old")
    with pytest.raises(Failed, match="checksum"):
        lab.restore(stored)
    assert (posts(lab), lab.left(), lab.engine.calls) == (b"old", [], [])


def test_a_damaged_file_is_refused_before_the_host_is_called(lab: Lab) -> None:
    stored = lab.back_up()
    file = lab.dest / "backup" / "volume-1.tar.gz"
    content = bytearray(file.read_bytes())
    content[1000] ^= 1
    file.write_bytes(content)
    with pytest.raises(Refused, match="checksum does not fit"):
        check(stored, lab.target, force=False)


def test_a_volume_that_others_use_is_not_replaced(lab: Lab) -> None:
    stored = lab.back_up()
    lab.engine.others = [
        {"Id": "c2", "State": "running", "Names": ["/other"], "Mounts": [{"Name": "v1"}]},
    ]
    with pytest.raises(Failed, match=r"other \(v1\)"):
        lab.restore(stored)
    lab.engine.others[0]["State"] = "exited"
    lab.restore(stored)


def test_whoever_else_had_the_volume_is_named(lab: Lab) -> None:
    lab.engine.others = [
        {"Id": "c2", "State": "running", "Names": ["/other"], "Mounts": [{"Name": "v1"}]},
        {"Id": "c1", "State": "running", "Names": ["/self"], "Mounts": [{"Name": "v1"}]},
    ]
    assert lab.back_up().manifest["volumes"][0]["shared"] == ["other (v1)"]


def test_a_volume_whose_data_are_elsewhere_is_refused(lab: Lab) -> None:
    lab.engine.options = {"type": "nfs"}
    with pytest.raises(Failed, match="driver_opts"):
        lab.back_up()
    assert (lab.engine.calls, list(lab.dest.iterdir())) == ([], [])


def test_what_a_command_prints_is_the_backup(lab: Lab) -> None:
    stored = lab.back_up(command="dump", compress="none")
    assert (lab.dest / "backup" / "output").read_bytes() == b"half of a dump"
    assert stored.manifest["quiesce"] == "command"
    assert lab.engine.calls == ["dump"]


def test_a_command_that_prints_nothing_is_a_backup_of_nothing(lab: Lab) -> None:
    (part,) = lab.back_up(command="true", compress="none").manifest["volumes"]
    assert (part["file"], part["size"]) == ("output", 0)


def test_a_command_that_fails_leaves_nothing(lab: Lab) -> None:
    lab.engine.exit_code = 3
    with pytest.raises(Failed, match="exit code 3: no such database"):
        lab.back_up(command="dump")
    assert list(lab.dest.iterdir()) == []


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ([{"done": True}], "the host sent nothing"),
        ([b"x", {"done": True}], "in the middle"),
        ([b"x", {"part": "/data"}], "something else than a summary"),
        ([b"x", {"part": ["/data"]}], "something else than a summary"),
        ([{"part": "/other"}, {"done": True}], "the host sent /other, not /data"),
        ([{"part": "/data"}, {"part": "/data"}], "more than it was asked for"),
        ([{"error": "no"}], "no"),
    ],
)
def test_a_host_that_sends_something_else_makes_no_backup(
    lab: Lab, said: list[t.Any], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = {"size": 1, "sha256": "0", "files": 1, "skipped": [], "changed": [], "shared": []}

    def serve_lies(host: wire.Frames, *handles: int) -> None:
        host.receive()
        for item in said:
            if isinstance(item, bytes):
                host.write(item)
            else:
                more = summary if item.get("part") and reason[:9] != "something" else {}
                host.tell(**{**more, **item})
        for handle in handles:
            os.close(handle)

    monkeypatch.setattr(lab, "_serve", serve_lies)
    with pytest.raises(Failed, match=reason):
        lab.back_up()
    assert list(lab.dest.iterdir()) == []
