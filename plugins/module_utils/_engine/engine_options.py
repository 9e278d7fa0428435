# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of modules that say where the engine is (doc fragment C(engine)). Private to the collection.

Names, aliases and environment variables are those of community.docker, so that C(module_defaults) and C(environment)
serve both.
"""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.basic import AnsibleFallbackNotFound

from .._common.constants import DOCKER_HOST
from .client import DockerEngine
from .tls import Tls


def environment(name: str) -> str:
    """An environment variable of the module. An empty one counts as none, as with the docker command."""
    value = os.environ.get(name, "")
    if not value:
        raise AnsibleFallbackNotFound
    return value


def in_cert_path(name: str) -> str:
    """A file in the folder DOCKER_CERT_PATH, where it exists: not every engine asks for a client's certificate."""
    path = os.path.join(os.path.expanduser(environment("DOCKER_CERT_PATH")), name)
    if not os.path.isfile(path):
        raise AnsibleFallbackNotFound
    return path


ENGINE_OPTIONS: dict[str, t.Any] = {
    "docker_host": {
        "type": "str",
        "default": DOCKER_HOST,
        "fallback": (environment, ["DOCKER_HOST"]),
        "aliases": ["docker_url"],
    },
    "tls": {"type": "bool", "default": False, "fallback": (environment, ["DOCKER_TLS"])},
    "validate_certs": {
        "type": "bool",
        "default": False,
        "fallback": (environment, ["DOCKER_TLS_VERIFY"]),
        "aliases": ["tls_verify"],
    },
    "ca_path": {
        "type": "path",
        "fallback": (in_cert_path, ["ca.pem"]),
        "aliases": ["ca_cert", "tls_ca_cert", "cacert_path"],
    },
    "client_cert": {
        "type": "path",
        "fallback": (in_cert_path, ["cert.pem"]),
        "aliases": ["tls_client_cert", "cert_path"],
    },
    "client_key": {
        "type": "path",
        "fallback": (in_cert_path, ["key.pem"]),
        "aliases": ["tls_client_key", "key_path"],
    },
}


def tls_of(params: t.Mapping[str, t.Any]) -> Tls | None:
    """How to speak TLS, from the options; None without it."""
    if not (params["tls"] or params["validate_certs"]):
        return None
    paths = {name: params[name] or "" for name in ("ca_path", "client_cert", "client_key")}
    return Tls(verify=params["validate_certs"], **paths)


def engine_of(params: t.Mapping[str, t.Any]) -> DockerEngine:
    """The engine of the options."""
    return DockerEngine(params["docker_host"], tls_of(params))
