"""MkDocs renders documentation. It runs as a process of its own, so nothing of it stays loaded."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ecr.tools.process import run_program

if TYPE_CHECKING:
    from pathlib import Path

_ENVIRONMENT = {
    # Dates of the sitemap and of its compressed copy; they must not depend on the day.
    "SOURCE_DATE_EPOCH": "0",
    "PYTHONHASHSEED": "0",
    # Material announces its end of life on every run; the lock file keeps the version we know.
    "NO_MKDOCS_2_WARNING": "1",
}


def build_documentation(configuration: Path, target: Path, *, timeout_s: float = 300) -> None:
    """Render the documentation that ``configuration`` (an ``mkdocs.yml``) describes.

    Args:
        configuration: The file; paths in it are relative to its directory.
        target: Directory to write to; replaced when it exists.
        timeout_s: Time limit in seconds.

    Raises:
        ToolError: MkDocs is missing, fails or does not end in time.
    """
    run_program(
        [
            sys.executable, "-m", "mkdocs", "build", "--quiet",
            "--config-file", str(configuration), "--site-dir", str(target),
        ],
        cwd=configuration.parent,
        timeout_s=timeout_s,
        environment=_ENVIRONMENT,
        hint="try it alone with: mkdocs build",
    )  # fmt: skip
