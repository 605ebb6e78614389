"""``ecr build``: images for every platform a release declares."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecr.catalog.record_writer import read_build
from ecr.catalog.selection import Selection, select_all, select_changed, select_named
from ecr.cli.archive_store import open_archives, store_option
from ecr.cli.build_settings import load_build_settings
from ecr.cli.options import root_option
from ecr.cli.progress import ProgressLine
from ecr.cli.report import write_text_report
from ecr.cli.termination import end_on_terminate
from ecr.errors import EcrError, FindingsError, UsageError
from ecr.model.fields import Platform, resolve_platform
from ecr.model.identity import parse_id
from ecr.stages.archive.release import archive_release
from ecr.stages.build.archive_statements import state_archives
from ecr.stages.build.assembly import assemble
from ecr.stages.build.builder import Builder, ReleaseBuild
from ecr.stages.build.errors import BuildFailuresError, NotReproducedError, PlatformError
from ecr.stages.build.reproduction import Reproduction, reproduce
from ecr.tools.git import list_changes
from ecr.tools.qemu import Means, find_ability

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecr.catalog.entries import ReleaseEntry
    from ecr.model.build import Build, PlatformBuild
    from ecr.stages.build.settings import BuildSettings
    from ecr.tools.object_store import ArchiveStore
    from ecr.tools.qemu import Ability

_CONFIGURED = "the registry of mkdocs.yml"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What was asked for on the command line; see the options below."""

    ids: tuple[str, ...]
    store: str | None
    everything: bool
    changed: str | None
    platform: str | None
    only_assemble: bool
    push: str | None
    check: bool
    no_cache: bool
    fresh_base: bool
    base: str | None
    time_limit: float
    quiet: bool

    def __post_init__(self) -> None:
        if self.only_assemble and (self.platform is not None or self.check):
            raise UsageError("--assemble goes with neither --platform nor --check")


