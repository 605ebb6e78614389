"""The published pages as files: what they say, where their links lead, and what is not in them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

OURS = ("bundles/", "catalog/", "namespaces/", "hardware/", "index.html")
BASE = "https://site.test/"
INLINE = {"a", "b", "code", "em", "h1", "strong"}
"""Elements that do not begin a new line, nor a cell."""


class Page(HTMLParser):
    """What a page consists of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.feed(html)
        self.text = re.sub(r"\s+", " ", "".join(self.words))

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in INLINE:
            self.words.append(" ")
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data):
        self.words.append(data)

    def values(self, *names: str) -> list[str]:
        return [value for _, name, value in self.attributes if name in names]


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    """Every page of the catalog, by path."""
    return {
        path: Page(file.read_text("utf-8"))
        for file in sorted(site.rglob("*.html"))
        if (path := file.relative_to(site).as_posix()).startswith(OURS)
    }


def page_of(pages: dict[str, Page], place: str) -> Page:
    return pages[f"{place}index.html"]


class TestEveryPage:
    def test_links_lead_to_something_that_is_there(self, site: Path, pages: dict[str, Page]):
        dead = []
        for path, page in pages.items():
            for link in page.values("href", "src", "action"):
                target = urlsplit(urljoin(BASE + path.removesuffix("index.html"), link))
                if f"{target.scheme}://{target.netloc}/" != BASE:
                    continue
                place = unquote(target.path.lstrip("/"))
                file = site / (
                    f"{place}index.html" if place == "" or place.endswith("/") else place
                )
                if not file.is_file():
                    dead.append(f"{path}: {link}")
        assert dead == []

    def test_links_within_the_page_lead_to_something_that_is_there(self, pages: dict[str, Page]):
        for path, page in pages.items():
            places = {f"#{value}" for value in page.values("id")}
            own = {link for link in page.values("href") if link.startswith("#") and len(link) > 1}
            assert own <= places, path

    def test_links_away_are_marked_as_not_ours(self, pages: dict[str, Page]):
        own = "https://github.com/waggle-sensor/edge-code-repository"
        for path, page in pages.items():
            links: list[dict[str, str]] = []
            for tag, name, value in page.attributes:
                if tag == "a" and name == "href":
                    links.append({"href": value})
                elif tag == "a" and links:
                    links[-1].setdefault(name, value)
            foreign = [a for a in links if a["href"].startswith("https://") and a["href"] != own]
            assert [a for a in foreign if a.get("rel") != "nofollow noopener"] == [], path

    def test_has_one_first_heading(self, pages: dict[str, Page]):
        assert {
            path: page.tags.count("h1")
            for path, page in pages.items()
            if page.tags.count("h1") != 1
        } == {}

    def test_no_identifier_is_used_twice(self, pages: dict[str, Page]):
        for path, page in pages.items():
            identifiers = page.values("id")
            assert len(identifiers) == len(set(identifiers)), path

    def test_nothing_hostile_became_an_element_or_attribute(self, pages: dict[str, Page]):
        for path, page in pages.items():
            assert not {"iframe", "object", "embed", "style", "base"} & set(page.tags), path
            handlers = [name for _, name, _ in page.attributes if name.startswith("on")]
            assert handlers == [], path
            assert [
                v for v in page.values("src") if v in ("x", "https://evil.example/pixel.png")
            ] == []
            assert [
                v
                for v in page.values("href", "src")
                if re.match(r"(?i)\s*(java|vb)script:|data:", v)
            ] == []
        clean = page_of(pages, "bundles/sage/cloud-cover/1.1.0/").tags.count("script")
        hostile = page_of(pages, "bundles/hostile/page-breaker/1.0.0/").tags.count("script")
        assert hostile == clean

    def test_templates_do_not_run_what_authors_write(self, pages: dict[str, Page]):
        page = page_of(pages, "bundles/hostile/page-breaker/")
        assert "{{ 7 * 7 }} {% raw %}" in page.text


class TestProtectedBundle:
    def test_nothing_of_it_is_published(self, site: Path):
        for file in site.rglob("*"):
            assert "field-test" not in file.as_posix()
            if file.is_file():
                content = file.read_bytes()
                assert b"field-test" not in content, file
                assert b"Secret field test" not in content, file


