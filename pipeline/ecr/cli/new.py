"""``ecr new``: start a bundle, or the next release of one."""

from __future__ import annotations

import platform
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecr.catalog.additions import stage_additions
from ecr.cli.options import root_option
from ecr.cli.report import write_text_report
from ecr.errors import FindingsError, UsageError
from ecr.findings import Severity
from ecr.model.identity import BundleId, parse_id
from ecr.stages.scaffold.next_release import start_release
from ecr.stages.scaffold.request import Kind, Request, ScriptFile, parse_author
from ecr.stages.scaffold.sample import compile_sample
from ecr.stages.scaffold.starter import start_bundle
from ecr.tools.git import run_git

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ecr.catalog.additions import NewFile


@click.group("new")
def command() -> None:
    """Start a new bundle, or the next release of one; what comes out validates."""


def _common(function: Callable[..., None]) -> Callable[..., None]:
    """Add what starting a bundle of any kind asks for."""
    for decorate in (
        click.argument("bundle", metavar="NAMESPACE/NAME"),
        root_option,
        click.option("--version", default="0.1.0", show_default=True, help="First version."),
        click.option("--title", help="Name for people.  [default: made from NAME]"),
        click.option("--author", help='"Name <email>".  [default: git\'s user.name, user.email]'),
        click.option("--owner", help="Owner of a new namespace, such as user:LOGIN."),
        click.option("--dry-run", is_flag=True, help="Show what would be written."),
    ):
        function = decorate(function)
    return function


@command.command("container")
@_common
def _container(**options: Any) -> None:
    """Start a bundle with a Dockerfile."""
    _start(Kind.CONTAINER, options)


@command.command("script")
@_common
@click.option(
    "--from-script",
    "script",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Python script to take; its arguments, imports and measurements are read, not run.",
)
def _script(script: Path | None, **options: Any) -> None:
    """Start a bundle from a Python script; no Dockerfile is needed."""
    _start(Kind.SCRIPT, options, script=None if script is None else _read_script(script))


@command.command("binary")
@_common
@click.option(
    "--file",
    "files",
    multiple=True,
    metavar="PLATFORM=PATH",
    help="Compiled program, such as linux/arm64=build/app.  [default: the sample, compiled here]",
)
def _binary(files: tuple[str, ...], **options: Any) -> None:
    """Start a bundle of compiled programs."""
    if files:
        _start(Kind.BINARY, options, binaries=_read_programs(files))
    else:
        programs = compile_sample(platform.machine(), platform.system())
        _start(Kind.BINARY, options, binaries=programs, sample=True)


@command.command("release")
@click.argument("bundle", metavar="NAMESPACE/NAME")
@click.argument("version")
@root_option
@click.option("--commit", help="Commit to pin the source to from now on.")
@click.option("--dry-run", is_flag=True, help="Show what would be written.")
def _release(bundle: str, version: str, root: Path, commit: str | None, dry_run: bool) -> None:
    """Start the next release from the newest one.

    VERSION is the new version, or major, minor or patch: the part to raise.
    """
    name = _parse_bundle(bundle)
    chosen, files = start_release(root, name, version, _read_clock(), commit=commit)
    _write(root, name, files, dry_run=dry_run)
    click.echo("next:")
    click.echo(f"  change bundles/{name}/{chosen}/release.yaml and what lies beside it")
    click.echo(f"  ecr validate bundles/{name}")


def _start(kind: Kind, options: dict[str, Any], **more: Any) -> None:
    root: Path = options["root"]
    request = Request(
        kind=kind,
        bundle=_parse_bundle(options["bundle"]),
        version=options["version"],
        author=parse_author(options["author"] or _ask_git(root)),
        today=_read_clock(),
        title=options["title"],
        owner=options["owner"],
        **more,
    )
    start = start_bundle(root, request)
    _write(root, request.bundle, start.files, dry_run=options["dry_run"])
    click.echo("next:")
    for doubt in start.doubts:
        click.echo(f"  look at: {doubt}")
    click.echo(f"  fill in {start.release_path} (summary, license)")
    click.echo(f"  describe it in bundles/{request.bundle}/media/science-description.md")
    click.echo(f"  ecr validate bundles/{request.bundle}")
    click.echo("  git add, commit, and open a pull request")


def _write(root: Path, bundle: BundleId, files: Mapping[str, NewFile], *, dry_run: bool) -> None:
    with stage_additions(root, files, rehearsal=dry_run) as additions:
        faults = [f for f in additions.check(bundle) if f.severity is Severity.ERROR]
        if faults:
            write_text_report(faults, sys.stderr)
            raise FindingsError(
                "what was asked for does not make a valid release; nothing was written",
                hint="mend what is listed above, and run again",
            )
        if not dry_run:
            additions.put_in_place()
    click.echo("would write:" if dry_run else "wrote:")
    for path in files:
        click.echo(f"  {path}")


def _parse_bundle(text: str) -> BundleId:
    parsed = parse_id(text)
    if not isinstance(parsed, BundleId):
        raise UsageError(f"'{text}' names a release", hint="write namespace/name")
    return parsed


def _read_clock() -> date:
    return datetime.now(UTC).date()


def _ask_git(root: Path) -> str:
    """Return the author git knows, as ``Name <email>``."""
    name, email = (
        run_git(["config", "--get", key], cwd=root, accept=(0, 1)).text.strip()
        for key in ("user.name", "user.email")
    )
    if not name:
        raise UsageError(
            "git does not know who you are",
            hint='say --author "Name <email>", or: git config --global user.name "Name"',
        )
    return f"{name} <{email}>" if email else name


def _read_script(path: Path) -> ScriptFile:
    requirements = path.parent / "requirements.txt"
    return ScriptFile(
        name=path.name,
        content=path.read_bytes(),
        requirements=requirements.read_text("utf-8", "replace") if requirements.is_file() else "",
        neighbours=frozenset(
            entry.stem
            for entry in path.absolute().parent.iterdir()
            if entry.name != path.name
            and (entry.suffix == ".py" or (entry / "__init__.py").is_file())
        ),
    )


def _read_programs(files: tuple[str, ...]) -> dict[str, bytes]:
    programs: dict[str, bytes] = {}
    for text in files:
        name, equals, path = text.partition("=")
        if not equals or not Path(path).is_file():
            raise UsageError(
                f"'{text}' names no program", hint="write PLATFORM=PATH, such as linux/arm64=app"
            )
        programs[name] = Path(path).read_bytes()
    return programs
