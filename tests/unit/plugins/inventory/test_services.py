# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin as Ansible runs it: a file, hosts that are servers of this test, and the inventory that comes out."""

from __future__ import annotations

import contextlib
import time
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible import constants
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.doc_fragments import constructed, inventory_cache
from ansible.template import Templar
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import AnsibleUnsafe
from ansible_collections.drover.docker.plugins.doc_fragments import docker_hosts
from ansible_collections.drover.docker.plugins.inventory import hosts, services
from ansible_collections.drover.docker.plugins.plugin_utils._inventory import source_plugin
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.connection import (
    API,
    CLI,
    CONTAINER,
    SERVER,
)
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.spellings import ALL
from ansible_collections.drover.docker.plugins.plugin_utils._inventory.values import KINDS
from ansible_collections.drover.docker.tests.unit.shared import engines

NAME = "drover.docker.services"
FRAGMENTS = (constructed, inventory_cache, docker_hosts)


def make_plugin(module: t.Any = services) -> t.Any:
    """A plugin as Ansible's loader would make it, with its documented options."""
    options: dict[str, t.Any] = {}
    fragments = [item.ModuleDocFragment for item in FRAGMENTS]
    for text in [*(item.DOCUMENTATION for item in fragments), module.DOCUMENTATION]:
        options.update(yaml.safe_load(text)["options"])
    name = module.InventoryModule.NAME
    constants.config.initialize_plugin_configuration_definitions("inventory", name, options)
    plugin = module.InventoryModule()
    plugin._load_name = plugin.ansible_name = name
    plugin._redirected_names = [name]
    return plugin


