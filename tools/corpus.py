# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many stacks of a set load, and why the others are refused; by tools/corpus, as `make corpus`.

A set is a folder. Every folder in it, at any depth, that holds a compose file is a stack; the folder right below the
set names the line of the table where stacks lie deeper. What stands in .env.example or example.env beside a compose
file counts as given, as a person would copy it. Nothing is run, and nothing but the files is read.

    corpus.py [--why KIND] FOLDER...      --why: names the stacks that are refused with a reason that holds KIND
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import pathlib
import re
import sys
import time
import traceback

from ansible_collections.drover.docker.plugins.module_utils._model.problems import (
    Invalid,
    Problem,
    StackError,
)
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.dotenv import parse
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.folder import COMPOSE
from ansible_collections.drover.docker.plugins.plugin_utils._stack_files.loader import load_stack

FILES = (*COMPOSE, *(f"{name}.tpl" for name in COMPOSE))
EXAMPLES = (".env.example", "example.env")
# Keys with keys of the schema below them; elsewhere the next part of a place is a name that a person chose.
OF_SCHEMA = ("build", "deploy", "healthcheck", "health_check", "lb_config", "logging")
WORD = 48
SHOWN = 30


@dataclasses.dataclass
class Result:
    """One stack: the kinds of its problems, empty where it loads."""

    stack: pathlib.Path
    kinds: list[str]
    seconds: float
    crash: str = ""


def main() -> int:
    """Print the tables; 1 where something crashed or no stack was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--why", default="", help="name the stacks refused with such a reason")
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    given = parser.parse_args()
    sets: dict[str, list[Result]] = {}
    for folder in given.folders:
        for stack in stacks_of(folder):
            sets.setdefault(name_of(stack, folder), []).append(measure(stack))
    print_sets(sets)
    results = [result for found in sets.values() for result in found]
    print_reasons(results, given.why)
    crashed = [result for result in results if result.crash]
    for result in crashed:
        print(f"\nCRASH {result.stack}\n{result.crash}")
    return 1 if crashed or not results else 0


def stacks_of(folder: pathlib.Path) -> list[pathlib.Path]:
    """The folders with a compose file."""
    return sorted({file.parent for name in FILES for file in folder.rglob(name)})


def name_of(stack: pathlib.Path, folder: pathlib.Path) -> str:
    """The line of the table that a stack belongs to."""
    parts = stack.relative_to(folder).parts
    return f"{folder.name}/{parts[0]}" if len(parts) > 1 else folder.name


def measure(stack: pathlib.Path) -> Result:
    """Load one stack."""
    begun = time.monotonic()
    kinds: list[str] = []
    crash = ""
    try:
        load_stack(str(stack), stack=None, variables={}, environ=examples(stack))
    except StackError as error:
        kinds = [kind_of(problem) for problem in error.problems]
    except Exception:  # it is what is looked for
        crash = traceback.format_exc()
    return Result(stack, kinds, time.monotonic() - begun, crash)


def examples(stack: pathlib.Path) -> dict[str, str]:
    """The variables of example files."""
    found: dict[str, str] = {}
    for file in (stack / name for name in EXAMPLES):
        if file.is_file():
            try:
                read = parse(file.read_text("utf-8-sig", "replace"))
            except Invalid:
                continue
            found.update({item.name: item.value or "" for item in read})
    return found


def kind_of(problem: Problem) -> str:
    """The place without the names that a person chose, and the message without values."""
    parts = [part for part in problem.key.split(".") if not part.isdigit()]
    kept = parts[: 2 if parts and parts[0] in OF_SCHEMA else 1]
    if "labels" in kept:
        kept = [problem.key]
    message = re.sub(r'"[^"]*"', "...", problem.message)
    message = re.sub(r"\d+", "N", message.split(";")[0])
    return f"{'.'.join(kept) or '(file)'}: {message}"[: WORD + len(".".join(kept))]


def print_sets(sets: dict[str, list[Result]]) -> None:
    """Print how many load."""
    print(f"{'set':<30} {'stacks':>7} {'load':>6} {'refused':>8} {'crash':>6} {'slowest':>8}")
    for name, results in sets.items():
        crashed = sum(bool(result.crash) for result in results)
        refused = sum(bool(result.kinds) for result in results)
        slowest = max(result.seconds for result in results)
        load = len(results) - refused - crashed
        print(f"{name:<30} {len(results):>7} {load:>6} {refused:>8} {crashed:>6} {slowest:>7.2f}s")


def print_reasons(results: list[Result], why: str) -> None:
    """Print each kind of reason with the number of stacks that have it, and of those that have no other."""
    having = collections.Counter(kind for result in results for kind in set(result.kinds))
    alone = collections.Counter(
        kind for result in results for kind in set(result.kinds) if len(set(result.kinds)) == 1
    )
    print(f"\n{'stacks':>6} {'alone':>6}  reason")
    for kind, count in having.most_common(SHOWN):
        print(f"{count:>6} {alone[kind]:>6}  {kind}")
    for result in results if why else ():
        found = sorted({kind for kind in result.kinds if why in kind})
        if found:
            print(f"{result.stack}: {'; '.join(found)}")


if __name__ == "__main__":
    sys.exit(main())
