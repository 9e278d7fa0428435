# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders and records: a command that failed has no effect, and one host does not decide for all."""

from __future__ import annotations

import contextlib
import json
import typing as t

from ...shared.control import Control
from ...shared.hosts import Host, everywhere
from ...shared.stacks import Stack
from .conftest import Hosts, Members

KEY = "a key that no host has"
STACKS = "/var/lib/drover/stacks"
FORGE = """python3 - <<'END'
import hashlib, json
path = "{path}"
record = json.load(open(path))
{change}
record["version"]["number"] += 1
record["version"]["token"] = "forged"
text = json.dumps(record["body"], sort_keys=True, separators=(",", ":"))
record["version"]["hash"] = hashlib.sha256(text.encode()).hexdigest()
json.dump(record, open(path, "w"))
END"""


@contextlib.contextmanager
def read_only(hosts: t.Iterable[Host], folder: str = STACKS) -> t.Iterator[None]:
    """What errors=remount-ro does to a folder."""
    for host in hosts:
        host.run(f"mount --bind {folder} {folder} && mount -o remount,ro,bind {folder}")
    try:
        yield
    finally:
        for host in hosts:
            host.run(f"umount {folder}")


def forge(host: Host, stack: str, change: str) -> None:
    """Change a record on one host as somebody who is root there can."""
    host.run(FORGE.format(path=f"{STACKS}/{stack}.json", change=change))


@contextlib.contextmanager
def signed(control: Control) -> t.Iterator[None]:
    """While this lasts, control nodes have a key and sign the records."""
    control.run("reconcile", sign_records=True, drover_record_key=KEY)
    try:
        yield
    finally:
        control.run("reconcile", sign_records=False)


def test_scale_that_reached_no_majority_has_no_effect(
    hosts: Hosts, depot: Stack, members: Members, control: Control
) -> None:
    """Attack H1, fault 52: the next pass carried it out, long after the person was told that it failed."""
    with members.untouched():
        with read_only([hosts["h2"], hosts["h3"]]):
            run = control.run("scale", service="depot/web", scale=1, fails=True)
            assert "did not reach a majority" in run.output
        control.run("reconcile")
        assert control.run("reconcile").quiet
    assert len(members.of()) == 3


def test_down_that_one_host_stored_has_no_effect(
    hosts: Hosts, members: Members, control: Control
) -> None:
    """Must show 3 of issue 12: the others were cut off at that moment."""
    forge(hosts["h1"], "depot", "record['body']['revisions'][-1]['tombstone'] = True")
    with members.untouched():
        control.run("reconcile")
        assert control.run("reconcile").quiet


def test_record_that_one_host_changed_is_not_acted_on(
    hosts: Hosts, members: Members, control: Control
) -> None:
    """Attack C2: root on one host is not root on all."""
    revision = "record['body']['revisions'][-1]"
    forge(hosts["h1"], "depot", f"{revision}['services']['web']['scale'] = 5")
    with members.untouched():
        run = control.run("reconcile")
        assert "h1" in run.output
        assert control.run("reconcile").quiet
    assert len(members.of()) == 3


def test_record_that_no_control_node_signed_is_not_acted_on(
    hosts: Hosts, members: Members, control: Control
) -> None:
    """Attack C2: with a key not even root on most hosts is root on all."""
    revision = "record['body']['revisions'][-1]"
    with members.untouched(), signed(control):
        for name in ("h1", "h2"):
            forge(hosts[name], "depot", f"{revision}['services']['web']['scale'] = 5")
        run = control.run("reconcile", drover_record_key=KEY)
        told = [f"depot on {name}: version" for name in ("h1", "h2")]
        assert all(line in run.output for line in told)
        assert "it has no effect" in run.output
        assert control.run("reconcile", drover_record_key=KEY).quiet
    assert len(members.of()) == 3


def test_record_of_nonsense_stops_nobody(hosts: Hosts, members: Members, control: Control) -> None:
    """Attack M1: every pass and every status of all hosts ended with a Python error."""
    gone = members.on("h2").name
    nonsense = {"hosts": 7, "revisions": 7, "members": 7, "counters": 7}
    change = f"record['body'] = {nonsense}; record['stack'] = 'evil'"
    hosts["h1"].run(f"cp {STACKS}/depot.json {STACKS}/evil.json")
    forge(hosts["h1"], "evil", change)
    hosts["h2"].docker("rm", "-f", gone)
    try:
        assert "evil" in control.run("status").output
        run = control.run("reconcile")
        assert "evil on h1" in run.output
        assert gone in everywhere(hosts, "depot")
    finally:
        hosts["h1"].run(f"rm -f {STACKS}/evil.json*")


def test_damaged_records_everywhere_remove_nothing(
    hosts: Hosts, depot: Stack, members: Members, control: Control
) -> None:
    """Attack M5, fault 4: the checkers of healthy members were removed, and the pass said that all is well."""
    for host in hosts.values():
        host.run(f"echo '{{}}' >{STACKS}/depot.json")
    with members.untouched():
        run = control.run("reconcile", fails=True)
        assert "depot: its record is damaged on h1, h2, h3" in run.errors
        depot.up()


def test_two_commands_at_once_both_succeed(
    hosts: Hosts, depot: Stack, members: Members, control: Control
) -> None:
    """Attack M6, fault 42: the loser failed with "did not reach a majority"."""
    words = {"stack_dir": depot.folder}
    with members.untouched():
        started = [control.start("up", **words) for _number in range(2)]
        ended = [(item.wait(timeout=180), item.communicate()[0]) for item in started]
    assert [code for code, _text in ended] == [0, 0], json.dumps(ended, indent=1)
