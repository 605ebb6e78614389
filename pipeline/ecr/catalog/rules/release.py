"""Rules about one release: what its manifest says against itself and against its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecr.findings import Finding

if TYPE_CHECKING:
    from pathlib import Path

    from ecr.catalog.layout import BundleFiles
    from ecr.catalog.yaml_document import YamlDocument
    from ecr.model.release import Release


def check_release(
    root: Path,
    files: BundleFiles,
    directory: str,
    document: YamlDocument,
    release: Release,
) -> list[Finding]:
    """Check one release whose manifest follows its schema.

    Args:
        root: The catalog's root.
        files: Files of the bundle.
        directory: Name of the release's directory.
        document: The manifest as read, for positions.
        release: The manifest.
    """
    findings: list[Finding] = []
    expected = {
        "namespace": files.id.namespace,
        "name": files.id.name,
        "version": directory,
    }
    for key, value in expected.items():
        if getattr(release, key) != value:
            at, where = document.locate((key,))
            findings.append(
                Finding(
                    document.path,
                    at.line,
                    at.column,
                    "E201",
                    where,
                    f"{key} '{getattr(release, key)}' is not the directory's name '{value}'",
                    f"write '{value}', or move the directory",
                )
            )
    return findings
