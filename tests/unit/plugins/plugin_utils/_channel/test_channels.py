# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Channels over real processes: what goes wrong on one host is told of it, costs no other host, and is over with it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._channel.channels import Channels
from ansible_collections.drover.docker.tests.unit.shared.local_hosts import (
    local,
    program,
    release,
)

Json = dict[str, t.Any]
LIMIT_S = 10.0
Open = t.Callable[..., Channels]


@pytest.fixture
def channels(tmp_path: Path) -> t.Iterator[Open]:
    """Opens channels with the test's code; they are closed after the test."""
    with contextlib.ExitStack() as stack:

        def opened(idle_s: float = 60.0, **hosts: Json) -> Channels:
            made = Channels(hosts or {"h1": local()}, code=release(tmp_path), idle_s=idle_s)
            return stack.enter_context(made)

        yield opened


def echo(channels: Channels, host: str = "h1") -> Json:
    """A call that has to succeed."""
    answer = channels.call("echo", {host: {"text": "é"}}, LIMIT_S)[host]
    assert isinstance(answer, dict), answer
    assert answer["payload"] == {"text": "é"}
    return answer


def reason(channels: Channels, stage: str, limit_s: float = LIMIT_S, **payload: t.Any) -> str:
    """A call that has to fail."""
    answer = channels.call(stage, {"h1": payload}, limit_s)["h1"]
    assert isinstance(answer, str), answer
    return answer


