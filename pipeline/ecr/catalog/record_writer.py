"""Writes the records the pipeline leaves beside a manifest, without losing what is in them.

Several stages write into ``build.json``; each changes its own fields. The file is replaced in one
step, in one canonical form: sorted keys, two spaces, a newline at the end.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from pydantic_core import to_jsonable_python

from ecr.catalog import layout
from ecr.errors import OutputError
from ecr.model.build import Build

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ecr.catalog.entries import ReleaseEntry

ModelT = TypeVar("ModelT", bound=BaseModel)


def render_record(record: BaseModel | Mapping[str, Any]) -> bytes:
    """Return a record's canonical JSON; what is ``None`` is left out."""
    content = to_jsonable_python(record, exclude_none=True)
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(content, option=options)


def read_build(root: Path, entry: ReleaseEntry) -> Build | None:
    """Return a release's ``build.json`` as it is now, or ``None`` when there is none.

    Raises:
        OutputError: The record is damaged.
    """
    return _read(root / entry.path / layout.BUILD_FILE, Build)


def update_build(root: Path, entry: ReleaseEntry, changes: Mapping[str, Any]) -> Build:
    """Set fields of a release's ``build.json``, made when there is none; keep the others.

    Args:
        root: The catalog's root.
        entry: The release.
        changes: New values by field name; ``None`` removes a field.

    Returns:
        The record as it is now.

    Raises:
        OutputError: The record that is there is damaged, or cannot be written.
    """
    identity = {"schema_version": 1, "id": str(entry.id)}
    return update_record(root / entry.path / layout.BUILD_FILE, Build, {**identity, **changes})


def update_record(path: Path, model: type[ModelT], changes: Mapping[str, Any]) -> ModelT:
    """Set fields of a record; see ``update_build``. One that would not change is not written."""
    with _hold(path.parent):
        before = _read(path, model)
        kept = {} if before is None else before.model_dump(mode="json", exclude_unset=True)
        merged = {**kept, **to_jsonable_python(dict(changes), exclude_none=True)}
        content = render_record(
            {key: value for key, value in merged.items() if changes.get(key, value) is not None}
        )
        after = model.model_validate_json(content)
        if before is None or path.read_bytes() != content:
            _replace(path, content)
    return after


def _read(path: Path, model: type[ModelT]) -> ModelT | None:
    try:
        return model.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise OutputError(
            f"{path} is not a record of this version: {error.error_count()} faults",
            hint="see them with: ecr validate; or take the file from git again",
        ) from error


def _replace(path: Path, content: bytes) -> None:
    waiting = path.with_name(f".{path.name}.part")
    try:
        waiting.write_bytes(content)
        waiting.replace(path)
    except OSError as error:
        waiting.unlink(missing_ok=True)
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error


@contextmanager
def _hold(directory: Path) -> Iterator[None]:
    """Keep other processes from updating a record in this directory meanwhile."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
