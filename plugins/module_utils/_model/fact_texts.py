# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of each fact, for people: the one place where facts become sentences. Private to the collection; pure.

A text is a format string, or a function of the parameters where the sentence depends on them. Durations end in C(_s).
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


TEXTS: dict[str, Text] = {
    "text": "{text}",
    # of hosts and records
    "no_host": "no Docker host could be looked at",
    "host_not_seen": "not seen: {reason}",
    "record_damaged": "the record on this host is damaged ({reason})",
    "records_conflict": "hosts hold different records of the same number ({sides});"
    " say which is right: up ... -e take=HOST",
    "record_undone": lambda told: f"{_undone(told)}: it has no effect",
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
    "config_rejected": "{error}; nothing was recorded, nothing was changed",
    "to_do": "to do: {kind} ({cause})",
    # of the lease
    "lease_waits": "{owner} acts ({reason}); for up to {wait_s:.0f} s",
    "lease_waited": "{owner} acts ({reason}), for longer than {wait_s:.0f} s: try again later",
    "lease_gave_way": "{owner} acts ({reason}): this pass gives way",
    "lease_late": "the hosts took longer than {before_s} s to give the lease: once more, for {for_s} s",
    # of HAProxy's configs
    "config_kept": "its config is left as it is: {why}",
    "config_unwritable": "its config cannot be written: {why}",
    "config_judged_apart": "HAProxy judges its config when its container is made: image {image} is not with the others",
    "config_judged_later": "HAProxy judges its config when its container is made: image {image} is on no host yet",
    "checker_silent": "gives no report: {error}",
}


def text_of(code: str, parameters: Json) -> str:
    """The sentence of a fact. One that a newer release wrote is shown as it is."""
    text = TEXTS.get(code)
    if text is None:
        told = ", ".join(f"{key} {value}" for key, value in sorted(parameters.items()))
        return f"{code}: {told}" if told else code
    return text(parameters) if callable(text) else text.format(**parameters)
