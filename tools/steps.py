# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the steps of ``make test``: two tracks side by side, the checks of the code and the tests on the Docker hosts.

The tests on the hosts wait for the network and for containers most of the time, and measure times. So the checks of
the code run beside them with what they leave of the processors. Each step writes a log. What failed is shown. The run
closes with the seconds of each step, each failure with the file of its log, and the lines that pytest itself closed
with.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / ".cache" / "logs"
CLOSING = re.compile(r"^=+ .*\d+ (passed|failed|skipped|errors?).* in [\d.]+s.* =+$")
PART = re.compile(r"^(ok|FAILED): (units|live|molecule)")
INNER_LOG = re.compile(r"its log is (\.cache/\S+)")
TEST = re.compile(r"^_+ (.*\w.*) _+$")
ERROR = re.compile(r"^(E  |FAILED|FATAL|ERROR|fatal: |error)")
PRINTED = re.compile(r"^-+ Captured stdout call -+$")
RULE = re.compile(r"^([-=]{9,}|[-=_]{3,} .* [-=_]{3,})$")
SHOWN_LINES = 120
FAILURE_LINES = 4
PRINTED_LINES = 6
SHOWN_FAILURE_LINES = 40


@dataclass
class Step:
    """One command and what became of it."""

    name: str
    command: tuple[str, ...]
    keeps_lab: bool = False
    gives_way: bool = False
    seconds: float = 0.0
    state: str = "not run"
    lines: list[str] = field(default_factory=list)

    @property
    def log(self) -> Path:
        return LOGS / f"test-{self.name}.log"


LAB = [Step("engine", ("lab/engine", "start")), Step("images", ("lab/images",))]
CODE = [
    Step(name, ("nice", "-n", "19", f"tools/{name}"), gives_way=True)
    for name in ("lint", "units", "sanity", "build", "importer")
]
LIVE = Step("live", ("tools/molecule", "live"), keeps_lab=True)
SCENARIOS = Step("molecule", ("tools/molecule", "scenarios"))
STEPS = [*LAB, *CODE, LIVE, SCENARIOS]

running: set[subprocess.Popen[bytes]] = set()
stopping = threading.Event()


def run(step: Step) -> bool:
    """Run one step, say how it went, and return whether it succeeded."""
    if stopping.is_set():
        return False
    start = time.monotonic()
    with step.log.open("wb") as log:
        process = subprocess.Popen(
            step.command,
            cwd=ROOT,
            env={**os.environ, **({"KEEP_LAB": "1"} if step.keeps_lab else {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        running.add(process)
        if step.gives_way:
            give_way(process.pid)
        code = process.wait()
        running.discard(process)
    step.seconds = time.monotonic() - start
    step.state = "ok" if code == 0 else "FAILED"
    step.lines = step.log.read_text(errors="replace").splitlines()
    report(step)
    return code == 0


def give_way(pid: int) -> None:
    """Let the session of a process run last. Where the kernel groups processes by session, nice counts inside only."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text("19")


def report(step: Step) -> None:
    """Print one line for a step, and for a failed one the end of its log too."""
    text = f"{step.state:6} {step.name}, {step.seconds:.0f} s"
    if step.state != "ok":
        text += f"; its log is {step.log.relative_to(ROOT)} and ends with\n"
        text += "\n".join(f"  | {line}" for line in step.lines[-SHOWN_LINES:])
    print(text, flush=True)


def run_code() -> None:
    """Run all checks of the code: each tells something even where another failed."""
    for step in CODE:
        run(step)


def run_all() -> None:
    """Run everything; what needs the lab only where engine and images are there."""
    code = threading.Thread(target=run_code)
    code.start()
    if all(run(step) for step in LAB):
        run(LIVE)
        run(SCENARIOS)
    if LIVE.state != "not run" and SCENARIOS.state == "not run":
        subprocess.run(["lab/down"], cwd=ROOT, check=False)
    code.join()


def stop(signum: int, _frame: object) -> None:
    """Start no further step, and let the running ones end and remove what they made."""
    print(f"{signal.Signals(signum).name}: stopping", flush=True)
    stopping.set()
    for process in list(running):
        os.killpg(process.pid, signal.SIGTERM)


def failures() -> list[str]:
    """Of each part that failed: the file of the log that tells why, and of its first failed test what there is."""
    found: list[str] = []
    for step in (step for step in STEPS if step.state == "FAILED"):
        own = f"FAILED: {step.name}; its log is {step.log.relative_to(ROOT)}"
        parts = [
            line for line in step.lines if line.startswith("FAILED: ") and INNER_LOG.search(line)
        ]
        for told in parts or [own]:
            found += failure(told, step)
    return found[:SHOWN_FAILURE_LINES]


def failure(told: str, step: Step) -> list[str]:
    """The lines about one part. C(told) is the line that names its log."""
    named = INNER_LOG.search(told)
    log = ROOT / named[1] if named else step.log
    lines = log.read_text(errors="replace").splitlines()
    head = told.removeprefix("FAILED: ").removesuffix(" and ends with")
    shown = first_failed_test(lines) or errors_of(lines) or lines[-FAILURE_LINES:]
    return [f"failed: {head}", *(f"  {line[:160]}" for line in shown)]


def first_failed_test(lines: list[str]) -> list[str]:
    """The name of the first test of a log that failed, its error, and the end of what it printed; empty if none did."""
    places = [place for place, line in enumerate(lines) if TEST.match(line)]
    if not places:
        return []
    name, *section = lines[places[0] : places[1] if len(places) > 1 else len(lines)]
    return [name.strip("_ "), *errors_of(section), *printed_by(section)]


def errors_of(lines: list[str]) -> list[str]:
    """The first lines that tell of an error."""
    return [line for line in lines if ERROR.match(line)][:FAILURE_LINES]


def printed_by(section: list[str]) -> list[str]:
    """The last lines that a test printed."""
    found = [place for place, line in enumerate(section) if PRINTED.match(line)]
    if not found:
        return []
    rest = section[found[0] + 1 :]
    end = next((place for place, line in enumerate(rest) if RULE.match(line)), len(rest))
    return rest[:end][-PRINTED_LINES:]


def close() -> int:
    """Print what there is to know in the end, the summary lines of pytest last; return the exit status."""
    lines = [line for step in STEPS for line in step.lines]
    closing = [line for line in lines if CLOSING.match(line)]
    failed = [step.name for step in STEPS if step.state != "ok"]
    print("\nseconds: " + ", ".join(f"{step.name} {step.seconds:.0f}" for step in STEPS))
    told = [line[:160] for line in lines if PART.match(line)]
    told += failures()
    told += [f"failed or not run: {', '.join(failed)}"] if failed else []
    told += [] if closing else ["no test ran"]
    print("\n".join([*told, *closing]), flush=True)
    return 1 if failed or not closing else 0


def main() -> int:
    """Run the steps in threads, so that the main thread is free for signals."""
    LOGS.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(
        "running lint, units, sanity, build and importer beside engine, images, live and molecule",
        flush=True,
    )
    work = threading.Thread(target=run_all)
    work.start()
    while work.is_alive():
        work.join(0.5)
    return close()


if __name__ == "__main__":
    sys.exit(main())
