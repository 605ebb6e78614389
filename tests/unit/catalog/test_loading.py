"""Loading and checking: all of it, a part of it, in one process and in several."""

from pathlib import Path

import pytest

from ecr.catalog import checking
from ecr.catalog.catalog import find_bundle, find_release, load_catalog
from ecr.catalog.changes import Targets
from ecr.catalog.checking import check_catalog, check_targets
from ecr.catalog.layout import (
    list_bundle_ids,
    outline_catalog,
    scan_bundle,
    scan_catalog,
    stamp_bundle,
)
from ecr.catalog.loader import load_bundle
from ecr.errors import FindingsError, NotFoundError
from ecr.model.identity import BundleId, ReleaseId
from tests.unit.catalog.sample import BUNDLE, RELEASE, STATUS, SampleCatalog

SAGE = BundleId("sage", "cloud-cover")


def add_release(sample: SampleCatalog, version: str, more: str = "") -> None:
    path = f"bundles/sage/cloud-cover/{version}"
    sample.write(f"{path}/release.yaml", RELEASE.replace("1.2.0", version) + more)
    sample.write(f"{path}/status.yaml", STATUS)


def test_releases_are_sorted_by_precedence_newest_first(sample: SampleCatalog):
    for version in ("1.10.0", "1.9.0", "2.0.0-rc.1", "2.0.0-rc.10", "2.0.0-beta"):
        add_release(sample, version)
    entry = find_bundle(sample.root, SAGE)
    assert [release.manifest.version for release in entry.releases] == [
        "2.0.0-rc.10",
        "2.0.0-rc.1",
        "2.0.0-beta",
        "1.10.0",
        "1.9.0",
        "1.2.0",
    ]
    assert entry.newest.manifest.version == "1.10.0"


def test_one_release_is_loaded_without_the_others(sample: SampleCatalog):
    add_release(sample, "1.3.0", "broken: true\n")
    entry, release = find_release(sample.root, ReleaseId("sage", "cloud-cover", "1.2.0"))
    assert entry.releases == (release,)
    assert release.path == "bundles/sage/cloud-cover/1.2.0"
    assert entry.media.icon == "bundles/sage/cloud-cover/media/icon.png"
    assert entry.media.description == "# Clouds\n"


def test_what_is_not_there_is_told_with_what_is(sample: SampleCatalog):
    with pytest.raises(NotFoundError, match="there is no bundle 'sage/rain' in the catalog"):
        find_bundle(sample.root, BundleId("sage", "rain"))
    with pytest.raises(NotFoundError) as caught:
        find_release(sample.root, ReleaseId("sage", "cloud-cover", "9.9.9"))
    assert str(caught.value) == "there is no release 'sage/cloud-cover:9.9.9' in the catalog"
    assert caught.value.hint == "there is: 1.2.0"


def test_a_release_with_errors_is_not_handed_out(sample: SampleCatalog):
    sample.overlay("release.yaml", "titel: Clouds")
    with pytest.raises(FindingsError) as caught:
        find_release(sample.root, ReleaseId("sage", "cloud-cover", "1.2.0"))
    assert str(caught.value) == (
        "'sage/cloud-cover' has errors: bundles/sage/cloud-cover/1.2.0/release.yaml:38: "
        "key 'titel' is not known here"
    )


def test_a_directory_that_is_no_catalog(tmp_path: Path):
    for function in (scan_catalog, load_catalog, check_catalog):
        with pytest.raises(NotFoundError, match="no directory 'bundles' in "):
            function(tmp_path)
    with pytest.raises(NotFoundError):
        list(list_bundle_ids(tmp_path))


def test_a_stamp_changes_with_every_file_and_only_then(sample: SampleCatalog):
    def stamp() -> str:
        (outline,) = outline_catalog(sample.root).bundles
        assert outline.files == ()
        return stamp_bundle(sample.root, outline)

    first = stamp()
    assert stamp() == first
    sample.write("bundles/sage/cloud-cover/1.2.0/source/a.py", "x")
    second = stamp()
    assert second != first
    sample.write("bundles/sage/namespace.yaml", "schema_version: 1\n")
    assert stamp() != second


def test_a_linked_namespace_or_bundle_is_not_entered(sample: SampleCatalog):
    (sample.root / "bundles/other").symlink_to("sage")
    (sample.root / "bundles/sage/copy").symlink_to("cloud-cover")
    assert scan_bundle(sample.root, BundleId("other", "cloud-cover")) is None
    assert scan_bundle(sample.root, BundleId("sage", "copy")) is None
    assert list(list_bundle_ids(sample.root)) == [SAGE]


def test_only_the_releases_that_are_asked_for_are_checked(sample: SampleCatalog):
    add_release(sample, "1.3.0", "broken: true\n")
    files = scan_bundle(sample.root, SAGE)
    assert files is not None
    assert load_bundle(sample.root, files, {"1.2.0"}).findings == ()
    assert [one.code for one in load_bundle(sample.root, files, {"1.3.0"}).findings] == ["E101"]
    assert [one.code for one in load_bundle(sample.root, files, set()).findings] == []
    report = check_targets(sample.root, Targets(bundles={SAGE: {"1.2.0"}}))
    assert (report.findings, report.bundles) == ((), 1)


def test_a_part_is_compared_with_the_names_of_all(sample: SampleCatalog):
    sample.write("bundles/sage/c1oud-cover/bundle.yaml", BUNDLE.replace("cloud", "c1oud"))
    report = check_targets(sample.root, Targets(bundles={SAGE: set()}))
    assert [(one.code, one.path) for one in report.findings] == [
        ("E202", "bundles/sage/cloud-cover/bundle.yaml")
    ]


def test_a_bundle_that_is_gone_is_no_finding_of_its_own(sample: SampleCatalog):
    report = check_targets(sample.root, Targets(bundles={BundleId("sage", "gone"): {"1.0.0"}}))
    assert (report.findings, report.bundles) == ((), 0)


def test_several_processes_find_the_same(sample: SampleCatalog, monkeypatch: pytest.MonkeyPatch):
    for number in range(7):
        name = f"cloud-{'abcdefg'[number]}"
        sample.write(f"bundles/sage/{name}/bundle.yaml", BUNDLE.replace("cloud-cover", name))
        sample.write(f"bundles/sage/{name}/1.0.0/release.yaml", "x: 1\n")
    alone = check_catalog(sample.root, workers=1)
    monkeypatch.setattr(checking, "_WORTH_PROCESSES", 2)
    monkeypatch.setattr(checking, "_CHUNK", 2)
    assert check_catalog(sample.root, workers=2) == alone
    assert len(alone.findings) > 70
    assert list(alone.findings) == sorted(alone.findings)
