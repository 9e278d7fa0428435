# shellcheck shell=bash
# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the lab's scripts share: names, messages, and installing a missing tool.

LAB_DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
ROOT_DIR="$(dirname "$LAB_DIR")"
# shellcheck disable=SC2034  # the constants are for the scripts that source this file
{
  STATE_DIR="$ROOT_DIR/.lab"
  LABEL="drover.lab=1"
  NETWORK="drover-lab"
  SUBNET="172.30.99.0/24"
  REGISTRY_CONTAINER="drover-lab-registry"
  REGISTRY_ADDRESS="172.30.99.5"
  REGISTRY="registry.lab:5000"
  CONTROL_DIR="/tmp/drover-lab-ssh-$(id -u)" # short: a socket's path has at most 107 characters
}

say() { printf 'lab: %s\n' "$*"; }
die() {
  printf 'lab: %s\n' "$*" >&2
  exit 1
}

# True where we may install packages ourselves.
can_install() { [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; }

apt_install() {
  local log
  log="$(mktemp)"
  export DEBIAN_FRONTEND=noninteractive
  if ! { apt-get update && apt-get install -y --no-install-recommends "$@"; } </dev/null >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    die "apt-get could not install: $*"
  fi
  rm -f "$log"
}

# need_tool COMMAND PACKAGE: installs PACKAGE where COMMAND is missing, or says what to install.
need_tool() {
  command -v "$1" >/dev/null && return
  can_install || die "$1 is missing: install the package $2"
  say "installing $2"
  apt_install "$2"
}

# lock NAME: waits until no other script of the lab holds NAME; released when this script ends (fd 9).
lock() {
  local dir="${XDG_CACHE_HOME:-$HOME/.cache}/drover-lab"
  mkdir -p "$dir"
  exec 9>"$dir/$1.lock"
  flock -w 1800 9 || die "another lab script holds $dir/$1.lock"
}

engine_answers() { timeout 10 docker info >/dev/null 2>&1; }

need_engine() { engine_answers || die "no Docker engine answers: run lab/engine start"; }

# retry SECONDS COMMAND...: runs COMMAND every 0.2 s until it succeeds or the time is over.
retry() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.2
  done
}

seconds_since() { printf '%d s' "$((SECONDS - $1))"; }

# Ends the SSH connections that Ansible keeps open to hosts of the lab: they would outlive the hosts.
close_connections() {
  local socket
  for socket in "$CONTROL_DIR"/*; do
    [ -S "$socket" ] || continue
    ssh -o ControlPath="$socket" -O exit lab >/dev/null 2>&1 || true
    rm -f "$socket"
  done
}

# Control nodes (lab/control) go without a word: a timer on one would repair what a test breaks.
remove_control_nodes() {
  docker ps -aq --filter "label=$LABEL" --filter 'name=^/?drover-lab-c[0-9]$' | xargs -r docker rm -fv >/dev/null
  rm -f "$STATE_DIR/control.yml"
}
