# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures of control nodes under records, with a key that no host ever sees. Private to the collection; pure.

A signature is the HMAC-SHA-256 of a version: its stack, number, token and the hash of its body. It stands in the
version, so it goes wherever the version goes. Without a key nothing is signed, and nothing is checked.
"""

from __future__ import annotations

import hashlib
import hmac
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._common.names import canonical_json
from ansible_collections.drover.docker.plugins.module_utils._model.observation import (
    Observation,
    UnsignedRecord,
)
from ansible_collections.drover.docker.plugins.module_utils._plan.operations.plan import Plan
from ansible_collections.drover.docker.plugins.module_utils._record.revisions import Request
from ansible_collections.drover.docker.plugins.module_utils._record.states import (
    states_of,
    without_versions,
)

Json = dict[str, t.Any]

_SIGNED = ("number", "token", "hash")


def signature_of(key: str, stack: str, version: Json) -> str:
    """Return the signature of a version, as hexadecimal text."""
    said = canonical_json({"stack": stack, **{part: version[part] for part in _SIGNED}})
    return hmac.new(key.encode(), said.encode(), hashlib.sha256).hexdigest()


def sign(key: str, plan: Plan) -> None:
    """Sign the new versions of a plan. Copies of a version that is there already carry its signature, or none."""
    for write in plan.records if key else []:
        if write.is_proposal:
            version = write.record["version"]
            signature = signature_of(key, write.stack, version)
            write.record = {**write.record, "version": {**version, "signature": signature}}


class SignatureCheck:
    """The check of one moment. A version that many hosts have is checked once."""

    def __init__(self, key: str, asked: Request) -> None:
        self._key = key
        self._asked = asked
        self._checked: dict[tuple[str, ...], bool] = {}
        self.accepted: dict[str, list[Json]] = {}
        """Versions that count only by the word of the person who asked, by stack."""

    def checked(self, found: Observation | None) -> Observation | None:
        """Return an observation without the versions that do not count. It says which hosts had them."""
        if found is None or found.get("error"):
            return found
        wrong = self._wrong(found["records"]) if self._key else {}
        records = {
            stack: without_versions(record, wrong[stack]) if stack in wrong else record
            for stack, record in found["records"].items()
        }
        unsigned = {stack: _summary(versions) for stack, versions in wrong.items()}
        return t.cast("Observation", {**found, "records": records, "unsigned_records": unsigned})

    def _wrong(self, records: dict[str, Json]) -> dict[str, list[Json]]:
        found = {}
        for stack, record in records.items():
            versions = [state.version for state in states_of("", record)]
            wrong = [version for version in versions if not self._is_right(stack, version)]
            if wrong and self._is_vouched_for(stack):
                self.accepted.setdefault(stack, []).extend(wrong)
            elif wrong:
                found[stack] = wrong
        return found

    def _is_vouched_for(self, stack: str) -> bool:
        stacks = self._asked.stacks
        return self._asked.sign_records and (stacks is None or stack in stacks)

    def _is_right(self, stack: str, version: Json) -> bool:
        signature = str(version.get("signature", ""))
        known = (stack, signature, *(str(version[part]) for part in _SIGNED))
        if known not in self._checked:
            wanted = signature_of(self._key, stack, version)
            found = signature.encode(errors="surrogatepass")  # a host may send any text
            self._checked[known] = hmac.compare_digest(found, wanted.encode())
        return self._checked[known]


def _summary(versions: list[Json]) -> UnsignedRecord:
    return UnsignedRecord(
        number=max(version["number"] for version in versions),
        is_signed=any(version.get("signature") for version in versions),
    )
