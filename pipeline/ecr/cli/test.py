"""``ecr test``: run the tests of releases in their images, as a node would."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecr.catalog.selection import Selection, select_all, select_changed, select_named
from ecr.cli.archive_store import open_archives, store_option
from ecr.cli.build_settings import find_cache
from ecr.cli.options import root_option
from ecr.cli.progress import ProgressLine
from ecr.cli.report import write_text_report
from ecr.cli.termination import end_on_terminate
from ecr.errors import EcrError, FindingsError, UsageError
from ecr.model.fields import Platform, resolve_platform
from ecr.model.identity import parse_id
from ecr.stages.trial.engines import EngineName
from ecr.stages.trial.errors import TrialFailuresError
from ecr.stages.trial.tester import Tester, TestRequest
from ecr.tools.git import list_changes

if TYPE_CHECKING:
    from ecr.model.trial import PublishedMeasurement, TrialRecord
    from ecr.stages.trial.platform_trials import TrialOutcome
    from ecr.tools.qemu import Ability


def _to_platforms(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    platforms = []
    for value in values:
        platform = resolve_platform(value)
        if platform is None:
            raise click.BadParameter(f"'{value}' is not one of {', '.join(Platform)}")
        platforms.append(platform.value)
    return tuple(platforms)


@click.command("test")
@click.argument("ids", metavar="ID...", nargs=-1)
@root_option
@store_option
@click.option("--all", "everything", is_flag=True, help="Every release of the catalog.")
@click.option("--changed", metavar="REF", help="Releases that differ from a git reference.")
@click.option(
    "--platform",
    "platforms",
    multiple=True,
    callback=_to_platforms,
    metavar="PLATFORM",
    help="Test this platform; by default every one that is built and runs here.",
)
@click.option(
    "--engine",
    type=click.Choice([name.value for name in EngineName]),
    default=EngineName.AUTO.value,
    show_default=True,
    help="What runs the image; auto is Docker where an engine answers, else Buildah.",
)
@click.option("--name", "names", multiple=True, metavar="TEST", help="Run this test only.")
@click.option("--again", is_flag=True, help="Run tests that passed as well.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def command(
    ids: tuple[str, ...],
    root: Path,
    store: str | None,
    everything: bool,
    changed: str | None,
    quiet: bool,
    engine: str,
    **asked: Any,
) -> None:
    """Run the tests that releases declare, and record in build.json what came of them.

    ID is namespace/name:version, or namespace/name for all releases of a bundle. The image runs
    without a network unless the test asks for one, within the limits the release names, with
    what a plugin finds on a node. A test that passed is not run again while nothing has changed.
    """
    selection = _select(root, ids, everything, changed)
    write_text_report(list(selection.findings), sys.stderr)
    line = ProgressLine(quiet=quiet)
    end_on_terminate()
    with Tester(
        root,
        open_archives(root, store),
        find_cache(os.environ),
        TestRequest(engine=EngineName(engine), **asked),
        clock=lambda: datetime.now(UTC).replace(microsecond=0),
        watcher=_Shown(line),
    ) as tester:
        failures = _test_all(tester, selection, line)
    _raise_for(failures, selection)


def _test_all(tester: Tester, selection: Selection, line: ProgressLine) -> list[EcrError]:
    """Test each release; return what failed."""
    failures: list[EcrError] = []
    for entry in selection.releases:
        try:
            if not tester.test(entry):
                click.echo(f"untested  {entry.id} declares no tests")
        except EcrError as error:
            failures.append(error)
            if len(selection.releases) > 1:
                line.close()
                _show_error(error)
        finally:
            line.close()
    return failures


def _raise_for(failures: list[EcrError], selection: Selection) -> None:
    if len(failures) == 1 and len(selection.releases) == 1:
        raise failures[0]
    if failures:
        raise TrialFailuresError(
            f"{len(failures)} of {len(selection.releases)} releases failed",
            hint="see above what each needs",
        )
    if selection.findings:
        raise FindingsError(
            "releases with errors in their manifests were left out",
            hint="mend what is listed above and run again",
        )


def _select(root: Path, ids: tuple[str, ...], everything: bool, changed: str | None) -> Selection:
    if bool(ids) + everything + (changed is not None) != 1:
        raise UsageError(
            "name what to test: ids, --all or --changed REF; one of the three",
            hint="such as: ecr test sage/cloud-cover:1.2.0",
        )
    if everything:
        return select_all(root)
    if changed is not None:
        return select_changed(root, list_changes(root, changed))
    return select_named(root, [parse_id(name) for name in ids])


class _Shown:
    """Shows what a tester tells."""

    def __init__(self, line: ProgressLine) -> None:
        self._line = line
        self._not_applied: dict[str, str] = {}

    def starts(self, release: str, ability: Ability, tests: int, engine: str) -> None:
        means = f" under {ability.emulator}" if ability.emulator else ""
        number = f"{tests} test{'s' * (tests != 1)}"
        self._line(f"running {number} of {release} for {ability.platform}{means}, {engine}", 0, 1)

    def ends(self, release: str, platform: str, outcome: TrialOutcome) -> None:
        self._line.close()
        record = outcome.record
        word = "unchanged" if not outcome.new else "passed" if record.passed else "failed"
        means = ", emulated" if record.emulated else ""
        click.echo(
            f"{word:9} {release} for {platform}: {record.name} ({record.duration_s:g} s{means})"
        )
        if outcome.new:
            for shown in _describe(record):
                click.echo(f"    {shown}")
            self._show_not_applied(record.not_applied)

    def _show_not_applied(self, limits: dict[str, str]) -> None:
        """Show it once: it is the same for all tests of a platform."""
        if limits != self._not_applied:
            for limit, reason in limits.items():
                click.echo(f"    not applied: {limit}: {reason}")
        self._not_applied = limits

    def leaves_out(self, release: str, platform: str, reason: str, hint: str | None) -> None:
        self._line.close()
        click.echo(f"left out  {release} for {platform}: {reason}")
        if hint:
            click.echo(f"    hint: {hint}")


def _describe(record: TrialRecord) -> list[str]:
    """Return what a person wants to see of a run: what it left."""
    lines = [_describe_measurement(one) for one in record.measurements]
    if record.measurements_left_out:
        lines.append(f"and {record.measurements_left_out:,} messages under further names")
    if record.malformed_messages:
        lines.append(f"{record.malformed_messages:,} lines in data.ndjson are no messages")
    lines += [f"upload {one.name}: {one.size_bytes:,} bytes" for one in record.uploads]
    if record.uploads_left_out:
        lines.append(f"and {record.uploads_left_out:,} further uploads")
    if record.incomplete:
        lines.append("it left more behind than was looked at")
    return lines


def _describe_measurement(one: PublishedMeasurement) -> str:
    if one.count == 1:
        return f"{one.name} = {one.first}"
    if one.minimum is None or one.maximum is None:
        return f"{one.name}: {one.count:,} values, {one.first} … {one.last}"
    return f"{one.name}: {one.count:,} values, {one.minimum:g} to {one.maximum:g}"


def _show_error(error: EcrError) -> None:
    click.echo(f"failed    {error}", err=True)
    if error.hint:
        click.echo(f"  hint: {error.hint}", err=True)
