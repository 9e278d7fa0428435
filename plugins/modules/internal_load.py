#!/usr/bin/python
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: internal_load
short_description: (internal) Read the files of a stack
version_added: 0.1.0
description:
  - Reads C(docker-compose.yml) or C(compose.yaml), C(rancher-compose.yml) and C(answers.yml) of a folder
    on the control node and returns the stack in its canonical form, in which every default is written out.
  - Contacts no host and changes nothing. Never runs code from the files.
  - Reports all problems together, each with file, service and key.
  - Refuses unsupported keys by name.
  - Also reads the certificates that load balancers name, from the variable C(drover_certificates) (a map of name
    to C(cert), C(key) and C(chain)), the folder C(drover_certificates_dir), or C(certs) in the stack's folder,
    and refuses them unless HAProxy can serve them now.
  - Replaces Rancher's load balancer images by the image in the variable C(drover_balancer_image).
notes:
  - The result holds values of environment variables and private keys, so a successful task does not show it. Errors
    never show such values.
options:
  stack_dir:
    description:
      - Folder of the stack on the control node. A relative path is relative to the folder in which Ansible was started.
    type: path
    required: true
  stack:
    description:
      - Name of the stack. It is lower-cased; characters other than letters, digits and hyphens become hyphens.
      - The default is C(name) in the compose file, or the name of the folder.
    type: str
  variables:
    description:
      - Values of the variables in the files, each a single value. They override C(answers.yml), the environment of the
        control node, the folder's C(.env), and the defaults of the questions in C(rancher-compose.yml), in this order.
    type: dict
    default: {}
  profiles:
    description:
      - Profiles whose services are wanted, with commas between them; an asterisk for all.
      - The default is C(COMPOSE_PROFILES) in the folder's C(.env), else none.
    type: list
    elements: str
  show:
    description:
      - Keep the canonical stack as YAML for M(drover.docker.internal_show).
    type: bool
    default: false
  show_secrets:
    description:
      - With O(show), also show values that may be secrets (C(environment), C(metadata), driver options) and the
        private keys of certificates.
    type: bool
    default: false
extends_documentation_fragment:
  - drover.docker.internal
  - action_common_attributes
  - action_common_attributes.conn
  - action_common_attributes.flow
attributes:
  action:
    support: full
  async:
    support: none
  bypass_host_loop:
    support: none
  become:
    support: none
  check_mode:
    support: full
  connection:
    support: none
  delegation:
    support: none
    details: The files are always those of the control node.
  diff_mode:
    support: full
    details: Nothing is changed, so there is never a difference to show.
  platform:
    support: full
    platforms: posix
author:
  - drover.docker contributors (@drover)
"""

EXAMPLES = r"""
- name: Read a stack
  drover.docker.internal_load:
    stack_dir: /srv/stacks/wordpress
  register: wordpress

- name: Read it under another name, with a version chosen here
  drover.docker.internal_load:
    stack_dir: /srv/stacks/wordpress
    stack: blog
    variables:
      WORDPRESS_VERSION: "6.8"
  register: blog

- name: Show the names of its services
  ansible.builtin.debug:
    msg: "{{ blog.definition.services | list }}"
"""

RETURN = r"""
definition:
  description: The canonical stack, as docs/schema.md describes it in section 5.
  returned: success
  type: dict
  contains:
    format:
      description: Number of the format.
      type: int
      returned: always
      sample: 1
    stack:
      description: Name of the stack.
      type: str
      returned: always
      sample: blog
    services:
      description: The services by name. Sizes are in bytes, times in the unit that ends the key's name.
      type: dict
      returned: always
      sample: {"db": {"image": "mariadb:11", "scale": 1}}
    volumes:
      description: The declared volumes by key.
      type: dict
      returned: always
      sample:
        data: {"driver": "local", "driver_opts": {}, "external": false, "name": "blog_data", "per_container": false}
    certificates:
      description: The certificates that the stack's load balancers name, with their keys.
      type: dict
      returned: always
      sample: {"shop": {"names": ["shop.example"], "not_after": "2027-01-01T00:00:00Z"}}
stack:
  description: Name of the stack.
  returned: success
  type: str
  sample: blog
problems:
  description: What is wrong with the files.
  returned: failure
  type: list
  elements: dict
  contains:
    file:
      description: The file.
      type: str
      sample: docker-compose.yml
    service:
      description: The service; empty for none.
      type: str
      sample: web
    key:
      description: The key; empty for none.
      type: str
      sample: imge
    message:
      description: What is wrong, and what to write instead.
      type: str
      sample: unknown key; did you mean "image"?
messages:
  description: The same as lines for people, each with C(kind) and C(text).
  returned: failure
  type: list
  elements: dict
"""
