# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a service is upgraded: what its file says of it becomes, and what is refused or has no effect."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._compose.service_keys import (
    MOST_MEMBERS,
)
from ansible_collections.drover.docker.plugins.module_utils._model.check_times import least_bake_s
from ansible_collections.drover.docker.plugins.module_utils._model.config_hash import config_hash
from ansible_collections.drover.docker.plugins.module_utils._plan.upgrade.policy import policy_of
from ansible_collections.drover.docker.plugins.module_utils._record.fold import (
    LAUNCH_KEYS,
    split_service,
)
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import (
    COMPOSE,
    load,
    refused,
    service,
    with_keys,
)

RANCHER = "rancher-compose.yml"
NOT_RUN = "is not run by this release"
OWN, CONFIG = "upgrade_strategy", "deploy.update_config"
SLOW_CHECK = (
    "health_check: {port: 80, interval: 5000, unhealthy_threshold: 4, response_timeout: 3000}"
)
NO_GATES = "has no effect: a rollback has no gates"

ALL = {
    "start_first: true": {"order": "start-first"},
    "start_first: 'no'": {"order": "stop-first"},
    "batch_size: 2": {"batch_size": 2},
    "batch_size: '2'": {"batch_size": 2},
    "interval_millis: 0": {"interval_ms": 0},
    "monitor_millis: 10000": {"monitor_ms": 10000},
    "healthy_deadline_millis: 60000": {"deadline_ms": 60000},
    "failure_action: pause": {"failure_action": "pause"},
    "max_failure_ratio: '0.25'": {"max_failure_ratio": 0.25},
    "confirm_after_millis: 0": {"confirm_after_ms": 0},
    "start_first: ''": {},
    "start_first: null": {},
    "x-note: a": {},
}
UPDATE = {
    "order: start-first": {"order": "start-first"},
    "order: stop-first": {"order": "stop-first"},
    "parallelism: 3": {"batch_size": 3},
    "parallelism: 0": {"batch_size": MOST_MEMBERS},
    "delay: 1m30s": {"interval_ms": 90000},
    "delay: 1500us": {"interval_ms": 2},
    "delay: 0": {"interval_ms": 0},
    "monitor: 20": {"monitor_ms": 20000},
    "failure_action: continue": {"failure_action": "continue"},
    "failure_action: rollback": {"failure_action": "rollback"},
    "max_failure_ratio: 0": {"max_failure_ratio": 0.0},
    "order: ''": {},
}


def strategy_of(folder: pathlib.Path, keys: str) -> dict[str, t.Any] | None:
    found = service(folder, keys).get("upgrade_strategy")
    return t.cast("dict[str, t.Any] | None", found)


def problem_of(folder: pathlib.Path, keys: str) -> tuple[str, str]:
    """Key and message of the only problem."""
    (problem,) = refused(folder, with_keys(keys))
    assert (problem.file, problem.service) == (COMPOSE, "web")
    return problem.key, problem.message


@pytest.mark.parametrize(("written", "becomes"), ALL.items())
def test_only_what_is_written_is_in_the_record(
    tmp_path: pathlib.Path, written: str, becomes: dict[str, t.Any]
) -> None:
    assert strategy_of(tmp_path, f"upgrade_strategy: {{{written}}}") == (becomes or None)


@pytest.mark.parametrize(("written", "becomes"), UPDATE.items())
def test_compose_has_its_own_words(
    tmp_path: pathlib.Path, written: str, becomes: dict[str, t.Any]
) -> None:
    assert strategy_of(tmp_path, f"deploy: {{update_config: {{{written}}}}}") == (becomes or None)


@pytest.mark.parametrize(
    "keys",
    [
        *("upgrade_strategy:", "upgrade_strategy: {}", "deploy: {}", "deploy: {update_config: {}}"),
        *("deploy: {x-note: 1}", "deploy: {replicas: , labels: [], resources: {}, mode: ''}", ""),
    ],
)
def test_a_file_that_says_nothing_adds_no_key(tmp_path: pathlib.Path, keys: str) -> None:
    assert OWN not in service(tmp_path, keys)


