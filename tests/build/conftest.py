"""A small catalog to build from, programs of a few instructions, and a real registry."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecr.catalog.entries import ReleaseEntry
from ecr.catalog.selection import select_named
from ecr.errors import EcrError
from ecr.model.build import PlatformBuild
from ecr.model.fields import Platform
from ecr.model.identity import parse_id
from ecr.stages.archive.release import archive_release
from ecr.stages.build.builder import Builder, ReleaseBuild
from ecr.stages.build.places import images_of
from ecr.stages.build.program import read_program
from ecr.stages.build.settings import BuildSettings
from ecr.tools import qemu
from ecr.tools.object_store import LocalStore
from ecr.tools.oci_layout import OciLayout
from ecr.tools.qemu import Ability, Means, find_ability
from tests.conftest import fail_or_skip

ECR = (sys.executable, "-c", "from ecr.cli.main import main; main()")
"""The command, of the package these tests are about."""
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)

# Programs of Linux on amd64, arm64 and arm/v7: the instructions after the ELF header that
# ecr.tools.qemu makes. `EXIT` ends with a status, `WAIT` sleeps until it is killed.
_EXIT = {
    # mov eax, 60; mov edi, STATUS; syscall
    Platform.LINUX_AMD64: lambda status: (
        b"\xb8\x3c\0\0\0\xbf" + bytes([status, 0, 0, 0]) + b"\x0f\x05"
    ),
    # mov x8, #93; mov x0, #STATUS; svc #0
    Platform.LINUX_ARM64: lambda status: b"".join(
        word.to_bytes(4, "little") for word in (0xD2800BA8, 0xD2800000 | status << 5, 0xD4000001)
    ),
}
_WAIT = {
    # mov eax, 34 (pause); syscall; jmp -9
    Platform.LINUX_AMD64: b"\xb8\x22\0\0\0\x0f\x05\xeb\xf7",
    # mov x8, #73 (ppoll); mov x0..x4, #0; svc #0
    Platform.LINUX_ARM64: b"".join(
        word.to_bytes(4, "little")
        for word in (0xD2800928, *(0xD2800000 | n for n in range(5)), 0xD4000001)
    ),
}


def make_exit_program(platform: str, status: int = 0) -> bytes:
    """Return a program that ends with a status."""
    return _make(platform, _EXIT[Platform(platform)](status))


def make_waiting_program(platform: str) -> bytes:
    """Return a program that never ends by itself."""
    return _make(platform, _WAIT[Platform(platform)])


def _make(platform: str, code: bytes) -> bytes:
    machine = {Platform.LINUX_AMD64: 62, Platform.LINUX_ARM64: 183}[Platform(platform)]
    return qemu._make_elf64(machine, code)


class Told:
    """Remembers what a builder tells."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.ended: list[PlatformBuild] = []
        self.failed: list[EcrError] = []

    def starts(self, release: str, ability: Ability) -> None:
        self.started.append(ability.platform.value)

    def ends(self, release: str, record: PlatformBuild) -> None:
        self.ended.append(record)

    def fails(self, error: EcrError) -> None:
        self.failed.append(error)