class Lab:
    """Two engines behind sockets, h1 and h2, with a stack; a test changes them and reads the inventory."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.warnings: list[str] = []
        self.before: dict[str, list[str]] = {}
        monkeypatch.setattr(
            Display, "warning", lambda _self, text, *_a, **_n: self.warnings.append(text)
        )
        web = [engines.member(f"shop/web/{index}", Id=f"{index:064d}") for index in (1, 2)]
        checker = engines.member("drover/checker/1", Id="c" * 64)
        self.engines = {
            "h1": engines.Engine([web[0], checker]),
            "h2": engines.Engine([web[1], engines.listed("redis")]),
        }
        started = time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() - 180))
        life = {
            f"web/{index}": engines.healthy(
                item, time.time() - 60, generation=engines.generation(item, started)
            )
            for index, item in enumerate(web, 1)
        }
        for name in self.engines:
            record = engines.shop_record(host=name, life=life)
            checker_record = engines.shop_record(
                host=name, name="drover", members={"checker/1": engines.entry("h1", 1)}
            )
            engines.store(folder / name / "state", record, checker_record)

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for name, engine in self.engines.items():
                stack.enter_context(engines.serving(engine, self.folder / name / "s"))
            yield

    @property
    def hosts(self) -> list[dict]:
        return [
            {
                "name": name,
                "docker_host": f"unix://{self.folder}/{name}/s",
                "state_dir": f"{self.folder}/{name}/state",
            }
            for name in self.engines
        ]

    def read(
        self, *, use_cache: bool = True, module: t.Any = services, **source: t.Any
    ) -> InventoryData:
        """The inventory of a source."""
        path = self.folder / "x.drover.yml"
        content = {"plugin": module.InventoryModule.NAME, "hosts": self.hosts, **source}
        path.write_text(
            yaml.safe_dump({key: item for key, item in content.items() if item is not None})
        )
        plugin = make_plugin(module)
        inventory = InventoryData()
        for name in self.before.get("groups", []):
            inventory.add_group(name)
        for name in self.before.get("hosts", []):
            inventory.add_host(name)
        assert plugin.verify_file(str(path))
        plugin.parse(inventory, DataLoader(), str(path), cache=use_cache)
        with contextlib.suppress(AttributeError):
            plugin.update_cache_if_changed()
        inventory.reconcile_inventory()
        return inventory


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    found = Lab(tmp_path, monkeypatch)
    with found.serving():
        yield found


def hosts_of(inventory: InventoryData, group: str = "all") -> list[str]:
    return sorted(host.name for host in inventory.groups[group].get_hosts())


def variables(inventory: InventoryData, host: str) -> dict[str, t.Any]:
    return dict(inventory.get_host(host).get_vars())


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("x.drover.yml", True),
        ("x.drover.yaml", True),
        ("drover.yml", False),
        ("x.yml", False),
        ("x.drover.json", False),
    ],
)
def test_the_names_of_sources(tmp_path: Path, name: str, taken: bool) -> None:
    (tmp_path / name).write_text("")
    assert make_plugin().verify_file(str(tmp_path / name)) is taken
    assert make_plugin().verify_file(str(tmp_path / f"no-{name}")) is False


def test_containers_in_groups_with_variables(lab: Lab) -> None:
    found = lab.read()
    assert hosts_of(found) == ["shop-web-1", "shop-web-2"]
    groups = {
        name: hosts_of(found, name) for name in found.groups if name not in ("all", "ungrouped")
    }
    both = ["shop-web-1", "shop-web-2"]
    assert groups == {
        "drover_containers": both,
        "stack_shop": both,
        "service_shop__web": both,
        "state_running": both,
        "verdict_healthy": both,
        "revision_shop__1": both,
        "host_h1": ["shop-web-1"],
        "host_h2": ["shop-web-2"],
    }
    assert [child.name for child in found.groups["stack_shop"].child_groups] == [
        "service_shop__web"
    ]
    own = variables(found, "shop-web-2")
    assert (own["drover_verdict"], own["drover_verdict_why"]) == ("healthy", "2 of 2 checkers")
    assert 60 <= own["drover_verdict_age_s"] < 90
    assert own["ansible_connection"] == "drover.docker.container"
    assert own["drover_container"] == "shop-web-2"
    assert own["drover_container_way"] == {"ansible_connection": "local"}
    assert own["drover_container_docker_host"] == f"unix://{lab.folder}/h2/s"
    assert lab.warnings == []


def test_one_call_to_each_engine(lab: Lab) -> None:
    lab.read(system=True, foreign=True)
    assert [engine.asked for engine in lab.engines.values()] == [["/containers/json?all=1"]] * 2


def test_no_secret_is_in_the_inventory(lab: Lab) -> None:
    found = lab.read(system=True, foreign=True, list=["containers", "docker_hosts"])
    assert len(found.hosts) == 6
    text = repr([variables(found, name) for name in found.hosts])
    assert "shop_data" in text
    assert engines.SECRET not in text


def test_system_services_and_foreign_containers_only_where_asked(lab: Lab) -> None:
    assert hosts_of(lab.read(system=True)) == ["drover-checker-1", "shop-web-1", "shop-web-2"]
    assert hosts_of(lab.read(foreign=True)) == ["redis@h2", "shop-web-1", "shop-web-2"]


def test_a_dead_host_costs_a_warning(lab: Lab) -> None:
    lab.engines["h1"].silent = True
    begin = time.monotonic()
    found = lab.read(timeout=0.5)
    assert time.monotonic() - begin < 3
    assert hosts_of(found) == ["shop-web-2"]
    url = f"unix://{lab.folder}/h1/s"
    assert lab.warnings == [
        f"drover.docker.services: h1 is not seen: the engine did not answer within 0.5 s ({url})"
    ]


def test_all_hosts_dead_is_an_empty_inventory(lab: Lab) -> None:
    hosts = [{"name": name, "docker_host": f"unix://{lab.folder}/none"} for name in "ab"]
    assert hosts_of(lab.read(hosts=hosts)) == []
    assert len(lab.warnings) == 2


def test_records_that_cannot_be_read_are_told(lab: Lab) -> None:
    (lab.folder / "file").write_text("")
    hosts = [{**host, "state_dir": f"{lab.folder}/file"} for host in lab.hosts]
    (lab.folder / "h2" / "state" / "stacks" / "bad.json").write_text("no json")
    found = lab.read(hosts=[hosts[0], lab.hosts[1]])
    assert variables(found, "shop-web-1")["drover_verdict"] == "unknown"
    assert variables(found, "shop-web-2")["drover_verdict"] == "healthy"
    assert (
        "h1: verdicts and revisions are unknown: the stack records cannot be read"
        in lab.warnings[0]
    )
    assert "h2: the record of stack bad is damaged" in lab.warnings[1]


def test_contradicting_records_are_told(lab: Lab) -> None:
    engines.store(lab.folder / "h2" / "state", engines.shop_record(host="h2", token="other"))
    lab.read()
    assert "shop: hosts hold different records of the same number" in lab.warnings[0]


def test_constructed_features(lab: Lab) -> None:
    found = lab.read(
        standard_groups=False,
        connection="none",
        compose={"tier": "drover_service ~ '-' ~ drover_index", "ansible_host": "drover_address"},
        groups={"second": "drover_index == 2"},
        keyed_groups=[{"prefix": "image", "key": "drover_image"}, {"key": "drover_networks"}],
    )
    assert variables(found, "shop-web-1")["tier"] == "web-1"
    assert variables(found, "shop-web-1")["ansible_host"] == "10.42.128.7"
    assert hosts_of(found, "second") == ["shop-web-2"]
    assert hosts_of(found, "image_app_1") == ["shop-web-1", "shop-web-2"]
    assert hosts_of(found, "_drover_10_42_128_7") == ["shop-web-1", "shop-web-2"]
    assert not [name for name in found.groups if name.startswith("stack_")]


def test_strict(lab: Lab) -> None:
    broken: dict[str, t.Any] = {"compose": {"x": "no_such_variable + 1"}}
    assert "x" not in variables(lab.read(**broken), "shop-web-1")
    with pytest.raises(AnsibleError, match="Could not set x for host shop-web-1"):
        lab.read(strict=True, **broken)


def test_filters(lab: Lab) -> None:
    assert hosts_of(lab.read(filters=["drover_index == `2`"])) == ["shop-web-2"]
    found = lab.read(filters=["starts_with(drover_stack, 'sh')"], foreign=True)
    assert hosts_of(found) == ["shop-web-1", "shop-web-2"]
    assert "filters[0]" in lab.warnings[-1]
    assert lab.warnings[-1].endswith("; such containers are left out")


@pytest.mark.parametrize(
    ("module", "listed"), [(services, {"list": ["docker_hosts"]}), (hosts, {})]
)
def test_docker_hosts_for_the_playbooks(lab: Lab, module: t.Any, listed: dict) -> None:
    lab.engines["h2"].silent = True
    found = lab.read(module=module, timeout=0.5, **listed)
    assert hosts_of(found) == ["h1", "h2"]
    assert hosts_of(found, "docker_hosts") == ["h1", "h2"]
    assert hosts_of(found, "docker_hosts_not_seen") == ["h2"]
    own = variables(found, "h1")
    assert (own["drover_engine"]["version"], own["ansible_connection"]) == ("26.1.5", "local")
    assert own["drover_docker_host"] == f"unix://{lab.folder}/h1/s"
    assert own["drover_state_dir"] == f"{lab.folder}/h1/state"
    assert lab.engines["h1"].asked == ["/info"]


def test_values_of_the_source_may_be_templates(lab: Lab) -> None:
    url = f"unix://{{{{ '{lab.folder}' }}}}/h1/s"
    state = f"{{{{ '{lab.folder}' ~ '/h1/state' }}}}"
    found = lab.read(hosts=[{"name": "h1", "docker_host": url, "state_dir": state}])
    assert hosts_of(found, "drover_containers") == ["shop-web-1"]
    found = lab.read(hosts=None, docker_host=url, state_dir=state)
    assert hosts_of(found, "drover_containers") == ["shop-web-1"]
    with pytest.raises(AnsibleParserError, match="a template cannot be read"):
        lab.read(hosts=None, docker_host="{{ nobody.knows }}")


def test_a_source_without_hosts(lab: Lab) -> None:
    found = lab.read(
        hosts=None, docker_host=f"unix://{lab.folder}/h1/s", state_dir=f"{lab.folder}/h1/state"
    )
    assert hosts_of(found, "host_localhost") == ["shop-web-1"]


@pytest.fixture
def cache(lab: Lab) -> dict[str, t.Any]:
    """Options that cache into files."""
    folder = lab.folder / "cache"
    return {
        "cache": True,
        "cache_plugin": "jsonfile",
        "cache_connection": str(folder),
    }


def asked(lab: Lab) -> list[int]:
    return [len(engine.asked) for engine in lab.engines.values()]


def test_cached_answers_are_not_asked_for_again(lab: Lab, cache: dict) -> None:
    first = lab.read(**cache)
    again = lab.read(**cache)
    assert asked(lab) == [1, 1]
    assert hosts_of(again) == hosts_of(first)
    assert variables(again, "shop-web-1")["drover_verdict"] == "healthy"


def test_flushing_writes_it_anew(lab: Lab, cache: dict) -> None:
    """As --flush-cache does: the source says cache, the call says not to use it."""
    lab.read(**cache)
    lab.engines["h1"].containers = []
    assert hosts_of(lab.read(use_cache=False, **cache)) == ["shop-web-2"]
    assert asked(lab) == [2, 2]
    assert hosts_of(lab.read(**cache)) == ["shop-web-2"]
    assert asked(lab) == [2, 2]


def test_a_host_that_was_dead_is_asked_again(lab: Lab, cache: dict) -> None:
    lab.engines["h1"].silent = True
    assert hosts_of(lab.read(timeout=0.5, **cache)) == ["shop-web-2"]
    lab.engines["h1"].silent = False
    assert hosts_of(lab.read(timeout=0.5, **cache)) == ["shop-web-1", "shop-web-2"]
    assert asked(lab) == [1, 1]


def test_another_way_to_a_host_is_another_answer(lab: Lab, cache: dict) -> None:
    lab.read(**cache)
    lab.read(timeout=4, **cache)
    assert asked(lab) == [2, 2]
    lab.read(timeout=4, list=["containers", "docker_hosts"], **cache)
    assert asked(lab) == [4, 4]


@pytest.mark.parametrize(
    "source",
    [
        {"connection_type": "docker-api"},
        {"connection": "docker-api"},
        {"connection": "docker-api", "connection_type": "docker-api"},
    ],
)
def test_the_connection_has_two_names(lab: Lab, source: dict) -> None:
    own = variables(lab.read(**source), "shop-web-1")
    assert own["ansible_connection"] == "community.docker.docker_api"


def test_ssh_servers_in_containers(lab: Lab) -> None:
    published = {"IP": "0.0.0.0", "PublicPort": 2201, "PrivatePort": 2222, "Type": "tcp"}
    lab.engines["h1"].containers = [engines.member("shop/web/1", Ports=[published])]
    source: dict[str, t.Any] = {"connection_type": "ssh", "private_ssh_port": 2222}
    own = variables(lab.read(**source), "shop-web-1")
    assert (own["ansible_connection"], own["ansible_port"]) == ("ssh", 2201)
    assert own["ansible_host"] == "127.0.0.1"
    own = variables(lab.read(**source, default_ip="192.0.2.9"), "shop-web-1")
    assert own["ansible_host"] == "192.0.2.9"


def texts(value: t.Any) -> Iterator[str]:
    """All texts in a value, keys of maps too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in (*value, *value.values()):
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def is_trusted(text: str) -> bool:
    """Whether Ansible would take the text for a template."""
    try:
        from ansible.template import is_trusted_as_template
    except ImportError:  # ansible-core before 2.19
        return not isinstance(text, AnsibleUnsafe)
    return bool(is_trusted_as_template(text))


