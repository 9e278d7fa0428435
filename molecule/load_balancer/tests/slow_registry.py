# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A registry that gives what the lab's registry gives, but not before a file is there.

A program of its own, which runs on a Docker host: slow_registry.py PORT FILE REGISTRY
"""

from __future__ import annotations

import http.server
import os
import sys
import time
import urllib.error
import urllib.request
from email.message import Message

PORT, FILE, REGISTRY = int(sys.argv[1]), sys.argv[2], sys.argv[3]
LONGEST_S = 300
KEPT = ("Content-Type", "Docker-Content-Digest", "Docker-Distribution-Api-Version", "Etag")


class Handler(http.server.BaseHTTPRequestHandler):
    """Passes each question on, once it may."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if "/manifests/" in self.path:  # the engine waits only 15 s for a registry's first answer
            end = time.monotonic() + LONGEST_S
            while not os.path.exists(FILE) and time.monotonic() < end:
                time.sleep(0.1)
        asked = urllib.request.Request(f"http://{REGISTRY}{self.path}", method=self.command)
        if "Accept" in self.headers:
            asked.add_header("Accept", ", ".join(self.headers.get_all("Accept", [])))
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                self._answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            self._answer(error.code, error.headers, error.read())

    do_HEAD = do_GET  # noqa: N815 (name of the standard library)

    def _answer(self, status: int, headers: Message, body: bytes) -> None:
        self.send_response(status)
        for name in KEPT:
            if name in headers:
                self.send_header(name, headers[name])
        length = headers["Content-Length"] if self.command == "HEAD" else str(len(body))
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