class Catalog:
    """A catalog on disk, with everything that builds of it leave."""

    def __init__(self, root: Path, settings: BuildSettings) -> None:
        self.root = root
        self.settings = settings
        self.store = LocalStore(root / ".ecr" / "archives")
        self.told = Told()

    def add(
        self,
        release: str,
        code: Mapping[str, Any],
        files: Mapping[str, bytes | str],
        *,
        platforms: list[str],
        **more: Any,
    ) -> ReleaseEntry:
        """Add a release whose code lies in its directory ``source``, and data in ``data``."""
        bundle, _, version = release.partition(":")
        namespace, name = bundle.split("/")
        home = self.root / "bundles" / namespace
        directory = home / name / version
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        _write_yaml(
            home / "namespace.yaml", namespace=namespace, title=namespace, owners=["user:ada"]
        )
        _write_yaml(home / name / "bundle.yaml", namespace=namespace, name=name)
        _write_yaml(directory / "status.yaml", added="2026-05-01")
        for path, content in files.items():
            target = directory / path if path.startswith("data/") else directory / "source" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)
        described = {
            "title": "Cloud cover",
            "summary": "Says how much of the sky is cloudy",
            "authors": [{"name": "Ada Lovelace", "email": "ada@example.org"}],
            "license": "BSD-3-Clause",
            "code": {"source": {"path": "source"}, **code},
            "platforms": platforms,
            **more,
        }
        _write_yaml(
            directory / "release.yaml", namespace=namespace, name=name, version=version, **described
        )
        return self.load(release)

    def load(self, release: str) -> ReleaseEntry:
        selection = select_named(self.root, [parse_id(release)])
        assert not selection.findings, selection.findings
        return selection.releases[0]

    def build(
        self,
        entry: ReleaseEntry,
        platforms: list[str] | None = None,
        *,
        registry: str | None = None,
        **settings: Any,
    ) -> ReleaseBuild:
        """Archive and build a release."""
        archive_release(self.root, entry, self.store, progress=lambda *_: None)
        self.told = Told()
        builder = Builder(
            self.root,
            self.store,
            replace(self.settings, **settings),
            clock=lambda: NOW,
            watcher=self.told,
            registry=registry,
        )
        return builder.build(entry, platforms)

    def images(self, entry: ReleaseEntry) -> OciLayout:
        return OciLayout(images_of(self.root, entry.id.bundle))

    def read_image(self, entry: ReleaseEntry, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return manifest and configuration of a named image."""
        layout = self.images(entry)
        manifest = layout.read_json(layout.resolve(name).digest)
        return manifest, layout.read_json(manifest["config"]["digest"])

    def run(
        self, *arguments: str, environment: Mapping[str, str] | None = None, **more: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run ``ecr`` as a person would."""
        return subprocess.run(
            [*ECR, *arguments, "--root", str(self.root)],
            env={**os.environ, "ECR_CACHE": str(self.settings.cache), **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=250,
            **more,
        )


def _write_yaml(path: Path, **content: Any) -> None:
    path.write_text(yaml.safe_dump({"schema_version": 1, **content}, sort_keys=False))


@pytest.fixture
def catalog(tmp_path: Path, require_tool: Callable[..., Path]) -> Catalog:
    """An empty catalog, and a cache of its own: no layer is there from another test."""
    require_tool("buildah", hint="apt-get install buildah")
    root = tmp_path / "catalog"
    (root / "bundles").mkdir(parents=True)
    (root / "mkdocs.yml").write_text(
        "site_url: https://example.org/catalog/\n"
        "repo_url: https://github.com/example/catalog\n"
        "extra:\n  registry: 127.0.0.1:9/ecr\n"
    )
    settings = BuildSettings(
        site_url="https://example.org/catalog/",
        repository_url="https://github.com/example/catalog",
        registry="127.0.0.1:9/ecr",
        cache=tmp_path / "cache",
        time_limit_s=200,
    )
    return Catalog(root, settings)


@pytest.fixture(scope="session")
def native() -> str:
    """The platform of this machine."""
    return next(
        platform.value
        for platform in (Platform.LINUX_AMD64, Platform.LINUX_ARM64)
        if find_ability(platform).means is Means.NATIVE
    )


@pytest.fixture(scope="session")
def foreign(native: str) -> str:
    """A platform this machine emulates."""
    other = Platform.LINUX_ARM64 if native == Platform.LINUX_AMD64 else Platform.LINUX_AMD64
    ability = find_ability(other)
    if ability.means is not Means.EMULATED:
        fail_or_skip(f"QEMU for {other.value}: {ability.reason} ({ability.hint})")
    return other.value


@pytest.fixture(scope="session")
def busybox(require_tool: Callable[..., Path]) -> bytes:
    """A shell and its tools in one file that needs no other; of this machine's platform."""
    content = require_tool("busybox", hint="apt-get install busybox-static").read_bytes()
    if not read_program(content).static:
        fail_or_skip("busybox is not the static one (apt-get install busybox-static)")
    return content


class Registry:
    """A registry of its own: Docker's, as Debian packages it."""

    def __init__(self, program: Path, directory: Path, configuration: Mapping[str, Any]) -> None:
        directory.mkdir(parents=True)
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.host = f"127.0.0.1:{server.getsockname()[1]}"
        file = directory / "registry.yml"
        file.write_text(
            yaml.safe_dump(
                {
                    "version": "0.1",
                    "log": {"level": "error", "accesslog": {"disabled": True}},
                    "http": {"addr": self.host},
                    "storage": {"filesystem": {"rootdirectory": str(directory / "data")}},
                    **configuration,
                },
            )
        )
        self.log = (directory / "log").open("wb")
        self._process = subprocess.Popen(
            [str(program), "serve", str(file)],
            # Variables that start so are settings to it, even one that is meant for Skopeo.
            env={key: value for key, value in os.environ.items() if "REGISTRY_" not in key},
            stdout=self.log,
            stderr=self.log,
        )
        self._wait()

    def _wait(self) -> None:
        host, _, port = self.host.partition(":")
        for _ in range(200):
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
                return
            except OSError:
                assert self._process.poll() is None, "the registry ended"
                time.sleep(0.05)
        pytest.fail("the registry does not answer")

    def close(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=30)
        self.log.close()


@pytest.fixture
def make_registry(
    tmp_path: Path, require_tool: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Registry]]:
    """Give the function that starts a registry; keywords are sections of its configuration."""
    program = require_tool("docker-registry", hint="apt-get install docker-registry")
    require_tool("skopeo", hint="apt-get install skopeo")
    started: list[Registry] = []

    def make(**configuration: Any) -> Registry:
        registry = Registry(program, tmp_path / f"registry-{len(started)}", configuration)
        started.append(registry)
        # Buildah pulls bases with TLS unless this file, which all its kind read, says otherwise.
        settings = tmp_path / "registries.conf"
        settings.write_text(
            "".join(f'[[registry]]\nlocation = "{one.host}"\ninsecure = true\n' for one in started)
        )
        monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(settings))
        return registry

    yield make
    for registry in started:
        registry.close()


def digest_of(content: bytes) -> str:
    """Return a checksum as manifests have it."""
    return hashlib.sha256(content).hexdigest()
