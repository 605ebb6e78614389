"""Reads one bundle's files into an entry, with every finding on the way."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from ecr.catalog import layout
from ecr.catalog.entries import BundleEntry, Media, ReleaseEntry
from ecr.catalog.json_document import MAX_SIZE_BYTES as MAX_RECORD_BYTES
from ecr.catalog.json_document import validate_record
from ecr.catalog.rules import records
from ecr.catalog.rules.access import check_bundle_access, check_namespace_access
from ecr.catalog.rules.bundle import check_bundle
from ecr.catalog.rules.context import ReleaseContext, report
from ecr.catalog.rules.identity import check_identity
from ecr.catalog.rules.media import DESCRIPTION, ICONS, SCIENCE_IMAGES
from ecr.catalog.rules.release import FILLERS, check_release
from ecr.catalog.validation import validate_document, validate_partly
from ecr.catalog.yaml_document import MAX_SIZE_BYTES, YamlDocument
from ecr.findings import Finding, has_errors, sort_findings
from ecr.model.build import Build
from ecr.model.bundle import Bundle
from ecr.model.identity import ReleaseId, version_key
from ecr.model.namespace import Namespace
from ecr.model.profile import Profile
from ecr.model.release import Release
from ecr.model.status import Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from ecr.catalog.layout import BundleFiles, FileStamp

ModelT = TypeVar("ModelT", bound=BaseModel)

_MAX_DESCRIPTION_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class LoadedBundle:
    """The outcome of loading.

    Attributes:
        entry: The bundle, without the releases that have errors; ``None`` when its own
            manifest, its namespace's or every release has.
        findings: All findings, sorted.
    """

    entry: BundleEntry | None
    findings: tuple[Finding, ...]


def load_bundle(
    root: Path, files: BundleFiles, releases: Collection[str] | None = None
) -> LoadedBundle:
    """Load and check one bundle. Bad input becomes findings; nothing is raised for it.

    Args:
        root: The catalog's root.
        files: The bundle's files.
        releases: Versions to look at; every one when ``None``.
    """
    return _Loader(root, files, releases).load()


def load_namespace(
    root: Path, name: str, stamp: FileStamp | None
) -> tuple[Namespace | None, tuple[Finding, ...]]:
    """Load and check ``namespace.yaml`` of one namespace."""
    findings: list[Finding] = []
    path = f"{layout.BUNDLES}/{name}/{layout.NAMESPACE_FILE}"
    content = _read(root, path, stamp, MAX_SIZE_BYTES, findings, required=True)
    if content is None:
        return None, tuple(findings)
    return _parse_namespace(path, name, content)


@lru_cache(maxsize=64)
def _parse_namespace(
    path: str, name: str, content: bytes
) -> tuple[Namespace | None, tuple[Finding, ...]]:
    """Parse it once for all bundles of the namespace: the outcome depends on nothing else."""
    document = YamlDocument(layout.printable(path), content)
    namespace, found = validate_document(Namespace, document)
    findings = [*found, *check_identity(document, {"namespace": name})]
    if namespace is not None:
        findings += check_namespace_access(document, namespace)
    return namespace, tuple(findings)


def _read(
    root: Path,
    path: str,
    stamp: FileStamp | None,
    limit_bytes: int,
    findings: list[Finding],
    *,
    required: bool,
) -> bytes | None:
    """Read a file as it was listed; what keeps it from being read goes to the findings."""
    if stamp is None:
        if required:
            name = path.rpartition("/")[2]
            findings.append(report(path, "E204", f"the file '{name}' is missing", "add it"))
        return None
    if not stamp.regular:
        return None
    if stamp.size_bytes > limit_bytes:
        message = f"the file has {stamp.size_bytes} bytes; at most {limit_bytes} are read"
        hint = "keep data in files of its own and refer to them"
        findings.append(report(path, "E005", message, hint))
        return None
    try:
        return _read_bytes(f"{root}/{path}", stamp.size_bytes, limit_bytes)
    except OSError as error:
        findings.append(report(path, "E001", f"the file cannot be read: {error.strerror}"))
        return None


def _read_bytes(path: str, size_bytes: int, limit_bytes: int) -> bytes:
    """Read a file of about this size, and at most one byte over the limit.

    A file object would reserve a buffer of the limit's size for every file.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        content = os.read(handle, min(size_bytes, limit_bytes) + 1)
        while size_bytes < len(content) <= limit_bytes:
            more = os.read(handle, limit_bytes + 1 - len(content))
            if not more:
                break
            content += more
        return content
    finally:
        os.close(handle)


