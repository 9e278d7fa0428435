# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates in a volume of a load balancer: found, told apart, and never told."""

from __future__ import annotations

import json
import pathlib
import time
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._act import handlers
from ansible_collections.drover.docker.plugins.module_utils._act.preconditions import Stale
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run import certificate_folders
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.certificate_folders import (
    folders_of,
    host_path,
    observe_folders,
    pair_digest,
    read_all,
)
from ansible_collections.drover.docker.plugins.module_utils._model.operation import BalancerArgs
from ansible_collections.drover.docker.tests.unit.shared.balancer_rules import BALANCER
from ansible_collections.drover.docker.tests.unit.shared.builders import service, stack
from ansible_collections.drover.docker.tests.unit.shared.hostile_files import HOSTILE, make_hostile

SECRET = "-----KEY-----"


def pair(folder: pathlib.Path, name: str, key: str = SECRET) -> pathlib.Path:
    made = folder / name
    made.mkdir(parents=True)
    (made / "fullchain.pem").write_text(f"chain of {name}\n")
    (made / "privkey.pem").write_text(f"{key}\n")
    return made


def balancer(source: str, *, kind: str = "bind", **changes: t.Any) -> dict[str, t.Any]:
    mount = {"kind": kind, "source": source, "target": "/certs", "options": []}
    given = {**BALANCER, "certificate_dir": "/certs", **changes}
    return service(balancer=given, container={"mounts": [mount]})


def observed(found: dict[str, t.Any], **mountpoints: str) -> dict[str, t.Any]:
    revision = {
        "tombstone": False,
        "definition": stack({"lb": found}),
        "services": {"lb": {"scale": 1, "state": "active"}},
    }
    records = {"shop": {"body": {"revisions": [revision]}}}
    return observe_folders(records, mountpoints)["shop/lb"]


def test_pairs_are_told_by_name_and_fingerprint_and_no_key_is(tmp_path: pathlib.Path) -> None:
    pair(tmp_path, "a.org")
    pair(tmp_path, "b org")
    seen = observed(balancer(str(tmp_path)))
    assert sorted(seen["certificates"]) == ["dir.a.org", "dir.b-org"]
    assert SECRET not in json.dumps(seen)


def test_the_default_one_has_a_folder_of_its_own(tmp_path: pathlib.Path) -> None:
    pair(tmp_path, "a.org")
    pair(tmp_path, "b.org")
    seen = observed(balancer(str(tmp_path), default_certificate_dir="/certs/b.org"))
    assert seen["default"] == "dir.b.org"
    assert sorted(seen["certificates"]) == ["dir.a.org", "dir.b.org"]


def test_an_incomplete_folder_is_passed_over(tmp_path: pathlib.Path) -> None:
    (pair(tmp_path, "a.org") / "privkey.pem").unlink()
    pair(tmp_path, "b.org")
    (tmp_path / "a file").write_text("")
    assert sorted(observed(balancer(str(tmp_path)))["certificates"]) == ["dir.b.org"]


def test_another_pair_has_another_fingerprint(tmp_path: pathlib.Path) -> None:
    made = pair(tmp_path, "a.org")
    before = observed(balancer(str(tmp_path)))["certificates"]
    (made / "fullchain.pem").write_text("renewed\n")
    assert observed(balancer(str(tmp_path)))["certificates"] != before


def test_files_may_be_called_otherwise(tmp_path: pathlib.Path) -> None:
    made = pair(tmp_path, "a.org")
    (made / "privkey.pem").rename(made / "key.pem")
    found = balancer(str(tmp_path))
    found["container"]["environment"] = {"KEY_FILE_NAME": "key.pem"}
    assert list(observed(found)["certificates"]) == ["dir.a.org"]


def test_a_named_volume_is_where_the_engine_keeps_it(tmp_path: pathlib.Path) -> None:
    pair(tmp_path, "a.org")
    found = balancer("certs", kind="volume")
    assert list(observed(found, certs=str(tmp_path))["certificates"]) == ["dir.a.org"]
    assert observed(found)["certificates"] == {}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [("/certs", "/srv"), ("/certs/x", "/srv/x"), ("/certsx", ""), ("/else", ""), ("", "")],
)
def test_paths_of_the_container_on_the_host(path: str, wanted: str) -> None:
    found = host_path(balancer("/srv"), path, declared={}, mountpoints={})
    assert found == ("/srv" if wanted else "", wanted)


def test_the_host_reads_what_was_planned_and_nothing_else(tmp_path: pathlib.Path) -> None:
    made = pair(tmp_path, "a.org")
    folders = folders_of(balancer(str(tmp_path)), declared={}, mountpoints={})
    pem = read_all(folders)["dir.a.org"]
    model = {"certificates": {"dir.a.org": pair_digest(pem), "own": "x"}}
    args = BalancerArgs(
        model=model,
        certificates={"own": "PEM"},
        folders=folders,
        revision="",
        image="",
        wait_s=0,
    )
    assert handlers._certificates(args) == {"own": "PEM", "dir.a.org": pem}
    (made / "privkey.pem").write_text("another\n")
    with pytest.raises(Stale, match=r"certificate dir\.a\.org changed"):
        handlers._certificates(args)


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_a_member_puts_into_its_volume_is_told_and_not_followed(
    tmp_path: pathlib.Path, kind: str
) -> None:
    pair(tmp_path, "good.org")
    victim = pair(tmp_path, "bad.org") / "fullchain.pem"
    victim.unlink()
    why = make_hostile(kind, victim)
    began = time.monotonic()
    seen = observed(balancer(str(tmp_path)))
    assert time.monotonic() - began < 1
    assert sorted(seen["certificates"]) == ["dir.good.org"]
    assert list(seen["faults"]) == [str(victim)]
    assert why in seen["faults"][str(victim)]


def test_a_linked_folder_of_certificates_is_told(tmp_path: pathlib.Path) -> None:
    pair(tmp_path / "outside", "secret.org")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "linked").symlink_to(tmp_path / "outside" / "secret.org")
    seen = observed(balancer(str(inside)))
    assert seen["certificates"] == {}
    assert seen["faults"] == {str(inside / "linked"): "is a symbolic link, not a folder"}
    found = observed(balancer(str(inside), certificate_dir="/certs/linked"))
    assert found["faults"] == {str(inside / "linked"): "is a symbolic link, not a folder"}


def test_reading_ends_in_time(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = pair(tmp_path, "a.org")
    monkeypatch.setattr(certificate_folders, "READ_S", -1.0)
    faults = observed(balancer(str(tmp_path)))["faults"]
    assert faults[str(made / "fullchain.pem")] == "could not be read in time"
