# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one host looks like: docs/schema.md section 7."""

from __future__ import annotations

import copy
import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._common.labels import is_ours
from ansible_collections.drover.docker.plugins.module_utils._common.names import digest
from ansible_collections.drover.docker.plugins.module_utils._engine.container_body import (
    create_body,
)
from ansible_collections.drover.docker.plugins.module_utils._engine.errors import (
    EngineTimeout,
    NotFound,
    SdkMissing,
)
from ansible_collections.drover.docker.plugins.module_utils._engine.networks import bridge_body
from ansible_collections.drover.docker.plugins.module_utils._model.member import MemberId
from ansible_collections.drover.docker.plugins.module_utils._model.observation import (
    Observation,
    short_id,
)
from ansible_collections.drover.docker.plugins.module_utils._observe import host as host_observation
from ansible_collections.drover.docker.plugins.module_utils._observe.container import summary
from ansible_collections.drover.docker.plugins.module_utils._observe.host import (
    current_images,
    engine_facts,
    image_facts,
    observe,
    repository_of,
)
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record
from ansible_collections.drover.docker.plugins.module_utils._record.store import write_record
from ansible_collections.drover.docker.plugins.plugin_utils._pass.shape import misfit
from ansible_collections.drover.docker.tests.unit.shared.builders import service, stack
from ansible_collections.drover.docker.tests.unit.shared.engines import store
from ansible_collections.drover.docker.tests.unit.simulation.fabric import Clock, Image, Registry
from ansible_collections.drover.docker.tests.unit.simulation.fake_engine import FakeEngine

Json = dict[str, t.Any]

KEYS = {
    "format",
    "host",
    "error",
    "now",
    "boot_id",
    "boot_s",
    "engine",
    "containers",
    "foreign",
    "volumes",
    "networks",
    "images",
    "checker",
    "balancers",
    "certificate_folders",
    "records",
    "damaged_records",
    "newer_records",
    "refusals",
    "lease",
    "leftovers",
    "unreadable",
    "lease_fault",
}


@pytest.fixture
def engine() -> FakeEngine:
    """An engine with the bridge, shop-web-1 on it, and somebody else's container."""
    made = FakeEngine("h1", clock=Clock(), registry=Registry([]))
    made.images["app:1"] = Image("app:1", volumes=("/data",))
    made.create_network("drover-local", bridge_body("10.43.0.0/16"))
    made.start(made.create("shop-web-1", body()))
    made.start(made.create("x", {"Image": "app:1", "Labels": {"io.drover.stack": "shop"}}))
    return made


def body(**changes: t.Any) -> Json:
    """The definition of shop-web-1."""
    return create_body(
        service(links=[{"stack": "shop", "service": "db", "alias": "mysql"}], **changes),
        member=MemberId("shop", "web", 1),
        create_index=4,
        revision=2,
        config_hash="c" * 64,
        managed="stack",
        network="drover-local",
        address="10.43.200.1",
        volumes={"/data": "shop_web_1_data_0"},
        declared={},
    )


def look(
    engine: t.Any, state: pathlib.Path, *, images: t.Iterable[str] = (), **given: t.Any
) -> Json:
    found = observe(
        engine, host="h1", state_dir=str(state), images=images, clock=lambda: 1000.5, **given
    )
    return dict(found)


def test_an_observation_has_every_key_of_the_schema(
    engine: FakeEngine, tmp_path: pathlib.Path
) -> None:
    seen = look(engine, tmp_path)
    assert set(seen) == KEYS
    assert (seen["host"], seen["error"], seen["now"]) == ("h1", None, 1000.5)
    assert seen["boot_id"]
    assert (seen["records"], seen["damaged_records"]) == ({}, {})


def test_an_observation_fits_its_type(engine: FakeEngine, tmp_path: pathlib.Path) -> None:
    """The control node refuses what does not fit."""
    assert misfit(look(engine, tmp_path), Observation) == ""


@pytest.mark.parametrize(
    "body", [{"revisions": 7}, {"revisions": [{"definition": {"services": [5]}}]}]
)
def test_a_record_of_nonsense_with_a_good_hash_is_damaged(
    engine: FakeEngine, tmp_path: pathlib.Path, body: Json
) -> None:
    """Attack M1. The host is seen all the same."""
    version = {"number": 1, "token": "t", "hash": digest(body)}
    record = {"format": 2, "stack": "shop", "host": "h1", "version": version, "body": body}
    store(tmp_path, record)
    seen = look(engine, tmp_path)
    assert (seen["error"], seen["records"]) == (None, {})
    assert "not a record: " in seen["damaged_records"]["shop"]


