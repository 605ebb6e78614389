"""Reads one bundle's files into an entry, with every finding on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from ecr.catalog import layout
from ecr.catalog.entries import BundleEntry, Media, ReleaseEntry
from ecr.catalog.json_document import validate_record
from ecr.catalog.rules import check_bundle, check_release
from ecr.catalog.validation import validate_document
from ecr.catalog.yaml_document import YamlDocument
from ecr.findings import Finding, sort_findings
from ecr.model.build import Build
from ecr.model.bundle import Bundle
from ecr.model.identity import version_key
from ecr.model.namespace import Namespace
from ecr.model.profile import Profile
from ecr.model.release import Release
from ecr.model.status import Status

if TYPE_CHECKING:
    from pathlib import Path

    from ecr.catalog.layout import BundleFiles, FileStamp

ModelT = TypeVar("ModelT", bound=BaseModel)

ICONS = ("icon.svg", "icon.png", "icon.jpg")
SCIENCE_IMAGES = ("science-image.png", "science-image.jpg")
DESCRIPTION = "science-description.md"


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


def load_bundle(root: Path, files: BundleFiles) -> LoadedBundle:
    """Load and check one bundle. Bad input becomes findings; nothing is raised for it."""
    return _Loader(root, files).load()


class _Loader:
    """Holds what the steps of loading one bundle share."""

    def __init__(self, root: Path, files: BundleFiles) -> None:
        self.root = root
        self.files = files
        self.findings: list[Finding] = []
        self.by_path = {file.path: file for file in files.files}

    def load(self) -> LoadedBundle:
        namespace = self._manifest(
            Namespace, f"{layout.BUNDLES}/{self.files.id.namespace}/{layout.NAMESPACE_FILE}"
        )
        bundle = self._manifest(Bundle, f"{self.files.path}/{layout.BUNDLE_FILE}")
        releases = [
            release for name in self.files.directories if (release := self._release(name))
        ]
        releases.sort(key=lambda entry: version_key(entry.manifest.version), reverse=True)
        entry = None
        if namespace is not None and bundle is not None and releases:
            entry = BundleEntry(
                self.files.path, namespace, bundle, tuple(releases), self._media()
            )
        self.findings += check_bundle(self.root, self.files, namespace, bundle, releases)
        return LoadedBundle(entry, tuple(sort_findings(self.findings)))

    def _stamp(self, path: str) -> FileStamp | None:
        if path.endswith(layout.NAMESPACE_FILE):
            return self.files.namespace_file
        return self.by_path.get(path)

    def _read(self, path: str, *, required: bool = True) -> bytes | None:
        stamp = self._stamp(path)
        if stamp is None:
            if required:
                self._add(path, "E204", f"the file '{path}' is missing", "add it")
            return None
        if not stamp.regular:
            self._add(path, "E206", "a link stands where a file is needed", "put the file here")
            return None
        try:
            return (self.root / path).read_bytes()
        except OSError as error:
            self._add(path, "E001", f"the file cannot be read: {error.strerror}", "")
            return None

    def _add(self, path: str, code: str, message: str, hint: str) -> None:
        self.findings.append(Finding(path, 1, 1, code, "", message, hint))

    def _manifest(self, model: type[ModelT], path: str) -> ModelT | None:
        content = self._read(path)
        if content is None:
            return None
        instance, findings = validate_document(model, YamlDocument(path, content))
        self.findings += findings
        return instance

    def _record(self, model: type[ModelT], path: str) -> ModelT | None:
        content = self._read(path, required=False)
        if content is None:
            return None
        instance, findings = validate_record(model, path, content)
        self.findings += findings
        return instance

    def _release(self, directory: str) -> ReleaseEntry | None:
        path = f"{self.files.path}/{directory}"
        manifest_path = f"{path}/{layout.RELEASE_FILE}"
        content = self._read(manifest_path)
        status = self._manifest(Status, f"{path}/{layout.STATUS_FILE}")
        build = self._record(Build, f"{path}/{layout.BUILD_FILE}")
        prefix = f"{path}/{layout.PROFILES}/"
        profiles = [
            profile
            for name in self.by_path
            if name.startswith(prefix) and (profile := self._record(Profile, name))
        ]
        if content is None:
            return None
        document = YamlDocument(manifest_path, content)
        manifest, findings = validate_document(Release, document)
        self.findings += findings
        if manifest is None:
            return None
        found = check_release(self.root, self.files, directory, document, manifest)
        self.findings += found
        if status is None or found and any(finding.severity == "error" for finding in found):
            return None
        return ReleaseEntry(path, manifest, content, status, build, tuple(profiles))

    def _media(self) -> Media:
        description = self._read(
            f"{self.files.path}/{layout.MEDIA}/{DESCRIPTION}", required=False
        )
        return Media(
            self._first(ICONS),
            self._first(SCIENCE_IMAGES),
            None if description is None else description.decode("utf-8", "replace"),
        )

    def _first(self, names: tuple[str, ...]) -> str | None:
        for name in names:
            stamp = self.by_path.get(f"{self.files.path}/{layout.MEDIA}/{name}")
            if stamp is not None and stamp.regular:
                return stamp.path
        return None
