"""Downloads a file whose checksum and size are known, and continues where it was cut off.

What has come is kept in a partial file; the next call asks for the rest (RFC 9110, section 14:
``Range`` with ``If-Range``). Only a file of the announced size and checksum is handed out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256 as new_sha256
from http.client import IncompleteRead
from shutil import disk_usage
from ssl import SSLError
from time import monotonic, sleep
from typing import IO, TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import orjson
import requests
import urllib3

from ecr import __version__
from ecr.errors import IntegrityError, SourceGoneError, TransferError
from ecr.tools.disk import explain_disk_errors, no_space, open_locked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_CHUNK = 1 << 18
_CONNECT_TIMEOUT_S = 15
_READ_TIMEOUT_S = 60
_SLOWEST_BYTES_PER_S = 10_000
_REDIRECTS = 5
_ATTEMPTS = 3
_RETRY_PAUSE_S = 2.0
_CONNECTION = re.compile(r"^(?:<[^>]*>|HTTPS?Connection(?:Pool)?\([^)]*\)): ")
"""An object that some messages begin with."""
_CUT = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    ConnectionError,
    SSLError,
    TimeoutError,
)
_BUSY = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to download.

    Attributes:
        url: https address.
        sha256: Checksum of the whole file, in hex.
        size_bytes: Its size; not one byte more is taken.
        headers: Further headers of the request, such as a storage's own authorisation.
    """

    url: str
    sha256: str
    size_bytes: int
    headers: Mapping[str, str] | None = None


def open_session() -> requests.Session:
    """Make a session that never sends a password of this machine's user to a stranger's host."""
    session = requests.Session()
    # Without this, requests looks hosts up in ~/.netrc.
    session.auth = _send_no_credentials
    session.headers.update({"User-Agent": f"ecr/{__version__}", "Accept-Encoding": "identity"})
    return session


def download(
    wanted: Wanted,
    directory: Path,
    *,
    progress: Callable[[int, int], None] | None = None,
    pause: Callable[[float], None] = sleep,
) -> Path:
    """Download a file, or the rest of it, and return where it is: complete and checked.

    Args:
        wanted: The file.
        directory: Where partial and finished downloads are; the caller removes what it has used.
        progress: Told the bytes that are there and the bytes there will be.
        pause: Waits before another attempt.

    Raises:
        SourceGoneError: There is no such file any more, or it is not for everyone.
        IntegrityError: The file has another size or checksum; nothing of it is kept.
        TransferError: The host cannot be reached or stopped; what came is kept.
        NoSpaceError: The disk is full; what came is kept.
    """
    with explain_disk_errors(directory):
        finished = directory / wanted.sha256
        with open_locked(directory / f"{wanted.sha256}.part") as file:
            if finished.exists():
                return finished
            with open_session() as session:
                _Download(wanted, file, directory, session, progress, pause).run()
            (directory / f"{wanted.sha256}.part").rename(finished)
            (directory / f"{wanted.sha256}.validator").unlink(missing_ok=True)
        return finished


