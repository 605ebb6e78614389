"""Puts together the files of the bundle an app becomes, and has them checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecr.catalog import layout
from ecr.catalog.additions import NewFile, stage_additions
from ecr.catalog.yaml_writer import render_manifest, schema_path
from ecr.findings import Severity, has_errors, sort_findings
from ecr.model.bundle import Bundle
from ecr.model.namespace import Namespace
from ecr.model.status import Status
from ecr.stages.importing.addresses import name_owner
from ecr.stages.importing.conversion import Choices, convert_app
from ecr.stages.importing.ledger import Ledger
from ecr.stages.importing.media import convert_media
from ecr.stages.importing.sage_document import SageDocument
from ecr.stages.importing.versions import make_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from pathlib import Path

    from ecr.findings import Finding
    from ecr.model.fields import ManifestModel
    from ecr.model.identity import ReleaseId
    from ecr.model.release import Release
    from ecr.stages.importing.places import Place


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one ``sage.yaml``.

    Attributes:
        source: The file, as findings name it.
        id: Id of the release; ``None`` when the file is refused.
        files: The files that are new, by path relative to the catalog's root.
        findings: Everything there is to say, sorted.
    """

    source: str
    id: ReleaseId | None
    files: Mapping[str, NewFile]
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """Whether no release was made."""
        return self.id is None


def import_app(
    root: Path,
    place: Place,
    choices: Choices,
    *,
    today: date,
    dry_run: bool = False,
    resolve_ref: Callable[[str, str], str | None] | None = None,
) -> Imported:
    """Import one ``sage.yaml``: convert it, check the outcome, put it into the catalog.

    Args:
        root: The catalog's root.
        place: Where the file was read.
        choices: What the caller decides in place of the file.
        today: Day the release enters the catalog.
        dry_run: Whether everything but the last step is done.
        resolve_ref: Asks a repository for the commit of a branch or tag; ``None`` offline.

    Raises:
        OutputError: The files cannot be written.
    """
    ledger = Ledger(SageDocument(place.shown, place.content))
    release = convert_app(ledger, place, choices, resolve_ref)
    if release is None:
        return Imported(place.shown, None, {}, tuple(ledger.findings))
    path = f"{layout.BUNDLES}/{release.namespace}/{release.name}/{release.version}"
    if (root / path).exists():
        message = f"'{release.id}' is in the catalog; a release never changes"
        ledger.note("I007", ("version",), message, "choose another version with --version")
        return Imported(place.shown, None, {}, tuple(ledger.findings))
    files = _render_files(root, release, place, choices, today, ledger)
    if ledger.is_refused():
        return Imported(place.shown, None, {}, tuple(ledger.findings))
    with stage_additions(root, files, rehearsal=dry_run) as additions:
        # What is only doubtful about the outcome is for ``ecr validate`` to say.
        faults = [f for f in additions.check(release.id.bundle) if f.severity is Severity.ERROR]
        findings = sort_findings([*ledger.findings, *faults])
        if has_errors(findings):
            return Imported(place.shown, None, {}, tuple(findings))
        if not dry_run:
            additions.put_in_place()
    return Imported(place.shown, release.id, files, tuple(findings))


def _render_files(
    root: Path, release: Release, place: Place, choices: Choices, today: date, ledger: Ledger
) -> dict[str, NewFile]:
    """Return the new files of a bundle; those the catalog has are left as they are."""
    files: dict[str, NewFile] = {}
    above = f"{layout.BUNDLES}/{release.namespace}"
    bundle = f"{above}/{release.name}"
    namespace_path = f"{above}/{layout.NAMESPACE_FILE}"
    if not (root / namespace_path).exists():
        owner = choices.owner or _guess_owner(release, place)
        if owner is None:
            message = f"nobody is known to own the new namespace '{release.namespace}'"
            ledger.note("I003", ("namespace",), message, "name one with --owner user:LOGIN")
            return {}
        if choices.owner is None and make_name(owner.partition(":")[2]) != release.namespace:
            message = f"the new namespace '{release.namespace}' was given to {owner}"
            hint = "see that this is right, or name the owner with --owner"
            ledger.note("I024", ("namespace",), message, hint)
        namespace = Namespace(
            schema_version=1,
            namespace=release.namespace,
            title=release.namespace,
            owners=(owner,),
        )
        files[namespace_path] = _render(namespace, namespace_path, "namespace")
    bundle_path = f"{bundle}/{layout.BUNDLE_FILE}"
    if not (root / bundle_path).exists():
        model = Bundle(schema_version=1, namespace=release.namespace, name=release.name)
        files[bundle_path] = _render(model, bundle_path, "bundle")
    release_path = f"{bundle}/{release.version}/{layout.RELEASE_FILE}"
    files[release_path] = _render(release, release_path, "release")
    status_path = f"{bundle}/{release.version}/{layout.STATUS_FILE}"
    files[status_path] = _render(Status(schema_version=1, added=today), status_path, "status")
    return files | _add_media(root, bundle, place, ledger)


def _add_media(root: Path, bundle: str, place: Place, ledger: Ledger) -> dict[str, NewFile]:
    """Return the media the bundle does not have yet; a picture may not stand there twice."""
    there = root / bundle / layout.MEDIA
    taken = {path.stem for path in there.iterdir()} if there.is_dir() else set()
    files = {}
    for name, content in convert_media(ledger, place).items():
        if name.rpartition(".")[0] not in taken:
            files[f"{bundle}/{layout.MEDIA}/{name}"] = NewFile(content)
        elif not _is_same(there / name, content):
            message = f"the bundle has another 'media/{name}' already, which was left as it is"
            ledger.note("I060", (), message)
    return files


def _is_same(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _render(model: ManifestModel, path: str, kind: str) -> NewFile:
    return NewFile(render_manifest(model, schema=schema_path(path, kind)).encode("utf-8"))


def _guess_owner(release: Release, place: Place) -> str | None:
    """Return the owner of the code on GitHub as a grantee: logins elsewhere mean nothing here."""
    source = getattr(release.code.source, "git", None) or place.repository
    if source is None or not source.lower().startswith("https://github.com/"):
        return None
    owner = name_owner(source)
    return None if owner is None else f"user:{owner}"
