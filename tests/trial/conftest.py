"""Releases whose images are a shell script in a BusyBox, and real engines to run them."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docker
import pytest
import yaml

from ecr.catalog.entries import ReleaseEntry
from ecr.catalog.record_writer import update_build
from ecr.catalog.selection import select_named
from ecr.errors import EcrError
from ecr.model.identity import parse_id
from ecr.model.trial import TrialRecord
from ecr.stages.build.places import images_of
from ecr.stages.trial.engines import EngineName
from ecr.stages.trial.platform_trials import TrialOutcome
from ecr.stages.trial.tester import Tester, TestRequest
from ecr.tools.object_store import LocalStore
from ecr.tools.oci_layout import CONFIG, LAYER, MANIFEST, OciLayout, digest_of
from ecr.tools.qemu import Ability
from tests.conftest import fail_or_skip

ECR = (sys.executable, "-c", "from ecr.cli.main import main; main()")
"""The command, of the package these tests are about."""
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
USER = "65532:65532"
AMD64 = "linux/amd64"


@dataclass
class Told:
    """Remembers what a tester tells."""

    started: list[tuple[str, str]] = field(default_factory=list)
    ended: list[TrialOutcome] = field(default_factory=list)
    left_out: list[tuple[str, str, str | None]] = field(default_factory=list)

    def starts(self, release: str, ability: Ability, tests: int, engine: str) -> None:
        self.started.append((ability.platform.value, engine))

    def ends(self, release: str, platform: str, outcome: TrialOutcome) -> None:
        self.ended.append(outcome)

    def leaves_out(self, release: str, platform: str, reason: str, hint: str | None) -> None:
        self.left_out.append((platform, reason, hint))


class Catalog:
    """A catalog whose releases have images that were not built but put together here."""

    def __init__(self, root: Path, cache: Path, busybox: Path) -> None:
        self.root = root
        self.cache = cache
        self.store = LocalStore(root / ".ecr" / "archives")
        self.told = Told()
        self._busybox = busybox

    def add(
        self,
        script: str = "",
        *,
        expect: Mapping[str, Any] | None = None,
        tests: list[dict[str, Any]] | None = None,
        platforms: tuple[str, ...] = (AMD64,),
        files: Mapping[str, bytes] | None = None,
        **more: Any,
    ) -> ReleaseEntry:
        """Add the release ``sage/app:1.0.0``, with a test that runs a shell script."""
        home = self.root / "bundles" / "sage"
        directory = home / "app" / "1.0.0"
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        _write_yaml(home / "namespace.yaml", namespace="sage", title="Sage", owners=["user:ada"])
        _write_yaml(home / "app" / "bundle.yaml", namespace="sage", name="app")
        _write_yaml(directory / "status.yaml", added="2026-05-01")
        for path, content in {"source/main.py": b"", **(files or {})}.items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_bytes(content)
        one = {"name": "it works", "arguments": ["sh", "-c", script], "expect": dict(expect or {})}
        _write_yaml(
            directory / "release.yaml",
            namespace="sage",
            name="app",
            version="1.0.0",
            title="Cloud cover",
            summary="Says how much of the sky is cloudy",
            authors=[{"name": "Ada Lovelace"}],
            license="BSD-3-Clause",
            code={"kind": "script", "source": {"path": "source"}, "entrypoint": "main.py"},
            platforms=list(platforms),
            tests=[one] if tests is None else tests,
            **more,
        )
        return self.load()

    def add_image(
        self,
        platform: str = AMD64,
        files: Mapping[str, bytes] | None = None,
        *,
        user: str = USER,
        entrypoint: tuple[str, ...] = (),
        arguments: tuple[str, ...] = (),
    ) -> str:
        """Put together the image of a platform; return its digest."""
        entry = self.load()
        layout = OciLayout(images_of(self.root, entry.id.bundle)).create()
        content = {"bin/busybox": self._busybox.read_bytes()} if files is None else dict(files)
        plain = _pack(content, links=_COMMANDS if files is None else ())
        system, architecture, *variant = platform.split("/")
        config = {
            "os": system,
            "architecture": architecture,
            **({"variant": variant[0]} if variant else {}),
            "config": {
                "Env": ["PATH=/bin"],
                "User": user,
                "Entrypoint": list(entrypoint),
                "Cmd": list(arguments),
            },
            "rootfs": {"type": "layers", "diff_ids": [digest_of(plain)]},
            "history": [{"created_by": "test"}],
        }
        layer = layout.put(gzip.compress(plain, mtime=0), LAYER)
        manifest = layout.put_json(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": layout.put_json(config, CONFIG).to_json(),
                "layers": [layer.to_json()],
            },
            MANIFEST,
        )
        image = {
            "digest": manifest.digest,
            "size_bytes": layer.size_bytes,
            "emulated": False,
            "builder": "test",
            "duration_s": 0,
        }
        images = {} if entry.build is None else dict(entry.build.images)
        changes = {"images": {**images, platform: image}, "built": NOW}
        update_build(self.root, entry, changes)
        return manifest.digest

    def load(self) -> ReleaseEntry:
        selection = select_named(self.root, [parse_id("sage/app:1.0.0")])
        assert not selection.findings, selection.findings
        return selection.releases[0]

    def test(self, engine: EngineName, **request: Any) -> list[TrialOutcome]:
        """Run the release's tests; what is raised is for the caller."""
        self.told = Told()
        with Tester(
            self.root,
            self.store,
            self.cache,
            TestRequest(engine=engine, **request),
            clock=lambda: NOW,
            watcher=self.told,
        ) as tester:
            return tester.test(self.load())

    def try_script(self, engine: EngineName, script: str, **more: Any) -> TrialRecord:
        """Run a script as the release's only test, and return the record it leaves."""
        self.add(script, **more)
        self.add_image()
        with suppress(EcrError):
            self.test(engine)
        return self.read_record()

    def read_record(self, platform: str = AMD64) -> TrialRecord:
        build = self.load().build
        assert build is not None
        (record,) = build.tests[platform]
        return record

    def run(self, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run ``ecr test`` as a person would."""
        return subprocess.run(
            [*ECR, "test", "--root", str(self.root), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={**os.environ, "ECR_CACHE": str(self.cache), **more},
        )


_COMMANDS = ("cat", "echo", "head", "ls", "readlink", "sh", "sleep", "touch", "yes", "dd", "mkdir")


def _pack(files: Mapping[str, bytes], links: tuple[str, ...]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for directory in ("bin", "tmp"):
            info = tarfile.TarInfo(directory)
            info.type = tarfile.DIRTYPE
            info.mode = 0o1777
            tar.addfile(info)
        for path, content in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            info.mode = 0o755
            tar.addfile(info, io.BytesIO(content))
        for name in links:
            info = tarfile.TarInfo(f"bin/{name}")
            info.type = tarfile.SYMTYPE
            info.linkname = "busybox"
            tar.addfile(info)
    return buffer.getvalue()


def _write_yaml(path: Path, **content: Any) -> None:
    path.write_text(yaml.safe_dump({"schema_version": 1, **content}, sort_keys=False))


def describe_file(content: bytes, **more: Any) -> dict[str, Any]:
    """Return an item of ``data`` in ``release.yaml``, true to a file's content."""
    return {
        "name": "sky",
        "role": "sample",
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_bytes": len(content),
        "license": "CC0-1.0",
        "origin": "Made for this test.",
        **more,
    }


@pytest.fixture(scope="session")
def busybox(require_tool: Callable[..., Path]) -> Path:
    """A program that is many, and needs no other file."""
    return require_tool("busybox", hint="apt-get install busybox-static")


@pytest.fixture
def catalog(tmp_path: Path, busybox: Path) -> Catalog:
    """An empty catalog."""
    (tmp_path / "catalog" / "bundles").mkdir(parents=True)
    return Catalog(tmp_path / "catalog", tmp_path / "cache", busybox)


@pytest.fixture(scope="session")
def docker_address(require_tool: Callable[..., Path]) -> Iterator[str]:
    """A Docker Engine: one of our own where we may start it, else the machine's."""
    dockerd = require_tool("dockerd", hint="apt-get install docker.io")
    if os.geteuid() != 0:
        yield _find_engine()
        return
    # A socket's path is at most 107 characters, and pytest's directories are long.
    directory = Path(tempfile.mkdtemp(prefix="ecr-docker-"))
    address = f"unix://{directory}/socket"
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                # Neither firewall rules nor a bridge: they belong to the machine.
                str(dockerd), "--iptables=false", "--ip-masq=false", "--bridge=none",
                "--storage-driver=vfs", f"--data-root={directory}/data",
                f"--exec-root={directory}/exec", f"--pidfile={directory}/pid", f"--host={address}",
                # Apart from containers of the machine's own engine.
                f"--containerd-namespace={directory.name}",
                f"--containerd-plugins-namespace={directory.name}-plugins",
            ],
            stdout=log,
            stderr=log,
        )  # fmt: skip
    try:
        _wait_for_engine(address, process, directory / "log")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=60)
        # The one thing dockerd leaves mounted.
        subprocess.run(["umount", directory / "exec/netns/default"], check=False)
        shutil.rmtree(directory)


