"""``ecr import``: turn an app of today's ECR into a bundle."""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from ecr.cli.options import root_option
from ecr.cli.report import write_text_report
from ecr.errors import FindingsError, UsageError
from ecr.findings import Severity
from ecr.stages.importing.conversion import Choices
from ecr.stages.importing.importer import Imported, import_app
from ecr.stages.importing.places import Wanted, find_places
from ecr.tools.git import resolve_remote_ref

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command("import")
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@root_option
@click.option("--namespace", help="Namespace, in place of the one sage.yaml names.")
@click.option("--name", help="Name of the bundle; for one app only.")
@click.option("--version", help="Version of the release; for one app only.")
@click.option("--ref", help="Branch, tag or commit to read.  [default: the default branch]")
@click.option("--platform", "platforms", multiple=True, help="Platform, in place of those named.")
@click.option("--owner", help="Owner of a new namespace, such as user:LOGIN.")
@click.option("--source-url", help="Repository a file or folder belongs to.")
@click.option("--commit", help="Commit to pin, for a file or folder that is no checkout.")
@click.option("--offline", is_flag=True, help="Use no network.")
@click.option("--dry-run", is_flag=True, help="Do everything except writing.")
@click.option(
    "--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True
)
def command(
    sources: tuple[str, ...],
    root: Path,
    style: str,
    dry_run: bool,
    ref: str | None,
    commit: str | None,
    source_url: str | None,
    offline: bool,
    **chosen: Any,
) -> None:
    """Turn apps of today's ECR into bundles.

    SOURCE is a git URL, a checkout, a folder or a sage.yaml. Every sage.yaml in it becomes a
    release; its fields are carried over or named in a finding, and ecr-meta becomes the
    bundle's media. A file that cannot become a valid release is refused, and nothing of it
    is written.
    """
    wanted = Wanted(ref=ref, commit=commit, source_url=source_url, offline=offline)
    choices = Choices(**chosen)
    outcomes: list[Imported] = []
    for source in sources:
        outcomes += _import(root, source, wanted, choices, dry_run=dry_run)
    if style == "json":
        click.echo(orjson.dumps([_describe(outcome) for outcome in outcomes]))
    else:
        _show(outcomes, dry_run=dry_run)
    refused = sum(outcome.refused for outcome in outcomes)
    if refused:
        raise FindingsError(
            f"{refused} of {len(outcomes)} app{'s' * (len(outcomes) != 1)} refused",
            hint="each code has a page in the reference, under rules",
        )


def _import(
    root: Path, source: str, wanted: Wanted, choices: Choices, *, dry_run: bool
) -> list[Imported]:
    today = _read_clock()
    with tempfile.TemporaryDirectory(prefix="ecr-import-") as scratch:
        places = find_places(source, wanted, Path(scratch))
        if len(places) > 1 and (choices.name or choices.version):
            raise UsageError(
                f"{source} holds {len(places)} apps, so one --name or --version fits none",
                hint="import them one by one: ecr import " + " ".join(p.shown for p in places[:3]),
            )
        resolve = None if wanted.offline else resolve_remote_ref
        return [
            import_app(root, place, choices, today=today, dry_run=dry_run, resolve_ref=resolve)
            for place in places
        ]


def _read_clock() -> date:
    return datetime.now(UTC).date()


def _show(outcomes: Sequence[Imported], *, dry_run: bool) -> None:
    for outcome in outcomes:
        write_text_report(list(outcome.findings), sys.stderr)
        if outcome.id is None:
            click.echo(f"refused   {outcome.source}")
            continue
        click.echo(f"{'would be' if dry_run else 'imported'}  {outcome.id} from {outcome.source}")
        for path in outcome.files:
            click.echo(f"  {path}")
    if not dry_run and any(not outcome.refused for outcome in outcomes):
        click.echo("next: read what was written, then: ecr validate --changed HEAD")


def _describe(outcome: Imported) -> dict[str, Any]:
    """Return an outcome for machines; the keys are stable."""
    counts = {
        str(severity): sum(finding.severity is severity for finding in outcome.findings)
        for severity in Severity
    }
    return {
        "source": outcome.source,
        "id": None if outcome.id is None else str(outcome.id),
        "files": list(outcome.files),
        "counts": counts,
        "findings": [
            {
                "path": finding.path,
                "line": finding.line,
                "column": finding.column,
                "code": finding.code,
                "severity": str(finding.severity),
                "where": finding.where,
                "message": finding.message,
                "hint": finding.hint,
            }
            for finding in outcome.findings
        ],
    }
