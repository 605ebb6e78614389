"""``ecr catalog``: the main job, from manifests to the site in one command."""

from __future__ import annotations

from pathlib import Path

import click

from ecr.cli.options import root_option
from ecr.cli.publish import describe, run_publish


@click.command("catalog")
@root_option
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def command(root: Path, quiet: bool) -> None:
    """Check every bundle and publish the catalog into site/.

    Stops with every finding when there are errors; the site that is there stays as it is.
    """
    report = run_publish(root, root / "site", quiet=quiet)
    click.echo(describe(report))
    page = (report.output / "index.html").resolve()
    if page.is_relative_to(Path.cwd()):
        page = page.relative_to(Path.cwd())
    click.echo("\nLook at it:  ecr serve   (or: make serve), then http://127.0.0.1:8000/")
    click.echo(f"JSON index:  {page.parent / 'api' / 'v1' / 'index.json'}")
