# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One certificate with its key and chain, from PEM. Checks whether HAProxy can serve it. Controller only; private."""

from __future__ import annotations

import datetime
import re
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.problems import Invalid

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
except ImportError:  # ansible-core requires it; it is missing only in a broken installation
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True

BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
CERTIFICATE_KINDS = ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")
FEWEST_RSA_BITS = 2048
TIME = "%Y-%m-%dT%H:%M:%SZ"


def check_pem(text: str, now: datetime.datetime) -> dict[str, t.Any]:
    """Return the schema's certificate from PEM blocks in any order.

    Args:
        text: one private key, its certificate, and the certificates that signed it.
        now: the time, with its zone, at which it must be valid.

    Raises:
        Invalid: it can't be used. The message contains no part of the text.
    """
    if not HAS_CRYPTOGRAPHY:
        raise Invalid("cannot be checked: install the Python package cryptography")
    blocks = [(match.group(1), match.group(0)) for match in BLOCK.finditer(text)]
    key = private_key([block for kind, block in blocks if kind.endswith("PRIVATE KEY")])
    listed = [certificate(block) for kind, block in blocks if kind in CERTIFICATE_KINDS]
    if not listed:
        raise Invalid("holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)")
    leaf = own_certificate(listed, key)
    check_time(leaf, now)
    return {
        "pem": as_pem(key, in_order(leaf, listed)),
        "names": names(leaf),
        "not_after": ends(leaf).strftime(TIME),
        "fingerprint": leaf.fingerprint(hashes.SHA256()).hex(),
    }


def private_key(blocks: list[str]) -> t.Any:
    """Return the only private key."""
    if len(blocks) != 1:
        found = "no private key" if not blocks else f"{len(blocks)} private keys, not one"
        raise Invalid(f"holds {found} in PEM form (-----BEGIN PRIVATE KEY-----)")
    if "ENCRYPTED" in blocks[0].split("\n\n", 1)[0]:
        raise Invalid("the private key is encrypted; HAProxy could not ask for its password")
    try:
        key = serialization.load_pem_private_key(blocks[0].encode(), password=None)
    except TypeError:
        raise Invalid("the private key is encrypted; decrypt it first") from None
    except (ValueError, UnsupportedAlgorithm):
        raise Invalid("the private key can't be read, or is of an unknown kind") from None
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < FEWEST_RSA_BITS:
        raise Invalid(f"an RSA key of {key.key_size} bits is refused; {FEWEST_RSA_BITS} are needed")
    return key


def certificate(block: str) -> x509.Certificate:
    """Parse one certificate."""
    try:
        return x509.load_pem_x509_certificate(block.encode())
    except ValueError:
        raise Invalid("a certificate in it can't be read") from None


def public_bytes(holder: t.Any) -> bytes:
    """Return the public key of a private key or a certificate, for comparison."""
    try:
        return t.cast(
            bytes,
            holder.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            ),
        )
    except (AttributeError, ValueError, UnsupportedAlgorithm):
        raise Invalid("its kind of key can't be used") from None


def own_certificate(listed: list[x509.Certificate], key: t.Any) -> x509.Certificate:
    """Return the certificate that belongs to the key."""
    wanted = public_bytes(key)
    found = [item for item in listed if public_bytes(item) == wanted]
    if not found:
        raise Invalid("the private key does not fit the certificate")
    return found[0]


def in_order(leaf: x509.Certificate, listed: list[x509.Certificate]) -> list[x509.Certificate]:
    """Return the certificate, then its signer, then the signer's signer, and so on. Clients expect this order."""
    rest = [item for item in dict.fromkeys(listed) if item != leaf]
    chain = [leaf]
    while True:
        signers = [item for item in rest if item.subject == chain[-1].issuer]
        if not signers:
            return chain + rest
        chain.append(signers[0])
        rest.remove(signers[0])


def check_time(leaf: x509.Certificate, now: datetime.datetime) -> None:
    """Refuse a certificate that is not valid now."""
    if ends(leaf) <= now:
        raise Invalid(f"has expired on {ends(leaf).strftime(TIME)}")
    if begins(leaf) > now:
        raise Invalid(f"is not valid before {begins(leaf).strftime(TIME)}")


def ends(leaf: x509.Certificate) -> datetime.datetime:
    """Return the end of its validity. Before version 42 of the library, times have no zone."""
    found = getattr(leaf, "not_valid_after_utc", None) or leaf.not_valid_after
    return t.cast(datetime.datetime, found).replace(tzinfo=datetime.timezone.utc)


def begins(leaf: x509.Certificate) -> datetime.datetime:
    """Return the start of its validity."""
    found = getattr(leaf, "not_valid_before_utc", None) or leaf.not_valid_before
    return t.cast(datetime.datetime, found).replace(tzinfo=datetime.timezone.utc)


def names(leaf: x509.Certificate) -> list[str]:
    """Return its host names; the common name if there are no others."""
    try:
        extension = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found = extension.get_values_for_type(x509.DNSName)
        found += [str(item) for item in extension.get_values_for_type(x509.IPAddress)]
    except x509.ExtensionNotFound:
        common = leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        found = [str(item.value) for item in common]
    except ValueError:
        raise Invalid("an extension of the certificate can't be read") from None
    return list(dict.fromkeys(name.lower() for name in found))


def as_pem(key: t.Any, chain: list[x509.Certificate]) -> str:
    """Return key and certificates in HAProxy's format."""
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = [item.public_bytes(serialization.Encoding.PEM) for item in chain]
    return b"".join([private, *public]).decode("ascii")
