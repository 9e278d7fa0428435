# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations on one host: docs/schema.md section 8. Each kind does its work, and refuses when the plan is stale."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._act import handlers
from ansible_collections.drover.docker.plugins.module_utils._act.runner import execute
from ansible_collections.drover.docker.plugins.module_utils._common.names import unnamed_volume_name
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import (
    Conflict,
    EngineError,
    EngineTimeout,
    EngineUnreachable,
    NetworkDown,
)
from ansible_collections.drover.docker.plugins.module_utils._lock.host_lock import (
    HostBusy,
    host_lock,
)
from ansible_collections.drover.docker.plugins.module_utils._model.operation import Result
from ansible_collections.drover.docker.plugins.module_utils._observe.host import observe
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.store import (
    read_record,
)
from ansible_collections.drover.docker.tests.unit.shared.acting_host import HASH, NETWORK, NOW, Host
from ansible_collections.drover.docker.tests.unit.shared.builders import service
from ansible_collections.drover.docker.tests.unit.shared.faulty_engine import Faulty
from ansible_collections.drover.docker.tests.unit.shared.operations import operation

Json = dict[str, t.Any]

FAILURES = ("config_hash", "failures", "last_failure", "reason")


@pytest.fixture
def host(tmp_path: pathlib.Path) -> Host:
    return Host(tmp_path)


# --- create and start


def test_a_new_member_runs_with_its_address_and_volume(host: Host) -> None:
    made = host.up()
    assert made.status == "running"
    assert made.addresses == {NETWORK: "10.43.200.1"}
    volume = unnamed_volume_name("shop", "web", 1, "/data")
    assert [mount.source for mount in made.mounts] == [volume]
    assert host.engine.volume_map[volume]["Labels"] == {
        "io.drover.stack": "shop",
        "io.drover.service": "web",
        "io.drover.index": "1",
        "io.drover.path": "/data",
    }


def test_results_hold_id_status_error_and_time(host: Host) -> None:
    (result,) = host.run(host.create(number=7))
    assert set(result) == {"id", "status", "error", "seconds"}
    assert (result["id"], result["status"], result["error"]) == (7, "done", "")
    assert 0 <= result["seconds"] < 10


def test_many_members_at_once(host: Host) -> None:
    operations = []
    for index in (1, 2, 3):
        operations += [
            host.create(index, number=index),
            host.start(index, number=10 + index, after=[index]),
        ]
    results = host.run(*operations, workers=4)
    assert [result["id"] for result in results] == [1, 2, 3, 11, 12, 13]
    assert {result["status"] for result in results} == {"done"}
    assert sorted(item.name for item in host.engine.by_id.values()) == [
        "shop-web-1",
        "shop-web-2",
        "shop-web-3",
    ]


def test_a_remembered_volume_is_mounted_again(host: Host) -> None:
    made = host.up(
        service=service(image="app:1"), volumes={"/data": "old-data", "/gone": "gone-data"}
    )
    assert {mount.target: mount.source for mount in made.mounts} == {
        "/data": "old-data",
        "/gone": "gone-data",
    }


def test_create_refuses_a_name_that_is_taken_by_whomever(host: Host) -> None:
    host.engine.create("shop-web-1", {"Image": "app:1"})
    status, error = host.outcome(host.create())
    assert status == "stale"
    assert "(not ours) has that name" in error
    assert len(host.engine.by_id) == 1


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"retired": True}, "does not want the member"),
        ({"host": "h2"}, "has the member on h2"),
    ],
)
def test_create_refuses_a_member_that_the_record_has_not_here(
    host: Host, entry: Json, reason: str
) -> None:
    host.store(2, **entry)
    status, error = host.outcome(host.create())
    assert (status, host.engine.by_id) == ("stale", {})
    assert reason in error


def test_create_needs_a_record_but_not_for_the_module(host: Host, tmp_path: pathlib.Path) -> None:
    (tmp_path / "stacks" / "shop.json").unlink()
    assert host.outcome(host.create()) == ("stale", "this host has no record of the stack")
    assert host.outcome(host.create(managed="module")) == ("done", "")


