# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns a stack's folder into the canonical stack of docs/schema.md. Controller only; private to the collection."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.drover.docker.plugins.module_utils._common.constants import BALANCER_IMAGE
from ansible_collections.drover.docker.plugins.module_utils._common.names import (
    reserved,
    stack_name,
)
from ansible_collections.drover.docker.plugins.module_utils._compose.balancer.relations import (
    check_balancers,
)
from ansible_collections.drover.docker.plugins.module_utils._compose.balancer.service import (
    certificate_name,
    certificate_wishes,
    place_of,
)
from ansible_collections.drover.docker.plugins.module_utils._compose.outside import (
    external_hostname,
)
from ansible_collections.drover.docker.plugins.module_utils._compose.relations import (
    check_cycles,
    check_names,
)
from ansible_collections.drover.docker.plugins.module_utils._compose.service import (
    canonical_service,
)
from ansible_collections.drover.docker.plugins.module_utils._compose.values import is_empty, line
from ansible_collections.drover.docker.plugins.module_utils._compose.volumes import (
    canonical_volumes,
    check_collisions,
)
from ansible_collections.drover.docker.plugins.module_utils._model.problems import (
    Notes,
    Place,
    StackError,
    quoted,
)

from .certificates import Certificates, CertificateSources
from .documents import CATALOG, ComposeFile, RancherFile, compose_file, rancher_file
from .folder import Files, Reader, find_files
from .interpolation import replace_in
from .raw_services import RawService, RawServices
from .variables import Variables, answers, question_defaults

FORMAT = 1

Definition = dict[str, t.Any]


def load_stack(
    folder: str,
    *,
    stack: str | None,
    variables: t.Mapping[str, str],
    environ: t.Mapping[str, str] | None = None,
    certificates: CertificateSources | None = None,
    balancer_image: str = "",
) -> tuple[Definition, list[str]]:
    """Return the canonical stack of a folder, and notes for the user.

    Args:
        folder: path of the folder.
        stack: name of the stack; None: C(name) in the file, or the folder's name.
        variables: values that override all others.
        environ: variables that come after the answers file; None: the environment of this process.
        certificates: sources of load balancers' certificates, besides the folder's own.
        balancer_image: image that replaces Rancher's load balancer images; empty: the default.

    Raises:
        StackError: with all problems.
    """
    notes = Notes()
    folder = os.path.abspath(folder)
    files = find_files(folder, notes)
    notes.raise_problems()
    loader = StackLoader(folder, t.cast(Files, files), notes)
    loader.certificates = Certificates(certificates or CertificateSources(), folder)
    loader.balancer_image = balancer_image or BALANCER_IMAGE
    loader.read(variables, os.environ if environ is None else environ)
    return loader.definition(stack), notes.warnings


