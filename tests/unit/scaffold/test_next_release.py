"""The next release: copied from the newest, with nothing that belongs to that one alone."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from ecr.errors import NotFoundError, UsageError
from ecr.model.identity import BundleId
from ecr.stages.scaffold.next_release import replace_scalars, start_release

LAB = BundleId("lab", "rain")
TODAY = date(2026, 1, 31)
RELEASE = """\
# how we do it
schema_version: 1
version: "1.9.0"   # quoted
code:
  source:
    commit: 0000000000000000000000000000000000000000
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    directory = tmp_path / "bundles/lab/rain/1.9.0"
    (directory / "profiles").mkdir(parents=True)
    (directory / "source").mkdir()
    (directory / "release.yaml").write_text(RELEASE, "utf-8")
    for name in ("status.yaml", "build.json", "doi.json", "profiles/a.json"):
        (directory / name).write_text("of 1.9.0 alone", "utf-8")
    (directory / "source/run").write_text("#!/bin/sh\n", "utf-8")
    (directory / "source/run").chmod(0o755)
    (directory / "source/link").symlink_to("run")
    shutil.copytree(directory, directory.parent / "1.8.0", symlinks=True)
    return tmp_path


def test_manifest_and_code_are_copied_records_are_not(root: Path):
    version, files = start_release(root, LAB, "minor", TODAY, commit="f" * 40)
    assert version == "1.10.0"
    above = "bundles/lab/rain/1.10.0"
    assert sorted(files) == [
        f"{above}/release.yaml",
        f"{above}/source/run",
        f"{above}/status.yaml",
    ]
    assert files[f"{above}/release.yaml"].content.decode() == (
        RELEASE.replace('"1.9.0"', "'1.10.0'").replace("0" * 40, f"'{'f' * 40}'")
    )
    assert files[f"{above}/source/run"].executable
    assert b"added: '2026-01-31'\n" in files[f"{above}/status.yaml"].content


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        ("major", "2.0.0"),
        ("minor", "1.10.0"),
        ("patch", "1.9.1"),
        ("1.9.1-rc.1", "1.9.1-rc.1"),
        ("3.0.0", "3.0.0"),
    ],
)
def test_the_version_is_raised_or_written_out(root: Path, wanted: str, version: str):
    assert start_release(root, LAB, wanted, TODAY)[0] == version


def test_patch_ends_a_pre_release(root: Path):
    (root / "bundles/lab/rain/1.9.0").rename(root / "bundles/lab/rain/2.0.0-rc.1")
    manifest = root / "bundles/lab/rain/2.0.0-rc.1/release.yaml"
    manifest.write_text(RELEASE.replace("1.9.0", "2.0.0-rc.1"), "utf-8")
    assert start_release(root, LAB, "patch", TODAY)[0] == "2.0.0"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("1.9.0", "version 1.9.0 is not newer than 1.9.0"),
        ("1.8.5", "version 1.8.5 is not newer than 1.9.0"),
        ("1.10", "'1.10' is not a semantic version"),
        ("../x", "'../x' is not a semantic version"),
    ],
)
def test_a_version_that_cannot_be_next_is_refused(root: Path, wanted: str, message: str):
    with pytest.raises(UsageError) as raised:
        start_release(root, LAB, wanted, TODAY)
    assert str(raised.value) == message


def test_a_bundle_that_is_not_there_is_named(root: Path):
    with pytest.raises(NotFoundError, match=r"^lab/snow has no release in the catalog$"):
        start_release(root, BundleId("lab", "snow"), "minor", TODAY)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version: >-\n  1.0.0\n", "'version' of the newest release cannot be replaced"),
        ("name: x\n", "the newest release has no 'version' that can be replaced"),
        ("version: [1]\n", "the newest release has no 'version' that can be replaced"),
        ("version: 'x\n", "the newest release has no 'version' that can be replaced"),
    ],
    ids=["on two lines", "not there", "a list", "no YAML"],
)
def test_a_manifest_that_cannot_be_edited_is_refused(text: str, message: str):
    with pytest.raises(UsageError) as raised:
        replace_scalars(text.encode(), {("version",): "2.0.0"})
    assert str(raised.value).startswith(message)
