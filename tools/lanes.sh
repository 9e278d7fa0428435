# shellcheck shell=bash
# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lanes: the oldest and the newest ansible-core that the Pythons of this machine can run, with LANES_OF=all every one,
# each in a venv of its own.
# shellcheck source=tools/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lane_dir() { printf '%s' "$CACHE_DIR/lanes/core-$1-python-$2"; }

# make_lane CORE PYTHON PATH: the lane's venv.
make_lane() { make_venv "$(lane_dir "$1" "$2")" "$3" "core-$1.txt" units.txt sanity.txt; }

# pip_stand_in LANE_DIR HOME: ansible-test makes its venvs without pip and downloads an installer of one version of
# pip, unless this file is there. Ours takes the pip that Python ships and lets it install that version.
pip_stand_in() {
  local version
  version="$("$1/bin/python" - <<'P'
import pathlib, re, ansible_test
source = pathlib.Path(ansible_test.__file__).parent / "_internal" / "python_requirements.py"
print(re.search(r"pip='([0-9.]+)'", source.read_text()).group(1).replace(".", "_"))
P
)"
  mkdir -p "$2/.ansible/test/cache"
  cat >"$2/.ansible/test/cache/get_pip_$version.py" <<'P'
import subprocess, sys
pip = [sys.executable, "-m", "pip"]
subprocess.check_call([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL)
wanted = [word for word in sys.argv[1:] if "==" in word]
subprocess.check_call([*pip, "install", "-qq", "--disable-pip-version-check", *wanted])
P
}

# private_home LANE_DIR: a home folder for ansible-test, which keeps its venvs there: one for each lane, as two lanes that
# make the same venv at once break it. pip's settings and cache stay the user's.
private_home() {
  local home="$1/home" part
  mkdir -p "$home/.config" "$home/.cache"
  for part in .config/pip .pip .cache/pip; do
    [ ! -e "$HOME/$part" ] || ln -sfn "$HOME/$part" "$home/$part"
  done
  printf '%s' "$home"
}

# lane_path LANE_DIR: a PATH with the real folders of the Pythons found: ansible-test takes a shim for a Python.
lane_path() {
  printf '%s:' "$1/bin"
  awk '{ sub("/[^/]*$", "", $2); printf "%s:", $2 }' <<<"$FOUND"
  printf '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
}

# ansible_test LANE_DIR TREE ARGUMENT...: runs ansible-test of the lane in the copy of the work tree under TREE.
ansible_test() {
  local lane="$1" tree="$2" home
  shift 2
  home="$(private_home "$lane")"
  (cd "$tree/ansible_collections/drover/docker" &&
    env HOME="$home" PATH="$(lane_path "$lane")" "$lane/bin/ansible-test" "$@" </dev/null)
}

# show_faults LOG: what ansible-test found, why it ended by itself, or the log's end.
show_faults() {
  if grep -qE '^(ERROR|FAILED)' "$1"; then
    grep -E '^(ERROR|FATAL|FAILED|E  |=+ .* =+$)' "$1" | cut -c 1-300 | tail -n 100
  elif grep -q '^FATAL' "$1"; then
    sed -n '/^FATAL/,$p' "$1" | tail -n 20 | cut -c 1-300
  else
    tail -n 40 "$1" | cut -c 1-300
  fi
}

# start_lanes FUNCTION NAME LANE...: starts FUNCTION CORE PYTHON PATH TREE EXTRAS for each lane, with a copy of the work
# tree of its own and its output in a log; EXTRAS are the other Pythons it is to check.
start_lanes() {
  local function="$1" name="$2" row core python path lane extras log
  shift 2
  PIDS=() LABELS=() LOGS=()
  for row; do
    read -r core python path lane extras <<<"$row"
    say "lane $lane: ansible-core $core on Python $python"
    log="$CACHE_DIR/logs/$name-$lane.log"
    copy_tree "$WORK/$lane"
    (lane_timed "$function" "$core" "$python" "$path" "$WORK/$lane" "${extras//,/ }") >"$log" 2>&1 &
    PIDS+=("$!") LABELS+=("$name, core $core on Python $python") LOGS+=("$log")
  done
}

# end_lanes: waits for the lanes that were started; shows what the one that failed found.
end_lanes() {
  local failed="" i
  for i in "${!PIDS[@]}"; do
    if wait "${PIDS[$i]}"; then
      say "ok: ${LABELS[$i]}, $(tail -n 1 "${LOGS[$i]}")"
      closing_lines "${LOGS[$i]}"
    else
      failed=yes
      say "FAILED: ${LABELS[$i]}; its log is ${LOGS[$i]#"$ROOT_DIR"/}"
      show_faults "${LOGS[$i]}"
    fi
  done
  [ -z "$failed" ]
}

# in_lanes FUNCTION NAME: runs all lanes, two at once, as more only get into each other's way (see start_lanes).
in_lanes() {
  local failed="" i lanes
  FOUND="$(pythons)"
  LANES="$("$VENV_DIR/bin/python" "$TOOLS_DIR/lanes.py" ${LANES_OF:+"$LANES_OF"} <<<"$FOUND")" || die "no Python that an ansible-core runs on was found"
  mapfile -t lanes <<<"$LANES"
  WORK="$(mktemp -d "${TMPDIR:-/tmp}/drover-$2-XXXXXX")"
  trap 'rm -rf "$WORK"' EXIT
  mkdir -p "$CACHE_DIR/logs"
  for ((i = 0; i < ${#lanes[@]}; i += 2)); do
    start_lanes "$1" "$2" "${lanes[@]:i:2}"
    end_lanes || failed=yes
  done
  [ -z "$failed" ]
}

lane_timed() {
  local from="$SECONDS"
  "$@"
  echo "$((SECONDS - from)) s"
}
