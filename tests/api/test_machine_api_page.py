"""The examples of the page on the machine API, run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ecr.model.index import DOCUMENTS
from tests.api.conftest import serve

if TYPE_CHECKING:
    from collections.abc import Callable

ARCHITECTURES = ["linux/amd64", "linux/arm64", "linux/arm/v7", "linux/armv7"]
PAGE = Path(__file__).parents[2] / "site_src" / "machine-api.md"


def test_the_examples_work(site: Path, tmp_path: Path, require_tool: Callable[..., Path]):
    require_tool("curl", hint="apt-get install curl")
    blocks = re.findall(r"^```bash\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 6
    script = "set -euo pipefail\n" + "\n".join(blocks)
    with serve(site) as url:
        for old, new in (
            ("SITE=http://127.0.0.1:8000", f"SITE={url}"),
            ("ID=ecr/heat-index:1.1.0", "ID=sage/cloud-cover:1.10.0"),
        ):
            assert script.count(old) == 1
            script = script.replace(old, new)
        answer = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert (answer.returncode, answer.stderr) == (0, "")
    lines = answer.stdout.splitlines()
    for expected in (
        "sage/cloud-cover:1.10.0 profiled linux/amd64 linux/arm64 linux/arm/v7",
        "no because: needs a GPU - 4 releases",
        "release.json: OK",
        "304",
        "5 releases; sage/cloud-cover:1.10.0 is profiled",
        "  xaviernx: yes, declared: 300Mi of memory",
        "application/json",
        f"sage/cloud-cover:1.10.0 {ARCHITECTURES} main",
        "3 apps",
    ):
        assert expected in lines, answer.stdout


def test_every_document_is_on_the_page():
    text = PAGE.read_text("utf-8")
    for place in (
        "index.json",
        "shards/",
        "releases.json",
        "releases/",
        "bundles/",
        "hardware.json",
    ):
        assert f"`{place}" in text
    assert len(DOCUMENTS) == 7