def _find_engine() -> str:
    address = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if not _answers(address):
        fail_or_skip("no Docker Engine answers, and only root may start one (run docker)")
    return address


def _answers(address: str) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(address.removeprefix("unix://"))
            connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 OK" in connection.recv(100)
        except OSError:
            return False


def _wait_for_engine(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(240):
        assert process.poll() is None, log.read_text()
        if _answers(address):
            return
        time.sleep(0.25)
    pytest.fail(f"dockerd does not come up: {log.read_text()[-3000:]}")


@pytest.fixture
def docker_engine(docker_address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of the engine that ``ecr`` uses in this test; nothing may be left in it."""
    monkeypatch.setenv("DOCKER_HOST", docker_address)
    client = docker.APIClient(base_url=docker_address)
    yield client
    left = client.containers(all=True, filters={"label": "ecr.test"})
    images = client.images("localhost/ecr-test")
    client.close()
    assert (left, images) == ([], [])


@pytest.fixture
def buildah_engine(require_tool: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Buildah, where no Docker Engine answers."""
    require_tool("buildah", hint="apt-get install buildah")
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")


@pytest.fixture(params=[EngineName.DOCKER, EngineName.BUILDAH], ids=["docker", "buildah"])
def engine(request: pytest.FixtureRequest) -> EngineName:
    """Each engine in turn."""
    name: EngineName = request.param
    request.getfixturevalue(f"{name.value}_engine")
    return name
