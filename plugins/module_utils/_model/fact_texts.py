# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of each fact, for people: the one place where facts become sentences. Private to the collection; pure.

A text is a format string, or a function of the parameters if the sentence depends on them. Durations end in C(_s).
cause_texts.py has those of causes: why something is done, or cannot be done.
"""

from __future__ import annotations

import contextlib
import typing as t

from .cause_texts import CAUSES, Json, Text, grouped, plural
from .move_texts import MOVES
from .upgrade_texts import HANDOVERS, UPGRADES


def _undone(told: Json) -> str:
    hosts = ", ".join(told["hosts"])
    return f"version {told['version']} is on {hosts} only and never reached a majority"


def _unsigned(told: Json) -> str:
    why = "is signed with another key" if told["is_signed"] else "is not signed"
    return f"version {told['number']} on this host {why}: it has no effect"


def count_text(told: Json) -> str:
    """How many members run, and how many of them are healthy."""
    healthy = "" if told["healthy"] is None else f", {told['healthy']} healthy"
    return f"{told['running']} of {told['wanted']} run{healthy}"


def _majority(told: Json) -> str:
    hosts, reached = told["hosts"], ", ".join(told["reached"]) or "none"
    wanted = f"{told['needed']} of the stack's {len(hosts)} hosts"
    return f"needs {wanted} ({', '.join(hosts)}); reached: {reached}"


def _settings(settings: Json) -> str:
    names = {"check_own_host": "drover_health_check_own_host"}
    return ", ".join(
        f"{names.get(key, f'drover_{key}')}: {value}" for key, value in sorted(settings.items())
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _crash_loop(told: Json) -> str:
    exit_code = "" if told["exit_code"] is None else f", exit code {told['exit_code']}"
    return f"crash loop: restarted {told['restarts']} times by the engine{exit_code}"


def _failed(told: Json) -> str:
    return f"failed {_times(told['failures'])}, next try in {told['wait_s']:.0f} s: {told['error']}"


def _draining(told: Json) -> str:
    sessions = plural(told["sessions"], "session")
    return f"draining: {sessions} left, at most {told['left_s']:.0f} s"


def _checkers_say(told: Json) -> str:
    ups = f"{told['ups']} of {plural(told['asked'], 'checker')}"
    return f"{ups}: {told['answer']}" if told["answer"] else ups


def _verdict(told: Json) -> str:
    lasting = f", {told['down_s']:.0f} s" if told["down_s"] else ""
    return f"{told['verdict']}, {told['why']}{lasting}"


def _kept_for_quorum(told: Json) -> str:
    sick = f"{told['sick']}; " if told.get("sick") else ""
    return f"{sick}kept: recreateOnQuorum wants {told['quorum']} healthy, there are {told['good']}"


def _mass_failure(told: Json) -> str:
    unwell = f"{told['unwell']} of {told['wanted']} unhealthy at once"
    return f"{unwell}: probing {told['probing']}, holding {told['holding']} ({_indexes(told)})"


def _repairs_in_flight(told: Json) -> str:
    replaced = f"{told['probing']} of {told['wanted']} being replaced already"
    return f"{replaced}: holding {told['holding']} until healthy ({_indexes(told)})"


def _conflict(told: Json) -> str:
    places = ", ".join(
        f"{item['name']} ({item['id']}) on {item['host']}" for item in told["places"]
    )
    recorded = f"recorded on {told['recorded']}, but its labels are on: {places}"
    return f"{recorded}; left alone; remove the wrong one"


def _moves_wait(told: Json) -> str:
    if told["absent"]:
        return (
            f"{told['why']}: {told['holding']} wait until {told['absent']} has joined the network"
        )
    return f"{told['why']}: {told['moving']} of {told['wanted']} at a time, {told['holding']} to go"


def _restart_waits(told: Json) -> str:
    """Whom it waits for, if any of them is restarted already."""
    until = f", after {' and '.join(told['names'])}" if told["names"] else ""
    return f"{plural(told['holding'], 'member')} to be restarted{until}"


_STATES = {
    "ABSENT": "does not run",
    "SICK": "is unhealthy",
    "STARTING": "is starting",
    "WELL": "came back a moment ago",
}


def _dependency_at_fault(told: Json) -> str:
    sick = f"{told['sick']}; " if told.get("sick") else ""
    state = _STATES.get(told["state"], told["state"])
    return f"{sick}not replaced for it, as it depends on {told['member']}, which {state}"


def _other_stacks(told: Json) -> str:
    """Which stack may be meant. Release 0.1.0 wrote no parameters."""
    if told.get("near"):
        return f"; did you mean {told['near']}?"
    return f"; there are: {', '.join(told['known'])}" if told.get("known") else ""


def _indexes(told: Json) -> str:
    return ", ".join(map(str, told["indexes"]))


def _repair_backoff(told: Json) -> str:
    replaced = f"replaced {_times(told['repairs'])} lately"
    return f"{told['sick']}; {replaced}, next in {told['wait_s']:.0f} s"


TEXTS: dict[str, Text] = {
    **CAUSES,
    **UPGRADES,
    **MOVES,
    "text": "{text}",
    # of hosts and records
    "no_host": "no Docker host could be looked at",
    "host_not_seen": "not seen: {reason}",
    "host_unable": "left alone, as nothing can be done on it: {reason}",
    "lease_ignored": "the file of its lease is ignored: {fault}",
    "forgotten_waits": lambda told: (
        f"forgotten; a record without content stays until {', '.join(told['hosts'])} was seen"
    ),
    "record_damaged": "the record on this host is damaged ({error})",
    "record_newer": lambda told: (
        f"a newer release wrote its record on {', '.join(told['hosts'])}; left alone:"
        " install that release on this control node"
    ),
    "record_lost": lambda told: (
        f"its record is damaged on {', '.join(told['hosts'])} and no other host has a valid copy,"
        " so it is unknown what is wanted; left alone: bring it up again"
    ),
    "system_left_alone": lambda told: (
        f"the checkers stay as they are: what {', '.join(told['stacks'])} wants is unknown"
    ),
    "file_unreadable": "{path}: {error}",
    "system_newer": "release {release} made the checkers, and this one is older; left alone: install that release on"
    " this control node, or reconcile -e take_over=true",
    "system_settings": lambda told: (
        f"the checkers keep the settings of another inventory ({_settings(told['settings'])});"
        " for those of this one: reconcile -e take_over=true"
    ),
    "records_conflict": "hosts hold different records of the same number ({sides});"
    " say which is right: up ... -e take=HOST",
    "record_undone": lambda told: f"{_undone(told)}: it has no effect",
    "record_pending": "version {version} may have reached a majority, and too few hosts are seen to tell;"
    " the one before it is acted on",
    "record_left_alone": lambda told: (
        f"{_undone(told)}; left alone: bring it up again, or reconcile -e take={told['hosts'][0]}"
    ),
    # of signatures
    "record_unsigned": _unsigned,
    "records_unsigned": lambda told: (
        f"no copy of its record is signed with the key of this control node (on {', '.join(told['hosts'])}), so it is"
        " unknown what is wanted; left alone: if the record is right, sign it with reconcile -e sign_records=true"
    ),
    "no_record_key": lambda told: (
        f"the records of {', '.join(told['stacks'])} are signed, and this control node has no key (drover_record_key):"
        " it writes none of them"
    ),
    "key_needed": "{command}: the record is signed, and this control node has no key (drover_record_key)",
    "places_need_key": "members wait for a place: the record is signed, and this control node has no key"
    " (drover_record_key)",
    "records_not_signed": "records are not signed: no drover_record_key is set",
    # of records that nobody has
    "no_record": lambda told: (
        "no record on the reachable hosts; left alone:"
        f" {', '.join(told['containers'])}; 'up' adopts them"
    ),
    # of commands
    "stack_unknown": lambda told: f"no reachable host knows this stack{_other_stacks(told)}",
    "no_service": lambda told: (
        f"there is no service {told['name']!r}; there are: {', '.join(told['known'])}"
    ),
    "no_scale": "{service} is global (one member on each matching host): it has no scale to set",
    **HANDOVERS,
    "bad_scale": "scale of {service} must be 0 to 1000, not {scale}",
    "not_remembered": "no reachable host remembers a stack {stack}",
    "still_up": "it is up: take it down first (down -e stack={stack}), then forget it",
    "still_there": lambda told: (
        f"it still has containers ({', '.join(told['containers'])}): run down once more first"
    ),
    "no_network": lambda told: (
        f"no host can start anything on the managed network: {grouped(told['faults'])}"
    ),
    "service_kept": (
        "{name}: not in the stack files any more; kept running; remove it with up ... -e prune=true"
    ),
    "definition_kept": lambda told: (
        f"{told['name']}: definition changed ({', '.join(told['changed'])});"
        " its containers keep the recorded one, as this command does not upgrade it"
    ),
    "no_majority": lambda told: f"{told['command']}: {_majority(told)}",
    "places_wait": lambda told: f"members wait for a place: {_majority(told)}",
    "places_wait_lease": "members wait for a place: {owner} acts ({reason})",
    "places_unstored": "members wait for a place: the record did not reach a majority of its hosts",
    "volume_not_unused": "volume {volume}: not an unused volume of this stack on a host that was reached; not removed",
    "no_such_member": "new_volumes: there is no member {member}",
    "not_ready": lambda told: f"not ready yet: {count_text(told)}",
    "not_ready_held": lambda told: f"not ready, and waiting does not help: {count_text(told)}",
    "outdated": lambda told: (
        f"{told['name']} does not run what its files say ({', '.join(told['changed'])})"
    ),
    "not_ready_in_time": lambda told: f"not ready after {told['wait_s']:.0f} s: {count_text(told)}",
    "unsettled": "not settled after {rounds} rounds; the next pass goes on",
    "copy_refused": "{host} cannot store its copy of the record: {reason}",
    "record_blocked": "the record did not reach a majority of its hosts",
    "record_unsure": "the record did not reach a majority of its hosts, but {hosts} may keep it:"
    " a later pass that sees them may still carry the order out",
    "config_rejected": "{error}; nothing was recorded, nothing was changed",
    "to_do": "to do: {kind} ({cause})",
    # of the lease
    "lease_waits": "{owner} acts ({reason}); for up to {wait_s:.0f} s",
    "lease_waited": "{owner} acts ({reason}), for longer than {wait_s:.0f} s: try again later",
    "lease_gave_way": "{owner} acts ({reason}): this pass gives way",
    "lease_late": "the hosts took longer than {before_s} s to give the lease: once more, for {for_s} s",
    "overtaken": lambda told: (
        f"another run stored a record of {', '.join(told['stacks'])} meanwhile: planned anew"
    ),
    # of pulls
    "pulling": "pulls {image}: {progress}",
    # of HAProxy's configs
    "config_kept": "its config is left as it is: {why}",
    "config_unwritable": "its config cannot be written: {error}",
    "config_judged_apart": "HAProxy judges its config when its container is made: image {image} is not with the others",
    "config_judged_later": "HAProxy judges its config when its container is made: image {image} is on no host yet",
    "target_unknown": "{rule} leads nowhere: there is no service {target}",
    "target_empty": "{rule} leads nowhere: {target} has no members",
    "target_stopped": "{rule} leads nowhere: {target} is stopped",
    "selector_empty": "{rule} leads nowhere: no service has the labels of its selector",
    "certificate_unreadable": "certificate file {path}: {error}; not used",
    "engine_unhealthy": "the engine's HEALTHCHECK says unhealthy (shown only)",
    "reports_too_old": lambda told: (
        f"reports of {', '.join(told['hosts'])} are too old to count ({told['age_s']:.0f} s):"
        " a pass looks at all hosts faster with more forks"
    ),
    "checker_silent": "gives no report: {error}",
    # --- members: their placement ---
    "no_host_fits": lambda told: f"no host fits: {grouped(told['reasons'])}",
    "was_on_unseen_host": (
        "it was on {before} before, and its container may still be there: {fault}"
    ),
    "no_free_address": "no free address in {subnet}",
    # --- members: their state ---
    "conflict": _conflict,
    "host_unseen": "its host was not seen; taken as present",
    "impersonated": "container {other} uses its {taken}: remove it, or call it {name} again",
    "name_taken": (
        "another container holds the name {name} on {recorded} ({holder}); rename or remove it"
    ),
    "crash_loop": _crash_loop,
    "being_removed": "the engine is removing its container",
    "labels_differ": "the labels of its host do not match any more; it is not moved",
    "other_definition": "runs with another definition than the recorded one; left as it is",
    "undecided": (
        "not wanted any more, but no majority of the stack's hosts was seen to say so; left as it is"
    ),
    "unrecorded": "container {name} has labels of a member that no record knows; left alone",
    "stranger": (
        "container {name} has labels of this member but is not its own: {why}; left alone"
    ),
    # --- members: what holds them ---
    "network_fault": "{fault}",
    "failed": _failed,
    "volume_lost": (
        "its volume {volumes} is gone from {recorded}: bring it back, or begin with an empty one:"
        " reconcile -e new_volumes={member}"
    ),
    "given_up": "given up after {failures} failures: {error}",
    "draining": _draining,
    "gate_unhealthy": "starts when {name} is healthy",
    "gate_unchecked": "starts when {name} is healthy, which has no check: write healthcheck or health_check",
    "gate_not_completed": "starts when {name} has ended well",
    "gate_failed": (
        "does not start, as {name} has failed: read its log, then run up with force=true and services={name}"
    ),
    "moves_wait": _moves_wait,
    "restart_waits": _restart_waits,
    "restart_state": "restarts, {done} of {wanted} done",
    "not_restarted": "is not restarted: its host is not seen",
    "nothing_to_restart": lambda told: (
        f"nothing of {told['name'] or 'this stack'} runs that could be restarted"
    ),
    "renewal_waits": "waits until another host's is replaced",
    # --- members: their health ---
    "checkers_say": _checkers_say,
    "no_report": "no report yet",
    "doubt_network": ("answers on its own host only; the network between the hosts is suspected"),
    "doubt_checker": ("the checker on {checker} reaches nothing else and is suspected itself"),
    "doubt_unconfirmed": "not confirmed by the checker on its own host, {checker}",
    "verdict": _verdict,
    "unhealthy": "unhealthy: {why}, {down_s:.0f} s",
    "overdue": "{verdict} for more than {timeout_s:.0f} s: {why}",
    "kept_for_quorum": _kept_for_quorum,
    "dependency_at_fault": _dependency_at_fault,
    "mass_failure": _mass_failure,
    "repairs_in_flight": _repairs_in_flight,
    "repairs_given_up": (
        "given up after {repairs} repairs: {sick}; go on with reconcile -e retry={service}"
    ),
    "repair_backoff": _repair_backoff,
}


def text_of(code: str, parameters: Json) -> str:
    """The sentence of a fact. What another release wrote, with other codes or parameters, is shown as it is."""
    told = {key: _told(value) for key, value in parameters.items()}
    text = TEXTS.get(code)
    if text is not None:
        with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError, IndexError):
            return text(told) if callable(text) else text.format(**told)
    shown = ", ".join(f"{key} {value}" for key, value in sorted(told.items()))
    return f"{code}: {shown}" if shown else code


def _told(value: t.Any) -> t.Any:
    """A parameter with the facts in it as text."""
    if is_fact(value):
        return text_of(value["code"], value["parameters"])
    if isinstance(value, list):
        return [_told(item) for item in value]
    return {key: _told(item) for key, item in value.items()} if isinstance(value, dict) else value


def is_fact(value: t.Any) -> bool:
    """Whether a value is the data of a fact."""
    if not isinstance(value, dict) or set(value) != {"code", "parameters"}:
        return False
    return isinstance(value["code"], str) and isinstance(value["parameters"], dict)
