# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first lines that a host runs for a channel. Private to the collection.

They read the code from standard input, and Python imports it from memory. Nothing is written to a disk, so nothing
can stay behind. All other output goes to standard error, because standard output is the channel.
"""

from __future__ import annotations

from .code import ROOT

_BOOTSTRAP = f"""
import hashlib, os, signal, sys
if sys.version_info < (3, 8):
    sys.exit("Python 3.8 or later is needed, and this is " + sys.version.split()[0])
mark, idle_s = sys.argv[1:]
signal.alarm(60)
try:
    os.setsid()
except OSError:
    pass
sink = os.dup(1)
os.dup2(2, 1)
source = os.fdopen(0, "rb", 0, closefd=False)
def read(count):
    found = b""
    while len(found) < count:
        chunk = source.read(count - len(found))
        if not chunk:
            sys.exit("the connection ended before the code was there")
        found += chunk
    return found
os.write(sink, (mark + chr(10)).encode())
while source.readline() != (mark + chr(10)).encode():
    pass
code = read(int.from_bytes(read(4), "big"))
held = os.memfd_create("drover")
with os.fdopen(held, "wb", closefd=False) as memory:
    memory.write(code)
sys.path[0] = "/proc/self/fd/" + str(held)
from {ROOT}.%(program)s import serve
signal.alarm(0)
serve(0, sink, hashlib.sha256(code).hexdigest(), float(idle_s))
"""

CHANNEL = "_host.serve"
"""The program that answers the calls of a channel."""


def bootstrap(program: str = CHANNEL) -> str:
    """Return the lines that start a program: a module of module_utils with a function C(serve)."""
    return _BOOTSTRAP % {"program": program}
