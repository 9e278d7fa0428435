# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates for tests, each signed by itself."""

from __future__ import annotations

import datetime
import pathlib
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PEM = serialization.Encoding.PEM


def make_certificate(folder: pathlib.Path, name: str, *hosts: str, days: int = 90) -> str:
    """Write a new key and certificate for these host names to C(name.pem); the certificate alone is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _signed(key, hosts, days)
    (folder / f"{name}.pem").write_text(_text(key) + certificate)
    return certificate


def break_pair(folder: pathlib.Path, name: str) -> None:
    """From now on the key in C(name.pem) is that of another certificate."""
    path = folder / f"{name}.pem"
    certificate = path.read_text().partition("-----BEGIN CERTIFICATE-----")[2]
    other = _text(ec.generate_private_key(ec.SECP256R1()))
    path.write_text(f"{other}-----BEGIN CERTIFICATE-----{certificate}")


def trusting(*certificates: str) -> ssl.SSLContext:
    """A client that takes nothing but these certificates, for their names."""
    return ssl.create_default_context(cadata="".join(certificates))


def _text(key: ec.EllipticCurvePrivateKey) -> str:
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(PEM, form, plain).decode()


def _signed(key: ec.EllipticCurvePrivateKey, hosts: tuple[str, ...], days: int) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, hosts[0])])
    begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=100)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=100 + days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(PEM).decode()
