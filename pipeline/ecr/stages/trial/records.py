"""Keeps the tests' records in ``build.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecr.catalog.record_writer import read_build, update_build
from ecr.stages.trial.places import lock_of
from ecr.tools.disk import open_locked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecr.catalog.entries import ReleaseEntry
    from ecr.model.trial import TrialRecord


def read_trials(root: Path, entry: ReleaseEntry, platform: str) -> dict[str, TrialRecord]:
    """Return the records of a platform's tests, by name."""
    build = read_build(root, entry)
    records = () if build is None else build.tests.get(platform, ())
    return {record.name: record for record in records}


def keep_trials(
    root: Path, entry: ReleaseEntry, platform: str, image: str, new: Sequence[TrialRecord]
) -> None:
    """Put records into ``build.json``, in the order of the manifest.

    Those of tests that are no longer declared, and of other images, go.
    """
    # Two platforms may be tested at the same time, and both are in one field.
    with open_locked(lock_of(root, entry.id)):
        known = read_trials(root, entry, platform)
        merged = {**known, **{record.name: record for record in new}}
        # What is as it nearly always is, such as "did not time out", goes without saying.
        kept = [
            merged[test.name].model_dump(mode="json", exclude_defaults=True)
            for test in entry.manifest.tests
            if test.name in merged and merged[test.name].image == image
        ]
        build = read_build(root, entry)
        tests = (
            {}
            if build is None
            else build.model_dump(mode="json", exclude_unset=True).get("tests", {})
        )
        update_build(root, entry, {"tests": {**tests, platform: kept}})
