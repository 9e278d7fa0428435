# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin on the lab: three Docker hosts by SSH with a stack on them that is checked.

The tests build on each other in the order in which they stand. At the end all that was made is removed.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import typing as t

import pytest
import yaml

from .network_fleet import INVENTORY, SSH, Fleet, eventually

STACK = "invtest"
SECRET = "correct-horse-battery"
IMAGE = "registry.lab:5000/drover-lab/testapp:1"
COMPOSE = f"""\
version: '2'
services:
  web:
    image: {IMAGE}
    stop_grace_period: 1s
    environment: {{PASSWORD: {SECRET}}}
  db:
    image: {IMAGE}
    stop_grace_period: 1s
  lb:
    image: rancher/lb-service-haproxy:v0.9.14
    ports: ["18088:18088"]
"""
RANCHER = """\
version: '2'
services:
  web:
    scale: 3
    health_check: {port: 8080, request_line: GET /health HTTP/1.0, interval: 500, healthy_threshold: 1}
  lb:
    lb_config:
      port_rules: [{source_port: 18088, target_port: 8080, protocol: http, service: web}]
"""
WEB = [f"{STACK}-web-{index}" for index in (1, 2, 3)]
TIMEOUT_S = 4
RUN_S = 240
NOTE = "__ansible_unsafe"

Json = dict[str, t.Any]


def plain(output: str) -> Json:
    """What ansible-inventory printed as JSON, without its notes that a text is no template."""
    return t.cast("Json", json.loads(output, object_hook=lambda item: item.get(NOTE, item)))


class Site:
    """The lab's hosts, sources of the plugin about them, and what Ansible makes of these."""

    def __init__(self, fleet: Fleet, folder: pathlib.Path) -> None:
        self.fleet = fleet
        self.folder = folder
        self.key = INVENTORY.parent / "id_ed25519"
        self.hosts = [
            {"name": name, "docker_host": f"ssh://root@{fleet.address(name)}"}
            for name in fleet.hosts[:3]
        ]

    def run(self, program: str, *words: str, source: str, **environment: str) -> tuple[str, str]:
        """Output and complaints of one of Ansible's programs, which has to succeed."""
        path = pathlib.Path(sys.executable).with_name(program)
        variables = {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_HOST_KEY_CHECKING": "0", **environment}
        done = subprocess.run(
            [str(path), "-i", source, *words],
            capture_output=True,
            text=True,
            timeout=RUN_S,
            check=False,
            env={**os.environ, **variables},
        )
        assert done.returncode == 0, f"{program} {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout, done.stderr

    def play(self, name: str, **variables: t.Any) -> str:
        """The output of a playbook of ours, over the lab's own inventory. A busy machine may take its time."""
        variables.setdefault("drover_observe_timeout_s", 30)
        words = [f"drover.docker.{name}", "-e", json.dumps(variables)]
        return self.run("ansible-playbook", *words, source=str(INVENTORY))[0]

    def source(self, **changes: t.Any) -> str:
        """A source of the plugin, as a file."""
        content = {
            "plugin": "drover.docker.services",
            "hosts": self.hosts,
            "private_key_file": str(self.key),
            "ssh_args": SSH,
            "timeout": TIMEOUT_S,
            **changes,
        }
        path = self.folder / "lab.drover.yml"
        path.write_text(yaml.safe_dump(content))
        return str(path)

    def list(self, **changes: t.Any) -> Json:
        """What --list prints; warnings under the key C(said)."""
        output, said = self.run("ansible-inventory", "--list", source=self.source(**changes))
        return {**plain(output), "said": " ".join(said.split()), "text": output}

    def variables(self, **changes: t.Any) -> dict[str, Json]:
        """Variables of all entries, by name."""
        return dict(self.list(**changes)["_meta"].get("hostvars", {}))

    def verdicts(self) -> dict[str, str]:
        return {name: item["drover_verdict"] for name, item in self.variables().items()}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Site]:
    if not INVENTORY.exists():
        pytest.skip("the lab is not up: make lab")
    fleet = Fleet(tmp_path_factory.mktemp("fleet"))
    if len(fleet.hosts) < 3 or not (INVENTORY.parent / "id_ed25519").exists():
        pytest.skip("needs three hosts of the lab: lab/up")
    made = Site(fleet, tmp_path_factory.mktemp("inventory"))
    stack = made.folder / STACK
    stack.mkdir()
    (stack / "docker-compose.yml").write_text(COMPOSE)
    (stack / "rancher-compose.yml").write_text(RANCHER)
    try:
        made.play("network")
        made.play("up", stack_dir=str(stack))
        yield made
    finally:
        fleet.everywhere("docker ps -aqf label=io.drover.managed | xargs -r docker rm -fv")
        fleet.clear()
        fleet.everywhere("rm -rf /var/lib/drover")


