# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of all actions on this host, one JSON object per line: docs/schema.md section 13. Private to the collection.

Written to a file of ours and to syslog (which is the journal where systemd runs). A full disk or a
missing syslog must not prevent a repair, so write errors are ignored.
"""

from __future__ import annotations

import contextlib
import json
import logging
import logging.handlers
import os
import typing as t

from .._common.regular_files import open_regular
from .._common.times import iso_milliseconds
from .._model.fact import Fact

Json = t.Dict[str, t.Any]

FOLDER = "audit"
FILE = "audit.jsonl"
MAX_BYTES = 4 * 1024 * 1024
KEPT_FILES = 4
LARGEST_BYTES = 4 * MAX_BYTES
"""A larger file is not read."""
SYSLOG = "/dev/log"
_LONGEST_TEXT = 500


def audit_folder(state_dir: str) -> str:
    """The folder of the audit files."""
    return os.path.join(state_dir, FOLDER)


def cause_fields(cause: Fact) -> Json:
    """The fields of a line that say why: the text for people, and the fact for programs."""
    return {"cause": cause.text, "code": cause.code, "parameters": cause.parameters}


class _File(logging.handlers.RotatingFileHandler):
    def _open(self) -> t.Any:
        return open(self.baseFilename, self.mode, encoding=self.encoding, opener=open_regular)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (name of the standard library)
        """A line that cannot be written is lost."""


class _Syslog(logging.handlers.SysLogHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """A line that cannot be sent is lost."""


class Audit:
    """Writes the lines of one call. The caller holds the host's lock, so there is one writer."""

    def __init__(
        self,
        state_dir: str,
        *,
        clock: t.Callable[[], float],
        common: Json,
        syslog: str = SYSLOG,
    ) -> None:
        """Open nothing before the first line.

        Args:
            state_dir: Folder of all our files on this host.
            clock: The host's wall clock, in seconds since the epoch.
            common: Fields of every line: C(run), C(who), C(command), C(host).
            syslog: Socket of the syslog; empty for none.
        """
        self._state_dir = state_dir
        self._clock = clock
        self._common = common
        self._syslog = syslog
        self._open: list[logging.Handler] | None = None

    def write(self, **fields: t.Any) -> None:
        """Write one line. Long texts are truncated; the most useful fields come first."""
        line = json.dumps(
            {"time": iso_milliseconds(self._clock()), **self._common, **_short(fields)},
            sort_keys=False,
        )
        record = logging.makeLogRecord({"msg": line, "levelno": logging.INFO, "levelname": "INFO"})
        for handler in self._handlers():
            handler.emit(record)

    def close(self) -> None:
        """Close files and sockets."""
        for handler in self._open or []:
            with contextlib.suppress(OSError):
                handler.close()
        self._open = None

    def _handlers(self) -> list[logging.Handler]:
        if self._open is None:
            self._open = []
            with contextlib.suppress(OSError):
                self._open.append(self._file())
            if self._syslog and os.path.exists(self._syslog):
                with contextlib.suppress(OSError):
                    self._open.append(self._to_syslog())
        return self._open

    def _file(self) -> logging.Handler:
        folder = audit_folder(self._state_dir)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        return _File(
            os.path.join(folder, FILE),
            maxBytes=MAX_BYTES,
            backupCount=KEPT_FILES,
            encoding="utf-8",
        )

    def _to_syslog(self) -> logging.Handler:
        handler = _Syslog(self._syslog, facility=logging.handlers.SysLogHandler.LOG_DAEMON)
        handler.ident = "drover: "
        return handler


def _short(value: t.Any) -> t.Any:
    """A value with its long texts truncated."""
    if isinstance(value, dict):
        return {key: _short(item) for key, item in value.items()}
    return value[:_LONGEST_TEXT] if isinstance(value, str) else value
