"""One bundle to its pages and pictures."""

from __future__ import annotations

from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING

from markupsafe import Markup

from ecr.model.hardware import decide_fit
from ecr.model.lifecycle import Stage
from ecr.stages.publish.outputs import OutputFile
from ecr.stages.publish.pages.citation import write_bibtex, write_citation
from ecr.stages.publish.pages.commands import make_run_texts
from ecr.stages.publish.pages.environment import load_templates, make_browse_url
from ecr.stages.publish.pages.markdown import MEDIA_PLACE, render_markdown
from ecr.stages.publish.pages.media import collect_media

if TYPE_CHECKING:
    from pathlib import Path

    from ecr.catalog.entries import BundleEntry, ReleaseEntry
    from ecr.model.release import Release
    from ecr.stages.publish.outputs import SiteSettings
    from ecr.stages.publish.pages.frame import Frame
    from ecr.stages.publish.pages.media import PublishedMedia

_NEIGHBOURS = 6
"""Versions a release page lists; the bundle's page lists them all."""
_BUNDLE_UP = "../../../"
_RELEASE_UP = "../../../../"
_UP_PLACE = "\x00"
"""Stands for the way up; manifests cannot hold this character."""

STAGE_MEANINGS = {
    Stage.LISTED: "Checked and in the catalog; no image has been built yet",
    Stage.BUILT: "Images were built from its pinned source",
    Stage.PROFILED: "Measured on real hardware",
    Stage.REVIEWED: "A certifier read it and found it plausible",
    Stage.CERTIFIED: "A certifier read it, and it was measured on real nodes",
    Stage.DEPRECATED: "Still runs, but should not be chosen for new work",
    Stage.YANKED: "Must not be run; kept so that it can be cited",
}


class PageRenderer:
    """Renders bundles into the frame. Holds nothing of a bundle, so it can be shared by fork."""

    def __init__(self, frame: Frame, settings: SiteSettings, root: Path) -> None:
        """Compile the templates.

        Args:
            frame: What pages are put into.
            settings: Settings of the site.
            root: The catalog, to read media from.
        """
        self.frame = frame
        self.settings = settings
        self.root = root
        self.templates = load_templates()

    def render_bundle(self, entry: BundleEntry) -> list[OutputFile]:
        """Return every page and picture of a bundle; all lie below ``bundles/<id>/``."""
        media = collect_media(self.root, entry)
        pages = _BundlePages(self, entry, media)
        return [
            *media.files,
            pages.render_bundle_page(),
            *(pages.render_release_page(release) for release in entry.releases),
        ]


class _BundlePages:
    """The pages of one bundle; what they share is made once."""

    def __init__(self, renderer: PageRenderer, entry: BundleEntry, media: PublishedMedia) -> None:
        self.renderer = renderer
        self.entry = entry
        self.place = f"bundles/{entry.id}/"
        self._rendered: dict[tuple[str, str], str] = {}
        self._newest = entry.newest
        self._fragments = _Fragments(renderer)
        self._shared: dict[str, object] = {
            "bundle": entry,
            "newest": self._newest,
            "media": media,
            "settings": renderer.settings,
            "meanings": STAGE_MEANINGS,
            "versions": [
                (release.manifest.version, release.stage, release.status.added)
                for release in entry.releases
            ],
        }

    def render_bundle_page(self) -> OutputFile:
        release = self._newest
        values = self._values(release, self.place, _BUNDLE_UP)
        body = self.renderer.templates["bundle"].render(values)
        title = f"{release.manifest.title} ({self.entry.id})"
        return self._finish(self.place, title, release, body)

    def render_release_page(self, release: ReleaseEntry) -> OutputFile:
        place = f"{self.place}{release.manifest.version}/"
        values = self._values(release, place, _RELEASE_UP)
        values["neighbours"] = self._list_neighbours(release)
        values["manifest_text"] = release.manifest_text.decode("utf-8", "replace")
        body = self.renderer.templates["release"].render(values)
        title = f"{release.manifest.title} {release.manifest.version} ({self.entry.id})"
        return self._finish(place, title, release, body)

    def _finish(self, place: str, title: str, release: ReleaseEntry, body: str) -> OutputFile:
        page = self.renderer.frame.page(place, title, release.manifest.summary, body)
        return OutputFile(f"{place}index.html", page)

    def _values(self, entry: ReleaseEntry, place: str, up: str) -> dict[str, object]:
        settings = self.renderer.settings
        release = entry.manifest
        url = settings.site_url + place
        to_bundle = "../" if up == _RELEASE_UP else ""
        return {
            **self._shared,
            "entry": entry,
            "release": release,
            "stage": entry.stage,
            "up": up,
            "to_bundle": to_bundle,
            "to_media": f"{to_bundle}media/",
            "science": self._render(self.entry.media.description, release.title, to_bundle),
            "description": self._render(release.description, release.title, to_bundle),
            "run": make_run_texts(entry, settings),
            "source_url": make_browse_url(entry, settings),
            "fragment": lambda name: self._fragments.render(name, release, up),
            "measured": [profile for profile in entry.profiles if not profile.emulated],
            "emulated": [profile for profile in entry.profiles if profile.emulated],
            "citation": write_citation(entry, url),
            "bibtex": write_bibtex(entry, url),
        }

    def _render(self, text: str | None, title: str, to_bundle: str) -> Markup:
        """Return Markdown as markup; the same text is rendered once for all pages."""
        if not text:
            return Markup()
        html = self._rendered.get((text, title))
        if html is None:
            html = self._rendered[text, title] = render_markdown(text, title)
        return Markup(html.replace(MEDIA_PLACE, f"{to_bundle}media/"))  # noqa: S704 - cleaned

    def _list_neighbours(self, release: ReleaseEntry) -> list[object]:
        """Return the versions around a release, so that pages do not grow with their number."""
        versions = self._shared["versions"]
        assert isinstance(versions, list)  # noqa: S101 - for the type checker
        here = next(i for i, row in enumerate(versions) if row[0] == release.manifest.version)
        start = max(0, min(here - _NEIGHBOURS // 2, len(versions) - _NEIGHBOURS))
        return versions[start : start + _NEIGHBOURS]


class _Fragments:
    """Parts of a page that releases of a bundle mostly have in common, rendered when they differ.

    A part is made of nothing but the fields named here and the settings; the way up to the
    site's root is put in afterwards.
    """

    _FIELDS = MappingProxyType(
        {
            "people": attrgetter(
                "authors", "contributors", "license", "funding", "keywords", "homepage"
            ),
            "interface": attrgetter("inputs", "publishes"),
            "needs": attrgetter("needs", "resources"),
            "fits": attrgetter("platforms", "needs"),
        }
    )

    def __init__(self, renderer: PageRenderer) -> None:
        self._renderer = renderer
        self._known: dict[str, tuple[object, str]] = {}

    def render(self, name: str, release: Release, up: str) -> Markup:
        key = self._FIELDS[name](release)
        known = self._known.get(name)
        if known is None or known[0] != key:
            values: dict[str, object] = {"release": release, "up": _UP_PLACE}
            if name == "fits":
                hardware = self._renderer.settings.hardware
                values["fits"] = [(board, decide_fit(release, board)) for board in hardware]
            known = key, self._renderer.templates[name].render(values)
            self._known[name] = known
        return Markup(known[1].replace(_UP_PLACE, up))  # noqa: S704 - escaped by the template
