"""The ``source`` of a ``sage.yaml``: repository, commit, directory, Dockerfile, platforms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecr.errors import ToolError
from ecr.model.fields import Platform, resolve_platform
from ecr.stages.importing.addresses import parse_git_address, same_repository
from ecr.stages.importing.checks import fits
from ecr.stages.importing.ledger import is_empty
from ecr.stages.importing.texts import (
    clean_line,
    read_line,
    shorten,
    split_items,
    write_scalar,
)
from ecr.tools.process import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecr.stages.importing.ledger import Ledger, Loc
    from ecr.stages.importing.places import Place

_SECRET = re.compile(r"token|passw|secret|api[-_]?key|credential|private[-_]?key", re.IGNORECASE)
_MAX_BUILD_ARGS = 100


@dataclass(frozen=True, slots=True)
class _Stated:
    """What ``source`` says about where the code is."""

    url: str | None
    ref: str | None
    commit: str | None
    directory: str | None


def convert_code(
    ledger: Ledger, place: Place, resolve_ref: Callable[[str, str], str | None] | None
) -> dict[str, Any] | None:
    """Return the parts of ``ContainerCode``, or ``None`` when the source cannot be pinned.

    Args:
        ledger: The account of the file.
        place: Where the file was read.
        resolve_ref: Asks a repository (URL) for the commit of a branch or tag; ``None`` when no
            network is to be used.
    """
    value = ledger.get("source")
    if not is_empty(value) and not isinstance(value, dict):
        ledger.keep("I013", ("source",), "a mapping is needed here; kept under metadata.sage")
    stated = _read_stated(ledger)
    source = _pin(ledger, place, stated, resolve_ref)
    dockerfile = _read_path(ledger, ("source", "dockerfile"))
    code: dict[str, Any] = {"kind": "container", "source": source}
    if dockerfile is not None and dockerfile != "Dockerfile":
        code["dockerfile"] = dockerfile
    _note_missing_dockerfile(ledger, place, source, dockerfile or "Dockerfile")
    build_args = _convert_build_args(ledger)
    if build_args:
        code["build_args"] = build_args
    return code if source is not None else None


def convert_platforms(ledger: Ledger, chosen: Sequence[str]) -> list[str]:
    """Return the platforms, as ``source.architectures`` or the caller names them."""
    loc = _find_architectures(ledger)
    value = None if loc is None else ledger.get(*loc)
    platforms: dict[str, None] = dict.fromkeys(chosen)
    if loc is None or is_empty(value):
        if not platforms:
            hint = "name them under source.architectures, or with --platform linux/arm64"
            ledger.note("I003", ("source", "architectures"), "no platform is stated", hint)
        return list(platforms)
    places = [(*loc, i) for i in range(len(value))] if isinstance(value, list) else [loc]
    read: dict[str, None] = {}
    for item in places:
        _read_platforms(ledger, item, read)
    if platforms:
        if list(platforms) != list(read):
            ledger.note("I045", loc, f"replaced by {', '.join(platforms)}, as asked for")
        return list(platforms)
    if not read and not ledger.is_refused():
        hint = f"supported are {', '.join(Platform)}; choose with --platform"
        ledger.note("I008", loc, "none of the platforms is supported", hint)
    return list(read)


def _find_architectures(ledger: Ledger) -> Loc | None:
    places: tuple[Loc, ...] = (
        ("source", "architectures"),
        ("source", "architecture"),
        ("architectures",),
        ("architecture",),
        ("resources", "architecture"),
    )
    for loc in places:
        if not is_empty(ledger.get(*loc)):
            if loc != ("source", "architectures"):
                message = f"'{'.'.join(map(str, loc))}' was read as 'source.architectures'"
                ledger.note("I013", loc, message, key=True)
            return loc
    return None


def _read_platforms(ledger: Ledger, loc: Loc, platforms: dict[str, None]) -> None:
    text = write_scalar(ledger.get(*loc))
    if text is None:
        ledger.keep("I045", loc, "a platform is a text such as linux/arm64; kept as metadata")
        return
    ledger.carry(*loc)
    for item in split_items(text):
        platform = resolve_platform(item)
        if platform is None:
            hint = f"supported are {', '.join(Platform)}"
            ledger.note("I045", loc, f"platform '{clean_line(item)}' was left out", hint)
            continue
        if platform != item:
            ledger.note("I045", loc, f"platform '{clean_line(item)}' was written as '{platform}'")
        platforms[str(platform)] = None


def _read_stated(ledger: Ledger) -> _Stated:
    url_loc: Loc = ("source", "url")
    if is_empty(ledger.get("source", "url")) and isinstance(ledger.get("repository"), str):
        url_loc = ("repository",)
        message = "'repository' was read as 'source.url'"
        ledger.note("I013", url_loc, message, "", key=True)
    written = read_line(ledger, url_loc) if ledger.get(*url_loc) is not None else ""
    address = parse_git_address(written) if written else None
    written = redact(written)
    if written and address is None:
        ledger.note("I042", url_loc, f"'{written}' is not the address of a repository")
    elif address is not None and address.url != written:
        ledger.note("I040", url_loc, f"'{written}' was written as '{address.url}'")
    ledger.carry(*url_loc)
    refs = {}
    for key in ("tag", "branch", "git_commit"):
        if ledger.get("source", key) is not None:
            refs[key] = read_line(ledger, ("source", key))
    if refs.get("tag") and refs.get("branch"):
        message = f"the tag '{refs['tag']}' goes before the branch '{refs['branch']}'"
        ledger.note("I043", ("source", "branch"), message)
    commit = refs.get("git_commit") or None
    if commit is not None and not fits("GitCommit", commit):
        message = f"'{commit}' is not a full commit hash"
        ledger.note("I043", ("source", "git_commit"), message, "write all 40 digits")
        commit = None
    directory = _read_path(ledger, ("source", "directory"))
    return _Stated(
        None if address is None else address.url,
        refs.get("tag") or refs.get("branch") or (address.ref if address else None),
        commit,
        directory or (address.directory if address else None),
    )


def _pin(
    ledger: Ledger,
    place: Place,
    stated: _Stated,
    resolve_ref: Callable[[str, str], str | None] | None,
) -> dict[str, Any] | None:
    """Return the parts of ``GitSource``: the repository the file was read from goes first."""
    url, commit, ref = place.repository, place.commit, place.ref or stated.ref
    if url is None:
        url = stated.url
    elif stated.url is not None and not same_repository(url, stated.url):
        ledger.note(
            "I041",
            ("source", "url"),
            f"names '{stated.url}', but the file was read from '{url}', whose commit is pinned",
            f"if the other is meant, import it: ecr import {stated.url}",
        )
    if url is None:
        hint = "name it with --source-url https://host/owner/repository"
        ledger.note("I003", ("source", "url"), "no repository is stated", hint)
        return None
    if commit is None:
        commit = _find_commit(ledger, url, stated, resolve_ref)
    elif stated.commit is not None and stated.commit != commit:
        message = f"names commit {stated.commit}, but the file was read at {commit}"
        ledger.note("I043", ("source", "git_commit"), message)
    if commit is None:
        return None
    source: dict[str, Any] = {"git": url, "commit": commit}
    if ref is not None and fits("Line", ref):
        source["ref"] = ref
    directory = stated.directory
    if directory is None and place.directory != ".":
        directory = place.directory
        message = f"the directory of the file, '{directory}', was taken for that of the code"
        ledger.note("I013", ("source", "directory"), message)
    if directory not in (None, "."):
        source["directory"] = directory
    return source


def _find_commit(
    ledger: Ledger,
    url: str,
    stated: _Stated,
    resolve_ref: Callable[[str, str], str | None] | None,
) -> str | None:
    if stated.commit is not None:
        return stated.commit
    ref = stated.ref or "HEAD"
    commit, why = None, "the repository was not asked"
    if resolve_ref is not None:
        try:
            commit, why = resolve_ref(url, ref), f"it has no '{ref}'"
        except ToolError as error:
            why = f"it cannot be reached ({shorten(clean_line(str(error)))})"
    if commit is None:
        ledger.note(
            "I004",
            ("source", "branch") if stated.ref else ("source",),
            f"'{ref}' of {url} is not pinned to a commit: {why}",
            "import a checkout or the git URL, or name the commit with --commit",
        )
    return commit


def _read_path(ledger: Ledger, loc: Loc) -> str | None:
    value = ledger.get(*loc)
    if is_empty(value):
        ledger.carry(*loc)
        return None
    written = read_line(ledger, loc)
    path = re.sub(r"^(\./)+|/+$", "", written) or "."
    if not fits("RelativePath", path):
        if written:
            ledger.keep(
                "I042", loc, f"'{written}' is not a path in the repository; kept as metadata"
            )
        return None
    if path != written:
        ledger.note("I040", loc, f"'{written}' was written as '{path}'")
    return path


def _note_missing_dockerfile(
    ledger: Ledger, place: Place, source: dict[str, Any] | None, dockerfile: str
) -> None:
    if place.tree is None or source is None:
        return
    directory = source.get("directory", ".")
    path = dockerfile if directory == "." else f"{directory}/{dockerfile}"
    if path not in place.tree.list_files():
        loc: Loc = ("source", "dockerfile")
        ledger.note("I047", loc, f"there is no '{path}' at this commit", "name it in the release")


def _convert_build_args(ledger: Ledger) -> dict[str, str]:
    loc: Loc = ("source", "build_args")
    value = ledger.get(*loc)
    if is_empty(value):
        ledger.carry(*loc)
        return {}
    if not isinstance(value, dict) or len(value) > _MAX_BUILD_ARGS:
        ledger.keep("I013", loc, "not a mapping of names to values; kept under metadata.sage")
        return {}
    arguments: dict[str, str] = {}
    for key, content in value.items():
        text = write_scalar(content)
        if text is None or not fits("Text", text):
            message = "the value is not plain text; kept under metadata.sage"
            ledger.keep("I013", (*loc, key), message)
            continue
        ledger.carry(*loc, key)
        arguments[key] = text
        if _SECRET.search(key):
            ledger.note(
                "I046",
                (*loc, key),
                f"build argument '{key}' looks like a secret; build arguments are public",
                "if the value is real, revoke it; read secrets at run time instead",
            )
    return arguments
