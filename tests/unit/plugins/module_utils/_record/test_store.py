# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stack records as files: a file is replaced as a whole, by a newer one only, and never lost in silence."""

from __future__ import annotations

import errno
import json
import os
import pathlib
import stat
import threading
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.ledger import LedgerEntry
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.store import (
    StaleRecord,
    StoreError,
    commit_record,
    read_record,
    read_records,
    update_ledger,
    withdraw_record,
    write_record,
)

Json = dict[str, t.Any]


def record(
    number: int = 1, *, token: str = "t", host: str = "h1", note: str = "", life: Json | None = None
) -> Json:
    made = make_record("shop", {"hosts": ["h1"], "note": note}, number=number, token=token)
    return {**made, "host": host, "life": life or {}}


def entry(seq: int, failures: int = 1) -> LedgerEntry:
    return LedgerEntry(seq=seq, config_hash="c", failures=failures, last_failure=5.0, reason="no")


@pytest.fixture
def state(tmp_path: pathlib.Path) -> str:
    return str(tmp_path / "drover")


def path_of(state: str) -> pathlib.Path:
    return pathlib.Path(state, "stacks", "shop.json")


def test_a_host_without_records_has_none(state: str) -> None:
    assert read_records(state) == ({}, {}, {})


def test_what_is_written_is_read_and_only_root_may(state: str) -> None:
    assert write_record(state, record(note="passwörd"))
    assert read_records(state) == ({"shop": record(note="passwörd")}, {}, {})
    assert stat.S_IMODE(path_of(state).stat().st_mode) == 0o600
    assert stat.S_IMODE(path_of(state).parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(pathlib.Path(state).stat().st_mode) == 0o700
    assert os.listdir(path_of(state).parent) == ["shop.json"]


def test_the_same_version_again_writes_nothing(state: str) -> None:
    write_record(state, record(2))
    before = path_of(state).stat().st_ino
    assert not write_record(state, record(2))
    assert path_of(state).stat().st_ino == before


@pytest.mark.parametrize(
    "other",
    [record(1), record(2, token="other"), record(2, note="other")],
    ids=["older", "same number, other writer", "same number and writer, other content"],
)
def test_an_older_or_rival_record_is_refused(state: str, other: Json) -> None:
    write_record(state, record(2))
    with pytest.raises(StaleRecord, match="this host has version 2"):
        write_record(state, other)
    assert read_record(state, "shop") == record(2)


def test_a_record_that_was_planned_from_an_older_look_is_refused(state: str) -> None:
    """Another run stored a version since, which may count."""
    write_record(state, record(3, token="theirs"))
    with pytest.raises(
        StaleRecord, match=r"has version 3 \(theirs\) now, version 4 was planned from 2"
    ):
        write_record(state, {**record(4, token="ours"), "based_on": 2})
    assert write_record(state, {**record(4, token="ours"), "based_on": 3})
    stored = read_record(state, "shop")
    assert stored
    assert "based_on" not in stored


@pytest.mark.parametrize("signature", [7, None, ["x"]])
def test_a_signature_is_text_of_which_a_host_knows_no_more(state: str, signature: t.Any) -> None:
    signed = record()
    signed["version"]["signature"] = "made by a control node"
    assert write_record(state, signed)
    assert read_record(state, "shop") == signed
    with pytest.raises(StaleRecord, match="refused version 1"):
        write_record(state, record())
    signed["version"]["signature"] = signature
    with pytest.raises(StoreError, match="the signature of its version is not text"):
        write_record(state, signed)


def test_a_newer_record_replaces_and_keeps_what_the_host_remembers(state: str) -> None:
    write_record(state, record(1, life={"web/1": entry(7), "web/2": entry(1)}))
    assert write_record(
        state, record(2, life={"web/1": entry(3), "web/2": entry(2, 5), "web/3": entry(1)})
    )
    stored = read_record(state, "shop")
    assert stored is not None
    assert stored["version"]["number"] == 2
    assert stored["life"] == {"web/1": entry(7), "web/2": entry(2, 5), "web/3": entry(1)}


def test_a_host_that_was_called_differently_is_left_alone(state: str) -> None:
    write_record(state, record(1))
    with pytest.raises(StoreError, match=r"was called h1 .* is called other now"):
        write_record(state, record(2, host="other"))


def test_a_record_whose_body_is_not_what_its_hash_says_is_not_stored(state: str) -> None:
    bad = record(1)
    bad["body"]["hosts"] = ["h2"]
    with pytest.raises(StoreError, match="its hash"):
        write_record(state, bad)
    assert not path_of(state).exists()


DAMAGED: dict[str, tuple[bytes, str]] = {
    "cut off": (json.dumps(record()).encode()[:-9], "not JSON"),
    "empty": (b"", "not JSON"),
    "not UTF-8": (b'{"format": 1, "x": "\xff"}', "not UTF-8"),
    "a list": (b"[]", "not a map"),
    "another stack": (json.dumps({**record(), "stack": "other"}).encode(), "of stack 'other'"),
    "no host": (json.dumps({**record(), "host": None}).encode(), "without the name of its host"),
    "no version": (json.dumps({**record(), "version": 3}).encode(), "version or body"),
    "no number": (json.dumps({**record(), "version": {"token": "t"}}).encode(), "no number"),
    "edited": (json.dumps({**record(), "body": {}}).encode(), "changed by hand"),
    "strange life": (json.dumps({**record(), "life": []}).encode(), "life"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_record_is_told_and_kept_beside_its_successor(state: str, case: str) -> None:
    content, reason = DAMAGED[case]
    path_of(state).parent.mkdir(parents=True)
    path_of(state).write_bytes(content)
    records, damaged, _newer = read_records(state)
    assert records == {}
    assert reason in damaged["shop"]
    assert path_of(state).read_bytes() == content
    assert write_record(state, record(1))
    assert read_records(state) == ({"shop": record(1)}, {}, {})
    aside = [name for name in os.listdir(path_of(state).parent) if ".damaged-" in name]
    assert [path_of(state).with_name(name).read_bytes() for name in aside] == [content]


def test_the_record_of_a_newer_release_is_never_replaced(state: str) -> None:
    path_of(state).parent.mkdir(parents=True)
    path_of(state).write_text(json.dumps({**record(9), "format": 99}))
    assert "newer release" in read_records(state).newer["shop"]
    with pytest.raises(StoreError, match="newer release"):
        write_record(state, record(10))
    assert json.loads(path_of(state).read_text())["format"] == 99


def test_a_full_disk_leaves_the_old_record(state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_record(state, record(1))

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"No space left on device; what was there is unchanged"):
        write_record(state, record(2))
    assert read_record(state, "shop") == record(1)
    assert os.listdir(path_of(state).parent) == ["shop.json"]


def test_what_a_killed_writer_left_is_in_nobodys_way(state: str) -> None:
    write_record(state, record(1))
    path_of(state).with_name(".shop.json.new").write_text("half a rec")
    assert read_records(state) == ({"shop": record(1)}, {}, {})
    assert write_record(state, record(2))
    assert os.listdir(path_of(state).parent) == ["shop.json"]


def test_a_folder_that_cannot_be_read_is_no_empty_folder(state: str) -> None:
    pathlib.Path(state).mkdir()
    pathlib.Path(state, "stacks").write_text("a file")
    with pytest.raises(StoreError, match="cannot read"):
        read_records(state)


@pytest.mark.parametrize("code", [errno.EMFILE, errno.EIO, errno.EACCES])
def test_what_cannot_be_read_is_not_missing(
    state: str, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """An order that the host has already would be overwritten by an older one."""
    write_record(state, record(9))
    real = os.open

    def failing(path: str, flags: int, *more: t.Any, **given: t.Any) -> int:
        if path == str(path_of(state)):
            raise OSError(code, os.strerror(code))
        return real(path, flags, *more, **given)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", failing)
        reads: list[t.Callable[[], object]] = [
            lambda: read_records(state),
            lambda: read_record(state, "shop"),
            lambda: write_record(state, record(3)),
            lambda: update_ledger(state, "shop", "web/1", lambda _before: entry(1)),
        ]
        for read in reads:
            with pytest.raises(StoreError, match="cannot read the record of stack shop"):
                read()
    assert read_record(state, "shop") == record(9)


def test_no_operation_runs_beside_a_record_of_a_newer_release(state: str) -> None:
    path_of(state).parent.mkdir(parents=True)
    path_of(state).write_text(json.dumps({**record(9), "format": 99}))
    with pytest.raises(StoreError, match="newer release"):
        read_record(state, "shop")


def test_nobody_waits_for_a_fifo(state: str) -> None:
    path_of(state).parent.mkdir(parents=True)
    os.mkfifo(path_of(state))
    assert "is a FIFO, not a regular file" in read_records(state).damaged["shop"]


def test_a_proposal_stays_beside_the_committed_version_until_it_is_decided(state: str) -> None:
    write_record(state, record(1, note="old"))
    assert write_record(state, {**record(2, note="new"), "asked": ["h2", "h1"], "based_on": 1})
    stored = read_record(state, "shop") or {}
    assert (stored["version"]["number"], stored["body"]["note"]) == (1, "old")
    assert stored["proposed"]["asked"] == ["h1", "h2"]
    assert not commit_record(state, "shop", record(2, note="another")["version"])
    assert commit_record(state, "shop", record(2, note="new")["version"])
    assert not commit_record(state, "shop", record(2, note="new")["version"])
    assert read_record(state, "shop") == record(2, note="new")


def test_a_proposal_that_is_withdrawn_leaves_nothing(state: str) -> None:
    write_record(state, record(1, note="old"))
    write_record(state, {**record(2, note="new"), "asked": ["h1"]})
    assert withdraw_record(state, "shop", record(2, note="new")["version"])
    assert read_record(state, "shop") == record(1, note="old")


def test_a_proposal_that_is_known_to_count_is_committed_by_the_next_one(state: str) -> None:
    write_record(state, record(1, note="old"))
    write_record(state, {**record(2, note="new"), "asked": ["h1"]})
    base = {"version": record(2, note="new")["version"], "is_known": True}
    write_record(state, {**record(3, note="newer"), "asked": ["h1"], "base": base})
    withdraw_record(state, "shop", record(3, note="newer")["version"])
    assert read_record(state, "shop") == record(2, note="new")


def test_an_undecided_proposal_is_back_when_the_one_on_it_is_withdrawn(state: str) -> None:
    """A majority may have it, and this may be the only host that can tell."""
    write_record(state, record(1, note="old"))
    write_record(state, {**record(2, note="new"), "asked": ["h1", "h2"]})
    before = read_record(state, "shop")
    base = {"version": record(2, note="new")["version"], "is_known": False}
    write_record(state, {**record(3, note="newer"), "asked": ["h1"], "base": base})
    withdraw_record(state, "shop", record(3, note="newer")["version"])
    assert read_record(state, "shop") == before
    write_record(state, {**record(3, note="newer"), "asked": ["h1"], "base": base})
    commit_record(state, "shop", record(3, note="newer")["version"])
    assert read_record(state, "shop") == record(3, note="newer")


def test_a_first_proposal_that_is_withdrawn_leaves_no_file(state: str) -> None:
    write_record(state, {**record(1), "asked": ["h1"]})
    withdraw_record(state, "shop", record(1)["version"])
    assert os.listdir(path_of(state).parent) == []


def test_a_first_proposal_is_no_committed_version(state: str) -> None:
    write_record(state, {**record(1), "asked": ["h1"]})
    stored = read_record(state, "shop") or {}
    assert stored["version"]["number"] == 0
    with pytest.raises(StaleRecord, match="this host has version 1"):
        write_record(state, {**record(1, token="other"), "asked": ["h1"]})


def test_a_ledger_is_kept_over_proposals_and_decisions(state: str) -> None:
    write_record(state, record(1, life={"web/1": entry(7)}))
    write_record(state, {**record(2), "asked": ["h1"]})
    update_ledger(state, "shop", "web/1", lambda _before: {"failures": 5})
    commit_record(state, "shop", record(2)["version"])
    assert (read_record(state, "shop") or {})["life"]["web/1"]["failures"] == 5


def test_a_record_of_format_1_is_read_and_stays_until_its_first_new_version(state: str) -> None:
    path_of(state).parent.mkdir(parents=True)
    path_of(state).write_text(json.dumps({**record(4), "format": 1}))
    update_ledger(state, "shop", "web/1", lambda _before: entry(1))
    assert json.loads(path_of(state).read_text())["format"] == 1
    write_record(state, {**record(5), "asked": ["h1"]})
    stored = read_record(state, "shop") or {}
    assert (stored["format"], stored["version"]["number"]) == (2, 4)


def test_life_is_stored_beside_the_body(state: str) -> None:
    write_record(state, record(1))
    assert update_ledger(state, "shop", "web/1", lambda _before: entry(1))
    stored = read_record(state, "shop")
    assert stored == record(1, life={"web/1": entry(1)})


def test_what_is_new_is_added_to_what_is_known(state: str) -> None:
    write_record(state, record(1, life={"web/1": entry(7)}))
    assert update_ledger(
        state, "shop", "web/1", lambda before: {"failures": before["failures"] + 1}
    )
    assert (read_record(state, "shop") or {})["life"]["web/1"] == entry(8, failures=2)


def test_where_nothing_is_new_nothing_is_written(state: str) -> None:
    write_record(state, record(1, life={"web/1": entry(7)}))
    assert not update_ledger(state, "shop", "web/1", lambda _before: None)
    assert read_record(state, "shop") == record(1, life={"web/1": entry(7)})


def test_without_a_record_nothing_is_remembered(state: str) -> None:
    assert not update_ledger(state, "shop", "web/1", lambda _before: entry(1))
    assert read_records(state) == ({}, {}, {})


def test_concurrent_notes_do_not_overwrite_each_other(state: str) -> None:
    write_record(state, record(1))
    threads = [
        threading.Thread(
            target=update_ledger, args=(state, "shop", f"web/{number}", lambda _before: entry(1))
        )
        for number in range(1, 9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = read_record(state, "shop")
    assert stored is not None
    assert set(stored["life"]) == {f"web/{number}" for number in range(1, 9)}
