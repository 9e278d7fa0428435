# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that the modules for one engine share. Names and aliases are those of community.docker."""

from __future__ import annotations


class ModuleDocFragment:
    """Where the engine is, and how it is spoken to."""

    DOCUMENTATION = r"""
options:
  docker_host:
    description:
      - Address of the Docker engine as the host sees it, C(unix://PATH) or C(tcp://HOST:PORT).
      - If it is not given, the environment variable E(DOCKER_HOST) of the module is used, then the default.
    type: str
    default: unix:///var/run/docker.sock
    aliases: [docker_url]
  tls:
    description:
      - Whether to use TLS for an engine at C(tcp://) without verifying its certificate. To verify it, set
        O(validate_certs) instead.
      - If it is not given, the environment variable E(DOCKER_TLS) of the module is used, then the default.
    type: bool
    default: false
    version_added: 0.2.0
  validate_certs:
    description:
      - Whether to use TLS for an engine at C(tcp://) and to verify its certificate. It must be signed by one of
        O(ca_path) and contain the name of the engine's host.
      - If it is not given, the environment variable E(DOCKER_TLS_VERIFY) of the module is used, then the default.
    type: bool
    default: false
    aliases: [tls_verify]
    version_added: 0.2.0
  ca_path:
    description:
      - File with CA certificates for O(validate_certs), in PEM format on the host.
      - If it is not given, C(ca.pem) in the folder of the environment variable E(DOCKER_CERT_PATH) is used, if it
        exists, else the CA certificates that the Python package C(requests) uses.
    type: path
    aliases: [ca_cert, tls_ca_cert, cacert_path]
    version_added: 0.2.0
  client_cert:
    description:
      - File with the client certificate for the engine, in PEM format on the host. Needs O(client_key).
      - If it is not given, C(cert.pem) in the folder of the environment variable E(DOCKER_CERT_PATH) is used, if it
        exists.
    type: path
    aliases: [tls_client_cert, cert_path]
    version_added: 0.2.0
  client_key:
    description:
      - File with the private key of O(client_cert), in PEM format on the host.
      - If it is not given, C(key.pem) in the folder of the environment variable E(DOCKER_CERT_PATH) is used, if it
        exists.
    type: path
    aliases: [tls_client_key, key_path]
    version_added: 0.2.0
attributes:
  action_group:
    description: Use C(group/drover.docker.all) in C(module_defaults) to set defaults for this module.
    support: full
    membership: [drover.docker.all, drover.docker.docker]
requirements:
  - Docker Engine 20.10 or later
  - Docker SDK for Python 5.0.3 or later on the host (C(docker))
  - Python 3.8 or later on the host
notes:
  - The options for TLS have no effect on an engine at C(unix://).
  - The environment variables are those of the module on the host. The keyword C(environment) of a task sets them.
"""