def _to_platform(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Any:
    if value is None:
        return None
    platform = resolve_platform(value) or resolve_platform(f"linux/{value}")
    if platform is None:
        raise click.BadParameter(f"'{value}' is not one of {', '.join(Platform)}")
    return platform.value


@click.command("build")
@click.argument("ids", metavar="ID...", nargs=-1)
@root_option
@store_option
@click.option("--all", "everything", is_flag=True, help="Every release of the catalog.")
@click.option("--changed", metavar="REF", help="Releases that differ from a git reference.")
@click.option(
    "--platform",
    callback=_to_platform,
    metavar="PLATFORM",
    help="Build this platform only, and leave the index over all to --assemble.",
)
@click.option("--assemble", "only_assemble", is_flag=True, help="Put built platforms together.")
@click.option(
    "--push",
    is_flag=False,
    flag_value=_CONFIGURED,
    metavar="[REGISTRY]",
    help="Push to this registry and path, by default extra.registry of mkdocs.yml.",
)
@click.option("--check", is_flag=True, help="Build again without cache and compare.")
@click.option("--no-cache", is_flag=True, help="Build again, without layers that are there.")
@click.option(
    "--fresh-base", is_flag=True, help="Build again, on a base made of Debian's packages of today."
)
@click.option("--base", metavar="IMAGE", help="Base image of scripts.  [env: ECR_BASE]")
@click.option(
    "--time-limit",
    type=click.FloatRange(min=1),
    default=3600,
    show_default=True,
    metavar="SECONDS",
    help="Time limit for one platform.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def command(root: Path, **given: Any) -> None:
    """Build images, one for each platform, and record them in build.json.

    ID is namespace/name:version, or namespace/name for all releases of a bundle. Images go to
    .ecr/images in the catalog, and with --push to a registry as well. What is built already from
    the same files is not built again.
    """
    wanted = _Wanted(**given)
    settings = load_build_settings(
        root,
        os.environ,
        base=wanted.base,
        time_limit_s=wanted.time_limit,
        use_cache=not wanted.no_cache and not wanted.fresh_base,
        use_bases=not wanted.fresh_base,
    )
    registry = settings.registry if wanted.push == _CONFIGURED else wanted.push
    archives = open_archives(root, wanted.store)
    selection = _select(root, wanted)
    write_text_report(list(selection.findings), sys.stderr)
    line = ProgressLine(quiet=wanted.quiet)
    watcher = _Shown(line)
    end_on_terminate()

    def work_on(entry: ReleaseEntry) -> None:
        if wanted.only_assemble:
            _show_record(entry, assemble(root, entry, settings, registry))
            return
        archive_release(root, entry, archives, progress=line)
        state_archives(root, entry, archives, settings)
        line.close()
        if wanted.check:
            _check(root, entry, wanted.platform, archives, settings)
            return
        builder = Builder(
            root,
            archives,
            settings,
            clock=lambda: datetime.now(UTC).replace(microsecond=0),
            watcher=watcher,
            registry=registry,
        )
        platforms = None if wanted.platform is None else [wanted.platform]
        try:
            _show_outcome(entry, builder.build(entry, platforms))
        except BuildFailuresError:
            watcher.show_failures()
            raise

    _for_each(selection, work_on, line)


def _for_each(
    selection: Selection, work_on: Callable[[ReleaseEntry], None], line: ProgressLine
) -> None:
    failures: list[EcrError] = []
    try:
        for entry in selection.releases:
            try:
                work_on(entry)
            except EcrError as error:
                line.close()
                failures.append(error)
                if len(selection.releases) > 1:
                    _show_error(error)
    finally:
        line.close()
    if len(failures) == 1 and len(selection.releases) == 1:
        raise failures[0]
    if failures:
        raise BuildFailuresError(
            f"{len(failures)} of {len(selection.releases)} releases failed",
            hint="see above what each needs",
        )
    if selection.findings:
        raise FindingsError(
            "releases with errors in their manifests were left out",
            hint="mend what is listed above and run again",
        )


def _select(root: Path, wanted: _Wanted) -> Selection:
    if bool(wanted.ids) + wanted.everything + (wanted.changed is not None) != 1:
        raise UsageError(
            "name what to build: ids, --all or --changed REF; one of the three",
            hint="such as: ecr build sage/cloud-cover:1.2.0",
        )
    if wanted.everything:
        return select_all(root)
    if wanted.changed is not None:
        return select_changed(root, list_changes(root, wanted.changed))
    return select_named(root, [parse_id(name) for name in wanted.ids])


class _Shown:
    """Shows what a builder tells."""

    def __init__(self, line: ProgressLine) -> None:
        self._line = line
        self._failures: list[EcrError] = []

    def starts(self, release: str, ability: Ability) -> None:
        means = f"under {ability.emulator}" if ability.emulator else "natively"
        self._line(f"building {release} for {ability.platform} {means}", 0, 1)

    def ends(self, release: str, record: PlatformBuild) -> None:
        self._line.close()
        image = record.image
        means = ", emulated" if image.emulated else ""
        click.echo(
            f"built     {release} for {record.platform}: {image.digest[:19]}, "
            f"{_show_size(image.size_bytes)}, {image.duration_s:g} s{means}"
        )

    def fails(self, error: EcrError) -> None:
        """Say at once that something failed; all of it is told at the end."""
        self._line.close()
        self._failures.append(error)
        click.echo(f"failed    {str(error).splitlines()[0]}", err=True)

    def show_failures(self) -> None:
        """Tell all of what failed since the last time."""
        for error in self._failures:
            _show_error(error)
        self._failures.clear()


def _show_size(size_bytes: int) -> str:
    if size_bytes < 1_000_000:
        return f"{size_bytes / 1000:,.1f} kB"
    return f"{size_bytes / 1_000_000:,.1f} MB"


def _show_error(error: EcrError) -> None:
    click.echo(f"error: {error}", err=True)
    if error.hint:
        click.echo(f"  hint: {error.hint}", err=True)


def _show_outcome(entry: ReleaseEntry, outcome: ReleaseBuild) -> None:
    if outcome.unchanged:
        click.echo(f"unchanged {entry.id} for {', '.join(outcome.unchanged)}")
    if outcome.record is not None:
        _show_record(entry, outcome.record)


def _show_record(entry: ReleaseEntry, record: Build) -> None:
    if record.repository is not None:
        click.echo(f"image     {record.repository}:{entry.id.version}@{record.digest}")
    else:
        click.echo(
            f"image     {record.digest}, in .ecr/images/{entry.id.namespace}/{entry.id.name} "
            "(not pushed)"
        )


def _check(
    root: Path,
    entry: ReleaseEntry,
    platform: str | None,
    archives: ArchiveStore,
    settings: BuildSettings,
) -> None:
    build = read_build(root, entry)
    if build is None or not build.images:
        raise UsageError(
            f"{entry.id} has no images to compare with", hint=f"first: ecr build {entry.id}"
        )
    different = []
    for wanted in [platform] if platform is not None else sorted(build.images):
        ability = find_ability(wanted)
        if ability.means is Means.MISSING:
            raise PlatformError(
                f"{entry.id} for {wanted}: this machine cannot run its programs: {ability.reason}",
                hint=ability.hint,
            )
        outcome = reproduce(root, entry, build, ability, archives, settings)
        _show_reproduction(entry, outcome)
        if not outcome.same:
            different.append(wanted)
    if different:
        raise NotReproducedError(
            f"{entry.id}: a second build gave other images for {', '.join(different)}",
            hint="pin what differs: packages with versions and hashes, images with digests",
        )


def _show_reproduction(entry: ReleaseEntry, outcome: Reproduction) -> None:
    if outcome.same:
        click.echo(f"reproduced {entry.id} for {outcome.platform}: {outcome.expected}")
        return
    click.echo(
        f"different  {entry.id} for {outcome.platform}: {outcome.expected} became {outcome.found}"
    )
    for difference in outcome.differences:
        click.echo(f"    {difference}")
