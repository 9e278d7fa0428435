# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role control_node brings to a control node: the packed collection, and the versions that it installs."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import tarfile
import types
import typing as t
from pathlib import Path

import jinja2
import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

try:
    from ansible.template import trust_as_template
except ImportError:  # ansible-core before 2.19
    trust_as_template = None

ROOT = Path(__file__).resolve().parents[3]
ROLE = ROOT / "roles" / "control_node"


def loaded(name: str) -> types.ModuleType:
    """A program of the role as a module."""
    spec = importlib.util.spec_from_file_location(name, ROLE / "files" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pack = loaded("pack")


def read(name: str) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", yaml.safe_load((ROLE / name).read_text(encoding="utf-8")))


def tree(folder: Path) -> Path:
    """A small collection, with what must not be packed."""
    for name in (
        "plugins/a.py",
        "plugins/__pycache__/a.pyc",
        "roles/b/x.yml",
        "tests/t.py",
        ".git/c",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / "galaxy.yml").write_text("name: x")
    return folder


PARTS = ["galaxy.yml", "MANIFEST.json", "plugins", "roles"]


def test_pack_takes_the_named_parts_alone(tmp_path: Path) -> None:
    target = tmp_path / "x.tar.gz"
    pack.pack(str(tree(tmp_path / "c")), str(target), PARTS)
    with tarfile.open(target) as archive:
        assert archive.getnames() == ["galaxy.yml", "plugins/a.py", "roles/b/x.yml"]
        assert {(item.uid, item.mode) for item in archive} == {(0, 0o644)}


def test_pack_follows_links(tmp_path: Path) -> None:
    """A checkout may show the collection by links to its parts."""
    real, shown = tree(tmp_path / "c"), tmp_path / "shown"
    shown.mkdir()
    (shown / "plugins").symlink_to(real / "plugins")
    pack.pack(str(shown), str(tmp_path / "x.tar.gz"), PARTS)
    with tarfile.open(tmp_path / "x.tar.gz") as archive:
        assert [item.isfile() for item in archive] == [True]


def test_digest_tells_contents_apart_and_not_places(tmp_path: Path) -> None:
    one, two = tree(tmp_path / "one"), tree(tmp_path / "two")
    assert pack.digest(str(one), PARTS) == pack.digest(str(two), PARTS)
    (two / "tests" / "t.py").write_text("another")
    assert pack.digest(str(one), PARTS) == pack.digest(str(two), PARTS)
    (two / "plugins" / "a.py").write_text("another")
    assert pack.digest(str(one), PARTS) != pack.digest(str(two), PARTS)


def test_digest_of_a_tarball_is_that_of_the_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(name.encode())
    assert pack.digest(str(tmp_path / "a"), []) != pack.digest(str(tmp_path / "b"), [])


def pins(names: t.Iterable[str]) -> dict[str, str]:
    """Versions by the name as pip compares it."""
    split = [name.split("==") for name in names if "==" in name]
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in split}


@pytest.mark.parametrize("python", sorted(read("vars/main.yml")["__control_node_cores"]))
def test_versions_are_those_that_the_project_tests_with(python: str) -> None:
    """An upgrade of the one place is an upgrade of the other."""
    variables = read("vars/main.yml")
    core = pins(variables["__control_node_cores"][python])
    lane = ROOT / "requirements" / f"core-{core['ansible-core'].rpartition('.')[0]}.txt"
    tested = lane.read_text(encoding="utf-8").split()
    for name in ("control.txt", "bounds.txt"):
        tested += (ROOT / "requirements" / name).read_text(encoding="utf-8").split()
    installed = {**pins(variables["__control_node_pins"]), **core}
    assert installed.items() <= pins(tested).items()


