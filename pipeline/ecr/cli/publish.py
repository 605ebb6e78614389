"""``ecr publish``: write the site and the JSON index."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson

from ecr.catalog.hardware import load_hardware
from ecr.cli.options import root_option
from ecr.cli.progress import ProgressLine
from ecr.cli.report import write_text_report
from ecr.stages.publish.engine import CatalogFindingsError, PublishReport, publish
from ecr.stages.publish.settings import load_settings


def run_publish(
    root: Path,
    output: Path,
    *,
    site_url: str | None = None,
    workers: int | None = None,
    quiet: bool = False,
    keep_superseded: bool = False,
) -> PublishReport:
    """Publish with a progress line, and show every finding.

    Raises:
        FindingsError: The catalog has errors; they have been shown.
    """
    settings = load_settings(root, load_hardware(root), site_url=site_url)
    progress = ProgressLine(quiet=quiet)
    try:
        report = publish(
            root,
            output,
            settings,
            workers=workers,
            progress=progress,
            keep_superseded_at=datetime.now(UTC) if keep_superseded else None,
        )
    except CatalogFindingsError as error:
        progress.close()
        write_text_report(error.findings, sys.stderr, most_warnings=0)
        raise
    finally:
        progress.close()
    write_text_report(report.findings, sys.stderr, most_warnings=5)
    return report


@click.command("publish")
@root_option
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory of the site.  [default: site, in the catalog]",
)
@click.option("--site-url", help="Address of the site, in place of site_url in mkdocs.yml.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes to use.")
@click.option(
    "--keep-superseded",
    is_flag=True,
    help="Keep documents this replaces for a day, for readers of the index that is there.",
)
@click.option("--timings", is_flag=True, help="Print the wall time of each step as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def command(
    root: Path,
    output: Path | None,
    site_url: str | None,
    workers: int | None,
    keep_superseded: bool,
    timings: bool,
    quiet: bool,
) -> None:
    """Check the catalog and write the site and the JSON index.

    The site that is there is replaced in one step, and only when the catalog has no errors.
    Work grows with what changed since the last time.
    """
    report = run_publish(
        root,
        output or root / "site",
        site_url=site_url,
        workers=workers,
        quiet=quiet,
        keep_superseded=keep_superseded,
    )
    if timings:
        click.echo(orjson.dumps(report.steps_s, option=orjson.OPT_INDENT_2))
    else:
        click.echo(describe(report))


def describe(report: PublishReport) -> str:
    """Return one line on what was published."""
    what = f"{report.bundles:,} bundles with {report.releases:,} releases in {report.output}"
    if report.changed == 0:
        return f"up to date: {what}"
    written = "1 bundle" if report.changed == 1 else f"{report.changed:,} bundles"
    return f"published {what} ({written} written)"
