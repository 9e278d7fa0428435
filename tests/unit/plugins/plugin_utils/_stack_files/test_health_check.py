# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rancher's health_check of a service: what it becomes, and what is refused or has no effect."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.show_stack import (
    HIDDEN,
    as_yaml,
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
UNSET = {
    "port": 80,
    "request": None,
    "interval_ms": 0,
    "response_timeout_ms": 0,
    "healthy_threshold": 0,
    "unhealthy_threshold": 0,
    "initializing_timeout_ms": 60000,
    "reinitializing_timeout_ms": 60000,
    "strategy": "recreate",
    "quorum": 1,
}
GET = {"method": "GET", "uri": "/", "version": "HTTP/1.0", "headers": []}
ARTICLE = """
    port: 80
    request_line: GET / HTTP/1.0
    interval: 2000
    initializing_timeout: 60000
    reinitializing_timeout: 60000
    unhealthy_threshold: 3
    healthy_threshold: 2
    strategy: recreate
    response_timeout: 2000
"""
AS_CHECKED = {
    **UNSET,
    "request": GET,
    "interval_ms": 2000,
    "response_timeout_ms": 2000,
    "healthy_threshold": 2,
    "unhealthy_threshold": 3,
}


def check_of(folder: pathlib.Path, block: str) -> dict[str, t.Any] | None:
    """The canonical health check of a service that has this block."""
    found = service(folder, f"health_check: {{{block}}}")["health_check"]
    return t.cast("dict[str, t.Any] | None", found)


@pytest.mark.parametrize(
    "files",
    [
        {COMPOSE: "web: {image: a}", RANCHER: f"web:\n  health_check:{ARTICLE}"},
        {COMPOSE: f"web:\n  image: a\n  health_check:{ARTICLE}"},
        {
            COMPOSE: "version: '2'\nservices:\n web: {image: a}",
            RANCHER: f"version: '2'\nservices:\n web:\n  health_check:{ARTICLE}",
        },
        {COMPOSE: f"version: '2'\nservices:\n web:\n  image: a\n  health_check:{ARTICLE}"},
    ],
    ids=["first format", "first, compose file", "second format", "second, compose file"],
)
def test_the_block_is_the_same_in_every_file(tmp_path: pathlib.Path, files: dict[str, str]) -> None:
    definition, warnings = load(tmp_path, files)
    assert definition["services"]["web"]["health_check"] == AS_CHECKED
    assert warnings == []


def test_the_rancher_file_is_laid_over_the_compose_file(tmp_path: pathlib.Path) -> None:
    files = {
        COMPOSE: "web: {image: a, health_check: {port: 1, interval: 500}}",
        RANCHER: "web: {health_check: {port: 80}}",
    }
    definition, _warnings = load(tmp_path, files)
    assert definition["services"]["web"]["health_check"] == UNSET


# block -> what differs from a check of which only the port is given
GOOD: list[tuple[str, dict[str, t.Any]]] = [
    ("port: 80", {}),
    ("port: '80'", {}),
    ("port: 65535", {"port": 65535}),
    ("port: '${PORT}'", {"port": 8080}),
    ("port: 80, request_line: ''", {}),
    ("port: 80, request_line: ", {}),
    ("port: 80, request_line: '  '", {}),
    ("port: 80, request_line: GET / HTTP/1.0", {"request": GET}),
    ('port: 80, request_line: GET "/" "HTTP/1.0"', {"request": GET}),
    ("port: 80, request_line: GET /", {"request": GET}),
    ("port: 80, request_line: /x", {"request": {**GET, "method": "OPTIONS", "uri": "/x"}}),
    ("port: 80, interval: '5000'", {"interval_ms": 5000}),
    ("port: 80, interval: 100", {"interval_ms": 100}),
    ("port: 80, interval: 86400000", {"interval_ms": 86400000}),
    ("port: 80, interval: 0, response_timeout: ''", {}),
    ("port: 80, response_timeout: 200", {"response_timeout_ms": 200}),
    ("port: 80, healthy_threshold: 1", {"healthy_threshold": 1}),
    ("port: 80, healthy_threshold: 0, unhealthy_threshold: '0'", {}),
    ("port: 80, unhealthy_threshold: '5'", {"unhealthy_threshold": 5}),
    ("port: 80, initializing_timeout: 300000", {"initializing_timeout_ms": 300000}),
    ("port: 80, initializing_timeout: 0", {"initializing_timeout_ms": 0}),
    ("port: 80, reinitializing_timeout: 0", {"reinitializing_timeout_ms": 0}),
    ("port: 80, reinitializing_timeout: ", {}),
    ("port: 80, strategy: none", {"strategy": "none"}),
    ("port: 80, strategy: NONE", {"strategy": "none"}),
    ("port: 80, strategy: ''", {}),
    ("port: 80, strategy: ", {}),
    ("port: 80, strategy: ' Recreate '", {}),
    ("port: 80, recreate_on_quorum_strategy_config: {}", {}),
    ("port: 80, name: anything", {}),
    ("port: 80, x-note: [for, us]", {}),
]


