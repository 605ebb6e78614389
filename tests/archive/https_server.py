"""A real HTTPS server for tests: files with ranges, git, Git LFS, and faults on demand."""

from __future__ import annotations

import hashlib
import json
import os
import ssl
import subprocess
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import sleep
from typing import Any
from urllib.parse import urlsplit

import trustme


@dataclass
class Faults:
    """What goes wrong for one address.

    Attributes:
        status: Answer with this status, and nothing else.
        redirect: Answer with a redirect there.
        stop_after: Close the connection after so many bytes of the body.
        times: How often; ``None`` for always.
        no_ranges: Answer every request with the whole file.
        pause_s: Wait so long between pieces of 1000 bytes.
        old_git: Speak git's protocol 0, as servers did before 2018.
    """

    status: int | None = None
    redirect: str | None = None
    stop_after: int | None = None
    times: int | None = None
    no_ranges: bool = False
    pause_s: float = 0
    old_git: bool = False


@dataclass
class Request:
    """A request that came."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)


class HttpsServer:
    """Serves on a free port of localhost, with a certificate of its own authority."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.files: dict[str, bytes] = {}
        self.large: dict[str, bytes] = {}
        self.faults: dict[str, Faults] = {}
        self.requests: list[Request] = []
        authority = trustme.CA()
        self.authority = directory / "authority.pem"
        authority.cert_pem.write_to_path(str(self.authority))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        owner = self

        class Handler(_Handler):
            server_of_test = owner

        self._server = _Quiet(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()
        self.url = f"https://localhost:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop; from then on nobody can connect."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add_file(self, name: str, content: bytes) -> str:
        """Serve a file and return its address."""
        self.files[f"/files/{name}"] = content
        return f"{self.url}/files/{name}"

    def paths(self) -> list[str]:
        """Return the path of each request, without its query."""
        return [urlsplit(request.path).path for request in self.requests]

    def find_fault(self, path: str) -> Faults:
        """Return the fault of the longest prefix of a path that has one."""
        matches = [prefix for prefix in self.faults if path.startswith(prefix)]
        if not matches:
            return Faults()
        fault = self.faults[max(matches, key=len)]
        if fault.times is not None:
            if fault.times == 0:
                return Faults()
            fault.times -= 1
        return fault


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    # A request is handled in its own thread, its handshake included.
    block_on_close = False

    def handle_error(self, request, client_address) -> None:
        """Say nothing: tests cut connections on purpose."""


class _Handler(BaseHTTPRequestHandler):
    server_of_test: HttpsServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def _handle(self) -> None:
        server = self.server_of_test
        path = urlsplit(self.path).path
        server.requests.append(Request(self.command, self.path, dict(self.headers.items())))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = self._read_chunks()
        fault = server.find_fault(path)
        if fault.redirect is not None:
            query = urlsplit(self.path).query
            suffix = path[len(next(p for p, f in server.faults.items() if f is fault)) :]
            location = fault.redirect + suffix + (f"?{query}" if query else "")
            self._answer(301, b"", {"Location": location}, fault)
        elif fault.status is not None:
            self._answer(fault.status, b"no", {}, fault)
        elif path.endswith("/info/lfs/objects/batch"):
            self._answer_large(json.loads(body), fault)
        elif path.startswith("/large/"):
            self._answer(200, server.large[path.removeprefix("/large/")], {}, fault)
        elif path.startswith("/git/"):
            self._answer_git(body, fault)
        else:
            self._answer_file(path, fault)

    def _read_chunks(self) -> bytes:
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _answer_file(self, path: str, fault: Faults) -> None:
        content = self.server_of_test.files.get(path)
        if content is None:
            self._answer(404, b"no", {}, fault)
            return
        etag = f'"{hashlib.sha256(content).hexdigest()[:12]}"'
        wanted = self.headers.get("Range", "")
        current = self.headers.get("If-Range") in (None, etag)
        if wanted.startswith("bytes=") and current and not fault.no_ranges:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(content):
                self._answer(416, b"", {"Content-Range": f"bytes */{len(content)}"}, fault)
                return
            span = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self._answer(206, content[start:], {"ETag": etag, "Content-Range": span}, fault)
        else:
            self._answer(200, content, {"ETag": etag}, fault)

    def _answer_large(self, question: dict[str, Any], fault: Faults) -> None:
        server = self.server_of_test
        objects = []
        for item in question["objects"]:
            described = {"oid": item["oid"], "size": item["size"]}
            if item["oid"] in server.large:
                href = f"{server.url}/large/{item['oid']}"
                described["actions"] = {"download": {"href": href, "header": {"X-Large": "yes"}}}
            else:
                described["error"] = {"code": 404, "message": "Object does not exist"}
            objects.append(described)
        answer = json.dumps({"transfer": "basic", "objects": objects}).encode()
        self._answer(200, answer, {"Content-Type": "application/vnd.git-lfs+json"}, fault)

    def _answer_git(self, body: bytes, fault: Faults) -> None:
        parts = urlsplit(self.path)
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server_of_test.directory),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": "" if fault.old_git else self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": "127.0.0.1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
        }
        if not self.headers.get("Content-Encoding"):
            del environment["HTTP_CONTENT_ENCODING"]
        done = subprocess.run(
            ["git", "http-backend"], input=body, env=environment, capture_output=True, check=False
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        status = int(headers.pop("Status", "200").split()[0])
        headers.pop("Content-Length", None)
        self._answer(status, content, headers, fault)

    def _answer(self, status: int, content: bytes, headers: dict[str, str], fault: Faults) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="private"')
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if fault.stop_after is not None and len(content) > fault.stop_after:
            self.wfile.write(content[: fault.stop_after])
            self.wfile.flush()
            self.close_connection = True
            self.connection.unwrap()
            return
        step = 1000 if fault.pause_s else max(len(content), 1)
        for start in range(0, len(content), step):
            self.wfile.write(content[start : start + step])
            sleep(fault.pause_s)
