# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observing and operations on a real engine: what the fakes promise is what engines do."""

from __future__ import annotations

import pathlib
import re
import time
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._act.stage import CallContext, act
from ansible_collections.drover.docker.plugins.module_utils._audit.evidence import Evidence
from ansible_collections.drover.docker.plugins.module_utils._engine.networks import bridge_body
from ansible_collections.drover.docker.plugins.module_utils._model.operation import Operation
from ansible_collections.drover.docker.plugins.module_utils._observe.host import observe
from ansible_collections.drover.docker.plugins.module_utils._record.copies import make_record

from .conftest import MARK, Live

Json = dict[str, t.Any]
SUBNET = "10.232.0.0/24"
PLACE: Json = {"host": "h1", "volumes": {}, "retired": False}


class Shop:
    """One stack with a bridge of its own on a live engine; its images declare the volume /data."""

    def __init__(self, live: Live, state: pathlib.Path) -> None:
        self.live = live
        self.network = live.stack + "-bridge"
        self.state = str(state)
        live.engine.create_network(self.network, bridge_body(SUBNET))
        members = {f"web/{index}": {**PLACE, "create_index": index} for index in range(1, 4)}
        body = {"hosts": ["h1"], "revisions": [], "members": members, "counters": {"web": 3}}
        self.record = make_record(live.stack, body, number=1, token="t")
        self.act(records=[self.record])

    def act(self, **work: t.Any) -> Json:
        arguments: Json = {"records": [], "operations": [], "term": CallContext(syslog=""), **work}
        done = act(self.live.engine, host="h1", state_dir=self.state, clock=time.time, **arguments)
        return dict(done)

    def run(self, *operations: Operation) -> list[tuple[str, str]]:
        return [
            (item["status"], item["error"])
            for item in self.act(operations=list(operations))["results"]
        ]

    def operation(self, kind: str, index: int = 1, **given: t.Any) -> Operation:
        base = {
            "id": 1,
            "kind": kind,
            "stack": self.live.stack,
            "service": "web",
            "index": index,
            "container": f"{self.live.stack}-web-{index}",
            "container_id": "",
            "cause": "because",
            "after": [],
            "args": {},
        }
        return t.cast("Operation", {**base, **given})

    def create(
        self, index: int = 1, *, number: int = 1, address: str = "", **container: t.Any
    ) -> Operation:
        service = {
            "image": self.live.image,
            "network": "managed",
            "start_once": False,
            "hostname_override": False,
            "links": [{"stack": self.live.stack, "service": "web", "alias": "friend"}],
            "container": {"labels": {MARK: "1"}, **container},
        }
        args = {
            "service": service,
            "declared": {},
            "create_index": index,
            "revision": 1,
            "config_hash": "c" * 64,
            "managed": "stack",
            "network": self.network,
            "address": address or f"10.232.0.{200 + index}",
            "volumes": {},
            "new_volumes": [],
        }
        return self.operation("create", index, id=number, args=args)

    def start(self, index: int = 1, *, number: int = 2, after: t.Iterable[int] = (1,)) -> Operation:
        return self.operation(
            "start", index, id=number, after=list(after), args={"config_hash": "c" * 64}
        )

    def look(self) -> Json:
        seen = observe(
            self.live.engine, host="h1", state_dir=self.state, images=[], clock=time.time
        )
        assert seen["error"] is None
        return dict(seen)

    def member(self, index: int = 1) -> Json:
        """The container of a member as an observation has it."""
        name = f"{self.live.stack}-web-{index}"
        return next(item for item in self.look()["containers"] if item["name"] == name)

    def exec(self, index: int, *command: str) -> str:
        """What a command in the member's container prints.

        On a busy machine the tunnel to a lab host now and then closes before the words are through: a command that
        printed nothing is asked again.
        """
        name = f"{self.live.stack}-web-{index}"
        for _attempt in range(4):
            made = self.live.raw.exec_create(name, list(command))
            printed = bytes(self.live.raw.exec_start(made["Id"])).decode()
            if printed:
                break
        return printed