class _Download:
    """One file on its way; the partial file is open and ours alone."""

    def __init__(
        self,
        wanted: Wanted,
        file: IO[bytes],
        directory: Path,
        session: requests.Session,
        progress: Callable[[int, int], None] | None,
        pause: Callable[[float], None],
    ) -> None:
        self._wanted = wanted
        self._file = file
        self._directory = directory
        self._session = session
        self._progress = progress
        self._pause = pause
        self._validator_path = directory / f"{wanted.sha256}.validator"

    def run(self) -> None:
        """Fill the partial file until it is the file that is wanted."""
        resumed = self._have() > 0
        self._fill()
        if self._checksum() == self._wanted.sha256:
            return
        if resumed:
            # Perhaps the first part was of an older file, from a host without validators.
            self._restart()
            self._fill()
            if self._checksum() == self._wanted.sha256:
                return
        found = self._checksum()
        self._restart()
        raise _mutated(self._wanted, f"it has checksum {found}")

    def _fill(self) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            if self._have() == self._wanted.size_bytes:
                return
            try:
                self._request()
            except TransferError:
                if attempt == _ATTEMPTS:
                    raise
                self._pause(_RETRY_PAUSE_S * attempt)

    def _request(self) -> None:
        start = self._have()
        missing = self._wanted.size_bytes - start
        free = disk_usage(self._directory).free
        if free < missing:
            raise no_space(self._directory, f"{missing:,} bytes are needed, {free:,} are free")
        try:
            with self._get(start) as answer:
                self._receive(answer, start)
        except _CUT as error:
            have, size = self._have(), self._wanted.size_bytes
            what = f"stopped after {have:,} of {size:,} bytes" if have else "cannot be reached"
            raise TransferError(
                f"{self._wanted.url} {what}: {explain(error)}",
                hint="run again: it continues where it stopped",
            ) from error

    def _get(self, start: int) -> requests.Response:
        headers = dict(self._wanted.headers or {})
        if start:
            headers["Range"] = f"bytes={start}-"
            validator = self._read_validator()
            if validator:
                headers["If-Range"] = validator
        url = self._wanted.url
        for _ in range(_REDIRECTS + 1):
            answer = self._session.get(
                url,
                headers=headers,
                stream=True,
                timeout=(_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S),
                allow_redirects=False,
            )
            if not answer.is_redirect:
                return answer
            answer.close()
            url = urljoin(url, answer.headers["Location"])
            if urlsplit(url).scheme != "https":
                raise SourceGoneError(f"{self._wanted.url} leads to {url}, which is not https")
            # Authorisation is for the first host alone.
            headers = {key: headers[key] for key in ("Range", "If-Range") if key in headers}
        raise SourceGoneError(f"{self._wanted.url} redirects more than {_REDIRECTS} times")

    def _receive(self, answer: requests.Response, start: int) -> None:
        status = answer.status_code
        if status == 416:
            # What we have is not a beginning of what is there.
            self._restart()
            raise TransferError(f"{self._wanted.url} has no bytes from {start:,} on")
        if status in _BUSY:
            raise TransferError(
                f"{self._wanted.url} answers {status} {answer.reason}",
                hint="the host is busy or out of order; run again later",
            )
        if status not in (200, 206):
            raise _gone(self._wanted.url, f"{status} {answer.reason}")
        if status == 200 and start:
            self._restart()
            start = 0
        self._check_announced(answer, start)
        self._write_validator(answer)
        self._copy(answer)

    def _check_announced(self, answer: requests.Response, start: int) -> None:
        total: str | None
        if answer.status_code == 206:
            span, _, total = answer.headers.get("Content-Range", "").partition("/")
            if not span.startswith(f"bytes {start}-"):
                self._restart()
                raise TransferError(f"{self._wanted.url} answers with another part than asked for")
        else:
            total = answer.headers.get("Content-Length")
        if total and total.isdigit() and int(total) != self._wanted.size_bytes:
            self._restart()
            raise _mutated(self._wanted, f"it has {int(total):,} bytes")

    def _copy(self, answer: requests.Response) -> None:
        size = self._wanted.size_bytes
        have = self._have()
        deadline = monotonic() + 600 + size / _SLOWEST_BYTES_PER_S
        # Not stream(): read1 hands on what has come, so that a cut loses nothing of it.
        while part := answer.raw.read1(_CHUNK, decode_content=False):
            have += len(part)
            if have > size:
                self._restart()
                raise _mutated(self._wanted, f"it has more than {size:,} bytes")
            self._file.write(part)
            self._file.flush()
            if self._progress is not None:
                self._progress(have, size)
            if monotonic() > deadline:
                raise TimeoutError(f"slower than {_SLOWEST_BYTES_PER_S:,} bytes a second")
        if have < size:
            raise urllib3.exceptions.ProtocolError("the connection was closed early")

    def _have(self) -> int:
        return self._file.seek(0, 2)

    def _checksum(self) -> str:
        content = new_sha256()
        self._file.seek(0)
        while part := self._file.read(1 << 20):
            content.update(part)
        return content.hexdigest()

    def _restart(self) -> None:
        self._file.truncate(0)
        self._validator_path.unlink(missing_ok=True)

    def _read_validator(self) -> str | None:
        try:
            stored = orjson.loads(self._validator_path.read_bytes())
            validator = stored[self._wanted.url]
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return validator if isinstance(validator, str) else None

    def _write_validator(self, answer: requests.Response) -> None:
        etag = answer.headers.get("ETag", "")
        # A weak one does not promise the same bytes, and must not stand in If-Range.
        validator = etag if etag.startswith('"') else answer.headers.get("Last-Modified")
        if validator:
            self._validator_path.write_bytes(orjson.dumps({self._wanted.url: validator}))


def explain(error: BaseException) -> str:
    """Return the innermost reason: the outer ones only say that a request failed."""
    reason = error
    while True:
        inner = getattr(reason, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((part for part in reason.args if isinstance(part, BaseException)), None)
        if inner is None:
            break
        reason = inner
    if isinstance(reason, urllib3.exceptions.IncompleteRead | IncompleteRead):
        return "the connection was closed early"
    return _CONNECTION.sub("", str(reason)) or type(reason).__name__


def _gone(url: str, answer: str) -> SourceGoneError:
    return SourceGoneError(
        f"{url} answers {answer}",
        hint="it was removed, renamed or made private; ask its host, or put the file elsewhere and "
        "publish a new release that names it there",
    )


def _mutated(wanted: Wanted, found: str) -> IntegrityError:
    return IntegrityError(
        f"{wanted.url} is not the file the release names: {found}, "
        f"not {wanted.size_bytes:,} bytes with checksum {wanted.sha256}",
        hint="the file behind the address has changed; nothing of it was kept. Find the original, "
        "or publish a new release with the new checksum",
    )


def _send_no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
