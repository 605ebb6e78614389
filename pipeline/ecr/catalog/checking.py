"""Checks a catalog, or the part of it that is asked for, and says what was looked at."""

from __future__ import annotations

import gc
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecr.catalog import layout
from ecr.catalog.loader import load_bundle, load_namespace
from ecr.catalog.names import check_layout, check_names, check_strays, check_successors
from ecr.findings import Finding, sort_findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ecr.catalog.changes import Targets
    from ecr.model.identity import BundleId

    Check = tuple[Path, Sequence[BundleId]]

_WORTH_PROCESSES = 200
"""Bundles from which on starting processes takes less time than it saves."""
_CHUNK = 25


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The outcome of checking.

    Attributes:
        findings: Every finding, sorted.
        bundles: How many bundles were looked at.
    """

    findings: tuple[Finding, ...]
    bundles: int


def check_targets(
    root: Path,
    targets: Targets,
    *,
    known: Sequence[BundleId] | None = None,
    workers: int | None = None,
) -> CheckReport:
    """Check what is asked for, and what its names could be taken for.

    Args:
        root: The catalog's root.
        targets: What to look at.
        known: Ids of all bundles of the catalog, where the caller has them already.
        workers: Processes to use; as many as there are processors by default.

    Raises:
        NotFoundError: There is no catalog at ``root``.
    """
    if targets.everything:
        return check_catalog(root, workers)
    findings: list[Finding] = []
    present: list[BundleId] = []
    for bundle, versions in sorted(targets.bundles.items()):
        files = layout.scan_bundle(root, bundle)
        if files is not None:
            present.append(bundle)
            findings += load_bundle(root, files, versions).findings
    for namespace in sorted(targets.namespaces):
        if (root / layout.BUNDLES / namespace).is_dir():
            stamp = layout.stamp_namespace(root, namespace)
            findings += load_namespace(root, namespace, stamp)[1]
    findings += check_strays(root, targets.strays)
    ids = list(layout.list_bundle_ids(root)) if known is None else known
    spaces = sorted({bundle.namespace for bundle in ids})
    findings += check_names(ids, spaces, set(present))
    findings += check_successors(root, present, set(ids))
    return CheckReport(tuple(sort_findings(findings)), len(present))


def check_catalog(root: Path, workers: int | None = None) -> CheckReport:
    """Check every bundle.

    Raises:
        NotFoundError: There is no catalog at ``root``.
    """
    catalog = layout.outline_catalog(root)
    findings = check_layout(catalog)
    if workers is None:
        workers = os.cpu_count() or 1
    for found in _map_bundles(root, [files.id for files in catalog.bundles], workers):
        findings += found
    return CheckReport(tuple(sort_findings(findings)), len(catalog.bundles))


def _map_bundles(root: Path, bundles: Sequence[BundleId], workers: int) -> Iterator[list[Finding]]:
    if workers < 2 or len(bundles) < _WORTH_PROCESSES:
        yield _check_chunk((root, bundles))
        return
    # Loaded only here: validating one bundle must not wait for it.
    import multiprocessing  # noqa: PLC0415

    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if "fork" in methods else None)
    chunks: Iterable[Check] = (
        (root, bundles[start : start + _CHUNK]) for start in range(0, len(bundles), _CHUNK)
    )
    with context.Pool(workers, _start_worker) as pool:
        yield from pool.imap_unordered(_check_chunk, chunks)


def _check_chunk(check: Check) -> list[Finding]:
    root, bundles = check
    findings: list[Finding] = []
    for bundle in bundles:
        files = layout.scan_bundle(root, bundle)
        if files is not None:
            findings += load_bundle(root, files).findings
    return findings


def _start_worker() -> None:
    # Nothing that is loaded has cycles, so looking for them would only take time.
    gc.disable()
