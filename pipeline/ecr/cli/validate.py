"""``ecr validate``: check manifests and report every finding."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

from ecr.cli.options import root_option
from ecr.cli.report import Format, Report, render_report
from ecr.errors import FindingsError, NotFoundError, OutputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecr.catalog.changes import Targets
    from ecr.findings import Finding

Changes = list[tuple[str, str]]


@click.command("validate")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--changed",
    metavar="REF",
    help="Look only at what differs from a git reference, and see that no release changed.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice([form.value for form in Format]),
    default=Format.TEXT.value,
    show_default=True,
    help="How to show the findings.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the findings to a file; a line that sums up is still shown.",
)
@root_option
@click.pass_context
def command(
    context: click.Context,
    paths: tuple[Path, ...],
    changed: str | None,
    form: str,
    output: Path | None,
    root: Path,
) -> None:
    """Check manifests and report every finding.

    PATHS are files or directories below bundles/; without any, the whole catalog is checked.
    Ends with status 0, or with 3 when there are errors.
    """
    start = perf_counter()
    findings, bundles = _check(root, paths, changed)
    from ecr.cli.report.contents import find_rules_url  # noqa: PLC0415

    seconds = perf_counter() - start
    report = Report(tuple(findings), bundles, seconds, find_rules_url(root))
    _show(report, Format(form), output)
    if any(finding.severity == "error" for finding in findings):
        context.exit(FindingsError.exit_code)


def _check(root: Path, paths: Sequence[Path], changed: str | None) -> tuple[Sequence[Finding], int]:
    """Return the findings and how many bundles were looked at."""
    if changed is not None and paths:
        raise UsageError("--changed and PATHS cannot be used together", hint="leave one out")
    changes = None if changed is None else _start_listing(root, changed)
    # Git is at work; meanwhile the models are built, which takes as long.
    from ecr.catalog.checking import check_targets  # noqa: PLC0415
    from ecr.catalog.layout import list_bundle_ids  # noqa: PLC0415
    from ecr.findings import sort_findings  # noqa: PLC0415

    if changes is None:
        report = check_targets(root, _find_named(root, paths))
        return report.findings, report.bundles
    from ecr.catalog.changes import check_frozen, find_targets  # noqa: PLC0415

    known = list(list_bundle_ids(root))
    listed = changes()
    report = check_targets(root, find_targets(listed), known=known)
    frozen = check_frozen(listed, lambda path: os.path.isfile(root / path))  # noqa: PTH113
    return sort_findings([*report.findings, *frozen]), report.bundles


def _start_listing(root: Path, ref: str) -> Callable[[], Changes]:
    """Have git list the changes; the function that is returned waits for them."""
    from threading import Thread  # noqa: PLC0415

    from ecr.tools.git import list_changes  # noqa: PLC0415

    outcome: list[Changes | BaseException] = []

    def work() -> None:
        try:
            outcome.append(list_changes(root, ref, ("bundles", "hardware.yaml")))
        except BaseException as error:  # raised again where it is waited for
            outcome.append(error)

    thread = Thread(target=work)
    thread.start()

    def wait() -> Changes:
        thread.join()
        result = outcome[0]
        if isinstance(result, list):
            return result
        raise result

    return wait


def _find_named(root: Path, paths: Sequence[Path]) -> Targets:
    from ecr.catalog.changes import Targets  # noqa: PLC0415

    targets = Targets(everything=not paths)
    for path in paths:
        # Not resolved: a link in the catalog is itself what has to be looked at.
        absolute = Path(os.path.normpath(Path.cwd() / path))
        if not os.path.lexists(absolute):
            raise NotFoundError(f"there is no '{path}'", hint="name files below bundles/")
        try:
            inner = absolute.relative_to(root).as_posix()
        except ValueError:
            raise UsageError(
                f"'{path}' is not in the catalog {root}", hint="name its catalog with --root"
            ) from None
        _add_named(root, targets, inner)
    return targets


def _add_named(root: Path, targets: Targets, inner: str) -> None:
    """Add what a path stands for: a directory stands for everything in it."""
    parts = inner.split("/")
    if inner in {".", "bundles"}:
        targets.everything = True
    elif parts[0] != "bundles":
        raise UsageError(
            f"'{inner}' is not below bundles/", hint="only what is in bundles/ can be validated"
        )
    elif len(parts) == 2 and (root / inner).is_dir():
        targets.namespaces.add(parts[1])
        for entry in sorted((root / inner).iterdir()):
            if entry.is_dir():
                targets.add_bundle(parts[1], entry.name)
    elif len(parts) == 3 and (root / inner).is_dir():
        targets.add_bundle(parts[1], parts[2])
    elif len(parts) == 4 and (root / inner).is_dir():
        targets.add(f"{inner}/.")
    elif len(parts) < 4 and parts[-1] != "namespace.yaml":
        targets.strays.add(inner)
    else:
        targets.add(inner)


def _show(report: Report, form: Format, output: Path | None) -> None:
    from ecr.cli.report.text import summarize, wants_colour  # noqa: PLC0415

    if output is None:
        text = render_report(report, form, colour=wants_colour(sys.stdout))
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        return
    try:
        output.write_text(render_report(report, form), "utf-8")
    except OSError as error:
        raise OutputError(f"{output} cannot be written: {error.strerror}") from error
    click.echo(f"{summarize(report)}; written to {output}", err=True)
