"""Bills of materials and provenance, checked by those who define the formats."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from ecr.catalog.record_writer import read_build
from ecr.model.build import Archive, ArchiveRole, Build
from ecr.stages.archive.release import archive_release
from ecr.stages.build.archive_statements import state_archives
from ecr.stages.build.base import Base
from ecr.stages.build.image_files import ImageFile
from ecr.stages.build.packages import Package, System, find_system, list_packages
from ecr.stages.build.provenance import (
    ImageFacts,
    render_archive_statement,
    render_image_statement,
)
from ecr.stages.build.sbom import Subject, render_sbom
from ecr.stages.build.settings import BuildSettings

DPKG = b"""\
Package: libc6
Status: install ok installed
Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
Architecture: arm64
Version: 2.36-9+deb12u10
Description: GNU C Library
 Package: not-this

Package: gone
Status: deinstall ok config-files
Architecture: arm64
Version: 1

"""
APK = b"C:Q1\nP:musl\nV:1.2.5-r0\nA:aarch64\nL:MIT\nm:Natanael <n@example.org>\n\n"
METADATA = b"""\
Metadata-Version: 2.4
Name: Typing_Extensions
Version: 4.12.2
License-Expression: PSF-2.0

Text: that is not a header
"""
LICENCE_TEXT = """\
Name: odd
Version: 1
Author: Zoë
License: Permission is hereby granted, ©
        and so on
""".encode()
OS_RELEASE = b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n'
DIGEST = "sha256:" + "ab" * 32


def make_files(contents: dict[str, bytes]) -> dict[str, ImageFile]:
    return {
        path: ImageFile(path, "file", 0o644, (0, 0), 0, len(content), content=content)
        for path, content in contents.items()
    }


FILES = make_files(
    {
        "var/lib/dpkg/status": DPKG,
        "var/lib/dpkg/status.d/base": b"Package: base-files\nVersion: 12\nArchitecture: all\n",
        "lib/apk/db/installed": APK,
        "usr/lib/python3/dist-packages/typing_extensions-4.12.2.dist-info/METADATA": METADATA,
        "usr/lib/python3/dist-packages/odd-1.egg-info": LICENCE_TEXT,
        "etc/os-release": OS_RELEASE,
    }
)


class TestPackages:
    def test_every_database_is_read(self):
        assert list_packages(FILES) == [
            Package("apk", "musl", "1.2.5-r0", "aarch64", "MIT", "Natanael <n@example.org>"),
            Package("deb", "base-files", "12", "all"),
            Package(
                "deb",
                "libc6",
                "2.36-9+deb12u10",
                "arm64",
                supplier="GNU Libc Maintainers <debian-glibc@lists.debian.org>",
            ),
            Package("pypi", "odd", "1", supplier="Zoë"),
            Package("pypi", "typing-extensions", "4.12.2", license="PSF-2.0"),
        ]

    def test_the_distribution_is_known(self):
        system = System("debian", "12", "Debian GNU/Linux 12 (bookworm)")
        assert find_system(FILES) == system
        assert find_system({}) is None


@pytest.fixture
def entry(catalog):
    data = {
        "role": "model",
        "sha256": "cd" * 32,
        "size_bytes": 3,
        "license": "CC-BY-4.0",
        "origin": "Made for this test.",
        "url": "https://example.org/net.onnx",
        "mount": "/data/net.onnx",
    }
    return catalog.add(
        "sky/app:1.0.0",
        {"kind": "container", "source": {"git": "https://example.org/app", "commit": "12" * 20}},
        {},
        platforms=["linux/arm64"],
        data=[{"name": "net", **data}],
    )


class TestBill:
    def test_it_is_valid_cyclonedx_and_names_everything(self, entry):
        subject = Subject(entry.manifest, "linux/arm64", DIGEST, 0, FILES)
        bill = render_sbom(subject)
        assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill.decode()) is None
        found = {
            component["name"]: (component["type"], component.get("purl"))
            for component in json.loads(bill)["components"]
        }
        assert found == {
            "base-files": ("library", "pkg:deb/debian/base-files@12?arch=all&distro=debian-12"),
            "libc6": (
                "library",
                "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=arm64&distro=debian-12",
            ),
            "musl": ("library", "pkg:apk/debian/musl@1.2.5-r0?arch=aarch64&distro=debian-12"),
            "odd": ("library", "pkg:pypi/odd@1"),
            "typing-extensions": ("library", "pkg:pypi/typing-extensions@4.12.2"),
            "debian": ("operating-system", None),
            "net": ("machine-learning-model", None),
        }

    def test_the_same_image_gives_the_same_bytes(self, entry):
        subject = Subject(entry.manifest, "linux/arm64", DIGEST, 0, FILES)
        again = Subject(
            entry.manifest, "linux/arm64", DIGEST, 0, dict(reversed(list(FILES.items())))
        )
        assert render_sbom(subject) == render_sbom(again)


SETTINGS = BuildSettings(
    "https://example.org/catalog/",
    "https://github.com/example/catalog",
    "registry",
    Path("cache"),
    builder="https://github.com/example/catalog/.github/workflows/build.yml@refs/heads/main",
)


@pytest.fixture
def build() -> Build:
    source = Archive(name="source", role=ArchiveRole.SOURCE, digest=DIGEST, size_bytes=1)
    net = Archive(name="net", role=ArchiveRole.MODEL, digest="sha256:" + "cd" * 32, size_bytes=3)
    return Build(schema_version=1, id="sky/app:1.0.0", commit="12" * 20, archives=(source, net))


def check_statement(content: bytes) -> dict[str, Any]:
    """Check a statement with in-toto's own library, and return it."""
    from google.protobuf.json_format import Parse
    from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
    from in_toto_attestation.v1.statement import Statement
    from in_toto_attestation.v1.statement_pb2 import Statement as Wire

    statement = Statement.copy_from_pb(Parse(content, Wire()))
    statement.validate()
    document: dict[str, Any] = json.loads(content)
    Parse(json.dumps(document["predicate"]), provenance_pb2.Provenance())
    return document


