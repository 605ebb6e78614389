"""Builds the image of one platform, from the archived source to a record with its digest."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from ecr import __version__
from ecr.model.build import Image, ImageLayer, PlatformBuild
from ecr.model.fields import resolve_platform
from ecr.model.release import ScriptCode
from ecr.stages.archive.source import extract_source, find_source_archive
from ecr.stages.build.attachments import attach
from ecr.stages.build.base import Base
from ecr.stages.build.context import find_context
from ecr.stages.build.errors import BuildError, explaining
from ecr.stages.build.finish import AddedFile, Finish, finish_image
from ecr.stages.build.image_files import ImageFile, read_image_files
from ecr.stages.build.inputs import digest_inputs, find_created, find_source_digest
from ecr.stages.build.labels import make_annotations
from ecr.stages.build.layer_listings import LayerListings
from ecr.stages.build.packages import is_package_data
from ecr.stages.build.places import images_of, log_of, name_image
from ecr.stages.build.preparation import Preparation, Preparer
from ecr.stages.build.provenance import MEDIA_TYPE as PROVENANCE_TYPE
from ecr.stages.build.provenance import ImageFacts, render_image_statement
from ecr.stages.build.sbom import IN_IMAGE, Subject, render_sbom
from ecr.stages.build.sbom import MEDIA_TYPE as SBOM_TYPE
from ecr.stages.build.settings import FILE_TIME_S
from ecr.tools.buildah import BuildRequest, find_version, open_buildah
from ecr.tools.object_store import copy_object
from ecr.tools.oci_layout import Descriptor, OciLayout, digest_of
from ecr.tools.pip import find_pip_version
from ecr.tools.qemu import Means

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ecr.catalog.entries import ReleaseEntry
    from ecr.model.build import Build
    from ecr.stages.build.settings import BuildSettings
    from ecr.tools.buildah import Buildah
    from ecr.tools.object_store import ArchiveStore
    from ecr.tools.qemu import Ability

_BUILT = "built"


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """An image before it is recorded.

    Attributes:
        layout: Where it is.
        manifest: Its manifest.
        files: What is in it, with the contents of package databases.
        base: Base image it was built on.
        emulated: Whether programs ran under emulation meanwhile.
        seconds: Time the build took.
    """

    layout: OciLayout
    manifest: Descriptor
    files: dict[str, ImageFile]
    base: Base | None
    emulated: bool
    seconds: float


class PlatformJob:
    """Builds one release for one platform."""

    def __init__(
        self,
        root: Path,
        entry: ReleaseEntry,
        build: Build,
        ability: Ability,
        store: ArchiveStore,
        settings: BuildSettings,
    ) -> None:
        """Take what the build depends on.

        Args:
            root: The catalog's root.
            entry: The release.
            build: Its record: what was archived.
            ability: The platform, and how this machine runs its programs.
            store: Where the archives are.
            settings: Settings of the run.
        """
        self._root = root
        self._entry = entry
        self._build = build
        self._ability = ability
        self._platform = ability.platform.value
        self._store = store
        self._settings = settings
        self._created_s = find_created(entry, build)

    def run(self, clock: Callable[[], datetime]) -> PlatformBuild:
        """Build the image, keep it in the bundle's layout, and return its record.

        Raises:
            BuildError: The release cannot be built as it is written.
            PlatformError: This machine cannot run programs of the platform.
            ToolError: A program failed, took too long, or is missing.
        """
        with tempfile.TemporaryDirectory(prefix="ecr-build-") as directory:
            built = self.make_image(Path(directory))
            return self._keep(built, clock)

    def make_image(self, work: Path) -> BuiltImage:
        """Build the image into a layout in ``work``, without keeping it."""
        log = log_of(self._root, self._entry.id, self._platform)
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"")
        context = self._unpack(work / "source")
        started = monotonic()
        layout = OciLayout(work / "image").create()
        with open_buildah(self._settings.cache, self._platform) as buildah:
            preparer = Preparer(self._entry, self._ability, self._settings, buildah, work, log)
            preparation = preparer.prepare(context)
            request = BuildRequest(
                containerfile=preparation.containerfile,
                context=preparation.context,
                platform=self._platform,
                time_s=FILE_TIME_S,
                build_args=preparation.build_args,
                contexts=preparation.contexts,
                secrets=preparation.secrets,
                use_cache=self._settings.use_cache,
            )
            with explaining(log):
                image = buildah.build(request, log=log, timeout_s=self._settings.time_limit_s)
            buildah.save(image, layout.directory, _BUILT)
            base = preparation.base or _look_up(buildah, preparation.base_reference, self._platform)
        built = layout.resolve(_BUILT)
        files = read_image_files(
            layout,
            layout.read_json(built.digest),
            wanted=is_package_data,
            known=LayerListings(self._settings.cache),
        )
        manifest = self._finish(layout, built, files, preparation, base, work)
        emulated = preparation.runs and self._ability.means is Means.EMULATED
        return BuiltImage(layout, manifest, files, base, emulated, monotonic() - started)

    def _unpack(self, target: Path) -> Path:
        archive = find_source_archive(self._build)
        if archive is None:
            raise BuildError(
                "its source is not archived",
                hint=f"archive it first: ecr archive {self._entry.id}",
            )
        extract_source(self._store, archive.digest, target)
        return find_context(target, self._entry.manifest.code.source)

    def _finish(
        self,
        layout: OciLayout,
        built: Descriptor,
        files: dict[str, ImageFile],
        preparation: Preparation,
        base: Base | None,
        work: Path,
    ) -> Descriptor:
        annotations = make_annotations(
            self._entry, self._settings, created_s=self._created_s, base=base
        )
        return finish_image(
            layout,
            built,
            files,
            Finish(
                platform=self._platform,
                created_s=self._created_s,
                annotations=annotations,
                arguments=preparation.arguments,
                files=(*preparation.files, *self._fetch_data(work)),
            ),
        )

    def _fetch_data(self, work: Path) -> list[AddedFile]:
        """Bring models and configuration that have a place in the image."""
        files = []
        for number, data in enumerate(self._entry.manifest.data):
            if data.role in IN_IMAGE and data.mount is not None:
                file = work / f"data-{number}"
                copy_object(self._store, f"sha256:{data.sha256}", file)
                files.append(AddedFile(data.mount, file))
        return files

    def _keep(self, built: BuiltImage, clock: Callable[[], datetime]) -> PlatformBuild:
        """Describe an image, move it into the bundle's layout, and return its record."""
        release = self._entry.manifest
        manifest = built.layout.read_json(built.manifest.digest)
        kept = OciLayout(images_of(self._root, self._entry.id.bundle)).create()
        layers = [layer["digest"] for layer in manifest["layers"]]
        kept.take(built.layout, [*layers, manifest["config"]["digest"], built.manifest.digest])
        subject = Subject(
            release, self._platform, built.manifest.digest, self._created_s, built.files
        )
        bill = render_sbom(subject)
        tools = self._list_tools(emulated=built.emulated)
        inputs = digest_inputs(self._entry, self._build, self._platform, self._settings)
        facts = ImageFacts(
            platform=self._platform,
            digest=built.manifest.digest,
            inputs=inputs,
            base=built.base,
            emulated=built.emulated,
            tools=tools,
            sbom=digest_of(bill),
        )
        statement = render_image_statement(self._entry, self._build, facts, self._settings)
        attached = attach(kept, built.manifest, {SBOM_TYPE: bill, PROVENANCE_TYPE: statement})
        kept.set_names({name_image(self._entry.id, self._platform): built.manifest})
        return PlatformBuild(
            schema_version=1,
            id=str(self._entry.id),
            platform=self._ability.platform,
            built=clock(),
            source=find_source_digest(self._entry, self._build),
            manifest=digest_of(self._entry.manifest_text),
            manifest_size_bytes=built.manifest.size_bytes,
            attachments=attached.index,
            image=Image(
                digest=built.manifest.digest,
                size_bytes=sum(layer["size"] for layer in manifest["layers"]),
                layers=tuple(
                    ImageLayer(digest=layer["digest"], size_bytes=layer["size"])
                    for layer in manifest["layers"]
                ),
                base_name=None if built.base is None else built.base.name,
                base_digest=None if built.base is None else built.base.digest,
                inputs=inputs,
                emulated=built.emulated,
                builder=f"buildah {tools['buildah']}",
                tools=tools,
                duration_s=round(built.seconds, 1),
                sbom=attached.documents[SBOM_TYPE],
                provenance=attached.documents[PROVENANCE_TYPE],
            ),
        )

    def _list_tools(self, *, emulated: bool) -> dict[str, str]:
        tools = {"ecr": __version__, "buildah": find_version().partition(" ")[2]}
        if emulated and self._ability.emulator is not None:
            name, _, version = self._ability.emulator.partition(" ")
            tools[name] = version or "unknown"
        if isinstance(self._entry.manifest.code, ScriptCode):
            tools["pip"] = find_pip_version()
        return tools


def _look_up(buildah: Buildah, reference: str | None, platform: str) -> Base | None:
    """Find which image the base of a Dockerfile was; it has just been pulled.

    Raises:
        BuildError: It is an image of another platform. Buildah would not say so.
    """
    image = None if reference is None else buildah.find_image(reference)
    if reference is None or image is None:
        return None
    if resolve_platform(image.platform) != platform:
        raise BuildError(
            f"the base image {reference} is one for {image.platform}",
            hint="it may be pinned to one platform; pin the digest of its index instead",
        )
    return Base(reference, reference, image.digest) if image.digest else None