def until(condition: t.Callable[[], bool]) -> bool:
    """Whether it comes true within seconds."""
    end = time.monotonic() + 5
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def runs(pid: int) -> bool:
    """Whether a process runs: one that ended and was not waited for is a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_one_process_answers_all_calls(channels: Open) -> None:
    opened = channels()
    assert echo(opened)["pid"] == echo(opened)["pid"] != os.getpid()


def test_hosts_are_called_together(channels: Open) -> None:
    opened = channels(h1=local(), h2=local())
    found = opened.call("echo", {"h1": {"a": 1}, "h2": {"a": 2}, "h3": {}}, LIMIT_S)
    assert [t.cast("Json", found[host])["payload"]["a"] for host in ("h1", "h2")] == [1, 2]
    assert found["h3"] == "it is not in the inventory"


def test_a_large_message_arrives(channels: Open) -> None:
    text = "x" * 3_000_000
    found = channels().call("echo", {"h1": {"text": text}}, LIMIT_S)["h1"]
    assert isinstance(found, dict)
    assert found["payload"]["text"] == text


def test_closing_ends_the_process(channels: Open) -> None:
    opened = channels()
    pid = echo(opened)["pid"]
    opened.close()
    assert until(lambda: not runs(pid))


def test_a_host_that_hangs_is_late_and_no_other_host_is(channels: Open, tmp_path: Path) -> None:
    sleeper = program(tmp_path / "sleeper", "exec sleep 30")
    opened = channels(h1=local(), h2=local(sleeper))
    echo(opened)
    began = time.monotonic()
    found = opened.call("echo", {"h1": {}, "h2": {}}, 0.4)
    assert time.monotonic() - began < 1.5
    assert isinstance(found["h1"], dict)
    assert found["h2"] == "no answer within 0.4 s"


def test_after_a_call_that_hung_the_host_is_reached_anew(channels: Open) -> None:
    opened = channels()
    pid = echo(opened)["pid"]
    assert reason(opened, "hang", limit_s=0.3) == "no answer within 0.3 s"
    assert echo(opened)["pid"] != pid
    os.kill(pid, signal.SIGKILL)  # it would sleep for the rest of its 30 s


def test_a_process_that_was_stopped_is_late_and_ends_when_it_goes_on(channels: Open) -> None:
    opened = channels()
    pid = echo(opened)["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        assert reason(opened, "echo", limit_s=0.3) == "no answer within 0.3 s"
    finally:
        os.kill(pid, signal.SIGCONT)
    assert until(lambda: not runs(pid))


def test_a_process_that_takes_nothing_is_late(channels: Open) -> None:
    opened = channels()
    pid = echo(opened)["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        assert reason(opened, "echo", limit_s=0.3, text="x" * 3_000_000).startswith("no answer")
    finally:
        os.kill(pid, signal.SIGCONT)


def test_whose_caller_gave_up_is_told_so_on_the_host(channels: Open, tmp_path: Path) -> None:
    note = tmp_path / "note"
    opened = channels()
    echo(opened)
    reason(opened, "wait", limit_s=0.3, note=str(note))
    assert until(note.exists)
    assert "nothing more is begun in its name" in note.read_text(encoding="utf-8")


def test_a_process_that_dies_in_a_call_is_told(channels: Open) -> None:
    opened = channels()
    echo(opened)
    assert reason(opened, "die").startswith("the channel ended")
    echo(opened)


def test_a_process_that_died_between_two_calls_is_replaced(channels: Open) -> None:
    opened = channels()
    first = echo(opened)
    os.kill(first["pid"], signal.SIGKILL)
    assert until(lambda: not runs(first["parent"]))
    assert echo(opened)["pid"] != first["pid"]


def test_a_process_that_nobody_calls_ends_by_itself(channels: Open) -> None:
    opened = channels(idle_s=1.0)
    first = echo(opened)
    assert until(lambda: not runs(first["parent"]))
    assert echo(opened)["pid"] != first["pid"]


def test_another_release_is_loaded_by_the_next_call(channels: Open, tmp_path: Path) -> None:
    opened = channels()
    first = echo(opened)
    opened.code = release(tmp_path, number=2)
    second = echo(opened)
    assert (first["release"], second["release"]) == (1, 2)
    assert until(lambda: not runs(first["pid"]))


def test_what_a_login_prints_is_no_answer(channels: Open, tmp_path: Path) -> None:
    greeting = program(tmp_path / "greeting", 'echo "Welcome!"; echo; exec $PYTHON "$@"')
    echo(channels(h1=local(greeting)))


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("yes Welcome", "and did not start our code"),
        ("yes | tr -d '\\n'", "65536 bytes of something else"),
        ("echo no such host >&2; exit 255", "no such host"),
        ("exit 1", "it said nothing"),
        ("exec $PYTHON -c 'import sys; sys.exit(\"too old\")'", "too old"),
    ],
)
def test_why_a_host_did_not_start_our_code(
    channels: Open, tmp_path: Path, script: str, text: str
) -> None:
    assert text in reason(channels(h1=local(program(tmp_path / "python", script))), "echo")


def test_a_missing_interpreter_is_told(channels: Open) -> None:
    assert "not found" in reason(channels(h1=local("/nowhere/python3")), "echo")


def test_garbage_instead_of_an_answer_is_told(channels: Open) -> None:
    opened = channels()
    assert "the host sent something else than a message: it begins with b'hell'" in reason(
        opened, "babble"
    )
    echo(opened)


def test_an_answer_to_another_call_is_not_taken(channels: Open) -> None:
    opened = channels()
    assert "not one to this call" in reason(opened, "misnumber")
    echo(opened)


def test_garbage_between_two_calls_breaks_the_channel_and_no_call(channels: Open) -> None:
    opened = channels()
    pid = echo(opened)["pid"]
    assert opened.call("babble later", {"h1": {}}, LIMIT_S) == {"h1": {}}
    time.sleep(0.3)
    assert echo(opened)["pid"] != pid


def test_a_fault_of_ours_costs_only_its_call(channels: Open) -> None:
    opened = channels()
    pid = echo(opened)["pid"]
    assert reason(opened, "unheard of") == "unexpected KeyError: 'unheard of'"
    assert reason(opened, "fail") == "no SDK"
    assert echo(opened)["pid"] == pid


def test_nothing_is_left_on_a_disk(channels: Open, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    wrapper = program(
        tmp_path / "python", f'cd {home}; TMPDIR={home} HOME={home} exec $PYTHON "$@"'
    )
    echo(channels(h1=local(wrapper)))
    assert list(home.iterdir()) == []


def test_a_file_in_the_users_home_is_not_taken_for_a_module(channels: Open, tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('a trap')", encoding="utf-8")
    wrapper = program(tmp_path / "python", f'cd {tmp_path}; exec $PYTHON "$@"')
    echo(channels(h1=local(wrapper)))


def sudo(folder: Path, script: str) -> str:
    """A sudo that wants a password, or does not, and then runs what comes after the user."""
    words = 'while [ "$1" != -u ]; do shift; done; shift 2; exec "$@"'
    return program(folder / "sudo", f"{script}\n{words}")


@pytest.mark.parametrize("asks", [True, False])
def test_sudo_gets_its_password_and_nothing_else(
    channels: Open, tmp_path: Path, asks: bool
) -> None:
    script = 'read -r word; [ "$word" = "pass word" ] || exit 1' if asks else ":"
    become: Json = {"ansible_become": True, "ansible_become_password": "pass word"}
    echo(channels(h1=local(**become, ansible_become_exe=sudo(tmp_path, script))))


def test_a_password_that_is_asked_for_again_is_told(channels: Open, tmp_path: Path) -> None:
    script = 'read -r word; echo "Sorry, try again." >&2; read -r word; exit 1'
    become: Json = {"ansible_become": True, "ansible_become_password": "wrong"}
    opened = channels(h1=local(**become, ansible_become_exe=sudo(tmp_path, script)))
    assert reason(opened, "echo", limit_s=0.5) == "no answer within 0.5 s: Sorry, try again."


def test_a_wrong_password_is_told(channels: Open, tmp_path: Path) -> None:
    script = (
        'read -r word; [ "$word" = right ] || { echo "sudo: 1 incorrect password" >&2; exit 1; }'
    )
    become: Json = {"ansible_become": True, "ansible_become_password": "wrong"}
    opened = channels(h1=local(**become, ansible_become_exe=sudo(tmp_path, script)))
    assert reason(opened, "echo") == "the channel ended: sudo: 1 incorrect password"
