# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts of facts about upgrades: see fact_texts.py. Private to the collection; pure."""

from __future__ import annotations

from .cause_texts import Json, Text, plural


def _images(told: Json) -> str:
    found = ", ".join(f"{host} {mark}" for host, mark in sorted(told["hosts"].items()))
    return (
        f"the hosts have different images {told['image']} ({found}): pull it on all of them, then run up again;"
        " nothing was stopped"
    )


def _moved(told: Json) -> str:
    where = ", ".join(told["hosts"])
    return f"{told['image']} means another image on {where} by now than what runs: up with pull=true takes it"


def _state(told: Json) -> str:
    """K of n, and what a person can do."""
    count = f"{told['done']} of {told['wanted']}"
    target, before = f"r{told['target']}", f"r{told['confirmed']}"
    force = " force=true" if told.get("one_way") else ""
    if told["phase"] == "rolled_back":
        return f"rolled back to {before}: {told['reason']}"
    if told["phase"] == "rolling_back":
        why = f": {told['reason']}" if told["reason"] else ""
        return f"rolls back to {before}, {count} done{why}"
    if told["phase"] == "paused":
        back = f"rollback{force} goes back"
        return f"upgrade to {target} paused, {count} done: {told['reason']}; up goes on, {back}"
    if told["is_done"]:
        way = "" if told["way_back"] else "; what was kept is gone, so a rollback makes it anew"
        return f"upgraded to {target}, not confirmed: confirm_upgrade, or rollback{force} to {before}{way}"
    return f"upgrades to {target}, {count} done; rollback{force} goes back to {before}"


def _plan(told: Json) -> str:
    changed = ", ".join(told["changed"]) or "forced"
    members = plural(told["members"], "member")
    unchecked = f"; no health_check: {told['bake_s']:g} s of running count as good"
    checked = "" if told["is_checked"] else unchecked
    return f"upgrade to r{told['target']} ({changed}): {members}, {_order(told)}{checked}"


def _order(told: Json) -> str:
    if told.get("in_place"):
        rest = told["members"] - told["in_place"]
        return "in place" + (f", but {plural(rest, 'member')} replaced" if rest else "")
    return f"stop-first, as {told['why']}" if told["why"] else "start-first"


def _in_a_row(failures: int) -> str:
    return f", {failures} times in a row" if failures > 1 else ""


UPGRADES: dict[str, Text] = {
    # of operations
    "kept_back": "an upgrade replaced it; kept as the way back",
    "limits_changed": "changed in place: the container stays",
    "slot_replaced": "another container of its member takes its place",
    # of commands
    "no_revision": lambda told: (
        f"revision {told['revision']} is not kept; there are: "
        + ", ".join(str(number) for number in told["known"])
    ),
    "no_upgrade": lambda told: (
        f"no upgrade of {told['name'] or 'this stack'} is left to confirm or to roll back"
    ),
    "nothing_to_roll_back": "it is rolled back already",
    "upgrade_not_done": (
        "{name}: not all members have the new definition yet: wait, or roll it back"
    ),
    # of their course
    "upgrade_plan": _plan,
    "rollback_plan": lambda told: f"goes back: {plural(told['members'], 'member')}, {_order(told)}",
    "upgrade_step": "a step of the upgrade of {name}",
    "upgrade_state": _state,
    "heir_waits": "serves on until the load balancers send requests to what replaces it",
    "upgrade_failed": "the upgrade failed and is rolled back: {why}",
    "upgrade_stop_first": "is stopped before its newcomer starts: {why}",
    "update_refused": "Docker refuses to change it in place, so it is replaced: {error}",
    "images_differ": _images,
    "image_moved": _moved,
    # hooks
    "hook_due": "it runs once before the first member of the new revision starts",
    "hook_before": "the pre_deploy hook waits until an earlier one does not run any more",
    "hook_over": "its work is over",
    "hook_runs": "members wait for the pre_deploy hook {name}, since {since}",
    "waits_for_hook": "starts when the pre_deploy hook of its service has ended",
    "hook_stopped": "{why}; no member is started: up runs it again",
    "hook_no_start": lambda told: (
        f"the pre_deploy hook {told['name']} could not be started{_in_a_row(told['failures'])}: {told['error']}"
    ),
    "hook_exits": "the pre_deploy hook {name} failed (exit code {exit_code})",
    "hook_too_slow": "the pre_deploy hook {name} did not end within {timeout_s:.0f} s",
    "hook_gone": (
        "the container of the pre_deploy hook {name} is gone, so it is not known how it ended, and it is not run twice"
    ),
    "one_way": "{why}; its pre_deploy hook has changed the data, so it is not rolled back by itself",
    "one_way_back": (
        "{name}: a pre_deploy hook has run since, so what ran before may not work with its data: "
        "rollback force=true goes back all the same"
    ),
    # why stop-first
    "order_stop_first": "the order is stop-first",
    "needs_host_network": "both would use the host's network",
    "needs_host_port": "both would publish port {port}",
    "needs_address": "both would have the same address",
    "needs_volume": "both would write to {volume}",
    # why an upgrade fails
    "upgrade_no_start": lambda told: (
        f"could not be started{_in_a_row(told['failures'])}: {told['error']}"
    ),
    "upgrade_crashes": "{name} crashed: restarted {restarts} times by the engine",
    "upgrade_exits": "{name} ended (exit code {exit_code})",
    "upgrade_unhealthy": "{name} is unhealthy",
    "upgrade_too_slow": "{name} did not get healthy within {deadline_s:.0f} s",
}


def _named(told: Json) -> str:
    """Who names a service, and how."""
    return "; ".join(f"{who} ({', '.join(parts)})" for who, parts in sorted(told["named"].items()))


HANDOVERS: dict[str, Text] = {
    "handover_to_itself": "{name} cannot take over from itself: from and to must differ",
    "handover_to_stopped": "{name} does not run: start it first",
    "handover_plan": lambda told: (
        f"{told['new']} takes over from {told['old']}, in steps ({told['old']}, {told['new']}): "
        + " ".join(f"({old}, {new})" for old, new in told["steps"])
    ),
    "handover_links": lambda told: (
        f"{told['old']} is named by {_named(told)}: write {told['new']} there as well (a link: in its place), run up, "
        "then upgrade again; or, to leave them without, update_links=false"
    ),
    "handover_left": lambda told: (
        f"{told['old']} has no members any more and is still named by {_named(told)}: "
        f"write {told['new']} there in its place"
    ),
}
"""Facts about a service that takes over from another one."""
