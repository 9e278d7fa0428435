# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The identity of a member, and all its written forms. Private to the collection; pure."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from .._common.constants import LABEL_INDEX, LABEL_SERVICE, LABEL_SLOT, LABEL_STACK, PRE_DEPLOY
from .._common.labels import number
from .._common.names import SERVICE, aliases

DOTTED = rf"[A-Za-z0-9-]+\.{SERVICE}\.[0-9]+(?:\.r[0-9]+)?"
"""The pattern of C(MemberId.dotted)."""


@dataclasses.dataclass(frozen=True, order=True)
class MemberId:
    """One place of a service: the index of a service of a stack. Its slots are its lives (docs/schema.md section 4).

    With the index 0 it is no member but a hook of the service; its slot is that of the upgrade that it is for.
    """

    stack: str
    service: str
    index: int
    slot: int = 0
    """0 for its first life; that of an upgrade has the number of the revision that it was made for."""

    @classmethod
    def of(cls, item: t.Mapping[str, t.Any]) -> MemberId:
        """The member of an operation or an observed container."""
        return cls(item["stack"], item["service"], item["index"], item.get("slot", 0))

    @classmethod
    def of_key(cls, stack: str, key: str) -> MemberId:
        """The member with this key in its stack, e.g. C(web/1) or C(web/1@7)."""
        return _of_key(stack, key)

    @classmethod
    def of_labels(cls, labels: t.Mapping[str, str]) -> MemberId:
        """The member that our labels on a container name."""
        place = (labels[LABEL_STACK], labels[LABEL_SERVICE], number(labels[LABEL_INDEX]))
        return cls(*place, number(labels.get(LABEL_SLOT)))

    @classmethod
    def hook(cls, stack: str, service: str, slot: int) -> MemberId:
        """The hook of a service for the revision with this number."""
        return cls(stack, service, 0, slot)

    @property
    def is_hook(self) -> bool:
        """Whether it is a hook, and no member."""
        return self.index == 0 and self.slot > 0

    @property
    def home(self) -> MemberId:
        """The member without its slot: what all of its lives share."""
        return MemberId(self.stack, self.service, self.index) if self.slot else self

    @property
    def key(self) -> str:
        """Its name in its stack's record and ledger: C(web/1), C(web/1@7)."""
        return f"{self.service}/{self.index}" + (f"@{self.slot}" if self.slot else "")

    @property
    def place(self) -> str:
        """Its name for people, the same for all slots: C(shop/web/1)."""
        return f"{self.stack}/{self.service}/{self.index}"

    @property
    def dotted(self) -> str:
        """Its name in HAProxy's servers and our folders: C(shop.web.1), C(shop.web.1.r7)."""
        return f"{self.stack}.{self.service}.{self.index}" + self._suffix(".")

    @property
    def container(self) -> str:
        """The name of its container: C(shop-web-1), C(shop-web-1-r7); of a hook C(shop-web-pre-deploy-r7)."""
        if self.is_hook:
            return f"{self.stack}-{self.service}-{PRE_DEPLOY}" + self._suffix("-")
        return f"{self.stack}-{self.service}-{self.index}" + self._suffix("-")

    def _suffix(self, separator: str) -> str:
        return f"{separator}r{self.slot}" if self.slot else ""


def member_aliases(member: MemberId, service: t.Mapping[str, t.Any]) -> list[str]:
    """The names of a member on the managed network: its service's, and those that the file adds."""
    return aliases(member.stack, member.service, service.get("aliases", []))


@functools.lru_cache(maxsize=65536)
def _of_key(stack: str, key: str) -> MemberId:
    """A pass asks for each member many times."""
    home, slot = home_key(key)
    service, _slash, index = home.rpartition("/")
    return MemberId(stack, service, int(index), slot)


def member_ids(stack: str, keys: t.Iterable[str]) -> list[MemberId]:
    """The members with these keys, by service, index and slot."""
    return sorted([_of_key(stack, key) for key in keys], key=_in_stack)


def _in_stack(member: MemberId) -> tuple[str, int, int]:
    return member.service, member.index, member.slot


def home_key(key: str) -> tuple[str, int]:
    """The key of a member without its slot, and its slot."""
    home, _at, slot = key.partition("@")
    return home, int(slot or 0)


def service_of(key: str) -> str:
    """The service of a member, by its key in the record."""
    return key.rpartition("/")[0]