def test_a_plan_that_a_newer_record_has_overtaken_is_stale(host: Host) -> None:
    host.store(2)
    status, error = host.outcome({**host.create(), "version": 1})
    assert status == "stale"
    assert "number 2 now" in error
    assert host.outcome({**host.create(), "version": 2})[0] == "done"


def test_create_without_its_image_fails_and_counts(host: Host) -> None:
    assert host.outcome(host.create(service=service(image="none:1"))) == (
        "failed",
        "image none:1 is not on this host",
    )
    assert host.life()["web/1"]["failures"] == 1


def test_create_refuses_a_missing_external_volume_and_one_of_another_driver(host: Host) -> None:
    mounts = [{"kind": "volume", "source": "d", "target": "/d", "options": []}]
    declared = {"driver": "nfs", "driver_opts": {}, "name": "shop_d", "per_container": False}
    wanted = service(container={"mounts": mounts})
    external = {"d": {**declared, "external": True}}
    status, error = host.outcome(host.create(service=wanted, declared=external))
    assert (status, host.engine.volume_map) == ("failed", {})
    assert "external and does not exist" in error
    host.engine.create_volume("shop_d", "local", {}, {})
    assert host.outcome(host.create(service=wanted, declared=external))[0] == "done"
    own = {"d": {**declared, "external": False}}
    status, error = host.outcome(host.create(2, service=wanted, declared=own))
    assert (status, len(host.engine.by_id)) == ("failed", 1)
    assert "exists with driver local, the stack file says nfs" in error


def test_an_answer_that_was_lost_never_makes_a_second_container(host: Host) -> None:
    lost = Faulty(
        host.engine, {"create": EngineTimeout("no answer within 120 s")}, carried_out=True
    )
    status, _error = host.outcome(host.create(), host.start(after=[1]), engine=lost)
    assert (status, lost.calls.count("create")) == ("skipped", 1)
    assert host.outcome(host.create())[0] == "stale"
    assert len(host.engine.by_id) == 1


def test_start_finds_the_container_by_name_when_the_plan_knew_no_id(host: Host) -> None:
    host.run(host.create())
    assert host.outcome(host.start()) == ("done", "")
    assert host.engine.find("shop-web-1").status == "running"


@pytest.mark.parametrize("state", ["running", "paused", "restarting"])
def test_start_leaves_a_living_container_alone(host: Host, state: str) -> None:
    made = host.up()
    made.status = state
    assert host.outcome(host.start(container_id=made.id)) == ("stale", f"the container is {state}")


def test_a_replaced_container_is_another_one(host: Host) -> None:
    """Removed and made anew by somebody between plan and act: same name, other id."""
    host.run(host.create())
    gone = host.start(container_id="0" * 64)
    assert host.outcome(gone) == ("stale", "the container is gone")


@pytest.mark.parametrize(
    ("label", "value", "reason"),
    [
        ("io.drover.index", "2", "of another member: shop/web/2"),
        ("io.drover.stack", "other", "of another member: other/web/1"),
        ("io.drover.managed", "", "not ours"),
    ],
)
@pytest.mark.parametrize(
    "kind", ["start", "stop", "update", "unpause", "remove", "connect", "disconnect"]
)
def test_nothing_is_done_to_a_container_of_somebody_else(
    host: Host, kind: str, label: str, value: str, reason: str
) -> None:
    made = host.up()
    made.body["Labels"][label] = value
    before = (made.status, dict(made.networks))
    args: Json = {"network": NETWORK, "address": None, "aliases": [], "links": []}
    status, error = host.outcome(host.operation(kind, args=args, container_id=made.id))
    assert status == "stale"
    assert reason in error
    assert (made.status, dict(made.networks)) == before
    assert made.id in host.engine.by_id


# --- the other kinds


def test_stop_and_remove_keep_the_volumes(host: Host) -> None:
    made = host.up()
    volumes = set(host.engine.volume_map)
    stop = host.operation("stop", container_id=made.id, args={"timeout_s": 1.0})
    remove = host.operation("remove", id=2, after=[1], container_id=made.id)
    assert host.outcome(stop, remove) == ("done", "")
    assert host.engine.by_id == {}
    assert set(host.engine.volume_map) == volumes