@pytest.fixture
def shop(live: Live, tmp_path: pathlib.Path) -> t.Iterator[Shop]:
    live.sweep()
    yield Shop(live, tmp_path)
    live.sweep()


DONE = ("done", "")


def mac_of(member: Json, network: str) -> str:
    """The hardware address that the engine chose; it runs, so it has one."""
    found = str(member["networks"][network]["mac"])
    assert re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", found), found
    return found


def test_a_members_life(shop: Shop) -> None:
    assert shop.run(shop.create(), shop.start()) == [DONE, DONE]
    first = shop.member()
    assert first["state"] == "running"
    assert first["networks"][shop.network] == {
        "mac": mac_of(first, shop.network),
        "address": "10.232.0.201",
        "aliases": [f"web.{shop.live.stack}", f"web.{shop.live.stack}.rancher.internal"],
        "links": [f"web.{shop.live.stack}:friend"],
    }
    assert shop.run(shop.start(after=())) == [("stale", "the container is running")]

    shop.live.post(f"/containers/{first['id']}/pause")
    assert shop.member()["state"] == "paused"
    assert shop.run(shop.operation("unpause", container_id=first["id"])) == [DONE]
    assert shop.run(shop.operation("stop", container_id=first["id"], args={"timeout_s": 1.0})) == [
        DONE
    ]
    stopped = shop.member()
    assert (stopped["state"], stopped["networks"][shop.network]["address"]) == (
        "exited",
        "10.232.0.201",
    )
    assert shop.run(shop.start(after=())) == [DONE]
    assert shop.member()["id"] == first["id"]


def test_data_and_address_come_back_after_rm_fv(shop: Shop) -> None:
    """As people do it: with -v, which takes volumes without a name with it."""
    shop.run(shop.create(), shop.start())
    before = shop.member()
    shop.exec(1, "sh", "-c", "echo posts > /data/posts")
    shop.live.raw.remove_container(before["id"], force=True, v=True)
    assert shop.run(shop.create(), shop.start()) == [DONE, DONE]
    after = shop.member()
    assert after["id"] != before["id"]
    for member in (before, after):
        mac_of(member, shop.network)
        del member["networks"][shop.network]["mac"]  # engine 28.5 makes up another one
    assert (after["mounts"], after["networks"]) == (before["mounts"], before["networks"])
    assert shop.exec(1, "cat", "/data/posts") == "posts\n"


def resolved(shop: Shop, name: str) -> str:
    """What a name stands for; on a busy machine the engine's DNS may take longer than the resolver waits."""
    deadline = time.monotonic() + 20
    found = ""
    while not found and time.monotonic() < deadline:
        found = shop.exec(1, "getent", "hosts", name)
    return found


def test_several_members_at_once_and_their_names(shop: Shop) -> None:
    operations = []
    for index in (1, 2, 3):
        operations += [
            shop.create(index, number=index),
            shop.start(index, number=10 + index, after=[index]),
        ]
    assert shop.run(*operations) == [DONE] * 6
    stack = shop.live.stack
    for name in (
        f"{stack}-web-2",
        f"web.{stack}",
        f"web.{stack}.rancher.internal",
        "web",
        "friend",
    ):
        assert "10.232.0.20" in resolved(shop, name), name


def test_off_the_network_and_on_it_again(shop: Shop) -> None:
    shop.run(shop.create(), shop.start())
    made = shop.member()
    off = shop.operation("disconnect", container_id=made["id"], args={"network": shop.network})
    args = {
        "network": shop.network,
        "address": "10.232.0.201",
        "aliases": ["web.x"],
        "links": ["web.x:y"],
        "mac_address": "",
    }
    on = shop.operation("connect", id=2, after=[1], container_id=made["id"], args=args)
    assert shop.run(on | {"after": []})[0][0] == "stale"
    assert shop.run(off, on) == [DONE, DONE]
    back = shop.member()
    endpoint = {"address": "10.232.0.201", "aliases": ["web.x"], "links": ["web.x:y"]}
    assert back["networks"] == {shop.network: {**endpoint, "mac": mac_of(back, shop.network)}}


