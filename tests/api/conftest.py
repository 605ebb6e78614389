"""A small catalog, its site as machines see it, and the two servers that hold it."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import threading
import time
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest
import requests

from ecr.catalog.hardware import load_hardware
from ecr.catalog.layout import scan_catalog
from ecr.catalog.loader import load_bundle
from ecr.model.bundle import Access
from ecr.stages.publish.compat import render_bundle_compat, render_compat_lists
from ecr.stages.publish.index import render_bundle_documents, render_index
from ecr.stages.publish.outputs import BundleSummary, OutputFile, SiteSettings
from ecr.tools.site_server import open_site_server, render_nginx_configuration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ecr.catalog.entries import BundleEntry

SITE_URL = "https://ecr.example.org/"
REPOSITORY_URL = "https://github.com/example/catalog"

CLOUD_COVER = """\
schema_version: 1
namespace: sage
name: cloud-cover
version: "{version}"
title: Cloud cover
summary: Says how much of the sky is cloudy, with a comma
description: "**Much** more"
authors:
  - {{name: Ada Lovelace, email: ada@example.org, orcid: 0000-0002-1825-0097}}
  - {{name: "Babbage, Charles"}}
contributors:
  - {{name: Mary Somerville}}
funding:
  - {{funder: National Science Foundation, award: "1935984"}}
license: BSD-3-Clause
keywords: [clouds, "sky, seen from below"]
homepage: https://example.org/cloud-cover
code:
  kind: container
  source:
    git: https://github.com/example/cloud-cover
    commit: "0123456789012345678901234567890123456789"
    ref: main
    directory: app
  dockerfile: Dockerfile.arm
  build_args: {{FLAVOUR: small}}
platforms: [linux/amd64, linux/arm64, linux/arm/v7]
inputs:
  - {{id: stream, type: string, description: Camera, default: top_camera}}
  - {{id: interval, type: int}}
needs:
  cpu: "1.5"
  memory: 300Mi
  gpu: {{memory: 2Gi, capabilities: [cuda102]}}
  devices: [camera]
publishes:
  - {{name: env.cloud.cover, type: float, unit: "1"}}
resources:
  - {{type: RGB_image_producer, properties: {{view: top}}}}
metadata: {{data_type: upload}}
"""

BIRD_SONG = """\
schema_version: 1
namespace: sage
name: bird-song
version: "0.1.0-rc.1"
title: Bird song
summary: Names the birds that sing
authors:
  - {name: Ada Lovelace}
license: NOASSERTION
code:
  kind: script
  source: {path: source}
  entrypoint: main.py
platforms: [linux/arm64]
"""

STATUS = "schema_version: 1\nadded: {added}\n"
YANKED = """\
yanked:
  by: user:ada
  on: 2026-03-02
  reason: It counts the sun as a cloud.
