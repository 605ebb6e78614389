"""The pages that speak of all bundles: home, catalog, namespaces, hardware, and the sitemap.

They are made from cards alone. What grows with the catalog is kept within bounds: the catalog
page holds the newest bundles and loads the rest while one searches, a hardware page lists the
first of what fits, a namespace page is cut into parts. Without scripts every bundle can be
reached through the namespaces.
"""

from __future__ import annotations

import re
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from ecr.stages.publish.outputs import OutputFile
from ecr.stages.publish.pages.environment import load_templates
from ecr.stages.publish.pages.search import render_shards

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecr.model.hardware import Hardware
    from ecr.stages.publish.outputs import BundleSummary, SiteSettings
    from ecr.stages.publish.pages.frame import Frame

FIRST_CARDS = 24
"""Cards in the catalog page as it is delivered."""
NAMESPACE_PART = 500
"""Bundles on one page of a namespace."""
HARDWARE_FIRST = 100
"""Bundles listed for each answer on a page of hardware."""
SITEMAP_PART = 40_000
"""Addresses in one sitemap; 50,000 are allowed (sitemaps.org)."""
_HOME_CARDS = 6
_ANSWERS = ("yes", "unknown", "no")
_NOT_COMPARED = ("unknown", "not compared yet")


def render_catalog_pages(
    frame: Frame, settings: SiteSettings, summaries: Sequence[BundleSummary]
) -> Iterable[OutputFile]:
    """Return every page about all bundles, the search data and the sitemap.

    Args:
        frame: What pages are put into.
        settings: Settings of the site.
        summaries: The published bundles, sorted by id.
    """
    pages = _CatalogPages(frame, settings, summaries)
    shards, digests = render_shards(settings, summaries)
    return [
        *shards,
        pages.render_home(),
        pages.render_catalog(digests),
        *pages.render_namespaces(),
        pages.render_hardware_index(),
        *pages.render_hardware(),
        *pages.render_sitemap(),
    ]


