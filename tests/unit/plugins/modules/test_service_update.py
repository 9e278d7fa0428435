# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module stack_service applies a changed definition, one member after the other."""

from __future__ import annotations

import contextlib
import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._common import replaced_files
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import refusal
from ansible_collections.drover.docker.plugins.module_utils._record import own_updates
from ansible_collections.drover.docker.tests.unit.shared.service_box import Box, box_in
from ansible_collections.drover.docker.tests.unit.simulation.containers import Container
from ansible_collections.drover.docker.tests.unit.simulation.fabric import Image

Json = dict[str, t.Any]
BARE = {"stack": "shop", "name": "web"}
SCALE = 2
OLD: Json = {"image": "app:1", "volumes": ["data:/data"]}
"""Members share the volume, so both may run at once."""
NEW: Json = {**OLD, "environment": {"MODE": "new"}}
CHANGES = ("create", "start", "stop", "remove", "update", "connect", "disconnect", "unpause")
ORDERS = ("start_first", "stop_first")


class Killed(BaseException):
    """The module dies."""


class Watched:
    """The engine of a box: it counts the changes, the fewest members that run, and dies before a given change."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self.changes: list[str] = []
        self.least = SCALE
        self.dies_at = -1
        self.refused = ""
        """The container that cannot be started."""

    def __getattr__(self, name: str) -> t.Any:
        call = getattr(self._box.engine, name)
        if name not in CHANGES:
            return call

        def changed(*args: t.Any) -> t.Any:
            self.change(name)
            if name == "start" and self._box.engine.find(args[0]).name == self.refused:
                raise refusal("cannot start", 500)
            answer = call(*args)
            self.least = min(self.least, len(running(self._box)))
            return answer

        return changed

    def change(self, name: str) -> None:
        if 0 <= self.dies_at <= len(self.changes):
            raise Killed
        self.changes.append(name)


@pytest.fixture
def box(
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Box:
    return new_box(tmp_path / "drover", capsys, monkeypatch)


def new_box(
    state: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    keys: Json | None = None,
) -> Box:
    """A host with a service that runs."""
    found = box_in(state, capsys, monkeypatch)
    for image in (Image("app:2"), Image("bad:1", fails=True)):
        found.engine.images[image.reference] = image
    assert not found.run(**BARE, definition=keys or OLD, scale=SCALE).get("failed")
    found.used = Watched(found)
    written = replaced_files.replace_file

    def write(*args: t.Any, **named: t.Any) -> None:
        found.used.change("note")
        written(*args, **named)

    monkeypatch.setattr(own_updates, "replace_file", write)
    return found


def update(box: Box, order: str, keys: Json | None = None, **more: t.Any) -> Json:
    return box.run(**BARE, definition=keys or NEW, update=order, **more)


def containers(box: Box) -> dict[str, Container]:
    return {item.name: item for item in box.engine.by_id.values()}


def running(box: Box) -> set[str]:
    """Members with a container that runs."""
    live = [item for item in box.engine.by_id.values() if item.status == "running"]
    return {item.labels["io.drover.index"] for item in live}


def ids(box: Box) -> dict[str, str]:
    return {item.name: item.id for item in containers(box).values()}


def kinds(told: Json) -> list[str]:
    return [" ".join(line.split()[1:3]) for line in told["operations"]]


FIRST_TWO = {"shop-web-1": "running", "shop-web-2": "running"}
NEXT_TWO = {"shop-web-1-r1": "running", "shop-web-2-r1": "running"}


def states(box: Box) -> dict[str, str]:
    return {name: item.status for name, item in containers(box).items()}


def test_without_the_option_what_runs_stays(box: Box) -> None:
    told = box.run(**BARE, definition=NEW)
    assert (told["changed"], told["outdated"]) == (False, list(FIRST_TWO))
    assert states(box) == FIRST_TWO


def test_start_first_has_all_members_at_every_moment(box: Box) -> None:
    told = update(box, "start_first")
    assert kinds(told) == [
        "create shop-web-1-r1",
        "start shop-web-1-r1",
        "create shop-web-2-r1",
        "start shop-web-2-r1",
        "stop shop-web-1",
        "remove shop-web-1",
        "stop shop-web-2",
        "remove shop-web-2",
    ]
    assert (states(box), box.used.least) == (NEXT_TWO, SCALE)
    assert (told["changed"], told["outdated"], "stop_first" in told) == (True, [], False)


def test_stop_first_has_one_member_less(box: Box) -> None:
    told = update(box, "stop_first")
    assert kinds(told) == [
        "stop shop-web-1",
        "create shop-web-1-r1",
        "start shop-web-1-r1",
        "stop shop-web-2",
        "remove shop-web-1",
        "create shop-web-2-r1",
        "start shop-web-2-r1",
        "remove shop-web-2",
    ]
    assert (states(box), box.used.least) == (NEXT_TWO, SCALE - 1)


@pytest.mark.parametrize("order", ORDERS)
def test_a_second_run_changes_nothing(box: Box, order: str) -> None:
    update(box, order)
    before = ids(box)
    again = update(box, order)
    assert (again["changed"], again["operations"], ids(box)) == (False, [], before)
    assert not box.run(**BARE, definition=NEW)["changed"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("keys", [NEW, {**OLD, "mem_limit": "64m"}, {**OLD, "image": "app:2"}])
def test_check_mode_tells_what_is_then_done(box: Box, order: str, keys: Json) -> None:
    before = (ids(box), states(box))
    would = update(box, order, keys, _ansible_check_mode=True, _ansible_diff=True, scale=3)
    assert ((ids(box), states(box)), box.used.changes) == (before, [])
    told = update(box, order, keys, _ansible_diff=True, scale=3)
    assert (would["operations"], would["diff"]) == (told["operations"], told["diff"])
    assert would["changed"]
    assert not would.get("failed")


# --- what fails goes back

BAD: Json = {**OLD, "image": "bad:1"}


def fail_each_pause(box: Box) -> None:
    """Programs that fail have failed again by the next look."""

    def fail() -> None:
        for item in containers(box).values():
            item.restarts += item.status == "restarting"

    box.each_pause = fail


@pytest.mark.parametrize("order", ORDERS)
def test_a_newcomer_that_fails_gives_way_to_what_ran(
    box: Box, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_each_pause(box)
    monkeypatch.setattr(box.engine, "logs", lambda _name, _lines: "starting\nno database\n")
    before = ids(box)
    told = update(box, order, BAD)
    assert told["failed"]
    assert told["msg"] == (
        "shop-web-1-r1 crashed: restarted 2 times by the engine; its last lines: starting | no database"
    )
    assert (ids(box), states(box)) == (before, FIRST_TWO)
    assert box.used.least == SCALE - (order == "stop_first")
    assert told["outdated"] == list(FIRST_TWO)


def test_what_cannot_be_made_gives_way_at_once(box: Box) -> None:
    before = ids(box)
    outside = {"own": {"external": True}}
    told = update(box, "stop_first", {**NEW, "volumes": ["own:/data"]}, volumes=outside)
    assert "volume own is external and does not exist on this host" in told["msg"]
    assert (ids(box), states(box)) == (before, FIRST_TWO)


def test_an_image_that_cannot_be_pulled_touches_nothing(box: Box) -> None:
    before = ids(box)
    told = update(box, "stop_first", {**OLD, "image": "gone:1"})
    assert "manifest for gone:1 not found" in told["msg"]
    assert (ids(box), states(box), box.used.changes) == (before, FIRST_TWO, [])


def test_what_is_up_already_stays_when_a_later_member_fails(box: Box) -> None:
    """Its old container is gone; the next run goes on."""
    fail_each_pause(box)
    tick = box.each_pause

    def break_second() -> None:
        second = containers(box).get("shop-web-2-r1")
        if second and second.status == "running":
            second.status = "restarting"
        tick()

    box.each_pause = break_second
    assert update(box, "start_first")["failed"]
    assert states(box) == {"shop-web-1-r1": "running", "shop-web-2": "running"}
    box.each_pause = lambda: None
    assert not update(box, "start_first").get("failed")
    assert states(box) == NEXT_TWO


def test_what_cannot_start_gives_way_at_once(box: Box) -> None:
    """The new member, of the new definition, is not made anew of what the old containers show."""
    before = ids(box)
    box.used.refused = "shop-web-3"
    told = update(box, "start_first", scale=3)
    assert told["msg"] == "h1  start  shop-web-3  new container: cannot start"
    assert states(box) == {**FIRST_TWO, "shop-web-3": "created"}
    assert {name: ids(box)[name] for name in FIRST_TWO} == before
    assert containers(box)["shop-web-3"].body["Env"] == ["MODE=new"]


def test_what_comes_back_has_its_port_again(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It starts after what took it is gone."""
    box = box_in(tmp_path, capsys, monkeypatch)
    box.engine.images["bad:1"] = Image("bad:1", fails=True)
    fail_each_pause(box)
    box.run(**BARE, definition=PORT)
    before = ids(box)
    told = update(box, "start_first", {**PORT, "image": "bad:1"})
    assert told["msg"] == "shop-web-1-r1 crashed: restarted 2 times by the engine"
    assert (ids(box), states(box)) == (before, {"shop-web-1": "running"})


