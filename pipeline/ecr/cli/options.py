"""Options several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ecr.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


def find_root(start: Path) -> Path:
    """Return the nearest directory at or above ``start`` that holds ``bundles/``.

    Raises:
        NotFoundError: There is none.
    """
    for directory in (start, *start.parents):
        if (directory / "bundles").is_dir():
            return directory
    raise NotFoundError(
        f"{start} is not inside a catalog: no directory 'bundles' at or above it",
        hint="run ecr in a clone of the catalog, or name one with --root",
    )


def _to_root(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path:
    return value.resolve() if value is not None else find_root(Path.cwd())


def root_option(function: F) -> F:
    """Add ``--root``: the catalog, by default the one around the current directory."""
    decorate = click.option(
        "--root",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        callback=_to_root,
        help="Catalog to work on.  [default: the one around the current directory]",
    )
    return decorate(function)
