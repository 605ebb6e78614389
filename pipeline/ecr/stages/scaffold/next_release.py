"""Starts the next release of a bundle from its newest one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecr.catalog import layout
from ecr.catalog.additions import NewFile
from ecr.catalog.yaml_document import YamlDocument
from ecr.catalog.yaml_writer import render_manifest, schema_path
from ecr.errors import NotFoundError, UsageError
from ecr.model.identity import SEMVER_PATTERN, version_key
from ecr.model.status import Status

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from ecr.catalog.layout import BundleFiles
    from ecr.model.identity import BundleId

_PARTS = ("major", "minor", "patch")
_LEFT_BEHIND = frozenset({layout.STATUS_FILE, layout.BUILD_FILE, "doi.json"})
"""What belongs to a release alone: decisions and records."""


def start_release(
    root: Path, bundle: BundleId, wanted: str, today: date, *, commit: str | None = None
) -> tuple[str, dict[str, NewFile]]:
    """Return the version and the files of a bundle's next release.

    Args:
        root: The catalog's root.
        bundle: The bundle.
        wanted: The version, or which part to raise: ``major``, ``minor`` or ``patch``.
        today: Day the release enters the catalog.
        commit: Commit the source is pinned to from now on.

    Raises:
        NotFoundError: There is no such bundle, or it has no release.
        UsageError: The version is none, or not newer than all others.
    """
    files = layout.scan_bundle(root, bundle)
    versions = [] if files is None else _list_versions(files)
    if files is None or not versions:
        raise NotFoundError(
            f"{bundle} has no release in the catalog", hint=f"start it: ecr new script {bundle}"
        )
    newest = max(versions, key=version_key)
    version = _choose_version(wanted, newest)
    if version_key(version) <= version_key(newest):
        raise UsageError(
            f"version {version} is not newer than {newest}",
            hint="choose a higher one: major, minor or patch, or write it out",
        )
    old, new = f"{files.path}/{newest}", f"{files.path}/{version}"
    copied: dict[str, NewFile] = {}
    for file in files.files:
        inside = file.path.removeprefix(f"{old}/")
        if inside == file.path or not file.regular or _is_left_behind(inside):
            continue
        content = (root / file.path).read_bytes()
        executable = bool((root / file.path).stat().st_mode & 0o100)
        if inside == layout.RELEASE_FILE:
            edits: dict[tuple[str, ...], str] = {("version",): version}
            if commit is not None:
                edits["code", "source", "commit"] = commit
            content = replace_scalars(content, edits)
        copied[f"{new}/{inside}"] = NewFile(content, executable)
    status_path = f"{new}/{layout.STATUS_FILE}"
    status = Status(schema_version=1, added=today)
    text = render_manifest(status, schema=schema_path(status_path, "status"))
    return version, {**copied, status_path: NewFile(text.encode("utf-8"))}


def replace_scalars(content: bytes, edits: dict[tuple[str, ...], str]) -> bytes:
    """Replace single values of a YAML file and leave every other character as it is.

    Args:
        content: The file.
        edits: New text by place; each place must hold a value on one line.

    Raises:
        UsageError: The file cannot be read, or a place is not there.
    """
    document = YamlDocument(layout.RELEASE_FILE, content)
    lines = content.decode("utf-8", "replace").split("\n")
    for loc, text in edits.items():
        value, there = document.data, True
        for part in loc:
            there = there and isinstance(value, dict) and part in value
            value = value[part] if there else None
        if document.findings or not there or isinstance(value, dict | list):
            raise UsageError(
                f"the newest release has no '{'.'.join(loc)}' that can be replaced",
                hint="look at it with: ecr validate",
            )
        at, _ = document.locate(loc)
        line = lines[at.line - 1]
        end = re.compile(r"'[^']*'|\"[^\"]*\"|[^\s#]*").match(line, at.column - 1)
        after = line[end.end() :] if end else ""
        lines[at.line - 1] = f"{line[: at.column - 1]}'{text}'{after}"
    changed = "\n".join(lines).encode("utf-8")
    check = YamlDocument(layout.RELEASE_FILE, changed)
    for loc, text in edits.items():
        value = check.data
        for part in loc:
            value = value.get(part) if isinstance(value, dict) else None
        if value != text:
            raise UsageError(
                f"'{'.'.join(loc)}' of the newest release cannot be replaced where it stands",
                hint="write it on one line, quoted",
            )
    return changed


def _list_versions(files: BundleFiles) -> list[str]:
    pattern = re.compile(SEMVER_PATTERN, re.ASCII)
    return [name for name in files.directories if pattern.match(name)]


def _choose_version(wanted: str, newest: str) -> str:
    if wanted in _PARTS:
        numbers = [int(part) for part in newest.partition("-")[0].split(".")]
        if "-" in newest and wanted == "patch":
            return newest.partition("-")[0]
        index = _PARTS.index(wanted)
        raised = [*numbers[:index], numbers[index] + 1, 0, 0][:3]
        return ".".join(str(number) for number in raised)
    if not re.match(SEMVER_PATTERN, wanted, re.ASCII) or len(wanted) > 64:
        raise UsageError(
            f"'{wanted}' is not a semantic version",
            hint="write MAJOR.MINOR.PATCH, or major, minor or patch to raise one",
        )
    return wanted


def _is_left_behind(inside: str) -> bool:
    return inside in _LEFT_BEHIND or inside.startswith(f"{layout.PROFILES}/")