@pytest.fixture(scope="module")
def settled(site: Site) -> Site:
    """With all members found healthy, which takes a pass or two."""

    def pass_and_look() -> bool:
        site.play("reconcile")
        return [site.verdicts().get(name) for name in WEB] == ["healthy"] * 3

    assert eventually(pass_and_look, seconds=60), site.verdicts()
    return site


def test_the_graph_has_all_groups(settled: Site) -> None:
    graph, said = settled.run("ansible-inventory", "--graph", source=settled.source())
    print(graph)
    lines = [line.lstrip(" |-") for line in graph.splitlines()]
    names = {"h1", "h2", "h3"} & {host["name"] for host in settled.hosts}
    wanted = {f"@stack_{STACK}:", f"@service_{STACK}__web:", f"@service_{STACK}__db:"}
    wanted |= {"@verdict_healthy:", "@verdict_unchecked:", "@state_running:"}
    wanted |= {f"@revision_{STACK}__1:", *(f"@host_{name}:" for name in names)}
    assert wanted <= set(lines)
    assert {*WEB, f"{STACK}-db-1"} <= set(lines)
    assert not [line for line in lines if "checker" in line or "-lb-" in line]
    assert "WARNING" not in said


def test_the_list_has_variables_and_no_secret(settled: Site) -> None:
    found = settled.list(system=True)
    entries = found["_meta"]["hostvars"]
    assert SECRET not in found["text"]
    assert "PASSWORD" not in found["text"]
    for name in WEB:
        item = entries[name]
        assert item["drover_verdict"] == "healthy"
        assert 0 <= item["drover_verdict_age_s"] < 600
        assert item["drover_verdict_why"]
        assert (item["drover_revision"], item["drover_stack_revision"]) == (1, 1)
        assert 0 <= item["drover_revision_age_s"] < 600
        assert item["drover_address"].startswith("10.42.")
    assert {entries[name]["drover_host"] for name in WEB} == {
        host["name"] for host in settled.hosts
    }
    db = entries[f"{STACK}-db-1"]
    assert (db["drover_verdict"], db["drover_verdict_age_s"]) == ("unchecked", None)
    system = sorted(name for name, item in entries.items() if item["drover_system"])
    assert system == ["drover-checker-1", "drover-checker-2", "drover-checker-3", f"{STACK}-lb-1"]


def test_a_restart_waits_for_its_verdict(settled: Site) -> None:
    """The engine restarts what crashes by itself; the verdict on its last life does not count for this one."""
    where = settled.variables()[WEB[0]]["drover_host"]
    time.sleep(8)  # so that "Up 1 second" cannot be the life that was judged
    settled.fleet.shell(where, f"docker restart -t 0 {WEB[0]}")
    assert settled.verdicts()[WEB[0]] == "reinitializing"

    def healthy() -> bool:
        settled.play("reconcile")
        return settled.verdicts()[WEB[0]] == "healthy"

    assert eventually(healthy, seconds=60)


def test_what_does_not_run_has_no_verdict(settled: Site) -> None:
    where = settled.variables()[WEB[0]]["drover_host"]
    settled.fleet.shell(where, f"docker pause {WEB[0]}")
    try:
        item = settled.variables()[WEB[0]]
    finally:
        settled.fleet.shell(where, f"docker unpause {WEB[0]}")
    found = [item[f"drover_{key}"] for key in ("state", "verdict", "verdict_why")]
    assert found == ["paused", "unknown", "it is paused"]


