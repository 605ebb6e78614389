"""Docker: runs an image through the API of a Docker Engine that is already there.

Files go in and come out through the API as well, so nothing a container writes gets onto our disk,
and nothing is left there that belongs to another user. Only sample inputs are mounted.
"""

from __future__ import annotations

import io
import tarfile
from contextlib import contextmanager, suppress
from dataclasses import replace
from math import ceil
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

import docker
import orjson
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.types import LogConfig, Mount
from docker.utils import kwargs_from_env
from docker.utils.socket import frames_iter
from requests.exceptions import ConnectionError as NoConnectionError
from requests.exceptions import ReadTimeout, RequestException

from ecr.errors import IntegrityError, ToolFailedError, ToolMissingError
from ecr.tools.containers import LeftFile, RunOutcome
from ecr.tools.oci_layout import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecr.tools.containers import Exchange, Output, RunRequest
    from ecr.tools.oci_layout import OciLayout

INSTALL_HINT = (
    "install it with: sudo apt-get install docker.io, and start it; or use --engine buildah"
)
_ASK_S = 120
_STOP_S = 60
_REPOSITORY = "localhost/ecr-test"
_LABEL = "ecr.test"
_MOST_PROCESSES = 1024
_CHUNK_BYTES = 1 << 20
_ATTACH = {"stdout": 1, "stderr": 1, "stream": 1}
_LIMITS = {"memory": "memory", "swap": "memory", "cpu": "cpu"}
"""What a word in an engine's warning says is not applied."""


class DockerEngine:
    """A Docker Engine."""

    def __init__(self, client: docker.APIClient) -> None:
        self._client = client
        with _explaining():
            self._version: str = client.version()["Version"]

    @property
    def description(self) -> str:
        """Program and version, such as ``docker 27.3.1``."""
        return f"docker {self._version}"

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    @contextmanager
    def load(
        self, layout: OciLayout, digest: str, platform: str, key: str
    ) -> Iterator[_DockerImage]:
        """Take an image from an OCI layout, and forget it in the end; see ``Engine.load``."""
        name = f"{_REPOSITORY}:{key}"
        with _explaining():
            self._remove_containers(key)
            self._load(layout, digest, name)
        try:
            yield _DockerImage(self._client, name, platform, key)
        finally:
            with suppress(ToolFailedError), _explaining(), suppress(ImageNotFound):
                self._client.remove_image(name)

    def _remove_containers(self, key: str) -> None:
        """Remove what a run that was killed has left."""
        for found in self._client.containers(all=True, filters={"label": f"{_LABEL}={key}"}):
            with suppress(NotFound):
                self._client.remove_container(found["Id"], v=True, force=True)

    def _load(self, layout: OciLayout, digest: str, name: str) -> None:
        manifest = layout.read_json(digest)
        config = layout.read(manifest["config"]["digest"])
        layers = [layer["digest"] for layer in manifest["layers"]]
        packed = _pack(layout, config, layers, name)
        for answer in self._client.load_image(packed):  # type: ignore[no-untyped-call]
            if "error" in answer:
                raise ToolFailedError(f"docker does not take the image: {answer['error']}")
        wanted = orjson.loads(config)["rootfs"]["diff_ids"]
        image = self._client.inspect_image(name)  # type: ignore[no-untyped-call]
        found = image["RootFS"].get("Layers") or []
        if found != wanted:
            raise IntegrityError(
                f"docker has other layers under {name} than the image {digest}",
                hint="remove the image there and run again",
            )


