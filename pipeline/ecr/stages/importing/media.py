"""Pictures and science description: ``ecr-meta/`` -> ``media/``."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ecr.catalog.layout import FileStamp
from ecr.catalog.rules.media import check_media
from ecr.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecr.stages.importing.ledger import Ledger
    from ecr.stages.importing.places import Place

ECR_META = "ecr-meta"
MAX_READ_BYTES = 32 * 1024 * 1024
"""More is not even looked at; how large a file may be in a bundle is for the rules to say."""
_STEMS = {
    "ecr-icon": "icon",
    "ecr-science-image": "science-image",
    "ecr-science-description": "science-description",
}
_SIGNATURES = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpg"))


def convert_media(ledger: Ledger, place: Place) -> dict[str, bytes]:
    """Return the files of ``media/`` by name; what is left out is named in a note."""
    if place.tree is None:
        return {}
    files = place.tree.list_files()
    taken: dict[str, tuple[str, bytes]] = {}
    for path in _list_files(files, place.directory):
        problem, name = None, ""
        if files[path] > MAX_READ_BYTES:
            problem = f"it has {files[path]} bytes"
        else:
            content = place.tree.read(path)
            name, problem = _name(path, content)
        stem = name.rpartition(".")[0]
        if problem is None and any(other.rpartition(".")[0] == stem for other in taken):
            problem = f"there is one for '{stem}' already"
        if problem is None:
            taken[name] = (path, content)
        else:
            _leave_out(ledger, path, problem)
    return _drop_faulty(ledger, taken)


def _list_files(files: Mapping[str, int], directory: str) -> list[str]:
    """Return the paths of ``ecr-meta`` beside the app, or else at the top."""
    for folder in (f"{directory}/{ECR_META}/", f"{ECR_META}/"):
        found = sorted(path for path in files if path.startswith(folder))
        if found:
            return found
    return []


def _name(path: str, content: bytes) -> tuple[str, str | None]:
    """Return the name the file gets, or what is wrong with it."""
    stem = _STEMS.get(PurePosixPath(path).stem.lower())
    if stem is None:
        return "", "it is none of the files ECR knows"
    if stem == "science-description":
        return f"{stem}.md", None if content.strip() else "it is empty"
    kind = next((kind for start, kind in _SIGNATURES if content.startswith(start)), None)
    return f"{stem}.{kind}", None if kind else "it is neither PNG nor JPEG"


def _drop_faulty(ledger: Ledger, taken: dict[str, tuple[str, bytes]]) -> dict[str, bytes]:
    """Return the files that keep to the rules of the catalog."""
    kept = {name: content for name, (_, content) in taken.items()}
    with tempfile.TemporaryDirectory() as scratch:
        stamps = {}
        for name, content in kept.items():
            Path(scratch, name).write_bytes(content)
            stamps[name] = FileStamp(name, len(content), 0)
        for finding in check_media(Path(scratch), "", stamps):
            if finding.severity is Severity.ERROR and finding.path in kept:
                del kept[finding.path]
                _leave_out(ledger, taken[finding.path][0], finding.message)
    return kept


def _leave_out(ledger: Ledger, path: str, problem: str) -> None:
    ledger.note("I060", (), f"'{path}' was left out: {problem}", "add a better one by hand")