@pytest.mark.parametrize(("block", "changes"), GOOD)
def test_what_is_given_counts_and_the_rest_is_default(
    tmp_path: pathlib.Path, block: str, changes: dict[str, t.Any]
) -> None:
    compose = with_keys(f"health_check: {{{block}}}")
    definition, warnings = load(tmp_path, compose, environ={"PORT": "8080"})
    assert definition["services"]["web"]["health_check"] == {**UNSET, **changes}
    assert warnings == []


@pytest.mark.parametrize(
    "word", ["recreateOnQuorum", "recreateonquorum", "RECREATEONQUORUM", "recreate_on_quorum"]
)
@pytest.mark.parametrize(
    ("config", "quorum"),
    [("", 1), ("{}", 1), ("{quorum: }", 1), ("{quorum: ''}", 1), ("{quorum: '2'}", 2)],
)
def test_the_strategy_with_a_quorum(
    tmp_path: pathlib.Path, word: str, config: str, quorum: int
) -> None:
    block = f"port: 80, strategy: {word}, recreate_on_quorum_strategy_config: {config}"
    definition, warnings = load(tmp_path, with_keys(f"scale: 3\nhealth_check: {{{block}}}"))
    found = definition["services"]["web"]["health_check"]
    assert (found["strategy"], found["quorum"]) == ("recreateOnQuorum", quorum)
    assert warnings == []


@pytest.mark.parametrize("value", ["", "{}", "''", "false", "[]"])
def test_an_empty_block_is_no_check(tmp_path: pathlib.Path, value: str) -> None:
    assert service(tmp_path, f"health_check: {value}")["health_check"] is None


