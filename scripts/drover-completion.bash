# shellcheck shell=bash
# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Completion of the program drover for bash: . drover-completion.bash
# Names of stacks and services come from `drover status`, which looks at the hosts; they are kept for a minute.

_drover_commands="up confirm_upgrade rollback upgrade status check scale stop start restart down reconcile audit config network preflight volume_backup volume_restore volume_move"
_drover_age_s=60

# _drover_inventory: the options -i of the words so far.
_drover_inventory() {
  local i
  for ((i = 1; i < ${#COMP_WORDS[@]} - 1; i++)); do
    [[ ${COMP_WORDS[i]} != -i ]] || printf -- '-i\n%s\n' "${COMP_WORDS[i + 1]}"
  done
}

# _drover_services: STACK/SERVICE, a line each.
_drover_services() {
  local folder="${XDG_CACHE_HOME:-$HOME/.cache}/drover" file options
  mapfile -t options < <(_drover_inventory)
  file="$folder/names-$(printf '%s\n' "$PWD" "${options[@]}" | cksum | cut -d ' ' -f 1)"
  if [[ -z $(find "$file" -newermt "-$_drover_age_s seconds" 2>/dev/null) ]]; then
    mkdir -p "$folder" && drover status "${options[@]}" 2>/dev/null </dev/null | awk '$1 ~ /^[^ ]+\/[^ ]+$/ { print $1 }' >"$file"
  fi
  cat "$file"
}

_drover_stacks() { _drover_services | cut -d / -f 1 | sort -u; }

_drover() {
  local word="${COMP_WORDS[COMP_CWORD]}" words=""
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    words="$_drover_commands"
  elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == -i ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    return
  else
    case "${COMP_WORDS[1]}" in
      up | config) mapfile -t COMPREPLY < <(compgen -d -- "$word") && return ;;
      scale | upgrade | volume_backup | volume_restore | volume_move) words="$(_drover_services)" ;;
      start | stop | restart | confirm_upgrade | rollback) words="$(_drover_stacks) $(_drover_services)" ;;
      status | check | down | reconcile | audit) words="$(_drover_stacks)" ;;
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _drover drover
