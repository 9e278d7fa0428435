#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name, which runs on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: internal_audit
short_description: (internal) Merge the audit of several Docker hosts
version_added: 0.1.0
author:
  - drover.docker contributors (@drover)
description:
  - Merges the results of M(drover.docker.audit_info) for several hosts, newest last, and returns them as lines for
    people and as data.
  - Groups the lines of each run under a line that says who ran it and when. An equal action of several hosts, such as
    storing a record, is one line.
  - Runs on the controller and contacts no host.
options:
  results:
    description: Results of M(drover.docker.audit_info), by host. Hosts without RV(lines) are listed at the end.
    type: dict
    required: true
  limit:
    description: Maximum number of lines; the newest are shown.
    type: int
    default: 200
  format:
    description: A table for people, or one JSON object a line.
    type: str
    choices: [table, json]
    default: table
extends_documentation_fragment:
  - drover.docker.internal
  - drover.docker.on_controller
  - drover.docker.read_only
seealso:
  - module: drover.docker.audit_info
"""

EXAMPLES = r"""
- name: Read
  drover.docker.audit_info:
    stack: shop
  register: read

- name: Print
  drover.docker.audit:
    results: "{{ dict(ansible_play_hosts_all | zip(ansible_play_hosts_all | map('extract', hostvars, 'read'))) }}"
  run_once: true
"""

RETURN = r"""
lines:
  description: The merged lines, oldest first, as M(drover.docker.audit_info) describes them; C(host) may name several.
  returned: success
  type: list
  elements: dict
messages:
  description: The lines for people, each with C(kind) V(plain) and C(text).
  returned: success
  type: list
  elements: dict
missing:
  description: Hosts that returned no lines because they did not answer.
  returned: success
  type: list
  elements: str
"""
