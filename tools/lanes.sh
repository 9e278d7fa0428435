# shellcheck shell=bash
# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lanes: the oldest and the newest ansible-core that the Pythons of this machine can run, each in a venv of its own.
# shellcheck source=tools/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The ansible-cores that are tried, oldest first: CORE, its controller's Pythons, oldest and newest Python of a
# Docker host that it serves (the minor numbers only: 8 is 3.8).
CORES="2.17 10 12 8 12
2.19 11 13 8 13
2.21 12 14 9 14"

# lanes: prints two lines "CORE PYTHON PATH ROLE", ROLE being oldest or newest; one where both are the same. The oldest core takes the oldest
# Python that it runs on, the newest core the newest. Needs FOUND, the output of pythons.
lanes() {
  awk -v cores="$CORES" '
    { split($1, version, "."); path[version[2]] = $2 }
    END {
      rows = split(cores, row, "\n")
      for (i = 1; i <= rows; i++) {
        split(row[i], core, " ")
        for (minor = core[2]; minor <= core[3]; minor++) {
          if (!(minor in path)) continue
          newest = core[1] " 3." minor " " path[minor]
          if (!oldest) oldest = newest
        }
      }
      if (oldest != newest) print oldest " oldest"
      if (newest) print newest " newest"
    }' <<<"$FOUND"
}

# say_lanes: names the lanes, and the oldest and newest core where no Python is right for it.
say_lanes() {
  [ -n "$(lanes)" ] || die "no Python from 3.10 to 3.14 with venv was found: ansible-core has none to run on"
  lanes | awk '{ print $4 " lane: ansible-core " $1 " on Python " $2 }'
  { head -n 1 <<<"$CORES" && tail -n 1 <<<"$CORES"; } | while read -r core from to _; do
    lanes | grep -q "^$core " || say "skipped: ansible-core $core needs Python 3.$from to 3.$to, and none was found"
  done
}

lane_dir() { printf '%s' "$CACHE_DIR/lanes/core-$1-python-$2"; }

# make_lane CORE PYTHON PATH: the lane's venv.
make_lane() { make_venv "$(lane_dir "$1" "$2")" "$3" "core-$1.txt" units.txt sanity.txt; }

# extra_pythons CORE PYTHON ROLE: the other Pythons of Docker hosts for which this lane checks compile and import.
# Each Python is checked once: the newest core takes those that it serves, the oldest the rest.
extra_pythons() {
  awk -v cores="$CORES" -v core="$1" -v own="$2" -v role="$3" -v lanes="$(lanes)" '
    BEGIN {
      rows = split(cores, row, "\n")
      for (i = 1; i <= rows; i++) { split(row[i], field, " "); from[field[1]] = field[4]; to[field[1]] = field[5] }
      count = split(lanes, field, "\n"); split(field[count], newest, " ")
    }
    $1 != own {
      split($1, version, "."); minor = version[2] + 0
      mine = minor >= from[core] + 0 && minor <= to[core] + 0
      theirs = minor >= from[newest[1]] + 0 && minor <= to[newest[1]] + 0
      if (mine && (role == "newest" || !theirs)) print $1
    }' <<<"$FOUND"
}

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

# private_home: a home folder for ansible-test, which keeps its venvs there; pip's settings and cache stay the user's.
private_home() {
  local home="$CACHE_DIR/home" part
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
  home="$(private_home)"
  (cd "$tree/ansible_collections/drover/docker" &&
    env HOME="$home" PATH="$(lane_path "$lane")" "$lane/bin/ansible-test" "$@" </dev/null)
}

# show_faults LOG: what ansible-test found, or the log's end where it found nothing by itself.
show_faults() {
  { grep -E '^(ERROR|FATAL|FAILED|E  |=+ .* =+$)' "$1" || tail -n 40 "$1"; } | cut -c 1-300 | tail -n 100
}

# in_lanes FUNCTION NAME: calls FUNCTION CORE PYTHON PATH ROLE TREE for both lanes at once, each with a copy of the
# work tree of its own and its output in a log; shows the log of the one that failed.
in_lanes() {
  local function="$1" name="$2" core python path role log failed="" i
  local pids=() labels=() logs=()
  FOUND="$(pythons)"
  say_lanes
  WORK="$(mktemp -d "${TMPDIR:-/tmp}/drover-$name-XXXXXX")"
  trap 'rm -rf "$WORK"' EXIT
  mkdir -p "$CACHE_DIR/logs"
  while read -r core python path role; do
    log="$CACHE_DIR/logs/$name-$role.log"
    copy_tree "$WORK/$role"
    (set -e; lane_timed "$function" "$core" "$python" "$path" "$role" "$WORK/$role") >"$log" 2>&1 &
    pids+=("$!") labels+=("$name, core $core on Python $python") logs+=("$log")
  done < <(lanes)
  for i in "${!pids[@]}"; do
    if wait "${pids[$i]}"; then
      say "ok: ${labels[$i]}, $(tail -n 1 "${logs[$i]}")"
      closing_lines "${logs[$i]}"
    else
      failed=yes
      say "FAILED: ${labels[$i]}; its log is ${logs[$i]#"$ROOT_DIR"/}"
      show_faults "${logs[$i]}"
    fi
  done
  [ -z "$failed" ]
}

lane_timed() {
  local from="$SECONDS"
  "$@"
  echo "$((SECONDS - from)) s"
}