def test_a_stopped_container_is_not_stopped_again(host: Host) -> None:
    made = host.up()
    host.engine.stop(made.id, 0)
    stop = host.operation("stop", container_id=made.id, args={"timeout_s": 1.0})
    assert host.outcome(stop) == ("stale", "the container is exited")


@pytest.mark.parametrize(
    ("args", "config", "grace"),
    [({"timeout_s": 3.0}, 7, 3.0), ({}, 7, 7), ({}, None, 10.0), ({"timeout_s": 0.0}, 7, 0.0)],
)
def test_grace_is_the_plans_then_the_containers_then_ten_seconds(
    host: Host, args: Json, config: int | None, grace: float
) -> None:
    made = host.up()
    if config is not None:
        made.body["StopTimeout"] = config
    given: list[float] = []
    host.engine.stop = lambda _id, timeout_s: given.append(timeout_s)  # type: ignore[assignment, method-assign]
    host.run(host.operation("stop", container_id=made.id, args=args))
    assert given == [grace]


def test_remove_stops_a_living_container_with_grace_first(host: Host) -> None:
    made = host.up()
    made.status = "paused"
    watched = Faulty(host.engine, {})
    host.run(host.operation("remove", container_id=made.id), engine=watched)
    assert watched.calls == ["inspect", "unpause", "stop", "remove"]


def test_unpause_only_what_is_paused(host: Host) -> None:
    made = host.up()
    unpause = host.operation("unpause", container_id=made.id)
    assert host.outcome(unpause) == ("stale", "the container is running")
    made.status = "paused"
    assert host.outcome(unpause) == ("done", "")
    assert made.status == "running"


def test_connect_and_disconnect(host: Host) -> None:
    made = host.up()
    off = host.operation("disconnect", container_id=made.id, args={"network": NETWORK})
    args = {
        "network": NETWORK,
        "address": "10.43.200.9",
        "aliases": ["web.shop"],
        "links": ["db.shop:db"],
        "mac_address": "02:42:ac:11:65:43",
    }
    on = host.operation("connect", container_id=made.id, args=args)
    assert host.outcome(on) == ("stale", "the container is on that network already")
    assert host.outcome(off) == ("done", "")
    assert host.outcome(off) == ("stale", "the container is not on that network")
    assert host.outcome(on) == ("done", "")
    seen = observe(host.engine, host="h1", state_dir=host.state, images=[], clock=lambda: NOW)
    endpoint = {key: args[key] for key in ("address", "aliases", "links")}
    assert seen["containers"][0]["networks"] == {NETWORK: {**endpoint, "mac": "02:42:ac:11:65:43"}}


def test_the_bridge_is_made_once(host: Host) -> None:
    make = host.operation("network", args={"name": "second", "subnet": "10.44.0.0/16"})
    assert host.outcome(make) == ("done", "")
    assert host.outcome(make) == ("stale", "a network of that name exists")
    seen = observe(host.engine, host="h1", state_dir=host.state, images=[], clock=lambda: NOW)
    assert seen["networks"]["second"]["ours"]
    assert seen["networks"]["second"]["ip_range"] == "10.44.0.0/17"


def test_pull(host: Host) -> None:
    pull = host.operation("pull", args={"image": "new:1"})
    assert host.outcome(pull) == ("done", "")
    host.registry.broken.add("new:1")
    status, error = host.outcome(pull)
    assert status == "done"
    assert error.startswith("cannot pull new:1, the one on this host is used: ")
    status, error = host.outcome(host.operation("pull", args={"image": "unknown:1"}))
    assert status == "failed"
    assert error.startswith("cannot pull unknown:1, and it is not on this host: ")


