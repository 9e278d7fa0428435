# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A config on its way to a HAProxy: in which order, what is refused, what is left as it was."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import EngineTimeout
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.marker import (
    with_marker,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run import worker
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.apply import (
    Applied,
    apply,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.desired import checker
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.target import (
    ApplyError,
    Target,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.validate import words_of
from ansible_collections.drover.docker.tests.unit.shared.fake_haproxy import (
    FakeEngine,
    FakeHaproxy,
    own_folders,
)

OLD, OLD_MARKER = with_marker("global\n    maxconn 1\n")
NEW, NEW_MARKER = with_marker("global\n    maxconn 2\n")
BAD = """\
[NOTICE]   (9) : haproxy version is 3.0.11
[ALERT]    (9) : config : parsing [/usr/local/etc/haproxy/candidate.cfg:3] : unknown keyword 'x' in 'global' section
[ALERT]    (9) : config : Error(s) found in configuration file : /usr/local/etc/haproxy/candidate.cfg
[ALERT]    (9) : config : Fatal errors found in configuration.
"""
GONE = "[ALERT] (9) : config : Could not open file /usr/local/etc/haproxy/candidate.cfg : No such file or directory"


class Bench:
    """A folder, a HAProxy that runs the old config, and an engine."""

    def __init__(self, base: pathlib.Path) -> None:
        self.folders = own_folders(base)
        self.haproxy = FakeHaproxy(self.folders)
        self.engine = FakeEngine()

    def run_with(self, config: str) -> None:
        self.folders.make()
        pathlib.Path(self.folders.file).write_text(config)
        self.haproxy.start()

    def apply(self, config: str = NEW, *, check_mode: bool = False, wait_s: float = 0) -> Applied:
        target = Target(self.folders, "checker", "haproxy:3.0")
        engine = t.cast(t.Any, self.engine)
        return apply(engine, target, checker(config), wait_s=wait_s, check_mode=check_mode)

    @property
    def file(self) -> str | None:
        return self.folders.read_config()


@pytest.fixture
def bench(tmp_path: pathlib.Path) -> t.Iterator[Bench]:
    made = Bench(tmp_path / "checker")
    yield made
    made.haproxy.stop()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "RELOAD_S", 1.0)


def test_a_new_config_is_validated_loaded_and_read_back(bench: Bench) -> None:
    bench.run_with(OLD)
    done = bench.apply()
    assert done == Applied(True, "reload", True, NEW_MARKER, OLD, NEW)
    assert bench.engine.validated == ["c0ffee"]
    assert bench.haproxy.orders == ["master: show proc;quit", "master: reload"]
    assert bench.haproxy.state_at_reload.startswith("1\n# be_id")
    assert (bench.file, bench.haproxy.loaded) == (NEW, NEW)
    assert sorted(os.listdir(bench.folders.config)) == ["haproxy.cfg"]
    # What a worker that starts later finds: no old results.
    assert pathlib.Path(bench.folders.run, "server-state").read_text() == "1\n"


def test_the_same_config_again_changes_nothing(bench: Bench) -> None:
    bench.run_with(OLD)
    for check_mode in (False, True):
        done = bench.apply(OLD, check_mode=check_mode)
        assert done == Applied(False, "nothing", True, OLD_MARKER, OLD, OLD)
    assert bench.haproxy.orders == []
    assert bench.engine.validated == []


def test_check_mode_touches_nothing(bench: Bench) -> None:
    assert bench.apply(check_mode=True).changed
    assert not os.path.exists(bench.folders.base)
    bench.run_with(OLD)
    assert bench.apply(check_mode=True) == Applied(True, "reload", True, NEW_MARKER, OLD, NEW)
    assert (bench.file, bench.engine.validated) == (OLD, [])
    assert bench.haproxy.orders == []


def test_a_worker_that_missed_the_file_is_reloaded(bench: Bench) -> None:
    bench.run_with(OLD)
    pathlib.Path(bench.folders.file).write_text(NEW)
    assert bench.apply() == Applied(True, "reload", True, NEW_MARKER, NEW, NEW)
    assert bench.haproxy.loaded == NEW


def test_a_file_that_was_edited_is_put_right_though_its_marker_is(bench: Bench) -> None:
    bench.run_with(NEW)
    pathlib.Path(bench.folders.file).write_text(NEW + "# by hand\n")
    assert bench.apply().how == "reload"  # whoever wrote it may have had it loaded, too
    assert bench.file == NEW


def test_the_old_worker_does_not_count_although_it_has_the_marker(bench: Bench) -> None:
    """Of a file that was edited, the marker says nothing, and 2.6 does not say when a reload is done."""
    bench.run_with(NEW + "# by hand\n")
    bench.haproxy.reload_answer, bench.haproxy.reload_lasts = None, 3
    pid = bench.haproxy.pid
    assert bench.apply().how == "reload"
    assert (bench.haproxy.loaded, bench.haproxy.pid) == (NEW, pid + 1)


def test_haproxy_26_says_nothing_at_a_reload(bench: Bench) -> None:
    bench.run_with(OLD)
    bench.haproxy.reload_answer = None
    assert bench.apply().how == "reload"
    assert bench.haproxy.loaded == NEW


@pytest.mark.parametrize("status", ["running", "exited", ""])
def test_a_rejected_config_replaces_nothing(bench: Bench, status: str) -> None:
    bench.run_with(OLD)
    bench.engine.status, bench.engine.verdict = status, (1, BAD)
    with pytest.raises(ApplyError) as refused:
        bench.apply()
    text = "HAProxy rejects the config: parsing [haproxy.cfg:3: {}] : unknown keyword 'x' in 'global' section"
    assert str(refused.value) == text.format(NEW.splitlines()[2].strip())
    assert (bench.file, bench.haproxy.loaded) == (OLD, OLD)
    assert sorted(os.listdir(bench.folders.config)) == ["haproxy.cfg"]
    assert "master: reload" not in bench.haproxy.commands


@pytest.mark.parametrize("before", [OLD, None])
@pytest.mark.parametrize(
    ("answer", "loads", "why"),
    [
        ("Success=0\n--\n[ALERT] cannot bind\n", None, "could not reload: .ALERT. cannot bind"),
        (None, OLD, f"does not run {NEW_MARKER} but {OLD_MARKER}"),
        ("Success=1\n--\n", "global\n", f"does not run {NEW_MARKER} but no config of ours"),
    ],
)
def test_a_reload_that_fails_puts_the_file_back(
    bench: Bench, before: str | None, answer: str | None, loads: str | None, why: str
) -> None:
    bench.run_with(OLD)
    if before is None:
        os.remove(bench.folders.file)
    bench.haproxy.reload_answer, bench.haproxy.reloads_to = answer, loads
    with pytest.raises(ApplyError, match=why):
        bench.apply()
    assert bench.file == before
    assert pathlib.Path(bench.folders.run, "server-state").read_text() == "1\n"


@pytest.mark.parametrize("status", ["exited", "created", "restarting", "paused", ""])
def test_a_container_that_does_not_run_gets_its_file(bench: Bench, status: str) -> None:
    bench.engine.status = status
    assert bench.apply() == Applied(True, "files", True, NEW_MARKER, "", NEW)
    assert bench.file == NEW
    (body,) = bench.engine.bodies
    assert (body["Image"], body["Entrypoint"], body["Cmd"][0]) == ("haproxy:3.0", ["haproxy"], "-c")
    host = body["HostConfig"]
    assert (host["NetworkMode"], host["ReadonlyRootfs"]) == ("none", True)
    assert host["Binds"] == [f"{bench.folders.config}:/usr/local/etc/haproxy:ro"]
    assert bench.apply() == Applied(False, "nothing", True, NEW_MARKER, NEW, NEW)
    assert len(bench.engine.bodies) == 1


def test_an_image_that_is_not_here(bench: Bench) -> None:
    bench.engine = FakeEngine(status="", image="other:1")
    with pytest.raises(ApplyError, match=r"image haproxy:3.0 is not on this host.*pull it first"):
        bench.apply()
    assert bench.file is None


def test_a_mount_of_another_folder_is_told(bench: Bench) -> None:
    bench.run_with(OLD)
    bench.engine.verdict = (1, GONE)
    with pytest.raises(ApplyError, match="its mount is stale"):
        bench.apply()
    assert bench.file == OLD


def test_a_container_that_just_crashed_is_not_asked(bench: Bench) -> None:
    bench.run_with(OLD)
    bench.engine.verdict = (126, "OCI runtime exec failed: exec failed: connection reset by peer")
    with pytest.raises(ApplyError, match="HAProxy rejects"):  # as the fake says so there, too
        bench.apply()
    assert len(bench.engine.bodies) == 1


def test_a_stale_mount_of_ours_ends_with_a_restart(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.run_with(OLD)
    calls: list[str] = []

    def start(_container: str) -> None:
        calls.append("start")
        bench.haproxy.stop()
        for name in os.listdir(bench.folders.run):
            os.remove(os.path.join(bench.folders.run, name))
        bench.haproxy.start()

    monkeypatch.setattr(bench.engine, "execute", lambda *_words: (1, GONE))
    vars(bench.engine).update(stop=lambda *_words: calls.append("stop"), start=start)
    target = Target(bench.folders, "checker", "haproxy:3.0", may_restart=True)
    done = apply(t.cast(t.Any, bench.engine), target, checker(NEW))
    assert (done.how, calls) == ("restart", ["stop", "start"])
    assert bench.haproxy.loaded == NEW


def test_a_silent_engine_leaves_no_candidate(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.run_with(OLD)

    def silent(*_arguments: t.Any) -> tuple[int, str]:
        raise EngineTimeout("no answer")

    monkeypatch.setattr(bench.engine, "execute", silent)
    with pytest.raises(EngineTimeout):
        bench.apply()
    assert sorted(os.listdir(bench.folders.config)) == ["haproxy.cfg"]


def test_a_haproxy_that_runs_and_does_not_answer_gets_its_file(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It may be in a loop of crashes for want of a good file.
    monkeypatch.setattr(worker.wait_for_worker, "__kwdefaults__", {"wait_s": 0.1})
    bench.run_with(OLD)
    bench.haproxy.stop()
    with pytest.raises(ApplyError, match=r"is in place, but HAProxy runs and does not answer"):
        bench.apply()
    assert bench.file == NEW


def test_folders_get_their_modes(bench: Bench) -> None:
    bench.engine.status = ""
    bench.apply()
    os.chmod(bench.folders.run, 0o755)
    assert bench.apply(check_mode=True).changed
    assert bench.apply() == Applied(True, "nothing", True, NEW_MARKER, NEW, NEW)
    assert os.stat(bench.folders.run).st_mode & 0o777 == 0o700
    assert os.stat(bench.folders.config).st_mode & 0o777 == 0o750
    assert os.stat(bench.folders.file).st_mode & 0o777 == 0o640


def test_a_link_that_the_container_put_into_its_folder_is_not_followed(bench: Bench) -> None:
    bench.run_with(OLD)
    victim = pathlib.Path(bench.folders.base, "victim")
    victim.write_text("precious")
    state = pathlib.Path(bench.folders.run, "server-state")
    state.unlink()
    state.symlink_to(victim)
    bench.apply()
    assert victim.read_text() == "precious"
    assert not state.is_symlink()


def test_a_file_where_a_folder_should_be_is_told(bench: Bench) -> None:
    pathlib.Path(bench.folders.base).write_text("")
    with pytest.raises(ApplyError, match="checker"):
        bench.apply()


def test_words_of_haproxy() -> None:
    assert words_of("") == ""
    two_lines = (
        "[ALERT] (1) : config : 'bind :1' in section 'f' :\n  no key in 'x'\n[NOTICE] (1) : y\n"
    )
    assert words_of(two_lines) == "'bind :1' in section 'f' : no key in 'x'"
    assert words_of("exec: haproxy: not found\n") == "exec: haproxy: not found"
    assert words_of("[ALERT] (1) : Fatal errors found in configuration.\n").startswith("Fatal")
    many = "".join(f"[ALERT]    (1) : config : wrong {number}\n" for number in range(9))
    assert words_of(many) == "wrong 0; wrong 1; wrong 2; wrong 3; wrong 4; and 4 more"
    assert len(words_of("[ALERT] (1) : " + "x" * 5000)) == 1000
