"""Names across the catalog."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr.catalog.names import check_names
from ecr.model.identity import BundleId, lookalike_key
from tests.unit.catalog.sample import BUNDLE, RELEASE, STATUS, SampleCatalog


def find(*names: str, only: str | None = None) -> list[str]:
    ids = sorted(BundleId(*name.split("/")) for name in names)
    spaces = sorted({bundle.namespace for bundle in ids})
    chosen = None if only is None else {BundleId(*only.split("/"))}
    return [f"{one.code} {one.path}: {one.message}" for one in check_names(ids, spaces, chosen)]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("sage/cloud-cover", "sage/cloud-height", "waggle/cloud-cover"), []),
        (
            ("sage/cloud-cover", "sage/c1oud-cover"),
            [
                (
                    "E202 bundles/sage/cloud-cover/bundle.yaml: 'cloud-cover' could be taken for "
                    "'c1oud-cover' of the same namespace"
                )
            ],
        ),
        (
            ("sage/cloud-cover", "sage/Cloud-Cover"),
            [
                (
                    "E202 bundles/sage/cloud-cover/bundle.yaml: 'cloud-cover' could be taken for "
                    "'Cloud-Cover' of the same namespace"
                )
            ],
        ),
        (
            ("sage/cloud-cover", "sage/cloudcover"),
            [
                (
                    "E202 bundles/sage/cloudcover/bundle.yaml: 'cloudcover' could be taken for "
                    "'cloud-cover' of the same namespace"
                )
            ],
        ),
        (
            ("sage/barn", "waggle/bam"),
            ["W225 bundles/waggle/bam/bundle.yaml: 'waggle/bam' could be taken for 'sage/barn'"],
        ),
        (
            ("sage/a", "5age/b"),
            ["E202 bundles/sage/namespace.yaml: namespace 'sage' could be taken for '5age'"],
        ),
    ],
    ids=[
        "the same name in two namespaces is fine",
        "l and 1",
        "upper and lower case",
        "with and without a dash",
        "rn and m in two namespaces",
        "namespaces",
    ],
)
def test_names_that_could_be_taken_for_another(names: tuple[str, ...], expected: list[str]):
    assert find(*names) == expected


def test_when_one_bundle_is_looked_at_it_is_the_one_that_is_reported():
    assert find("sage/c1oud", "sage/cloud", only="sage/c1oud") == [
        (
            "E202 bundles/sage/c1oud/bundle.yaml: 'c1oud' could be taken for 'cloud' of the same "
            "namespace"
        )
    ]
    assert find("sage/c1oud", "sage/cloud", "sage/rain", only="sage/rain") == []


@given(st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True))
def test_a_name_looks_like_itself_however_it_is_written(name: str):
    assert lookalike_key(name) == lookalike_key(name.upper())
    assert lookalike_key(name) == lookalike_key(name.replace("-", "_"))


def add_bundle(sample: SampleCatalog, name: str, more: str = "") -> None:
    sample.write(f"bundles/sage/{name}/bundle.yaml", BUNDLE.replace("cloud-cover", name) + more)
    release = RELEASE.replace("name: cloud-cover", f"name: {name}")
    sample.write(f"bundles/sage/{name}/1.2.0/release.yaml", release)
    sample.write(f"bundles/sage/{name}/1.2.0/status.yaml", STATUS)


def test_successors_may_follow_each_other_but_not_in_a_circle(sample: SampleCatalog):
    add_bundle(sample, "first", "successor: sage/second\n")
    add_bundle(sample, "second", "successor: sage/cloud-cover\n")
    assert set(sample.codes()) == {"W222"}
    sample.overlay("bundle.yaml", "successor: sage/first\n")
    shown = [line for line in sample.show() if "W222" not in line]
    assert shown == [
        "bundle.yaml:5:12 E304 successor: the successors lead back here from 'sage/second'",
        "bundle.yaml:5:12 E304 successor: the successors lead back here from 'sage/cloud-cover'",
        "bundle.yaml:5:12 E304 successor: the successors lead back here from 'sage/first'",
    ]


def test_a_namespace_without_bundles_is_checked_as_well(sample: SampleCatalog):
    sample.write("bundles/waggle/namespace.yaml", "schema_version: 1\nnamespace: wagle\n")
    assert [line.split(" ")[1] for line in sample.show()] == ["E102", "E102", "E201"]


def test_versions_that_differ_only_by_case(sample: SampleCatalog):
    for version in ("2.0.0-rc.1", "2.0.0-RC.1"):
        path = f"bundles/sage/cloud-cover/{version}"
        sample.write(f"{path}/release.yaml", RELEASE.replace("1.2.0", version))
        sample.write(f"{path}/status.yaml", STATUS)
    shown = [line for line in sample.show() if "E216" not in line]
    assert shown == [
        "release.yaml:1:1 E202: version '2.0.0-rc.1' differs only by case from '2.0.0-RC.1'"
    ]