class _Loader:
    """Holds what the steps of loading one bundle share."""

    def __init__(
        self, root: Path, files: BundleFiles, releases: Collection[str] | None = None
    ) -> None:
        self.root = root
        self.files = files
        self.findings: list[Finding] = []
        self.top: dict[str, FileStamp] = {}
        self.directories: dict[str, dict[str, FileStamp]] = {}
        self.versions = [name for name in files.directories if releases is None or name in releases]
        self._sort_files()

    def load(self) -> LoadedBundle:
        namespace, found = load_namespace(
            self.root, self.files.id.namespace, self.files.namespace_file
        )
        self.findings += found
        if self.files.namespace_file is not None and not self.files.namespace_file.regular:
            hint = "put a plain file here"
            path = self.files.namespace_file.path
            self.findings.append(report(path, "E206", "a link stands where a file is needed", hint))
        bundle = self._bundle()
        releases = [release for name in self.versions if (release := self._release(name))]
        releases.sort(key=lambda entry: version_key(entry.manifest.version), reverse=True)
        entry = None
        if namespace is not None and bundle is not None and releases:
            entry = BundleEntry(self.files.path, namespace, bundle, tuple(releases), self._media())
        media = self.directories.get(layout.MEDIA, {})
        self.findings += check_bundle(
            self.root, self.files, self.top, media, list(self._looked_at())
        )
        return LoadedBundle(entry, tuple(sort_findings(self.findings)))

    def _sort_files(self) -> None:
        start = len(self.files.path) + 1
        for file in self.files.files:
            directory, _, name = file.path[start:].partition("/")
            if name:
                self.directories.setdefault(directory, {})[name] = file
            else:
                self.top[directory] = file

    def _looked_at(self) -> Iterable[FileStamp]:
        yield from self.top.values()
        for name in (layout.MEDIA, *self.versions):
            yield from self.directories.get(name, {}).values()

    def _bundle(self) -> Bundle | None:
        path = f"{self.files.path}/{layout.BUNDLE_FILE}"
        bundle, document = self._manifest(Bundle, path, self.top.get(layout.BUNDLE_FILE))
        if document is not None:
            self.findings += check_identity(document, self.files.id._asdict())
            if bundle is not None:
                self.findings += check_bundle_access(document, bundle)
        return bundle

    def _manifest(
        self, model: type[ModelT], path: str, stamp: FileStamp | None
    ) -> tuple[ModelT | None, YamlDocument | None]:
        content = _read(self.root, path, stamp, MAX_SIZE_BYTES, self.findings, required=True)
        if content is None:
            return None, None
        document = YamlDocument(layout.printable(path), content)
        instance, findings = validate_document(model, document)
        self.findings += findings
        return instance, document

    def _record(self, model: type[ModelT], path: str, stamp: FileStamp | None) -> ModelT | None:
        content = _read(self.root, path, stamp, MAX_RECORD_BYTES, self.findings, required=False)
        if content is None:
            return None
        instance, findings = validate_record(model, layout.printable(path), content)
        self.findings += findings
        return instance

    def _release(self, directory: str) -> ReleaseEntry | None:
        path = f"{self.files.path}/{directory}"
        files = self.directories.get(directory, {})
        expected = ReleaseId(*self.files.id, directory)
        before = len(self.findings)
        manifest_path = f"{path}/{layout.RELEASE_FILE}"
        content = _read(
            self.root,
            manifest_path,
            files.get(layout.RELEASE_FILE),
            MAX_SIZE_BYTES,
            self.findings,
            required=True,
        )
        manifest = None
        if content is not None:
            document = YamlDocument(layout.printable(manifest_path), content)
            context = ReleaseContext(self.root, path, expected, files, document)
            manifest = self._check_manifest(context)
        sound = not _has_errors(self.findings, before)
        status = self._status(path, files)
        build = self._build(path, files, expected, manifest)
        profiles = self._profiles(path, files, expected, manifest)
        if manifest is None or content is None or status is None or not sound:
            return None
        return ReleaseEntry(path, manifest, content, status, build, tuple(profiles))

    def _check_manifest(self, context: ReleaseContext) -> Release | None:
        """Validate a manifest and apply the rules to as much of it as is sound."""
        release, findings, faulty = validate_partly(Release, context.document)
        self.findings += findings
        if release is not None:
            self.findings += check_release(context, release)
            return release
        self.findings += check_release(context, _complete(context.document, faulty), faulty)
        return None

    def _status(self, path: str, files: dict[str, FileStamp]) -> Status | None:
        status, document = self._manifest(
            Status, f"{path}/{layout.STATUS_FILE}", files.get(layout.STATUS_FILE)
        )
        if status is not None and document is not None:
            self.findings += records.check_status(document, status)
        return status

    def _build(
        self, path: str, files: dict[str, FileStamp], expected: ReleaseId, release: Release | None
    ) -> Build | None:
        build_path = f"{path}/{layout.BUILD_FILE}"
        build = self._record(Build, build_path, files.get(layout.BUILD_FILE))
        if build is not None:
            self.findings += records.check_build(build_path, build, expected)
            if release is not None:
                self.findings += records.check_build_platforms(build_path, build, release)
        return build

    def _profiles(
        self, path: str, files: dict[str, FileStamp], expected: ReleaseId, release: Release | None
    ) -> Iterable[Profile]:
        for name, stamp in files.items():
            if not name.startswith(f"{layout.PROFILES}/") or not name.endswith(".json"):
                continue
            profile_path = f"{path}/{name}"
            profile = self._record(Profile, profile_path, stamp)
            if profile is not None:
                self.findings += records.check_profile(self.root, profile_path, profile, expected)
                if release is not None:
                    self.findings += records.check_profile_platform(profile_path, profile, release)
                yield profile

    def _media(self) -> Media:
        media = self.directories.get(layout.MEDIA, {})
        stamp = media.get(DESCRIPTION)
        # What keeps it from being read is reported by the rules about media.
        description = _read(
            self.root,
            f"{self.files.path}/{layout.MEDIA}/{DESCRIPTION}",
            stamp,
            _MAX_DESCRIPTION_BYTES,
            [],
            required=False,
        )
        return Media(
            _first(media, ICONS),
            _first(media, SCIENCE_IMAGES),
            None if description is None else description.decode("utf-8", "replace"),
        )


def _complete(document: YamlDocument, faulty: Collection[str]) -> Release | None:
    """Build a release from the keys that are sound; those that are not get any valid value."""
    if not document.is_mapping:
        return None
    sound = {key: value for key, value in document.data.items() if key not in faulty}
    try:
        return Release.model_validate(FILLERS | sound)
    except ValidationError:
        return None


def _has_errors(findings: list[Finding], start: int) -> bool:
    return len(findings) > start and has_errors(findings[start:])


def _first(media: dict[str, FileStamp], names: tuple[str, ...]) -> str | None:
    for name in names:
        if name in media and media[name].regular:
            return media[name].path
    return None
