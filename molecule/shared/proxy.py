# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""proxy.py SOCKET LOG: passes calls on to the Docker engine of this host, and writes down method and path of each.

Runs on the host, with nothing but Python. A connection may carry many calls, so requests are read to their ends;
answers are passed on as they come.
"""

from __future__ import annotations

import pathlib
import re
import socket
import sys
import threading
import typing as t

ENGINE = "/var/run/docker.sock"


def read_head(stream: t.BinaryIO) -> bytes:
    """The request line and the headers, with the empty line; empty at the end of the connection."""
    head = b""
    for line in iter(stream.readline, b""):
        head += line
        if line in (b"\r\n", b"\n"):
            return head
    return head


def read_body(stream: t.BinaryIO, head: bytes) -> bytes:
    """The body of a request, as it was sent."""
    if re.search(rb"(?i)^transfer-encoding:.*chunked", head, re.MULTILINE):
        return read_chunks(stream)
    length = re.search(rb"(?i)^content-length: *(\d+)", head, re.MULTILINE)
    return stream.read(int(length[1])) if length else b""


def read_chunks(stream: t.BinaryIO) -> bytes:
    """A body in chunks, with their sizes."""
    body = b""
    while True:
        line = stream.readline()
        size = int(line.split(b";")[0], 16)
        body += line + stream.read(size) + stream.readline()
        if size == 0:
            return body


def pass_answers(engine: socket.socket, client: socket.socket) -> None:
    """Everything that the engine says, until it closes."""
    for data in iter(lambda: engine.recv(65536), b""):
        client.sendall(data)
    client.shutdown(socket.SHUT_RDWR)


def serve(client: socket.socket, log: t.TextIO) -> None:
    """One connection."""
    engine = socket.socket(socket.AF_UNIX)
    engine.connect(ENGINE)
    threading.Thread(target=pass_answers, args=(engine, client), daemon=True).start()
    with engine, client.makefile("rb") as stream:
        for head in iter(lambda: read_head(stream), b""):
            log.write(head.split(b" HTTP/", 1)[0].decode() + "\n")
            engine.sendall(head + read_body(stream, head))


def main(path: str, log_path: str) -> None:
    """Serve until the end."""
    pathlib.Path(path).unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener, open(log_path, "a", buffering=1) as log:
        listener.bind(path)
        listener.listen(64)
        while True:
            client, _peer = listener.accept()
            threading.Thread(target=serve, args=(client, log), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
