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
import typing as t

from .._common.regular_files import NotRegular, TooLarge, read_regular
from .._common.replaced_files import replace_file, sync_folder
from .._model.ledger import LedgerEntry
from .soundness import problem
from .states import FORMAT, no_version, states_of, with_commit, with_version, without_proposal

Json = t.Dict[str, t.Any]

# Operations of one host run concurrently and may update the record of the same stack.
_writing = threading.Lock()


class StoreError(Exception):
    """A record could not be read or written; the existing file is untouched. It is not known what it says."""


class OtherFormat(ValueError):
    """A record of a newer release: intact, but this release must not change it."""


class StaleRecord(StoreError):
    """The host has a different record of the same or a higher number."""


def record_path(state_dir: str, stack: str) -> str:
    """Where the record of a stack is."""
    return os.path.join(state_dir, "stacks", stack + ".json")


class Stored(t.NamedTuple):
    """All records of a host, by stack."""

    records: dict[str, Json]
    damaged: dict[str, str]
    """Files with proven damage, and what is wrong with them."""
    newer: dict[str, str]
    """Records of a newer release, and how to read them."""


def read_records(state_dir: str) -> Stored:
    """All records of this host.

    Raises:
        StoreError: The folder or a record cannot be read, so it is unknown what the host has.
    """
    found = Stored({}, {}, {})
    for stack in _stored_stacks(state_dir):
        try:
            found.records[stack] = _load(state_dir, stack)
        except FileNotFoundError:
            continue  # removed since it was listed
        except OtherFormat as error:
            found.newer[stack] = str(error)
        except ValueError as error:
            found.damaged[stack] = _explain(error)
    return found


def read_record(state_dir: str, stack: str) -> Json | None:
    """One record; None if it is missing or damaged (read_records says what is wrong).

    Raises:
        StoreError: It cannot be read, or a newer release wrote it.
    """
    try:
        return _load(state_dir, stack)
    except OtherFormat as error:
        raise StoreError(f"record of stack {stack}: {error}") from error
    except (FileNotFoundError, ValueError):
        return None


def write_record(state_dir: str, record: Json) -> bool:
    """Store a version if it is newer than what the host has.

    With C(asked) it is a proposal: it stays beside the committed version, and nothing acts on it until the host hears
    that a majority has it (commit_record). Without, a majority has it already. The ledger of the host stays.

    Args:
        state_dir: Folder of all our files on this host.
        record: Record with the key C(host), the inventory name of this host. C(renamed) maps
            old host names to new ones, as a person stated. C(based_on) is the number that this host had when the record
            was planned, C(asked) the hosts that this version is sent to, C(base) the version that it was made on.

    Returns:
        Whether anything was written: False if the host already has this version.

    Raises:
        StaleRecord: The host's record is newer, or differs under the same number.
        StoreError: The record is invalid, was written for a host of another name, or cannot be written to the disk.
    """
    stack = record["stack"]
    new = {key: value for key, value in record.items() if key not in _TRANSIENT}
    reason = problem(new, stack)
    if reason:
        raise StoreError(f"record of stack {stack} is not sound: {reason}")
    with _writing:
        present = read_record(state_dir, stack)
        if present:
            _check_host(present, record)
            _check_order(present, record)
        before = present or no_version(stack)
        stored = with_version(before, new, record.get("asked"), record.get("base"))
        if stored == present:
            return False
        _replace(state_dir, stack, stored, keep_old=present is None)
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
            sync_folder(os.path.dirname(path))
        except OSError as error:
            raise StoreError(f"cannot delete {path}: {error.strerror}") from error
    return True


_TRANSIENT = ("renamed", "based_on", "asked", "base")
"""Keys of a record to write that are not stored."""


def commit_record(state_dir: str, stack: str, version: Json) -> bool:
    """Make a proposal the committed version: a majority has stored it.

    Returns:
        Whether anything was written: False if the host does not have this proposal, or knows already.

    Raises:
        StoreError: The file cannot be read or written.
    """
    return _change(state_dir, stack, lambda record: with_commit(record, version))


def withdraw_record(state_dir: str, stack: str, version: Json) -> bool:
    """Remove a proposal that did not reach its majority. Returns and raises as commit_record."""
    return _change(state_dir, stack, lambda record: without_proposal(record, version))


def _change(state_dir: str, stack: str, change: t.Callable[[Json], Json | None]) -> bool:
    with _writing:
        record = read_record(state_dir, stack)
        changed = change(record) if record else None
        if changed is not None and (changed["version"]["number"] or "proposed" in changed):
            _replace(state_dir, stack, changed, keep_old=False)
        elif changed is not None:
            _remove(state_dir, stack)
    return changed is not None


def _remove(state_dir: str, stack: str) -> None:
    """Remove the file of a stack that never had a version: its first one was withdrawn."""
    path = record_path(state_dir, stack)
    try:
        os.unlink(path)
        sync_folder(os.path.dirname(path))
    except OSError as error:
        raise StoreError(f"cannot remove {path}: {error.strerror}") from error


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
    """One valid record.

    Raises:
        FileNotFoundError: There is none.
        ValueError: It is damaged; the text says how.
        StoreError: It cannot be read. That says nothing about whether there is one.
    """
    try:
        record = json.loads(read_regular(record_path(state_dir, stack)).decode("utf-8"))
    except FileNotFoundError:
        raise
    except (NotRegular, TooLarge) as error:
        raise ValueError(f"cannot be read: {error.filename}: {error.strerror}") from error
    except OSError as error:
        raise StoreError(f"cannot read the record of stack {stack}: {error.strerror}") from error
    found = record.get("format") if isinstance(record, dict) else None
    if isinstance(found, int) and found > FORMAT:
        raise OtherFormat(
            f"format {found}: written by a newer release; install it on this control node"
        )
    reason = problem(record, stack)
    if reason:
        raise ValueError(reason)
    return {**record, "life": record.get("life", {})}


def _explain(error: ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error}"
    return str(error)


def _check_host(present: Json, record: Json) -> None:
    renamed = record.get("renamed", {})
    if record["host"] not in (present["host"], renamed.get(present["host"])):
        raise StoreError(
            f"record of stack {record['stack']}: this host was called {present['host']} when it was written and is "
            f"called {record['host']} now; use the old inventory name, or run drover.docker.reconcile "
            f"-e rename_host={present['host']}={record['host']}"
        )


def _check_order(present: Json, record: Json) -> None:
    """Refuse to overwrite a version of the same or a higher number, or one that was stored since this one was planned.

    It may count.
    """
    new, based_on = record["version"], record.get("based_on")
    if any(state.version == new for state in states_of("", present)):
        return
    top = max(states_of("", present), key=lambda state: state.number, default=None)
    if top is None:
        return
    has = f"record of stack {record['stack']}: this host has version {top.number} ({top.version['token']})"
    if new["number"] <= top.number:
        raise StaleRecord(f"{has}, refused version {new['number']} ({new['token']})")
    if based_on is not None and top.number > based_on:
        raise StaleRecord(f"{has} now, version {new['number']} was planned from {based_on}")


def _replace(state_dir: str, stack: str, record: Json, *, keep_old: bool) -> None:
    """Replace the file; keep_old renames a damaged one instead of losing it."""
    path = record_path(state_dir, stack)
    text = json.dumps(record, sort_keys=True, separators=(",", ":"))
    try:
        os.makedirs(state_dir, mode=0o700, exist_ok=True)
        replace_file(path, text, keep_old=keep_old)
    except OSError as error:
        raise StoreError(
            f"cannot write {path}: {error.strerror}; what was there is unchanged"
        ) from error
