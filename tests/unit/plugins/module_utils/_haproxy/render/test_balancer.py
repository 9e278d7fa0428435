# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The config of a load balancer: what it says, and what can't be written."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.balancer import (
    render_balancer,
)
from ansible_collections.drover.docker.plugins.module_utils._haproxy.render.marker import marker_of
from ansible_collections.drover.docker.plugins.module_utils._model.request_line import split_words
from ansible_collections.drover.docker.tests.unit.shared.balancer_models import (
    CHECK,
    STICKY,
    backend,
    frontend,
    model,
    rule,
    server,
)
from hypothesis import given
from hypothesis import strategies as st

Json = dict[str, t.Any]


def lines(wanted: Json, head: str) -> list[str]:
    """The lines of one section."""
    text, _marker = render_balancer(wanted)
    sections = [part.splitlines() for part in text.split("\n\n")]
    (found,) = [part[1:] for part in sections if part[0] == head]
    return [line.strip() for line in found]


def test_ports_and_rules() -> None:
    wanted = model(
        frontends=[
            frontend(
                80,
                rule("Shop.example", "/API/"),
                rule("*.shop.example"),
                rule("shop.*"),
                rule(path="/it's"),
                default_backend="80_",
            )
        ]
    )
    host = "var(txn.drover_host)"
    assert lines(wanted, "frontend 80") == [
        "bind :80",
        "mode http",
        "option idle-close-on-response",
        "http-request set-var(txn.drover_host) req.hdr(host),field(1,:),lower,rtrim(.)",
        f"use_backend 80_ if {{ {host} -m str -i Shop.example }} {{ path_beg -i /API/ }}",
        f"use_backend 80_ if {{ {host} -m end -i .shop.example }}",
        f"use_backend 80_ if {{ {host} -m beg -i shop. }}",
        "use_backend 80_ if { path_beg -i '/it'\\''s' }",
        "default_backend 80_",
    ]


def test_protocols() -> None:
    ports = [
        frontend(443, protocol="https", proxy_protocol=True),
        frontend(444, protocol="tls"),
        frontend(445, rule("*.a.example"), protocol="sni"),
        frontend(446, protocol="tcp"),
    ]
    wanted = model(frontends=ports, certificates={"shop": "ab12"})
    crt = "ssl crt-list /usr/local/etc/haproxy/certs/crt-list strict-sni"
    assert lines(wanted, "frontend 443")[:2] == [
        f"bind :443 accept-proxy {crt} alpn h2,http/1.1",
        "mode http",
    ]
    assert lines(wanted, "frontend 444") == [f"bind :444 {crt}", "mode tcp"]
    assert lines(wanted, "frontend 445")[2:] == [
        "tcp-request inspect-delay 5s",
        "tcp-request content accept if { req.ssl_hello_type 1 }",
        "use_backend 80_ if { req.ssl_sni -m end -i .a.example }",
    ]
    assert lines(wanted, "frontend 446") == ["bind :446", "mode tcp"]
    with_default = {**wanted, "default_certificate": "shop"}
    assert "strict-sni" not in render_balancer(with_default)[0]


def test_servers() -> None:
    pool = backend(
        "80_",
        server(1, drain=True, weight=5),
        server(2, address="fd00::2", port=80, weight=5),
        server(3, address="db.example", resolve=True, backup=True),
        check=CHECK,
        stickiness=STICKY,
    )
    found = lines(model(backends=[pool]), "backend 80_")
    assert "option allbackups" in found
    assert "cookie lb insert indirect nocache domain .shop.example" in found
    assert found[-9:-3] == [
        "timeout check 1500ms",
        "option httpchk",
        "http-check connect port 80",
        "http-check send meth GET uri / ver HTTP/1.0",
        "http-check expect status 200-399",
        "http-check connect",
    ]
    check = "inter 2000ms rise 2 fall 3 slowstart 10s"
    resolve = "resolvers docker resolve-prefer ipv4 init-addr last,none"
    assert [line.partition(" cookie ")[0] for line in found[-3:]] == [
        f"server shop.web.1 10.42.131.1:8080 check {check} weight 0",
        f"server shop.web.2 [fd00::2]:80 check {check} weight 5",
        f"server shop.web.3 db.example:8080 check {check}",
    ]
    assert found[-3].endswith(" disabled")
    assert found[-1].endswith(f" backup {resolve}")
    assert lines(model(backends=[pool]), "resolvers docker")[0] == "nameserver engine 127.0.0.11:53"
    assert "resolvers" not in render_balancer(model())[0]