class TestReleasePage:
    @pytest.mark.parametrize(
        ("place", "text"),
        [
            (
                "sage/cloud-cover/1.1.0",
                "Certified by Grace Hopper, 2026-03-09: Agrees with the ceilometer",
            ),
            (
                "sage/cloud-cover/1.1.0",
                "xaviernx Jetson Xavier NX, 15W 6 core linux/arm64 2.41 s 2.89 s",
            ),
            ("sage/cloud-cover/1.1.0", "1 emulated run, not to be compared"),
            ("sage/cloud-cover/1.1.0", "swh:1:rev:0123456789abcdef0123456789abcdef01234567"),
            ("sage/cloud-cover/1.1.0", "Not known yet: DOI."),
            ("sage/cloud-cover/1.1.0", "31.5 MB, example.org/models/unet-1.1.onnx"),
            ("sage/cloud-cover/1.1.0", "no SBOM yet; no provenance statement yet"),
            (
                "sage/cloud-cover/1.1.0",
                "Ada Lovelace, Charles Babbage (2026). Cloud cover, version 1.1.0.",
            ),
            (
                "sage/cloud-cover/1.0.0",
                "Deprecated: not for new work. Confuses snow on the lens with cloud",
            ),
            ("sage/cloud-cover/1.0.0", "Use 1.1.0 instead."),
            ("sage/cloud-cover/1.0.0", "Not measured on real hardware yet."),
            (
                "sage/cloud-cover/1.0.0",
                (
                    "Not known yet: images and their digests, archive of the source, "
                    "Software Heritage identifier, performance, DOI."
                ),
            ),
            ("sage/cloud-cover/2.0.0-rc.1", "This is not the newest release: see 1.1.0."),
            ("sage/cloud-cover/2.0.0-rc.1", "No image of this release has been built yet."),
            (
                "sage/bird-song/1.1.0",
                "Yanked: do not run this release. Fills the disk with recordings",
            ),
            ("sage/bird-song/1.1.0", "Use 1.0.0 instead."),
            ("sage/bird-song/1.1.0", "This release was yanked, so no commands are given."),
            ("sage/bird-song/1.0.0", "needs cuda102"),
            (
                "sage/old-sampler/0.3.0",
                "There is a successor: sage/image-sampler. It also samples moving",
            ),
            ("sage/old-sampler/0.3.0", "Licence None stated by its author"),
            ("beekeepers/hive-hum/1.0.0", "Starts with main.py, Python 3.11"),
            ("beekeepers/hive-hum/1.0.0", "numpy==2.1.3 pywaggle==0.56.0"),
            ("ecr/rain-counter/0.2.0", "Compiled with make all"),
        ],
    )
    def test_says(self, pages: dict[str, Page], place: str, text: str):
        assert text in page_of(pages, f"bundles/{place}/").text

    @pytest.mark.parametrize(
        ("place", "link"),
        [
            ("sage/cloud-cover/1.1.0", ("https://github.com/example/plugin-cloud-cover/tree/"
             "0123456789abcdef0123456789abcdef01234567/app")),
            ("sage/bird-song/1.0.0", ("https://gitlab.com/example/bird-song/-/tree/"
             "89abcdef0123456789abcdef0123456789abcdef")),
            ("beekeepers/hive-hum/1.0.0", ("https://github.com/waggle-sensor/edge-code-repository/tree/HEAD/"
             "bundles/beekeepers/hive-hum/1.0.0/source")),
            ("sage/cloud-cover/1.1.0", "https://orcid.org/0000-0002-1825-0097"),
            ("sage/cloud-cover/1.1.0", "../../../../catalog/?keyword=solar%20energy"),
            ("sage/cloud-cover/1.1.0", "../../../../api/v1/releases/sage/cloud-cover/1.1.0.json"),
        ],
        ids=["GitHub, at the commit", "GitLab, at the commit", "code in the catalog", "ORCID",
             "keyword", "JSON"],
    )  # fmt: skip
    def test_links_to(self, pages: dict[str, Page], place: str, link: str):
        assert link in page_of(pages, f"bundles/{place}/").values("href")

    def test_shows_the_manifest_as_it_is(self, site: Path, pages: dict[str, Page]):
        manifest = (site.parent / "bundles/hostile/page-breaker/1.0.0/release.yaml").read_text(
            "utf-8"
        )
        assert manifest in page_of(pages, "bundles/hostile/page-breaker/1.0.0/").words


class TestBundlePage:
    def test_shows_the_newest_stable_release_first(self, pages: dict[str, Page]):
        page = page_of(pages, "bundles/sage/cloud-cover/")
        assert "Newest release 1.1.0 added 2026-02-01" in page.text
        versions = [v for v in page.values("href") if re.fullmatch(r"[0-9][^/]*/", v)]
        assert versions[2:] == ["2.0.0-rc.1/", "1.1.0/", "1.0.0/"]

    def test_does_not_show_a_yanked_release_as_newest(self, pages: dict[str, Page]):
        assert "Newest release 1.0.0" in page_of(pages, "bundles/sage/bird-song/").text

    def test_a_picture_in_the_description_is_not_shown_twice(self, pages: dict[str, Page]):
        pictures = page_of(pages, "bundles/sage/cloud-cover/").values("src")
        assert pictures.count("media/science-image.png") == 1

    def test_every_bundle_has_an_icon(self, site: Path, pages: dict[str, Page]):
        for path in pages:
            if re.fullmatch(r"bundles/[^/]+/[^/]+/index\.html", path):
                assert (site / path).parent.joinpath("media/icon.svg").is_file()


class TestOtherPages:
    def test_home_counts_and_shows_the_newest(self, pages: dict[str, Page]):
        page = pages["index.html"]
        assert "37 bundles 40 releases 5 namespaces 7 kinds of hardware" in page.text
        assert "ecr:" not in "".join(page.words)
        assert page.text.index("Rain counter") < page.text.index("Hum of a hive")

    def test_hardware_says_what_fits_and_why_not(self, pages: dict[str, Page]):
        text = page_of(pages, "hardware/rpi-4gb/").text
        assert "Bird song sage/bird-song needs a GPU" in text
        assert "Rain counter ecr/rain-counter declared: 16Mi of memory" in text

    def test_sitemap_names_every_page_once(self, site: Path, pages: dict[str, Page], settings):
        listed = re.findall(r"<loc>([^<]*)</loc>", (site / "sitemap.xml").read_text("utf-8"))
        assert len(listed) == len(set(listed))
        expected = {settings.site_url + path.removesuffix("index.html") for path in pages}
        assert expected <= set(listed)

    def test_robots_are_told_of_the_sitemap(self, site: Path, settings):
        expected = f"User-agent: *\nAllow: /\nSitemap: {settings.site_url}sitemap.xml\n"
        assert (site / "robots.txt").read_text("utf-8") == expected