def test_remove_keeps_the_volume_until_it_is_named(shop: Shop) -> None:
    shop.run(shop.create(), shop.start())
    made = shop.member()
    volume = made["mounts"]["/data"]
    drop = shop.operation("remove_volume", args={"volume": volume})
    assert shop.run(drop) == [("stale", f"container {made['name']} uses the volume")]
    assert shop.run(shop.operation("remove", container_id=made["id"], args={"timeout_s": 1.0})) == [
        DONE
    ]
    assert volume in shop.look()["volumes"]
    assert shop.run(drop) == [DONE]
    assert volume not in shop.look()["volumes"]


def test_a_taken_address_is_a_failure_that_counts(shop: Shop) -> None:
    shop.run(shop.create(), shop.start())
    results = shop.run(shop.create(2, address="10.232.0.201"), shop.start(2))
    assert results[0] == DONE
    assert results[1][0] == "failed"
    assert results[1][1].startswith(f"the address of {shop.live.stack}-web-2 is in use")
    assert shop.look()["records"][shop.live.stack]["life"]["web/2"]["failures"] == 1


def test_a_program_that_is_not_there_is_a_failure_that_counts(shop: Shop) -> None:
    results = shop.run(shop.create(entrypoint=["/no-such-program"]), shop.start())
    assert results[1][0] == "failed"
    assert "no such file" in results[1][1]
    assert shop.look()["records"][shop.live.stack]["life"]["web/1"]["failures"] == 1


def test_names_that_are_taken(shop: Shop) -> None:
    name = f"{shop.live.stack}-web-1"
    shop.live.engine.create(
        name, {"Image": shop.live.image, "HostConfig": {"Binds": [f"{shop.live.stack}-x:/data"]}}
    )
    status, error = shop.run(shop.create())[0]
    assert status == "stale"
    assert "(not ours) has that name" in error
    assert [item["name"] for item in shop.look()["foreign"] if item["name"] == name]


def test_a_missing_image_and_one_that_cannot_be_pulled(shop: Shop) -> None:
    pull = shop.operation("pull", args={"image": "registry.invalid/none:1"})
    status, error = shop.run(pull)[0]
    assert status == "failed"
    assert error.startswith("cannot pull registry.invalid/none:1, and it is not on this host: ")


def test_what_the_observation_says_of_the_network(shop: Shop) -> None:
    seen = shop.look()["networks"][shop.network]
    assert (seen["driver"], seen["subnet"], seen["ip_range"], seen["ours"]) == (
        "bridge",
        SUBNET,
        "10.232.0.0/25",
        True,
    )
    again = shop.operation("network", args={"name": shop.network, "subnet": SUBNET})
    assert shop.run(again) == [("stale", "a network of that name exists")]
    overlap = shop.operation("network", args={"name": shop.network + "2", "subnet": SUBNET})
    status, error = shop.run(overlap)[0]
    assert status == "failed"
    assert "choose another one" in error


def test_the_engine_tells_what_became_of_a_member(shop: Shop) -> None:
    """The audit's evidence of a member that is gone."""
    shop.run(shop.create(), shop.start())
    gone = shop.member()["id"]
    shop.live.raw.remove_container(gone, force=True)
    asked = shop.create()
    found = Evidence(shop.live.engine, [asked], now=time.time() + 1).of(asked)
    assert [text.split(" ", 1)[1] for text in found["events"]] == [
        "kill signal 9",
        "die exit code 137",
        "destroy",
    ]
    shop.run(asked, shop.start())
    running = shop.operation("remove", container_id=shop.member()["id"])
    found = Evidence(shop.live.engine, [running], now=time.time() + 1).of(running)
    assert (found["state"], "events" in found) == ("running", False)
