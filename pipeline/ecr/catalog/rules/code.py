"""The code of a release: files that must be there, and arguments that reach other programs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecr.catalog.rules.stored import check_stored_file
from ecr.model.release import BinaryCode, ContainerCode, LocalSource, ScriptCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecr.catalog.rules.context import ReleaseContext
    from ecr.findings import Finding
    from ecr.model.release import Release

RECORD_NAMES = ("release.yaml", "status.yaml", "build.json", "doi.json", "profiles")
"""What a release's directory holds besides the author's own files."""

_PACKAGE = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_CLAUSE = r"(?:===?|~=|!=|<=?|>=?)\s*[A-Za-z0-9.*+!_-]+"
_REQUIREMENT = re.compile(
    rf"{_PACKAGE}\s*(?:\[[A-Za-z0-9._,\s-]*\])?\s*"
    rf"(?:\(?\s*{_CLAUSE}(?:\s*,\s*{_CLAUSE})*\s*\)?|@\s*https://[^\s;]+)?\s*(?:;.+)?",
    re.ASCII,
)
"""PEP 508, with https as the only scheme."""
_PINNED = re.compile(r"===?\s*[^*,]+(;|$)|@\s*https://\S+#sha256=[0-9a-f]{64}", re.ASCII)
_ARGUMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_SECRET = re.compile(r"passw|secret|token|credential|api_?key|private_?key", re.IGNORECASE)


def check_code(context: ReleaseContext, release: Release) -> Iterator[Finding]:
    """Check the code of a release."""
    code = release.code
    if isinstance(code.source, LocalSource):
        yield from _check_local_source(context, release, code.source.path)
    if isinstance(code, ContainerCode):
        yield from _check_build_arguments(context, code)
    elif isinstance(code, ScriptCode):
        yield from _check_requirements(context, code)


def check_binary_platforms(context: ReleaseContext, release: Release) -> Iterator[Finding]:
    """Check that there is a file for each platform, and no other."""
    if not isinstance(release.code, BinaryCode):
        return
    platforms = set(release.platforms)
    for platform in release.code.files:
        if platform not in platforms:
            yield context.find(
                ("code", "files", platform),
                "E302",
                f"there is a file for '{platform}', which is not among the platforms",
                "add it to 'platforms', or remove the file",
                key=True,
            )
    for index, platform in enumerate(release.platforms):
        if platform not in release.code.files:
            yield context.find(
                ("platforms", index),
                "E302",
                f"there is no file for '{platform}'",
                "add it to 'code.files', or remove the platform",
            )


def _check_local_source(
    context: ReleaseContext, release: Release, directory: str
) -> Iterator[Finding]:
    loc = ("code", "source", "path")
    if directory.split("/", maxsplit=1)[0] in (".", *RECORD_NAMES):
        yield context.find(
            loc,
            "E310",
            f"the code cannot be in '{directory}', which belongs to the pipeline",
            "put it into a directory of its own, such as 'source'",
        )
        return
    if not context.has_directory(directory):
        hint = "add the files; git keeps no empty directory"
        yield context.find(loc, "E207", f"there is no file in '{directory}'", hint)
        return
    code = release.code
    if isinstance(code, ContainerCode):
        yield from _check_there(context, "dockerfile", directory, code.dockerfile)
    elif isinstance(code, ScriptCode):
        yield from _check_there(context, "entrypoint", directory, code.entrypoint)
        if code.requirements is not None:
            yield from _check_there(context, "requirements", directory, code.requirements)
    else:
        for platform, file in code.files.items():
            yield from check_stored_file(
                context,
                ("code", "files", platform),
                f"{directory}/{file.path}",
                file.sha256,
                file.size_bytes,
            )


def _check_there(context: ReleaseContext, key: str, directory: str, path: str) -> Iterator[Finding]:
    if f"{directory}/{path}" not in context.files:
        yield context.find(
            ("code", key) if key in context.document.data["code"] else ("code", "source", "path"),
            "E207",
            f"the {key} '{path}' is not in '{directory}'",
            "add the file, or correct the path; it is relative to the source",
        )


def _check_build_arguments(context: ReleaseContext, code: ContainerCode) -> Iterator[Finding]:
    for name in code.build_args:
        loc = ("code", "build_args", name)
        if not _ARGUMENT.fullmatch(name):
            hint = "letters, digits and '_', not starting with a digit"
            message = f"'{name[:80]}' is not the name of a build argument"
            yield context.find(loc, "E312", message, hint, key=True)
        elif _SECRET.search(name):
            hint = "build arguments are public; read secrets at run time"
            message = f"build argument '{name[:80]}' looks like a secret"
            yield context.find(loc, "W325", message, hint, key=True)


def _check_requirements(context: ReleaseContext, code: ScriptCode) -> Iterator[Finding]:
    for index, requirement in enumerate(code.pip):
        loc = ("code", "pip", index)
        if not _REQUIREMENT.fullmatch(requirement):
            hint = "write a name and a version, such as 'numpy==2.1.3'; no options, only https URLs"
            message = f"'{requirement[:80]}' is not a requirement pip is given here"
            yield context.find(loc, "E311", message, hint)
        elif not _PINNED.search(requirement):
            hint = "write '==' and a version, so that every build is the same"
            message = f"'{requirement[:80]}' does not say which version"
            yield context.find(loc, "W324", message, hint)
