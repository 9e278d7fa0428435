# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stack records as files of a Docker host: docs/schema.md section 4. Private to the collection.

Files are replaced atomically: a reader finds either the old record or the new one. Writers hold the host lock
(_lock/host_lock.py), so only one writes at a time; readers need no lock.
"""

from __future__ import annotations

import glob
import json
import os
import threading
import time
import typing as t

from .._common.names import digest
from .._common.regular_files import read_regular
from .._model.ledger import LedgerEntry

Json = t.Dict[str, t.Any]

FORMAT = 1

# Operations of one host run concurrently and may update the record of the same stack.
_writing = threading.Lock()


class StoreError(Exception):
    """A record could not be read or written; the existing file is untouched."""


class OtherFormat(ValueError):
    """A record of a newer release: intact, but this release must not change it."""


class StaleRecord(StoreError):
    """The host has a different record of the same or a higher number."""


def record_path(state_dir: str, stack: str) -> str:
    """Where the record of a stack is."""
    return os.path.join(state_dir, "stacks", stack + ".json")


def read_records(state_dir: str) -> tuple[dict[str, Json], dict[str, str]]:
    """All records of this host: valid ones by stack, and the faults of the others by stack.

    Raises:
        StoreError: The folder itself cannot be read.
    """
    records: dict[str, Json] = {}
    damaged: dict[str, str] = {}
    for stack in _stored_stacks(state_dir):
        try:
            records[stack] = _load(state_dir, stack)
        except FileNotFoundError:
            continue  # removed since it was listed
        except (OSError, ValueError) as error:
            damaged[stack] = _explain(error)
    return records, damaged


def read_record(state_dir: str, stack: str) -> Json | None:
    """One record; None if it is missing or damaged (read_records says what is wrong)."""
    try:
        return _load(state_dir, stack)
    except (OSError, ValueError):
        return None


def write_record(state_dir: str, record: Json) -> bool:
    """Store a record if it is newer than what the host has. Its ledger (C(life)) is merged with the ledger of the host.

    Args:
        state_dir: Folder of all our files on this host.
        record: Record with the key C(host), the inventory name of this host. C(renamed) maps
            old host names to new ones, as a person stated. C(based_on) is the number that this host had when the record
            was planned. Neither of the two is stored.

    Returns:
        Whether anything was written: False if the host already has this record.

    Raises:
        StaleRecord: The host's record is newer, or differs under the same number.
        StoreError: The record is invalid, was written for a host of another name, or cannot be written to the disk.
    """
    stack = record["stack"]
    renamed, based_on = record.get("renamed", {}), record.get("based_on")
    record = {key: value for key, value in record.items() if key not in ("renamed", "based_on")}
    reason = problem(record, stack)
    if reason:
        raise StoreError(f"record of stack {stack} is not sound: {reason}")
    with _writing:
        present = _present(state_dir, stack)
        ledger = record.get("life", {})
        if present:
            _check_order(present, record, renamed)
            _check_basis(present, record, based_on)
            ledger = newest_ledger(present["life"], ledger)
            if present["version"] == record["version"] and ledger == present["life"]:
                return False
        _replace(state_dir, stack, {**record, "life": ledger}, keep_old=present is None)
    return True


def remove_record(state_dir: str, stack: str, number: int, token: str) -> bool:
    """Delete a record of this version, with damaged ones that were kept beside it.

    Returns:
        Whether it was there: False if the host has another version or none.

    Raises:
        StoreError: It cannot be deleted.
    """
    path = record_path(state_dir, stack)
    with _writing:
        present = read_record(state_dir, stack)
        version = present["version"] if present else {}
        if (version.get("number"), version.get("token")) != (number, token):
            return False
        try:
            for aside in glob.glob(f"{glob.escape(path)}.damaged-*"):
                os.unlink(aside)
            os.unlink(path)
            _sync_folder(os.path.dirname(path))
        except OSError as error:
            raise StoreError(f"cannot delete {path}: {error.strerror}") from error
    return True


def update_ledger(
    state_dir: str,
    stack: str,
    key: str,
    change: t.Callable[[LedgerEntry], LedgerEntry | None],
) -> bool:
    """Change the ledger entry of one member. Without a valid record nothing is stored.

    Args:
        state_dir: Folder of all our files on this host.
        stack: Stack name.
        key: Member, e.g. C(web/1).
        change: Gets the present entry of C(life) (empty without one) and returns its new values, or None if nothing
            changes. Reading and writing are one step: no other operation can write in between.

    Returns:
        Whether it was written.

    Raises:
        StoreError: It cannot be written to the disk.
    """
    with _writing:
        record = read_record(state_dir, stack)
        before: LedgerEntry = record["life"].get(key, {}) if record else {}
        new = change(before) if record else None
        if record is None or new is None:
            return False
        entry = before.copy()
        entry.update(new)
        entry["seq"] = before.get("seq", 0) + 1
        ledger = {**record["life"], key: entry}
        _replace(state_dir, stack, {**record, "life": ledger}, keep_old=False)
    return True


def problem(record: t.Any, stack: str) -> str:
    """What is wrong with a record; empty if it is valid."""
    if not isinstance(record, dict):
        return "not a map"
    if record.get("format") != FORMAT:
        return f"format {record.get('format')!r} is not {FORMAT}"
    if record.get("stack") != stack:
        return f"it is of stack {record.get('stack')!r}"
    if not isinstance(record.get("host"), str):
        return "without the name of its host"
    if not isinstance(record.get("life", {}), dict):
        return "life is not a map"
    return _version_problem(record.get("version"), record.get("body"))


def _version_problem(version: t.Any, body: t.Any) -> str:
    if not isinstance(version, dict) or not isinstance(body, dict):
        return "version or body is missing"
    if not isinstance(version.get("number"), int) or not isinstance(version.get("token"), str):
        return "version has no number or no token"
    if version.get("hash") != digest(body):
        return "its body is not what its hash says: changed by hand, or damaged"
    return ""


def _stored_stacks(state_dir: str) -> list[str]:
    folder = os.path.join(state_dir, "stacks")
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"cannot read {folder}: {error.strerror}") from error
    return sorted(
        name[: -len(".json")]
        for name in names
        if name.endswith(".json") and not name.startswith(".")
    )


def _load(state_dir: str, stack: str) -> Json:
    """One valid record. Raises OSError, or ValueError that says what is wrong."""
    record = json.loads(read_regular(record_path(state_dir, stack)).decode("utf-8"))
    found = record.get("format") if isinstance(record, dict) else None
    if isinstance(found, int) and found > FORMAT:
        raise OtherFormat(
            f"format {found}: written by a newer release; install it on this control node"
        )
    reason = problem(record, stack)
    if reason:
        raise ValueError(reason)
    return {**record, "life": record.get("life", {})}


def _present(state_dir: str, stack: str) -> Json | None:
    """The record that a new one would replace. Raises StoreError if it must not be replaced."""
    try:
        return _load(state_dir, stack)
    except OtherFormat as error:
        raise StoreError(f"record of stack {stack}: {error}") from error
    except (OSError, ValueError):
        return None


def _explain(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"cannot be read: {error.filename}: {error.strerror}"
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error}"
    return str(error)


def _check_order(present: Json, record: Json, renamed: Json) -> None:
    stack, have, new = record["stack"], present["version"], record["version"]
    if record["host"] not in (present["host"], renamed.get(present["host"])):
        raise StoreError(
            f"record of stack {stack}: this host was called {present['host']} when it was written and is "
            f"called {record['host']} now; use the old inventory name, or run drover.docker.reconcile "
            f"-e rename_host={present['host']}={record['host']}"
        )
    if new["number"] <= have["number"] and new != have:
        raise StaleRecord(
            f"record of stack {stack}: this host has version {have['number']} ({have['token']}), "
            f"refused version {new['number']} ({new['token']})"
        )


def _check_basis(present: Json, record: Json, based_on: int | None) -> None:
    """Refuse to overwrite a version that another run stored since this one was planned: it may count."""
    have, new = present["version"], record["version"]
    if based_on is not None and have["number"] > based_on and new != have:
        raise StaleRecord(
            f"record of stack {record['stack']}: this host has version {have['number']} ({have['token']}) now, "
            f"version {new['number']} was planned from {based_on}"
        )


def newest_ledger(ours: Json, theirs: Json) -> Json:
    """Per member the entry with the higher sequence number."""
    merged = dict(ours)
    for key, entry in theirs.items():
        if key not in merged or entry["seq"] > merged[key]["seq"]:
            merged[key] = entry
    return merged


def _replace(state_dir: str, stack: str, record: Json, *, keep_old: bool) -> None:
    """Replace the file; keep_old renames a damaged one instead of losing it."""
    path = record_path(state_dir, stack)
    folder = os.path.dirname(path)
    temporary = os.path.join(folder, f".{stack}.json.new")
    try:
        os.makedirs(state_dir, mode=0o700, exist_ok=True)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        _write_synced(temporary, json.dumps(record, sort_keys=True, separators=(",", ":")))
        if keep_old and os.path.exists(path):
            os.link(path, _aside(path))
        os.replace(temporary, path)
        _sync_folder(folder)
    except OSError as error:
        _forget(temporary)
        raise StoreError(
            f"cannot write {path}: {error.strerror}; what was there is unchanged"
        ) from error


def _write_synced(path: str, text: str) -> None:
    _forget(path)  # left by a writer that was killed
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _aside(path: str) -> str:
    """A free name beside a damaged file."""
    base = f"{path}.damaged-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    names = (base if not count else f"{base}-{count}" for count in range(1000))
    return next(name for name in names if not os.path.exists(name))


def _forget(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
