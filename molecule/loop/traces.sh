#!/usr/bin/env bash
# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# traces.sh [FILE]: writes to FILE (/var/tmp/before) what the role could leave: files, units, users, groups, cron jobs.
# Not what logs, SSH logins and Ansible itself leave, nor what passes leave on a Docker host.
set -euo pipefail
{
  find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /var/tmp -o -path /var/log \
    -o -path /var/lib/containerd -o -path /var/lib/docker -o -path /var/lib/drover -o -path /var/lib/systemd -o -path /root/.ansible \) -prune -o -printf '%p %y %m %u %g\n'
  find /run -maxdepth 2 -name '*drover*'
  systemctl list-unit-files --no-legend --no-pager --all
  systemctl list-units --all --plain --no-legend --no-pager '*drover*'
  getent passwd
  getent group
  cat /etc/crontab /etc/cron.d/* /var/spool/cron/crontabs/* 2>/dev/null || true
} | LC_ALL=C sort >"${1:-/var/tmp/before}"