def test_a_new_revision_that_changes_no_container(settled: Site) -> None:
    settled.play("scale", service=f"{STACK}/db", scale=2)
    entries = settled.variables()
    first, second = entries[f"{STACK}-db-1"], entries[f"{STACK}-db-2"]
    assert (first["drover_revision"], second["drover_revision"]) == (2, 2)
    assert (first["drover_created_by_revision"], second["drover_created_by_revision"]) == (1, 2)


def test_filters_and_constructed_groups(settled: Site) -> None:
    found = settled.list(
        filters=["drover_service == 'web'", "contains(['1', '2'], to_string(drover_index))"],
        keyed_groups=[{"prefix": "app", "key": "drover_image | split('/') | last"}],
        compose={"next": "drover_index + 1"},
        strict=True,
    )
    assert sorted(found["_meta"]["hostvars"]) == WEB[:2]
    assert sorted(found["app_testapp_1"]["hosts"]) == WEB[:2]
    assert found["_meta"]["hostvars"][WEB[0]]["next"] == 2


def _outer(*words: str) -> None:
    subprocess.run(["docker", *words], check=True, capture_output=True, timeout=30)


@pytest.fixture
def frozen(settled: Site) -> t.Iterator[str]:
    """A host that accepts connections and never answers."""
    name = str(settled.hosts[2]["name"])
    container = f"drover-lab-{name}"
    try:
        _outer("pause", container)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"the lab's hosts are not containers of this machine: {error}")
    try:
        yield name
    finally:
        _outer("unpause", container)


def test_a_host_that_is_down_costs_a_warning(settled: Site, frozen: str) -> None:
    begin = time.monotonic()
    found = settled.list()
    seconds = time.monotonic() - begin
    print(f"with one host down: {seconds:.1f} s, time-out {TIMEOUT_S} s")
    left = {item["drover_host"] for item in found["_meta"]["hostvars"].values()}
    assert left == {str(host["name"]) for host in settled.hosts} - {frozen}
    assert f"{frozen} is not seen: no answer within {TIMEOUT_S} s" in found["said"]
    assert seconds < TIMEOUT_S + 4


def test_an_address_that_nobody_answers_costs_the_time_out(settled: Site) -> None:
    """In the lab's own network, where nobody has this address; or, where the network says so at once, less."""
    nobody = settled.fleet.address(str(settled.hosts[0]["name"])).rpartition(".")[0] + ".250"
    begin = time.monotonic()
    found = settled.list(
        hosts=[*settled.hosts, {"name": "h9", "docker_host": f"ssh://root@{nobody}"}]
    )
    assert time.monotonic() - begin < TIMEOUT_S + 4
    assert "h9 is not seen: " in found["said"]
    assert len(found["_meta"]["hostvars"]) == 5


def test_an_engine_that_hangs(settled: Site) -> None:
    name = str(settled.hosts[1]["name"])
    settled.fleet.shell(name, "systemctl kill --kill-whom=main -s STOP docker")
    try:
        found = settled.list()
    finally:
        settled.fleet.shell(name, "systemctl kill --kill-whom=main -s CONT docker")
    assert f"{name} is not seen: the engine did not answer within 3.2 s" in found["said"]