@pytest.mark.parametrize(("leaves", "there"), [(True, False), (False, True)])
def test_the_folders_of_a_load_balancer_go_when_it_leaves(
    host: Host, *, leaves: bool, there: bool
) -> None:
    made = host.up()
    keys = pathlib.Path(host.state, "balancers", "shop.web.1", "config", "certs")
    keys.mkdir(parents=True)
    other = pathlib.Path(host.state, "balancers", "shop.web.2")
    other.mkdir()
    host.run(host.operation("remove", container_id=made.id, args={"leaves": leaves}))
    assert keys.exists() is there
    assert other.exists()


def test_labels_that_lead_elsewhere_remove_nothing(tmp_path: pathlib.Path) -> None:
    precious = tmp_path / "precious.web.1"
    precious.mkdir()
    handlers._remove_own_folders(str(tmp_path), operation("remove", stack="../precious"))
    assert precious.exists()


def test_a_volume_is_removed_only_when_nothing_mounts_it(host: Host) -> None:
    made = host.up()
    volume = made.mounts[0].source
    remove = host.operation("remove_volume", args={"volume": volume})
    host.engine.stop(made.id, 0)
    assert host.outcome(remove) == ("stale", "container shop-web-1 uses the volume")
    host.engine.remove(made.id)
    assert host.outcome(remove) == ("done", "")
    assert host.outcome(remove) == ("stale", "the volume is gone")


def test_a_record_is_written_in_the_name_of_this_host(host: Host) -> None:
    newer = make_record("shop", {"hosts": ["h1"], "members": {}}, number=2, token="t")
    write = host.operation("record", args={"record": newer})
    assert host.outcome(write) == ("done", "")
    stored = read_record(host.state, "shop")
    assert stored is not None
    assert (stored["version"], stored["host"]) == (newer["version"], "h1")
    older = make_record("shop", {"hosts": []}, number=1, token="t")
    status, error = host.outcome(host.operation("record", args={"record": older}))
    assert status == "stale"
    assert "this host has version 2" in error


def forgetting(host: Host, version: int = 1, token: str = "t") -> t.Any:
    return operation(
        "forget", index=0, service="", container="", version=version, args={"token": token}
    )


def test_a_forgotten_record_is_deleted_with_damaged_ones_beside_it(host: Host) -> None:
    folder = pathlib.Path(host.state, "stacks")
    (folder / "shop.json.damaged-20261122T100000Z").write_text("secrets", encoding="utf-8")
    (folder / "shop2.json").write_text("other", encoding="utf-8")
    assert host.outcome(forgetting(host)) == ("done", "")
    assert [path.name for path in folder.iterdir()] == ["shop2.json"]


@pytest.mark.parametrize("given", [{"token": "other"}, {"version": 2}])
def test_another_record_than_the_forgotten_one_is_kept(host: Host, given: Json) -> None:
    status, error = host.outcome(forgetting(host, **given))
    assert (status, error) == ("stale", "this host has another record of the stack, or none")
    assert read_record(host.state, "shop")


# --- what a host remembers


def test_failures_in_a_row_are_counted_and_a_start_forgets_them(host: Host) -> None:
    host.run(host.create())
    refusing = Faulty(host.engine, {"start": EngineError("exec: no such file", 400)})
    for count in (1, 2):
        assert host.outcome(host.start(), engine=refusing) == ("failed", "exec: no such file")
        entry = host.life()["web/1"]
        assert {key: entry[key] for key in FAILURES} == {
            "config_hash": HASH,
            "failures": count,
            "last_failure": NOW,
            "reason": "exec: no such file",
        }
    host.run(host.start())
    entry = host.life()["web/1"]
    assert [entry[key] for key in FAILURES] == [HASH, 0, 0.0, ""]


def test_failures_of_an_older_definition_do_not_count(host: Host) -> None:
    host.run(host.create(service=service(image="none:1"), config_hash="old"))
    host.run(host.create(service=service(image="none:1"), config_hash="old"))
    host.run(host.create(service=service(image="none:1"), config_hash="new"))
    entry = host.life()["web/1"]
    assert (entry["seq"], entry["failures"], entry["config_hash"]) == (3, 1, "new")


