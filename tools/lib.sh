# shellcheck shell=bash
# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the tools share: places, messages, the Pythons of this machine, and a copy of the work tree.

TOOLS_DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# can_install, apt_install and need_tool come from the lab.
# shellcheck source=lab/lib.sh
. "$TOOLS_DIR/../lab/lib.sh"

# shellcheck disable=SC2034  # the constants are for the scripts that source this file
{
  CACHE_DIR="$ROOT_DIR/.cache"
  VENV_DIR="$ROOT_DIR/.venv"
  # What a user's installation has: the parts of the checkout that the collections paths of the tools show.
  COLLECTION_PARTS="galaxy.yml meta plugins roles playbooks tests README.md"
}
# Nothing that the tools run may leave a copy of the collection, or anything else, in the user's own folders.
export ANSIBLE_HOME="$CACHE_DIR/ansible"

say() { printf '%s\n' "$*"; }
die() {
  printf '%s\n' "${0##*/}: $*" >&2
  exit 1
}

# A program that runs as root and replaces its output file puts a plain file in the place of /dev/null. What others
# write then stays there, and the linters that read it as an empty configuration fail.
mend_null() {
  say "note: /dev/null is a plain file; making the device anew"
  mknod -m 666 /dev/null.new c 1 3 && mv /dev/null.new /dev/null
}

[ -c /dev/null ] || mend_null || die "/dev/null is no device, and only root can mend that"

# python_facts PYTHON: prints MINOR PATH (3.11 /usr/bin/python3.11) where PYTHON works and can make venvs. A shim
# of a version manager may name a Python that does not start, so each is asked; the path is of the real one.
python_facts() {
  timeout 20 "$1" -I -c '
import ensurepip, os, sys, venv
real = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
named = os.path.join(os.path.dirname(real), "python%d.%d" % sys.version_info[:2])
print("%d.%d" % sys.version_info[:2], named if os.access(named, os.X_OK) else real)
' 2>/dev/null
}

python_candidates() {
  local dir dirs
  IFS=: read -r -a dirs <<<"$PATH:/usr/bin:/usr/local/bin"
  for dir in "${dirs[@]}"; do
    printf '%s\n' "$dir"/python3 "$dir"/python3.{8..14}
  done
  printf '%s\n' "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python3.{8..14}
  printf '%s\n' "${XDG_DATA_HOME:-$HOME/.local/share}"/uv/python/*/bin/python3.{8..14}
}

# pythons: one line "MINOR PATH" for each Python 3.8 or later of this machine, oldest first.
pythons() {
  local candidate
  python_candidates | while read -r candidate; do
    [ ! -x "$candidate" ] || python_facts "$candidate" || true
  done | awk '$1 ~ /^3\.([89]|1[0-9])$/ && !seen[$1]++' | sort -t. -k2n
}

# stamp_of TEXT...: a checksum of the texts and of all requirement files.
stamp_of() { { printf '%s\n' "$@" && cat "$ROOT_DIR"/requirements/*.txt; } | sha256sum | cut -d' ' -f1; }

# make_venv DIR PYTHON REQUIREMENT_FILE...: a venv of exactly these; nothing is done where its stamp is right. BOUNDS names
# another file of exact versions than bounds.txt.
make_venv() {
  local dir="$1" python="$2" stamp file
  local args=()
  shift 2
  stamp="$(stamp_of "$dir" "$python" "$@")"
  if [ "$(cat "$dir/stamp" 2>/dev/null)" = "$stamp" ] && "$dir/bin/python" -c pass 2>/dev/null; then
    return
  fi
  for file in "$@"; do args+=(-r "$ROOT_DIR/requirements/$file"); done
  rm -rf "$dir"
  "$python" -m venv "$dir"
  "$dir/bin/python" -m pip install -qq --disable-pip-version-check -c "$ROOT_DIR/requirements/${BOUNDS:-bounds.txt}" "${args[@]}"
  echo "$stamp" >"$dir/stamp"
}

# link_collection DIR: makes DIR/ansible_collections/drover/docker show the checkout. Its parts are linked one by
# one: a link to the whole checkout would hold itself when DIR is inside of it, and tools would walk in circles.
link_collection() {
  local base="$1/ansible_collections/drover/docker" part
  mkdir -p "$base"
  for part in $COLLECTION_PARTS; do ln -sfn "$ROOT_DIR/$part" "$base/$part"; done
}

# copy_tree DIR: copies the work tree as it is now, without what git ignores, to DIR/ansible_collections/drover/docker.
copy_tree() {
  local base="$1/ansible_collections/drover/docker"
  mkdir -p "$base"
  git -C "$ROOT_DIR" ls-files -z --cached --others --exclude-standard |
    (cd "$ROOT_DIR" && while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done) |
    tar -C "$ROOT_DIR" --null -T - -cf - | tar -C "$base" -xf -
}

# build_tarball DIR: builds the collection from a clean clone of the last commit, DIR/clone; its path is in TARBALL.
# Uses the ansible-galaxy of PATH.
build_tarball() {
  git clone --quiet "$ROOT_DIR" "$1/clone"
  ansible-galaxy collection build --output-path "$1/build" "$1/clone" >/dev/null
  # shellcheck disable=SC2034  # it is for the scripts that source this file
  TARBALL="$(echo "$1"/build/*.tar.gz)"
}

# closing_lines LOG: the lines with which pytest closed, as it wrote them, and those of requests that a test counted.
closing_lines() { grep -E '^load  |^=+ .*[0-9]+ (passed|failed|skipped|error).* in [0-9.]+s.* =+$' "$1" || true; }
