"""Adding files to a catalog: all or nothing, and never over what is there."""

from pathlib import Path

import pytest

from ecr.catalog.additions import NewFile, stage_additions
from ecr.errors import OutputError
from ecr.model.identity import BundleId

NAMESPACE = b"schema_version: 1\nnamespace: lab\ntitle: Lab\nowners: ['user:ada']\n"
BUNDLE = b"schema_version: 1\nnamespace: lab\nname: rain\n"
STATUS = b"schema_version: 1\nadded: '2026-01-31'\n"


def release(version: str, license_: str = "MIT") -> bytes:
    return f"""\
schema_version: 1
namespace: lab
name: rain
version: '{version}'
title: Rain
summary: Rain.
authors: [{{name: Ada Lovelace}}]
license: {license_}
code: {{kind: container, source: {{git: https://example.org/a, commit: '{"0" * 40}'}}}}
platforms: [linux/arm64]
""".encode()


def new_bundle(version: str = "1.0.0") -> dict[str, NewFile]:
    directory = f"bundles/lab/rain/{version}"
    return {
        "bundles/lab/namespace.yaml": NewFile(NAMESPACE),
        "bundles/lab/rain/bundle.yaml": NewFile(BUNDLE),
        f"{directory}/release.yaml": NewFile(release(version)),
        f"{directory}/status.yaml": NewFile(STATUS),
        f"{directory}/source/run.sh": NewFile(b"#!/bin/sh\n", executable=True),
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "bundles").mkdir()
    return tmp_path


def list_files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_a_new_bundle_is_put_in_place_whole(root: Path):
    with stage_additions(root, new_bundle()) as additions:
        assert list_files(root / "bundles") == set()
        additions.put_in_place()
    assert list_files(root) == set(new_bundle())
    assert (root / "bundles/lab/rain/1.0.0/source/run.sh").stat().st_mode & 0o777 == 0o755


def test_nothing_is_left_when_it_is_not_put_in_place(root: Path):
    with stage_additions(root, new_bundle()):
        pass
    assert list_files(root) == set()


def test_a_rehearsal_writes_nothing_into_the_catalog(root: Path):
    root.chmod(0o555)
    try:
        with stage_additions(root, new_bundle(), rehearsal=True) as additions:
            assert {f.severity for f in additions.check(BundleId("lab", "rain"))} == {"warning"}
    finally:
        root.chmod(0o755)
    assert sorted(path.name for path in root.iterdir()) == ["bundles"]


def test_a_release_joins_a_bundle_that_is_there(root: Path):
    with stage_additions(root, new_bundle()) as additions:
        additions.put_in_place()
    files = {
        path: file
        for path, file in new_bundle("1.1.0").items()
        if "/1.1.0/" in path and "source" not in path
    }
    files["bundles/lab/rain/media/science-description.md"] = NewFile(b"# Rain\n")
    with stage_additions(root, files) as additions:
        assert {f.severity for f in additions.check(BundleId("lab", "rain"))} == {"warning"}
        additions.put_in_place()
    assert set(files) < list_files(root)


def test_the_rules_of_the_catalog_hold_for_what_is_added(root: Path):
    files = new_bundle() | {"bundles/lab/rain/1.0.0/release.yaml": NewFile(release("1.0.0", "MTI"))}
    with stage_additions(root, files) as additions:
        findings = additions.check(BundleId("lab", "rain"))
    assert [f"{f.path}:{f.line}: {f.code} {f.message}" for f in findings if f.code[0] == "E"] == [
        "bundles/lab/rain/1.0.0/release.yaml:8: E108 'MTI' is not an SPDX licence identifier"
    ]


def test_a_file_that_exists_is_not_overwritten(root: Path):
    (root / "bundles/lab").mkdir()
    (root / "bundles/lab/namespace.yaml").write_bytes(b"mine\n")
    with (
        pytest.raises(
            OutputError, match=r"^bundles/lab/namespace\.yaml exists and is not overwritten$"
        ),
        stage_additions(root, new_bundle()),
    ):
        pass
    assert (root / "bundles/lab/namespace.yaml").read_bytes() == b"mine\n"


def test_a_file_that_appears_meanwhile_is_not_overwritten(root: Path):
    (root / "bundles/lab/rain").mkdir(parents=True)
    with stage_additions(root, new_bundle()) as additions:
        (root / "bundles/lab/namespace.yaml").write_bytes(b"mine\n")
        with pytest.raises(
            OutputError, match=r"^bundles/lab/namespace\.yaml cannot be written: File exists$"
        ):
            additions.put_in_place()
    assert (root / "bundles/lab/namespace.yaml").read_bytes() == b"mine\n"


def test_a_place_that_cannot_be_written_is_an_error_a_person_understands(root: Path):
    (root / ".ecr").write_bytes(b"")
    with (
        pytest.raises(OutputError, match=r"^the new files cannot be written: "),
        stage_additions(root, new_bundle()),
    ):
        pass