# block -> key of the problem inside of health_check, part of its message
BAD = [
    # port
    ("interval: 2000", "port", "is missing; write the container's port"),
    ("port: ", "port", "is missing"),
    ("port: 0", "port", "is missing"),
    ("port: '0'", "port", "is missing"),
    ("port: '${NOT_SET}'", "port", "is a variable not set?"),
    ("port: http", "port", "a whole number"),
    ("port: 8080:80", "port", "a whole number"),
    ("port: 80/tcp", "port", "a whole number"),
    ("port: 80.5", "port", "a whole number"),
    ("port: 65536", "port", "from 1 to 65535"),
    ("port: -80", "port", "from 1 to 65535"),
    ("port: true", "port", "not true or false"),
    ("port: [80]", "port", "not a list"),
    ("port: 99999999999999999999", "port", "a whole number"),
    # request_line
    ("port: 80, request_line: GET / HTTP/2", "request_line", "HTTP/1.0 or HTTP/1.1"),
    ('port: 80, request_line: "GET /\\nserver x 1.2.3.4:80"', "request_line", "one line"),
    ("port: 80, request_line: GET index.html HTTP/1.0", "request_line", "must begin with /"),
    ("port: 80, request_line: [GET, /]", "request_line", "must be text, not a list"),
    ("port: 80, request_line: {uri: /}", "request_line", "must be text, not a map"),
    ("port: 80, request_line: '\"/x'", "request_line", "is not closed"),
    # times
    ("port: 80, interval: 5", "interval", "from 100 to 86400000 ms, not 5; 5 s are written 5000"),
    ("port: 80, interval: 99", "interval", "from 100"),
    ("port: 80, interval: -2000", "interval", "from 100"),
    (
        "port: 80, interval: 5s",
        "interval",
        'a whole number of milliseconds, such as 2000, not "5s"',
    ),
    ("port: 80, interval: 1.5", "interval", "a whole number of milliseconds"),
    ("port: 80, interval: 86400001", "interval", "from 100 to 86400000"),
    ("port: 80, interval: {ms: 5}", "interval", "not a map"),
    ("port: 80, interval: false", "interval", "not true or false"),
    ("port: 80, response_timeout: 2", "response_timeout", "2 s are written 2000"),
    ("port: 80, response_timeout: soon", "response_timeout", "milliseconds"),
    ("port: 80, initializing_timeout: 60", "initializing_timeout", "60 s are written 60000"),
    ("port: 80, initializing_timeout: forever", "initializing_timeout", "milliseconds"),
    ("port: 80, reinitializing_timeout: 999", "reinitializing_timeout", "from 1000"),
    ("port: 80, reinitializing_timeout: -1", "reinitializing_timeout", "from 1000"),
    # thresholds
    ("port: 80, healthy_threshold: two", "healthy_threshold", "a whole number"),
    ("port: 80, healthy_threshold: -1", "healthy_threshold", "from 1 to 1000"),
    ("port: 80, unhealthy_threshold: 1001", "unhealthy_threshold", "from 1 to 1000"),
    ("port: 80, unhealthy_threshold: [3]", "unhealthy_threshold", "not a list"),
    # strategy
    ("port: 80, strategy: restart", "strategy", 'must be "none", "recreate", "recreateOnQuorum"'),
    ("port: 80, strategy: recreat", "strategy", 'did you mean "recreate"?'),
    ("port: 80, strategy: recreateOnQuorums", "strategy", 'did you mean "recreateOnQuorum"?'),
    ("port: 80, strategy: {name: none}", "strategy", "must be text"),
    ("port: 80, strategy: false", "strategy", 'not "false"'),
    (
        "port: 80, recreate_on_quorum_strategy_config: 2",
        "recreate_on_quorum_strategy_config",
        'a map such as "quorum: 2"',
    ),
    (
        "port: 80, recreate_on_quorum_strategy_config: {quorum: 0}",
        "recreate_on_quorum_strategy_config.quorum",
        "from 1 to 9999",
    ),
    (
        "port: 80, recreate_on_quorum_strategy_config: {quorum: half}",
        "recreate_on_quorum_strategy_config.quorum",
        "a whole number",
    ),
    (
        "port: 80, recreate_on_quorum_strategy_config: {quorom: 2}",
        "recreate_on_quorum_strategy_config.quorom",
        'did you mean "quorum"?',
    ),
    # misspelt
    ("port: 80, intervall: 2000", "intervall", 'did you mean "interval"?'),
    ("port: 80, request: GET /", "request", "unknown key"),
    ("port: 80, requestLine: GET /", "requestLine", 'did you mean "request_line"?'),
    ("port: 80, response-timeout: 2000", "response-timeout", 'did you mean "response_timeout"?'),
    ("port: 80, healty_threshold: 2", "healty_threshold", 'did you mean "healthy_threshold"?'),
    ("port: 80, retries: 3", "retries", "unknown key"),
]


@pytest.mark.parametrize(("block", "key", "message"), BAD)
def test_a_bad_key_is_refused_with_its_place(
    tmp_path: pathlib.Path, block: str, key: str, message: str
) -> None:
    problems = refused(
        tmp_path, {COMPOSE: "web: {image: a}", RANCHER: f"web:\n  health_check: {{{block}}}\n"}
    )
    assert [(one.file, one.service, one.key) for one in problems] == [
        (RANCHER, "web", f"health_check.{key}")
    ], [str(one) for one in problems]
    assert message in problems[0].message


@pytest.mark.parametrize(
    ("value", "kind"), [("80", "a number"), ("GET /", "text"), ("[80]", "a list")]
)
def test_what_is_no_map_is_refused(tmp_path: pathlib.Path, value: str, kind: str) -> None:
    (problem,) = refused(tmp_path, with_keys(f"health_check: {value}"))
    assert problem.key == "health_check"
    assert problem.message.startswith('must be a map with "port"')


def test_all_that_is_wrong_comes_at_once(tmp_path: pathlib.Path) -> None:
    block = "health_check: {prot: 80, interval: 5, strategy: never, request_line: 'x y z z'}"
    problems = refused(tmp_path, with_keys(block))
    assert [one.key.partition(".")[2] for one in problems] == [
        "prot",
        "port",
        "request_line",
        "interval",
        "strategy",
    ]


