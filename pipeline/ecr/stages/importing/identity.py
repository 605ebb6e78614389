"""Namespace, name, version and title of the release an app becomes."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from ecr.stages.importing.addresses import name_owner, name_repository
from ecr.stages.importing.checks import fits
from ecr.stages.importing.ledger import is_empty
from ecr.stages.importing.texts import clean_line, is_placeholder, read_line, shorten, write_scalar
from ecr.stages.importing.versions import (
    make_development_version,
    make_name,
    make_title,
    make_version,
)

if TYPE_CHECKING:
    from ecr.stages.importing.conversion import Choices
    from ecr.stages.importing.ledger import Ledger
    from ecr.stages.importing.places import Place


def convert_identity(
    ledger: Ledger, place: Place, choices: Choices, code: dict[str, Any] | None
) -> dict[str, str]:
    """Return ``namespace``, ``name``, ``version`` and ``title``, as far as they can be had."""
    source = (code or {}).get("source") or {}
    url = source.get("git") or place.repository
    written = _read(ledger, "name")
    parts: dict[str, str] = {}
    namespace = _convert_name(ledger, "namespace", choices.namespace, url)
    if namespace is not None:
        parts["namespace"] = namespace
    name = _convert_name(ledger, "name", choices.name, url)
    if name is not None:
        parts["name"] = name
        parts["title"] = shorten(clean_line(make_title(written or name)) or name)
    version = _convert_version(ledger, place, choices, source.get("commit") or place.commit)
    if version is not None:
        parts["version"] = version
    return parts


def note_arguments(ledger: Ledger, code: dict[str, Any]) -> None:
    """Carry ``arguments`` over to the parts of the code."""
    loc = ("arguments",)
    value = ledger.get(*loc)
    if is_empty(value):
        ledger.carry(*loc)
        return
    if isinstance(value, str):
        try:
            words = shlex.split(value)
        except ValueError:
            words = value.split()
        ledger.note("I013", loc, f"the text was read as {len(words)} arguments", "write a list")
    elif isinstance(value, list):
        words = [text for item in value if (text := write_scalar(item)) is not None]
        if len(words) < len(value):
            ledger.keep("I013", loc, "an argument is no text; all are kept under metadata.sage")
            return
        ledger.carry(*loc)
    else:
        ledger.keep("I013", loc, "not a list of arguments; kept under metadata.sage")
        return
    if all(fits("Text", word) for word in words):
        code["arguments"] = words
    else:
        ledger.keep("I013", loc, "an argument has hidden characters; kept under metadata.sage")


def _read(ledger: Ledger, key: str) -> str:
    return "" if ledger.get(key) is None else read_line(ledger, (key,))


def _convert_name(ledger: Ledger, key: str, chosen: str | None, url: str | None) -> str | None:
    written = _read(ledger, key)
    if chosen is not None:
        if written and written != chosen:
            ledger.note("I020", (key,), f"{key} '{written}' was replaced by '{chosen}'")
        return chosen
    if written:
        name = make_name(written)
        if is_placeholder(written):
            hint = f"fill it in, or choose one with --{key}"
            ledger.note("I002", (key,), f"{key} '{written}' is text of a template", hint)
        elif name is None:
            hint = f"choose one with --{key}"
            ledger.note("I005", (key,), f"no valid {key} can be made of '{written}'", hint)
        elif name != written:
            ledger.note("I020", (key,), f"{key} '{written}' was written as '{name}'")
        return name
    derive = name_owner if key == "namespace" else name_repository
    name = make_name(derive(url) or "") if url else None
    if name is None:
        ledger.note("I005", (key,), f"no {key} is stated", f"choose one with --{key}")
        return None
    what = "the owner" if key == "namespace" else "the name"
    message = f"no {key} is stated; '{name}' was taken from {what} of the repository"
    ledger.note("I023", (key,), message, f"choose another with --{key}")
    return name


def _convert_version(
    ledger: Ledger, place: Place, choices: Choices, commit: str | None
) -> str | None:
    loc = ("version",)
    written = _read(ledger, "version")
    if choices.version is not None:
        if written and written != choices.version:
            ledger.note("I021", loc, f"version '{written}' was replaced by '{choices.version}'")
        return choices.version
    if written:
        version = make_version(written)
        if version is None:
            message = f"no semantic version can be made of '{written}'"
            ledger.note("I006", loc, message, "choose one with --version MAJOR.MINOR.PATCH")
        elif version != written:
            hint = "three numbers are needed; choose another with --version"
            ledger.note("I021", loc, f"version '{written}' was written as '{version}'", hint)
        return version
    if place.tag_version is not None:
        message = f"no version is stated; {place.tag_version} is that of the commit's tag"
        ledger.note("I022", loc, message)
        return place.tag_version
    if commit is None:
        ledger.note("I006", loc, "no version is stated", "choose one with --version 0.1.0")
        return None
    version = make_development_version(commit)
    message = f"no version is stated; the pre-release {version} names the commit"
    ledger.note("I022", loc, message, "choose one with --version 0.1.0")
    return version