class _DockerImage:
    """An image in a Docker Engine."""

    def __init__(self, client: docker.APIClient, name: str, platform: str, key: str) -> None:
        self._client = client
        self._name = name
        self._platform = platform
        self._key = key

    def run(self, request: RunRequest, output: Output) -> RunOutcome:
        """Run it once; see ``LoadedImage.run``."""
        with _explaining():
            created = self._create(request)
            container: str = created["Id"]
            try:
                self._client.put_archive(container, "/", _pack_exchange(request.exchange))
                outcome = self._run(container, request, output)
            finally:
                with suppress(NotFound):
                    self._client.remove_container(container, v=True, force=True)
        not_applied = dict(_read_warnings(created.get("Warnings") or ()))
        return replace(outcome, not_applied=not_applied)

    def _create(self, request: RunRequest) -> dict[str, Any]:
        cpu = request.cpu_millicores
        host = self._client.create_host_config(
            mem_limit=request.memory_bytes,
            memswap_limit=request.memory_bytes,  # the same: no swap, as on a node
            nano_cpus=None if cpu is None else cpu * 1_000_000,
            pids_limit=_MOST_PROCESSES,
            network_mode=self._find_network() if request.network else "none",
            # What it writes is read while it runs; the engine need not keep it, however much.
            log_config=LogConfig(type="none"),
            mounts=[
                Mount(path, str(file), type="bind", read_only=True)
                for path, file in sorted(request.mounts.items())
            ],
        )
        created: dict[str, Any] = self._client.create_container(
            self._name,
            command=list(request.arguments) or None,
            environment=dict(request.environment),
            labels={_LABEL: self._key},
            host_config=host,
            platform=self._platform,
        )
        return created

    def _find_network(self) -> str:
        """Return the engine's own network, or the machine's where an engine has none."""
        return "bridge" if self._client.networks(names=["bridge"]) else "host"

    def _run(self, container: str, request: RunRequest, output: Output) -> RunOutcome:
        # Before the start, so that nothing is missed. It ends when the container has, or is gone.
        attached = self._client.attach_socket(container, params=_ATTACH)
        reader = Thread(target=_read, args=(attached, output), daemon=True)
        reader.start()
        started = monotonic()
        try:
            self._client.start(container)
        except APIError as error:
            reason = str(error.explanation or error)
            return RunOutcome(None, False, False, 0.0, start_error=reason)
        timed_out = not self._wait(container, request.timeout_s)
        if timed_out:
            with suppress(APIError):  # it may have ended this moment
                self._client.kill(container)
            self._wait(container, _STOP_S)
        seconds = monotonic() - started
        reader.join(_STOP_S)
        state = self._client.inspect_container(container)["State"]
        files, complete = self._collect(container, request.exchange)
        return RunOutcome(
            exit_status=None if timed_out else state["ExitCode"],
            timed_out=timed_out,
            out_of_memory=state["OOMKilled"],
            duration_s=seconds,
            files=files,
            complete=complete,
        )

    def _wait(self, container: str, timeout_s: float) -> bool:
        """Wait for the end; say whether it came in time."""
        try:
            self._client.wait(container, timeout=ceil(timeout_s))
        except (ReadTimeout, NoConnectionError):
            return False
        return True

    def _collect(self, container: str, exchange: Exchange) -> tuple[tuple[LeftFile, ...], bool]:
        """Read what was left; the most important file on its own, should there be too much."""
        first, first_whole = self._read_archive(container, exchange, exchange.first)
        others, others_whole = self._read_archive(container, exchange, None)
        files = {**others, **first}
        return tuple(files[path] for path in sorted(files)), first_whole and others_whole

    def _read_archive(
        self, container: str, exchange: Exchange, only: str | None
    ) -> tuple[dict[str, LeftFile], bool]:
        place = exchange.path if only is None else f"{exchange.path}/{only}"
        try:
            chunks, _ = self._client.get_archive(container, place, chunk_size=_CHUNK_BYTES)
        except NotFound:
            return {}, True
        reader = _ChunkReader(chunks, exchange.most_bytes)
        files: dict[str, LeftFile] = {}
        with suppress(tarfile.ReadError), tarfile.open(fileobj=reader, mode="r|") as tar:
            for member in tar:
                if not member.isfile():
                    continue
                if len(files) == exchange.most_files:
                    return files, False
                # The engine names what it packs after the last part of the path.
                path = member.name.partition("/")[2] if only is None else only
                stream = tar.extractfile(member)
                wanted = exchange.keep(path)
                content = stream.read(wanted) if stream is not None and wanted else b""
                files[path] = LeftFile(path, member.size, content)
        return files, not reader.is_cut


