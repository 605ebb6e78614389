"""``ecr schema``: write the JSON Schemas of the documents."""

from __future__ import annotations

from pathlib import Path

import click

from ecr.errors import OutputError
from ecr.model.schema import render_schemas

DIRECTORY = Path("site_src/schemas/v1")


class StaleSchemasError(OutputError):
    """The schemas on disk are not those of the models."""


@click.command("schema")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), default=DIRECTORY)
@click.option("--check", is_flag=True, help="Write nothing; fail when a schema is not up to date.")
def command(directory: Path, check: bool) -> None:
    """Write the JSON Schema of every document into DIRECTORY.

    Editors that know the schema complete and check manifests while they are written.
    """
    schemas = render_schemas()
    stale = [name for name, text in schemas.items() if _read(directory / name) != text]
    if check:
        if stale:
            raise StaleSchemasError(
                f"not up to date in {directory}: {', '.join(stale)}", hint="run: ecr schema"
            )
        click.echo(f"{len(schemas)} schemas in {directory} are up to date")
        return
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name in stale:
            (directory / name).write_text(schemas[name], "utf-8")
    except OSError as error:
        raise OutputError(f"{directory} cannot be written: {error.strerror}") from error
    click.echo(f"{len(stale)} of {len(schemas)} schemas written to {directory}")


def _read(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
