"""Files of a bundle: kinds and names that do not work, and files that do not belong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecr.catalog import layout
from ecr.catalog.rules.code import RECORD_NAMES
from ecr.catalog.rules.context import report
from ecr.model.release import LocalSource

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ecr.catalog.layout import FileStamp
    from ecr.catalog.rules.context import ReleaseContext
    from ecr.findings import Finding
    from ecr.model.release import Release

LARGE_BYTES = 10 * 1024 * 1024
"""Git keeps every version of a file for ever; data of this size belongs elsewhere."""

_GOOD_NAME = re.compile(r"[A-Za-z0-9 !#$%&'()+,;=@\[\]^_`{}~./-]+", re.ASCII)
_PLAIN_NAMES = re.compile(r"[a-z0-9/._-]*", re.ASCII)
_BAD_END = re.compile(r"[. ](/|$)|(^|/) ")


def check_files(files: Sequence[FileStamp]) -> Iterator[Finding]:
    """Check the kind, the name and the size of files, whatever they hold."""
    if _are_plain(files):
        return
    seen: dict[str, str] = {}
    for file in files:
        path = file.path
        if not file.regular:
            yield _report_irregular(path)
        if not _GOOD_NAME.fullmatch(path) or _BAD_END.search(path):
            yield report(
                path,
                "E216",
                "the file's name does not work on every system",
                "use ASCII letters, digits and simple punctuation; no space or '.' at an end",
            )
        folded = path.casefold()
        if folded in seen:
            message = (
                f"the file's name differs only by case from '{layout.printable(seen[folded])}'"
            )
            yield report(path, "E216", message, "rename one: some systems take them for one file")
        seen[folded] = path
        if file.size_bytes > LARGE_BYTES:
            yield report(
                path,
                "W224",
                f"the file has {file.size_bytes} bytes, and git keeps it for ever",
                "publish it elsewhere and refer to it by url and sha256",
            )


def check_bundle_names(bundle: str, files: Collection[FileStamp]) -> Iterator[Finding]:
    """Warn of files directly in a bundle's directory that have no business there."""
    for file in files:
        if file.path != f"{bundle}/{layout.BUNDLE_FILE}" and file.regular:
            hint = "a bundle has bundle.yaml, media/ and a directory per release"
            yield report(file.path, "W221", "no such file is expected in a bundle", hint)


def check_unexpected(context: ReleaseContext, release: Release) -> Iterator[Finding]:
    """Warn of files in a release's directory that nothing refers to."""
    source = release.code.source
    prefixes = (f"{source.path}/",) if isinstance(source, LocalSource) else ()
    named = {data.path for data in release.data if data.path is not None}
    for name, file in context.files.items():
        if name in RECORD_NAMES or name in named or name.startswith(prefixes) or not file.regular:
            continue
        if name.startswith(f"{layout.PROFILES}/") and name.endswith(".json"):
            continue
        yield report(
            file.path,
            "W221",
            "nothing in release.yaml refers to this file",
            "remove it, or put it into the source's directory or under 'data'",
        )


def _are_plain(files: Sequence[FileStamp]) -> bool:
    """Say whether there is nothing to report, as for nearly every bundle, in one look."""
    names = "/".join([file.path for file in files])
    return (
        all(file.regular and file.size_bytes <= LARGE_BYTES for file in files)
        and _PLAIN_NAMES.fullmatch(names) is not None
        and "./" not in names
        and not names.endswith(".")
    )


def _report_irregular(path: str) -> Finding:
    if path.rpartition("/")[2].casefold() == ".git":
        hint = "remove it; name the repository by its URL and commit, or add plain files"
        return report(path, "E206", "a git repository or submodule stands in a bundle", hint)
    return report(
        path,
        "E206",
        "a link, a device or a directory too deep to look into stands in a bundle",
        "put a plain file here",
    )
