"""``ecr schema``: write the JSON Schemas of the documents, and the pages made from them."""

from __future__ import annotations

from pathlib import Path

import click

from ecr.errors import OutputError
from ecr.model.reference import render_reference
from ecr.model.schema import render_schemas

DIRECTORY = Path("site_src")


class StaleSchemasError(OutputError):
    """The schemas or pages on disk are not those of the models."""


def render_files() -> dict[str, str]:
    """Return the text of every schema and reference page by its path in the site's source."""
    schemas = render_schemas()
    rendered = {f"schemas/v1/{name}": text for name, text in schemas.items()}
    return rendered | {
        f"reference/{name}": text for name, text in render_reference(schemas).items()
    }


@click.command("schema")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), default=DIRECTORY)
@click.option("--check", is_flag=True, help="Write nothing; fail when a file is not up to date.")
def command(directory: Path, check: bool) -> None:
    """Write JSON Schemas and reference pages of the documents into DIRECTORY.

    Editors that know the schema complete and check manifests while they are written. DIRECTORY is
    the site's source, by default site_src.
    """
    rendered = render_files()
    stale = [name for name, text in rendered.items() if _read(directory / name) != text]
    if check:
        if stale:
            raise StaleSchemasError(
                f"not up to date in {directory}: {', '.join(stale)}", hint="run: ecr schema"
            )
        click.echo(f"{len(rendered)} schemas and pages in {directory} are up to date")
        return
    try:
        for name in stale:
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_text(rendered[name], "utf-8")
    except OSError as error:
        raise OutputError(f"{directory} cannot be written: {error.strerror}") from error
    click.echo(f"{len(stale)} of {len(rendered)} schemas and pages written to {directory}")


def _read(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