def test_the_port_that_is_served_is_checked_and_the_health_check_s_besides() -> None:
    tcp = {**CHECK, "request": None, "port": 9}
    pool = backend("80_", server(1), check=tcp)
    found = lines(model(backends=[pool]), "backend 80_")
    assert found[-5:-1] == [
        "timeout check 1500ms",
        "option tcp-check",
        "tcp-check connect port 9",
        "tcp-check connect",
    ]
    same = lines(model(backends=[{**pool, "check": {**tcp, "port": 8080}}]), "backend 80_")
    assert "option tcp-check" not in same
    # The rules of a model may say it before there is a server, so that the first one needs no reload.
    empty = {**pool, "servers": [], "check": {**tcp, "other_port": True}}
    assert lines(model(backends=[empty]), "backend 80_")[-1] == "tcp-check connect"


OWN_CHECKS = {
    "backend\n option httpchk GET /x\n": ["option httpchk GET /x"],
    "backend\n http-check expect string ok\n": [
        "option httpchk",
        "http-check connect port 80",
        "http-check send meth GET uri / ver HTTP/1.0",
        "http-check expect string ok",
        "http-check connect",
    ],
    "backend\n http-check send meth HEAD uri /\n": [
        "option httpchk",
        "http-check connect port 80",
        "http-check send meth HEAD uri /",
        "http-check expect status 200-399",
        "http-check connect",
    ],
}


@pytest.mark.parametrize(("config", "steps"), OWN_CHECKS.items())
def test_people_s_own_checks_ask_the_same_port(config: str, steps: list[str]) -> None:
    found = lines(
        model(backends=[backend("80_", server(1), check=CHECK)], config=config), "backend 80_"
    )
    assert [line for line in found if "http-check" in line or "httpchk" in line] == steps
    assert (" check port 80 " in found[-1]) == (len(steps) == 1)


def test_what_versions_do_differently_by_default_is_said() -> None:
    said = lines(model(), "defaults")
    assert "balance roundrobin" in said
    assert "default-server rise 2 fall 3" in said
    own = "defaults\n balance leastconn\n default-server fall 9\n"
    merged = lines(model(config=own), "defaults")
    assert [line for line in merged if line.startswith(("balance", "default-server"))] == [
        "balance leastconn",
        "default-server fall 9",
    ]


def test_retries_can_be_turned_off() -> None:
    retry = "retry-on conn-failure empty-response 500 502 503 504"
    guard = "http-request disable-l7-retry unless { method GET HEAD OPTIONS }"
    assert {retry, guard} <= set(lines(model(), "backend 80_"))
    assert not {retry, guard} & set(lines(model(retry=False), "backend 80_"))
    tcp = model(backends=[backend("80_", server(), mode="tcp")])
    assert lines(tcp, "backend 80_")[:-1] == ["mode tcp"]


def test_the_marker_is_the_same_whatever_drains() -> None:
    for policy in (None, STICKY):
        pools = [
            [backend("80_", server(1, drain=drain), server(2), stickiness=policy)]
            for drain in (False, True)
        ]
        (still, first), (drained, second) = [render_balancer(model(backends=p)) for p in pools]
        assert first == second == marker_of(still) == marker_of(drained)
        assert still != drained


def test_the_marker_tells_all_else() -> None:
    changes: list[Json] = [
        {"certificates": {"a": "1"}},
        {"certificates": {"a": "2"}},
        {"certificates": {"a": "2"}, "default_certificate": "a"},
        {"backends": [backend("80_", server(1, weight=2), server(2))]},
        {"config": "global\n maxconn 5\n"},
        {"retry": False},
    ]
    assert len({render_balancer(model(**change))[1] for change in [{}, *changes]}) == 7