def test_our_container(engine: FakeEngine, tmp_path: pathlib.Path) -> None:
    (seen,) = look(engine, tmp_path)["containers"]
    assert seen.pop("id") == engine.find("shop-web-1").id
    assert seen.pop("started_at") > "2026"
    assert seen.pop("finished_at") == "0001-01-01T00:00:00Z"
    assert seen == {
        "name": "shop-web-1",
        "managed": "stack",
        "stack": "shop",
        "service": "web",
        "index": 1,
        "create_index": 4,
        "revision": 2,
        "config_hash": "c" * 64,
        "state": "running",
        "exit_code": 0,
        "oom": False,
        "error": "",
        "restart_count": 0,
        "health": "none",
        "image": "app:1",
        "image_id": short_id(Image("app:1", ("/data",)).id),
        "networks": {
            "drover-local": {
                "address": "10.43.200.1",
                "aliases": ["web.shop", "web.shop.rancher.internal"],
                "links": ["db.shop:mysql"],
                "mac": "02:42:0a:2a:80:01",
            }
        },
        "ports": [],
        "mounts": {"/data": "shop_web_1_data_0"},
    }


def test_a_stopped_container_keeps_the_address_that_it_will_ask_for(
    engine: FakeEngine, tmp_path: pathlib.Path
) -> None:
    engine.stop("shop-web-1", 0)
    (seen,) = look(engine, tmp_path)["containers"]
    assert (seen["state"], seen["exit_code"]) == ("exited", 137)
    assert seen["networks"]["drover-local"]["address"] == "10.43.200.1"


def test_foreign_containers_are_seen_with_what_they_take(
    engine: FakeEngine, tmp_path: pathlib.Path
) -> None:
    (seen,) = look(engine, tmp_path)["foreign"]
    assert seen["name"] == "x"
    assert seen["state"] == "running"
    assert seen["labelled"]
    assert seen["addresses"]["bridge"].startswith("172.17.")


def test_networks_volumes_images_and_engine(engine: FakeEngine, tmp_path: pathlib.Path) -> None:
    seen = look(engine, tmp_path, images=["none:1"])
    ours = seen["networks"]["drover-local"]
    assert (ours["driver"], ours["subnet"], ours["ip_range"], ours["ours"]) == (
        "bridge",
        "10.43.0.0/16",
        "10.43.0.0/17",
        True,
    )
    assert not seen["networks"]["bridge"]["ours"]
    assert seen["volumes"]["shop_web_1_data_0"] == {"driver": "local", "labels": {}}
    assert seen["images"] == {"app:1": image_facts(Image("app:1", ("/data",)).as_json(), "app:1")}
    assert (seen["engine"]["id"], seen["engine"]["api"]) == ("ENGINE-h1-1", "1.45")


def test_images_of_current_revisions_are_looked_for(
    engine: FakeEngine, tmp_path: pathlib.Path
) -> None:
    engine.images["next:2"] = Image("next:2")
    definition = stack({"web": service(image="next:2")})
    active = {"web": {"scale": 1, "state": "active"}}
    old = {"definition": stack({"web": service(image="old:1")}), "services": active}
    new = {"definition": definition, "services": active}
    stored = make_record("shop", {"revisions": [old, new]}, number=1, token="t")
    write_record(str(tmp_path), {**stored, "host": "h1"})
    seen = look(engine, tmp_path)
    assert set(seen["images"]) == {"app:1", "next:2"}
    assert seen["records"]["shop"]["version"] == stored["version"]
    gone = {"revisions": [old, {**new, "tombstone": True}]}
    assert current_images({"shop": make_record("shop", gone, number=2, token="t")}) == set()


def test_a_silent_engine_makes_the_host_unknown_not_empty(
    engine: FakeEngine, tmp_path: pathlib.Path
) -> None:
    engine.answers = False
    seen = look(engine, tmp_path)
    assert set(seen) == KEYS
    assert seen["error"] == "no answer within the deadline"
    assert seen["containers"] == []