def open_docker() -> DockerEngine:
    """Connect to the Docker Engine that ``DOCKER_HOST`` names, or to this machine's.

    Raises:
        ToolMissingError: There is none that can be reached.
    """
    try:
        return DockerEngine(docker.APIClient(**kwargs_from_env(), timeout=_ASK_S))
    except (DockerException, RequestException, ToolFailedError) as error:
        reason = str(error).partition("\n")[0]
        raise ToolMissingError(
            f"no Docker Engine can be reached: {reason}", hint=INSTALL_HINT
        ) from error


@contextmanager
def _explaining() -> Iterator[None]:
    try:
        yield
    except APIError as error:
        raise ToolFailedError(f"docker: {error.explanation or error}") from error
    except (DockerException, RequestException) as error:
        raise ToolFailedError(
            f"docker does not answer: {error}", hint="is the Docker Engine still running?"
        ) from error


def _read(attached: Any, output: Output) -> None:
    try:
        with suppress(OSError, RequestException, ValueError):
            for _, part in frames_iter(attached, tty=False):  # type: ignore[no-untyped-call]
                output(part)
    finally:
        # Nothing else closes a connection that was taken over for a stream.
        attached._response.close()


def _read_warnings(warnings: Iterable[str]) -> Iterator[tuple[str, str]]:
    for warning in warnings:
        for word, limit in _LIMITS.items():
            if word in warning.lower():
                yield limit, f"the engine says: {warning}"[:200].strip()


def _pack(layout: OciLayout, config: bytes, layers: list[str], name: str) -> Iterator[bytes]:
    """Yield an image as ``docker save`` writes it, which every engine takes."""
    config_name = f"{digest_of(config).removeprefix('sha256:')}.json"
    names = [f"{layer.removeprefix('sha256:')}.tar" for layer in layers]
    listed = [{"Config": config_name, "RepoTags": [name], "Layers": names}]
    yield from _pack_file("manifest.json", orjson.dumps(listed))
    yield from _pack_file(config_name, config)
    for layer, packed in dict(zip(layers, names, strict=True)).items():
        file = layout.path(layer)
        size = file.stat().st_size
        yield _make_header(packed, size)
        with file.open("rb") as stream:
            while part := stream.read(_CHUNK_BYTES):
                yield part
        yield _pad(size)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _pack_file(name: str, content: bytes) -> Iterator[bytes]:
    yield _make_header(name, len(content))
    yield content
    yield _pad(len(content))


def _make_header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf()


def _pad(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)


def _pack_exchange(exchange: Exchange) -> bytes:
    """Return the exchange as an archive to be unpacked at the container's root."""
    buffer = io.BytesIO()
    top = exchange.path.strip("/")
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for directory in (top, *(f"{top}/{name}" for name in exchange.directories)):
            info = tarfile.TarInfo(directory)
            info.type = tarfile.DIRTYPE
            info.mode = 0o777
            tar.addfile(info)
        for name, content in sorted(exchange.given.items()):
            info = tarfile.TarInfo(f"{top}/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


class _ChunkReader(io.RawIOBase):
    """Reads chunks as a file, up to a limit; what comes after it is not fetched."""

    def __init__(self, chunks: Iterator[bytes], most_bytes: int) -> None:
        super().__init__()
        self._chunks = chunks
        self._left = most_bytes
        self._waiting = b""
        self.is_cut = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._waiting and not self.is_cut:
            if self._left <= 0:
                self.is_cut = True
                break
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._waiting = chunk
            self._left -= len(chunk)
        if size < 0:
            size = len(self._waiting)
        part, self._waiting = self._waiting[:size], self._waiting[size:]
        return part
