# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks of role host: each host is asked once, whatever it says, and one report names all problems."""

from __future__ import annotations

import pathlib
import time
import types
import typing as t

import pytest
from ansible import constants
from ansible.errors import AnsibleConnectionFailure
from ansible.utils.display import Display
from ansible_collections.drover.docker.plugins.action import (
    internal_preflight,
    internal_preflight_report,
)
from ansible_collections.drover.docker.plugins.plugin_utils._output.messages import read_messages
from ansible_collections.drover.docker.plugins.plugin_utils._run import run_files
from ansible_collections.drover.docker.tests.unit.plugins.action.play import (
    UNREACHABLE,
    not_reached,
    refuse_to_print,
)
from ansible_collections.drover.docker.tests.unit.shared.preflight_looks import (
    disk,
    engine,
    facts,
    no_engine,
)

Json = dict[str, t.Any]
NO_SDK = {"version": "", "missing": True, "fault": ""}


class Preflight:
    """Runs the two tasks over hosts that answer as the test says; an error is raised."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **hosts: Json | Exception) -> None:
        self.hosts = hosts
        self.variables: Json = {}
        self.asked: list[Json] = []
        self._patch = monkeypatch
        monkeypatch.setattr(Display, "display", refuse_to_print)

    def _run(self, module: t.Any, host: str, args: Json, *, check: bool = False) -> Json:
        task = types.SimpleNamespace(args=args, action="x", async_val=0, check_mode=check)
        context = types.SimpleNamespace(no_log=False)
        connection = types.SimpleNamespace(
            _shell=types.SimpleNamespace(tmpdir="/nowhere"),
            exec_command=not_reached,
            _play_context=context,
        )
        templar = types.SimpleNamespace(template=lambda value: value)
        action = module.ActionModule(task, connection, None, None, templar, None)
        self._patch.setattr(action, "_execute_module", lambda **call: self._answer(host, call))
        names = list(self.hosts)
        own = {"inventory_hostname": host, "groups": {"docker_hosts": names}}
        result: Json = action.run(
            task_vars={**own, "ansible_play_hosts_all": names, **self.variables}
        )
        return result

    def _answer(self, host: str, call: Json) -> Json:
        self.asked.append(call["module_args"])
        found = self.hosts[host]
        if isinstance(found, Exception):
            raise found
        return {"changed": False, "facts": found} if "now" in found else found

    def look(self) -> list[Json]:
        return [self._run(internal_preflight, host, {}) for host in self.hosts]

    def judge(self, *, check: bool = False, **args: bool) -> Json:
        first = next(iter(self.hosts))
        return self._run(internal_preflight_report, first, args, check=check)

    def report(self, **args: bool) -> Json:
        self.look()
        return self.judge(**args)


@pytest.fixture(autouse=True)
def _files(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))


def sound(name: str, **changes: t.Any) -> Json:
    """A host with an engine of its own and a clock that agrees with the control node."""
    return facts(**{"engine": engine(id=name), **changes}, now=time.time())


def lines(result: Json) -> list[str]:
    return [message.line for message in read_messages(result["messages"])]


def failure() -> str:
    return str((run_files.take("shown") or {})["failure"])


def test_sound_hosts_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    play = Preflight(monkeypatch, h1=sound("1"), h2=sound("2"))
    result = play.report()
    assert lines(result) == ["preflight: 2 hosts, no problems"]
    assert (failure(), result["changed"]) == ("", False)
    assert result["ansible_facts"]["drover_host_report"] == {
        "hosts": {"h1": {"ok": True, "problems": []}, "h2": {"ok": True, "problems": []}}
    }


def test_all_problems_of_all_hosts_are_reported_and_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    play = Preflight(
        monkeypatch,
        h1=sound("1"),
        h2=sound("2", sdk=NO_SDK, disks=[disk(free=10**9)]),
        h3=AnsibleConnectionFailure("Host key verification failed."),
    )
    result = play.report()
    assert lines(result) == [
        "error  h2  /usr/bin/python3 lacks the package docker; install python3-docker (Debian, Ubuntu, "
        "Fedora), or docker by pip",
        "warn   h2  1.0 GB (1 %) are free for /var/lib/docker; free some space; docker system df shows "
        "what images take",
        "error  h3  its SSH host key is not known here; compare it, then accept it once with ssh h3",
        "preflight: 3 hosts, 2 with problems",
    ]
    assert failure() == "preflight: 3 hosts, 2 with problems"
    assert [item["code"] for item in result["hosts"]["h2"]["problems"]] == [
        "sdk_missing",
        "disk_low",
    ]


def test_warnings_do_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    result = Preflight(monkeypatch, h1=sound("1", disks=[disk(free=10**9)])).report()
    assert (result["hosts"]["h1"]["ok"], failure()) == (True, "")


def test_a_host_that_does_not_answer_fails_no_task(monkeypatch: pytest.MonkeyPatch) -> None:
    play = Preflight(
        monkeypatch,
        h1=AnsibleConnectionFailure(UNREACHABLE),
        h2={"failed": True, "msg": "The module interpreter '/usr/bin/python9' was not found."},
    )
    found = play.look()
    assert [result.get("failed") for result in found] == [None, None]
    assert [result["reason"] for result in found] == [
        "not reached (try: ansible h1 -m ping)",
        "there is no Python at python3: install python3, or set ansible_python_interpreter",
    ]


def test_only_several_hosts_need_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    play = Preflight(monkeypatch, h1=sound("1"))
    play.look()
    play.hosts["h2"] = sound("2")
    play.variables["drover_network_data_path_port"] = "7777"
    play.look()
    assert [call["ports"] for call in play.asked[:2]] == [
        [],
        ["tcp/2377", "tcp/7946", "udp/7946", "udp/7777"],
    ]


def test_the_engine_and_the_folder_are_those_of_the_inventory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    play = Preflight(monkeypatch, h1=sound("1", engine=no_engine("address")))
    play.variables = {"drover_docker_host": "npipe://x", "drover_state_dir": "/srv/drover"}
    result = play.report()
    assert play.asked[0]["state_dir"] == "/srv/drover"
    assert lines(result)[0].startswith("error  h1  drover_docker_host is npipe://x")


def test_an_installation_comes_before_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = sound("1", engine=no_engine("no_socket"), dockerd="", sdk=NO_SDK)
    play = Preflight(monkeypatch, h1=missing, h2=sound("2"))
    assert play.report(install=True) == {
        "changed": False,
        "installation": {
            "h1": {"packages": ["docker.io", "python3-docker"], "start": True},
        },
    }
    assert run_files.load("shown") is None
    play.hosts["h1"] = sound("1")
    result = play.report(install=True, installed=True)
    assert lines(result) == ["preflight: 2 hosts, no problems"]


def test_an_installation_that_did_not_help_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    play = Preflight(monkeypatch, h1=sound("1", sdk=NO_SDK))
    assert play.report(install=True)["installation"]
    assert lines(play.report(install=True, installed=True))[0].startswith("error  h1  ")
    assert failure()


def test_nobody_asked_for_an_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Preflight(monkeypatch, h1=sound("1", sdk=NO_SDK)).report()["installation"] == {}


def test_in_check_mode_what_would_be_installed_is_no_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing = sound("1", engine=no_engine("no_socket"), dockerd="", sdk=NO_SDK)
    play = Preflight(monkeypatch, h1=missing)
    play.look()
    result = play.judge(check=True, install=True)
    assert [line[:10] for line in lines(result)[:2]] == ["note   h1 ", "note   h1 "]
    assert lines(result)[2:] == [
        "would  h1  install docker.io and python3-docker, start Docker",
        "preflight: 1 host, 1 with problems",
    ]
    assert (result["installation"], failure()) == ({}, "")
    play.hosts["h2"] = sound("2", engine=no_engine("podman"))
    play.look()
    play.judge(check=True, install=True)
    assert failure() == "preflight: 2 hosts, 2 with problems"