def test_no_text_of_a_host_is_trusted(lab: Lab) -> None:
    """Not even one that looks harmless."""
    found = lab.read(list=["containers", "docker_hosts"])
    for name in hosts_of(found):
        own = variables(found, name)
        all_of_them = [
            text
            for key, value in own.items()
            if key.startswith(("drover_", "ansible_"))
            for text in texts(value)
        ]
        assert len(all_of_them) > 10
        assert [text for text in all_of_them if is_trusted(text)] == []


def test_what_hosts_say_is_no_template(lab: Lab) -> None:
    evil = "{{ lookup('ansible.builtin.pipe', 'touch ' ~ evil_path) }}"
    lab.engines["h1"].containers = [engines.member("shop/web/1", labels={"x": evil})]
    found = lab.read(
        compose={"copied": "drover_labels.x"},
        keyed_groups=[{"prefix": "x", "key": "drover_labels.x"}],
    )
    own = variables(found, "shop-web-1")
    assert own["drover_labels"]["x"] == evil
    path = lab.folder / "evil"
    templar = Templar(loader=DataLoader(), variables={**own, "evil_path": str(path)})
    assert templar.template(own["drover_labels"]["x"]) == evil
    assert templar.template(own["copied"]) == evil
    assert not path.exists()


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ({"host": []}, "host: no such key; did you mean hosts?"),
        ({"ansible_user": "me"}, "ansible_user: no such key"),
        (
            {"hosts": [{"ansible_host": "h1", "user": "me", "ansible_user": "you"}]},
            "x.drover.yml: hosts[0].user: is me, but ansible_user says you",
        ),
        (
            {"hosts": [{"docker_host": "h1"}]},
            "hosts[0].docker_host: 'h1' is no address of an engine",
        ),
        ({"timeout": 9999}, "timeout: must be seconds, 0.1 to 600"),
        ({"filters": ["a ="]}, "filters[0]: 'a =' is no JMESPath expression"),
        ({"list": []}, "list: is empty; name one of containers, docker_hosts, or both"),
        ({"list": ["hosts"]}, "hosts"),
        ({"connection": "telnet"}, "connection"),
        ({"connection_type": "container"}, "connection_type"),
        (
            {"connection": "container", "connection_type": "docker-api"},
            "connection_type: is docker-api, but connection says container",
        ),
        ({"system": "maybe"}, "system: must be true or false, not 'maybe'"),
        ({"become": "ture"}, "become: must be true or false, not 'ture'"),
    ],
)
def test_a_source_that_is_wrong(lab: Lab, source: dict, text: str) -> None:
    with pytest.raises(AnsibleError) as caught:
        lab.read(**source)
    assert text in str(caught.value)
    assert asked(lab) == [0, 0]


