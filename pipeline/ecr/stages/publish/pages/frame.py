"""The frame: the documentation as MkDocs renders it, and empty pages to put the catalog into.

MkDocs renders the pages of ``site_src`` and, in a copy, one placeholder for each depth a page
of the catalog has in the site. A placeholder is cut where title, description, address and
body go; a page is made by joining the pieces. What MkDocs is given is known by its digest, so
it runs only when something of it has changed.

The theme's templates do not escape. Nothing of a bundle passes through them: what is put into
the frame was made by our own templates, and text is escaped here.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import tempfile
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from importlib.metadata import version
from pathlib import Path

from ecr.errors import UsageError
from ecr.tools.mkdocs import build_documentation

CONFIGURATION = "mkdocs.yml"
SOURCE = "site_src"
_KEPT = 3
"""Frames kept in the cache: switching between two branches should not cost a build each time."""

_TITLE, _DESCRIPTION, _BODY = (
    "EcrTitlePlaceholder",
    "EcrDescriptionPlaceholder",
    "EcrBodyPlaceholder",
)
_PLACEHOLDER = f"""\
---
title: {_TITLE}
description: {_DESCRIPTION}
hide: [navigation, toc]
search:
  exclude: true
---

# {_BODY} {{#content}}
"""
_ROOT = "ecr-frame"
_PLACES = {1: _ROOT, 2: f"{_ROOT}/b", 3: f"{_ROOT}/b/c", 4: f"{_ROOT}/b/c/d"}
"""A placeholder for each depth, by its place in the site."""

_LEFT_OUT = re.compile(
    # Ours replaces the sitemap; what is left of the theme's own search is loaded by no page.
    r"^sitemap\.xml(\.gz)?$|^assets/javascripts/(lunr|workers)/|\.map$|^" + _ROOT + "/"
)
_VERBATIM = re.compile(
    r"(<script\b.*?</script>|<pre\b.*?</pre>|<textarea\b.*?</textarea>)", re.DOTALL
)
_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\b(?:src|type)=)[^>]*>(.*?)</script>", re.DOTALL)
_BODY_PLACE = re.compile(rf"<h1 id=\"content\">{_BODY}.*?</h1>", re.DOTALL)
_CANONICAL = re.compile(r'(<link rel="canonical" href=")([^"]*)(")')


@dataclass(frozen=True, slots=True)
class Frame:
    """The rendered documentation and the shells of catalog pages.

    Attributes:
        digest: Changes whenever anything of the frame does.
        directory: Where the rendered documentation is.
        site_url: Where the site will be, ending in ``/``; from ``mkdocs.yml``.
        shells: By depth, pieces of a page: text, or the name of what goes there in brackets.
    """

    digest: str
    directory: Path
    site_url: str
    shells: Mapping[int, tuple[str, ...]]

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yield path in the site and file on disk of all that MkDocs made, sorted by path."""
        for path in sorted(self.directory.rglob("*")):
            relative = path.relative_to(self.directory).as_posix()
            if path.is_file() and not _LEFT_OUT.search(relative):
                yield relative, path

    def read(self, path: str) -> str:
        """Return a page of the documentation, such as ``index.html``."""
        return (self.directory / path).read_text("utf-8")

    def page(
        self,
        path: str,
        title: str,
        description: str,
        body: str,
        *,
        head: str = "",
        tab: str = "catalog",
    ) -> bytes:
        """Return a page of the catalog.

        Args:
            path: Place in the site, ending in ``/``, such as ``bundles/sage/cloud-cover/``.
            title: Title, as plain text.
            description: One sentence for search engines, as plain text.
            body: HTML of the page; its author is responsible for what is in it.
            head: More HTML for the head.
            tab: Which tab the page belongs to, by the first part of its address.
        """
        depth = path.count("/")
        values = {
            "title": escape(title),
            "description": escape(description),
            "canonical": escape(self.site_url + path),
            "head": head,
            "body": body,
            "tab": "",
        }
        values[f"tab {tab}"] = " md-tabs__item--active"
        pieces = self.shells[depth]
        parts = [
            values.get(piece, "") if index % 2 else piece for index, piece in enumerate(pieces)
        ]
        return "".join(parts).encode()