class TestProvenance:
    def test_an_images_statement_follows_in_toto_and_slsa(self, entry, build):
        facts = ImageFacts(
            platform="linux/arm64",
            digest=DIGEST,
            inputs="sha256:" + "11" * 32,
            base=Base("docker.io/library/debian:12", "debian@x", "sha256:" + "22" * 32),
            emulated=True,
            tools={"buildah": "1.28.2"},
            sbom="sha256:" + "33" * 32,
        )
        document = check_statement(render_image_statement(entry, build, facts, SETTINGS))
        definition = document["predicate"]["buildDefinition"]
        assert definition["externalParameters"] == {
            "release": "sky/app:1.0.0",
            "platform": "linux/arm64",
        }
        named = {item["name"]: item for item in definition["resolvedDependencies"]}
        assert named["source"] == {
            "name": "source",
            "uri": f"git+https://example.org/app@{'12' * 20}",
            "digest": {"gitCommit": "12" * 20},
        }
        assert named["base image"]["uri"] == "oci:docker.io/library/debian:12"
        assert named["archive of net"]["digest"] == {"sha256": "cd" * 32}
        assert document["predicate"]["runDetails"]["builder"]["id"] == SETTINGS.builder

    def test_an_archives_statement_follows_them_too(self, entry, build):
        for archive, uri in (
            (build.archives[0], f"git+https://example.org/app@{'12' * 20}"),
            (build.archives[1], "https://example.org/net.onnx"),
        ):
            content = render_archive_statement(entry, build, archive, SETTINGS)
            document = check_statement(content)
            assert document["subject"] == [
                {
                    "name": f"sky/app:1.0.0 {archive.name}",
                    "digest": {"sha256": archive.digest.removeprefix("sha256:")},
                }
            ]
            dependencies = document["predicate"]["buildDefinition"]["resolvedDependencies"]
            assert dependencies[-1]["uri"] == uri


class TestStoredStatements:
    @pytest.fixture
    def archived(self, catalog):
        entry = catalog.add(
            "sky/app:1.0.0",
            {"kind": "container"},
            {"Dockerfile": "FROM scratch\n"},
            platforms=["linux/arm64"],
        )
        archive_release(catalog.root, entry, catalog.store, progress=lambda *_: None)
        return entry

    def state(self, catalog, entry, settings=SETTINGS) -> Build:
        state_archives(catalog.root, entry, catalog.store, settings)
        build = read_build(catalog.root, entry)
        assert build is not None
        return build

    def test_every_archive_gets_one_in_the_same_store(self, catalog, archived):
        build = self.state(catalog, archived)
        (source,) = build.archives
        document = check_statement(catalog.store.path(build.statements[source.digest]).read_bytes())
        assert document["subject"] == [
            {
                "name": "sky/app:1.0.0 source",
                "digest": {"sha256": source.digest.removeprefix("sha256:")},
            }
        ]

    def test_one_that_is_there_says_who_was_first(self, catalog, archived):
        first = self.state(catalog, archived)
        again = self.state(catalog, archived, replace(SETTINGS, builder="urn:somebody:else"))
        assert again == first