def test_the_file_is_named(lab: Lab) -> None:
    with pytest.raises(AnsibleParserError, match=r"x\.drover\.yml: hsts: no such key"):
        lab.read(hsts=1)


def test_all_options_are_documented() -> None:
    plugin = make_plugin()
    documented = plugin.option_definitions
    assert set(KINDS) <= set(documented)
    assert {"name", "docker_host", *KINDS, *ALL} == set(documented["hosts"]["suboptions"])
    assert set(documented["connection"]["choices"]) == {CONTAINER, CLI, API, SERVER, "none"}
    assert set(documented["connection_type"]["choices"]) == {CLI, API, SERVER}


EXAMPLES = Path(__file__).resolve().parents[4] / "examples"


@pytest.mark.parametrize(
    "text", [services.EXAMPLES, (EXAMPLES / "services.drover.yml").read_text(encoding="utf-8")]
)
def test_the_examples_are_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    asked_for: list[str] = []

    def ask_hosts(hosts: t.Any, _want: t.Any) -> dict[str, t.Any]:
        asked_for.extend(host.url for host in hosts)
        return {host.name: {"error": "not asked", "taken_at": 0.0} for host in hosts}

    monkeypatch.setattr(source_plugin, "ask_hosts", ask_hosts)
    path = tmp_path / "x.drover.yml"
    path.write_text(text)
    make_plugin().parse(InventoryData(), DataLoader(), str(path))
    assert len(asked_for) == 3
    assert asked_for[0] == "ssh://root@192.0.2.11"


def test_names_of_other_sources_and_groups_are_not_taken(lab: Lab) -> None:
    """Sources that Ansible has read before: what stands there keeps its connection."""
    lab.before = {"hosts": ["shop-web-1"], "groups": ["shop-web-2"]}
    found = lab.read()
    assert hosts_of(found) == ["shop-web-1", "shop-web-1@h1", "shop-web-2@h2"]
    assert "ansible_connection" not in variables(found, "shop-web-1")


def test_warnings_show_control_characters_escaped(lab: Lab) -> None:
    engines.store(lab.folder / "h1" / "state", {"stack": "a\x1b[31m\n", "format": 99})
    lab.read()
    assert [text for text in lab.warnings if "\\x1b[31m\\n" in text]
    assert all(text.isprintable() for text in lab.warnings)