def build_frame(root: Path, cache: Path) -> Frame:
    """Render the documentation of the catalog at ``root``, unless ``cache`` has it already.

    May be killed at any moment and run by several processes at once.

    Raises:
        UsageError: ``mkdocs.yml`` or ``site_src`` is missing.
        ToolError: MkDocs fails.
    """
    if not (root / CONFIGURATION).is_file() or not (root / SOURCE).is_dir():
        raise UsageError(
            f"{root} has no {CONFIGURATION} or no directory {SOURCE}, "
            "so there is no frame for pages",
            hint="copy both from the catalog's template repository",
        )
    digest = _digest_source(root)
    directory = cache / digest
    if not directory.is_dir():
        _build(root, cache, directory)
    return _open_frame(digest, directory)


def _digest_source(root: Path) -> str:
    content = hashlib.sha256(f"{_PLACEHOLDER}{_PLACES}".encode())
    for library in ("mkdocs", "mkdocs-material", "markdown", "pymdown-extensions", "jinja2"):
        content.update(f"{library} {version(library)}\n".encode())
    for path in (root / CONFIGURATION, *_list_source(root)):
        name = path.relative_to(root).as_posix()
        data = path.read_bytes()
        content.update(f"{name}\0{len(data)}\0".encode() + data)
    return content.hexdigest()[:32]


def _list_source(root: Path) -> list[Path]:
    return sorted(path for path in (root / SOURCE).rglob("*") if path.is_file())


def _build(root: Path, cache: Path, directory: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Whoever holds the lock is alone, so what others began and did not finish is dead.
        for left in cache.glob("building-*"):
            shutil.rmtree(left, ignore_errors=True)
        if directory.is_dir():
            return
        place = Path(tempfile.mkdtemp(prefix="building-", dir=cache))
        shutil.copy(root / CONFIGURATION, place)
        shutil.copytree(root / SOURCE, place / SOURCE)
        for spot in _PLACES.values():
            page = place / SOURCE / f"{spot}/index.md"
            page.parent.mkdir(parents=True)
            page.write_text(_PLACEHOLDER, "utf-8")
        build_documentation(place / CONFIGURATION, place / "site")
        (place / "site").rename(directory)
        shutil.rmtree(place)
        _forget_old(cache, directory)


def _forget_old(cache: Path, newest: Path) -> None:
    frames = [entry for entry in cache.iterdir() if entry.is_dir() and entry != newest]
    frames.sort(key=lambda entry: entry.stat().st_mtime, reverse=True)
    for entry in frames[_KEPT - 1 :]:
        shutil.rmtree(entry, ignore_errors=True)


def _open_frame(digest: str, directory: Path) -> Frame:
    pages = {
        depth: (directory / place / "index.html").read_text("utf-8")
        for depth, place in _PLACES.items()
    }
    canonical = _CANONICAL.search(pages[1])
    site_url = canonical[2].removesuffix(f"{_ROOT}/") if canonical else ""
    return Frame(digest, directory, site_url, {d: _cut(html, d) for d, html in pages.items()})


def _cut(html: str, depth: int) -> tuple[str, ...]:
    """Return the pieces of a page: text and, at odd places, the name of what goes there."""
    html = _secure(_squeeze(html))
    html = html.replace(_TITLE, "\0title\0").replace(_DESCRIPTION, "\0description\0")
    html = html.replace("</head>", "\0head\0</head>", 1)
    html = _CANONICAL.sub("\\1\0canonical\0\\3", html)
    html = _BODY_PLACE.sub("\0body\0", html)
    # The mark of the active tab: the class follows the address the tab leads to.
    tab = rf'(<li class="md-tabs__item)(">\s*<a href="{re.escape("../" * depth)}([a-z-]+)/)'
    html = re.sub(tab, "\\1\0tab \\3\0\\2", html)
    return tuple(re.split("\0([^\0]+)\0", html))


def _squeeze(html: str) -> str:
    """Drop what the theme's templates leave between tags: two thirds of a page."""
    parts = _VERBATIM.split(html)
    return "".join(
        part if index % 2 else re.sub(r"\s*\n\s*", "\n", re.sub(r"[ \t]+", " ", part))
        for index, part in enumerate(parts)
    )


def _secure(html: str) -> str:
    """Allow only what the frame itself loads: a second lock behind the escaping of bundle texts."""
    hashes = sorted(
        {
            f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
            for script in _INLINE_SCRIPT.findall(html)
        }
    )
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {' '.join(hashes)}",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
        )
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return html.replace('<meta charset="utf-8">', f'<meta charset="utf-8">{meta}', 1)