def test_a_new_member_that_fails_holds_the_update_up_and_is_named(box: Box) -> None:
    fail_each_pause(box)
    update(box, "start_first", BAD, scale=3)
    assert states(box) == {**FIRST_TWO, "shop-web-3": "restarting"}
    told = update(box, "start_first", BAD, scale=3)
    assert told["msg"] == "shop-web-3 crashed: restarted 2 times by the engine"
    assert states(box) == {**FIRST_TWO, "shop-web-3": "restarting"}


def test_the_launch_of_an_earlier_release_is_the_same(box: Box) -> None:
    """It had no version in its id."""
    for item in containers(box).values():
        labels = item.body["Labels"]
        labels["io.drover.config-hash"] = labels["io.drover.config-hash"].partition(":")[2]
    again = update(box, "start_first", OLD)
    assert (again["changed"], again.get("failed")) == (False, None)
    assert not update(box, "start_first").get("failed")
    assert states(box) == NEXT_TWO


# --- the engine's own check


def checked(box: Box, health: str, *, after: str = "") -> None:
    """New containers have this health; after the next pause the other one."""

    def judge() -> None:
        for item in containers(box).values():
            if item.labels.get("io.drover.slot"):
                item.health = after if item.health and after else health
                item.said = "curl: connection refused"

    box.each_pause = judge
    box.engine.after_start = lambda _engine, _item: judge()


