# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loading a stack's folder: the definition is kept and hidden, and what is wrong is told without contacting a host."""

from __future__ import annotations

import json
import pathlib

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._run import run_files
from ansible_collections.drover.docker.tests.unit.plugins.action.play import SECRET, Play

FILE = "services:\n  web:\n    image: app:1\n    environment: {PASSWORD: '${PASSWORD}'}\n"


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    made = tmp_path / "shop"
    made.mkdir()
    (made / "compose.yaml").write_text(FILE, encoding="utf-8")
    return made


def test_a_definition_is_kept_and_its_result_is_hidden(play: Play, folder: pathlib.Path) -> None:
    result = play.task("load", stack_dir=str(folder), variables={"PASSWORD": SECRET}, show=True)
    assert (result["stack"], result["changed"], result["_ansible_no_log"]) == ("shop", False, True)
    assert run_files.load("definition") == result["definition"]
    assert SECRET in json.dumps(result["definition"])
    assert "        PASSWORD: '********'" in play.shown()


def test_secrets_are_shown_only_when_asked_for(play: Play, folder: pathlib.Path) -> None:
    secret = {"PASSWORD": SECRET}
    play.task("load", stack_dir=str(folder), variables=secret, show=True, show_secrets=True)
    assert f"        PASSWORD: {SECRET}" in play.shown()


def test_profiles_are_a_list_with_commas(play: Play, folder: pathlib.Path) -> None:
    more = "".join(f"  {name}: {{image: a, profiles: [{name}]}}\n" for name in ("one", "two"))
    (folder / "compose.yaml").write_text(FILE + more, encoding="utf-8")
    for given, names in {
        "one, two": {"web", "one", "two"},
        "two": {"web", "two"},
        "": {"web"},
    }.items():
        result = play.task("load", stack_dir=str(folder), profiles=given)
        assert set(result["definition"]["services"]) == names


def test_without_a_folder_the_variable_is_named(play: Play) -> None:
    result = play.task("load", stack_dir="")
    assert result["failed"]
    assert result["msg"] == "name the folder of the stack files: -e stack_dir=FOLDER"


def test_several_problems_are_printed_one_a_line(play: Play, folder: pathlib.Path) -> None:
    (folder / "compose.yaml").write_text(FILE + "    imagee: x\n    prots: []\n", encoding="utf-8")
    result = play.task("load", stack_dir=str(folder))
    assert result["msg"] == "2 problems in the stack files; no host was contacted"
    assert [line.split("  ")[0] for line in play.printed] == ["error", "error"]
    places = [(item["service"], item["key"]) for item in result["problems"]]
    assert places == [("web", "imagee"), ("web", "prots")]
    assert run_files.load("definition") is None
    assert play.calls == []


def test_a_variable_must_be_one_value(play: Play, folder: pathlib.Path) -> None:
    result = play.task("load", stack_dir=str(folder), variables={"PASSWORD": [SECRET]})
    assert result["failed"]
    assert "variables.PASSWORD" in result["msg"]
    assert SECRET not in result["msg"]


BALANCED = """services:
  web: {image: "app:1"}
  lb:
    image: rancher/lb-service-haproxy:v0.9.1
    lb_config: {certs: [own], port_rules: [RULE]}
""".replace("RULE", "{source_port: 443, protocol: https, service: web, target_port: 80}")


def test_the_inventory_says_what_runs_as_load_balancer(play: Play, folder: pathlib.Path) -> None:
    plain = BALANCED.replace("https", "http").replace("certs: [own], ", "")
    (folder / "compose.yaml").write_text(plain, encoding="utf-8")
    ran = play.task("load", stack_dir=str(folder))["definition"]["services"]["lb"]["image"]
    play.variables = {"drover_balancer_image": "mirror.example/haproxy:2.8"}
    chosen = play.task("load", stack_dir=str(folder))["definition"]["services"]["lb"]["image"]
    assert (ran, chosen) == ("haproxy:3.0", "mirror.example/haproxy:2.8")


def test_certificates_come_from_the_inventory(
    play: Play, folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    (folder / "compose.yaml").write_text(BALANCED, encoding="utf-8")
    missing = play.task("load", stack_dir=str(folder))
    assert 'there is no certificate "own"' in missing["msg"]
    play.variables = {"drover_certificates": {"own": {"cert": SECRET, "key": SECRET}}}
    of_variable = play.task("load", stack_dir=str(folder))
    assert 'certificate "own" (variable drover_certificates): holds' in of_variable["msg"]
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "own.pem").write_text(SECRET, encoding="utf-8")
    play.variables = {"drover_certificates_dir": str(tmp_path / "tls")}
    of_folder = play.task("load", stack_dir=str(folder))
    assert 'certificate "own" (drover_certificates_dir: own.pem): holds' in of_folder["msg"]
    assert SECRET not in of_variable["msg"] + of_folder["msg"]
