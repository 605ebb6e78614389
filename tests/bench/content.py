"""The pages of synthetic bundles, for other site generators: the same words as on ours.

A page is a list of blocks, rendered as Markdown or as HTML. Both have what our release page
has: title, summary, description, inputs, code, data, how to run it, measured performance,
versions, and the manifest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from tests.bench.manifests import render_manifest
from tests.bench.synthetic import BOARDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.bench.synthetic import SyntheticBundle, SyntheticRelease


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a page.

    Attributes:
        kind: ``heading``, ``markdown``, ``table`` or ``code``.
        text: Heading, Markdown or code.
        rows: Cells of a table, the head first.
        language: Language of the code.
    """

    kind: str
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page and where it is.

    Attributes:
        path: Path of the page's directory below the site's root.
        title: Title.
        blocks: What is on it.
    """

    path: str
    title: str
    blocks: tuple[Block, ...]


def make_pages(bundle: SyntheticBundle) -> Iterator[Page]:
    """Yield the page of each release, then that of the bundle, which shows the newest."""
    for release in bundle.releases:
        title = f"{bundle.title} {release.version}"
        manifest = Block("code", render_manifest(bundle, release), language="yaml")
        blocks = (*_describe(bundle, release), Block("heading", "Manifest"), manifest)
        yield Page(f"bundles/{bundle.id}/{release.version}", title, blocks)
    yield Page(f"bundles/{bundle.id}", bundle.title, _describe(bundle, bundle.releases[-1]))


def _describe(bundle: SyntheticBundle, release: SyntheticRelease) -> tuple[Block, ...]:
    image = f"registry.example.org/{bundle.id}:{release.version}"
    run = f"{bundle.name} --stream top_camera --interval {release.interval_s}"
    return (
        Block("markdown", bundle.summary),
        # The page's title is its first heading already.
        Block("markdown", bundle.science.partition("\n\n")[2]),
        Block("markdown", "\n\n".join(bundle.description)),
        Block("heading", "About"),
        Block("markdown", _about(bundle, release)),
        Block("heading", "Inputs"),
        Block("table", rows=_inputs(release)),
        Block("heading", "Data"),
        Block("table", rows=_data(bundle, release)),
        Block("heading", "Run it"),
        Block("code", f"docker run --rm {image} --stream top_camera", language="sh"),
        Block("code", f"sudo pluginctl deploy -n {run} {image}", language="sh"),
        Block("code", _write_job(bundle, release, image), language="yaml"),
        Block("heading", "Performance"),
        Block("table", rows=_performance(release)),
        Block("heading", "Versions"),
        Block("table", rows=_versions(bundle)),
    )


def _about(bundle: SyntheticBundle, release: SyntheticRelease) -> str:
    authors = ", ".join(f"[{name}](https://orcid.org/{orcid})" for name, orcid, _ in bundle.authors)
    return (
        f"- **Id**: `{bundle.id}:{release.version}`\n"
        f"- **Authors**: {authors}\n"
        f"- **Licence**: {bundle.license}\n"
        f"- **Platforms**: {', '.join(bundle.platforms)}\n"
        f"- **Keywords**: {', '.join(bundle.keywords)}\n"
        f"- **Needs**: {bundle.cpu} CPU, {bundle.memory} memory\n"
        f"- **Publishes**: `{bundle.measurement}`\n"
        f"- **Funding**: {bundle.award[0]}, {bundle.award[1]}\n"
        f"- **Source**: [{bundle.repository}]({bundle.repository}) at `{release.commit}`"
    )


def _inputs(release: SyntheticRelease) -> tuple[tuple[str, ...], ...]:
    return (
        ("Name", "Type", "Default", "Description"),
        ("stream", "string", "top_camera", "Name or URL of the stream to read."),
        (
            "interval",
            "int",
            str(release.interval_s),
            "Seconds between two measurements; each is the median of its samples.",
        ),
        (
            "threshold",
            "float",
            release.threshold,
            "Confidence below which nothing is reported, learnt from labelled scenes.",
        ),
        (
            "debug",
            "boolean",
            "false",
            "Upload the sample beside the measurement, to see what was seen.",
        ),
    )


def _data(bundle: SyntheticBundle, release: SyntheticRelease) -> tuple[tuple[str, ...], ...]:
    return (
        ("Name", "Role", "Size", "SHA-256", "Licence", "Origin"),
        (
            "model",
            "model",
            f"{release.model_size_bytes:,} bytes",
            release.model_sha256,
            "CC-BY-4.0",
            f"Trained by the authors on recordings of {bundle.sensor}, split by week.",
        ),
    )


def _performance(release: SyntheticRelease) -> tuple[tuple[str, ...], ...]:
    head = ("Hardware", "Platform", "Median of a run")
    rows = zip(release.boards, release.medians_s, strict=True)
    return head, *((BOARDS[board][2], BOARDS[board][1], f"{s:.3f} s") for board, s in rows)


def _versions(bundle: SyntheticBundle) -> tuple[tuple[str, ...], ...]:
    releases = reversed(bundle.releases)
    return ("Version", "Added"), *((release.version, release.added) for release in releases)


def _write_job(bundle: SyntheticBundle, release: SyntheticRelease, image: str) -> str:
    return (
        f"name: {bundle.name}\n"
        "plugins:\n"
        f"  - name: {bundle.name}\n"
        "    pluginSpec:\n"
        f"      image: {image}\n"
        f'      args: ["--stream", "top_camera", "--interval", "{release.interval_s}"]\n'
        "nodeTags: []\n"
        f"scienceRules:\n"
        f"  - \"schedule({bundle.name}): cronjob('{bundle.name}', '*/10 * * * *')\"\n"
        "successCriteria:\n"
        "  - Walltime(1day)\n"
    )


def render_markdown(page: Page) -> str:
    """Return the page as Markdown with tables and fenced code, its title the first heading."""
    return f"# {page.title}\n\n" + "\n\n".join(map(_block_to_markdown, page.blocks)) + "\n"


def _block_to_markdown(block: Block) -> str:
    if block.kind == "heading":
        return f"## {block.text}"
    if block.kind == "code":
        return f"```{block.language}\n{block.text.rstrip()}\n```"
    if block.kind == "table":
        head, *rows = block.rows
        lines = [head, tuple("---" for _ in head), *rows]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return block.text


def render_html(page: Page) -> str:
    """Return the page's body as HTML, as a Markdown processor would make it."""
    return f"<h1>{escape(page.title)}</h1>\n" + "\n".join(map(_block_to_html, page.blocks)) + "\n"


def _block_to_html(block: Block) -> str:
    if block.kind == "heading":
        return f'<h2 id="{block.text.lower().replace(" ", "-")}">{escape(block.text)}</h2>'
    if block.kind == "code":
        text = escape(block.text.rstrip())
        return f'<pre><code class="language-{block.language}">{text}\n</code></pre>'
    if block.kind == "table":
        head, *rows = block.rows
        body = "".join(_row("td", cells) for cells in rows)
        return f"<table><thead>{_row('th', head)}</thead><tbody>{body}</tbody></table>"
    return _render(block.text)


@lru_cache(maxsize=16)
def _render(markdown: str) -> str:
    """Return HTML; what the pages of a bundle share is rendered once."""
    return str(MarkdownIt("commonmark").render(markdown))


def _row(cell: str, texts: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{cell}>{escape(text)}</{cell}>" for text in texts) + "</tr>"