def test_it_may_stand_in_ranchers_file(tmp_path: pathlib.Path) -> None:
    files = {
        COMPOSE: "web: {image: a}",
        RANCHER: "web: {upgrade_strategy: {start_first: true, batch_size: 2}}",
    }
    definition, warnings = load(tmp_path, files)
    found = definition["services"]["web"]["upgrade_strategy"]
    assert (found, warnings) == ({"order": "start-first", "batch_size": 2}, [])


# --- both, and of an extended service ---


def test_two_spellings_complete_each_other(tmp_path: pathlib.Path) -> None:
    keys = (
        "upgrade_strategy: {start_first: false, batch_size: 2}\n"
        "deploy: {update_config: {order: stop-first, delay: 3s}}"
    )
    expected = {"order": "stop-first", "batch_size": 2, "interval_ms": 3000}
    assert strategy_of(tmp_path, keys) == expected


@pytest.mark.parametrize(
    ("own", "other", "key"),
    [
        ("start_first: true", "order: stop-first", "start_first"),
        ("batch_size: 2", "parallelism: 0", "batch_size"),
        ("failure_action: pause", "failure_action: rollback", "failure_action"),
    ],
)
def test_two_spellings_that_contradict_are_refused(
    tmp_path: pathlib.Path, own: str, other: str, key: str
) -> None:
    keys = f"upgrade_strategy: {{{own}}}\ndeploy: {{update_config: {{{other}}}}}"
    word = other.split(":", maxsplit=1)[0]
    message = f'contradicts "{CONFIG}.{word}"; keep one of the two'
    assert problem_of(tmp_path, keys) == (f"{OWN}.{key}", message)


def test_an_extending_service_adds_to_it(tmp_path: pathlib.Path) -> None:
    compose = """
services:
  base:
    image: a
    upgrade_strategy: {batch_size: 2, monitor_millis: 20000}
    deploy:
      update_config: {order: stop-first, delay: 3s}
  web:
    extends: {service: base}
    upgrade_strategy: {batch_size: 4}
    deploy: {update_config: {delay: 5s}, rollback_config: }
"""
    definition, _warnings = load(tmp_path, compose)
    assert definition["services"]["web"]["upgrade_strategy"] == {
        "order": "stop-first",
        "batch_size": 4,
        "interval_ms": 5000,
        "monitor_ms": 20000,
    }


def test_an_extending_service_that_says_nothing_keeps_it(tmp_path: pathlib.Path) -> None:
    compose = """
services:
  base: {image: a, deploy: {update_config: {delay: 3s}}}
  web: {extends: {service: base}, deploy: {update_config: null}}
"""
    definition, _warnings = load(tmp_path, compose)
    assert definition["services"]["web"]["upgrade_strategy"] == {"interval_ms": 3000}


# --- what is refused ---


