"""Fetches over HTTP: with a time limit, a size limit, and no way down from https to http.

What is fetched, where it is kept and whether it is what was announced is for the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import Self
from urllib.parse import urlsplit

import requests
import urllib3

from ecr import __version__
from ecr.errors import NotFoundError, ToolFailedError, ToolTimeoutError, UsageError

_CHUNK = 65_536
_USER_AGENT = f"ecr/{__version__}"


@dataclass(frozen=True, slots=True)
class Response:
    """An answer that was read to its end.

    Attributes:
        status: 200, or 304 when what the caller has is still current.
        content: The body, content encoding undone; empty for 304.
        etag: Value to send as ``If-None-Match`` the next time.
    """

    status: int
    content: bytes
    etag: str | None


class HttpFetcher:
    """Keeps connections open between requests; close it, or use it as a context manager.

    Several threads may fetch at a time.
    """

    def __init__(self, *, timeout_s: float = 30.0) -> None:
        """Set up; ``timeout_s`` is for one whole answer, and for each wait within it."""
        self._timeout_s = timeout_s
        self._session = requests.Session()
        self._session.max_redirects = 5
        self._session.headers.update({"User-Agent": _USER_AGENT})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def fetch(self, url: str, *, limit_bytes: int, etag: str | None = None) -> Response:
        """Fetch one file.

        Args:
            url: Address, ``https://`` or ``http://``.
            limit_bytes: The most the file may hold, content encoding undone.
            etag: When this is still the file's, nothing is transferred.

        Raises:
            UsageError: The address is not of that form.
            NotFoundError: There is no such file (404, 410).
            ToolTimeoutError: The answer took too long.
            ToolFailedError: The server cannot be reached, answers otherwise, or sends more.
        """
        if urlsplit(url).scheme not in ("http", "https"):
            raise UsageError(f"'{url}' is not an http address", hint="write https://host/path")
        headers = {} if etag is None else {"If-None-Match": etag}
        deadline = monotonic() + self._timeout_s
        try:
            with self._session.get(
                url, headers=headers, stream=True, timeout=self._timeout_s
            ) as answer:
                return self._read(answer, url, limit_bytes, deadline)
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
            raise self._too_slow(url) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise ToolFailedError(
                f"cannot fetch {url}: {_explain(error)}", hint="check the address and the network"
            ) from error

    def _read(
        self, answer: requests.Response, url: str, limit_bytes: int, deadline: float
    ) -> Response:
        final = str(answer.url)
        if url.startswith("https:") and not final.startswith("https:"):
            raise ToolFailedError(f"{url} leads to {final}, which is not https")
        if answer.status_code in (404, 410):
            raise NotFoundError(f"there is no {url} ({answer.status_code})")
        if answer.status_code not in (200, 304):
            raise ToolFailedError(f"{url} answered {answer.status_code} {answer.reason}")
        parts: list[bytes] = []
        size = 0
        # Not iter_content: it waits for a whole chunk, however slowly its bytes come.
        while part := answer.raw.read1(_CHUNK, decode_content=True):
            size += len(part)
            if size > limit_bytes:
                raise ToolFailedError(f"{url} holds more than the {limit_bytes:,} bytes allowed")
            if monotonic() > deadline:
                raise self._too_slow(url)
            parts.append(part)
        return Response(answer.status_code, b"".join(parts), answer.headers.get("ETag"))

    def _too_slow(self, url: str) -> ToolTimeoutError:
        return ToolTimeoutError(f"no answer after {self._timeout_s:g} s: {url}")


def _explain(error: Exception) -> str:
    """Return the innermost reason: the outer ones only say that a request failed."""
    reason: BaseException = error
    while True:
        inner = getattr(reason, "reason", None)
        if isinstance(inner, BaseException):
            reason = inner
        elif reason.args and isinstance(reason.args[0], BaseException):
            reason = reason.args[0]
        else:
            return str(reason) or type(reason).__name__
