# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of load balancers: found by name in three places, and refused where HAProxy could not serve them."""

from __future__ import annotations

import dataclasses
import datetime
import ipaddress
import pathlib
import typing as t

import pytest
from ansible_collections.drover.docker.plugins.module_utils._model.problems import Notes, Place
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.certificate_pem import (
    check_pem,
)
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.certificates import (
    Certificates,
    CertificateSources,
)
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.loader import load_stack
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.show_stack import (
    HIDDEN,
    as_yaml,
)
from ansible_collections.drover.docker.tests.unit.shared.balancer_files import (
    PLAIN,
    RANCHER,
    two_files,
)
from ansible_collections.drover.docker.tests.unit.shared.stack_folder import load, refused, write
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
DAY = datetime.timedelta(days=1)
PEM, PLAINTEXT = serialization.Encoding.PEM, serialization.NoEncryption()


@dataclasses.dataclass
class Made:
    """A key and its certificate, with the texts of both."""

    key: t.Any
    certificate: x509.Certificate

    @property
    def key_text(self) -> str:
        form = serialization.PrivateFormat.PKCS8
        return str(self.key.private_bytes(PEM, form, PLAINTEXT).decode())

    @property
    def text(self) -> str:
        return self.certificate.public_bytes(PEM).decode()

    @property
    def both(self) -> str:
        return self.key_text + self.text


def make(
    *names: str,
    key: t.Any = None,
    signer: Made | None = None,
    days: float = 90,
    since: float = 1,
    common: str = "",
) -> Made:
    """A certificate for host names and addresses, signed by another one or by itself."""
    own = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common or names[0])])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer.certificate.subject if signer else subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - since * DAY)
        .not_valid_after(NOW + days * DAY)
    )
    if names:
        listed = [general_name(name) for name in names]
        builder = builder.add_extension(x509.SubjectAlternativeName(listed), critical=False)
    signing = signer.key if signer else own
    algorithm = None if isinstance(signing, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return Made(own, builder.sign(signing, algorithm))


def general_name(name: str) -> x509.GeneralName:
    if name[0].isdigit():
        return x509.IPAddress(ipaddress.ip_address(name))
    return x509.DNSName(name)


@pytest.fixture(scope="module")
def shop() -> Made:
    return make("shop.example", "*.Shop.example", "10.0.0.1")


def loaded(
    folder: pathlib.Path, *names: str, settings: CertificateSources | None = None
) -> tuple[dict[str, t.Any], Notes]:
    """The certificates of these names, and what was noted."""
    notes = Notes()
    certificates = Certificates(settings or CertificateSources(), str(folder), now=NOW)
    return certificates.load([(name, Place(notes, "f").at(name)) for name in names]), notes


def test_everything_that_the_schema_wants(shop: Made) -> None:
    found = check_pem(shop.both, NOW)
    assert found == {
        "pem": shop.both,
        "names": ["shop.example", "*.shop.example", "10.0.0.1"],
        "not_after": (NOW + 90 * DAY).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "fingerprint": shop.certificate.fingerprint(hashes.SHA256()).hex(),
    }


def test_the_common_name_counts_where_there_is_no_other() -> None:
    assert check_pem(make(common="old.example").both, NOW)["names"] == ["old.example"]


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
    ],
    ids=["EC", "Ed25519", "RSA"],
)
def test_kinds_of_keys(key: t.Any) -> None:
    made = make("a.b", key=key)
    assert check_pem(made.both, NOW)["pem"] == made.both


@pytest.mark.parametrize("form", ["TraditionalOpenSSL", "PKCS8"])
def test_forms_of_keys(shop: Made, form: str) -> None:
    key = shop.key.private_bytes(PEM, getattr(serialization.PrivateFormat, form), PLAINTEXT)
    assert check_pem(key.decode() + shop.text, NOW)["pem"] == shop.both


def test_a_chain_comes_in_the_order_that_clients_want() -> None:
    root = make(common="root")
    middle = make(common="middle", signer=root)
    leaf = make("a.b", signer=middle)
    text = "\n".join(["# mixed up", root.text, leaf.key_text, middle.text, leaf.text, root.text])
    assert check_pem(text, NOW)["pem"] == leaf.both + middle.text + root.text


def encrypted(made: Made, form: str) -> str:
    password = serialization.BestAvailableEncryption(b"hunter2")
    kind = getattr(serialization.PrivateFormat, form)
    return str(made.key.private_bytes(PEM, kind, password).decode()) + made.text


