"""The software bill of materials of an image, as CycloneDX 1.6.

The same image gives the same bytes: its serial number follows from the image's digest, its time is
that of the source.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

import orjson

from ecr import __version__
from ecr.model.release import BinaryCode, DataRole
from ecr.model.spdx import NO_ASSERTION, explain_problem
from ecr.stages.build.packages import find_system, list_packages
from ecr.tools.oci_layout import render_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cyclonedx.model.component import Component
    from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression

    from ecr.model.release import Release
    from ecr.stages.build.image_files import ImageFile
    from ecr.stages.build.packages import Package, System

MEDIA_TYPE = "application/vnd.cyclonedx+json"
IN_IMAGE = (DataRole.MODEL, DataRole.CONFIGURATION)
"""Roles of data that go into the image; samples are mounted by tests, training data by nobody."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The image a bill of materials is of.

    Attributes:
        release: What it was built from.
        platform: Its platform.
        digest: Digest of its manifest.
        created_s: Time of its source, in seconds since 1970.
        files: What is in it, with the contents of package databases.
    """

    release: Release
    platform: str
    digest: str
    created_s: int
    files: Mapping[str, ImageFile]


def render_sbom(subject: Subject) -> bytes:
    """Return the bill of materials as canonical JSON."""
    # The library takes a third of a second to load, and most runs build nothing.
    # ruff: noqa: PLC0415
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL

    release = subject.release
    architecture = subject.platform.split("/")[1]
    image = Component(
        name=f"{release.namespace}/{release.name}",
        version=release.version,
        type=ComponentType.CONTAINER,
        bom_ref="image",
        description=release.summary,
        purl=PackageURL("oci", None, release.name, subject.digest, {"arch": architecture}),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=subject.digest.partition(":")[2])],
        licenses=_licence(release.license),
    )
    tool = Component(name="ecr", version=__version__, type=ComponentType.APPLICATION)
    metadata = BomMetaData(
        component=image, timestamp=datetime.fromtimestamp(subject.created_s, UTC), tools=None
    )
    metadata.tools.components.add(tool)
    system = find_system(subject.files)
    components = [_describe_package(package, system) for package in list_packages(subject.files)]
    components += [*_describe_system(system), *_describe_own_files(subject)]
    bom = Bom(
        components=components,
        serial_number=uuid5(NAMESPACE_URL, f"{release.id}@{subject.digest}"),
        metadata=metadata,
    )
    bom.register_dependency(image, components)
    return render_json(orjson.loads(JsonV1Dot6(bom).output_as_string()))


def _describe_package(package: Package, system: System | None) -> Component:
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.contact import OrganizationalEntity
    from packageurl import PackageURL

    qualifiers = {"arch": package.architecture} if package.architecture else {}
    namespace = None
    if package.kind != "pypi":
        namespace = system.id if system is not None else None
        if system is not None and system.version:
            qualifiers["distro"] = f"{system.id}-{system.version}"
    url = PackageURL(package.kind, namespace, package.name, package.version, qualifiers or None)
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        bom_ref=url.to_string(),
        purl=url,
        supplier=OrganizationalEntity(name=package.supplier) if package.supplier else None,
        licenses=_licence(package.license),
    )


def _describe_system(system: System | None) -> list[Component]:
    from cyclonedx.model.component import Component, ComponentType

    if system is None:
        return []
    return [
        Component(
            name=system.id,
            version=system.version or None,
            type=ComponentType.OPERATING_SYSTEM,
            bom_ref="system",
            description=system.name,
        )
    ]


def _describe_own_files(subject: Subject) -> list[Component]:
    """Describe what the manifest puts into the image: a program, models, configuration."""
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.component import Component, ComponentType

    release = subject.release
    kinds = {
        DataRole.MODEL: ComponentType.MACHINE_LEARNING_MODEL,
        DataRole.CONFIGURATION: ComponentType.DATA,
    }
    described = [
        Component(
            name=data.name,
            version=f"sha256:{data.sha256}",
            type=kinds[data.role],
            bom_ref=f"data:{data.name}",
            description=data.description or data.origin,
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=data.sha256)],
            licenses=_licence(data.license),
        )
        for data in release.data
        if data.role in IN_IMAGE and data.mount is not None
    ]
    if isinstance(release.code, BinaryCode):
        program = release.code.files[subject.platform]
        described.append(
            Component(
                name=release.name,
                version=release.version,
                type=ComponentType.APPLICATION,
                bom_ref="program",
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=program.sha256)],
                licenses=_licence(release.license),
            )
        )
    return described


def _licence(text: str) -> list[LicenseExpression | DisjunctiveLicense]:
    from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression

    if not text or text == NO_ASSERTION:
        return []
    if explain_problem(text) is None:
        return [LicenseExpression(text)]
    return [DisjunctiveLicense(name=text)]
