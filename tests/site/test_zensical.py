"""Whether mkdocs.yml and our overrides still work with Zensical, the successor of MkDocs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import is_ci
from tests.site.conftest import PROJECT, copy_project

INSTALLED = PROJECT / ".venv-zensical/bin/zensical"


def run(*argv: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, cwd=cwd, capture_output=True, text=True, timeout=240, check=False)


@pytest.fixture
def zensical(tmp_path: Path) -> Path:
    """Zensical in an environment of its own: the one `make zensical` made, or one for this test."""
    if INSTALLED.is_file():
        return INSTALLED
    python = tmp_path / "venv/bin/python"
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    lock = PROJECT / "requirements/zensical.txt"
    done = run(
        python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock, cwd=tmp_path
    )
    if done.returncode:
        message = "zensical cannot be installed (make zensical)"
        if is_ci(os.environ):
            pytest.fail(
                f"{message}; in CI nothing real may be skipped\n{done.stderr}", pytrace=False
            )
        pytest.skip(f"real part not exercised: {message}")
    return python.with_name("zensical")


@pytest.mark.timeout(600)
def test_the_documentation_is_built_with_our_header_and_nothing_from_elsewhere(
    zensical: Path, tmp_path: Path
):
    root = copy_project(tmp_path / "catalog")
    done = run(zensical, "build", cwd=root)
    assert done.returncode == 0, done.stdout + done.stderr
    for page in ("index.html", "catalog/index.html", "publish/script/index.html"):
        html = (root / "site" / page).read_text("utf-8")
        assert 'class="ecr-find"' in html
        assert "assets/ecr/ecr.css" in html
        assert "fonts.googleapis" not in html
        assert "api.github.com" not in html
    assert not (root / "site/templates").exists()