"""
BUILD = {
    "schema_version": 1,
    "id": "sage/cloud-cover:1.10.0",
    "built": "2026-05-01T10:00:00Z",
    "commit": "0123456789012345678901234567890123456789",
    "swhids": ["swh:1:rev:0123456789012345678901234567890123456789"],
    "repository": "ghcr.io/example/sage/cloud-cover",
    "digest": f"sha256:{'a' * 64}",
    "images": {
        "linux/arm64": {
            "digest": f"sha256:{'b' * 64}",
            "size_bytes": 1000,
            "emulated": True,
            "builder": "buildah 1.28",
            "duration_s": 12.5,
        }
    },
}


def _make_png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" + bytes(width)) * height)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def _make_jpeg(width: int, height: int) -> bytes:
    """A JPEG as far as its size; nobody decodes it here."""
    frame = struct.pack(">BHHBBBB", 8, height, width, 1, 1, 0x11, 0)
    return b"\xff\xd8\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xd9"


PNG = _make_png(1920, 1080)
JPEG = _make_jpeg(512, 512)


def make_profile(
    hardware: str, memory_bytes: float, *, emulated: bool = False
) -> dict[str, object]:
    def spread(value: float) -> dict[str, float]:
        return {"p50": value / 2, "p95": value, "p99": value, "max": value}

    return {
        "schema_version": 1,
        "id": "sage/cloud-cover:1.10.0",
        "image": f"sha256:{'b' * 64}",
        "platform": "linux/arm64",
        "machine": {
            "hardware": hardware,
            "cpu": "Carmel",
            "cores": 6,
            "memory_bytes": 8 << 30,
            "kernel": "4.9",
            "engine": "containerd 1.6",
            "power_mode": "15W",
        },
        "emulated": emulated,
        "virtual_waggle": True,
        "measured": "2026-05-02T10:00:00Z",
        "operator": "user:ada",
        "tool": "ecr 0.1.0",
        "runs": 3,
        "duration_s": spread(2.0),
        "cpu_millicores": spread(850.5),
        "memory_bytes": spread(memory_bytes),
        "exit_status": 0,
        "raw_log": f"sha256:{'c' * 64}",
    }


def write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(value))


def write_bundle(root: Path, bundle: str, releases: dict[str, str], more: str = "") -> Path:
    """Write a bundle; ``releases`` holds its ``status.yaml`` by version."""
    namespace, name = bundle.split("/")
    home = root / "bundles" / namespace / name
    home.mkdir(parents=True)
    (home.parent / "namespace.yaml").write_text(
        f"schema_version: 1\nnamespace: {namespace}\ntitle: {namespace}\nowners: [user:ada]\n"
    )
    (home / "bundle.yaml").write_text(
        f"schema_version: 1\nnamespace: {namespace}\nname: {name}\n{more}"
    )
    for version, status in releases.items():
        template = BIRD_SONG if name == "bird-song" else CLOUD_COVER.format(version=version)
        text = template.replace("namespace: sage", f"namespace: {namespace}")
        directory = home / version
        directory.mkdir()
        (directory / "release.yaml").write_text(
            text.replace("name: cloud-cover\n", f"name: {name}\n")
        )
        (directory / "status.yaml").write_text(status)
    return home


def write_catalog(root: Path) -> None:
    """Write four bundles: one in full, one with the least, one yanked, one protected."""
    added = STATUS.format(added="2026-03-01")
    home = write_bundle(
        root,
        "sage/cloud-cover",
        {"1.9.0": added, "1.10.0": STATUS.format(added="2026-05-01"), "1.9.1": added + YANKED},
    )
    media = home / "media"
    media.mkdir()
    (media / "icon.jpg").write_bytes(JPEG)
    (media / "science-image.png").write_bytes(PNG)
    (media / "science-description.md").write_text("# Clouds\n\nGrüße\n", "utf-8")
    write_json(home / "1.10.0" / "build.json", BUILD)
    profiles = home / "1.10.0" / "profiles"
    write_json(profiles / "1.json", make_profile("xaviernx", 300.5 * 2**20))
    write_json(profiles / "2.json", make_profile("xaviernx", 200 * 2**20))
    write_json(profiles / "3.json", make_profile("rpi-8gb", 900 * 2**20, emulated=True))
    source = write_bundle(root, "sage/bird-song", {"0.1.0-rc.1": added}) / "0.1.0-rc.1/source"
    source.mkdir()
    (source / "main.py").write_text("print('tweet')\n")
    write_bundle(root, "gone/broken", {"1.0.0": added + YANKED})
    write_bundle(root, "hidden/secret", {"1.0.0": added}, "access: protected\n")


def load_entries(root: Path) -> list[BundleEntry]:
    """Load the public bundles; the fixture must be free of findings."""
    entries = []
    for files in scan_catalog(root).bundles:
        loaded = load_bundle(root, files)
        assert [f for f in loaded.findings if f.severity == "error"] == []
        assert loaded.entry is not None
        if loaded.entry.manifest.access is Access.PUBLIC:
            entries.append(loaded.entry)
    return entries


def make_settings() -> SiteSettings:
    return SiteSettings(SITE_URL, REPOSITORY_URL, "ghcr.io/example", load_hardware(Path("-")))


def render_site(entries: Iterable[BundleEntry], settings: SiteSettings) -> list[OutputFile]:
    """Render everything machines fetch, as publishing does."""
    files: list[OutputFile] = []
    summaries = []
    for entry in entries:
        documents, rows = render_bundle_documents(entry, settings)
        compat, compat_rows = render_bundle_compat(entry, settings)
        files += [*documents, *compat]
        # Rows are kept as JSON between two publications.
        rows, compat_rows = orjson.loads(orjson.dumps([rows, compat_rows]))
        summaries.append(BundleSummary(str(entry.id), {}, tuple(rows), tuple(compat_rows)))
    return [*files, *render_index(settings, summaries), *render_compat_lists(settings, summaries)]


def write_site(directory: Path, files: Iterable[OutputFile], root: Path | None = None) -> Path:
    """Write a site, with a few pages and, from the catalog at ``root``, the media."""
    pages = {
        "index.html": "<!doctype html><title>home</title>" + "x" * 2000,
        "404.html": "<!doctype html><title>not here</title>",
        "catalog/index.html": "<!doctype html><title>catalog</title>",
        "assets/main.css": "body{}",
        "assets/data.json": "{}",
        "bundles/sage/bird-song/media/icon.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    }
    everything = [*files, *(OutputFile(path, text.encode()) for path, text in pages.items())]
    for file in everything:
        path = directory / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    if root is not None:
        for media in root.glob("bundles/*/*/media"):
            for picture in media.glob("*.[jp]*g"):
                target = directory / picture.relative_to(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(picture, target)
    return directory


@contextmanager
def serve(site: Path) -> Iterator[str]:
    """Hold ``site`` in the server behind ``ecr serve``; give its address."""
    with open_site_server(site, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def serve_with_nginx(nginx: Path, site: Path, place: Path) -> Iterator[str]:
    """Hold ``site`` in a real nginx with the shipped configuration; give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    place.mkdir(parents=True)
    (place / "ecr.conf").write_text(render_nginx_configuration(site, f"127.0.0.1:{port}"))
    scratch = "".join(
        f"{kind}_temp_path {place}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # As root nginx would hand its worker to a user that cannot read the test's directory.
    user = "user root;\n" if os.geteuid() == 0 else ""
    (place / "nginx.conf").write_text(
        f"{user}daemon off;\nworker_processes 1;\npid {place}/pid;\nerror_log {place}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{scratch}include {place}/ecr.conf;\n}}\n"
    )
    process = subprocess.Popen(
        [nginx, "-p", place, "-c", place / "nginx.conf", "-e", place / "error.log"],
        stderr=subprocess.PIPE,
        text=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 20
        while True:
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < deadline, "nginx does not answer"
            try:
                requests.get(f"{url}/", timeout=5)
                break
            except requests.ConnectionError:
                time.sleep(0.02)
        yield url
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture(scope="session")
def catalog_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("catalog")
    write_catalog(root)
    return root


@pytest.fixture(scope="session")
def settings() -> SiteSettings:
    return make_settings()


@pytest.fixture(scope="session")
def entries(catalog_root: Path) -> list[BundleEntry]:
    return load_entries(catalog_root)


@pytest.fixture(scope="session")
def outputs(entries: list[BundleEntry], settings: SiteSettings) -> dict[str, bytes]:
    files = render_site(entries, settings)
    contents = {file.path: file.content for file in files}
    assert len(contents) == len(files), "no file is rendered twice"
    return contents


@pytest.fixture(scope="session")
def site(
    outputs: dict[str, bytes], catalog_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    files = [OutputFile(path, content) for path, content in outputs.items()]
    # A directory with a space and a quote, as people have.
    directory = tmp_path_factory.mktemp("served") / 'my "site"'
    return write_site(directory, files, catalog_root)


@pytest.fixture(scope="session", params=["ecr serve", "nginx"])
def base_url(
    request: pytest.FixtureRequest,
    site: Path,
    require_tool: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The site's address, on each of the two servers."""
    if request.param == "nginx":
        nginx = require_tool("nginx", hint="apt-get install nginx-light")
        with serve_with_nginx(nginx, site, tmp_path_factory.mktemp("nginx") / "run") as url:
            yield url
    else:
        with serve(site) as url:
            yield url