def test_a_failed_start_does_not_repeat_the_options_of_a_volume(host: Host) -> None:
    """A driver repeats what it was given. The operation itself holds no options, the engine does."""
    host.run(host.create())
    host.engine.volume_map["nas"] = {"Name": "nas", "Driver": "x", "Options": {"o": "pw=hunter2"}}
    refusing = Faulty(
        host.engine, {"start": EngineError("VolumeDriver.Mount: bad pw hunter2", 500)}
    )
    expected = ("failed", "VolumeDriver.Mount: bad pw ********")
    assert host.outcome(host.start(), engine=refusing) == expected
    assert host.life()["web/1"]["reason"] == expected[1]


def test_a_start_without_failures_before_writes_nothing(host: Host) -> None:
    host.run(host.create())
    before = host.life()
    assert host.outcome(host.start()) == ("done", "")
    assert host.life() == before


def test_a_created_container_that_does_not_start_keeps_its_failures(host: Host) -> None:
    refusing = Faulty(host.engine, {"start": EngineError("no", 500)})
    host.run(host.create(), host.start(after=[1]), engine=refusing)
    host.engine.remove("shop-web-1")
    host.run(host.create(), host.start(after=[1]), engine=refusing)
    assert host.life()["web/1"]["failures"] == 2


@pytest.mark.parametrize(
    "fault",
    [
        NetworkDown("Could not attach to network drover: context deadline exceeded", 500),
        EngineUnreachable("no Docker engine answers"),
    ],
)
def test_a_fault_of_host_or_network_is_not_the_members(host: Host, fault: Exception) -> None:
    host.run(host.create())
    status, error = host.outcome(host.start(), engine=Faulty(host.engine, {"start": fault}))
    assert (status, host.life()["web/1"]["failures"]) == ("failed", 0)
    assert str(fault) in error


def test_the_first_failed_attach_stops_the_others_of_its_network(host: Host) -> None:
    """Each try takes the engine 20 s, and a host may have 90 members. Another network is no matter."""
    down = NetworkDown("Could not attach to network drover: context deadline exceeded", 500)
    host.run(host.create(1), host.create(2, number=2))
    host.run(host.create(3, service={**service(), "network": "host"}, network="host"))
    faulty = Faulty(host.engine, {"start": down})
    starts = [host.start(index, number=index) for index in (1, 2, 3)]
    results = host.run(*starts, engine=faulty)
    assert [item["status"] for item in results] == ["failed"] * 3
    assert ["not tried: " in item["error"] for item in results] == [False, True, False], results
    assert all(host.life()[f"web/{index}"]["failures"] == 0 for index in (1, 2))
    host.engine.network_map["other"] = host.engine.network_map[NETWORK]
    connect = host.operation(
        "connect",
        id=4,
        args={"network": "other", "address": "", "aliases": [], "links": [], "mac_address": ""},
    )
    refusing = Faulty(host.engine, {"start": down, "connect": down})
    again = connect.copy()
    again["id"], again["index"], again["container"] = 5, 2, "shop-web-2"
    errors = [item["error"] for item in host.run(connect, again, engine=refusing)]
    assert ["not tried: " in error for error in errors] == [False, True]


def test_a_start_that_hangs_in_a_living_engine_counts(host: Host) -> None:
    host.run(host.create())
    hanging = Faulty(host.engine, {"start": EngineTimeout("no answer within 120 s")})
    assert host.outcome(host.start(), engine=hanging)[0] == "failed"
    assert host.life()["web/1"]["failures"] == 1


def test_a_long_reason_is_cut(host: Host) -> None:
    host.run(host.create())
    host.run(host.start(), engine=Faulty(host.engine, {"start": EngineError("x" * 9999, 500)}))
    assert len(host.life()["web/1"]["reason"]) == 300


# --- faults


def test_after_the_engine_fell_silent_nothing_more_is_tried(host: Host) -> None:
    dead = Faulty(
        host.engine, {"inspect": EngineTimeout("too slow"), "containers": EngineTimeout("too slow")}
    )
    results = host.run(
        host.create(1, number=1), host.create(2, number=2), host.create(3, number=3), engine=dead
    )
    assert [result["status"] for result in results] == ["failed"] * 3
    assert [result["error"] for result in results[1:]] == ["not tried: too slow"] * 2
    assert dead.calls == ["inspect", "containers"]
    assert host.life() == {}


