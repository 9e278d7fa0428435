# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small HTTP application for tests, whose health, delay and version can be switched while it runs.

testapp                 serve on TESTAPP_PORT (8080)
testapp get URL         print the body of URL; exit 1 unless its status is 200 (for health checks, docker exec)
testapp resolve NAME    print the addresses of NAME, one a line

GET /          "testapp VERSION HOSTNAME", with the status and delay that are set
GET /health    with the health status and delay that are set; 500 while there is a file /broken in the container
GET /whoami    JSON: hostname, container_id, version, started (Unix time, s), requests, state, env
GET /set?health=500&status=200&delay_ms=0&version=2   switches this member only; a status of 0 drops the connection
GET /close?seconds=5     answers, then listens no more for that time; 0: for good, while the process runs on
GET /exit?code=3         answers, then exits
GET /write?text=...      stores text in /data/marker;  GET /read gives it back (404 when there is none)
GET /resolve?name=db     the addresses of a name as this container sees them, JSON

The first state comes from TESTAPP_HEALTH, TESTAPP_STATUS, TESTAPP_DELAY_MS and TESTAPP_VERSION.
TESTAPP_START_DELAY (s) holds back the listening; with TESTAPP_EXIT_AFTER (s) it exits with
TESTAPP_EXIT_CODE after that time. /health alone: with TESTAPP_SICK_AFTER (s) it is 500 after that time; with
TESTAPP_PATTERN (200,200,500) each address that asks gets these in turn; with TESTAPP_NEEDS (http://db:8080/health)
it is 503 unless that URL answers 200. TESTAPP_DATA is the folder of the marker. Only the modules of
python3-minimal are used: no http, no json.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import threading
import time

DATA = os.environ.get("TESTAPP_DATA", "/data")
STARTED = time.time()
STATE = {
    "health": int(os.environ.get("TESTAPP_HEALTH", "200")),
    "status": int(os.environ.get("TESTAPP_STATUS", "200")),
    "delay_ms": int(os.environ.get("TESTAPP_DELAY_MS", "0")),
    "version": os.environ.get("TESTAPP_VERSION", "1"),
}
COUNT = {"requests": 0}
BROKEN = "/broken"
SICK_AFTER = float(os.environ.get("TESTAPP_SICK_AFTER", "inf"))
PATTERN = [int(word) for word in os.environ.get("TESTAPP_PATTERN", "").split(",") if word]
NEEDS = os.environ.get("TESTAPP_NEEDS", "")
ASKED = {}  # how often each address asked for /health
CONNECTION = threading.local()
LISTENER = {"socket": None, "closed_s": 0.0}


class BadRequest(Exception):
    """The request cannot be understood; the text goes to the client with status 400."""


def to_json(value):
    """JSON text of strings, numbers, lists and dicts (python3-minimal has no json module)."""
    if isinstance(value, dict):
        pairs = (f"{to_json(str(key))}: {to_json(item)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(to_json(item) for item in value)}]"
    if isinstance(value, (int, float)):
        return repr(value)
    units = str(value).encode("utf-16-be", "surrogatepass")
    codes = [units[i] << 8 | units[i + 1] for i in range(0, len(units), 2)]
    plain = {c for c in range(32, 127) if chr(c) not in '"\\'}
    text = "".join(chr(code) if code in plain else f"\\u{code:04x}" for code in codes)
    return f'"{text}"'


def unquote(text):
    """Undo URL encoding."""
    raw = text.replace("+", " ").encode("utf-8")
    raw = re.sub(rb"%([0-9a-fA-F]{2})", lambda m: bytes([int(m.group(1), 16)]), raw)
    return raw.decode("utf-8", "replace")


def parse_query(text):
    """The arguments of a URL as a dict."""
    pairs = (part.partition("=") for part in text.split("&") if part)
    return {unquote(key): unquote(value) for key, _sign, value in pairs}


def container_id():
    """The container's full id, from where Docker mounts its hostname file; empty outside a container."""
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        found = re.findall(r"/containers/([0-9a-f]{64})/hostname", mounts.read())
    return found[-1] if found else ""


def addresses(name):
    """The IPv4 addresses of a name, sorted; empty when it does not resolve."""
    try:
        return sorted({info[4][0] for info in socket.getaddrinfo(name, None, socket.AF_INET)})
    except OSError:
        return []


def show_root(_query):
    return STATE["status"], f"testapp {STATE['version']} {socket.gethostname()}\n"


def health_status():
    """What /health answers: the first reason to be sick, else the status that is set."""
    if os.path.exists(BROKEN) or time.time() - STARTED > SICK_AFTER:
        return 500
    if NEEDS and fetch(NEEDS, timeout=1)[0] != 200:
        return 503
    if PATTERN:
        asked = ASKED[CONNECTION.peer] = ASKED.get(CONNECTION.peer, 0) + 1
        return PATTERN[(asked - 1) % len(PATTERN)]
    return STATE["health"]


def show_health(_query):
    status = health_status()
    return status, f"health {status}\n"


def show_whoami(_query):
    facts = {
        "hostname": socket.gethostname(),
        "container_id": container_id(),
        "version": STATE["version"],
    }
    facts.update(started=STARTED, requests=COUNT["requests"], state=STATE, env=dict(os.environ))
    return 200, to_json(facts) + "\n"


def set_state(query):
    for key, value in query.items():
        if key not in STATE:
            raise BadRequest(f"unknown switch {key}; there are: {', '.join(STATE)}")
        if isinstance(STATE[key], int) and not value.isdigit():
            raise BadRequest(f"{key} must be a number")
    STATE.update({k: int(v) if isinstance(STATE[k], int) else v for k, v in query.items()})
    return 200, to_json(STATE) + "\n"


def close_soon(query):
    LISTENER["closed_s"] = float(query.get("seconds", "0")) or float("inf")
    # What is said to a listening socket wakes up who waits for a connection there; closing it does not.
    threading.Timer(0.05, LISTENER["socket"].shutdown, (socket.SHUT_RDWR,)).start()
    return 200, f"closed for {LISTENER['closed_s']} s\n"


def exit_soon(query):
    code = int(query.get("code", "0"))
    threading.Timer(0.05, os._exit, (code,)).start()
    return 200, f"exit {code}\n"


def write_marker(query):
    with open(f"{DATA}/marker", "w", encoding="utf-8") as marker:
        marker.write(query.get("text", ""))
        marker.flush()
        os.fsync(marker.fileno())
    return 200, "written\n"


def read_marker(_query):
    try:
        with open(f"{DATA}/marker", encoding="utf-8") as marker:
            return 200, marker.read()
    except FileNotFoundError:
        return 404, "no marker\n"


def resolve(query):
    return 200, to_json(addresses(query.get("name", ""))) + "\n"


ROUTES = {
    "/": show_root,
    "/health": show_health,
    "/whoami": show_whoami,
    "/set": set_state,
    "/close": close_soon,
    "/exit": exit_soon,
    "/write": write_marker,
    "/read": read_marker,
    "/resolve": resolve,
}


def respond(target):
    """(status, body) of a request target such as /set?health=500; a status of 0 means: drop the connection."""
    path, _mark, query = target.partition("?")
    if path in ("/", "/health"):
        time.sleep(STATE["delay_ms"] / 1000)
    if path not in ROUTES:
        return 404, "not found\n"
    try:
        return ROUTES[path](parse_query(query))
    except (BadRequest, ValueError) as error:
        return 400, f"{error}\n"
    except OSError as error:
        return 500, f"{error}\n"


def read_request(stream):
    """(method, target, keep alive) of the next request, or None at the end of the connection."""
    words = stream.readline(65536).decode("latin-1").split()
    if len(words) != 3:
        return None
    headers = {}
    for line in iter(lambda: stream.readline(65536).strip(), b""):
        key, _colon, value = line.decode("latin-1").partition(":")
        headers[key.strip().lower()] = value.strip().lower()
    stream.read(int(headers.get("content-length", "0")))
    connection = headers.get("connection", "")
    return words[0], words[1], connection != "close" and words[2] == "HTTP/1.1"


def answer(stream, request):
    """Send the answer to one request; False when the connection is to be dropped instead."""
    method, target, keep = request
    COUNT["requests"] += 1
    status, text = respond(target)
    if status == 0:
        return False
    body = text.encode("utf-8")
    kind = "application/json" if text[:1] in "{[" else "text/plain; charset=utf-8"
    head = [f"HTTP/1.1 {status} {'OK' if status == 200 else 'Status'}", f"Content-Type: {kind}"]
    head += [
        f"Content-Length: {len(body)}",
        f"Connection: {'keep-alive' if keep else 'close'}",
        "",
        "",
    ]
    stream.write("\r\n".join(head).encode("latin-1") + (b"" if method == "HEAD" else body))
    stream.flush()
    return keep


def serve_connection(connection, peer):
    """Answer the requests of one connection until the client closes it."""
    CONNECTION.peer = peer
    with connection, connection.makefile("rwb") as stream:
        try:
            while True:
                request = read_request(stream)
                if request is None or not answer(stream, request):
                    return
        except (OSError, ValueError):
            return


def serve():
    """Listen and answer, one thread for each connection, until the process is told to end."""
    signal.signal(signal.SIGTERM, lambda *_args: os._exit(0))
    signal.signal(signal.SIGINT, lambda *_args: os._exit(0))
    if "TESTAPP_EXIT_AFTER" in os.environ:
        code = int(os.environ.get("TESTAPP_EXIT_CODE", "1"))
        threading.Timer(float(os.environ["TESTAPP_EXIT_AFTER"]), os._exit, (code,)).start()
    time.sleep(float(os.environ.get("TESTAPP_START_DELAY", "0")))
    while True:
        accept_connections()
        time.sleep(min(LISTENER["closed_s"], 1e6))


def accept_connections():
    """Answer until the listener is closed."""
    with socket.create_server(
        ("", int(os.environ.get("TESTAPP_PORT", "8080"))), backlog=512
    ) as listener:
        LISTENER["socket"] = listener
        print(f"testapp {STATE['version']} listens on port {listener.getsockname()[1]}")
        while True:
            try:
                connection, peer = listener.accept()
            except OSError:
                return
            threading.Thread(
                target=serve_connection, args=(connection, peer[0]), daemon=True
            ).start()


def fetch(url, *, timeout):
    """(status, body) of an http URL; (0, why) where there is no answer."""
    found = re.fullmatch(r"(?:http://)?([^/:]+)(?::(\d+))?(/.*)?", url)
    if not found:
        return 0, "not a URL"
    host, port, path = found[1], int(found[2] or 80), found[3] or "/"
    try:
        with socket.create_connection((host, port), timeout=timeout) as connection:
            connection.sendall(
                f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
            )
            head, _blank, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
        return int(head.split()[1]), body.decode("utf-8", "replace")
    except (OSError, IndexError, ValueError) as error:
        return 0, str(error)


def get(url):
    """Print the body of an http URL; 0 when its status is 200, else 1."""
    status, text = fetch(url, timeout=5)
    if status:
        sys.stdout.write(text)
    else:
        print(f"{url}: {text}", file=sys.stderr)
    return 0 if status == 200 else 1


def main(words):
    if words[:1] == ["get"] and len(words) == 2:
        return get(words[1])
    if words[:1] == ["resolve"] and len(words) == 2:
        found = addresses(words[1])
        print("\n".join(found))
        return 0 if found else 1
    if words:
        print(__doc__, file=sys.stderr)
        return 2
    return serve()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
