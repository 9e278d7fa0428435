# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns a stack's folder into the canonical stack of docs/schema.md. Controller only; private to the collection."""

from __future__ import annotations

import functools
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
from ansible_collections.drover.docker.plugins.module_utils._compose.keys import X_DROVER
from ansible_collections.drover.docker.plugins.module_utils._compose.networks import (
    Networks,
    declared_networks,
    shares_network,
)
from ansible_collections.drover.docker.plugins.module_utils._compose.outside import (
    external_hostname,
)
from ansible_collections.drover.docker.plugins.module_utils._compose.relations import (
    check_cycles,
    check_gates,
    check_names,
    end_once,
    link_dotted,
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
from .merge import merge_maps
from .profiles import EVERY_PROFILE, profiles_of, without_disabled
from .raw_services import RawService, RawServices
from .sources import Layer, Layers, Model, Sources
from .variables import Variables, answers, check_dotenv, question_defaults, words
from .yaml_text import settled

FORMAT = 1

Definition = dict[str, t.Any]


def load_stack(
    folder: str,
    *,
    stack: str | None,
    variables: t.Mapping[str, str],
    environ: t.Mapping[str, str] | None = None,
    profiles: t.Sequence[str] | None = None,
    certificates: CertificateSources | None = None,
    balancer_image: str = "",
) -> tuple[Definition, list[str]]:
    """Return the canonical stack of a folder, and notes for the user.

    Args:
        folder: path of the folder.
        stack: name of the stack; None: C(name) in the file, or the folder's name.
        variables: values that override all others.
        environ: variables that come after the answers file; None: the environment of this process.
        profiles: profiles whose services are wanted, C(*) for all; None: COMPOSE_PROFILES of the folder's .env.
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
    if profiles is not None:
        loader.profiles = set(profiles)
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
        self.model = Model()
        self.profiles: set[str] = set()
        self.dotenv: dict[str, str] = {}
        self.disabled: dict[str, list[str]] = {}

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
        self.read_sources([variables, given, environ], defaults)
        self.notes.raise_problems()

    def read_sources(
        self, given: t.Sequence[t.Mapping[str, str]], defaults: t.Mapping[str, str]
    ) -> None:
        """Read what else belongs to the compose file: .env, included files and the override file."""
        before = Variables(given)
        # C(complete) and C(read) look at the same variables, which get their last sources here.
        values = before.and_then(defaults)
        self.raw = RawServices(self.reader, values)
        sources = Sources(self.reader, self.raw)
        if self.files.dotenv:
            self.dotenv = sources.dotenv(self.files.dotenv, before)
            check_dotenv(self.dotenv, self.place(self.files.dotenv))
            values.sources.insert(len(given), self.dotenv)
        self.profiles = set(words(self.dotenv.get("COMPOSE_PROFILES", "")))
        self.model = sources.complete(self.files.compose, self.compose, values)
        if self.files.override:
            under_a_key = not self.compose.first
            self.model.lay_over(sources.read(self.files.override, values, part=under_a_key))

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
        # Compose has it too. Included files look at the variables of the stack, so they are not told apart.
        self.raw.variables.sources.append({"COMPOSE_PROJECT_NAME": stack})
        if not self.model.services and not self.notes.problems:
            self.place(self.files.compose).problem("holds no service")
        volumes = canonical_volumes(
            self.merged(self.model.volumes, "volumes"),
            stack=stack,
            place=self.place(self.files.compose).at("volumes"),
        )
        services = self.services(stack, volumes, self.networks())
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
        given = given or self.dotenv.get("COMPOSE_PROJECT_NAME") or None
        name = self.model.name
        if given is None and name is not None:
            here = self.place(name.file).at("name")
            given = here.attempt(line, self.replaced(settled(name.value), here)) or None
        raw = given if given is not None else os.path.basename(self.folder)
        stack = stack_name(raw)
        if not stack:
            place.problem(f"{quoted(raw)} gives the stack no name: it has no letter or digit")
        elif reserved(stack):
            place.problem(f"{reserved(stack)}, for example with -e stack=NAME")
        return stack

    def replaced(self, value: t.Any, place: Place) -> t.Any:
        """Return a part of a compose file with its variables replaced."""
        return replace_in(value, place, self.raw.interpolation(place.file))

    def merged(self, layers: Layers, part: str) -> dict[str, t.Any]:
        """Return a part of all compose files, with its variables replaced."""
        found: dict[str, t.Any] = {}
        for key, said in layers.items():
            for one in said:
                value = self.replaced(one.value, self.place(one.file).at(part).at(key))
                found = merge_maps(found, {key: value})
        return t.cast("dict[str, t.Any]", settled(found))

    def networks(self) -> Networks:
        """Return what the compose files say of networks."""
        file = self.model.own[X_DROVER][0].file if self.model.own else self.files.compose
        own = settled(self.merged(self.model.own, "").get(X_DROVER))
        shared = shares_network(own, self.place(file).at(X_DROVER))
        declared = self.merged(self.model.networks, "networks")
        layers = next(iter(self.model.networks.values()), [Layer(self.files.compose, None)])
        return declared_networks(declared, shared, self.place(layers[0].file).at("networks"))

    def services(
        self, stack: str, volumes: t.Mapping[str, t.Any], networks: Networks
    ) -> dict[str, tuple[dict[str, t.Any], Place]]:
        """Return the valid canonical services, each with its place."""
        self.warn_of_strangers()
        found = {}
        ready = {name: self.complete(name) for name in self.model.services}
        self.leave_out(ready)
        for name, (raw, hostname) in ready.items():
            if raw is None:
                continue
            place = self.place_of(name, raw)
            try:
                service = canonical_service(
                    name,
                    raw.keys,
                    stack=stack,
                    file=place.file,
                    volumes=set(volumes) | set(self.model.volumes),
                    services=list(ready),
                    files=raw.files,
                    warnings=self.notes.warnings,
                    external_hostname=hostname,
                    balancer_image=self.balancer_image,
                    networks=networks,
                )
            except StackError as error:
                self.notes.problems += error.problems
                self.want_certificates(raw, place, refused={item.key for item in error.problems})
                continue
            found[name] = (service, place)
            if service["balancer"]:
                self.want_certificates(raw, place)
        link_dotted(found, stack)
        end_once(found)
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

    def place_of(self, name: str, raw: RawService | None = None) -> Place:
        """Return the place of a service: the first file that has it."""
        file = self.model.services[name][0].file
        return Place(self.notes, file, name, files=raw.files if raw else {})

    def complete(self, name: str) -> tuple[RawService | None, str]:
        """Return all keys of a service. Keys of the rancher file override those of the compose files.

        The key C(hostname) has a different meaning in each file, so Rancher's value is separate.
        """
        said = [self.raw.complete(name, one.value, one.file) for one in self.model.services[name]]
        written = None
        entry = self.rancher.services.get(name)
        if entry is not None and self.files.rancher is not None:
            more = self.raw.complete(name, entry, self.files.rancher)
            written = more and more.keys.pop("hostname", None)
            _file = more and more.files.pop("hostname", None)
            said.append(more)
        if any(one is None for one in said):
            return None, ""
        raw = functools.reduce(lambda base, over: over.over(base), t.cast("list[RawService]", said))
        self.raw.finish(raw, self.place_of(name, raw))
        place = Place(self.notes, self.files.rancher or "", name).at("hostname")
        hostname = "" if is_empty(written) else place.attempt(external_hostname, written)
        return raw, hostname or ""

    def leave_out(self, ready: dict[str, tuple[RawService | None, str]]) -> None:
        """Leave out the services of which no profile is wanted, and what names them."""
        for name, (raw, _hostname) in list(ready.items()):
            if raw is not None:
                place = self.place_of(name, raw).at("profiles")
                own = profiles_of(raw.keys.pop("profiles", None), place)
                if own and not self.profiles & {*own, EVERY_PROFILE}:
                    self.disabled[name] = own
                    del ready[name]
        for name, (raw, _hostname) in ready.items():
            if raw is not None:
                without_disabled(raw.keys, self.disabled, self.place_of(name, raw))

    def warn_of_strangers(self) -> None:
        """Warn of rancher entries without a service in the compose file, which Rancher ignored."""
        for name in self.rancher.services:
            if name not in self.model.services:
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
            {name: self.place_of(name) for name in self.model.services if name not in self.disabled}
        )
        check_cycles(services)
        check_gates(services)
        check_balancers(services, stack)
        check_collisions(
            volumes, services, stack=stack, place=self.place(self.files.compose).at("volumes")
        )
