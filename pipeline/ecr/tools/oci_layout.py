"""OCI image layouts: directories that hold images by digest, as registries do.

Follows the OCI image specification 1.1 (image-layout, descriptor, image-index, manifest). Blobs
are written whole or not at all; the list of names (``index.json``) is replaced in one step, under
a lock, so that builds of several platforms can write to one layout. What an image is made of is
for the caller.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from ecr.errors import IntegrityError, NotFoundError, OutputError
from ecr.tools.disk import explain_disk_errors, open_locked

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
EMPTY = "application/vnd.oci.empty.v1+json"

_NAME = "org.opencontainers.image.ref.name"
_INDEX_FILE = "index.json"
_COPY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What is known of a blob without reading it.

    Attributes:
        media_type: What it is.
        digest: SHA-256 of its bytes.
        size_bytes: Their number.
        more: Further members, such as ``platform`` and ``annotations``.
    """

    media_type: str
    digest: str
    size_bytes: int
    more: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it as it is written."""
        known = {"mediaType": self.media_type, "digest": self.digest, "size": self.size_bytes}
        return {**known, **self.more}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Descriptor:
        """Make it from what was written."""
        more = {key: value[key] for key in value if key not in ("mediaType", "digest", "size")}
        return cls(value["mediaType"], value["digest"], value["size"], more)

    def with_more(self, **more: Any) -> Descriptor:
        """Return a copy with further members; ``None`` leaves one out."""
        kept = {key: value for key, value in more.items() if value is not None}
        return Descriptor(self.media_type, self.digest, self.size_bytes, kept)


def render_json(value: Mapping[str, Any]) -> bytes:
    """Return JSON whose bytes depend on the value alone: sorted keys, no space."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest_of(content: bytes) -> str:
    """Return the digest of bytes."""
    return f"sha256:{sha256(content).hexdigest()}"


class OciLayout:
    """A directory that holds images."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()

    def create(self) -> OciLayout:
        """Make the directory unless it is there, and return the layout."""
        with explain_disk_errors(self.directory):
            (self.directory / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
            marker = self.directory / "oci-layout"
            if not marker.exists():
                self._replace(marker, b'{"imageLayoutVersion":"1.0.0"}')
        return self

    def path(self, digest: str) -> Path:
        """Return the file of a blob, whether it is there or not."""
        return self.directory / "blobs" / "sha256" / digest.removeprefix("sha256:")

    def has(self, digest: str) -> bool:
        """Say whether a blob is there."""
        return self.path(digest).is_file()

    def read(self, digest: str) -> bytes:
        """Return a blob's bytes, checked. For documents; layers are read from ``path``.

        Raises:
            NotFoundError: It is not there.
            IntegrityError: Its bytes are not those the digest names.
        """
        try:
            content = self.path(digest).read_bytes()
        except FileNotFoundError as error:
            raise NotFoundError(f"{self.directory} does not hold {digest}") from error
        if digest_of(content) != digest:
            raise IntegrityError(
                f"{self.path(digest)} is damaged: its bytes have {digest_of(content)}",
                hint="remove the file and build again",
            )
        return content

    def read_json(self, digest: str) -> dict[str, Any]:
        """Return a blob that holds a JSON object."""
        value: dict[str, Any] = orjson.loads(self.read(digest))
        return value

    def put(self, content: bytes, media_type: str) -> Descriptor:
        """Store bytes."""
        digest = digest_of(content)
        with explain_disk_errors(self.directory):
            if not self.has(digest):
                self._replace(self.path(digest), content)
        return Descriptor(media_type, digest, len(content))

    def put_json(self, value: Mapping[str, Any], media_type: str) -> Descriptor:
        """Store a JSON object in its canonical form."""
        return self.put(render_json(value), media_type)

    def put_file(self, file: Path, media_type: str) -> Descriptor:
        """Store a file's bytes; the file itself is left as it is."""
        content = sha256()
        with file.open("rb") as stream:
            while part := stream.read(_COPY_BYTES):
                content.update(part)
        digest = f"sha256:{content.hexdigest()}"
        self._copy(file, digest)
        return Descriptor(media_type, digest, file.stat().st_size)

    def take(self, other: OciLayout, digests: list[str]) -> None:
        """Store blobs another layout has; those that are here already are not read."""
        for digest in digests:
            self._copy(other.path(digest), digest)

    def list_names(self) -> dict[str, Descriptor]:
        """Return the named images and other documents."""
        try:
            entries = orjson.loads((self.directory / _INDEX_FILE).read_bytes())["manifests"]
        except FileNotFoundError:
            return {}
        named = {}
        for entry in entries:
            name = entry.get("annotations", {}).get(_NAME)
            if name is not None:
                named[name] = Descriptor(entry["mediaType"], entry["digest"], entry["size"])
        return named

    def resolve(self, name: str) -> Descriptor:
        """Return what a name stands for.

        Raises:
            NotFoundError: There is no such name.
        """
        found = self.list_names().get(name)
        if found is None:
            raise NotFoundError(f"{self.directory} holds no image named '{name}'")
        return found

    def set_names(self, names: Mapping[str, Descriptor]) -> None:
        """Give names to documents; a name that is taken moves."""
        with open_locked(self.directory / ".lock"), explain_disk_errors(self.directory):
            merged = {**self.list_names(), **names}
            entries = [
                merged[name].with_more(annotations={_NAME: name}).to_json()
                for name in sorted(merged)
            ]
            index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
            self._replace(self.directory / _INDEX_FILE, render_json(index))

    def _copy(self, file: Path, digest: str) -> None:
        target = self.path(digest)
        if target.is_file():
            return
        with explain_disk_errors(self.directory):
            # A hard link costs nothing, and blobs are never changed.
            try:
                os.link(file, target)
            except FileExistsError:
                return
            except FileNotFoundError as error:
                raise OutputError(f"{file} is missing") from error
            except OSError:
                with (
                    file.open("rb") as stream,
                    tempfile.NamedTemporaryFile(dir=self.directory, delete=False) as waiting,
                ):
                    shutil.copyfileobj(stream, waiting, _COPY_BYTES)
                Path(waiting.name).replace(target)

    def _replace(self, target: Path, content: bytes) -> None:
        with tempfile.NamedTemporaryFile(dir=self.directory, delete=False) as waiting:
            waiting.write(content)
        Path(waiting.name).chmod(0o644)
        Path(waiting.name).replace(target)
