# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS with an engine: what is checked and shown, and what its failures mean. Private to the collection."""

from __future__ import annotations

import dataclasses
import os
import ssl
import typing as t

from .errors import EngineError

if t.TYPE_CHECKING:
    from docker.tls import TLSConfig


@dataclasses.dataclass(frozen=True)
class Tls:
    """How to speak TLS with an engine. Paths are those of files in PEM format on this host; empty: none."""

    verify: bool
    """Whether the engine must show a certificate of a known authority that names its host."""
    ca_path: str = ""
    """Authorities that count. Empty: those that the Python package C(requests) knows."""
    client_cert: str = ""
    client_key: str = ""


def tls_config(tls: Tls) -> TLSConfig:
    """The same for the Docker SDK. Raises EngineError if a file is missing."""
    from docker.tls import TLSConfig

    for option in ("ca_path", "client_cert", "client_key"):
        path = getattr(tls, option)
        if path and not os.path.isfile(path):
            raise EngineError(f"{option}: there is no file {path} on this host")
    if bool(tls.client_cert) != bool(tls.client_key):
        missing = "client_key" if tls.client_cert else "client_cert"
        raise EngineError(f"client_cert and client_key belong together, and {missing} is not given")
    if not tls.verify:
        _say_nothing_of_it()
    shown = (tls.client_cert, tls.client_key) if tls.client_cert else None
    return TLSConfig(client_cert=shown, ca_cert=tls.ca_path or None, verify=tls.verify)


def _say_nothing_of_it() -> None:
    """Who chose C(tls) without C(validate_certs) needs no warning in each call, on the standard error of the module."""
    import urllib3

    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)


def tls_error(error: ssl.SSLError) -> str:
    """Why there is no TLS with the engine, and what to do."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = f"the certificate of the Docker engine is refused: {error.verify_message}"
        return f"{why}; see docker_host and ca_path"
    if error.reason == "WRONG_VERSION_NUMBER":
        return "what answers at docker_host does not speak TLS; see docker_host, tls and validate_certs"
    why = error.reason or str(error)
    return f"no TLS connection to the Docker engine: {why}; see client_cert and client_key"
