"""What a host of the site answers to an address: the rules of ``resources/hosting/nginx.conf``.

Nothing is sent here, ``ecr.tools.site_server`` does that. Tests ask this and a real nginx the
same questions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

TYPES = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "mjs": "text/javascript",
    "txt": "text/plain",
    "md": "text/markdown",
    "json": "application/json",
    "map": "application/json",
    "webmanifest": "application/manifest+json",
    "xml": "application/xml",
    "gz": "application/gzip",
    "pdf": "application/pdf",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "wasm": "application/wasm",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "ico": "image/x-icon",
    "woff2": "font/woff2",
    "woff": "font/woff",
}
JSON = "application/json"
SITE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)
MEDIA_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"

_META_FILE = re.compile(
    r"^/api/meta-files/([a-z0-9-]+/[a-z0-9-]+)/[^/]+/"
    r"(?:(ecr-icon\.jpg|ecr-science-image\.jpg)"
    r"|(?:ecr-)?((?:icon|science-image|science-description)\.(?:svg|png|jpg|md)))$",
    re.ASCII,
)
_META_NAMES = {
    "ecr-icon.jpg": ("icon.svg", "icon.png", "icon.jpg"),
    "ecr-science-image.jpg": ("science-image.png", "science-image.jpg"),
}
_MEDIA = re.compile(r"^/bundles/[^/]+/[^/]+/media/")
_SUPERSEDED = re.compile(r"^/api/v1/superseded/[0-9a-f]+\.json$")
_HIDDEN = re.compile(r"^/(?:_headers|_redirects)$|/\.")


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send.

    Attributes:
        status: 200, 204, 301, 400 or 404.
        file: The body; ``None`` when there is none.
        content_type: Type of the body.
        headers: Further headers.
    """

    status: int
    file: Path | None
    content_type: str
    headers: dict[str, str]


def answer_address(site: Path, target: str) -> Answer:
    """Return the answer to ``GET target``.

    Args:
        site: The site's directory.
        target: What stands in the request line, such as ``/api/apps?public=true``.
    """
    path = parse_target(target)
    if path is None:
        return Answer(400, None, "text/plain", {})
    root = site.resolve()
    if _HIDDEN.search(path):
        return _answer_missing(root, "/")
    match = _META_FILE.match(path)
    if match is not None:
        bundle, old_name, name = match.groups()
        names = _META_NAMES[old_name] if old_name else (name,)
        candidates = [f"/bundles/{bundle}/media/{candidate}" for candidate in names]
    elif path.startswith("/api/"):
        candidates = [path, f"{path}/index.json"]
    elif path.endswith("/"):
        candidates = [f"{path}index.html"]
    else:
        candidates = [path]
    for candidate in candidates:
        file = find_file(root, candidate)
        if file is not None:
            return Answer(200, file, _type_of(candidate), make_headers(candidate))
    directory = not path.startswith("/api/") and (root / path.lstrip("/")).is_dir()
    if directory and not path.endswith("/"):
        _, mark, query = target.partition("?")
        location = quote(path) + "/" + mark + query
        return Answer(301, None, "text/plain", {"Location": location})
    return _answer_missing(root, path)


def answer_preflight(target: str) -> Answer:
    """Return the answer to ``OPTIONS target``: a portal asks before it sends its token along."""
    path = parse_target(target)
    if path is None:
        return Answer(400, None, "text/plain", {})
    headers = {
        **make_headers(path),
        "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
        "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type, If-None-Match",
    }
    return Answer(204, None, "", headers)


def parse_target(target: str) -> str | None:
    """Return the path of a request line's target, decoded, with ``.`` and ``..`` resolved.

    ``None`` for what is no path, or leads out of the site.
    """
    if target.startswith(("http://", "https://")):
        target = "/" + target.partition("://")[2].partition("/")[2]
    encoded = target.partition("?")[0].partition("#")[0]
    try:
        path = unquote_to_bytes(encoded).decode("utf-8")
    except UnicodeDecodeError:
        return None
    if not path.startswith("/") or "\0" in path:
        return None
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    end = "/" if parts and path.endswith(("/", "/.", "/..")) else ""
    return "/" + "/".join(parts) + end


def find_file(root: Path, path: str) -> Path | None:
    """Return the plain file of a path, or ``None``; links that lead out of the site are none."""
    if path.endswith("/"):
        return None
    file = root / path.lstrip("/")
    try:
        if file.is_file() and file.resolve().is_relative_to(root):
            return file
    except (OSError, ValueError):
        return None
    return None


def make_headers(path: str) -> dict[str, str]:
    """Return the headers for a file, by its address."""
    media = _MEDIA.match(path) is not None
    if path.startswith("/assets/"):
        cache = "public, max-age=3600"
    elif _SUPERSEDED.match(path):
        cache = "public, max-age=86400, immutable"
    else:
        cache = "no-cache"
    headers = {
        "Cache-Control": cache,
        "Content-Security-Policy": MEDIA_POLICY if media else SITE_POLICY,
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "X-Content-Type-Options": "nosniff",
    }
    if media or path.startswith("/api/"):
        headers["Access-Control-Allow-Origin"] = "*"
    return headers


def _type_of(path: str) -> str:
    if path.startswith("/api/"):
        return JSON
    name = path.rpartition("/")[2]
    kind = TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def _answer_missing(root: Path, path: str) -> Answer:
    place = "/api/404.html" if path.startswith("/api/") else "/404.html"
    file = find_file(root, place)
    kind = "text/plain" if file is None else _type_of(place)
    return Answer(404, file, kind, make_headers(place))
