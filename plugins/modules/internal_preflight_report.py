#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, which runs on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: internal_preflight_report
short_description: (internal) Report what is wrong with Docker hosts
version_added: 0.2.0
author:
  - drover.docker contributors (@drover)
description:
  - Judges what M(drover.docker.internal_preflight) saw of all hosts of the play, and says what to do.
  - Runs on the controller and contacts no host.
options:
  install:
    description: Whether to return what an installation of Docker would do, where that cures all errors of a host.
    type: bool
    default: false
  installed:
    description: Whether that is done, so that this is the report.
    type: bool
    default: false
extends_documentation_fragment:
  - drover.docker.internal
  - drover.docker.on_controller
  - drover.docker.read_only
seealso:
  - module: drover.docker.internal_preflight
"""

EXAMPLES = r"""
- name: Report
  drover.docker.internal_preflight_report:
  run_once: true
"""

RETURN = r"""
hosts:
  description: By host, whether it can be used (C(ok)) and its C(problems), each with code, severity, text and cure.
  returned: when this is the report
  type: dict
  sample: {"web1": {"ok": true, "problems": []}}
installation:
  description: By host, the packages to install and whether to start the engine.
  returned: success
  type: dict
  sample: {"web2": {"packages": ["docker.io", "python3-docker"], "start": true}}
messages:
  description: The lines for people.
  returned: when this is the report
  type: list
  elements: dict
"""
