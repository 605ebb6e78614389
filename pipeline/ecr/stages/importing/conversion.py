"""From a ``sage.yaml`` to the parts of a release, field by field."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ecr.findings import Severity
from ecr.model.release import Release
from ecr.model.spdx import NO_ASSERTION
from ecr.stages.importing import identity
from ecr.stages.importing.addresses import parse_web_address
from ecr.stages.importing.attribution import convert_credits
from ecr.stages.importing.inputs import convert_inputs
from ecr.stages.importing.ledger import is_empty
from ecr.stages.importing.licences import detect_licence, parse_licence
from ecr.stages.importing.misfits import convert_misfits, find_templates
from ecr.stages.importing.sources import convert_code, convert_platforms
from ecr.stages.importing.texts import (
    MAX_LINE,
    clean_line,
    is_placeholder,
    read_line,
    read_text,
    shorten,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecr.stages.importing.ledger import Ledger
    from ecr.stages.importing.places import Place

_SAGE_KEYS = ("name", "description", "source", "inputs", "authors", "version")
_MENDED = ("E117",)
"""Faults of the file that importing mends: invisible characters are taken out."""
_LICENCE_FILES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "COPYING")


@dataclass(frozen=True, slots=True)
class Choices:
    """What the caller decides in place of the file.

    Attributes:
        namespace: Namespace of the bundle.
        name: Name of the bundle.
        version: Version of the release.
        platforms: Platforms, in place of those the file names.
        owner: Grantee that owns a new namespace, such as ``user:waggle-sensor``.
    """

    namespace: str | None = None
    name: str | None = None
    version: str | None = None
    platforms: tuple[str, ...] = ()
    owner: str | None = None


def convert_app(
    ledger: Ledger,
    place: Place,
    choices: Choices,
    resolve_ref: Callable[[str, str], str | None] | None = None,
) -> Release | None:
    """Convert one ``sage.yaml``; ``None`` when it is refused, and then the ledger says why.

    Args:
        ledger: The account of the file; the findings end up in it.
        place: Where the file was read.
        choices: What the caller decides in place of the file.
        resolve_ref: Asks a repository (URL) for the commit of a branch or tag; ``None`` when no
            network is to be used.
    """
    if not _is_sage_file(ledger):
        return None
    for doubt, message, hint in place.doubts:
        ledger.note(doubt, (), message, hint)
    find_templates(ledger)
    if ledger.is_refused():
        return None
    code = convert_code(ledger, place, resolve_ref)
    if code is not None:
        identity.note_arguments(ledger, code)
    parts: dict[str, Any] = {
        "schema_version": 1,
        **identity.convert_identity(ledger, place, choices, code),
        **_convert_description(ledger),
        **convert_credits(ledger, place, code),
        "license": _convert_licence(ledger, place),
        **_convert_homepage(ledger),
        "code": code,
        "platforms": convert_platforms(ledger, choices.platforms),
        "inputs": convert_inputs(ledger),
        **convert_misfits(ledger),
    }
    ledger.keep_rest()
    _put_kept(parts["metadata"], ledger)
    return None if ledger.is_refused() else _build_release(ledger, parts)


def _is_sage_file(ledger: Ledger) -> bool:
    """Say whether the file can be read and looks like one; the reasons go to the ledger."""
    document = ledger.document
    ledger.add(
        [
            replace(finding, severity=Severity.NOTE) if finding.code in _MENDED else finding
            for finding in document.findings
        ]
    )
    for duplicate in document.duplicates:
        ledger.note_at(
            "I010",
            duplicate.at,
            duplicate.key,
            f"key '{duplicate.key}' stands again on line {duplicate.line}, which counts",
            "keep one of them; today's ECR takes the last as well",
        )
    if ledger.is_refused():
        return False
    data = document.data
    if not isinstance(data, dict) or not any(key in data for key in _SAGE_KEYS):
        found = "is empty" if data is None else "does not describe an app"
        hint = "a sage.yaml has at least 'name', 'description' and 'source'"
        ledger.note("I001", (), f"the file {found}", hint)
        return False
    return True


def _convert_description(ledger: Ledger) -> dict[str, str]:
    loc = ("description",)
    text = "" if ledger.get(*loc) is None else read_text(ledger, loc)
    line = clean_line(text)
    if not line:
        ledger.note("I003", loc, "no description says what the app does", "write one")
        return {}
    if is_placeholder(line):
        ledger.note("I015", loc, f"'{line}' is text of a template", "say what the app does")
    if len(line) <= MAX_LINE and "\n\n" not in text:
        return {"summary": line}
    first = re.match(r"(.{20,199}?[.!?])(?:\s|$)", line)
    return {"summary": first[1] if first else shorten(line), "description": text}


def _convert_licence(ledger: Ledger, place: Place) -> str:
    loc = ("license",)
    value = ledger.get(*loc)
    if is_empty(value) and isinstance(ledger.get("licence"), str):
        loc = ("licence",)
        ledger.note("I013", loc, "'licence' was read as 'license'", key=True)
        value = ledger.get(*loc)
    if is_empty(value):
        ledger.carry(*loc)
        return _detect_licence(ledger, place)
    text = read_line(ledger, loc)
    licence = parse_licence(text) if text else None
    if licence is None:
        if text:
            ledger.keep(
                "I032",
                loc,
                f"'{text}' names no licence SPDX knows; kept under metadata.sage",
                "ask the authors which licence is meant; see https://spdx.org/licenses",
            )
        return NO_ASSERTION
    if not licence.exact:
        message = f"'{text}' was read as {licence.expression}"
        hint = ""
        if "GPL" in licence.expression:
            hint = "write -or-later where the authors allow later versions"
        ledger.note("I033", loc, message, hint)
    return licence.expression


def _detect_licence(ledger: Ledger, place: Place) -> str:
    if place.tree is not None:
        files = place.tree.list_files()
        for name in _LICENCE_FILES:
            if files.get(name, 10**9) < 200_000:
                found = detect_licence(place.tree.read(name).decode("utf-8", "replace"))
                if found is not None:
                    message = f"no licence is stated; the file {name} reads as {found}"
                    ledger.note("I033", ("license",), message)
                    return found
    hint = "ask the authors to state one; without it nobody may reuse the code"
    ledger.note("I032", ("license",), f"no licence is stated; {NO_ASSERTION} was written", hint)
    return NO_ASSERTION


def _convert_homepage(ledger: Ledger) -> dict[str, str]:
    loc = ("homepage",)
    if is_empty(ledger.get(*loc)):
        ledger.carry(*loc)
        return {}
    written = read_line(ledger, loc)
    if not written:
        return {}
    if is_placeholder(written):
        ledger.note("I015", loc, f"'{written}' is text of a template; left out")
        return {}
    url = parse_web_address(written)
    if url is None:
        ledger.keep("I042", loc, f"'{written}' is not a web address; kept under metadata.sage")
        return {}
    if url != written:
        ledger.note("I040", loc, f"'{written}' was written as '{url}'")
    return {"homepage": url}


def _put_kept(metadata: dict[str, Any], ledger: Ledger) -> None:
    if ledger.kept:
        key = "sage"
        while key in metadata:
            key += "-yaml"
        metadata[key] = dict(sorted(ledger.kept.items()))


def _build_release(ledger: Ledger, parts: dict[str, Any]) -> Release | None:
    try:
        return Release.model_validate(parts)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            where = ".".join(str(part) for part in details["loc"])
            message = f"the release would not be valid: {where}: {details['msg']}"
            ledger.note("I009", (), message, "correct the file, or write the bundle by hand")
        return None
