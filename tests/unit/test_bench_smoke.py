"""The benchmark itself: its catalog is sound, it measures what it says, and it runs to the end."""

import json
import sys
from pathlib import Path

import pytest

from ecr.catalog.layout import scan_catalog
from ecr.catalog.loader import load_bundle
from ecr.catalog.names import check_layout
from ecr.model.identity import lookalike_key
from tests.bench.__main__ import main
from tests.bench.content import make_pages, render_html, render_markdown
from tests.bench.manifests import render_manifest, render_profile, write_catalog
from tests.bench.measure import Measurement, RunFailedError, run_measured
from tests.bench.results import Limit, Results, Row, fit_exponent, render_text
from tests.bench.synthetic import make_bundle, make_bundles


class TestSyntheticCatalog:
    def test_a_bundle_is_the_same_in_a_catalog_of_any_size(self):
        few, many = list(make_bundles(12, 4)), list(make_bundles(400, 4))
        assert many[: len(few)] == few

    def test_more_releases_leave_the_earlier_ones_as_they_are(self):
        assert make_bundle(7, 6).releases[:4] == make_bundle(7, 4).releases

    def test_no_two_of_ten_thousand_names_look_alike(self):
        names = {lookalike_key(bundle.name) for bundle in make_bundles(10_000, 1)}
        assert len(names) == 10_000

    @pytest.mark.parametrize("releases_per_bundle", [4, 1], ids=["shared bundles", "distinct"])
    def test_the_catalog_has_no_findings(self, tmp_path: Path, releases_per_bundle: int):
        assert write_catalog(tmp_path, make_bundles(40, releases_per_bundle)) == 40
        layout = scan_catalog(tmp_path)
        loaded = [load_bundle(tmp_path, files) for files in layout.bundles]
        assert [finding for bundle in loaded for finding in bundle.findings] == []
        assert list(check_layout(layout)) == []
        assert sum(len(bundle.entry.releases) for bundle in loaded if bundle.entry) == 40

    def test_manifests_and_profiles_are_as_large_as_the_figures_say(self):
        bundles = list(make_bundles(40, 4))
        manifests = [render_manifest(b, release) for b in bundles for release in b.releases]
        profiles = [
            render_profile(b, release, release.boards[0], 1.0)
            for b in bundles
            for release in b.releases
        ]
        assert {len(manifest.splitlines()) for manifest in manifests} == {79}
        assert sum(map(len, manifests)) / len(manifests) == pytest.approx(3000, rel=0.05)
        assert sum(map(len, profiles)) / len(profiles) == pytest.approx(3500, rel=0.05)


class TestPagesForOthers:
    def test_every_release_and_every_bundle_has_a_page(self):
        bundle = make_bundle(3, 2)
        first, second = (release.version for release in bundle.releases)
        place = f"bundles/{bundle.id}"
        pages = [page.path for page in make_pages(bundle)]
        assert pages == [f"{place}/{first}", f"{place}/{second}", place]

    def test_markdown_and_html_hold_the_same_facts(self):
        bundle = make_bundle(3, 1)
        page = next(iter(make_pages(bundle)))
        release = bundle.releases[0]
        for fact in (bundle.summary, release.commit, release.model_sha256, bundle.measurement):
            assert fact in render_markdown(page)
            assert fact in render_html(page)


class TestMeasuring:
    def test_time_and_memory_of_children_are_counted(self, tmp_path: Path):
        child = "data = bytearray(60_000_000); sum(range(3_000_000))"
        parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
        measured = run_measured([sys.executable, "-c", parent], cwd=tmp_path)
        assert measured.peak_rss_mib > 57
        assert measured.cpu_s > 0.01
        assert list(tmp_path.iterdir()) == []

    def test_a_command_that_fails_is_told_with_its_last_lines(self, tmp_path: Path):
        argv = ["sh", "-c", "echo one; echo two >&2; exit 3"]
        with pytest.raises(RunFailedError) as caught:
            run_measured(argv, cwd=tmp_path)
        expected = "exit status 3: sh -c echo one; echo two >&2; exit 3\ntwo"
        assert str(caught.value) == expected


class TestFigures:
    @pytest.mark.parametrize(
        ("points", "exponent"),
        [
            ([(2500, 5.0), (5000, 10.0), (10_000, 20.0)], 1.0),
            ([(10, 1.0), (20, 4.0), (40, 16.0)], 2.0),
        ],
        ids=["twice the size takes twice the time", "twice the size takes four times the time"],
    )
    def test_growth_is_the_exponent(self, points: list[tuple[float, float]], exponent: float):
        assert fit_exponent(points) == pytest.approx(exponent)

    def test_growth_of_one_size_is_not_known(self):
        assert fit_exponent([(10, 1.0), (10, 1.1)]) is None

    @pytest.mark.parametrize(
        ("measured", "verdict"), [(10.0, "met"), (10.1, "missed"), (None, "not measured")]
    )
    def test_a_limit_is_met_missed_or_not_measured(self, measured: float | None, verdict: str):
        assert Limit("wall", measured, 10, "s").verdict == verdict

    def test_what_ran_on_less_is_marked_and_extrapolated(self):
        machine = dict.fromkeys(
            (
                "cores",
                "processor",
                "file_system",
                "python",
                "hugo",
                "mkdocs_material",
                "load_before",
            )
        )
        run = Measurement(wall_s=12, cpu_s=10, peak_rss_mib=1, peak_pss_mib=1, max_rss_mib=1)
        results = Results(machine, releases=10_000, releases_per_bundle=4)
        results.others.append(Row("mkdocs-material, no search", 1000, 1250, [run]))
        lines = render_text(results).splitlines()
        expected = "    extrapolated in proportion to 10,000 releases: 120 s wall, 100 s CPU"
        assert expected in lines


class TestWholeRun:
    def test_a_small_run_measures_everything_of_ours(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        report = tmp_path / "report.json"
        work = tmp_path / "work"
        work.mkdir()
        options = ["--releases", "20", "--sizes", "8", "--rounds", "1", "--json", str(report)]
        without = ["--without", "mkdocs", "--without", "hugo", "--without", "browser"]
        status = main([*options, *without, "--workdir", str(work)])
        output = capsys.readouterr()
        found = json.loads(report.read_text("utf-8"))
        assert (status, found["failures"]) == (0, [])
        assert [(row["group"], row["name"], row["releases"]) for row in found["rows"]] == [
            ("cold", "ecr publish, from nothing", 8),
            ("cold", "ecr publish, from nothing", 20),
            ("updates", "validate --changed, one release added", 20),
            ("updates", "publish, one release added", 20),
            ("updates", "publish, nothing changed", 20),
        ]
        assert all(run["wall_s"] > 0 for row in found["rows"] for run in row["runs"])
        assert "The limits are for 10,000 releases; these are figures of 20." in output.out
        assert list(work.iterdir()) == []
