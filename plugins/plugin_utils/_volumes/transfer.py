# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup and a restore, step by step, over one session with the member's host. Private to the collection."""

from __future__ import annotations

import contextlib
import dataclasses
import time
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._common.constants import RELEASE
from ansible_collections.drover.docker.plugins.module_utils._common.times import iso_seconds
from ansible_collections.drover.docker.plugins.module_utils._lock.lease import Claim
from ansible_collections.drover.docker.plugins.plugin_utils._pass.shape import misfit

from .failures import Failed, Refused
from .folder import ENDINGS, NewBackup, NewFile, StoredBackup
from .manifest import FORMAT, Manifest, Part, misfits
from .session import Session
from .target import Target

Json = dict[str, t.Any]

QUIESCE = ("stop", "pause", "none")
COMMAND = "command"


class _Said(t.TypedDict):
    """What the host says of a part that is whole."""

    part: str
    size: int
    sha256: str
    files: int
    skipped: list[str]
    changed: list[str]
    shared: list[str]


@dataclasses.dataclass(frozen=True)
class Way:
    """What the host needs besides the member: its engine, our folder there, and the claim of this run."""

    docker_host: str
    state_dir: str
    claim: Claim
    wait_s: float

    def call(self, kind: str, target: Target, **more: t.Any) -> Json:
        """Return the call for the host."""
        member = target.member
        return {
            "kind": kind,
            "docker_host": self.docker_host,
            "state_dir": self.state_dir,
            "claim": dataclasses.asdict(self.claim),
            "wait_s": self.wait_s,
            "host": target.host,
            "stack": member.stack,
            "service": member.service,
            "member": member.key,
            "name": member.container,
            "container": target.container,
            **more,
        }


@dataclasses.dataclass(frozen=True)
class Wish:
    """How a backup is made.

    C(command): what prints the backup; empty for tars of the volumes. C(move): the mark of the move that it is for.
    """

    quiesce: str = "stop"
    command: str = ""
    compress: str = "gzip"
    move: str = ""


def name_of(target: Target, now_s: float) -> str:
    """Return the name of a backup's folder."""
    member = target.member
    digits = iso_seconds(now_s).replace("-", "").replace(":", "")
    return f"{member.stack}-{member.service}-{member.index}-{digits}"


def back_up(
    session: Session, way: Way, target: Target, wish: Wish, new: NewBackup, *, key: bool
) -> Manifest:
    """Make a backup. Raises Failed."""
    more: Json
    if wish.command:
        kind, more = "volume_command", {"command": wish.command}
    else:
        kind, more = "volume_backup", {"volumes": target.volumes, "quiesce": wish.quiesce}
    session.tell(**way.call(kind, target, compress=wish.compress, **more))
    names = _names(wish, len(target.volumes))
    parts = list(_received(session, target, names, new))
    _demand_all(target, wish, parts)
    if wish.move:
        _demand_still(parts)
    manifest = _manifest(target, wish, parts, key)
    new.finish(manifest)
    return manifest


def _names(wish: Wish, count: int) -> t.Iterator[str]:
    ending = ENDINGS[wish.compress]
    if wish.command:
        return iter([f"output{ending}"])
    return iter([f"volume-{number}.tar{ending}" for number in range(1, count + 1)])


def _demand_all(target: Target, wish: Wish, parts: list[Part]) -> None:
    """Raise Failed unless the host sent just what it was asked for."""
    wanted = [""] if wish.command else sorted(target.volumes)
    found = sorted(part["path"] for part in parts)
    if found != wanted:
        raise Failed(f"the host sent {', '.join(found) or 'nothing'}, not {', '.join(wanted)}")


def _demand_still(parts: list[Part]) -> None:
    """Raise Failed if anything was written meanwhile: after a move it would be missing."""
    found = sorted({name for part in parts for name in [*part["changed"], *part["shared"]]})
    if found:
        raise Failed(f"written while it was copied, or in use by others: {', '.join(found)}")


def _received(
    session: Session, target: Target, names: t.Iterator[str], new: NewBackup
) -> t.Iterator[Part]:
    """Yield each part once the host says that it is whole, up to the host's last word."""
    while (found := _next_of_part(session)) is not None:
        with contextlib.closing(new.file(_next(names))) as file:
            while isinstance(found, bytes):
                file.write(found)
                found = _next_of_part(session)
            if found is None:
                raise Failed("the host ended in the middle of a volume")
            file.finish()
            yield _part(file, found, target.volumes)


def _next_of_part(session: Session) -> bytes | Json | None:
    """Return data, or the message that ends a part, which may have no data; None after the host's last word."""
    while True:
        found = session.receive()
        if isinstance(found, bytes) or "part" in found:
            return found
        if found.get("done"):
            return None


def _next(names: t.Iterator[str]) -> str:
    """The name of the next file. Raises Failed if the host sends more than was asked for."""
    name = next(names, "")
    if not name:
        raise Failed("the host sends more than it was asked for")
    return name


def _part(file: NewFile, said: Json, volumes: t.Mapping[str, str]) -> Part:
    if problem := misfit(said, _Said):
        raise Failed(f"the host sent something else than a summary: {problem}")
    return Part(
        file=file.name,
        path=said["part"],
        volume=volumes.get(said["part"], ""),
        files=said["files"],
        size=said["size"],
        sha256=said["sha256"],
        stored_size=file.size,
        stored_sha256=file.sha256,
        skipped=said["skipped"],
        changed=said["changed"],
        shared=said["shared"],
    )


def _manifest(target: Target, wish: Wish, parts: list[Part], key: bool) -> Manifest:
    member = target.member
    made = Manifest(
        format=FORMAT,
        stack=member.stack,
        service=member.service,
        index=member.index,
        host=target.host,
        revision=target.revision,
        image=target.image,
        time=iso_seconds(time.time()),
        release=RELEASE,
        quiesce=COMMAND if wish.command else wish.quiesce,
        compress=wish.compress,
        encrypted=key,
        volumes=parts,
    )
    if wish.move:
        made["move"] = wish.move
    return made


def check(stored: StoredBackup, target: Target, *, force: bool) -> None:
    """Refuse a backup that does not fit, or is damaged. All faults are told at once."""
    problems = misfits(stored.manifest, target.service, target.volumes, force=force)
    problems += stored.faults()
    if problems:
        raise Refused(problems)


def restore(session: Session, way: Way, target: Target, stored: StoredBackup) -> None:
    """Restore a backup that was checked. Raises Failed; the old data are there then."""
    parts = stored.manifest["volumes"]
    asked = [{key: part[key] for key in ("path", "size", "sha256")} for part in parts]
    volumes = {part["path"]: target.volumes[part["path"]] for part in parts}
    compress = stored.manifest["compress"]
    call = way.call("volume_restore", target, volumes=volumes, compress=compress, parts=asked)
    session.tell(**call)
    _until(session, "ready")
    for part in parts:
        for chunk in stored.data(part):
            session.send(chunk)
        session.tell(ended=True)
        _until(session, "filled")
    _until(session, "done")


def _until(session: Session, word: str) -> None:
    while True:
        found = session.receive()
        if isinstance(found, bytes):
            raise Failed("the host sent data that nobody asked for")
        if word in found:
            return