def test_statistics_have_a_password() -> None:
    page = {"port": 9000, "user": "ops", "password": "it's #1 %x"}
    found = lines(model(statistics=page), "listen statistics")
    assert split_words(found[-1]) == ["stats", "auth", "ops:it's #1 %x"]
    assert "statistics" not in render_balancer(model())[0]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"frontends": [frontend(42)]}, r"frontends\[0\].port: port 42 answers"),
        ({"frontends": [frontend(8404)]}, r"frontends\[0\].port: port 8404 .*metrics"),
        ({"frontends": [frontend(), frontend()]}, r"frontends\[1\].port: port 80 is there twice"),
        ({"frontends": [frontend(0)]}, r"frontends\[0\].port: must be a whole number"),
        ({"frontends": [frontend(protocol="udp")]}, r"frontends\[0\].protocol: must be one of"),
        ({"frontends": [frontend(protocol="https")]}, r"https on port 80 needs a certificate"),
        ({"frontends": [frontend(80, rule("a b"))]}, r"frontends\[0\].rules\[0\].hostname"),
        ({"frontends": [frontend(80, rule("a*b"))]}, r"rules\[0\].hostname: must be a host name"),
        ({"frontends": [frontend(80, rule("*"))]}, r"rules\[0\].hostname"),
        ({"frontends": [frontend(80, rule("a\nb"))]}, r"rules\[0\].hostname"),
        ({"frontends": [frontend(80, rule(path="api"))]}, r"rules\[0\].path: must begin with /"),
        ({"frontends": [frontend(80, rule(path="/a b"))]}, r"rules\[0\].path"),
        ({"frontends": [frontend(80, rule(path="/" + "a" * 1024))]}, r"rules\[0\].path"),
        ({"frontends": [frontend(80, rule())]}, r"neither hostname nor path"),
        ({"frontends": [frontend(80, rule("a"), protocol="tcp")]}, "tcp has no host names"),
        ({"frontends": [frontend(80, rule("a", "/b"), protocol="sni")]}, "sni has no paths"),
        ({"frontends": [frontend(80, rule("a", backend="x y"))]}, r"rules\[0\].backend"),
        ({"frontends": [frontend(default_backend="a\nb")]}, r"default_backend"),
        ({"backends": [backend("answer")]}, "a name of the load balancer's own"),
        (
            {"backends": [backend("a"), backend("a", server())]},
            r"backends\[1\].name: a is the name",
        ),
        ({"backends": [backend("a", mode="udp")]}, r"backends\[0\].mode"),
        ({"backends": [backend("a", server(), server())]}, "'shop.web.1' is there twice"),
        ({"backends": [backend("a", server(address="x.y"))]}, "must be an IP address"),
        ({"backends": [backend("a", server(address="x y", resolve=True))]}, "must be a host name"),
        ({"backends": [backend("a", server(weight=257))]}, r"weight: must be a whole number"),
        ({"backends": [backend("a", server(port=0))]}, r"servers\[0\].port"),
        ({"backends": [backend("a", mode="tcp", stickiness=STICKY)]}, "only http has cookies"),
        (
            {"backends": [backend("a", stickiness={**STICKY, "cookie": "a b"})]},
            "no name of a cookie",
        ),
        ({"backends": [backend("a", stickiness={**STICKY, "mode": "x"})]}, "stickiness.mode"),
        ({"backends": [backend("a", stickiness={**STICKY, "domain": "a b"})]}, "stickiness.domain"),
        ({"backends": [backend("a", server(), check={**CHECK, "port": -1})]}, "check.port"),
        ({"certificates": {"a/b": "1"}}, "certificates: must be"),
        ({"certificates": {"a": "1\n2"}}, "certificates.a: must be"),
        ({"default_certificate": "x"}, "default_certificate: 'x' is not among"),
        ({"statistics": {"port": 80, "user": "a", "password": "b"}}, "port 80 is taken"),
        ({"statistics": {"port": 81, "user": "a:b", "password": "b"}}, "without a colon"),
        ({"statistics": {"port": 81, "user": "a", "password": "b\nc"}}, "statistics.password"),
        ({"statistics": {"port": 81, "user": "a", "password": ""}}, "statistics.password"),
        ({"config": "maxconn 5"}, "'maxconn 5' is in no section"),
        ({"config": "global\n chroot /x"}, "config: global: chroot needs root"),
        ({"config": "global\n description x"}, "the collection's marker"),
        ({"config": "global\n a\0b"}, "control characters"),
        ({"config": 5}, "config: must be text"),
    ],
)
def test_what_cannot_be_written(change: Json, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        render_balancer(model(**change))


def test_one_backend_may_be_there_twice_if_it_is_the_same() -> None:
    text, _marker = render_balancer(model(backends=[backend("a", server())] * 2))
    assert text.count("backend a\n") == 1


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_values_add_no_line_and_no_word(host: str, path: str, name: str) -> None:
    """Whatever is written: a refusal, or a config with as many lines and words as for plain values."""
    plain = render_balancer(
        model(
            frontends=[frontend(80, rule("a.example", "/a"))],
            backends=[backend("80_", server(name="s"))],
        )
    )[0]
    try:
        hostile = render_balancer(
            model(
                frontends=[frontend(80, rule(host or "a.example", "/" + path))],
                backends=[backend("80_", server(name=name))],
            )
        )[0]
    except ValueError:
        return
    counts = [
        [len(split_words(line)) for line in text.splitlines() if "description" not in line]
        for text in (plain, hostile)
    ]
    assert counts[0] == counts[1]


def test_ports_listen_where_they_are_reached() -> None:
    page = {"port": 9000, "user": "admin", "password": "x"}
    ports = [frontend(80, published=True), frontend(81, published=False), frontend(82)]
    wanted = model(frontends=ports, address="10.42.131.9", statistics={**page, "published": False})
    binds = re.findall(r"^    bind (.*)$", render_balancer(wanted)[0], re.MULTILINE)
    assert binds == [
        "10.42.131.9:42",
        "10.42.131.9:8404",
        "10.42.131.9:9000",
        ":80",
        "10.42.131.9:81",
        ":82",
    ]
    text = render_balancer({**wanted, "address": "", "statistics": page})[0]
    assert re.findall(r"^    bind (.*)$", text, re.MULTILINE) == [
        ":42",
        ":8404",
        ":9000",
        ":80",
        ":81",
        ":82",
    ]
