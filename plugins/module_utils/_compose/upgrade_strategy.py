# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a service is upgraded: Rancher's upgrade_strategy, and Compose's deploy.update_config. Private to the collection.

Both become the key C(upgrade_strategy) of docs/schema.md section 5, with only what the file says.
"""

from __future__ import annotations

import math
import typing as t

from .._model.check_times import least_bake_s
from .._model.problems import Invalid, Place
from .._model.upgrade_words import CONTINUE, PAUSE, ROLLBACK, START_FIRST, STOP_FIRST
from . import deploy
from .health_check import LONGEST_MS, SHORTEST_TIMEOUT_MS, check_names, in_seconds, whole_ms
from .service_keys import MOST_MEMBERS
from .values import boolean, duration_ns, is_empty, kind_of, number, one_of, whole_between

Convert = t.Callable[[t.Any], t.Any]
Said = t.Dict[str, t.Tuple[t.Any, Place]]
"""Values by their canonical key, with the places where they are written."""

LONGEST_CONFIRM_MS = 30 * LONGEST_MS
KEYS = ("upgrade_strategy", "deploy")


def milliseconds(least: int, most: int) -> Convert:
    """A converter to a time in milliseconds within the range."""

    def convert(value: t.Any) -> int:
        result = whole_ms(value)
        if not least <= result <= most:
            raise Invalid(f"must be from {least} to {most} ms, not {result}{in_seconds(result)}")
        return result

    return convert


def duration_ms(value: t.Any) -> int:
    """Milliseconds, rounded up, of a time as Compose writes it."""
    result = math.ceil(duration_ns(value) / 10**6)
    if result > LONGEST_MS:
        raise Invalid(f"must be at most {LONGEST_MS // 3600000}h")
    return result


def order(start_first: t.Any) -> str:
    """The order that Rancher's switch means."""
    return START_FIRST if boolean(start_first) else STOP_FIRST


def ratio(value: t.Any) -> float:
    """A share, 0 to 1."""
    result = number(value)
    if result > 1:
        raise Invalid(f"must be from 0 to 1, not {result:g}; half of the members are 0.5")
    return result


def parallelism(value: t.Any) -> int:
    """The size of a batch; Compose's 0 is all members at once, whatever the scale will be then."""
    return whole_between(0, MOST_MEMBERS)(value) or MOST_MEMBERS


ACTION = one_of(ROLLBACK, PAUSE, CONTINUE)
# Key of the file -> canonical key, converter.
RANCHER: dict[str, tuple[str, Convert]] = {
    "start_first": ("order", order),
    "batch_size": ("batch_size", whole_between(1, MOST_MEMBERS)),
    "interval_millis": ("interval_ms", milliseconds(0, LONGEST_MS)),
    "monitor_millis": ("monitor_ms", milliseconds(0, LONGEST_MS)),
    "healthy_deadline_millis": ("deadline_ms", milliseconds(SHORTEST_TIMEOUT_MS, LONGEST_MS)),
    "failure_action": ("failure_action", ACTION),
    "max_failure_ratio": ("max_failure_ratio", ratio),
    "confirm_after_millis": ("confirm_after_ms", milliseconds(0, LONGEST_CONFIRM_MS)),
}
COMPOSE: dict[str, tuple[str, Convert]] = {
    "order": ("order", one_of(START_FIRST, STOP_FIRST)),
    "parallelism": ("batch_size", parallelism),
    "delay": ("interval_ms", duration_ms),
    "monitor": ("monitor_ms", duration_ms),
    "failure_action": ("failure_action", ACTION),
    "max_failure_ratio": ("max_failure_ratio", ratio),
}
# No engine rolls a rollback back.
COMPOSE_BACK = {**COMPOSE, "failure_action": ("failure_action", one_of(PAUSE, CONTINUE))}


def upgrade_strategy(
    keys: t.Mapping[str, t.Any], check: t.Mapping[str, t.Any] | None, place: Place
) -> dict[str, t.Any]:
    """What the file says of upgrades, in the schema's keys; empty if it says nothing.

    Args:
        keys: The keys of the service.
        check: Its canonical health check.
        place: The place of the service.
    """
    own = read(keys.get("upgrade_strategy"), RANCHER, place.at("upgrade_strategy"))
    here = place.at("deploy")
    section = deploy.section(keys.get("deploy"), here)
    other = read(section.get(deploy.UPDATE), COMPOSE, here.at(deploy.UPDATE))
    back = read(section.get(deploy.ROLLBACK), COMPOSE_BACK, here.at(deploy.ROLLBACK))
    for key in [key for key in own if key in other]:
        note_contradiction(own[key], other[key])
    said = {**other, **own}
    check_monitor(said, check)
    found = {key: value for key, (value, _place) in said.items()}
    note_rollback(back, found, here.at(deploy.ROLLBACK))
    return found


def read(value: t.Any, known: t.Mapping[str, tuple[str, Convert]], place: Place) -> Said:
    """The given keys of a map; bad ones become problems."""
    if is_empty(value):
        return {}
    if not isinstance(value, t.Mapping):
        place.problem(f'must be a map such as "{next(iter(known))}: ...", not {kind_of(value)}')
        return {}
    check_names(value, tuple(known), place)
    given = {key: value[key] for key in known if value.get(key) not in (None, "")}
    found = {}
    for key, item in given.items():
        name, convert = known[key]
        found[name] = (place.at(key).attempt(convert, item), place.at(key))
    return {name: said for name, said in found.items() if said[0] is not None}


def note_contradiction(own: tuple[t.Any, Place], other: tuple[t.Any, Place]) -> None:
    """Note two spellings that say different things."""
    (value, place), (other_value, other_place) = own, other
    if value != other_value:
        place.problem(f'contradicts "{other_place.key}"; keep one of the two')


def check_monitor(said: Said, check: t.Mapping[str, t.Any] | None) -> None:
    """Refuse a bake in which the service's own check could not find a fault."""
    if "monitor_ms" not in said:
        return
    value, place = said["monitor_ms"]
    least_s = least_bake_s(dict(check) if check else None)
    if value >= least_s * 1000:
        return
    place.problem(
        f"must be at least {math.ceil(least_s * 1000)} ms ({least_s:g}s), not {value} ms:"
        " the health_check of this service may need that long to find a fault"
    )


def note_rollback(back: Said, strategy: t.Mapping[str, t.Any], place: Place) -> None:
    """Warn of a config for rollbacks, unless it says what happens anyway."""
    said = {key: value for key, (value, _place) in back.items()}
    if said.get("failure_action") == CONTINUE:
        said.pop("max_failure_ratio", None)
    does = {
        "order": strategy.get("order", START_FIRST),
        "batch_size": strategy.get("batch_size", 1),
        "interval_ms": 0,
        "monitor_ms": 0,
        "failure_action": CONTINUE,
    }
    if any(does.get(key) != value for key, value in said.items()):
        place.warn(
            "has no effect: a rollback has no gates; it removes newcomers and starts what was kept, "
            "with the order and the batch of the upgrade"
        )


def refuse_upgrades(keys: t.Mapping[str, t.Any], place: Place) -> None:
    """Note what a service without containers says of upgrades."""
    here = place.at("deploy")
    section = deploy.section(keys.get("deploy"), here)
    configs = [here.at(key) for key in section if not is_empty(section[key])]
    if not is_empty(keys.get("upgrade_strategy")):
        configs.append(place.at("upgrade_strategy"))
    for config in configs:
        config.problem("a service without containers is never upgraded; remove it")
