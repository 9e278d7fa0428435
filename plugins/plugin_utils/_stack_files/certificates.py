# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of load balancers: find them by name, check them, and join each into one text. Controller only; private.

An invalid certificate is refused here, before any host is contacted. Messages never show the content of a file.
"""

from __future__ import annotations

import dataclasses
import datetime
import os
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._model.problems import (
    Invalid,
    Place,
    did_you_mean,
    quoted,
)

from .certificate_pem import check_pem
from .ordinary_file import read_ordinary, real_path

VARIABLE = "drover_certificates"
DIRECTORY_VARIABLE = "drover_certificates_dir"
FOLDER = "certs"
"""Folder inside a stack's folder; it is searched last."""
PARTS = ("cert", "key", "chain")
MOST_BYTES = 1024 * 1024
WARN_DAYS = 30

Wanted = t.Iterable[tuple[str, Place]]


@dataclasses.dataclass(frozen=True)
class CertificateSources:
    """The inventory's settings of certificates, unchecked."""

    variable: t.Any = None
    directory: str = ""


@dataclasses.dataclass(frozen=True)
class Folder:
    """A folder of certificates.

    Attributes:
        path: Where it is.
        shown: Its name in messages.
        bound: Symbolic links must not lead outside of this folder.
    """

    path: str
    shown: str
    bound: str

    def files_of(self, name: str) -> list[str]:
        """Return the files of a certificate; empty if it is missing."""
        forms = (
            [f"{name}.pem"],
            [os.path.join(name, "fullchain.pem"), os.path.join(name, "privkey.pem")],
            [f"{name}.crt", f"{name}.key"],
        )
        there = [form for form in forms if any(map(self.holds, form))]
        if len(there) > 1:
            raise Invalid(
                f"certificate {quoted(name)} is there as {there[0][0]} and as {there[1][0]}; "
                "keep one of them"
            )
        return there[0] if there else []

    def holds(self, file: str) -> bool:
        """Whether there is such a file, or a link that leads nowhere."""
        return os.path.lexists(os.path.join(self.path, file))

    def entries(self) -> list[str]:
        """Return the names of its files; none if it can't be read, or lies elsewhere."""
        try:
            return os.listdir(real_path(self.bound, self.path))
        except (OSError, Invalid):
            return []

    def read(self, file: str) -> str:
        """Read a file."""
        try:
            path = real_path(self.bound, os.path.join(self.path, file))
            return read_ordinary(path, MOST_BYTES).decode("ascii", errors="replace")
        except Invalid as error:
            raise Invalid(f"{os.path.basename(file)} {error}") from None


class Certificates:
    """The certificates that a stack may name."""

    def __init__(
        self, settings: CertificateSources, folder: str, *, now: datetime.datetime | None = None
    ) -> None:
        """C(folder) is the stack's folder. At the time C(now) the certificates must be valid."""
        directory = os.path.abspath(os.path.expanduser(settings.directory))
        # The inventory's folder may hold links to anywhere, as that of certbot does; a stack's folder may not.
        folders = [Folder(directory, DIRECTORY_VARIABLE, "/")] if settings.directory else []
        self.folders = [*folders, Folder(os.path.join(folder, FOLDER), FOLDER, folder)]
        self.variable = settings.variable
        self.now = now or datetime.datetime.now(datetime.timezone.utc)

    def load(self, wanted: Wanted) -> dict[str, dict[str, t.Any]]:
        """Return the schema's C(certificates) for the wanted names. Problems are noted at each place."""
        found: dict[str, dict[str, t.Any]] = {}
        for name, place in wanted:
            result = place.attempt(self.one, name)
            if result:
                found[name] = result
                self.warn(result, place)
        return {name: found[name] for name in sorted(found)}

    def one(self, name: str) -> dict[str, t.Any]:
        """Return the certificate of a name.

        Raises:
            Invalid: there is none, or it can't be used.
        """
        text, where = self.text(name)
        try:
            return check_pem(text, self.now)
        except Invalid as error:
            raise Invalid(f"certificate {quoted(name)} ({where}): {error}") from None

    def text(self, name: str) -> tuple[str, str]:
        """Return key and certificates of a name as PEM, and their source."""
        variable = self.of_variable()
        if name in variable:
            return variable_text(name, variable[name]), f"variable {VARIABLE}"
        for folder in self.folders:
            files = folder.files_of(name)
            if files:
                texts = [folder.read(file) for file in files]
                return "\n".join(texts), f"{folder.shown}: {', '.join(files)}"
        hint = did_you_mean(name, self.names())
        places = " and ".join([*(folder.shown for folder in self.folders), VARIABLE])
        raise Invalid(f"there is no certificate {quoted(name)} in {places}{hint}")

    def of_variable(self) -> t.Mapping[str, t.Any]:
        """Return the certificates in the variable."""
        if self.variable in (None, ""):
            return {}
        if not isinstance(self.variable, t.Mapping):
            raise Invalid(f"the variable {VARIABLE} must be a map of name to cert and key")
        return {str(name): value for name, value in self.variable.items()}

    def names(self) -> list[str]:
        """Return the available names."""
        found = list(self.of_variable())
        for folder in self.folders:
            found += [os.path.splitext(entry)[0] for entry in folder.entries()]
        return found

    def warn(self, certificate: dict[str, t.Any], place: Place) -> None:
        """Warn if a certificate ends soon."""
        end = datetime.datetime.strptime(certificate["not_after"], "%Y-%m-%dT%H:%M:%S%z")
        days = (end - self.now).days
        if days < WARN_DAYS:
            place.warn(f"this certificate ends in {days} days, on {certificate['not_after']}")


def variable_text(name: str, value: t.Any) -> str:
    """Return key and certificates of an entry of the variable."""
    if not isinstance(value, t.Mapping):
        raise Invalid(f"{VARIABLE}.{name} must be a map of {', '.join(PARTS)}")
    for key in map(str, value):
        if key not in PARTS:
            hint = did_you_mean(key, PARTS)
            raise Invalid(f"{VARIABLE}.{name} has the unknown key {quoted(key)}{hint}")
    for key in ("cert", "key"):
        if not value.get(key):
            raise Invalid(f'{VARIABLE}.{name} has no "{key}"')
    return "\n".join(str(value[key]) for key in PARTS if value.get(key))
