# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML of stack files: every scalar keeps its source text. Controller only; private to the collection.

PyYAML's own constructors follow YAML 1.1 and would turn C(22:22) into 1342, C(1.10) into 1.1 and C(no) into false.
Here a plain scalar becomes a number, true or false only if the value gives the same text again (true and false: in any
case of letters). Everything else stays text. No file can make code run.
"""

from __future__ import annotations

import math
import re
import typing as t

import yaml
from ansible_collections.drover.docker.plugins.module_utils._model.problems import (
    Invalid,
    Place,
    quoted,
)

MOST_BYTES = 5 * 1024 * 1024
MOST_VALUES = 100_000
# Each scalar is one event, each map or list is two: its beginning and its end. Keys are events too.
MOST_EVENTS = 3 * MOST_VALUES
DEEPEST = 60
LOADER: t.Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Keys and list positions that lead to a value.
Path = tuple[str | int, ...]

RESET_TAG, OVERRIDE_TAG = "!reset", "!override"
YAML_TAG = "tag:yaml.org,2002:"
NULLS = ("", "~", "null", "Null", "NULL")
BOOLEANS = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
MAPPING_TAGS = (f"{YAML_TAG}map",)
SEQUENCE_TAGS = (f"{YAML_TAG}seq",)
SCALAR_TAGS = tuple(
    f"{YAML_TAG}{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value")
)


class Reset:
    """A value with the tag C(!reset): what another file says there is gone."""


class Override:
    """A value with the tag C(!override): it takes the place of what another file says there."""

    def __init__(self, value: t.Any) -> None:
        self.value = value


def settled(value: t.Any) -> t.Any:
    """Return the value without the two tags, where nothing is merged any more."""
    if isinstance(value, Override):
        return settled(value.value)
    if isinstance(value, dict):
        return {key: settled(item) for key, item in value.items() if not isinstance(item, Reset)}
    if isinstance(value, list):
        return [settled(item) for item in value if not isinstance(item, Reset)]
    return None if isinstance(value, Reset) else value


def load_yaml(content: bytes, place: Place) -> t.Any:
    """Return the value of a YAML file; None for an empty file.

    Duplicate keys become warnings: the last one wins, as in Rancher.

    Raises:
        Invalid: the file is not YAML, or exceeds the limits of a stack file.
    """
    text = decode(content)
    try:
        check_depth(text)
        node = yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        raise Invalid(explain(error, text)) from None
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise Invalid(f"is not YAML: {reason}") from None
    return None if node is None else ValueBuilder(place).value(node, ())


def decode(content: bytes) -> str:
    """Decode a file, which must be UTF-8."""
    if len(content) > MOST_BYTES:
        raise Invalid(f"is larger than {MOST_BYTES // 2**20} MB; that is no stack file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Invalid(f"line {line}: is not UTF-8 text; save the file as UTF-8") from None


def check_depth(text: str) -> None:
    """Refuse deep nesting before any recursion, and too many values before they are stored."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=LOADER)):
        if count > MOST_EVENTS:
            raise too_many()
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise Invalid(f"{line_of(event)}is nested more than {DEEPEST} deep")


def explain(error: yaml.MarkedYAMLError, text: str) -> str:
    """Return the YAML parser's message as one line."""
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    reason = error.problem or error.context or "is not YAML"
    if str(error.context).startswith("expected a single document"):
        return where + "a second YAML document begins here; a stack file has one"
    lines = text.splitlines()
    around = lines[max(0, mark.line - 1) : mark.line + 1] if mark else []
    if any("\t" in line[: len(line) - len(line.lstrip())] for line in around):
        reason += "; YAML is indented with spaces, never with tabs"
    return f"{where}is not YAML: {reason}"


