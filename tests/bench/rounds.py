"""The order of the runs: rounds in which ours and the others take turns, as machines drift."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from tests.bench import ours
from tests.bench.browser import is_available, measure_first_result
from tests.bench.competitors import Competitor, prepare_hugo, prepare_mkdocs
from tests.bench.machine import describe_machine, time_loop
from tests.bench.manifests import commit_all
from tests.bench.measure import Measurement, RunFailedError, run_measured
from tests.bench.results import Results, Row
from tests.bench.synthetic import SyntheticBundle, make_bundle, make_bundles

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run.

    Attributes:
        directory: Where; empty.
        sizes: Releases of the catalogs, ascending.
        releases_per_bundle: Releases of each bundle.
        rounds: How often what is short is run.
        mkdocs_releases: Releases given to mkdocs-material; 0 leaves it out.
        hugo: Whether to run Hugo.
        browser: Whether to search in a browser.
    """

    directory: Path
    sizes: tuple[int, ...]
    releases_per_bundle: int
    rounds: int
    mkdocs_releases: int
    hugo: bool
    browser: bool


def run_benchmark(plan: Plan, say: Say) -> Results:
    """Run everything; a run that fails is noted and the others go on."""
    return _Benchmark(plan, say).run()


class _Benchmark:
    """What the parts of one run share."""

    def __init__(self, plan: Plan, say: Say) -> None:
        self.plan = plan
        self.say = say
        machine = describe_machine(plan.directory)
        self.results = Results(machine, plan.sizes[-1], plan.releases_per_bundle)

    def run(self) -> Results:
        catalogs = [self._prepare_catalog(size) for size in self.plan.sizes]
        hugo = self._prepare_hugo()
        self._run_rounds(catalogs, hugo)
        self._run_updates(catalogs[-1])
        if self.plan.browser:
            self._run_browser(catalogs[-1])
        for catalog in catalogs:
            shutil.rmtree(catalog.root)
            ours.remove_site(catalog)
        self._run_mkdocs()
        return self.results

    def _bundles(self, releases: int) -> list[SyntheticBundle]:
        return list(make_bundles(releases, self.plan.releases_per_bundle))

    def _prepare_catalog(self, size: int) -> ours.Catalog:
        self.say(f"making a catalog of {size:,} releases")
        root = self.plan.directory / f"catalog-{size}"
        catalog = ours.prepare_catalog(root, size, self.plan.releases_per_bundle)
        pages = size + catalog.bundles
        self.results.cold.append(Row("ecr publish, from nothing", size, pages))
        return catalog

    def _prepare_hugo(self) -> list[Competitor]:
        if not self.plan.hugo:
            return []
        self.say("making the same pages for Hugo")
        bundles = self._bundles(self.plan.sizes[-1])
        found = [
            prepare_hugo(self.plan.directory / f"hugo-{name}", bundles, html=html)
            for name, html in (("markdown", False), ("html", True))
        ]
        competitors = [competitor for competitor in found if competitor is not None]
        if not competitors:
            self.say("Hugo is not installed (apt-get install hugo): left out")
        for competitor in competitors:
            self.results.others.append(Row(competitor.name, self.plan.sizes[-1], competitor.pages))
        return competitors

    def _run_rounds(self, catalogs: Sequence[ours.Catalog], hugo: Sequence[Competitor]) -> None:
        for number in range(1, self.plan.rounds + 1):
            self.results.loops_ms.append(time_loop())
            for catalog, row in zip(catalogs, self.results.cold, strict=True):
                what = f"round {number}: ecr publish, {catalog.releases:,} releases"
                measured = self._attempt(row, what, partial(ours.measure_cold, catalog))
                if measured and catalog is catalogs[-1]:
                    self.results.steps_s = json.loads(measured.stdout)
            for competitor, row in zip(hugo, self.results.others, strict=True):
                what = f"round {number}: {competitor.name}"
                self._attempt(row, what, partial(_build, competitor))
                competitor.clean()
        for competitor in hugo:
            shutil.rmtree(competitor.directory)

    def _run_updates(self, catalog: ours.Catalog) -> None:
        size = catalog.releases
        rows = [
            Row("validate --changed, one release added", size),
            Row("publish, one release added", size),
            Row("publish, nothing changed", size),
        ]
        self.results.updates += rows
        self.results.loops_ms.append(time_loop())
        for _ in range(max(3, self.plan.rounds)):
            path = ours.add_release(catalog)
            self._attempt(rows[0], f"validate: {path}", partial(ours.measure_validate, catalog))
            self._attempt(rows[1], f"publish: {path}", partial(ours.measure_publish, catalog))
            self._attempt(rows[2], "publish: no change", partial(ours.measure_publish, catalog))
            commit_all(catalog.root, f"Add {path}")

    def _run_browser(self, catalog: ours.Catalog) -> None:
        if not is_available() or not catalog.output.is_dir():
            self.say("no Chromium with its driver, or no site: no search in a browser")
            return
        # The whole title of one bundle, and one word many bundles have.
        for number in (catalog.bundles // 2, catalog.bundles - 1):
            bundle = make_bundle(number, 1)
            self.say(f"searching for '{bundle.title}' in Chromium")
            try:
                found = measure_first_result(catalog.output, bundle.title, bundle.id)
            except Exception as error:
                self._fail(f"search for '{bundle.title}'", str(error))
            else:
                self.results.browser[bundle.title] = asdict(found)

    def _run_mkdocs(self) -> None:
        releases = self.plan.mkdocs_releases
        for search in (False, True) if releases else ():
            directory = self.plan.directory / "mkdocs"
            competitor = prepare_mkdocs(directory, self._bundles(releases), search=search)
            row = Row(competitor.name, releases, competitor.pages)
            self.results.others.append(row)
            self.results.loops_ms.append(time_loop())
            self._attempt(row, competitor.name, partial(_build, competitor))
            shutil.rmtree(directory)

    def _attempt(self, row: Row, what: str, run: Callable[[], Measurement]) -> Measurement | None:
        try:
            measured = run()
        except RunFailedError as error:
            self._fail(what, str(error))
            return None
        self.say(f"{what}: {measured.wall_s:.2f} s wall, {measured.cpu_s:.2f} s CPU")
        row.runs.append(measured)
        return measured

    def _fail(self, what: str, why: str) -> None:
        self.say(f"{what} failed: {why}")
        self.results.failures.append(f"{what}: {why}")


def _build(competitor: Competitor) -> Measurement:
    competitor.clean()
    return run_measured(competitor.argv, cwd=competitor.directory)