BROKEN = "-----BEGIN {0}-----\nTm90aGluZw==\n-----END {0}-----\n"
# a text -> part of the refusal
UNUSABLE: dict[str, tuple[t.Callable[[Made], str], str]] = {
    "empty": (lambda _made: "", "holds no private key in PEM form"),
    "DER": (lambda made: str(made.certificate.public_bytes(serialization.Encoding.DER)), "no priv"),
    "no key": (lambda made: made.text, "holds no private key"),
    "two keys": (lambda made: made.both + make("x").key_text, "2 private keys, not one"),
    "no certificate": (lambda made: made.key_text, "holds no certificate"),
    "another's key": (lambda made: make("x").key_text + made.text, "does not fit the certificate"),
    "encrypted": (lambda made: encrypted(made, "PKCS8"), "is encrypted"),
    "encrypted long ago": (lambda made: encrypted(made, "TraditionalOpenSSL"), "is encrypted"),
    "expired": (lambda _made: make("x", days=-0.1, since=9).both, "has expired on"),
    "not yet": (lambda _made: make("x", since=-1).both, "is not valid before"),
    "bad key": (lambda made: BROKEN.format("PRIVATE KEY") + made.text, "can't be read"),
    "bad certificate": (lambda made: made.key_text + BROKEN.format("CERTIFICATE"), "can't be read"),
    "SSH key": (lambda made: BROKEN.format("OPENSSH PRIVATE KEY") + made.text, "can't be read"),
    "cut off": (lambda made: made.both[:-40], "holds no certificate"),
    "short": (
        lambda _made: make("x", key=rsa.generate_private_key(65537, 1024)).both,
        "RSA key of 1024 bits",
    ),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_what_cannot_be_served_is_refused(tmp_path: pathlib.Path, shop: Made, case: str) -> None:
    text, message = UNUSABLE[case]
    write(tmp_path, {"certs/a.pem": text(shop)})
    found, notes = loaded(tmp_path, "a")
    (problem,) = notes.problems
    assert problem.message.startswith('certificate "a" (certs: a.pem): ')
    assert message in problem.message
    assert found == {}
    assert "hunter2" not in problem.message
    assert "Tm90" not in problem.message


FORMS: dict[str, t.Callable[[Made], dict[str, str]]] = {
    "one file": lambda made: {"a.pem": made.both},
    "a folder": lambda made: {"a/fullchain.pem": made.text, "a/privkey.pem": made.key_text},
    "two files": lambda made: {"a.crt": made.text, "a.key": made.key_text},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("where", ["certs", "inventory"])
def test_forms_of_files(tmp_path: pathlib.Path, shop: Made, form: str, where: str) -> None:
    write(tmp_path / where, FORMS[form](shop))
    settings = CertificateSources(directory=str(tmp_path / where) if where == "inventory" else "")
    found, notes = loaded(tmp_path, "a", settings=settings)
    assert (found["a"]["pem"], notes.problems, notes.warnings) == (shop.both, [], [])


@pytest.mark.parametrize("chain", [True, False])
def test_a_variable_holds_certificates(tmp_path: pathlib.Path, chain: bool) -> None:
    root = make(common="root")
    leaf = make("a.b", signer=root)
    held = {"cert": leaf.text, "key": leaf.key_text, "chain": root.text if chain else ""}
    found, notes = loaded(tmp_path, "a", settings=CertificateSources({"a": held}))
    assert found["a"]["pem"] == leaf.both + (root.text if chain else "")
    assert notes.problems == []


def test_the_variable_comes_first_then_the_inventorys_folder(tmp_path: pathlib.Path) -> None:
    made = {name: make(f"{name}.example") for name in ("variable", "inventory", "stack")}
    write(tmp_path / "certs", {f"{name}.pem": made["stack"].both for name in "abc"})
    write(tmp_path / "own", {f"{name}.pem": made["inventory"].both for name in "ab"})
    held = {"a": {"cert": made["variable"].text, "key": made["variable"].key_text}}
    settings = CertificateSources(held, str(tmp_path / "own"))
    found, _notes = loaded(tmp_path, "c", "b", "a", settings=settings)
    assert [(name, one["names"]) for name, one in found.items()] == [
        ("a", ["variable.example"]),
        ("b", ["inventory.example"]),
        ("c", ["stack.example"]),
    ]


# files, variable -> part of the refusal
NOT_FOUND: list[tuple[dict[str, str], t.Any, str]] = [
    ({}, None, 'there is no certificate "shop" in certs and drover_certificates'),
    ({"certs/shpo.pem": ""}, None, 'did you mean "shpo"?'),
    ({}, {"shops": {}}, 'did you mean "shops"?'),
    ({"certs/shop.crt": ""}, None, "shop.key can't be read: No such file"),
    ({"certs/shop/fullchain.pem": ""}, None, "privkey.pem can't be read"),
    ({"certs/shop.pem": "", "certs/shop.key": ""}, None, "as shop.pem and as shop.crt; keep one"),
    ({"certs/shop.pem/x": ""}, None, "shop.pem is a folder, not a regular file"),
    ({"certs/shop.pem": "x" * (1024 * 1024 + 1)}, None, "is larger than"),
    ({}, ["shop"], "must be a map of name to cert and key"),
    ({}, {"shop": "x"}, "drover_certificates.shop must be a map of cert, key, chain"),
    ({}, {"shop": {"cert": "x"}}, 'drover_certificates.shop has no "key"'),
    ({}, {"shop": {"crt": "x", "key": "y"}}, 'unknown key "crt"; did you mean "cert"?'),
]


@pytest.mark.parametrize(("files", "variable", "message"), NOT_FOUND)
def test_what_is_not_there_is_said(
    tmp_path: pathlib.Path, files: dict[str, str], variable: t.Any, message: str
) -> None:
    write(tmp_path, files)
    found, notes = loaded(tmp_path, "shop", settings=CertificateSources(variable))
    assert [message in problem.message for problem in notes.problems] == [True], notes.problems
    assert found == {}


@pytest.mark.parametrize(("days", "said"), [(29.5, ["29 days"]), (30.5, [])])
def test_one_that_ends_soon_is_said(tmp_path: pathlib.Path, days: float, said: list[str]) -> None:
    write(tmp_path, {"certs/a.pem": make("a.b", days=days).both})
    found, notes = loaded(tmp_path, "a")
    assert [text for text in said if text in notes.warnings[0]] == said
    assert len(notes.warnings) == len(said)
    assert list(found) == ["a"]


TLS = f"port_rules:\n- {{{PLAIN}, protocol: https}}"


def test_only_those_that_are_named_are_in_the_definition(
    tmp_path: pathlib.Path, shop: Made
) -> None:
    config = f"{TLS}\ncerts: [api, shop, api]\ndefault_cert: shop"
    files = {**two_files(config), "certs/shop.pem": shop.both, "certs/other.pem": "x"}
    files["certs/api.pem"] = make("api.example").both
    definition, warnings = load(tmp_path, files)
    assert sorted(definition["certificates"]) == ["api", "shop"]
    found = definition["services"]["lb"]["balancer"]
    assert found["certificates"] == ["api", "shop"]
    assert (found["default_certificate"], warnings) == ("shop", [])


def test_keys_of_the_first_format_name_certificates_as_well(
    tmp_path: pathlib.Path, shop: Made
) -> None:
    lb = (
        "lb:\n  image: rancher/load-balancer-service\n  ports: ['443:80']\n  links: [web]\n"
        "  labels: {io.rancher.loadbalancer.ssl.ports: '443'}\n"
    )
    files = {
        "docker-compose.yml": f"web: {{image: a}}\n{lb}",
        RANCHER: "lb: {default_cert: shop, certs: []}\n",
        "certs/shop.pem": shop.both,
    }
    definition, warnings = load(tmp_path, files)
    found = definition["services"]["lb"]["balancer"]
    assert (found["default_certificate"], found["certificates"]) == ("shop", ["shop"])
    assert (list(definition["certificates"]), warnings) == (["shop"], [])


def test_a_bad_one_is_refused_at_the_place_that_names_it(
    tmp_path: pathlib.Path, shop: Made
) -> None:
    files = {**two_files(f"{TLS}\ncerts: [shop]"), "certs/shop.pem": shop.text}
    (problem,) = refused(tmp_path, files)
    assert (problem.file, problem.service) == (RANCHER, "lb")
    assert problem.key == "lb_config.certs.0"
    assert 'certificate "shop" (certs: shop.pem): holds no private key' in problem.message


def test_certificates_without_tls_are_said(tmp_path: pathlib.Path, shop: Made) -> None:
    config = f"port_rules:\n- {{{PLAIN}}}\ncerts: [shop]"
    _definition, (said,) = load(tmp_path, {**two_files(config), "certs/shop.pem": shop.both})
    assert "no port has the protocol https or tls" in said


def test_keys_are_shown_only_if_asked_for(tmp_path: pathlib.Path, shop: Made) -> None:
    config = f'{TLS}\ncerts: [shop]\nconfig: "userlist u\\n user a insecure-password hunter2"'
    write(tmp_path, two_files(config))
    held = {"shop": {"cert": shop.text, "key": shop.key_text}}
    definition, _warnings = load_stack(
        str(tmp_path), stack="shop", variables={}, environ={}, certificates=CertificateSources(held)
    )
    shown = "\n".join(as_yaml(definition, secrets=False))
    assert "PRIVATE KEY" not in shown
    assert "hunter2" not in shown
    assert HIDDEN in shown
    assert "*.shop.example" in shown
    assert "PRIVATE KEY" in "\n".join(as_yaml(definition, secrets=True))