class _CatalogPages:
    """What these pages share."""

    def __init__(
        self, frame: Frame, settings: SiteSettings, summaries: Sequence[BundleSummary]
    ) -> None:
        self.frame = frame
        self.settings = settings
        self.summaries = summaries
        self.templates = load_templates()
        self.by_namespace = {
            namespace: list(group)
            for namespace, group in groupby(summaries, lambda s: s.id.partition("/")[0])
        }
        # Newest first, then by id; sorting twice keeps the second order inside the first.
        self.newest = sorted(summaries, key=lambda s: str(s.card["added"]), reverse=True)
        self.answers = {board.id: self._sort_by_answer(board) for board in settings.hardware}

    def render_home(self) -> OutputFile:
        html = self.frame.read("index.html")
        numbers = self.templates["home_numbers"].render(
            bundles=len(self.summaries),
            releases=sum(len(summary.card["versions"]) for summary in self.summaries),
            namespaces=len(self.by_namespace),
            hardware=len(self.settings.hardware),
        )
        newest = self.templates["home_newest"].render(
            cards=self.newest[:_HOME_CARDS], up="", total=len(self.summaries)
        )
        html = _fill(_fill(html, "numbers", numbers), "newest", newest)
        return OutputFile("index.html", html.encode())

    def render_catalog(self, digests: Sequence[str]) -> OutputFile:
        body = self.templates["catalog"].render(
            cards=self.newest[:FIRST_CARDS],
            total=len(self.summaries),
            digests=" ".join(digests),
            titles={board.id: board.title for board in self.settings.hardware},
            namespaces=[(name, len(group)) for name, group in self.by_namespace.items()],
            up="../",
        )
        description = "Every edge bundle of the network, by what it does and where it runs."
        page = self.frame.page("catalog/", "Catalog", description, body)
        return OutputFile("catalog/index.html", page)

    def render_namespaces(self) -> Iterator[OutputFile]:
        for namespace, group in self.by_namespace.items():
            parts = [group[i : i + NAMESPACE_PART] for i in range(0, len(group), NAMESPACE_PART)]
            title = str(group[0].card["namespace_title"])
            for number, part in enumerate(parts, start=1):
                place = f"namespaces/{namespace}/" + (f"{number}/" if number > 1 else "")
                up = "../" * place.count("/")
                body = self.templates["namespace"].render(
                    namespace=namespace, title=title, cards=part, total=len(group), up=up,
                    number=number, parts=len(parts),
                )  # fmt: skip
                description = f"Edge bundles of {title}."
                page = self.frame.page(place, f"{title} ({namespace})", description, body)
                yield OutputFile(f"{place}index.html", page)

    def render_hardware_index(self) -> OutputFile:
        boards = [
            (board, {key: len(rows) for key, rows in self.answers[board.id].items()})
            for board in self.settings.hardware
        ]
        html = self.frame.read("hardware/index.html")
        table = self.templates["hardware_index"].render(boards=boards)
        return OutputFile("hardware/index.html", _fill(html, "hardware", table).encode())

    def render_hardware(self) -> Iterator[OutputFile]:
        for board in self.settings.hardware:
            place = f"hardware/{board.id}/"
            answers = [
                (answer, len(rows), rows[:HARDWARE_FIRST])
                for answer, rows in self.answers[board.id].items()
            ]
            body = self.templates["hardware"].render(board=board, up="../../", answers=answers)
            description = f"What runs on {board.title}."
            page = self.frame.page(place, board.title, description, body, tab="hardware")
            yield OutputFile(f"{place}index.html", page)

    def _sort_by_answer(self, board: Hardware) -> dict[str, list[tuple[BundleSummary, str]]]:
        answers: dict[str, list[tuple[BundleSummary, str]]] = {key: [] for key in _ANSWERS}
        for summary in self.summaries:
            answer, reason = summary.card["fits"].get(board.id, _NOT_COMPARED)
            answers[answer].append((summary, reason))
        return answers

    def render_sitemap(self) -> Iterator[OutputFile]:
        url = escape(self.settings.site_url, quote=False)
        lines = [f"<url><loc>{url}{place}</loc></url>\n" for place in self._list_places()]
        parts = [lines[i : i + SITEMAP_PART] for i in range(0, len(lines), SITEMAP_PART)]
        head = '<?xml version="1.0" encoding="UTF-8"?>\n'
        space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        names = (
            ["sitemap.xml"]
            if len(parts) == 1
            else [f"sitemap-{i}.xml" for i in range(1, len(parts) + 1)]
        )
        for name, part in zip(names, parts, strict=True):
            yield OutputFile(name, f"{head}<urlset {space}>\n{''.join(part)}</urlset>\n".encode())
        if len(parts) > 1:
            rows = "".join(f"<sitemap><loc>{url}{name}</loc></sitemap>\n" for name in names)
            content = f"{head}<sitemapindex {space}>\n{rows}</sitemapindex>\n"
            yield OutputFile("sitemap.xml", content.encode())
        yield OutputFile(
            "robots.txt", f"User-agent: *\nAllow: /\nSitemap: {url}sitemap.xml\n".encode()
        )

    def _list_places(self) -> Iterator[str]:
        for path, _ in self.frame.files():
            if path.endswith("index.html"):
                yield path.removesuffix("index.html")
        for namespace in self.by_namespace:
            yield f"namespaces/{namespace}/"
        for board in self.settings.hardware:
            yield f"hardware/{board.id}/"
        for summary in self.summaries:
            place = f"bundles/{summary.id}/"
            yield place
            for version in summary.card["versions"]:
                yield f"{place}{version}/"


def _fill(html: str, name: str, content: str) -> str:
    """Put content between the two comments of that name; pages without them stay as they are."""
    pattern = re.compile(rf"<!-- ecr:{name} -->.*?<!-- /ecr:{name} -->", re.DOTALL)
    return pattern.sub(lambda _: content, html, count=1)