@pytest.mark.parametrize(
    ("written", "key", "message"),
    [
        ("upgrade_strategy: fast", OWN, "must be a map"),
        ("upgrade_strategy: {start_frist: true}", f"{OWN}.start_frist", 'mean "start_first"?'),
        ("upgrade_strategy: {start_first: maybe}", f"{OWN}.start_first", "true or false"),
        ("upgrade_strategy: {batch_size: 0}", f"{OWN}.batch_size", "from 1 to 9999"),
        ("upgrade_strategy: {batch_size: true}", f"{OWN}.batch_size", "a whole number"),
        ("upgrade_strategy: {interval_millis: -1}", f"{OWN}.interval_millis", "from 0 to 86400000"),
        ("upgrade_strategy: {interval_millis: 2s}", f"{OWN}.interval_millis", "of milliseconds"),
        (
            "upgrade_strategy: {healthy_deadline_millis: 60}",
            f"{OWN}.healthy_deadline_millis",
            "60 s are written 60000",
        ),
        (
            "upgrade_strategy: {healthy_deadline_millis: 0}",
            f"{OWN}.healthy_deadline_millis",
            "from 1000 to",
        ),
        (
            "upgrade_strategy: {failure_action: rolback}",
            f"{OWN}.failure_action",
            'mean "rollback"?',
        ),
        ("upgrade_strategy: {max_failure_ratio: 30}", f"{OWN}.max_failure_ratio", "from 0 to 1"),
        ("upgrade_strategy: {max_failure_ratio: -1}", f"{OWN}.max_failure_ratio", "0 or more"),
        ("upgrade_strategy: {max_failure_ratio: [1]}", f"{OWN}.max_failure_ratio", "a number"),
        (
            "upgrade_strategy: {confirm_after_millis: 2592000001}",
            f"{OWN}.confirm_after_millis",
            "to 2592000000 ms",
        ),
        ("update_strategy: {start_first: true}", "update_strategy", 'mean "upgrade_strategy"?'),
        ("deploy: [update_config]", "deploy", "must be a map"),
        ("deploy: {updat_config: {}}", "deploy.updat_config", 'mean "update_config"?'),
        ("deploy: {update_config: 3}", CONFIG, "must be a map"),
        ("deploy: {update_config: {paralelism: 1}}", f"{CONFIG}.paralelism", '"parallelism"?'),
        ("deploy: {update_config: {parallelism: -1}}", f"{CONFIG}.parallelism", "from 0 to 9999"),
        ("deploy: {update_config: {delay: soon}}", f"{CONFIG}.delay", "a time such as"),
        ("deploy: {update_config: {delay: 25h}}", f"{CONFIG}.delay", "at most 24h"),
        ("deploy: {update_config: {order: newest}}", f"{CONFIG}.order", '"start-first"'),
        (
            "deploy: {rollback_config: {failure_action: rollback}}",
            "deploy.rollback_config.failure_action",
            '"pause", "continue"',
        ),
        (
            "deploy: {rollback_config: {delai: 1s}}",
            "deploy.rollback_config.delai",
            'mean "delay"?',
        ),
    ],
)
def test_a_bad_key_is_refused_with_its_place(
    tmp_path: pathlib.Path, written: str, key: str, message: str
) -> None:
    found_key, found = problem_of(tmp_path, written)
    assert found_key == key
    assert message in found


# --- the bake ---


@pytest.mark.parametrize(
    ("check", "written", "key", "least"),
    [
        (
            SLOW_CHECK,
            "upgrade_strategy: {monitor_millis: 22999}",
            f"{OWN}.monitor_millis",
            "23000 ms (23s)",
        ),
        (
            SLOW_CHECK,
            "deploy: {update_config: {monitor: 22s}}",
            f"{CONFIG}.monitor",
            "23000 ms (23s)",
        ),
    ],
)
def test_a_bake_in_which_no_fault_shows_is_refused(
    tmp_path: pathlib.Path, check: str, written: str, key: str, least: str
) -> None:
    found_key, message = problem_of(tmp_path, f"{check}\n{written}")
    assert found_key == key
    assert f"must be at least {least}, not " in message


def test_the_least_bake_is_accepted_and_is_what_counts_without_one(tmp_path: pathlib.Path) -> None:
    found = service(tmp_path, f"{SLOW_CHECK}\nupgrade_strategy: {{monitor_millis: 23000}}")
    least_s = least_bake_s(found["health_check"])
    assert found["upgrade_strategy"] == {"monitor_ms": least_s * 1000}
    silent = {**found, "upgrade_strategy": {}}
    assert policy_of(silent, {}).bake_s == policy_of(found, {}).bake_s == least_s


# --- rollbacks ---


