# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""The request_line of Rancher's health_check: text that Rancher put verbatim after HAProxy's C(option httpchk).

So it is parsed as HAProxy parses it: words in quotes or with backslashes; a lone word is the URI (requested with
OPTIONS, HAProxy's default); headers follow the version as C(\r\nHost:\ www). A text that HAProxy could not send, or
would not read as a request, is refused. Its headers and its URI may hold credentials, and a mistake may put them
anywhere; so messages show no more than the words that are none. Private to the collection.
"""

from __future__ import annotations

import re
import typing as t

from .problems import Invalid, quoted

Request = t.Dict[str, t.Any]

DEFAULT_METHOD = "OPTIONS"
DEFAULT_VERSION = "HTTP/1.0"
VERSIONS = ("HTTP/1.0", "HTTP/1.1")
EXAMPLE = '"GET /health HTTP/1.0"'
LONGEST = 2048
MOST_HEADERS = 16  # HAProxy accepts 64 words per line; a header has three
LARGEST = 8192  # half of HAProxy's buffer, into which the request must fit

_KNOWN_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_LIKE_A_VERSION = re.compile(r"HTTP/[0-9.]{1,5}\Z")
_METHOD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}\Z")
_URI = re.compile(r"[\x21-\x7e]+\Z")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SIMPLE_ESCAPES = {"r": "\r", "n": "\n", "t": "\t"}
_HEX_ESCAPE = re.compile(r"x([0-9A-Fa-f]{2})")
# HAProxy writes these itself and ignores the config's values.
_OF_HAPROXY = ("connection", "content-length", "transfer-encoding")


def parse_request_line(text: str) -> Request | None:
    """A request line as C(method), C(uri), C(version) and C(headers), a list of [name, value].

    Args:
        text: E.g. C(GET /health HTTP/1.0), C(/health), C(GET "/x" "HTTP/1.0").

    Returns:
        The request, or None if the text is empty: the check is then a TCP connect.

    Raises:
        Invalid: HAProxy could not send it, or the text contains more than one request.
    """
    words = split_words(_one_line(text.strip(" \t\r\n")))
    if not words:
        return None
    method, uri, rest = _method_and_uri(words)
    version, headers = _version_and_headers(" ".join(rest))
    request = {"method": method, "uri": uri, "version": version, "headers": headers}
    check_request(request)
    return request


def check_request(request: t.Mapping[str, t.Any]) -> None:
    """Check that HAProxy can send this request unchanged.

    Args:
        request: The result of parse_request_line.

    Raises:
        Invalid: It cannot; the text names the part and says what to do.
    """
    for part in ("method", "uri", "version"):
        if not isinstance(request.get(part), str):
            raise Invalid(f"request: {part} must be text")
    if not _METHOD.match(request["method"]):
        raise Invalid(f"the first word is no HTTP method: write for example {EXAMPLE}")
    _check_uri(request["uri"])
    if request["version"] not in VERSIONS:
        versions = " or ".join(VERSIONS)
        raise Invalid(f"the version must be {versions}, not {_shown_version(request['version'])}")
    headers = request.get("headers")
    _check_headers(headers)
    size = len(request["uri"]) + sum(len(part) + 4 for header in headers or () for part in header)
    if size > LARGEST:
        raise Invalid(f"the request must have at most {LARGEST} characters, not {size}")


def _shown_version(version: str) -> str:
    """The version in quotes if it looks like one; anything else could be a part of a header."""
    return quoted(version) if _LIKE_A_VERSION.match(version) else "another word"


def split_words(text: str) -> list[str]:
    """The words of a line as HAProxy's config parser splits them: quotes, backslashes, C(#) begins a comment.

    Raises:
        Invalid: A quote is not closed, or the line ends in a backslash.
    """
    return _Words(text).split()


def _one_line(text: str) -> str:
    if len(text) > LONGEST:
        raise Invalid(f"must be at most {LONGEST} characters, not {len(text)}")
    if _CONTROL.search(text):
        raise Invalid(
            "must be one line without control characters; a header is written with backslashes, "
            r"in single quotes: 'GET / HTTP/1.1\r\nHost:\ www'"
        )
    return text


def _method_and_uri(words: list[str]) -> tuple[str, str, list[str]]:
    """Method, URI, and the words after them. A word that begins like a URI cannot be a method."""
    first = words[0]
    if first.upper() in _KNOWN_METHODS and len(words) == 1:
        return first, "/", []
    if len(words) == 1 or first.startswith(("/", "http://", "https://")):
        return DEFAULT_METHOD, first, words[1:]
    return first, words[1], words[2:]


def _version_and_headers(text: str) -> tuple[str, list[list[str]]]:
    """Version and headers from the text after the URI; each header is on its own line."""
    version, *lines = re.split(r"\r?\n", text)
    while lines and not lines[-1].strip():
        lines.pop()
    if not all(line.strip() for line in lines):
        raise Invalid("a request with a body is not supported: remove what follows the empty line")
    if " " in version.strip():
        raise Invalid(
            "has more words than method, URI and version; a space in the URI is written %20"
        )
    headers = [_header(line) for line in lines]
    kept = [[name, value] for name, value in headers if name.lower() != "connection"]
    return version.strip().upper() or DEFAULT_VERSION, kept


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise Invalid(r"a header has no colon: write for example \r\nHost:\ www")
    return name.strip(), value.strip()


def _check_uri(uri: str) -> None:
    if not _URI.match(uri):
        raise Invalid(
            "the URI may hold visible ASCII only: write others percent-encoded, a space as %20"
        )
    if not uri.startswith(("/", "http://", "https://")) and uri != "*":
        raise Invalid(f"the URI must begin with /: write for example {EXAMPLE}")
    if len(uri) > LONGEST:
        raise Invalid(f"the URI must have at most {LONGEST} characters, not {len(uri)}")


def _check_headers(headers: t.Any) -> None:
    if not isinstance(headers, (list, tuple)) or len(headers) > MOST_HEADERS:
        raise Invalid(f"headers must be a list of at most {MOST_HEADERS} [name, value]")
    seen: set[str] = set()
    for header in headers:
        if not isinstance(header, (list, tuple)) or len(header) != 2:
            raise Invalid("headers must be a list of [name, value]")
        _check_header(*header)
        name = header[0].lower()
        if name == "host" and name in seen:
            raise Invalid("the header Host may be given once")
        seen.add(name)


def _check_header(name: t.Any, value: t.Any) -> None:
    if not isinstance(name, str) or not _TOKEN.match(name):
        raise Invalid("what stands before the colon of a header is no name of a header")
    if name.lower() in _OF_HAPROXY:
        raise Invalid(f"the header {name} is set by HAProxy: remove it")
    if not isinstance(value, str) or not _HEADER_VALUE.match(value) or len(value) > LONGEST:
        raise Invalid(f"the header {name} needs a value of visible ASCII characters")


class _Words:
    """Splits one line."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._words: list[str] = []
        self._word: list[str] | None = None

    def split(self) -> list[str]:
        """The words up to the end of the line or a comment."""
        while self._at < len(self._text):
            char = self._text[self._at]
            self._at += 1
            if char == "#":
                break
            if char in " \t":
                self._end_word()
            elif char in "\"'":
                self._quoted(char)
            else:
                self._add(self._escape(char))
        self._end_word()
        return self._words

    def _add(self, char: str) -> None:
        if self._word is None:
            self._word = []
        self._word.append(char)

    def _end_word(self) -> None:
        if self._word is not None:
            self._words.append("".join(self._word))
        self._word = None

    def _quoted(self, quote: str) -> None:
        """The text in quotes; only in double quotes does a backslash escape."""
        self._add("")
        while self._at < len(self._text):
            char = self._text[self._at]
            self._at += 1
            if char == quote:
                return
            self._add(self._escape(char) if quote == '"' else char)
        raise Invalid(f"a quote {quote} is not closed")

    def _escape(self, char: str) -> str:
        """The character that an escape sequence stands for; any other character as it is."""
        if char != "\\":
            return char
        rest = self._text[self._at :]
        if not rest:
            raise Invalid("ends in a backslash")
        found = _HEX_ESCAPE.match(rest)
        self._at += 3 if found else 1
        return chr(int(found.group(1), 16)) if found else _SIMPLE_ESCAPES.get(rest[0], rest[0])