def test_one_call_that_takes_too_long_does_not_stop_the_rest(host: Host) -> None:
    host.run(host.create(1), host.create(2, number=3))
    slow = Faulty(host.engine, {"start": EngineTimeout("too slow")})
    results = host.run(host.start(1, number=1), host.create(3, number=2), engine=slow)
    assert [result["status"] for result in results] == ["failed", "done"]


def test_an_unexpected_fault_hides_nothing_of_the_others(host: Host) -> None:
    broken = host.operation("create", id=1)  # without arguments
    results = host.run(broken, host.create(2, number=2))
    assert results[0]["status"] == "failed"
    assert "unexpected KeyError" in results[0]["error"]
    assert results[1]["status"] == "done"


def test_an_unknown_kind_is_a_failure(host: Host) -> None:
    assert host.outcome(host.operation("explode")) == ("failed", "unexpected KeyError: 'explode'")


def test_messages_are_clear_and_hold_no_secret(host: Host) -> None:
    secret = service(container={"environment": {"PASSWORD": "hunter2!", "SHORT": "no"}})
    taken = Faulty(
        host.engine, {"create": Conflict("name /shop-web-1 is already in use by container 5f", 409)}
    )
    status, error = host.outcome(host.create(service=secret), engine=taken)
    assert status == "failed"
    assert error.startswith("the name shop-web-1 is taken by another container: ")
    echo = Faulty(
        host.engine, {"create": EngineError("invalid environment variable: PASSWORD=hunter2!", 400)}
    )
    _status, error = host.outcome(host.create(service=secret), engine=echo)
    assert error == "invalid environment variable: PASSWORD=********"
    assert "hunter2" not in str(host.life())


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("Address already in use", True),
        ("attaching to network failed, make sure your network options are correct", True),
        ("listen tcp4 0.0.0.0:80: bind: address already in use", False),
    ],
)
def test_a_taken_address_is_told_from_a_taken_port(host: Host, text: str, taken: bool) -> None:
    host.run(host.create())
    _status, error = host.outcome(
        host.start(), engine=Faulty(host.engine, {"start": EngineError(text, 500)})
    )
    assert error.startswith("the address of shop-web-1 is in use on its network: ") == taken


def test_two_at_once_on_one_host_are_refused(host: Host) -> None:
    with host_lock(host.state, owner="another@node"), pytest.raises(HostBusy, match="another@node"):
        execute(
            host.engine,
            [host.create()],
            host="h1",
            state_dir=host.state,
            clock=lambda: NOW,
            lock_wait_s=0.2,
        )
    assert host.engine.by_id == {}


def test_results_are_told_as_they_come(host: Host) -> None:
    told: list[Result] = []
    results = execute(
        host.engine,
        [host.create(), host.start(after=[1])],
        host="h1",
        state_dir=host.state,
        clock=lambda: NOW,
        on_result=told.append,
    )
    assert told == results


def test_update_sets_limits_and_remembers_them(host: Host) -> None:
    """A refusal counts against the launch, and the container keeps what it had."""
    made = host.up()
    args = {"service": service(container={"mem_limit": 1 << 26}), "config_hash": "1:new"}
    update = host.operation("update", container_id=made.id, args=args)
    host.engine.least_memory = 1 << 27
    assert host.outcome(update)[0] == "failed"
    assert "applied" not in host.life().get("web/1", {})
    noted = host.life()["web/1"]
    assert (noted["config_hash"], noted["failures"]) == ("1:new", 1)
    host.engine.least_memory = 0
    assert host.outcome(update) == ("done", "")
    assert made.body["HostConfig"]["Memory"] == 1 << 26
    assert host.life()["web/1"]["applied"] == {"container": made.id, "launch": "1:new"}
    assert host.life()["web/1"]["failures"] == 0
