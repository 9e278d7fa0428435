# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where members may be: Rancher's labels for the scheduler, and the environment variables that mean the same.

Private to the collection. As in Rancher, letters count as small ones.
"""

from __future__ import annotations

import typing as t

from .._common.constants import RANCHER_STACK_SERVICE
from .._model.problems import Invalid, Notes, Place, quoted
from .values import is_empty, pairs

AFFINITY = "io.rancher.scheduler.affinity:"
ENDINGS = ("", "_ne", "_soft", "_soft_ne")
HOSTS = tuple(f"host_label{ending}" for ending in ENDINGS)
LABELS = tuple(f"container_label{ending}" for ending in ENDINGS)
NAMES = tuple(f"container{ending}" for ending in ENDINGS)
CONSTRAINT, CONTAINERS = "constraint:", "affinity:"
"""Environment variables: the syntax of the old Docker Swarm, which Rancher accepts, too."""

Keys = t.Mapping[str, t.Any]


def placement(found: t.Mapping[str, str], stack: str, place: Place) -> dict[str, t.Any]:
    """The schema's C(placement): rules about containers are there only if the labels have any."""

    def read(name: str, parse: t.Callable[[str], t.Any]) -> t.Any:
        return place.at(AFFINITY + name).attempt(parse, found.get(AFFINITY + name, "")) or []

    rules = {name: read(name, label_pairs) for name in HOSTS}
    further = {name: _whole(read(name, label_pairs), stack) for name in LABELS}
    further.update({name: read(name, names) for name in NAMES})
    return {**rules, **{name: item for name, item in further.items() if item}}


def label_pairs(value: str) -> list[list[str]]:
    """C(k=v) pairs of a comma list in lower case, as Rancher compared them."""
    found = []
    for item in value.lower().split(","):
        name, equals, wanted = (part.strip() for part in item.partition("="))
        if name and equals:
            found.append([name, wanted])
        elif item.strip():
            raise Invalid(f"must be key=value, or several with commas, not {quoted(item.strip())}")
    return found


def names(value: str) -> list[str]:
    """Names of a comma list in lower case."""
    return [item.strip() for item in value.lower().split(",") if item.strip()]


def _whole(rules: list[list[str]], stack: str) -> list[list[str]]:
    """The rules; a service without a stack is one of its own, as in Rancher."""
    return [
        [name, f"{stack}/{wanted}".lower()]
        if name == RANCHER_STACK_SERVICE and "/" not in wanted
        else [name, wanted]
        for name, wanted in rules
    ]


def with_affinities(keys: Keys, place: Place) -> Keys:
    """The keys of a service with the rules in its environment written as labels; the variables are taken out."""
    here, notes = place.at("environment"), Notes()
    found = {} if is_empty(keys.get("environment")) else pairs(keys["environment"], Place(notes))
    if notes.problems or not any(map(_is_rule, found)):
        return keys  # what is wrong with it is said where it is read
    kept: dict[str, t.Any] = {}
    rules: dict[str, list[str]] = {}
    for name, value in found.items():
        if _is_rule(name):
            rule = here.at(name).attempt(lambda item: _rule(*item), (name, str(value or "")))
            if rule is not None:
                rules.setdefault(AFFINITY + rule[0], []).append(rule[1])
        else:
            kept[name] = value
    return _with_labels({**keys, "environment": kept}, rules, place)


def _is_rule(name: str) -> bool:
    return name.startswith((CONSTRAINT, CONTAINERS))


def _with_labels(keys: Keys, rules: t.Mapping[str, list[str]], place: Place) -> Keys:
    labels = dict(pairs(keys.get("labels") or {}, place.at("labels")))
    for name, found in rules.items():
        labels[name] = ",".join([str(labels[name]), *found] if labels.get(name) else found)
    return {**keys, "labels": labels}


def _rule(name: str, value: str) -> tuple[str, str]:
    """Kind and text of a rule such as C(constraint:ssd==true), C(affinity:container!=db) or C(affinity:a==~b)."""
    kind, _colon, key = name.partition(":")
    unwanted = key.endswith("!")
    if not unwanted and not value.startswith("="):
        raise Invalid("must have == or !=, and ~ after it for a preference")
    wanted = value if unwanted else value[1:]
    soft = wanted.startswith("~")
    key, wanted = key.rstrip("!").strip(), wanted.lstrip("~").strip()
    if not key or not wanted or "," in wanted:
        raise Invalid("must name one thing and its value, without a comma")
    ending = ("_soft" if soft else "") + ("_ne" if unwanted else "")
    if kind == CONSTRAINT[:-1]:
        return f"host_label{ending}", f"{key}={wanted}"
    if key == "container":
        return f"container{ending}", wanted
    return f"container_label{ending}", f"{key}={wanted}"
