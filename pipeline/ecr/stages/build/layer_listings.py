"""Remembers between builds what is in a layer: a base is read once and not for every release."""

from __future__ import annotations

import tempfile
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import orjson

from ecr.stages.build.image_files import ImageFile
from ecr.tools.disk import explain_disk_errors

_FORMAT = 1
"""Number of the form listings are kept in, and of the choice of contents kept with them."""


class LayerListings:
    """Listings in a directory of the cache, one file for a layer."""

    def __init__(self, cache: Path) -> None:
        self._directory = cache / "layers" / str(_FORMAT)

    def find(self, digest: str) -> list[ImageFile] | None:
        """Return what is in a layer, or ``None`` when it was not read before."""
        try:
            rows = orjson.loads(self._path(digest).read_bytes())
            return [_from_row(row) for row in rows]
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def keep(self, digest: str, files: list[ImageFile]) -> None:
        """Remember what is in a layer."""
        content = orjson.dumps([_to_row(file) for file in files])
        with explain_disk_errors(self._directory):
            self._directory.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._directory, delete=False) as waiting:
                waiting.write(content)
            Path(waiting.name).replace(self._path(digest))

    def _path(self, digest: str) -> Path:
        return self._directory / f"{digest.removeprefix('sha256:')}.json"


def _to_row(file: ImageFile) -> list[Any]:
    content = None if file.content is None else b64encode(file.content).decode()
    attributes = [file.path, file.kind, file.mode, *file.owner, file.time_s, file.size_bytes]
    return [*attributes, file.target, file.digest, content]


def _from_row(row: list[Any]) -> ImageFile:
    path, kind, mode, user, group, time_s, size_bytes, target, digest, content = row
    return ImageFile(
        path,
        kind,
        mode,
        (user, group),
        time_s,
        size_bytes,
        target,
        digest,
        None if content is None else b64decode(content),
    )
