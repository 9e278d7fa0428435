# shellcheck shell=bash
# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Containers that are machines, with systemd as their process 1: what lab/up and lab/control share.

# shellcheck disable=SC2034  # for the scripts that source this file
KEY="$STATE_DIR/id_ed25519"

# state NAME IMAGE: running, stopped, paused, missing, or outdated when it was made from another image.
state() {
  local found image
  found="$(docker inspect -f '{{.State.Status}} {{.Image}}' "$1" 2>/dev/null)" || {
    echo missing
    return
  }
  image="$(docker image inspect -f '{{.Id}}' "$2")"
  case "$found" in
    "running $image" | "paused $image") echo "${found%% *}" ;;
    *" $image") echo stopped ;;
    *) echo outdated ;;
  esac
}

# ensure NAME IMAGE CREATE...: the container NAME runs; where it is missing, CREATE makes it first.
ensure() {
  local name="$1" image="$2" begin=$SECONDS now
  shift 2
  now="$(state "$name" "$image")"
  case "$now" in
    running) return ;;
    paused) docker unpause "$name" >/dev/null ;;
    stopped) docker start "$name" >/dev/null ;;
    outdated)
      docker rm -fv "$name" >/dev/null
      "$@"
      ;;
    missing) "$@" ;;
  esac
  say "$name was $now: started ($(seconds_since "$begin"))"
}

# What systemd needs to be process 1. cgroup v1: the recipe that also works without CAP_SYS_RESOURCE; v2: as kind does it.
systemd_options() {
  if [ "$(docker info --format '{{.CgroupVersion}}')" = 2 ]; then
    printf '%s\n' --privileged --cgroupns=private
    return
  fi
  printf '%s\n' --cap-add=ALL --cap-drop=SYS_RESOURCE --cgroupns=host --volume=/sys/fs/cgroup:/sys/fs/cgroup:rw \
    --security-opt=seccomp=unconfined --security-opt=systempaths=unconfined --security-opt=apparmor=unconfined \
    '--device-cgroup-rule=a *:* rwm' \
    '--env=SYSTEMD_PROC_CMDLINE=systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1'
}

# let_us_in NAME: our key is one of root's there.
let_us_in() {
  # shellcheck disable=SC2016  # expanded in the machine
  docker exec "$1" sh -c 'cd /root/.ssh && { grep -qsxF "$1" authorized_keys || echo "$1" >>authorized_keys; }' \
    sh "$(cat "$KEY.pub")"
}

# all_succeed PID...: waits for the jobs; false when one failed.
all_succeed() {
  local pid result=0
  for pid; do wait "$pid" || result=1; done
  return "$result"
}