class ValueBuilder:
    """Makes plain Python values from a YAML document, up to a maximum number."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.values = 0

    def value(self, node: yaml.Node, path: Path) -> t.Any:
        """Return the value of a node. Each occurrence of an alias is followed and counted, which limits alias bombs."""
        self.values += 1
        if self.values > MOST_VALUES:
            raise too_many()
        if len(path) > DEEPEST:
            raise Invalid(f"{line_of(node)}is nested more than {DEEPEST} deep, or holds itself")
        if node.tag == RESET_TAG:
            return Reset()
        if node.tag == OVERRIDE_TAG:
            return Override(self.value(untagged(node), path))
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            check_tag(node, SEQUENCE_TAGS)
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return scalar(t.cast(yaml.ScalarNode, node))

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, t.Any]:
        """Return a map. Keys are text as written. C(<<) merges other maps, which the map's own keys override."""
        check_tag(node, MAPPING_TAGS)
        merged: dict[str, t.Any] = {}
        own: dict[str, t.Any] = {}
        for key_node, value_node in node.value:
            key = key_text(key_node)
            if key_node.tag == f"{YAML_TAG}merge":
                merged = {**self.merged(value_node, path), **merged}
                continue
            if key in own:
                self.warn_of_twice(key_node, (*path, key))
                del own[key]
            own[key] = self.value(value_node, (*path, key))
        return {**merged, **own}

    def merged(self, node: yaml.Node, path: Path) -> dict[str, t.Any]:
        """Return the merged maps that C(<<) names; the first of several wins."""
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        found: dict[str, t.Any] = {}
        for source in sources:
            if not isinstance(source, yaml.MappingNode):
                raise Invalid(f"{line_of(node)}<< takes a map, or a list of maps")
            found = {**self.value(source, (*path, "<<")), **found}
        return found

    def warn_of_twice(self, node: yaml.Node, path: Path) -> None:
        """Warn of a key that is given twice."""
        place = self.place
        for part in path:
            place = place.at(part)
        place.warn(f"{line_of(node)}is given twice; the last one counts")


def untagged(node: yaml.Node) -> yaml.Node:
    """Return the node with the tag that it would have without an own one."""
    kinds: dict[type[yaml.Node], str] = {
        yaml.MappingNode: MAPPING_TAGS[0],
        yaml.SequenceNode: SEQUENCE_TAGS[0],
    }
    tag = kinds.get(type(node), SCALAR_TAGS[0] if getattr(node, "style", None) else SCALAR_TAGS[1])
    return type(node)(tag, node.value, node.start_mark, node.end_mark)


def scalar(node: yaml.ScalarNode) -> t.Any:
    """Return text, a number, true, false or None."""
    check_tag(node, SCALAR_TAGS)
    text = str(node.value)
    # The style of a plain scalar is None with the Python loader and "" with the C loader.
    if not node.style and node.tag != f"{YAML_TAG}str":
        return plain_scalar(text)
    return text


def plain_scalar(text: str) -> t.Any:
    """Return the meaning of an unquoted scalar; text if a number would not give the same text again."""
    if text in NULLS:
        return None
    if text in BOOLEANS:
        return BOOLEANS[text]
    if INTEGER.fullmatch(text) and str(int(text)) == text:
        return int(text)
    if DECIMAL.fullmatch(text) and repr(float(text)) == text and math.isfinite(float(text)):
        return float(text)
    return text


def key_text(node: yaml.Node) -> str:
    """Return the text of a key."""
    if not isinstance(node, yaml.ScalarNode):
        raise Invalid(f"{line_of(node)}a key must be text (are braces of a template left here?)")
    check_tag(node, SCALAR_TAGS)
    return str(node.value)


def check_tag(node: yaml.Node, known: t.Sequence[str]) -> None:
    """Refuse explicit YAML types."""
    if node.tag not in known:
        tag = node.tag.replace(YAML_TAG, "!!", 1)
        raise Invalid(f"{line_of(node)}the tag {quoted(tag)} is not for stack files")


def too_many() -> Invalid:
    """Return the error for a file with too many values."""
    return Invalid(f"holds more than {MOST_VALUES} values, counting each use of an alias")


def line_of(found: yaml.Node | yaml.Event) -> str:
    """Return the line of an element, as the start of a message."""
    mark = found.start_mark
    return f"line {mark.line + 1}: " if mark else ""