@pytest.mark.parametrize("network", ["host", "bridge", "none"])
def test_only_members_on_the_managed_network_are_checked(
    tmp_path: pathlib.Path, network: str
) -> None:
    keys = f"network_mode: {network}\nhealth_check: {{port: 80}}"
    (problem,) = refused(tmp_path, with_keys(keys))
    assert problem.key == "health_check"
    assert problem.message == (
        f'{NOT_RUN} with network_mode "{network}"; '
        "only members on the managed network are checked: remove one of the two"
    )


# keys of the service -> key and part of the one warning
WARNINGS = [
    (
        "health_check: {port: 80, recreate_on_quorum_strategy_config: {quorum: 2}}",
        "health_check.recreate_on_quorum_strategy_config",
        "has no effect with the strategy recreate",
    ),
    (
        "health_check: {port: 80, strategy: recreateOnQuorum}",
        "health_check.strategy",
        "at the scale 1 no unhealthy member is replaced: 1 others",
    ),
    (
        "scale: 2\nhealth_check: {port: 80, strategy: recreateOnQuorum, "
        "recreate_on_quorum_strategy_config: {quorum: 2}}",
        "health_check.strategy",
        "at the scale 2 no unhealthy member is replaced: 2 others",
    ),
]


@pytest.mark.parametrize(("keys", "key", "warning"), WARNINGS)
def test_a_quorum_that_changes_nothing_is_said(
    tmp_path: pathlib.Path, keys: str, key: str, warning: str
) -> None:
    definition, warnings = load(tmp_path, with_keys(keys))
    assert definition["services"]["web"]["health_check"]
    (said,) = warnings
    assert f'service "web": key "{key}": ' in said
    assert warning in said


def test_a_quorum_of_a_global_service_is_not_compared_with_its_scale(
    tmp_path: pathlib.Path,
) -> None:
    keys = (
        "labels: {io.rancher.scheduler.global: 'true'}\n"
        "health_check: {port: 80, strategy: recreateOnQuorum}"
    )
    _definition, warnings = load(tmp_path, with_keys(keys))
    assert warnings == []


ONCE = "labels: {io.rancher.container.start_once: 'true'}\n"


def test_a_member_that_runs_once_has_no_check(tmp_path: pathlib.Path) -> None:
    definition, warnings = load(tmp_path, with_keys(f"{ONCE}health_check: {{port: 80}}"))
    assert definition["services"]["web"]["health_check"] is None
    (said,) = warnings
    assert 'key "health_check": has no effect beside the label io.rancher.container' in said


def test_a_check_without_effect_has_to_be_right_all_the_same(tmp_path: pathlib.Path) -> None:
    (problem,) = refused(tmp_path, with_keys(f"{ONCE}health_check: {{port: x}}"))
    assert problem.key == "health_check.port"


def test_headers_are_shown_only_if_asked_for(tmp_path: pathlib.Path) -> None:
    block = (
        r"""port: 80, request_line: 'GET / HTTP/1.1\r\nHost:\ shop\r\nAuthorization:\ hunter2'"""
    )
    definition, _warnings = load(tmp_path, with_keys(f"health_check: {{{block}}}"))
    shown = "\n".join(as_yaml(definition, secrets=False))
    assert "hunter2" not in shown
    assert HIDDEN in shown
    assert "- shop" in shown
    assert "hunter2" in "\n".join(as_yaml(definition, secrets=True))


@pytest.mark.parametrize("name", ["drover", "Drover", "_drover_"])
def test_the_name_of_the_system_stack_is_refused(tmp_path: pathlib.Path, name: str) -> None:
    (problem,) = refused(tmp_path, with_keys(""), stack=name)
    assert problem.message == (
        '"drover" is the stack of the system services, such as the checkers; '
        "choose another name, for example with -e stack=NAME"
    )


def test_a_file_may_not_call_itself_drover(tmp_path: pathlib.Path) -> None:
    (problem,) = refused(tmp_path, "name: drover\n" + with_keys(""), stack=None)
    assert (problem.file, "system services" in problem.message) == (COMPOSE, True)
