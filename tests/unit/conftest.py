"""Fixtures of the unit tests."""

from pathlib import Path

import pytest

from tests.unit.catalog.sample import SampleCatalog


@pytest.fixture
def sample(tmp_path: Path) -> SampleCatalog:
    """A sound catalog of one bundle."""
    return SampleCatalog(tmp_path)
