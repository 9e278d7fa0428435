# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What HAProxy answers, as reports; and a HAProxy that does not answer."""

from __future__ import annotations

import pathlib
import time
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.marker import (
    marker_of,
    with_marker,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.observe_checker import (
    checker_folders,
    observe_checker,
    observe_haproxy,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.socket import (
    HaproxySilent,
    NoSocket,
    ask,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.stats import (
    completed,
    parse_info,
    parse_stat,
)
from ansible_collections.drover.docker.tests.unit.shared.fake_haproxy import (
    FakeHaproxy,
    Socket,
    own_folders,
)

STAT = """\
# pxname,svname,status,lastchg,type,check_status,check_code,check_duration,last_chk,chkfail
answer,FRONTEND,OPEN,,0,,,,,
shop.web.1,s-1,UP,14,2,L7OK,200,2,"OK, really",4
shop.web.2,s-2,UP 1/3,0,2,* INI,,,,
shop.web.3,s-3,DOWN,99,2,* L7STS,0,1001,,
shop.web.3,BACKEND,DOWN,99,1,,,,,

"""
EMPTY: dict[str, t.Any] = {
    "revision": "",
    "file_revision": "",
    "version": "",
    "pid": 0,
    "uptime_s": 0,
    "reports": [],
}


def test_reports() -> None:
    first, second, third = parse_stat(STAT)
    assert first == {
        "backend": "shop.web.1",
        "server": "s-1",
        "status": "UP",
        "check_status": "L7OK",
        "check_code": 200,
        "last_chk": "OK, really",
        "since_s": 14,
        "duration_ms": 2,
        "failed": 4,
    }
    assert (second["check_code"], second["duration_ms"], second["since_s"]) == (None, None, 0)
    assert (third["check_code"], third["duration_ms"]) == (None, 1001)
    assert [completed(item) for item in (first, second, third)] == [True, False, True]
    assert not completed({**first, "check_status": ""})


@pytest.mark.parametrize(
    "answer", ["", "\n", "Unknown command: 'show stat'\n", "# pxname,svname,\n\n"]
)
def test_answers_without_reports(answer: str) -> None:
    assert parse_stat(answer) == []


def test_info() -> None:
    answer = (
        "Name: HAProxy\nVersion: 2.6.12-1+deb12u3\nPid: 18\nUptime_sec: 5\ndescription: rev-12: x\n"
    )
    found = {"revision": "rev-12: x", "version": "2.6.12", "pid": 18, "uptime_s": 5}
    assert parse_info(answer) == found
    assert parse_info("nonsense") == {"revision": "", "version": "", "pid": 0, "uptime_s": 0}


def test_a_socket_is_asked(tmp_path: pathlib.Path) -> None:
    # Longer than the path of a socket may be.
    folder = tmp_path / ("x" * 60) / ("y" * 60)
    folder.mkdir(parents=True)
    served = Socket(str(folder / "a.sock"), lambda command: f"you said {command}\n")
    try:
        assert ask(str(folder / "a.sock"), "show info", deadline_s=2) == "you said show info\n"
        with pytest.raises(ValueError, match="one line"):
            ask(str(folder / "a.sock"), "a\nb", deadline_s=2)
    finally:
        served.close()
    with pytest.raises(HaproxySilent, match=r"a.sock does not answer: Connection refused"):
        ask(str(folder / "a.sock"), "show info", deadline_s=2)
    with pytest.raises(NoSocket, match=r"b.sock does not exist"):
        ask(str(folder / "b.sock"), "show info", deadline_s=2)


def _drip(_command: str) -> str:
    time.sleep(1)
    return ""


def test_a_socket_that_says_nothing_in_time(tmp_path: pathlib.Path) -> None:
    served = Socket(str(tmp_path / "a.sock"), _drip)
    began = time.monotonic()
    with pytest.raises(HaproxySilent, match=r"a.sock did not answer within 0.2 s"):
        ask(str(tmp_path / "a.sock"), "show info", deadline_s=0.2)
    assert time.monotonic() - began < 0.9
    served.close()


def test_a_host_without_a_checker(tmp_path: pathlib.Path) -> None:
    assert observe_checker(str(tmp_path)) is None
    assert checker_folders("/var/lib/drover").file == "/var/lib/drover/checker/config/haproxy.cfg"


def test_what_a_checker_says(tmp_path: pathlib.Path) -> None:
    folders = own_folders(tmp_path / "checker")
    folders.make()
    config, marker = with_marker("global\n")
    pathlib.Path(folders.file).write_text(config)
    haproxy = FakeHaproxy(folders)
    haproxy.stat = STAT.splitlines()[2:5]
    haproxy.start()
    pathlib.Path(folders.file).write_text(with_marker("global\n    maxconn 9\n")[0])
    seen = observe_checker(str(tmp_path))
    assert seen is not None
    assert seen.pop("file_revision") not in ("", marker)
    assert [item["backend"] for item in seen.pop("reports")] == [
        "shop.web.1",
        "shop.web.2",
        "shop.web.3",
    ]
    assert seen == {"error": "", "revision": marker, "version": "3.0.11", "pid": 8, "uptime_s": 90}
    haproxy.stop()
    refused = observe_haproxy(folders)
    assert refused == {
        **EMPTY,
        "file_revision": marker_of(folders.read_config() or ""),
        "error": "the checker does not answer: admin.sock does not answer: Connection refused",
    }


def test_a_checker_that_hangs_is_given_up(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = own_folders(tmp_path)
    folders.make()
    haproxy = FakeHaproxy(folders)
    haproxy.start()
    monkeypatch.setattr(haproxy, "_admin", _drip)
    haproxy._sockets[0].answer = _drip
    began = time.monotonic()
    seen = observe_haproxy(folders, deadline_s=0.3)
    assert time.monotonic() - began < 0.9
    assert seen == {
        **EMPTY,
        "error": "the checker does not answer: admin.sock did not answer within 0.3 s",
    }
    haproxy.stop()


def test_a_checker_that_talks_nonsense_says_nothing(tmp_path: pathlib.Path) -> None:
    folders = own_folders(tmp_path)
    folders.make()
    served = Socket(folders.admin_socket, lambda _command: "\x00,\u2603 Pid: x\n" * 3)
    assert observe_haproxy(folders) == {**EMPTY, "error": ""}
    served.close()
