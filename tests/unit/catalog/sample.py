"""A sound catalog of one bundle with one release, to be broken in one place per test."""

import re
import struct
import zlib
from pathlib import Path

from ecr.catalog.checking import check_catalog
from ecr.findings import Finding

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CHECKSUM = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

NAMESPACE = """\
schema_version: 1
namespace: sage
title: Sage
owners: ["team:waggle-sensor/edge"]
"""
BUNDLE = """\
schema_version: 1
namespace: sage
name: cloud-cover
maintainers: ["user:ada"]
"""
STATUS = """\
schema_version: 1
added: 2026-01-31
"""
RELEASE = f"""\
schema_version: 1
namespace: sage
name: cloud-cover
version: "1.2.0"
title: Cloud cover
summary: Tells how much of the sky clouds cover.
authors:
  - name: Ada Example
    orcid: 0000-0002-1825-0097
license: BSD-3-Clause
code:
  kind: container
  source:
    git: https://github.com/waggle-sensor/plugin-cloudcover
    commit: {COMMIT}
platforms: [linux/amd64, linux/arm64]
data:
  - name: weights
    role: model
    url: https://example.org/unet.pth
    sha256: {CHECKSUM}
    size_bytes: 1024
    license: CC-BY-4.0
    origin: Trained on pictures of 2021.
inputs:
  - id: stream
    type: string
    default: top_camera
publishes:
  - name: env.coverage.cloud
    type: float
tests:
  - name: one picture
    expect:
      measurements: [env.coverage.cloud]
profiling:
  data: [weights]
"""
BASES = {
    "namespace.yaml": NAMESPACE,
    "bundle.yaml": BUNDLE,
    "release.yaml": RELEASE,
    "status.yaml": STATUS,
}
PLACES = {
    "namespace.yaml": "bundles/sage/namespace.yaml",
    "bundle.yaml": "bundles/sage/cloud-cover/bundle.yaml",
    "release.yaml": "bundles/sage/cloud-cover/1.2.0/release.yaml",
    "status.yaml": "bundles/sage/cloud-cover/1.2.0/status.yaml",
}
BUNDLE_PATH = "bundles/sage/cloud-cover"
RELEASE_PATH = f"{BUNDLE_PATH}/1.2.0"


def overlay(base: str, snippet: str) -> str:
    """Replace the top-level keys of ``base`` that ``snippet`` has by the snippet."""
    keys = set(re.findall(r"^(\w+):", snippet, re.MULTILINE))
    blocks = re.split(r"^(?=\w)", base, flags=re.MULTILINE)
    kept = [block for block in blocks if block.partition(":")[0] not in keys]
    return "".join(kept) + snippet.rstrip("\n") + "\n"


def make_png(width: int, height: int) -> bytes:
    """A PNG file with the right header; the picture itself is not needed."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b"")


def make_jpeg(width: int, height: int) -> bytes:
    """A JPEG file up to its frame header, with an application segment before it."""
    application = b"\xff\xe1\x00\x06Exif"
    frame = b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", height, width) + b"\x03" + bytes(9)
    return b"\xff\xd8" + application + frame + b"\xff\xd9"


class SampleCatalog:
    """A catalog on disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, text in BASES.items():
            self.write(PLACES[name], text)
        self.write(f"{BUNDLE_PATH}/media/icon.png", make_png(512, 512))
        self.write(f"{BUNDLE_PATH}/media/science-image.jpg", make_jpeg(1280, 720))
        self.write(f"{BUNDLE_PATH}/media/science-description.md", "# Clouds\n")

    def write(self, path: str, content: str | bytes) -> Path:
        """Write a file, with the directories above it."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def overlay(self, name: str, snippet: str) -> None:
        """Write a manifest with some top-level keys replaced."""
        self.write(PLACES[name], overlay(BASES[name], snippet))

    def check(self) -> list[Finding]:
        """Return every finding."""
        return list(check_catalog(self.root, workers=1).findings)

    def codes(self) -> list[str]:
        """Return the codes of the findings, each once."""
        return sorted({finding.code for finding in self.check()})

    def show(self) -> list[str]:
        """Return the findings in short: file, place, code, where and message."""
        return [show(finding) for finding in self.check()]


def show(finding: Finding) -> str:
    """Return a finding in one line, its file without the directories."""
    where = f" {finding.where}" if finding.where else ""
    name = finding.path.rpartition("/")[2]
    at = f"{name}:{finding.line}:{finding.column}"
    return f"{at} {finding.code}{where}: {finding.message}"
