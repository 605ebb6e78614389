"""``ecr archive``: store the source and the data of releases, by digest."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ecr.catalog.selection import Selection, select_all, select_changed, select_named
from ecr.cli.archive_store import open_archives, store_option
from ecr.cli.options import root_option
from ecr.cli.progress import ProgressLine
from ecr.cli.report import write_text_report
from ecr.errors import EcrError, FindingsError, UsageError
from ecr.model.identity import parse_id
from ecr.stages.archive.batch import Batch, archive_releases
from ecr.stages.archive.release import ArchiveOutcome
from ecr.tools.git import list_changes
from ecr.tools.object_store import ArchiveStore


@click.command("archive")
@click.argument("ids", metavar="ID...", nargs=-1)
@root_option
@store_option
@click.option("--all", "everything", is_flag=True, help="Every release of the catalog.")
@click.option("--changed", metavar="REF", help="Releases that differ from a git reference.")
@click.option("--offline", is_flag=True, help="Fetch nothing; say what would have to be fetched.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def command(
    ids: tuple[str, ...],
    root: Path,
    store: str | None,
    everything: bool,
    changed: str | None,
    offline: bool,
    quiet: bool,
) -> None:
    """Store the pinned source and the data of releases, and record their digests in build.json.

    ID is namespace/name:version, or namespace/name for all releases of a bundle. What is stored
    already is not fetched again. A release that fails does not stop the others; the exit status
    then says that something failed.
    """
    archives = open_archives(root, store)
    selection = _select(root, ids, everything, changed)
    write_text_report(list(selection.findings), sys.stderr)
    line = ProgressLine(quiet=quiet)

    def show(outcome: ArchiveOutcome | EcrError) -> None:
        line.close()
        # The only one that was asked for is shown once, as the error the command ends with.
        if len(selection.releases) > 1 or isinstance(outcome, ArchiveOutcome):
            _show(outcome)

    try:
        batch = archive_releases(
            root, selection.releases, archives, progress=line, done=show, offline=offline
        )
    finally:
        line.close()
    click.echo(_summarise(batch, archives))
    batch.raise_for_failures()
    if selection.findings:
        raise FindingsError(
            "releases with errors in their manifests were left out",
            hint="mend what is listed above and run again",
        )


def _select(root: Path, ids: tuple[str, ...], everything: bool, changed: str | None) -> Selection:
    if bool(ids) + everything + (changed is not None) != 1:
        raise UsageError(
            "name what to archive: ids, --all or --changed REF; one of the three",
            hint="such as: ecr archive sage/cloud-cover:1.2.0",
        )
    if everything:
        return select_all(root)
    if changed is not None:
        return select_changed(root, list_changes(root, changed))
    return select_named(root, [parse_id(name) for name in ids])


def _show(outcome: ArchiveOutcome | EcrError) -> None:
    if isinstance(outcome, EcrError):
        click.echo(f"failed    {outcome}", err=True)
        if outcome.hint:
            click.echo(f"  hint: {outcome.hint}", err=True)
        return
    size = sum(archive.size_bytes for archive in outcome.archives)
    word = "archived" if outcome.stored else "unchanged"
    number = len(outcome.archives)
    click.echo(
        f"{word:9} {outcome.id}: {number} archive{'s' * (number != 1)}, {size:,} bytes"
        + (f" ({outcome.stored} new)" if outcome.stored else "")
    )
    for note in outcome.notes:
        click.echo(f"  note: {note}")


def _summarise(batch: Batch, store: ArchiveStore) -> str:
    new = sum(outcome.stored for outcome in batch.outcomes)
    releases = len(batch.outcomes)
    return (
        f"{releases} release{'s' * (releases != 1)} in {store.url}: "
        f"{new} archive{'s' * (new != 1)} stored now, {len(batch.failures)} failed"
    )
