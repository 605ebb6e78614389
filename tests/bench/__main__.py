"""``python -m tests.bench``: see ``--help``."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.results import render_text
from tests.bench.rounds import Plan, run_benchmark

if TYPE_CHECKING:
    from collections.abc import Sequence

COMPETITOR_QUICK = 1000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; the status says whether every run succeeded, not how fast it was."""
    options = _parse(arguments)
    parent = Path(tempfile.mkdtemp(prefix="ecr-bench-", dir=options.workdir))
    mkdocs = min(options.releases, COMPETITOR_QUICK) if options.quick else options.releases
    plan = Plan(
        directory=parent,
        sizes=(*sorted(s for s in options.sizes if s < options.releases), options.releases),
        releases_per_bundle=options.releases_per_bundle,
        rounds=1 if options.quick else options.rounds,
        mkdocs_releases=0 if "mkdocs" in options.without else mkdocs,
        hugo="hugo" not in options.without,
        browser="browser" not in options.without,
    )
    try:
        results = run_benchmark(plan, _say)
    finally:
        if options.keep:
            _say(f"kept in {parent}")
        else:
            shutil.rmtree(parent, ignore_errors=True)
    print(render_text(results), end="")
    if options.json:
        text = json.dumps(results.to_json(), indent=2)
        options.json.write_text(f"{text}\n", "utf-8")
    return 1 if results.failures else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Publish a synthetic catalog, and build the same pages with stock "
        "mkdocs-material and Hugo. Takes about a quarter of an hour.",
    )
    parser.add_argument("--releases", type=int, default=10_000, help="size of the catalog")
    parser.add_argument(
        "--sizes",
        type=_parse_sizes,
        default=(2500, 5000),
        help="smaller sizes to see the growth, such as 2500,5000",
    )
    parser.add_argument(
        "--releases-per-bundle", type=int, default=4, help="1 makes every bundle distinct"
    )
    parser.add_argument(
        "--rounds", type=int, default=3, help="runs of what is short; medians count"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"one round, and mkdocs-material on {COMPETITOR_QUICK} releases only, extrapolated",
    )
    parser.add_argument(
        "--without",
        action="append",
        choices=("mkdocs", "hugo", "browser"),
        default=[],
        help="leave something out; may be given more than once",
    )
    parser.add_argument("--workdir", type=Path, help="directory to work in  [default: /tmp]")
    parser.add_argument("--keep", action="store_true", help="leave what was made")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there as JSON")
    return parser.parse_args(arguments)


def _parse_sizes(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(",") if part)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
