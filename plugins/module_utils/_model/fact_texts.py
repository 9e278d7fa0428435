# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of each fact, for people: the one place where facts become sentences. Private to the collection; pure.

A text is a format string, or a function of the parameters if the sentence depends on them. Durations end in C(_s).
"""

from __future__ import annotations

import typing as t

Json = t.Dict[str, t.Any]
Text = t.Union[str, t.Callable[[Json], str]]


def _undone(told: Json) -> str:
    hosts = ", ".join(told["hosts"])
    return f"version {told['version']} is on {hosts} only and never reached a majority"


def _majority(told: Json) -> str:
    hosts, reached = told["hosts"], ", ".join(told["reached"]) or "none"
    wanted = f"{told['needed']} of the stack's {len(hosts)} hosts"
    return f"needs {wanted} ({', '.join(hosts)}); reached: {reached}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _plural(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _crash_loop(told: Json) -> str:
    exit_code = "" if told["exit_code"] is None else f", exit code {told['exit_code']}"
    return f"crash loop: restarted {told['restarts']} times by the engine{exit_code}"


def _failed(told: Json) -> str:
    return f"failed {_times(told['failures'])}, next try in {told['wait_s']:.0f} s: {told['why']}"


def _draining(told: Json) -> str:
    sessions = _plural(told["sessions"], "session")
    return f"draining: {sessions} left, at most {told['left_s']:.0f} s"


def _checkers_say(told: Json) -> str:
    ups = f"{told['ups']} of {_plural(told['asked'], 'checker')}"
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


def _indexes(told: Json) -> str:
    return ", ".join(map(str, told["indexes"]))


def _repair_backoff(told: Json) -> str:
    replaced = f"replaced {_times(told['repairs'])} lately"
    return f"{told['sick']}; {replaced}, next in {told['wait_s']:.0f} s"


TEXTS: dict[str, Text] = {
    "text": "{text}",
    # of hosts and records
    "no_host": "no Docker host could be looked at",
    "host_not_seen": "not seen: {reason}",
    "record_damaged": "the record on this host is damaged ({reason})",
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
    "records_conflict": "hosts hold different records of the same number ({sides});"
    " say which is right: up ... -e take=HOST",
    "record_undone": lambda told: f"{_undone(told)}: it has no effect",
    "record_pending": "version {version} may have reached a majority, and too few hosts are seen to tell;"
    " the one before it is acted on",
    "record_left_alone": lambda told: (
        f"{_undone(told)}; left alone: bring it up again, or reconcile -e take={told['hosts'][0]}"
    ),
    "no_record": lambda told: (
        "no record on the reachable hosts; left alone:"
        f" {', '.join(told['containers'])}; 'up' adopts them"
    ),
    # of commands
    "refused": "{reason}",
    "stack_unknown": "no reachable host knows this stack",
    "up": "{note}",
    "no_majority": lambda told: f"{told['command']}: {_majority(told)}",
    "places_wait": lambda told: f"members wait for a place: {_majority(told)}",
    "volume_not_unused": "volume {volume}: not an unused volume of this stack on a host that was reached; not removed",
    "unsettled": "not settled after {rounds} rounds; the next pass goes on",
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
    # of HAProxy's configs
    "config_kept": "its config is left as it is: {why}",
    "config_unwritable": "its config cannot be written: {why}",
    "config_judged_apart": "HAProxy judges its config when its container is made: image {image} is not with the others",
    "config_judged_later": "HAProxy judges its config when its container is made: image {image} is on no host yet",
    "engine_unhealthy": "the engine's HEALTHCHECK says unhealthy (shown only)",
    "checker_silent": "gives no report: {error}",
    # --- members: their placement ---
    "no_host_fits": "no host fits: {reasons}",
    "was_on_unseen_host": (
        "it was on {before} before, and its container may still be there: {fault}"
    ),
    "no_free_address": "no free address in {subnet}",
    # --- members: their state ---
    "conflict": (
        "recorded on {recorded}, but its labels are on: {places}; left alone; remove the wrong one"
    ),
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
    "given_up": "given up after {failures} failures: {why}",
    "draining": _draining,
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
    "mass_failure": _mass_failure,
    "repairs_in_flight": _repairs_in_flight,
    "repairs_given_up": (
        "given up after {repairs} repairs: {sick}; go on with reconcile -e retry={service}"
    ),
    "repair_backoff": _repair_backoff,
}


def text_of(code: str, parameters: Json) -> str:
    """The sentence of a fact. An unknown code of a newer release is shown as it is."""
    told = {key: _told(value) for key, value in parameters.items()}
    text = TEXTS.get(code)
    if text is None:
        shown = ", ".join(f"{key} {value}" for key, value in sorted(told.items()))
        return f"{code}: {shown}" if shown else code
    return text(told) if callable(text) else text.format(**told)


def _told(value: t.Any) -> t.Any:
    return text_of(value["code"], value["parameters"]) if is_fact(value) else value


def is_fact(value: t.Any) -> bool:
    """Whether a parameter is the data of another fact."""
    return isinstance(value, dict) and set(value) == {"code", "parameters"}
