# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that the inventory plugins share: which Docker hosts there are, and how they are asked."""

from __future__ import annotations


class ModuleDocFragment:
    """The Docker hosts of a source."""

    DOCUMENTATION = r"""
requirements:
  - the SSH client C(ssh) on the control node, and Python 3.8 or later on the hosts, for hosts with SSH
options:
  hosts:
    description:
      - The Docker hosts. Without it, O(docker_host) is the only one.
      - Every option of a host except O(hosts[].name) and O(hosts[].docker_host) is also allowed at the top level of the
        source, as the default for all hosts. The spellings that begin with C(ansible_), and C(remote_user), are for
        entries only.
      - A key that an entry has in two spellings with different values is an error.
    type: list
    elements: dict
    suboptions:
      name:
        description: Its name. The default is its address. For the playbooks it must be the name that they know.
        type: str
      docker_host:
        description:
          - Address of its engine. V(ssh://USER@HOST:PORT), with user and port optional, V(tcp://HOST:PORT), or
            V(unix:///var/run/docker.sock) for this machine.
          - Required, unless O(hosts[].ansible_host) is set.
        type: str
      ansible_host:
        description: Address of a host with SSH. V(web1) is another spelling of O(hosts[].docker_host=ssh://web1).
        type: str
        version_added: 0.2.0
      timeout:
        description: As O(timeout).
        type: float
      user:
        description: As O(user).
        type: str
      remote_user:
        description: Another spelling of O(hosts[].user).
        type: str
        version_added: 0.2.0
      ansible_user:
        description: Another spelling of O(hosts[].user).
        type: str
        version_added: 0.2.0
      port:
        description: As O(port).
        type: int
      ansible_port:
        description: Another spelling of O(hosts[].port).
        type: int
        version_added: 0.2.0
      private_key_file:
        description: As O(private_key_file).
        type: str
      ansible_ssh_private_key_file:
        description: Another spelling of O(hosts[].private_key_file).
        type: str
        version_added: 0.2.0
      ssh_args:
        description: As O(ssh_args).
        type: str
      python:
        description: As O(python).
        type: str
      become:
        description: As O(become).
        type: bool
      ansible_become:
        description: Another spelling of O(hosts[].become).
        type: bool
        version_added: 0.2.0
      ansible_become_user:
        description: Is accepted if it is V(root), as O(hosts[].become) always means root.
        type: str
        version_added: 0.2.0
      socket:
        description: As O(socket).
        type: str
      state_dir:
        description: As O(state_dir).
        type: str
      tls:
        description: As O(tls).
        type: bool
      validate_certs:
        description: As O(validate_certs).
        type: bool
      ca_path:
        description: As O(ca_path).
        type: str
      client_cert:
        description: As O(client_cert).
        type: str
      client_key:
        description: As O(client_key).
        type: str
      tls_hostname:
        description: As O(tls_hostname).
        type: str
  from_group:
    description:
      - A group of Docker hosts that an earlier inventory source has, such as C(docker_hosts). They are asked in the way
        in which Ansible reaches them - C(ansible_host), C(ansible_port), C(ansible_user), the private key, the
        arguments of SSH, C(ansible_become), C(ansible_python_interpreter), C(ansible_connection=local),
        C(drover_docker_host) and C(drover_state_dir).
      - Name the sources in this order, as with C(-i hosts.yml -i services.drover.yml). In a folder, they are read in
        the order of their names.
      - An entry of O(hosts) with the same name comes before that of the group.
    type: str
    version_added: 0.2.0
  docker_host:
    description:
      - The only engine of a source without O(hosts) and O(from_group), in the format of O(hosts[].docker_host).
    type: str
    default: unix:///var/run/docker.sock
    env:
      - name: DOCKER_HOST
        version_added: 0.2.0
  timeout:
    description: Time limit for a host's whole answer, including the connection, in seconds.
    type: float
    default: 5
  user:
    description: User of the SSH connection, if the address names none. Without it, the SSH client decides.
    type: str
  port:
    description: Port of the SSH connection, if the address names none. Without it, the SSH client decides.
    type: int
  private_key_file:
    description: Private key of the SSH connection. A relative path starts at the folder of the source.
    type: str
  ssh_args:
    description: More arguments of the SSH client, such as V(-o ProxyJump=gate).
    type: str
  python:
    description: Python interpreter on hosts with SSH.
    type: str
    default: python3
  become:
    description: Whether to use C(sudo -n) on hosts with SSH. Only root can read stack records.
    type: bool
    default: false
  socket:
    description: The engine's socket on hosts with SSH.
    type: str
    default: /var/run/docker.sock
  state_dir:
    description: Folder of the stack records on the Docker hosts.
    type: str
    default: /var/lib/drover
  tls:
    description: Whether TCP connections use TLS. The default is true on port 2376 and if O(ca_path) or O(client_cert)
      is set.
    type: bool
    env:
      - name: DOCKER_TLS
        version_added: 0.2.0
      - name: DOCKER_TLS_VERIFY
        version_added: 0.2.0
  validate_certs:
    description: Whether to verify the certificate of an engine.
    type: bool
    default: true
  ca_path:
    description: File with CA certificates, to verify those of engines, or a folder with C(ca.pem). A relative path
      starts at the folder of the source.
    type: str
    env:
      - name: DOCKER_CERT_PATH
        version_added: 0.2.0
  client_cert:
    description: Client certificate for engines, together with O(client_key), or a folder with C(cert.pem). A relative
      path starts at the folder of the source.
    type: str
    env:
      - name: DOCKER_CERT_PATH
        version_added: 0.2.0
  client_key:
    description: Key of O(client_cert), or a folder with C(key.pem).
    type: str
    env:
      - name: DOCKER_CERT_PATH
        version_added: 0.2.0
  tls_hostname:
    description: Name that an engine's certificate must contain, if it is not that of the address.
    type: str
    env:
      - name: DOCKER_TLS_HOSTNAME
        version_added: 0.2.0
"""
