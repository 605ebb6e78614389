"""Documents on disk, by digest: a document that is there is whole, and never fetched again."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from ecr.errors import OutputError


class ObjectCache:
    """A directory of documents, and of the newest root of each catalog.

    Several processes may share it: files are put in place in one step, and what is read is
    checked, so a damaged file is a missing one.
    """

    def __init__(self, directory: Path) -> None:
        """Use ``directory``; it is made when something is first put into it."""
        self._directory = directory

    def find(self, digest: str) -> bytes | None:
        """Return the document of that digest, or ``None``."""
        path = self._object(digest)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        if f"sha256:{sha256(content).hexdigest()}" == digest:
            return content
        path.unlink(missing_ok=True)
        return None

    def put(self, digest: str, content: bytes) -> None:
        """Keep a document whose digest the caller has checked.

        Raises:
            OutputError: The directory cannot be written.
        """
        self._write(self._object(digest), content)

    def find_root(self, url: str) -> tuple[bytes, str | None] | None:
        """Return the newest root fetched from ``url`` and its ETag, or ``None``."""
        try:
            content = self._root(url).read_bytes()
        except OSError:
            return None
        etag, separator, body = content.partition(b"\n")
        if not separator:
            return None
        return body, etag.decode("latin-1") or None

    def put_root(self, url: str, content: bytes, etag: str | None) -> None:
        """Keep the newest root fetched from ``url``.

        Raises:
            OutputError: The directory cannot be written.
        """
        header = (etag or "").replace("\n", "").encode("latin-1", "ignore")
        self._write(self._root(url), header + b"\n" + content)

    def _object(self, digest: str) -> Path:
        name = digest.removeprefix("sha256:")
        return self._directory / "objects" / name[:2] / name

    def _root(self, url: str) -> Path:
        return self._directory / "roots" / sha256(url.encode()).hexdigest()

    def _write(self, path: Path, content: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
                file.write(content)
            Path(file.name).replace(path)
        except OSError as error:
            raise OutputError(
                f"cannot write to the cache {self._directory}: {error.strerror or error}",
                hint="name another directory for the cache",
            ) from error
