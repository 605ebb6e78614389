"""One bundle from its files to its part of the site. Runs in a worker process."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecr.catalog.layout import scan_bundle
from ecr.catalog.loader import load_bundle
from ecr.model.bundle import Access
from ecr.stages.publish.compat import render_bundle_compat
from ecr.stages.publish.index import render_bundle_documents
from ecr.stages.publish.outputs import BundleSummary
from ecr.stages.publish.pages import make_card
from ecr.stages.publish.state import BundleOutcome, dump_summary
from ecr.stages.publish.trees import write_file

if TYPE_CHECKING:
    from pathlib import Path

    from ecr.catalog.entries import BundleEntry
    from ecr.model.identity import BundleId
    from ecr.stages.publish.outputs import OutputFile, SiteSettings
    from ecr.stages.publish.pages import PageRenderer

PLACES = (
    "bundles/{id}",
    "api/v1/releases/{id}",
    "api/v1/bundles/{id}.json",
    "api/apps/{id}",
    "api/repositories/{id}",
)
"""Where files of one bundle are; nothing else is there, so a bundle is replaced as a whole."""


def remove_bundle(tree: Path, bundle: str) -> None:
    """Delete every file of a bundle from a tree."""
    for place in PLACES:
        path = tree / place.format(id=bundle)
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


@dataclass(frozen=True)
class BundleJob:
    """What the workers share.

    Attributes:
        root: The catalog.
        tree: Where to write; ``None`` checks only.
        fresh: Whether the tree holds nothing of any bundle yet.
        settings: Settings of the site.
        renderer: Renders the pages.
    """

    root: Path
    tree: Path
    fresh: bool
    settings: SiteSettings
    renderer: PageRenderer

    def run(self, task: tuple[BundleId, str]) -> BundleOutcome:
        """Load, check and, unless it is protected or has no usable release, write a bundle.

        Args:
            task: The bundle, and the stamp of its files from before they are read.
        """
        bundle, stamp = task
        identity = str(bundle)
        if not self.fresh:
            remove_bundle(self.tree, identity)
        files = scan_bundle(self.root, bundle)
        if files is None:
            # It went away since it was listed; the next run will not find it.
            return BundleOutcome(identity, stamp, None, ())
        loaded = load_bundle(self.root, files)
        entry = loaded.entry
        summary = None
        if entry is not None and entry.manifest.access is Access.PUBLIC:
            summary = dump_summary(self._write(entry))
        return BundleOutcome(identity, stamp, summary, loaded.findings)

    def _write(self, entry: BundleEntry) -> BundleSummary:
        documents, rows = render_bundle_documents(entry, self.settings)
        compat, compat_rows = render_bundle_compat(entry, self.settings)
        self._write_files(self.renderer.render_bundle(entry))
        self._write_files(documents)
        self._write_files(compat)
        card = make_card(entry, self.settings)
        return BundleSummary(str(entry.id), card, tuple(rows), tuple(compat_rows))

    def _write_files(self, files: list[OutputFile]) -> None:
        tree = os.fspath(self.tree)
        for file in files:
            write_file(f"{tree}/{file.path}", file.content)
