# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options and attributes that the modules for one host share."""

from __future__ import annotations


class ModuleDocFragment:
    """Where the engine is, and what these modules support."""

    DOCUMENTATION = r"""
options:
  docker_host:
    description:
      - Address of the host's Docker engine, C(unix://PATH) or C(tcp://HOST:PORT).
    type: str
    default: unix:///var/run/docker.sock
requirements:
  - Python 3.8 or later on the host
  - the C(docker) package (Docker SDK for Python) 5.0.3 or later on the host
"""
