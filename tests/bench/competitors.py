"""The same pages for stock mkdocs-material and for Hugo, each set up as lean as it can be.

They start from pages that are ready: nothing is loaded from manifests or checked, and no
index is made, so what they are spared is to their advantage.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.content import make_pages, render_html, render_markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.bench.content import Page
    from tests.bench.synthetic import SyntheticBundle

_MKDOCS = """\
site_name: Edge Code Repository
site_url: https://catalog.example.org/
theme:
  name: material
  font: false
nav:
  - Home: index.md
plugins: [{plugins}]
validation:
  nav:
    omitted_files: ignore
"""

_HUGO = """\
baseURL = "https://catalog.example.org/"
title = "Edge Code Repository"
languageCode = "en"
disableKinds = ["taxonomy", "term", "RSS"]
enableGitInfo = false
[markup.highlight]
codeFences = false
[markup.goldmark.renderer]
unsafe = false
"""

_HUGO_LAYOUTS = {
    "baseof.html": """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ .Title }} - {{ .Site.Title }}</title>
<link rel="canonical" href="{{ .Permalink }}">
<link rel="stylesheet" href="{{ "main.css" | relURL }}">
</head>
<body>
<header><a href="{{ "/" | relURL }}">{{ .Site.Title }}</a>
<nav><a href="{{ "bundles/" | relURL }}">Catalog</a></nav></header>
<main>{{ block "main" . }}{{ end }}</main>
<footer>Made with Hugo</footer>
</body>
</html>
""",
    "single.html": """\
{{ define "main" }}
<nav><a href="{{ .Parent.RelPermalink }}">{{ .Parent.Title }}</a></nav>
<article>{{ .Content }}</article>
{{ end }}
""",
    "list.html": """\
{{ define "main" }}
<article>{{ .Content }}</article>
<ul>
{{ range .Pages }}<li><a href="{{ .RelPermalink }}">{{ .Title }}</a></li>
{{ end }}</ul>
{{ end }}
""",
}


@dataclass(frozen=True, slots=True)
class Competitor:
    """A site to be built by another generator.

    Attributes:
        name: What the table calls it.
        directory: Where its input is.
        argv: Command that builds it.
        output: What the command writes.
        pages: Pages given to it.
    """

    name: str
    directory: Path
    argv: tuple[str, ...]
    output: Path
    pages: int

    def clean(self) -> None:
        """Remove what an earlier run wrote."""
        shutil.rmtree(self.output, ignore_errors=True)


def prepare_mkdocs(
    directory: Path, bundles: Iterable[SyntheticBundle], *, search: bool
) -> Competitor:
    """Write the pages for mkdocs-material with a navigation of one page."""
    docs = directory / "docs"
    pages = _write_pages(
        bundles, lambda page: (docs / page.path / "index.md", render_markdown(page))
    )
    _write(docs / "index.md", "# Edge Code Repository\n\nA catalog.\n")
    _write(directory / "mkdocs.yml", _MKDOCS.format(plugins="search" if search else ""))
    name = f"mkdocs-material, {'with' if search else 'no'} search"
    argv = (sys.executable, "-m", "mkdocs", "build", "--quiet")
    return Competitor(name, directory, argv, directory / "site", pages)


def prepare_hugo(
    directory: Path, bundles: Iterable[SyntheticBundle], *, html: bool
) -> Competitor | None:
    """Write the pages for Hugo, or return ``None`` when it is not installed."""
    program = shutil.which("hugo")
    if program is None:
        return None
    suffix, render = (".html", render_html) if html else (".md", render_markdown)

    def place(page: Page) -> tuple[Path, str]:
        # A bundle's page lists its releases: a section. A release's page lists nothing.
        name = "_index" if page.path.count("/") == 2 else "index"
        front = json.dumps({"title": page.title})
        return directory / "content" / page.path / f"{name}{suffix}", f"{front}\n{render(page)}"

    bundles = list(bundles)
    pages = _write_pages(bundles, place)
    for namespace in {bundle.namespace for bundle in bundles}:
        front = json.dumps({"title": namespace})
        _write(directory / "content" / "bundles" / namespace / "_index.md", front + "\n")
    _write(directory / "config.toml", _HUGO)
    for name, text in _HUGO_LAYOUTS.items():
        _write(directory / "layouts" / "_default" / name, text)
    _write(directory / "layouts" / "index.html", _HUGO_LAYOUTS["list.html"])
    _write(directory / "static" / "main.css", "body{font-family:sans-serif}\n")
    name = f"Hugo, from {'ready HTML' if html else 'Markdown'}"
    argv = (program, "--quiet")
    return Competitor(name, directory, argv, directory / "public", pages)


def _write_pages(
    bundles: Iterable[SyntheticBundle], place: Callable[[Page], tuple[Path, str]]
) -> int:
    count = 0
    for bundle in bundles:
        for page in make_pages(bundle):
            _write(*place(page))
            count += 1
    return count


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
