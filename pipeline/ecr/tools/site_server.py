"""Serves a published site on this machine as a real host would.

Conditional and range requests, compression, exact content types. It is for looking at a site
and for tests; to publish one, use the nginx configuration beside ``ecr.tools.site_routes``.
"""

from __future__ import annotations

import gzip
import socket
import sys
from email.utils import formatdate, parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import TYPE_CHECKING

from ecr import __version__
from ecr.errors import ToolFailedError
from ecr.tools.site_routes import answer_address, answer_preflight

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from ecr.tools.site_routes import Answer

_IDLE_S = 30.0
_CHUNK = 1 << 16
_GZIP_LEAST_BYTES = 1024
_GZIP_MOST_BYTES = 64 << 20
_GZIP_TYPES = frozenset(
    {
        "application/json",
        "application/xml",
        "application/yaml",
        "image/svg+xml",
        "text/css",
        "text/html",
        "text/javascript",
        "text/markdown",
        "text/plain",
    }
)


def open_site_server(site: Path, host: str, port: int) -> ThreadingHTTPServer:
    """Return a server that listens and does not answer yet; call ``serve_forever``.

    Args:
        site: The site's directory. It is looked up anew for every request, so a site that is
            published meanwhile is served from then on.
        host: Address to listen on, such as ``127.0.0.1`` or ``::1``.
        port: Port to listen on; 0 takes a free one.

    Raises:
        ToolFailedError: The address cannot be listened on.
    """
    server_type = _SixServer if ":" in host else _Server
    try:
        return server_type((host, port), partial(_Handler, site))
    except OverflowError as error:
        raise ToolFailedError(f"there is no port {port}", hint="ports go up to 65535") from error
    except OSError as error:
        raise ToolFailedError(
            f"cannot listen on {host} port {port}: {error.strerror}",
            hint="is another server running? --port 0 takes a free port",
        ) from error


def render_nginx_configuration(site: Path, listen: str) -> str:
    """Return the nginx configuration for a site.

    Args:
        site: The site's directory.
        listen: What nginx listens on, such as ``127.0.0.1:8000``.
    """
    template = files("ecr.resources").joinpath("hosting", "nginx.conf").read_text("utf-8")
    directory = str(site.absolute()).replace("\\", "\\\\").replace('"', '\\"')
    return template.replace("@SITE@", directory).replace("@LISTEN@", listen)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Off where two servers could then share a port without a word.
    allow_reuse_address = sys.platform != "win32"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing when a browser goes away in the middle of an answer."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _SixServer(_Server):
    address_family = socket.AF_INET6


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = f"ecr/{__version__}"
    sys_version = ""
    timeout = _IDLE_S
    # Header and body leave together and at once; else each answer waits 40 ms for the other side.
    wbufsize = -1
    disable_nagle_algorithm = True

    def __init__(self, site: Path, *arguments: object) -> None:
        self._site = site
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self._answer(answer_address(self._site, self.path))

    def do_HEAD(self) -> None:
        self._answer(answer_address(self._site, self.path))

    def do_OPTIONS(self) -> None:
        self._answer(answer_preflight(self.path))

    def do_POST(self) -> None:
        self._refuse()

    do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815 - the base looks for these names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Keep the terminal for what matters; ``log_error`` below speaks up."""

    def log_error(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say what went wrong, except for connections that were idle too long."""
        if not format.startswith("Request timed out"):
            sys.stderr.write(f"{self.address_string()}: {format % args}\n")

    def _refuse(self) -> None:
        self.close_connection = True
        self._send(405, {"Allow": "GET, HEAD, OPTIONS"}, b"this site can only be read\n")

    def _answer(self, answer: Answer) -> None:
        if answer.file is None:
            text = b"" if answer.status in (204, 301) else b"%d\n" % answer.status
            self._send(answer.status, answer.headers, text)
            return
        try:
            body = answer.file.read_bytes()
            state = answer.file.stat()
        except OSError:
            # The site was exchanged for a new one between looking and reading.
            self._send(404, answer.headers, b"404\n")
            return
        headers = {**answer.headers, "Content-Type": answer.content_type}
        if answer.status == HTTPStatus.OK:
            self._send_file(headers, body, state)
        else:
            self._send(answer.status, headers, body)

    def _send_file(self, headers: dict[str, str], body: bytes, state: os.stat_result) -> None:
        kind = headers["Content-Type"].partition(";")[0]
        etag = f'"{state.st_mtime_ns:x}-{state.st_size:x}"'
        headers |= {
            "Last-Modified": formatdate(state.st_mtime, usegmt=True),
            "Accept-Ranges": "bytes",
        }
        wanted = self.headers.get("Range")
        compress = (
            kind in _GZIP_TYPES
            and _GZIP_LEAST_BYTES <= len(body) <= _GZIP_MOST_BYTES
            and wanted is None
            and accepts_gzip(self.headers.get("Accept-Encoding", ""))
        )
        if kind in _GZIP_TYPES:
            headers["Vary"] = "Accept-Encoding"
        headers["ETag"] = f"W/{etag}" if compress else etag
        if self._is_current(etag, state.st_mtime):
            del headers["Content-Type"]
            self._send(304, headers, b"")
            return
        if wanted is not None and self.headers.get("If-Range", etag) == etag:
            span = parse_range(wanted, len(body))
            if span is not None:
                self._send_span(headers, body, span)
                return
        if compress:
            # No time in the header: the same file gives the same bytes.
            body = gzip.compress(body, compresslevel=1, mtime=0)
            headers["Content-Encoding"] = "gzip"
        self._send(200, headers, body)

    def _send_span(self, headers: dict[str, str], body: bytes, span: tuple[int, int]) -> None:
        first, last = span
        if first > last:
            headers["Content-Range"] = f"bytes */{len(body)}"
            self._send(416, headers, b"")
            return
        headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
        self._send(206, headers, body[first : last + 1])

    def _is_current(self, etag: str, changed: float) -> bool:
        known = self.headers.get("If-None-Match")
        if known is not None:
            tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
            return etag in tags or "*" in tags
        since = self.headers.get("If-Modified-Since")
        if since is None:
            return False
        try:
            return int(changed) <= parsedate_to_datetime(since).timestamp()
        except (ValueError, TypeError):
            return False

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(body)


def accepts_gzip(header: str) -> bool:
    """Say whether an ``Accept-Encoding`` asks for gzip (RFC 9110, section 12.5.3)."""
    for part in header.lower().split(","):
        name, _, quality = part.strip().partition(";")
        if name.strip() == "gzip":
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """Return first and last byte of a single range (RFC 9110, section 14.1.2).

    ``None`` when the header is to be ignored; a first beyond the last when it cannot be had.
    """
    unit, _, span = header.partition("=")
    first, dash, last = span.strip().partition("-")
    numbers = [part for part in (first, last) if part]
    if unit.strip() != "bytes" or not dash or not numbers:
        return None
    if not all(part.isascii() and part.isdigit() for part in numbers):
        return None
    if not first:
        return (max(0, size - int(last)), size - 1) if int(last) else (1, 0)
    start = int(first)
    if last and int(last) < start:
        return None
    end = min(int(last), size - 1) if last else size - 1
    return (start, end) if start < size else (1, 0)
