"""Decides what has changed and brings the site up to date with it.

The work grows with what changed: an unchanged bundle is neither read nor rendered, only its
files' names, sizes and times are looked at. What speaks of all bundles is made from the
summaries kept of them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.resources import files as package_files
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from ecr.catalog.layout import outline_catalog, stamp_bundle
from ecr.catalog.names import check_layout
from ecr.errors import FindingsError
from ecr.findings import Finding, has_errors, sort_findings
from ecr.stages.publish.bundle_job import BundleJob, remove_bundle
from ecr.stages.publish.compat import render_compat_lists
from ecr.stages.publish.index import keep_superseded, render_index
from ecr.stages.publish.pages import PageRenderer, build_frame, render_catalog_pages
from ecr.stages.publish.parallel import map_forked
from ecr.stages.publish.state import TreeState
from ecr.stages.publish.trees import (
    MARKER,
    discard,
    exchange,
    link_directory,
    link_tree,
    lock_trees,
    open_trees,
    recover,
    replace_file,
    sweep,
)

if TYPE_CHECKING:
    from datetime import datetime

    from ecr.catalog.layout import BundleFiles, Layout
    from ecr.model.identity import BundleId
    from ecr.stages.publish.outputs import BundleSummary, OutputFile, SiteSettings
    from ecr.stages.publish.pages import Frame
    from ecr.stages.publish.state import BundleOutcome

_WORTH_SHARING = 100
"""Directories there must be to link them in several processes."""

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class PublishReport:
    """What a publication did.

    Attributes:
        output: Where the site is.
        bundles: Published bundles.
        releases: Their releases.
        changed: Bundles that were read and written anew; 0 when nothing had changed.
        findings: Every finding of the catalog, sorted.
        steps_s: Wall time of each step in seconds.
    """

    output: Path
    bundles: int
    releases: int
    changed: int
    findings: tuple[Finding, ...]
    steps_s: dict[str, float] = field(default_factory=dict)


class _Clock:
    """Notes how long each step took."""

    def __init__(self) -> None:
        self.steps_s: dict[str, float] = {}
        self._last = perf_counter()

    def note(self, step: str) -> None:
        now = perf_counter()
        self.steps_s[step] = round(self.steps_s.get(step, 0.0) + now - self._last, 4)
        self._last = now


def publish(
    root: Path,
    output: Path,
    settings: SiteSettings,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    keep_superseded_at: datetime | None = None,
) -> PublishReport:
    """Load, check and publish the catalog at ``root`` as a site at ``output``.

    Args:
        root: The catalog.
        output: The site: absent, empty, or published before. It is replaced in one step, and
            only when the catalog has no errors.
        settings: What the site depends on besides the catalog.
        workers: Processes to use; as many as there are processors by default.
        progress: Told how far the work is.
        keep_superseded_at: The time, when documents that this publication supersedes shall be
            kept for a day; the output then depends on the site that is replaced.

    Raises:
        FindingsError: The catalog has errors; ``findings`` of the exception lists them, and
            the site is as it was.
        OutputError: The output cannot be written.
    """
    publication = _Publication(root, output, settings, workers, progress, keep_superseded_at)
    return publication.run()


class CatalogFindingsError(FindingsError):
    """The catalog has errors, so nothing was published."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Keep the findings, so that they can be shown."""
        count = sum(finding.severity == "error" for finding in findings)
        super().__init__(
            f"{count} error{'s' if count != 1 else ''} in the catalog; nothing was published",
            hint="correct them and run again; the site is as it was",
        )
        self.findings = tuple(findings)


