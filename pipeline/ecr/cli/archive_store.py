"""The option that names the archive store, and what it means when left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from ecr.tools.object_store import ArchiveStore, open_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

F = TypeVar("F", bound="Callable[..., Any]")

DEFAULT_STORE = ".ecr/archives"
"""Below the catalog's root."""


def store_option(function: F) -> F:
    """Add ``--store``, as the parameter ``store: str | None`` for ``open_archives``."""
    decorate = click.option(
        "--store",
        envvar="ECR_STORE",
        metavar="URL",
        help="Archive store: a directory, or s3://bucket/prefix.  [env: ECR_STORE; default: "
        f"{DEFAULT_STORE}, in the catalog]",
    )
    return decorate(function)


def open_archives(root: Path, store: str | None) -> ArchiveStore:
    """Open the store that ``--store`` names, or the catalog's own folder.

    Raises:
        UsageError: The address is not one of a store.
    """
    return open_store(store or str(root / DEFAULT_STORE))