def test_defaults_are_those_of_the_documentation() -> None:
    options = read("meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    documented = {name: option["default"] for name, option in options.items()}
    assert documented == read("defaults/main.yml")


def test_readme_names_every_variable() -> None:
    named = set(re.findall(r"^\| `(\w+)`", (ROLE / "README.md").read_text("utf-8"), flags=re.M))
    assert named == {name.removeprefix("control_node_") for name in read("defaults/main.yml")}


def tasks(name: str) -> list[dict[str, t.Any]]:
    text = (ROLE / "tasks" / name).read_text(encoding="utf-8")
    return t.cast("list[dict[str, t.Any]]", yaml.safe_load(text))


@pytest.mark.parametrize(
    "key", ["__control_node_key", "__control_node_record_key", "__control_node_registries"]
)
def test_a_key_is_for_its_user_alone_and_is_not_shown(key: str) -> None:
    path = f"{{{{ {key} }}}}"
    (task,) = [
        item
        for item in tasks("settings.yml")
        if item.get("ansible.builtin.copy", {}).get("dest") == path
    ]
    assert task["ansible.builtin.copy"]["mode"] == "0600"
    assert task["ansible.builtin.copy"]["owner"] == "{{ control_node_user }}"
    assert (task["no_log"], task["diff"]) == (True, False)
    removed = [item for item in tasks("absent.yml") if path in item.get("loop", [])]
    assert len(removed) == 1


@pytest.mark.parametrize("signs", [True, False])
@pytest.mark.parametrize("registries", [{}, {"registry:5000": {}}])
def test_every_playbook_gets_the_files_of_secrets(
    signs: bool, registries: dict[str, t.Any], tmp_path: Path
) -> None:
    """As files: on a command line they would be in the list of processes."""
    program = tmp_path / "venv" / "bin" / "ansible-playbook"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    template = jinja2.Template((ROLE / "templates" / "drover.j2").read_text(encoding="utf-8"))
    script = template.render(
        __control_node_cfg="/etc/drover/ansible.cfg",
        __control_node_release=tmp_path,
        __control_node_hosts="/hosts",
        __control_node_record_key="/etc/drover/record_key",
        __control_node_signs=signs,
        __control_node_registries="/etc/drover/registries.json",
        control_node_registries=registries,
    )
    words = ["sh", "-c", script, "drover", "scale", "-e", "scale=3"]
    told = subprocess.run(words, text=True, capture_output=True, check=True).stdout
    key = " -e drover_record_key_file=/etc/drover/record_key" if signs else ""
    own = " -e drover_registries_file=/etc/drover/registries.json" if registries else ""
    assert told == f"-i /hosts drover.docker.scale{own}{key} -e scale=3\n"


def handlers() -> list[dict[str, t.Any]]:
    text = (ROLE / "handlers" / "main.yml").read_text(encoding="utf-8")
    return t.cast("list[dict[str, t.Any]]", yaml.safe_load(text))


def notified(task: dict[str, t.Any]) -> list[str]:
    names = task.get("notify", [])
    return [names] if isinstance(names, str) else names


def test_systemd_knows_the_units_before_the_timer_starts() -> None:
    """Handlers run in the order of their file, and here: the end of the play would be after the first pass."""
    reload, restart = (item["name"] for item in handlers())
    service, timer, flush, start = tasks("systemd.yml")
    assert "daemon_reload" in handlers()[0]["ansible.builtin.systemd_service"]
    assert notified(service) == [reload]
    assert notified(timer) == [reload, restart]
    assert flush["ansible.builtin.meta"] == "flush_handlers"
    assert "ansible.builtin.systemd_service" in start
    names = [item.get("ansible.builtin.include_tasks") for item in tasks("present.yml")]
    assert names.index("systemd.yml") < names.index("first_pass.yml") == len(names) - 1


@pytest.mark.parametrize("path", sorted((ROLE / "tasks").glob("*.yml")), ids=lambda path: path.name)
def test_every_notified_handler_exists(path: Path) -> None:
    known = {item["name"] for item in handlers()}
    assert {name for item in tasks(path.name) for name in notified(item)} <= known


def faults(**changes: t.Any) -> str:
    """What the role says of wrong variables: the task as Ansible would run it."""
    (task,) = tasks("check.yml")
    signs = bool(str(changes.get("control_node_record_key", "")).strip())
    variables = {
        **read("defaults/main.yml"),
        "control_node_inventory_src": "hosts.yml",
        "__control_node_booted": {"stat": {"exists": False}},
        "__control_node_signs": signs,
        "inventory_hostname": "c1",
        **changes,
    }
    trusted = trust_as_template or (lambda text: text)
    rules = task["vars"]["__control_node_rules"]
    given = {
        "__control_node_faults": trusted(task["vars"]["__control_node_faults"]),
        "__control_node_rules": [
            {key: trusted(text) for key, text in rule.items()} for rule in rules
        ],
    }
    templar = Templar(loader=DataLoader(), variables={**variables, **given})
    return str(templar.template(trusted(task["ansible.builtin.assert"]["fail_msg"])))


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"control_node_period_s": 4}, "from 5 to 3600"),
        ({"control_node_period_s": 3601}, "from 5 to 3600"),
        ({"control_node_timeout_s": 59}, "60 seconds or more"),
        ({"control_node_inventory_src": ""}, "the hosts are needed once"),
        ({"control_node_inventory": {"docker_hosts": {}}}, "the hosts are needed once"),
        (
            {"control_node_inventory": {"web": {}}, "control_node_inventory_src": ""},
            "no group docker_hosts",
        ),
        ({"control_node_ssh_key": "a", "control_node_ssh_key_src": "b"}, "two SSH keys"),
        ({"control_node_record_key": "short"}, "at least 16 characters"),
        ({"control_node_scheduler": "systemd"}, "systemd does not run on c1"),
        ({"control_node_user": "A/B"}, "must be the name of a user"),
    ],
)
def test_a_wrong_variable_is_refused(changes: dict, text: str) -> None:
    assert text in faults(**changes)
    assert "; " not in faults(**changes)


def test_all_faults_are_said_at_once() -> None:
    assert faults() == ""
    said = faults(control_node_period_s=3, control_node_timeout_s=3, control_node_user="A/B")
    assert [part.split()[0] for part in said.split("; ")] == [
        "control_node_period_s",
        "control_node_timeout_s",
        "control_node_user",
    ]