class _Publication:
    """One run of ``publish``."""

    def __init__(
        self,
        root: Path,
        output: Path,
        settings: SiteSettings,
        workers: int | None,
        progress: Progress | None,
        keep_superseded_at: datetime | None,
    ) -> None:
        self.root = root
        self.settings = settings
        self.workers = workers or _count_processors()
        self.progress = progress or (lambda _step, _done, _total: None)
        self.keep_superseded_at = keep_superseded_at
        self.trees = open_trees(output)
        self.clock = _Clock()

    def run(self) -> PublishReport:
        with lock_trees(self.trees):
            recover(self.trees)
            sweep(self.trees)
            self.progress("building the frame", 0, 1)
            frame = build_frame(self.root, self.trees.workshop / "frame")
            key = _engine_key(frame, self.settings)
            self.clock.note("frame")
            layout = outline_catalog(self.root)
            stamps = self._stamp_bundles(layout)
            self.clock.note("scan")
            report = self._report_unchanged(layout, stamps, key)
            if report is not None:
                return report
            return self._update(frame, layout, stamps, key)

    def _stamp_bundles(self, layout: Layout) -> dict[str, str]:
        def stamp(files: BundleFiles) -> tuple[str, str]:
            return str(files.id), stamp_bundle(self.root, files)

        return dict(map_forked(stamp, layout.bundles, self.workers, chunk=250))

    def _report_unchanged(
        self, layout: Layout, stamps: dict[str, str], key: str
    ) -> PublishReport | None:
        state = self._open_state(self.trees.live, key)
        if state is None:
            return None
        try:
            if state.stamps() != stamps:
                return None
            findings = self._check(layout, state)
            if has_errors(findings):
                raise CatalogFindingsError(findings)
            return self._make_report(state.summaries(), 0, findings)
        finally:
            state.close()

    def _update(
        self, frame: Frame, layout: Layout, stamps: dict[str, str], key: str
    ) -> PublishReport:
        spare = self.trees.spare
        state = self._open_state(spare, key)
        there = {} if state is None else state.stamps()
        ids = [files.id for files in layout.bundles]
        dirty = [bundle for bundle in ids if there.get(str(bundle)) != stamps[str(bundle)]]
        fresh = state is None or len(dirty) > len(ids) // 2
        if state is None or fresh:
            if state is not None:
                state.close()
            discard(spare)
            spare.mkdir(parents=True)
            state = TreeState(self.trees.state_of(spare))
            state.put("key", key)
            dirty, there = ids, {}
            self._write_frame(frame)
        gone = [bundle for bundle in there if bundle not in stamps]
        state.put("root", "")
        state.forget([*map(str, dirty), *gone])
        for bundle in gone:
            remove_bundle(spare, bundle)
        self.clock.note("prepare")
        state.remember(self._write_bundles(frame, dirty, stamps, fresh=fresh))
        self.clock.note("bundles")
        findings = self._check(layout, state)
        if has_errors(findings):
            state.close()
            raise CatalogFindingsError(findings)
        summaries = state.summaries()
        self._write_shared(frame, state, summaries)
        state.put("root", _digest_file(spare / MARKER))
        self.clock.note("shared")
        exchange(self.trees)
        self.clock.note("exchange")
        if fresh or not self.trees.spare.exists():
            self._make_spare(state)
        state.close()
        return self._make_report(summaries, len(dirty), findings)

    def _open_state(self, tree: Path, key: str) -> TreeState | None:
        """Return the state of a tree, or ``None`` when nothing in the tree can be relied on."""
        if not tree.is_dir():
            return None
        path = self.trees.state_of(tree)
        if not path.is_file():
            return None
        state = TreeState(path)
        root = state.get("root")
        reliable = state.get("key") == key and state.get("shared") != "unfinished"
        if reliable and (root == "" or root == _digest_file(tree / MARKER)):
            return state
        state.close()
        return None

    def _write_frame(self, frame: Frame) -> None:
        for path, source in frame.files():
            target = self.trees.spare / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())

    def _write_bundles(
        self,
        frame: Frame,
        dirty: Sequence[BundleId],
        stamps: dict[str, str],
        *,
        fresh: bool,
    ) -> Iterable[BundleOutcome]:
        renderer = PageRenderer(frame, self.settings, self.root)
        job = BundleJob(self.root, self.trees.spare, fresh, self.settings, renderer)
        tasks = [(bundle, stamps[str(bundle)]) for bundle in dirty]
        outcomes = map_forked(job.run, tasks, self.workers)
        for done, outcome in enumerate(outcomes, start=1):
            self.progress("checking and rendering bundles", done, len(dirty))
            yield outcome

    def _write_shared(
        self, frame: Frame, state: TreeState, summaries: Sequence[BundleSummary]
    ) -> None:
        """Make what speaks of all bundles, and write it where its bytes differ."""
        self.progress("writing index and catalog pages", 0, 1)

        def index() -> Iterable[OutputFile]:
            files = list(render_index(self.settings, summaries))
            yield from files
            if self.keep_superseded_at is not None:
                yield from keep_superseded(self.trees.live, files, now=self.keep_superseded_at)

        parts: list[Callable[[], Iterable[OutputFile]]] = [
            lambda: render_catalog_pages(frame, self.settings, summaries),
            index,
            lambda: render_compat_lists(self.settings, summaries),
        ]

        def write(number: int) -> set[str]:
            files = list(parts[number]())
            for file in files:
                replace_file(self.trees.spare / file.path, file.content)
            return {file.path for file in files}

        before = state.shared_paths()
        state.put("shared", "unfinished")
        after: set[str] = set().union(*map_forked(write, range(len(parts)), self.workers, chunk=1))
        for path in before - after:
            (self.trees.spare / path).unlink(missing_ok=True)
        state.set_shared_paths(after)
        state.put("shared", "complete")

    def _check(self, layout: Layout, state: TreeState) -> list[Finding]:
        return sort_findings([*state.findings(), *check_layout(layout)])

    def _make_spare(self, state: TreeState) -> None:
        """Copy the new site by hard links, so that the next change finds a tree to work on."""
        self.progress("preparing the next update", 0, 1)
        discard(self.trees.spare)
        self._link_trees()
        state.copy_to(self.trees.state_of(self.trees.spare))
        self.clock.note("spare")
        sweep(self.trees)
        self.clock.note("sweep")

    def _link_trees(self) -> None:
        left = [(os.fspath(self.trees.live), os.fspath(self.trees.spare))]
        while left and len(left) < _WORTH_SHARING:
            left = [inner for pair in left for inner in link_directory(pair)]

        def link(pair: tuple[str, str]) -> None:
            link_tree(*pair)

        for _ in map_forked(link, left, self.workers):
            pass

    def _make_report(
        self, summaries: Sequence[BundleSummary], changed: int, findings: Sequence[Finding]
    ) -> PublishReport:
        return PublishReport(
            self.trees.live,
            len(summaries),
            sum(len(summary.releases) for summary in summaries),
            changed,
            tuple(findings),
            self.clock.steps_s,
        )


def _count_processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _digest_file(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _engine_key(frame: Frame, settings: SiteSettings) -> str:
    """Return a digest of everything the output depends on besides the bundles."""
    content = hashlib.sha256(frame.digest.encode())
    content.update(repr(settings).encode())
    for library in ("pydantic", "jinja2", "cmarkgfm", "nh3", "orjson"):
        content.update(f"{library} {version(library)}\n".encode())
    package = Path(str(package_files("ecr")))
    for path in sorted(package.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            content.update(path.relative_to(package).as_posix().encode())
            content.update(path.read_bytes())
    return content.hexdigest()