def test_the_error_of_a_failed_start_shows_no_options_of_volumes(
    engine: FakeEngine, tmp_path: pathlib.Path
) -> None:
    engine.volume_map["nas"] = {"Name": "nas", "Driver": "x", "Options": {"o": "rw,pw=hunter2"}}
    engine.find("shop-web-1").error = "failed to mount: pw=hunter2, data: addr=1,user=joe: no"
    (seen,) = look(engine, tmp_path)["containers"]
    assert seen["error"] == "failed to mount: pw=********, data: ********: no"


class Fading:
    """An engine that answers some of its calls, as a dying one does."""

    def __init__(self, engine: FakeEngine, failing: str, error: Exception) -> None:
        self._engine = engine
        self._failing = failing
        self._error = error
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> t.Any:
        def call(*args: t.Any) -> t.Any:
            self.calls.append(name)
            if name == self._failing:
                raise self._error
            return getattr(self._engine, name)(*args)

        return call


@pytest.mark.parametrize(
    "failing", ["version", "info", "containers", "inspect", "volumes", "networks", "image"]
)
def test_half_an_answer_is_no_observation(
    engine: FakeEngine, tmp_path: pathlib.Path, failing: str
) -> None:
    seen = look(Fading(engine, failing, EngineTimeout("too slow")), tmp_path)
    assert seen["error"] == "too slow"
    assert (seen["containers"], seen["volumes"], seen["images"]) == ([], {}, {})


def test_a_container_removed_meanwhile_is_not_there(
    engine: FakeEngine, tmp_path: pathlib.Path
) -> None:
    seen = look(Fading(engine, "inspect", NotFound("No such container", 404)), tmp_path)
    assert seen["error"] is None
    assert seen["containers"] == []


def test_a_missing_sdk_is_a_failure_of_the_module(
    engine: FakeEngine, tmp_path: pathlib.Path
) -> None:
    with pytest.raises(SdkMissing):
        look(Fading(engine, "version", SdkMissing("no docker")), tmp_path)


def test_records_that_cannot_be_read_make_the_host_unknown(
    engine: FakeEngine, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "stacks").write_text("a file")
    assert "cannot read" in look(engine, tmp_path)["error"]


def test_the_whole_look_has_a_deadline(engine: FakeEngine, tmp_path: pathlib.Path) -> None:
    """Each call is answered just in time; together they take too long."""
    seconds = iter(range(0, 1000, 9))
    seen = look(engine, tmp_path, timer=lambda: next(seconds))
    assert seen["error"] == "the Docker engine was too slow: not all was seen within 8 s"


def test_the_number_of_calls_is_constant_but_for_our_containers_and_images(
    engine: FakeEngine, tmp_path: pathlib.Path
) -> None:
    for number in range(20):
        engine.create(f"stranger-{number}", {"Image": "app:1"})
    counted = Fading(engine, "", ValueError())
    look(counted, tmp_path)
    assert counted.calls == [
        "version",
        "info",
        "volumes",
        "networks",
        "containers",
        "inspect",
        "image",
    ]


def test_looking_changes_nothing(engine: FakeEngine, tmp_path: pathlib.Path) -> None:
    before = copy.deepcopy(engine.by_id)
    look(engine, tmp_path)
    assert engine.by_id == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("index", ["", "0", "-1", "x", "1.0", "²", None])
def test_a_container_without_a_proper_index_is_not_ours(index: str | None) -> None:
    labels = {"io.drover.managed": "stack", "io.drover.stack": "shop", "io.drover.service": "web"}
    assert is_ours({**labels, "io.drover.index": "1"})
    assert not is_ours({**labels, **({} if index is None else {"io.drover.index": index})})


@pytest.mark.parametrize("label", ["io.drover.managed", "io.drover.stack", "io.drover.service"])
def test_a_container_that_lacks_one_of_our_labels_is_not_ours(label: str) -> None:
    labels = dict(body()["Labels"])
    assert is_ours(labels)
    del labels[label]
    assert not is_ours(labels)


def inspected(**changes: t.Any) -> Json:
    """An inspect as an engine gives it."""
    base: Json = {
        "Id": "abcdef123456" + "0" * 52,
        "Name": "/shop-web-1",
        "Config": {"Labels": body()["Labels"], "Image": "app:1"},
        "State": {"Status": "running"},
        "HostConfig": {},
        "NetworkSettings": {"Networks": {}},
    }
    return {**base, **changes}


