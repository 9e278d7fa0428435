# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sources of variables' values. Controller only; private to the collection."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._compose.keys import not_run
from ansible_collections.drover.docker.plugins.module_utils._compose.values import kind_of, text
from ansible_collections.drover.docker.plugins.module_utils._model.problems import Place

NAME = re.compile(r"[A-Za-z0-9_]+")


class Variables:
    """Values by name from several sources. The first source with the name wins."""

    def __init__(self, sources: t.Sequence[t.Mapping[str, str]]) -> None:
        self.sources = list(sources)

    def and_then(self, source: t.Mapping[str, str]) -> Variables:
        """Return these variables with one more source, which comes last."""
        return Variables([*self.sources, source])

    def get(self, name: str) -> str | None:
        """Return the value, or None if no source has the name."""
        return next((source[name] for source in self.sources if name in source), None)


def words(text: str) -> list[str]:
    """Return the words of a list with commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def check_dotenv(found: t.Mapping[str, str], place: Place) -> None:
    """Note a variable of .env by which Compose would read other files."""
    if found.get("COMPOSE_FILE"):
        place.problem(
            f'"COMPOSE_FILE" {not_run("name the first file compose.yaml, and include the others in it")}'
        )


def answers(document: t.Any, place: Place) -> dict[str, str]:
    """Read the answers file: a flat map of variable to value."""
    if document is None:
        return {}
    if not isinstance(document, dict):
        place.problem(f"must be a map of variable: value, not {kind_of(document)}")
        return {}
    found = {}
    for name, value in document.items():
        here = place.at(name)
        if not NAME.fullmatch(name):
            here.problem("is no name of a variable (letters, digits, _)")
        elif isinstance(value, (dict, list)):
            here.problem(f"must be one value, not {kind_of(value)}")
        else:
            found[name] = here.attempt(text, "" if value is None else value) or ""
    return found


def question_defaults(catalog: t.Any, place: Place) -> dict[str, str]:
    """Return the default answers of the questions in rancher-compose's catalog block."""
    if not isinstance(catalog, dict):
        if catalog is not None:
            place.problem(f"must be a map, not {kind_of(catalog)}")
        return {}
    questions = catalog.get("questions") or []
    if not isinstance(questions, list):
        place.at("questions").problem(f"must be a list, not {kind_of(questions)}")
        return {}
    found: dict[str, str] = {}
    for index, question in enumerate(questions):
        add_default(found, question, place.at("questions").at(index))
    return found


def add_default(found: dict[str, str], question: t.Any, place: Place) -> None:
    """Add the default of one question, if it has one."""
    if not isinstance(question, dict) or not isinstance(question.get("variable"), str):
        place.problem('a question must be a map with a "variable"')
        return
    default = question.get("default")
    if default is not None:
        found[question["variable"]] = place.at("default").attempt(text, default) or ""
