# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS of real load balancers: which certificate is served, and how they are exchanged while it runs.

Numbers of behaviours are those of docs/behaviours.md.
"""

from __future__ import annotations

import pathlib
import socket
import ssl
import subprocess
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._haproxy.run.target import ApplyError

from .balancer_clients import Certificate, client_context, clients, make_certificate
from .balancer_lab import Balancer, backend, frontend, model, one_balancer, rule
from .balancer_members import Member, some_members
from .haproxy_container import Json, gateway
from .haproxy_versions import ALL


@pytest.fixture(scope="module", params=ALL)
def lb(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> t.Any:
    """One load balancer for all tests of a version."""
    with one_balancer(request.param, tmp_path_factory.mktemp("lb")) as made:
        made.run(model([], []))
        yield made


@pytest.fixture
def make(lb: Balancer) -> t.Iterator[t.Callable[..., Member]]:
    with some_members(gateway(lb.engine)) as made:
        yield made


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Certificate]:
    """Three pairs, and another one for the names of the first."""
    folder = tmp_path_factory.mktemp("certificates")
    names = {
        "one": ["one.example"],
        "two": ["two.example", "*.two.example"],
        "three": ["three.example"],
        "renewed": ["one.example"],
    }
    return {name: make_certificate(folder, *given) for name, given in names.items()}


def https(member: Member, default: str = "", protocol: str = "https") -> Json:
    """Port 443 for one member, beside port 80."""
    mode = "http" if protocol == "https" else "tcp"
    return model(
        [frontend(80, default="80_"), frontend(443, default="443_", protocol=protocol)],
        [backend("80_", member), backend("443_", member, mode=mode)],
        default_certificate=default,
    )


def pems(certificates: dict[str, Certificate], **names: str) -> dict[str, str]:
    """Certificates under names: C(shop="one")."""
    return {name: certificates[which].pem for name, which in names.items()}


def served(lb: Balancer, sni: str) -> bytes:
    """The certificate that a client gets."""
    reply = lb.get(port=443, sni=sni)
    assert reply.status == 200
    return reply.certificate


def refused(lb: Balancer, sni: str) -> bool:
    try:
        served(lb, sni)
    except ssl.SSLError:
        return True
    return False


def test_behaviour_75_the_default_certificate_is_for_every_name(
    lb: Balancer, make: t.Callable[..., Member], certificates: dict[str, Certificate]
) -> None:
    lb.apply(https(make("m"), "shop"), pems(certificates, shop="one"))
    assert served(lb, "one.example") == certificates["one"].der
    context = ssl.create_default_context(cadata=certificates["one"].der)
    for name, good in (("one.example", True), ("other.example", False)):
        with socket.create_connection((lb.address, 443), timeout=5) as plain:
            if good:
                context.wrap_socket(plain, server_hostname=name).close()
            else:
                with pytest.raises(ssl.SSLCertVerificationError):
                    context.wrap_socket(plain, server_hostname=name)


def test_behaviour_76_what_is_served_follows_the_certificates(
    lb: Balancer, make: t.Callable[..., Member], certificates: dict[str, Certificate]
) -> None:
    member = make("m")
    one, two, renewed = (certificates[name].der for name in ("one", "two", "renewed"))
    started = lb.engine.inspect(lb.name)["State"]["StartedAt"]
    lb.apply(https(member, "a"), pems(certificates, a="one"))
    assert served(lb, "two.example") == one
    lb.apply(https(member, "a"), pems(certificates, a="one", b="two"))  # added
    assert [served(lb, "one.example"), served(lb, "two.example")] == [one, two]
    lb.apply(https(member, "a"), pems(certificates, a="renewed", b="two"))  # edited
    assert [served(lb, "one.example"), served(lb, "x.example")] == [renewed, renewed]
    lb.apply(https(member, "b"), pems(certificates, a="renewed", b="two"))  # swapped
    assert [served(lb, "one.example"), served(lb, "x.example")] == [renewed, two]
    lb.apply(https(member, "b"), pems(certificates, b="two"))  # removed
    assert served(lb, "one.example") == two
    assert sorted(path.name for path in pathlib.Path(lb.folders.config, "certs").iterdir()) == [
        "b.pem",
        "crt-list",
    ]
    assert lb.engine.inspect(lb.name)["State"]["StartedAt"] == started


def test_without_a_default_other_names_are_refused(
    lb: Balancer, make: t.Callable[..., Member], certificates: dict[str, Certificate]
) -> None:
    lb.apply(https(make("m")), pems(certificates, a="one", b="two"))
    assert served(lb, "one.example") == certificates["one"].der
    assert refused(lb, "other.example")
    assert refused(lb, "")


@pytest.mark.every_version
def test_behaviour_78_the_name_picks_the_certificate(
    lb: Balancer, make: t.Callable[..., Member], certificates: dict[str, Certificate]
) -> None:
    lb.apply(https(make("m"), "c"), pems(certificates, a="one", b="two", c="three"))
    for name in ("one", "two", "three"):
        assert served(lb, f"{name}.example") == certificates[name].der
    assert served(lb, "deep.two.example") == certificates["two"].der
    assert served(lb, "") == certificates["three"].der


@pytest.mark.every_version
def test_a_renewed_certificate_is_served_without_a_reload(
    lb: Balancer, make: t.Callable[..., Member], certificates: dict[str, Certificate]
) -> None:
    wanted = https(make("m"), "a")
    lb.apply(wanted, pems(certificates, a="one", b="two"))
    before = lb.seen()
    done = lb.apply(wanted, pems(certificates, a="renewed", b="two"))
    assert (done.how, lb.seen()["pid"]) == ("runtime", before["pid"])
    assert served(lb, "one.example") == certificates["renewed"].der
    assert lb.seen()["revision"] == lb.seen()["file_revision"] == done.revision
    assert not lb.apply(wanted, pems(certificates, a="renewed", b="two")).changed
    assert lb.engine.execute(lb.name, ["true"])[0] == 0
    file = pathlib.Path(lb.folders.config, "certs", "a.pem")
    found = file.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (0, 99, 0o640)
    assert file.read_text().strip() == certificates["renewed"].pem.strip()
    until = lb.seen()["certificates"]
    assert set(until) == {"a", "b"}
    assert all(value.startswith("20") and value.endswith("Z") for value in until.values())


def test_a_certificate_that_haproxy_rejects_changes_nothing(
    lb: Balancer, make: t.Callable[..., Member], certificates: dict[str, Certificate]
) -> None:
    wanted = https(make("m"), "a")
    lb.apply(wanted, pems(certificates, a="one", b="two"))
    before = lb.seen()
    one, two = certificates["one"], certificates["two"]
    key, chain = one.pem.index("-----BEGIN CERT"), two.pem.index("-----BEGIN CERT")
    for bad in (one.pem[:key] + two.pem[chain:], "no certificate", one.pem[:key], one.pem[key:]):
        with pytest.raises(ApplyError, match="rejects the config"):
            lb.apply(wanted, {"a": bad, "b": two.pem})
        assert served(lb, "one.example") == one.der
    assert lb.seen()["pid"] == before["pid"]
    assert not lb.apply(wanted, pems(certificates, a="one", b="two")).changed
    assert sorted(path.name for path in pathlib.Path(lb.folders.config).iterdir()) == [
        "certs",
        "errors",
        "haproxy.cfg",
    ]


def test_no_request_is_lost_while_certificates_change(
    lb: Balancer, make: t.Callable[..., Member], certificates: dict[str, Certificate]
) -> None:
    wanted = https(make("m"), "a")
    lb.apply(wanted, pems(certificates, a="one"))
    with clients(lb) as both:
        for turn in range(6):
            lb.apply(wanted, pems(certificates, a=("renewed", "one")[turn % 2]))
            lb.apply(wanted, pems(certificates, a=("renewed", "one")[turn % 2], b="two"))
    assert [client.failures for client in both] == [[], []]
    assert min(client.sent for client in both) > 50


def test_behaviour_78_sni_is_passed_on_undecrypted(
    lb: Balancer, make: t.Callable[..., Member], certificates: dict[str, Certificate]
) -> None:
    members = {name: make(name, certificates[name].context()) for name in ("one", "two", "three")}
    pools = [backend(name, member, mode="tcp") for name, member in members.items()]
    rules = [rule("one", "ONE.example"), rule("two", "*.two.example"), rule("three", "three.*")]
    lb.apply(model([frontend(443, *rules, protocol="sni")], pools))
    for asked, name in (
        ("one.example", "one"),
        ("a.b.two.example", "two"),
        ("three.example", "three"),
        ("three.org", "three"),
    ):
        reply = lb.get(port=443, sni=asked)
        assert (reply.member, reply.certificate) == (name, certificates[name].der)
    for other in ("two.example", "xone.example", ""):
        with pytest.raises(OSError, match=r"EOF|reset|closed|UNEXPECTED"):
            lb.get(port=443, sni=other)


def test_behaviour_78_tls_passes_through_tcp(
    lb: Balancer, make: t.Callable[..., Member], certificates: dict[str, Certificate]
) -> None:
    member = make("m", certificates["three"].context())
    pool = backend("443_", member, mode="tcp")
    lb.apply(model([frontend(443, default="443_", protocol="tcp")], [pool]))
    assert served(lb, "any.example") == certificates["three"].der


def test_behaviour_78_tls_is_decrypted_for_what_is_not_http(
    lb: Balancer, make: t.Callable[..., Member], certificates: dict[str, Certificate]
) -> None:
    lb.apply(https(make("m"), "a", "tls"), pems(certificates, a="one"))
    reply = lb.get(port=443, sni="one.example")
    assert reply.certificate == certificates["one"].der
    assert reply.header("x-forwarded-proto") == []


def test_https_says_so_to_the_member(
    lb: Balancer, make: t.Callable[..., Member], certificates: dict[str, Certificate]
) -> None:
    lb.apply(https(make("m"), "a"), pems(certificates, a="one"))
    reply = lb.get(port=443, sni="one.example")
    assert reply.header("x-forwarded-proto") == ["https"]
    assert reply.header("x-forwarded-port") == ["443"]
    given = lb.get(port=443, sni="one.example", headers={"X-Forwarded-Proto": "other"})
    assert given.header("x-forwarded-proto") == ["other"]


@pytest.mark.filterwarnings("ignore:.*TLSv1_1")
def test_tls_12_is_the_oldest_and_http_2_is_spoken(
    lb: Balancer, make: t.Callable[..., Member], certificates: dict[str, Certificate]
) -> None:
    lb.apply(https(make("m"), "a"), pems(certificates, a="one"))
    for version, good in (("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)):
        context = client_context()
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
        context.set_alpn_protocols(["h2"])
        with socket.create_connection((lb.address, 443), timeout=5) as plain:
            try:
                with context.wrap_socket(plain, server_hostname="one.example") as found:
                    assert found.selected_alpn_protocol() == "h2"
                    assert good
            except ssl.SSLError:
                assert not good
    command = ["curl", "-sk", "--http2", "-o", "/dev/null", "-w", "%{http_version} %{http_code}"]
    command.append(f"https://{lb.address}/")
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout == "2 200"


def test_tls_without_any_certificate_is_refused(
    lb: Balancer, make: t.Callable[..., Member]
) -> None:
    with pytest.raises(ValueError, match=r"frontends\[1\]: https on port 443 needs a certificate"):
        lb.apply(https(make("m")))