def test_the_engines_own_alias_is_left_out() -> None:
    aliases = ["web.shop", "abcdef123456"]
    endpoint = {"IPAddress": "10.43.200.1", "Aliases": aliases, "Links": None, "MacAddress": "02:1"}
    seen = summary(inspected(NetworkSettings={"Networks": {"drover": endpoint, "other": None}}))
    assert seen["networks"] == {
        "drover": {"address": "10.43.200.1", "aliases": ["web.shop"], "links": [], "mac": "02:1"},
        "other": {"address": "", "aliases": [], "links": [], "mac": ""},
    }


def test_fixed_ports_are_seen_at_rest_and_picked_ones_while_running() -> None:
    bindings = {
        "80/tcp": [{"HostIp": "", "HostPort": "8080"}],
        "53/udp": [{"HostIp": "127.0.0.1", "HostPort": ""}],
        "90/tcp": None,
    }
    at_rest = inspected(HostConfig={"PortBindings": bindings})
    assert summary(at_rest)["ports"] == [["0.0.0.0", 8080, "tcp"]]
    actual = {
        "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, {"HostIp": "::", "HostPort": "8080"}],
        "53/udp": [{"HostIp": "127.0.0.1", "HostPort": "32768"}],
        "99/tcp": None,
    }
    running = inspected(
        HostConfig={"PortBindings": bindings}, NetworkSettings={"Networks": {}, "Ports": actual}
    )
    assert summary(running)["ports"] == [["0.0.0.0", 8080, "tcp"], ["127.0.0.1", 32768, "udp"]]


def test_health_oom_and_error_are_told() -> None:
    state = {
        "Status": "exited",
        "ExitCode": 137,
        "OOMKilled": True,
        "Error": "e",
        "Health": {"Status": "unhealthy"},
    }
    seen = summary(inspected(State=state, RestartCount=3))
    assert (seen["health"], seen["oom"], seen["error"], seen["restart_count"]) == (
        "unhealthy",
        True,
        "e",
        3,
    )


def test_engine_facts_of_a_swarm_without_a_leader() -> None:
    info = {
        "ID": "e",
        "Name": "h1",
        "ServerVersion": "20.10.24",
        "Labels": ["ssd=true", "rack=a=b", "bare"],
        "LiveRestoreEnabled": False,
        "Swarm": {
            "LocalNodeState": "pending",
            "NodeID": "n",
            "ControlAvailable": True,
            "Error": "no leader",
        },
    }
    facts = engine_facts(info, "1.41")
    assert facts["labels"] == {"ssd": "true", "rack": "a=b", "bare": ""}
    assert facts["swarm"] == {
        "state": "pending",
        "node_id": "n",
        "manager": True,
        "error": "no leader",
    }


@pytest.mark.parametrize(
    ("reference", "repository"),
    [
        ("app", "app"),
        ("app:1", "app"),
        ("r.lab:5000/app", "r.lab:5000/app"),
        ("r.lab:5000/app:1@sha256:1", "r.lab:5000/app"),
    ],
)
def test_repository_of_a_reference(reference: str, repository: str) -> None:
    assert repository_of(reference) == repository


def test_the_digest_is_the_one_of_the_references_repository() -> None:
    image = {
        "Id": "sha256:1",
        "RepoDigests": ["a/app@sha256:2", "r.lab:5000/app@sha256:3"],
        "Config": None,
    }
    assert image_facts(image, "r.lab:5000/app:1")["digest"] == "r.lab:5000/app@sha256:3"
    assert image_facts({"Id": "sha256:1"}, "app:1") == {
        "id": "sha256:1",
        "volumes": [],
        "digest": "",
    }


def test_a_host_on_which_nothing_can_be_done_is_unknown(
    engine: FakeEngine, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_observation, "hindrance", lambda *_args, **_named: "read-only")
    seen = look(engine, tmp_path)
    assert (seen["error"], seen["unable"], seen["containers"]) == ("read-only", True, [])


def test_a_lease_that_cannot_be_one_is_told(engine: FakeEngine, tmp_path: pathlib.Path) -> None:
    (tmp_path / "lease").write_text('{"until": 1e12}', encoding="utf-8")
    seen = look(engine, tmp_path)
    assert (seen["lease"], seen["error"]) == (None, None)
    assert "its field token is missing" in seen["lease_fault"]
