# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The identity of a member, and all its written forms. Private to the collection; pure."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from .._common.constants import LABEL_INDEX, LABEL_SERVICE, LABEL_STACK
from .._common.labels import number


@dataclasses.dataclass(frozen=True, order=True)
class MemberId:
    """One place of a service: the index of a service of a stack."""

    stack: str
    service: str
    index: int

    @classmethod
    def of(cls, item: t.Mapping[str, t.Any]) -> MemberId:
        """The member of an operation or an observed container."""
        return cls(item["stack"], item["service"], item["index"])

    @classmethod
    def of_key(cls, stack: str, key: str) -> MemberId:
        """The member with this key in its stack, e.g. C(web/1)."""
        return _of_key(stack, key)

    @classmethod
    def of_labels(cls, labels: t.Mapping[str, str]) -> MemberId:
        """The member that our labels on a container name."""
        return cls(labels[LABEL_STACK], labels[LABEL_SERVICE], number(labels[LABEL_INDEX]))

    @property
    def key(self) -> str:
        """Its name in its stack's record: C(web/1)."""
        return f"{self.service}/{self.index}"

    @property
    def place(self) -> str:
        """Its name for people: C(shop/web/1)."""
        return f"{self.stack}/{self.key}"

    @property
    def dotted(self) -> str:
        """Its name in HAProxy's servers and our folders: C(shop.web.1)."""
        return f"{self.stack}.{self.service}.{self.index}"

    @property
    def container(self) -> str:
        """The name of its container: C(shop-web-1)."""
        return f"{self.stack}-{self.service}-{self.index}"


@functools.lru_cache(maxsize=65536)
def _of_key(stack: str, key: str) -> MemberId:
    """A pass asks for each member many times."""
    service, _slash, index = key.rpartition("/")
    return MemberId(stack, service, int(index))


def member_ids(stack: str, keys: t.Iterable[str]) -> list[MemberId]:
    """The members with these keys, by service and index."""
    return sorted([_of_key(stack, key) for key in keys], key=_in_stack)


def _in_stack(member: MemberId) -> tuple[str, int]:
    return member.service, member.index


def service_of(key: str) -> str:
    """The service of a member, by its key in the record."""
    return key.rpartition("/")[0]
