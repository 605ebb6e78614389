"""Our own runs: publish from nothing, publish one change, validate one release."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.manifests import commit_all, write_catalog, write_release
from tests.bench.measure import Measurement, run_measured
from tests.bench.synthetic import make_bundle, make_bundles

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parents[2]
ECR = (sys.executable, "-c", "from ecr.cli.main import main; main()")
"""The command ``ecr`` of the Python that runs the benchmark."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """A synthetic catalog on disk.

    Attributes:
        root: Where it is.
        releases: Its releases.
        releases_per_bundle: Releases of each bundle.
        numbers: Numbers of bundles that have not been given another release yet.
    """

    root: Path
    releases: int
    releases_per_bundle: int
    numbers: Iterator[int]

    @property
    def output(self) -> Path:
        """Where its site is."""
        return self.root.with_name(f"{self.root.name}-site")

    @property
    def bundles(self) -> int:
        """Its bundles."""
        return -(-self.releases // self.releases_per_bundle)


def prepare_catalog(root: Path, releases: int, releases_per_bundle: int) -> Catalog:
    """Write a catalog with the project's own documentation, as a git repository of one commit."""
    root.mkdir(parents=True)
    write_catalog(root, make_bundles(releases, releases_per_bundle))
    shutil.copy(PROJECT / "mkdocs.yml", root)
    shutil.copytree(PROJECT / "site_src", root / "site_src")
    commit_all(root, "A synthetic catalog")
    return Catalog(root, releases, releases_per_bundle, count(start=1, step=7))


def add_release(catalog: Catalog) -> str:
    """Give a bundle that had none yet another release, and return the path of its directory."""
    number = next(catalog.numbers) % catalog.bundles
    bundle = make_bundle(number, catalog.releases_per_bundle + 1)
    release = bundle.releases[-1]
    write_release(catalog.root, bundle, release)
    return f"bundles/{bundle.id}/{release.version}"


def measure_cold(catalog: Catalog) -> Measurement:
    """Publish with no site and no cache there."""
    remove_site(catalog)
    return measure_publish(catalog)


def measure_publish(catalog: Catalog) -> Measurement:
    """Publish over whatever is there; prints the wall time of each step as JSON."""
    argv = (*ECR, "publish", "--root", catalog.root, "--output", catalog.output)
    return run_measured((*argv, "--quiet", "--timings"), cwd=catalog.root.parent)


def measure_validate(catalog: Catalog) -> Measurement:
    """Validate what differs from the last commit."""
    argv = (*ECR, "validate", "--root", catalog.root, "--changed", "HEAD")
    return run_measured(argv, cwd=catalog.root.parent)


def remove_site(catalog: Catalog) -> None:
    """Remove the site and what publishing keeps beside it."""
    output = catalog.output
    for directory in (output, output.parent / f".{output.name}.ecr"):
        shutil.rmtree(directory, ignore_errors=True)