@contextlib.contextmanager
def tcp(site: Site, host: str) -> t.Iterator[str]:
    """The engine of a host on a TCP port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    forward = f"127.0.0.1:{port}:/var/run/docker.sock"
    target = f"root@{site.fleet.address(host)}"
    command = ["ssh", "-N", "-i", str(site.key), *SSH.split(), "-L", forward, target]
    with subprocess.Popen(command) as process:
        try:
            assert eventually(lambda: _listens(port), seconds=10)
            yield f"tcp://127.0.0.1:{port}"
        finally:
            process.kill()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def test_over_tcp_verdict_and_revision_are_unknown(settled: Site) -> None:
    name = str(settled.hosts[0]["name"])
    with tcp(settled, name) as address:
        found = settled.variables(
            hosts=[{"name": name, "docker_host": address}, *settled.hosts[1:]]
        )
    for item in found.values():
        by_tcp = item["drover_host"] == name
        if item["drover_service"] == "web":
            assert item["drover_verdict"] == ("unknown" if by_tcp else "healthy")
        assert item["drover_revision"] == ("unknown" if by_tcp else 2)
        assert item["drover_created_by_revision"] in (1, 2)
    assert {item["drover_host"] for item in found.values()} == {
        str(host["name"]) for host in settled.hosts
    }


def test_tasks_run_in_the_containers(settled: Site) -> None:
    """With our own connection, over SSH as the host's variables say."""
    words = ["-m", "ansible.builtin.raw", "-a", "hostname -i; echo $PASSWORD"]
    for name in WEB:
        said, errors = settled.run("ansible", name, *words, source=settled.source())
        assert settled.variables()[name]["drover_address"] in said, said + errors
        assert SECRET in said


def test_the_variables_connect_to_the_container(settled: Site, tmp_path: pathlib.Path) -> None:
    """As the connection community.docker.docker does: the docker program with these arguments, and then exec."""
    docker = shutil.which("docker")
    if not docker:
        pytest.skip("no docker program here")
    # The docker program starts the SSH client by name and can't be given a key; people have it in their ssh_config.
    client = tmp_path / "ssh"
    client.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -i {settled.key} {SSH} "$@"\n')
    client.chmod(0o755)
    for name in WEB:
        item = settled.variables(connection="docker-cli")[name]
        words = [docker, *item["ansible_docker_extra_args"].split(" "), "exec", "-i"]
        done = subprocess.run(
            [*words, item["ansible_host"], "/bin/sh", "-c", "hostname -i; echo $PASSWORD"],
            env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert item["drover_address"] in done.stdout.split()
        assert SECRET in done.stdout


def test_the_playbooks_run_over_the_hosts_that_it_lists(settled: Site) -> None:
    source = settled.source(list=["docker_hosts"])
    output, _said = settled.run("ansible-inventory", "--list", source=source)
    entries = plain(output)["_meta"]["hostvars"]
    assert [entries[name]["drover_engine"]["swarm"]["state"] for name in sorted(entries)] == [
        "active"
    ] * 3
    assert {item["drover_engine"]["version"].split(".")[0] for item in entries.values()} == {
        "20",
        "26",
        "28",
    }
    words = ["drover.docker.status", "-e", f"stack={STACK}"]
    said, _errors = settled.run("ansible-playbook", *words, source=source)
    assert f"{STACK}/web" in said
    assert "3        3" in said


def test_hosts_of_a_group_that_another_source_has(settled: Site) -> None:
    """`from_group`: the lab's own inventory says how its hosts are reached."""
    usual = settled.list()
    source = settled.folder / "group.drover.yml"
    source.write_text("plugin: drover.docker.services\nfrom_group: docker_hosts\n")
    output, _said = settled.run(
        "ansible-inventory", "--list", "-i", str(source), source=str(INVENTORY)
    )
    found = json.loads(output)
    assert found["drover_containers"]["hosts"] == usual["drover_containers"]["hosts"]
    assert set(found["docker_hosts"]["hosts"]) >= set(settled.fleet.hosts[:3])


def test_the_cache(settled: Site, tmp_path: pathlib.Path) -> None:
    options = {
        "cache": True,
        "cache_plugin": "jsonfile",
        "cache_connection": str(tmp_path / "cache"),
    }
    first = settled.list(**options)
    assert SECRET not in "".join(path.read_text() for path in (tmp_path / "cache").iterdir())
    begin = time.monotonic()
    nowhere = {"PATH": "/nowhere"}  # where no SSH client is
    output, said = settled.run(
        "ansible-inventory", "--list", source=settled.source(**options), **nowhere
    )
    print(f"from the cache: {time.monotonic() - begin:.1f} s")
    assert sorted(json.loads(output)["_meta"]["hostvars"]) == sorted(first["_meta"]["hostvars"])
    assert "not seen" not in said