class StackLoader:
    """One load of one stack: first the files, then the services, then their relations."""

    def __init__(self, folder: str, files: Files, notes: Notes) -> None:
        self.folder = folder
        self.files = files
        self.notes = notes
        self.reader = Reader(folder, notes)
        self.compose = ComposeFile()
        self.rancher = RancherFile()
        self.certificates = Certificates(CertificateSources(), folder)
        self.balancer_image = BALANCER_IMAGE
        self.wanted: list[tuple[str, Place]] = []

    def read(self, variables: t.Mapping[str, str], environ: t.Mapping[str, str]) -> None:
        """Read all files, and prepare the variables."""
        document = self.reader.document(self.files.compose)
        rancher = self.reader.document(self.files.rancher) if self.files.rancher else None
        answered = self.reader.document(self.files.answers) if self.files.answers else None
        self.notes.raise_problems()
        self.compose = compose_file(document, self.place(self.files.compose))
        self.rancher = rancher_file(rancher, self.compose.services, self.place(self.files.rancher))
        given = answers(answered, self.place(self.files.answers))
        defaults = question_defaults(*self.catalog())
        self.notes.raise_problems()
        values = Variables([variables, given, environ, defaults])
        self.raw = RawServices(self.files.compose, self.compose.services, self.reader, values)

    def catalog(self) -> tuple[t.Any, Place]:
        """Return the catalog block with the questions, and its place. Either file may contain it."""
        own = self.rancher.catalog is not None
        file = self.files.rancher if own else self.files.compose
        catalog = self.rancher.catalog if own else self.compose.catalog
        return catalog, self.place(file).at(CATALOG)

    def place(self, file: str | None) -> Place:
        """Return the top of a file."""
        return Place(self.notes, file or "")

    def definition(self, given_name: str | None) -> Definition:
        """Return the canonical stack."""
        stack = self.stack_name(given_name)
        if not self.compose.services and not self.notes.problems:
            self.place(self.files.compose).problem("holds no service")
        declared = self.replaced(self.compose.volumes, self.place(self.files.compose).at("volumes"))
        volumes = canonical_volumes(
            declared, stack=stack, place=self.place(self.files.compose).at("volumes")
        )
        services = self.services(stack, volumes)
        self.raw.warn_of_unset(self.notes)
        self.check(stack, volumes, services)
        certificates = self.certificates.load(self.wanted)
        self.notes.raise_problems()
        return {
            "format": FORMAT,
            "stack": stack,
            "services": {name: service for name, (service, _place) in services.items()},
            "volumes": volumes,
            "certificates": certificates,
        }

    def stack_name(self, given: str | None) -> str:
        """Return the canonical name of the stack."""
        place = self.place(self.files.compose)
        own = self.compose.name
        if given is None and own is not None:
            own = self.replaced(own, place.at("name"))
            given = place.at("name").attempt(line, own) or None
        raw = given if given is not None else os.path.basename(self.folder)
        stack = stack_name(raw)
        if not stack:
            place.problem(f"{quoted(raw)} gives the stack no name: it has no letter or digit")
        elif reserved(stack):
            place.problem(f"{reserved(stack)}, for example with -e stack=NAME")
        return stack

    def replaced(self, value: t.Any, place: Place) -> t.Any:
        """Return a part of the compose file with its variables replaced."""
        return replace_in(value, place, self.raw.interpolation(self.files.compose))

    def services(
        self, stack: str, volumes: t.Mapping[str, t.Any]
    ) -> dict[str, tuple[dict[str, t.Any], Place]]:
        """Return the valid canonical services, each with its place."""
        self.warn_of_strangers()
        found = {}
        for name, value in self.compose.services.items():
            raw, hostname = self.complete(name, value)
            if raw is None:
                continue
            place = Place(self.notes, self.files.compose, name, files=raw.files)
            try:
                service = canonical_service(
                    name,
                    raw.keys,
                    stack=stack,
                    file=self.files.compose,
                    volumes=set(volumes) | set(self.compose.volumes),
                    services=list(self.compose.services),
                    files=raw.files,
                    warnings=self.notes.warnings,
                    external_hostname=hostname,
                    balancer_image=self.balancer_image,
                )
            except StackError as error:
                self.notes.problems += error.problems
                self.want_certificates(raw, place, refused={item.key for item in error.problems})
                continue
            found[name] = (service, place)
            if service["balancer"]:
                self.want_certificates(raw, place)
        return found

    def want_certificates(
        self, raw: RawService, place: Place, *, refused: t.Collection[str] = ()
    ) -> None:
        """Remember the certificates that a load balancer names, each with its place, except C(refused) names."""
        for wish in certificate_wishes(raw.keys):
            where = place_of(wish, place)
            name = "" if where.key in refused else where.attempt(certificate_name, wish[1])
            if name:
                self.wanted.append((name, where))

    def complete(self, name: str, value: t.Any) -> tuple[RawService | None, str]:
        """Return all keys of a service. Keys of the rancher file override those of the compose file.

        The key C(hostname) has a different meaning in each file, so Rancher's value is separate.
        """
        raw = self.raw.complete(name, value, self.files.compose)
        entry = self.rancher.services.get(name)
        if entry is None or self.files.rancher is None:
            return raw, ""
        more = self.raw.complete(name, entry, self.files.rancher)
        if raw is None or more is None:
            return None, ""
        written = more.keys.pop("hostname", None)
        more.files.pop("hostname", None)
        place = Place(self.notes, self.files.rancher, name).at("hostname")
        hostname = "" if is_empty(written) else place.attempt(external_hostname, written)
        return more.over(raw), hostname or ""

    def warn_of_strangers(self) -> None:
        """Warn of rancher entries without a service in the compose file, which Rancher ignored."""
        for name in self.rancher.services:
            if name not in self.compose.services:
                place = Place(self.notes, self.files.rancher or "", name)
                place.warn(f"is ignored: {self.files.compose} has no such service")

    def check(
        self,
        stack: str,
        volumes: t.Mapping[str, t.Any],
        services: t.Mapping[str, tuple[dict[str, t.Any], Place]],
    ) -> None:
        """Check the relations of services and volumes."""
        check_names(
            {name: Place(self.notes, self.files.compose, name) for name in self.compose.services}
        )
        check_cycles(services)
        check_balancers(services, stack)
        check_collisions(
            volumes, services, stack=stack, place=self.place(self.files.compose).at("volumes")
        )