def test_a_newcomer_with_a_check_must_be_healthy(box: Box) -> None:
    checked(box, "starting")
    waited = box.time()
    told = update(box, "start_first")
    assert told["msg"] == "shop-web-1-r1 did not get healthy within 300 s"
    assert box.time() - waited > 300
    assert states(box) == FIRST_TWO


def test_one_that_gets_healthy_takes_over(box: Box) -> None:
    checked(box, "starting", after="healthy")
    assert not update(box, "start_first").get("failed")
    assert states(box) == NEXT_TWO


def test_one_that_is_unhealthy_says_what_its_check_said(box: Box) -> None:
    checked(box, "unhealthy")
    told = update(box, "start_first")
    assert told["msg"] == "shop-web-1-r1 is unhealthy; its health check: curl: connection refused"
    assert states(box) == FIRST_TWO


def test_a_long_start_period_is_waited_for(box: Box) -> None:
    check = {
        "test": "true",
        "start_period": "20m",
        "interval": "10s",
        "timeout": "5s",
        "retries": 2,
    }
    checked(box, "starting")
    told = update(box, "start_first", {**NEW, "healthcheck": check})
    assert told["msg"] == "shop-web-1-r1 did not get healthy within 1240 s"


def test_without_a_check_ten_seconds_of_running_count(box: Box) -> None:
    before = box.time()
    update(box, "start_first")
    assert 10 * SCALE <= box.time() - before <= 12 * SCALE


# --- stop-first by force