@pytest.mark.parametrize(
    "written",
    ["parallelism: 2", "delay: 5s", "monitor: 1s", "failure_action: pause", "order: stop-first"],
)
def test_a_rollback_has_no_gates(tmp_path: pathlib.Path, written: str) -> None:
    _definition, warnings = load(tmp_path, with_keys(f"deploy: {{rollback_config: {{{written}}}}}"))
    (warning,) = warnings
    assert f'service "web": key "deploy.rollback_config": {NO_GATES}' in warning


@pytest.mark.parametrize(
    "written",
    [
        "rollback_config: {}",
        "rollback_config: {parallelism: 1, delay: 0s, monitor: 0s, order: start-first}",
        "rollback_config: {failure_action: continue, max_failure_ratio: 0.3}",
        "rollback_config: {parallelism: 2, order: stop-first}, "
        "update_config: {parallelism: 2, order: stop-first}",
    ],
)
def test_what_happens_anyway_is_no_warning(tmp_path: pathlib.Path, written: str) -> None:
    _definition, warnings = load(tmp_path, with_keys(f"deploy: {{{written}}}"))
    assert warnings == []


# --- kinds of services ---


def test_global_services_and_load_balancers_take_it(tmp_path: pathlib.Path) -> None:
    compose = """
services:
  agent:
    image: a
    labels: {io.rancher.scheduler.global: "true"}
    upgrade_strategy: {batch_size: 2}
  lb:
    image: rancher/lb-service-haproxy
    ports: [80]
    lb_config: {port_rules: [{source_port: 80, target_port: 80, service: agent}]}
    upgrade_strategy: {monitor_millis: 10000}
"""
    services = load(tmp_path, compose)[0]["services"]
    assert services["agent"]["upgrade_strategy"] == {"batch_size": 2}
    assert services["lb"]["upgrade_strategy"] == {"monitor_ms": 10000}


@pytest.mark.parametrize(
    ("kind", "says", "key"),
    [
        ("external_ips: [192.0.2.1]", "upgrade_strategy: {batch_size: 2}", OWN),
        ("external_ips: [192.0.2.1]", "deploy: {update_config: {delay: 1s}}", CONFIG),
        (
            "image: rancher/dns-service\nlinks: [db]",
            "deploy: {rollback_config: {delay: 1s}}",
            "deploy.rollback_config",
        ),
        ("external_ips: [192.0.2.1]", "deploy: {replicas: 2}", "deploy.replicas"),
    ],
)
def test_what_has_no_containers_is_never_upgraded(
    tmp_path: pathlib.Path, kind: str, says: str, key: str
) -> None:
    keys = "\n".join(f"    {line}" for line in f"{kind}\n{says}".splitlines())
    compose = f"services:\n  db: {{image: b}}\n  web:\n{keys}\n"
    (problem,) = refused(tmp_path, compose)
    assert (problem.service, problem.key) == ("web", key)
    assert "without containers is never upgraded" in problem.message


def test_an_empty_one_is_let_pass_without_containers(tmp_path: pathlib.Path) -> None:
    keys = "external_ips: [192.0.2.1]\nupgrade_strategy: {}\ndeploy: {update_config: {}}"
    compose = with_keys(keys).replace("    image: nginx:1\n", "")
    definition, warnings = load(tmp_path, compose)
    assert OWN not in definition["services"]["web"]
    assert warnings == []


# --- it is applied in place ---


def test_a_changed_strategy_needs_no_new_container(tmp_path: pathlib.Path) -> None:
    silent = service(tmp_path, "")
    told = service(tmp_path, "upgrade_strategy: {start_first: true}")
    changed = service(tmp_path, "upgrade_strategy: {start_first: false, batch_size: 3}")
    assert told != changed
    assert OWN not in LAUNCH_KEYS
    assert config_hash(silent, {}) == config_hash(told, {}) == config_hash(changed, {})
    launches, in_place = zip(
        *(split_service(item, {}) for item in (silent, told, changed)), strict=True
    )
    assert launches[0] == launches[1] == launches[2]
    assert [item.get("upgrade_strategy", {}).get("order") for item in in_place] == [
        *(None, "start-first", "stop-first")
    ]
