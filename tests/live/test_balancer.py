# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What real load balancers do with requests: rules, precedence, headers, stickiness, retries, people's own config.

Numbers of behaviours are those of docs/behaviours.md.
"""

from __future__ import annotations

import base64
import collections
import contextlib
import http.client
import pathlib
import re
import socket
import time
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._plan.balancer.model import build_model
from ansible_collections.drover.docker.plugins.module_utils._plan.balancer.routes import Route
from ansible_collections.drover.docker.plugins.module_utils._plan.balancer.routes import (
    Server as Target,
)

from .balancer_clients import request
from .balancer_lab import (
    GET,
    Balancer,
    backend,
    frontend,
    model,
    one_balancer,
    rule,
    server,
    simple,
)
from .balancer_members import Member, some_members
from .haproxy_container import Json, gateway
from .haproxy_versions import ALL, OURS

STICKY: Json = {
    "name": "",
    "cookie": "lb",
    "domain": "",
    "indirect": True,
    "nocache": False,
    "postonly": False,
    "mode": "insert",
}


@pytest.fixture(scope="module", params=ALL)
def lb(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> t.Any:
    """One load balancer for all tests of a version: each gives it another config while it runs."""
    with one_balancer(request.param, tmp_path_factory.mktemp("lb")) as made:
        made.run(model([], []))
        yield made


@pytest.fixture
def ours(lb: Balancer) -> None:
    """Leaves the test to the versions of OURS."""
    if lb.version not in OURS:
        pytest.skip("only with DROVER_SOAK=1")


@pytest.fixture
def make(lb: Balancer) -> t.Iterator[t.Callable[..., Member]]:
    with some_members(gateway(lb.engine)) as made:
        yield made


@pytest.fixture
def members(make: t.Callable[..., Member]) -> list[Member]:
    return [make(f"shop.web.{index}") for index in (1, 2, 3)]


def of_services(**rules: t.Any) -> Json:
    """A model by the code that the planner uses: service name to its rules, each (host, path, member, more)."""
    balancer: Json = {
        "proxy_protocol_ports": [],
        "certificates": [],
        "default_certificate": "",
        "certificate_dir": "",
        "config": "",
        "stickiness": None,
        "target": "any",
    }
    routes: list[Route] = []
    for service, (hostname, path, member, more) in rules.items():
        given = {"port": 80, "protocol": "http", "priority": 0, "weight": 1}
        route: Json = {
            **given,
            "backend_name": f"b-{service}",
            "check": None,
            "target_port": member.port,
            **more,
        }
        routes.append(
            Route(
                hostname=hostname,
                path=path,
                order=len(routes),
                servers=(Target(f"shop.{service}.1", member.address),),
                **route,
            )
        )
    balancer["rules"] = [
        {"source_port": route.port, "protocol": route.protocol} for route in routes
    ]
    return build_model(routes, balancer, host="h1", fingerprints={})


def who(lb: Balancer, host: str = "", path: str = "/", port: int = 80) -> str:
    """Which member answers a request, or with which status nobody does."""
    reply = lb.get(path, port=port, headers={"Host": host} if host else {})
    return reply.member if reply.status == 200 else str(reply.status)


def asked_until(lb: Balancer, members: set[str]) -> None:
    """Ask until each of them has answered, and nobody else; one that is new gets few requests in its first seconds."""
    seen: set[str] = set()
    end = time.monotonic() + 10
    while seen != members:
        assert time.monotonic() < end, seen
        seen.add(lb.get().member)
        assert seen <= members


@pytest.mark.every_version
def test_behaviour_56_every_member_is_reached_in_turn(lb: Balancer, members: list[Member]) -> None:
    lb.apply(simple(*members[:2]))
    seen = collections.Counter(lb.get().member for _request in range(10))
    assert seen == {"shop.web.1": 5, "shop.web.2": 5}
    done = lb.apply(simple(*members))
    assert done.how == "runtime"
    lb.until("shop.web.3", lambda report: report["status"] == "UP")
    asked_until(lb, {"shop.web.1", "shop.web.2", "shop.web.3"})
    assert lb.apply(simple(members[0])).how == "runtime"
    assert {lb.get().member for _request in range(4)} == {"shop.web.1"}


@pytest.mark.usefixtures("ours")
def test_behaviour_60_targets_are_added_and_removed_while_it_runs(
    lb: Balancer, members: list[Member]
) -> None:
    lb.apply(simple(members[0]))
    assert who(lb) == "shop.web.1"
    two = [backend("80_", members[0]), backend("80_b", members[1])]
    lb.apply(model([frontend(80, rule("80_b", path="/b"), default="80_")], two))
    assert [who(lb), who(lb, path="/b")] == ["shop.web.1", "shop.web.2"]
    lb.apply(model([frontend(80, default="80_")], [backend("80_", members[2])]))
    assert who(lb) == "shop.web.3"
    lb.apply(model([], []))
    with pytest.raises(ConnectionError):
        lb.get()


@pytest.mark.every_version
def test_behaviour_66_equal_rules_are_pooled_and_no_match_is_503(
    lb: Balancer, members: list[Member]
) -> None:
    host, path = "shop.example", "/name.html"
    lb.apply(
        of_services(
            a=(host, path, members[0], {}),
            b=(host.upper(), path, members[1], {}),
            c=("other.example", "/service1.html", members[2], {}),
        )
    )
    assert {who(lb, host, path) for _request in range(4)} == {"shop.web.1", "shop.web.2"}
    assert who(lb, "other.example", "/service1.html") == "shop.web.3"
    for asked in (("other.example", path), (host, "/service1.html"), ("x.example", path), ("", "")):
        assert who(lb, asked[0], asked[1] or "/") == "503"


@pytest.mark.usefixtures("ours")
def test_behaviour_67_host_only_path_only_and_default(lb: Balancer, members: list[Member]) -> None:
    lb.apply(of_services(a=("shop.example", "", members[0], {}), b=("", "/p", members[1], {})))
    assert who(lb, "shop.example", "/any") == "shop.web.1"
    assert who(lb, "shop.example", "/p") == "shop.web.1"  # an exact host comes before a path
    assert who(lb, "x.example", "/p/q") == "shop.web.2"
    assert who(lb, "x.example", "/P") == "shop.web.2"
    assert who(lb, "x.example", "/q") == "503"
    lb.apply(
        of_services(
            c=("", "", members[2], {}),
            a=("shop.example", "", members[0], {}),
            b=("", "/p", members[1], {}),
        )
    )
    assert who(lb, "x.example", "/q") == "shop.web.3"
    assert who(lb, "shop.example", "/p") == "shop.web.1"


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize("port", ["", ":80", ":8080"])
def test_hosts_with_and_without_a_port(lb: Balancer, members: list[Member], port: str) -> None:
    lb.apply(
        of_services(
            a=("shop.example", "", members[0], {}),
            b=("*.shop.example", "", members[1], {}),
            c=("shop.*", "", members[2], {}),
        )
    )
    assert who(lb, f"shop.example{port}") == "shop.web.1"
    assert who(lb, f"SHOP.example.{port}") == "shop.web.1"
    assert who(lb, f"a.b.shop.example{port}") == "shop.web.2"
    assert who(lb, f"shop.org{port}") == "shop.web.3"
    for other in ("notshop.example", "shop", "xshop.org", "shop.example.evil"):
        assert who(lb, f"{other}{port}") == ("shop.web.3" if other.startswith("shop.") else "503")


@pytest.mark.usefixtures("ours")
def test_behaviour_68_rules_are_edited_while_it_runs(lb: Balancer, members: list[Member]) -> None:
    one: tuple[str, str, Member, Json] = ("a.example", "", members[0], {})
    lb.apply(of_services(a=one))
    pid = lb.engine.inspect(lb.name)["State"]["Pid"]
    started = lb.engine.inspect(lb.name)["State"]["StartedAt"]
    lb.apply(of_services(a=one, b=("b.example", "", members[1], {})))
    assert [who(lb, "a.example"), who(lb, "b.example")] == ["shop.web.1", "shop.web.2"]
    lb.apply(of_services(a=one, b=("c.example", "", members[1], {})))
    assert [who(lb, "b.example"), who(lb, "c.example")] == ["503", "shop.web.2"]
    lb.apply(of_services(a=one))
    assert [who(lb, "a.example"), who(lb, "c.example")] == ["shop.web.1", "503"]
    state = lb.engine.inspect(lb.name)["State"]
    assert (state["Pid"], state["StartedAt"]) == (pid, started)


def test_behaviour_69_ports_are_separate_and_the_longest_path_counts(
    lb: Balancer, members: list[Member]
) -> None:
    other: Json = {"port": 81}
    lb.apply(
        of_services(
            a=("", "/81", members[0], other),
            b=("", "/81/service3.html", members[1], other),
            c=("", "/81", members[2], {}),
        )
    )
    assert who(lb, path="/81/service3.html", port=81) == "shop.web.2"
    assert who(lb, path="/81/x", port=81) == "shop.web.1"
    assert who(lb, path="/81/service3.html", port=80) == "shop.web.3"


def test_behaviour_69_tcp_knows_neither_host_nor_path(lb: Balancer, members: list[Member]) -> None:
    tcp: Json = {"protocol": "tcp", "port": 82, "mode": "tcp"}
    pool = backend("82_", *members[:2], mode="tcp")
    lb.apply(
        model(
            [
                frontend(82, default="82_", protocol=tcp["protocol"]),
                frontend(80, rule("80_a", "a.example")),
            ],
            [pool, backend("80_a", members[2])],
        )
    )
    hosts = ("a.example", "b.example", "", "c.example")
    assert {who(lb, host, port=82) for host in hosts} == {"shop.web.1", "shop.web.2"}
    assert who(lb, "a.example") == "shop.web.3"
    assert lb.get(port=82).header("x-forwarded-for") == []


def test_behaviour_70_exact_before_wildcard(lb: Balancer, members: list[Member]) -> None:
    lb.apply(
        of_services(
            a=("*.domain.com", "", members[0], {}),
            b=("*.domain.com", "/p", members[1], {}),
            c=("abc.domain.com", "", members[2], {}),
        )
    )
    assert who(lb, "x.domain.com") == "shop.web.1"
    assert who(lb, "x.domain.com", "/p") == "shop.web.2"
    assert who(lb, "abc.domain.com", "/p") == "shop.web.3"


@pytest.mark.usefixtures("ours")
def test_behaviour_71_priority_beats_the_order_of_classes(
    lb: Balancer, members: list[Member]
) -> None:
    lb.apply(
        of_services(
            a=("abc.domain.com", "", members[0], {"priority": 2}),
            b=("*.domain.com", "", members[1], {"priority": 1}),
        )
    )
    assert who(lb, "abc.domain.com") == "shop.web.2"


@pytest.mark.usefixtures("ours")
def test_behaviour_73_addresses_and_names_outside_are_targets(
    lb: Balancer, members: list[Member]
) -> None:
    by_address = server(members[0], name="shop.out.1")
    by_name = server(members[1], name="shop.out.name", address="nowhere.example", resolve=True)
    assert lb.apply(simple(by_address, by_name)).how == "reload"
    assert who(lb) == "shop.web.1"  # a name that nobody knows keeps nothing from starting
    assert "init-addr last,none" in pathlib.Path(lb.folders.file).read_text()


@pytest.mark.parametrize("retry", [True, False])
def test_no_member_is_503_with_retry_after(
    lb: Balancer, members: list[Member], retry: bool
) -> None:
    lb.apply(simple(members[0], retry=retry))
    members[0].stop()
    lb.until("shop.web.1", lambda report: report["status"] == "DOWN")
    reply = lb.get()
    assert (reply.status, reply.headers["retry-after"]) == (503, "5")
    assert b"No server is available" in reply.body


@pytest.mark.every_version
def test_get_is_tried_again_and_post_never(lb: Balancer, members: list[Member]) -> None:
    bad, good = members[:2]
    bad.status = 500
    lb.apply(simple(bad, good, pool={"check": None}))
    statuses = [lb.get().status for _request in range(10)]
    assert statuses == [200] * 10
    assert len(bad.requests) >= 4
    bad.requests.clear()
    posts = [lb.get(method="POST", body=b"x").status for _request in range(10)]
    assert sorted(set(posts)) == [200, 500]
    assert len(bad.requests) == posts.count(500)  # each was sent once
    assert lb.get(method="HEAD").status == lb.get(method="OPTIONS").status == 200
    for status in (502, 503, 504):
        bad.status = status
        assert {lb.get().status for _request in range(4)} == {200}
    bad.status = 404
    assert {lb.get().status for _request in range(4)} == {200, 404}


def test_an_answer_that_never_comes_is_asked_for_again(lb: Balancer, members: list[Member]) -> None:
    bad, good = members[:2]
    bad.drops = True
    lb.apply(simple(bad, good, pool={"check": None}))
    assert {lb.get().status for _request in range(6)} == {200}
    assert bad.requests
    posts = {lb.get(method="POST", body=b"x").status for _request in range(6)}
    assert posts == {200, 502}


@pytest.mark.usefixtures("ours")
def test_retries_can_be_turned_off(lb: Balancer, members: list[Member]) -> None:
    bad, good = members[:2]
    bad.status = 500
    lb.apply(simple(bad, good, pool={"check": None}, retry=False))
    assert {lb.get().status for _request in range(6)} == {200, 500}


@pytest.mark.usefixtures("ours")
def test_when_all_members_fail_each_get_costs_four(lb: Balancer, members: list[Member]) -> None:
    for member in members:
        member.status = 500
    lb.apply(simple(*members, pool={"check": None}))
    assert lb.get().status == 500
    assert sum(len(member.requests) for member in members) == 4


def test_a_refused_connection_is_tried_elsewhere_with_any_method(
    lb: Balancer, members: list[Member]
) -> None:
    for retry in (True, False):
        lb.apply(simple(*members[:2], pool={"check": None}, retry=retry))
        members[0].stop()
        assert {lb.get(method="POST", body=b"x").status for _request in range(4)} == {200}
        members[0].start()


def test_forwarded_headers_are_added_where_there_are_none(
    lb: Balancer, members: list[Member]
) -> None:
    lb.apply(simple(members[0]))
    plain = lb.get()
    assert plain.header("x-forwarded-port") == ["80"]
    assert plain.header("x-forwarded-proto") == []
    (client,) = plain.header("x-forwarded-for")
    given = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
    behind = lb.get(headers={**given, "X-Forwarded-Port": "443"})
    assert behind.header("x-forwarded-for") == ["192.0.2.7", client]
    assert behind.header("x-forwarded-proto") == ["https"]
    assert behind.header("x-forwarded-port") == ["443"]


def test_proxy_protocol_says_who_the_client_is(lb: Balancer, members: list[Member]) -> None:
    lb.apply(
        model([frontend(80, default="80_", proxy_protocol=True)], [backend("80_", members[0])])
    )
    line = b"PROXY TCP4 192.0.2.9 192.0.2.1 5555 443\r\n"
    reply = request(lb.address, 80, "/", prefix=line)
    assert reply.header("x-forwarded-for") == ["192.0.2.9"]
    assert reply.header("x-forwarded-port") == ["443"]
    with pytest.raises((OSError, http.client.HTTPException)):
        lb.get()


@pytest.mark.every_version
def test_behaviour_64_a_cookie_keeps_a_client_on_its_member(
    lb: Balancer, members: list[Member]
) -> None:
    lb.apply(simple(*members, pool={"stickiness": STICKY}))
    first = lb.get()
    cookie = first.headers["set-cookie"].partition(";")[0]
    assert re.fullmatch(r"lb=[0-9a-f]{12}", cookie)  # tells nothing of the member
    again = {lb.get(headers={"Cookie": cookie}).member for _request in range(6)}
    assert again == {first.member}
    assert len({lb.get().member for _request in range(6)}) == 3


def test_cookies_of_two_backends_have_names_of_their_own(
    lb: Balancer, members: list[Member]
) -> None:
    policy = {**STICKY, "cookie": ""}
    pools = [
        backend("a", *members[:2], stickiness=policy),
        backend("b", *members[:2], stickiness=policy),
    ]
    lb.apply(model([frontend(80, rule("b", path="/b"), default="a")], pools))
    names = {lb.get(path).headers["set-cookie"].partition("=")[0] for path in ("/", "/b")}
    assert len(names) == 2


def test_a_member_that_drains_is_left_by_those_bound_to_it(
    lb: Balancer, members: list[Member]
) -> None:
    lb.apply(simple(*members[:2], pool={"stickiness": STICKY}))
    first = lb.get()
    cookie = {"Cookie": first.headers["set-cookie"].partition(";")[0]}
    servers = [server(member, drain=member.name == first.member) for member in members[:2]]
    assert lb.apply(simple(*servers, pool={"stickiness": STICKY})).how == "runtime"
    moved = lb.get(headers=cookie)
    assert (moved.status, moved.member == first.member) == (200, False)
    assert lb.report(first.member)["drain"]
    lb.apply(simple(*members[:2], pool={"stickiness": STICKY}))
    assert lb.get(headers=cookie).member == first.member


def test_behaviour_64_tcp_balances(lb: Balancer, members: list[Member]) -> None:
    pool = backend("80_", *members[:2], mode="tcp")
    lb.apply(model([frontend(80, default="80_", protocol="tcp")], [pool]))
    assert {lb.get().member for _request in range(4)} == {"shop.web.1", "shop.web.2"}


def test_prefer_local_uses_others_only_while_there_is_no_local_one(
    lb: Balancer, members: list[Member]
) -> None:
    local, *others = members
    lb.apply(simple(local, *[server(member, backup=True) for member in others]))
    assert {lb.get().member for _request in range(4)} == {"shop.web.1"}
    local.stop()
    lb.until("shop.web.1", lambda report: report["status"] == "DOWN")
    assert {lb.get().member for _request in range(6)} == {"shop.web.2", "shop.web.3"}


def test_behaviour_63_balance_first_in_defaults(lb: Balancer, members: list[Member]) -> None:
    lb.apply(simple(*members, config="defaults\n  balance first\n"))
    assert {lb.get().member for _request in range(8)} == {"shop.web.1"}


def test_behaviour_63_lines_of_global_and_defaults_replace_ours(
    lb: Balancer, members: list[Member]
) -> None:
    config = "global\n    maxconn 1234\ndefaults\n    timeout server 300ms\n    retries 0\n"
    lb.apply(simple(members[0], config=config))
    text = pathlib.Path(lb.folders.file).read_text()
    assert text.count("timeout server") == text.count("retries ") == 1
    assert "timeout client 50s" in text
    members[0].slow_s = 1.0
    assert lb.get("/slow").status == 504


def test_behaviour_63_a_section_for_one_backend_affects_that_one(
    lb: Balancer, members: list[Member]
) -> None:
    config = "backend myweb\n    balance first\n    server $IP maxconn 7\nbackend unused\n"
    pools = [backend("myweb", *members[:2]), backend("80_", *members[:2])]
    lb.apply(
        model([frontend(80, rule("myweb", path="/first"), default="80_")], pools, config=config)
    )
    assert {lb.get("/first").member for _request in range(4)} == {"shop.web.1"}
    assert {lb.get().member for _request in range(4)} == {"shop.web.1", "shop.web.2"}
    assert pathlib.Path(lb.folders.file).read_text().count(" maxconn 7\n") == 2


def test_behaviour_63_a_backend_without_a_name_is_all_of_them(
    lb: Balancer, members: list[Member]
) -> None:
    config = "backend\n http-request set-header X-Forwarded-Port 1\n http-response set-header X-Own yes\n"
    lb.apply(simple(members[0], config=config))
    reply = lb.get()
    assert (reply.header("x-forwarded-port"), reply.headers["x-own"]) == (["1"], "yes")


def test_behaviour_63_accept_proxy_and_sections_of_ones_own(
    lb: Balancer, members: list[Member]
) -> None:
    config = (
        "frontend 80\n accept-proxy\n http-response set-header X-Own yes\n"
        "listen mine\n bind :8081\n mode http\n http-request return status 204\n"
    )
    lb.apply(simple(members[0], config=config))
    reply = request(lb.address, 80, "/", prefix=b"PROXY TCP4 192.0.2.9 192.0.2.1 5555 80\r\n")
    assert (reply.header("x-forwarded-for"), reply.headers["x-own"]) == (["192.0.2.9"], "yes")
    assert lb.get(port=8081).status == 204
    assert not lb.apply(simple(members[0], config=config)).changed


def test_websockets_pass(lb: Balancer, members: list[Member]) -> None:
    lb.apply(simple(members[0]))
    with upgraded(lb) as stream:
        for word in (b"one", b"two"):
            stream.sendall(word)
            assert stream.recv(100) == b"shop.web.1:" + word


@contextlib.contextmanager
def upgraded(lb: Balancer) -> t.Iterator[socket.socket]:
    """A connection that has become a WebSocket's."""
    with socket.create_connection((lb.address, 80), timeout=5) as stream:
        ask = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        stream.sendall(f"{ask}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += stream.recv(1)
        assert head.startswith(b"HTTP/1.1 101")
        yield stream


def test_websockets_outlive_a_reload(lb: Balancer, members: list[Member]) -> None:
    lb.apply(simple(members[0]))
    with upgraded(lb) as stream:
        assert lb.apply(simple(members[0], config="defaults\n timeout queue 9s\n")).how == "reload"
        stream.sendall(b"still")
        assert stream.recv(100) == b"shop.web.1:still"
        assert lb.seen()["old_workers"] == 1
    assert lb.apply(simple(members[0], config="defaults\n timeout queue 9s\n"), wait_s=5).quiet


def test_port_42_answers_the_check_of_the_load_balancer_itself(lb: Balancer) -> None:
    lb.apply(model([], []))
    with socket.create_connection((lb.address, 42), timeout=5) as connection:
        assert connection.recv(1) == b""


@pytest.mark.every_version
def test_metrics_and_the_page_of_statistics(lb: Balancer, members: list[Member]) -> None:
    page = {"port": 9000, "user": "ops", "password": 'it\'s "a" $ecret %x'}
    lb.apply(simple(members[0], statistics=page))
    assert (
        b'haproxy_server_status{proxy="80_",server="shop.web.1"'
        in lb.get("/metrics", port=8404).body
    )
    assert lb.get("/", port=8404).status == 404
    assert lb.get(port=9000).status == 401
    login = base64.b64encode(f"{page['user']}:{page['password']}".encode()).decode()
    assert lb.get(port=9000, headers={"Authorization": f"Basic {login}"}).status == 200


def test_checks_ask_the_port_and_page_that_they_name(lb: Balancer, members: list[Member]) -> None:
    page: Json = {"port": 0, "request": GET, "interval_ms": 100, "response_timeout_ms": 500}
    check = {**page, "healthy_threshold": 1, "unhealthy_threshold": 1}
    lb.apply(simple(*members[:2], pool={"check": check}))
    members[0].health = 500
    # While the next check is under way, some versions have no code.
    lb.until("shop.web.1", lambda item: (item["status"], item["check_code"]) == ("DOWN", 500))
    assert {lb.get().member for _request in range(4)} == {"shop.web.2"}


@pytest.mark.parametrize("request_of_check", [GET, None])
def test_the_port_that_is_served_is_checked_besides_that_of_the_health_check(
    lb: Balancer, members: list[Member], request_of_check: Json | None
) -> None:
    """A wrong target_port answered every visitor with 503, and the load balancer called it up."""
    served, health = members[:2]
    quick = {"interval_ms": 100, "response_timeout_ms": 500}
    check = {
        **quick,
        "port": health.port,
        "request": request_of_check,
        "healthy_threshold": 1,
        "unhealthy_threshold": 1,
    }
    lb.apply(simple(served, pool={"check": check}))
    lb.until("shop.web.1", lambda report: report["status"] == "UP")
    assert lb.get().member == "shop.web.1"
    served.stop()
    lb.until("shop.web.1", lambda report: report["status"] == "DOWN")
    served.start()
    lb.until("shop.web.1", lambda report: report["status"] == "UP")
    health.stop()
    lb.until("shop.web.1", lambda report: report["status"] == "DOWN")
    health.start()


def test_what_goes_wrong_behind_a_rule_is_counted(lb: Balancer, members: list[Member]) -> None:
    lb.apply(simple(members[0], retry=False))
    lb.until("shop.web.1", lambda report: report["status"] == "UP")
    before = lb.seen()["pools"]["80_"]
    members[0].status = 500
    assert [lb.get().status for _request in range(3)] == [500] * 3
    after = lb.seen()["pools"]["80_"]
    assert after["requests"] - before["requests"] == 3
    assert after["answers_5xx"] - before["answers_5xx"] == 3


def test_only_published_ports_listen_on_other_addresses(
    lb: Balancer, members: list[Member]
) -> None:
    """Attack M8. A container on an overlay has an address on docker_gwbridge, too; here it is the loopback one."""
    ports = [
        frontend(80, default="80_", published=True),
        frontend(81, default="80_", published=False),
    ]
    lb.apply(model(ports, [backend("80_", members[0])], address=lb.address))
    assert lb.get(port=80).status == lb.get(port=81).status == 200
    ask = ["sh", "-c", "cat /proc/net/tcp"]
    _code, table = lb.engine.execute(lb.name, ask)
    listening = {
        (fields[1].split(":")[0], int(fields[1].split(":")[1], 16))
        for fields in map(str.split, table.splitlines()[1:])
        if fields[3] == "0A"
    }
    anywhere = {port for address, port in listening if address == "00000000"}
    assert anywhere == {80}
    assert {port for _address, port in listening} >= {42, 80, 81, 8404}


HOSTILE = [
    "x\n    http-request deny",
    "x } { always_true",
    "'",
    '"$HOME"',
    "a b",
    "#",
    "\\",
    "%[env(HOME)]",
    "-f /etc/passwd",
    "ünïcode",
]


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_add_nothing(lb: Balancer, members: list[Member], value: str) -> None:
    """Each is refused with its key, or stands for itself; what runs goes on."""
    good = simple(members[0])
    lb.apply(good)
    tries = [
        model([frontend(80, rule("80_", hostname=value))], good["backends"]),
        model([frontend(80, rule("80_", path=value))], good["backends"]),
        model([frontend(80, rule("80_", path="/" + value))], good["backends"]),
        model([frontend(80, default="80_")], [backend(value, members[0])]),
        simple(server(members[0], name=value)),
        simple(server(members[0], address=value)),
        simple(server(members[0], address=value, resolve=True)),
        simple(members[0], pool={"stickiness": {**STICKY, "cookie": value}}),
        simple(members[0], pool={"stickiness": {**STICKY, "domain": value}}),
    ]
    for wanted in tries:
        with contextlib.suppress(ValueError):
            lb.apply(wanted)
            text = pathlib.Path(lb.folders.file).read_text()
            assert "http-request deny" not in [line.strip() for line in text.splitlines()]
    assert not lb.apply(good, check_mode=True).changed or lb.apply(good).changed
    assert who(lb) == "shop.web.1"