PORT = {"image": "app:1", "ports": ["8080:80"]}


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        (PORT, "both would publish port 8080/tcp"),
        ({"image": "app:1", "volumes": ["/srv/data:/data"]}, ""),
        ({"image": "app:1", "volumes": ["/data"]}, "both would write to shop_web_1_data_"),
        ({"image": "app:1", "network_mode": "host"}, "both would use the host's network"),
    ],
)
def test_start_first_is_stop_first_where_it_must_be(
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    keys: Json,
    why: str,
) -> None:
    box = box_in(tmp_path, capsys, monkeypatch)
    box.run(**BARE, definition=keys)
    mounts = [item.mounts for item in containers(box).values()]
    told = update(box, "start_first", {**keys, "environment": {"MODE": "new"}})
    assert states(box) == {"shop-web-1-r1": "running"}
    assert told.get("stop_first", "").startswith(why or "both would write to /srv/data")
    assert [item.mounts for item in containers(box).values()] == mounts
    assert kinds(told)[0] == "stop shop-web-1"


def test_the_old_definition_may_force_it(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only its container tells: it writes to a volume that the new one writes to as well."""
    box = box_in(tmp_path, capsys, monkeypatch)
    box.run(**BARE, definition={"image": "app:1", "volumes": ["data:/old"]})
    told = update(box, "start_first", {"image": "app:1", "volumes": ["data:/new"]})
    assert told["stop_first"] == "both would write to data"
    box.run(**BARE, state="absent")
    box.run(**BARE, definition=PORT)
    told = update(box, "start_first", {"image": "app:1"})
    assert told["stop_first"] == "both would publish port 8080/tcp"


# --- in place


@pytest.mark.parametrize("order", ORDERS)
def test_limits_change_on_the_running_containers(box: Box, order: str) -> None:
    before, limited = ids(box), {**OLD, "mem_limit": "64m"}
    told = update(box, order, limited)
    assert kinds(told) == ["update shop-web-1", "update shop-web-2"]
    assert (ids(box), states(box)) == (before, FIRST_TWO)
    limits = {item.body["HostConfig"]["Memory"] for item in containers(box).values()}
    assert limits == {64 * 2**20}
    again = update(box, order, limited)
    assert (again["changed"], again["outdated"]) == (False, [])
    assert not box.run(**BARE, definition=limited)["changed"]


def test_a_limit_that_goes_needs_a_new_container(box: Box) -> None:
    update(box, "start_first", {**OLD, "mem_limit": "64m"})
    told = update(box, "start_first", OLD)
    assert (states(box), told["outdated"]) == (NEXT_TWO, [])
    assert "Memory" not in containers(box)["shop-web-1-r1"].body["HostConfig"]


def test_a_refused_limit_replaces_the_container(box: Box) -> None:
    box.engine.least_memory = 128 * 2**20
    told = update(box, "start_first", {**OLD, "mem_limit": "64m"})
    assert (states(box), told.get("failed")) == (NEXT_TWO, None)
    assert kinds(told)[:2] == ["update shop-web-1", "create shop-web-1-r1"]
    assert told["results"][0]["status"] == "failed"


def test_what_changed_beside_a_limit_needs_a_new_container(box: Box) -> None:
    told = update(box, "start_first", {**NEW, "mem_limit": "64m"})
    assert not any(line.startswith("update") for line in kinds(told))
    assert states(box) == NEXT_TWO


def test_what_is_lost_of_updates_is_only_set_once_more(box: Box) -> None:
    limited = {**OLD, "mem_limit": "64m"}
    update(box, "start_first", limited)
    pathlib.Path(box.state, own_updates.FILE).unlink()
    assert kinds(update(box, "start_first", limited)) == ["update shop-web-1", "update shop-web-2"]
    assert not update(box, "start_first", limited)["changed"]


def test_containers_that_are_gone_are_forgotten(box: Box) -> None:
    update(box, "start_first", {**OLD, "mem_limit": "64m"})
    update(box, "start_first", {**NEW, "mem_limit": "64m"})
    update(box, "start_first", {**NEW, "mem_limit": "65m"})
    assert set(own_updates.own_updates(box.state)) == set(ids(box).values())


# --- scale, state, further definitions


def test_the_scale_and_the_definition_may_change_together(box: Box) -> None:
    assert not update(box, "start_first", scale=3).get("failed")
    assert states(box) == {**NEXT_TWO, "shop-web-3": "running"}
    newest = {**NEW, "environment": {"MODE": "newest"}}
    assert not update(box, "stop_first", newest, scale=1).get("failed")
    assert states(box) == {"shop-web-1-r2": "running"}


def test_stopped_members_are_replaced(box: Box) -> None:
    box.run(**BARE, state="stopped")
    assert not update(box, "start_first").get("failed")
    assert states(box) == NEXT_TWO


@pytest.mark.parametrize("order", ORDERS)
def test_an_updated_member_that_is_down_is_started_before_another_one_is_touched(
    box: Box, order: str
) -> None:
    box.used.dies_at = 6  # the first member is done
    attempt(box, order)
    box.used.dies_at = -1
    box.engine.stop("shop-web-1-r1", 0)
    assert kinds(update(box, order))[0] == "start shop-web-1-r1"
    assert states(box) == NEXT_TWO


# --- killed


def attempt(box: Box, order: str, keys: Json | None = None) -> None:
    """An update whose module may die; its lease ends by itself."""
    with contextlib.suppress(Killed):
        update(box, order, keys)
    pathlib.Path(box.state, "lease").unlink()


CASES = {
    "new": (OLD, NEW, 0),
    "limits": (OLD, {**OLD, "mem_limit": "64m"}, 0),
    "port": ({**OLD, "ports": ["80"]}, {**OLD, "ports": ["81"]}, 0),
    "own volume": ({"image": "app:1", "volumes": ["/data"]}, {**NEW, "volumes": ["/data"]}, 1),
}


def boundaries(make: t.Callable[[], Box], order: str, keys: Json) -> int:
    whole = make()
    update(whole, order, keys)
    return len(whole.used.changes)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("case", CASES)
def test_the_next_run_finishes_what_a_killed_one_began(
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    order: str,
    case: str,
) -> None:
    old, new, missing = CASES[case]
    folders = iter(tmp_path / str(number) for number in range(100))

    def make() -> Box:
        return new_box(next(folders), capsys, monkeypatch, old)

    most = boundaries(make, order, new)
    assert most >= 2 * SCALE
    for at in range(most):
        box = make()
        volumes = set(box.engine.volume_map)
        box.used.dies_at = at
        attempt(box, order, new)
        assert len(box.used.changes) == at
        box.used.dies_at = -1
        told = update(box, order, new)
        assert not told.get("failed"), (at, told["msg"])
        assert len(containers(box)) == len(running(box)) == SCALE, (at, states(box))
        assert told["outdated"] == []
        assert box.used.least >= SCALE - max(missing, order == "stop_first"), at
        assert set(box.engine.volume_map) == volumes
        assert not update(box, order, new)["changed"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("then", ["again", "none", "bare", "stopped", "absent", "other"])
def test_an_update_that_fails_may_be_killed_too(
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    order: str,
    then: str,
) -> None:
    """What comes next gets its way, whatever was left: the same, no update, another definition, or the end."""
    folders = iter(tmp_path / str(number) for number in range(100))

    def make() -> Box:
        made = new_box(next(folders), capsys, monkeypatch)
        fail_each_pause(made)
        return made

    most = boundaries(make, order, BAD)
    assert most >= 4
    for at in range(most):
        box = make()
        before, volumes = ids(box), set(box.engine.volume_map)
        box.used.dies_at = at
        attempt(box, order, BAD)
        box.used.dies_at = -1
        wanted = after(box, order, then)
        assert (states(box), set(box.engine.volume_map)) == (wanted, volumes), at
        assert box.used.least >= SCALE - (order == "stop_first") or then in ("stopped", "absent")
        if then in ("again", "none", "bare", "stopped"):
            assert ids(box) == before


def after(box: Box, order: str, then: str) -> dict[str, str]:
    """Run the module once more; what must be there then."""
    if then == "again":
        assert update(box, order, BAD)["failed"]
    elif then in ("none", "bare"):
        definition = {"definition": BAD} if then == "none" else {}
        assert not box.run(**BARE, **definition).get("failed")
    elif then == "other":
        assert not update(box, order).get("failed")
        slots = {item.labels.get("io.drover.slot") for item in containers(box).values()}
        return {f"shop-web-{index}-r{slot}": "running" for index in (1, 2) for slot in slots}
    else:
        box.run(**BARE, state=then)
        return dict.fromkeys(FIRST_TWO, "exited") if then == "stopped" else {}
    return FIRST_TWO
