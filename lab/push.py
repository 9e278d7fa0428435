# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""push.py ADDRESS IMAGE...: bring local images into the registry at ADDRESS, under the same short names.

An image is pushed only where the registry's tag does not hold it yet. ADDRESS is on 127.0.0.1, which every engine takes
without TLS.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def docker(*words: str) -> str:
    """Run the docker client and return what it prints; its error message ends the program."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"lab: docker {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout.strip()


def wait_for(address: str, *, seconds: float = 30) -> None:
    """Return when the registry answers; end the program when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(f"http://{address}/v2/", timeout=5).close()
            return
        except OSError as error:
            if time.monotonic() > deadline:
                sys.exit(f"lab: the registry at {address} does not answer: {error}")
            time.sleep(0.1)


def stored_ids(address: str, image: str) -> set[str]:
    """What the registry has under the tag: digests of manifest and config, one of which is the engine's image id."""
    name, _colon, tag = image.rpartition(":")
    url = f"http://{address}/v2/{name}/manifests/{tag}"
    request = urllib.request.Request(url, headers={"Accept": MANIFEST})
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            config = json.load(reply).get("config", {}).get("digest", "")
            return {config, reply.headers["Docker-Content-Digest"]}
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return set()


def push(address: str, image: str) -> bool:
    """Push one image; False when the registry has it already."""
    if docker("image", "inspect", "-f", "{{.Id}}", image) in stored_ids(address, image):
        return False
    there = f"{address}/{image}"
    docker("tag", image, there)
    try:
        docker("push", "-q", there)
    finally:
        docker("rmi", there)
    return True


def main(address: str, *images: str) -> None:
    wait_for(address)
    for image in images:
        begin = time.monotonic()
        if push(address, image):
            print(f"lab: pushed {image} ({time.monotonic() - begin:.0f} s)", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
