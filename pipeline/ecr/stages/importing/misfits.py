"""Fields of a ``sage.yaml`` that have no counterpart here, and templates not filled in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecr.stages.importing.checks import fits
from ecr.stages.importing.ledger import is_empty
from ecr.stages.importing.texts import clean_line, shorten, write_scalar

if TYPE_CHECKING:
    from ecr.stages.importing.ledger import Ledger, Loc

MAX_RESOURCES = 50
MAX_METADATA = 99
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_NO_COUNTERPART: dict[Loc, tuple[str, str]] = {
    ("testing",): (
        "a test here states what must be seen, not how another command is run",
        "declare one under 'tests'",
    ),
    ("source", "testing"): (
        "a test here states what must be seen, not how another command is run",
        "declare one under 'tests'",
    ),
    ("depends_on",): ("a release here depends on nothing else", "say it in the description"),
    ("baseCommand",): (
        "a container is started as its Dockerfile says",
        "put the command into the Dockerfile, its arguments under code.arguments",
    ),
    ("requirements",): (
        "a container brings its packages itself",
        "for a Python script without a Dockerfile use code.kind: script",
    ),
    ("frozen",): ("every release here is frozen once it is merged", ""),
}


def find_templates(ledger: Ledger) -> None:
    """Refuse a file that still holds ``{{ placeholders }}``, naming each."""
    _search(ledger, (), ledger.document.data)


def convert_misfits(ledger: Ledger) -> dict[str, Any]:
    """Return ``resources`` and ``metadata``; what does not fit is kept and named."""
    resources = _convert_resources(ledger)
    for loc, (why, hint) in _NO_COUNTERPART.items():
        value = ledger.get(*loc)
        if is_empty(value):
            if value is not None:
                ledger.carry(*loc)
        else:
            name = ".".join(str(part) for part in loc)
            ledger.keep("I012", loc, f"'{name}' was kept under metadata.sage: {why}", hint)
    return {"resources": resources, "metadata": _convert_metadata(ledger)}


def _search(ledger: Ledger, loc: Loc, value: Any) -> None:
    if isinstance(value, dict):
        for key, below in value.items():
            if _TEMPLATE.search(key):
                ledger.note("I002", (*loc, key), _say(key), "fill it in", key=True)
            _search(ledger, (*loc, key), below)
    elif isinstance(value, list):
        for index, below in enumerate(value):
            _search(ledger, (*loc, index), below)
    elif isinstance(value, str) and _TEMPLATE.search(value):
        ledger.note("I002", loc, _say(value), "import the app that was made from the template")


def _say(text: str) -> str:
    match = _TEMPLATE.search(text)
    return f"'{shorten(clean_line(match[0] if match else text), 80)}' was not filled in"


def _convert_resources(ledger: Ledger) -> list[dict[str, Any]]:
    loc: Loc = ("resources",)
    value = ledger.get(*loc)
    if is_empty(value):
        ledger.carry(*loc)
        return []
    if not isinstance(value, list):
        hint = "write what the app needs under 'needs': cpu, memory, gpu, devices"
        for key in value if isinstance(value, dict) else ():
            if (*loc, key) == ("resources", "architecture"):
                continue
            message = f"'resources.{key}' was kept under metadata.sage: needs are written otherwise"
            ledger.keep("I012", (*loc, key), message, hint)
        if not isinstance(value, dict):
            ledger.keep("I013", loc, "no list of resources; kept under metadata.sage")
        return []
    resources: list[dict[str, Any]] = []
    for index, item in enumerate(value):
        kind = write_scalar(item.get("type")) if isinstance(item, dict) else write_scalar(item)
        kind = clean_line(kind or "")
        if not fits("Line", kind) or len(resources) >= MAX_RESOURCES:
            message = "a resource without a type, or one too many; kept under metadata.sage"
            ledger.keep("I013", (*loc, index), message)
            continue
        ledger.carry(*loc, index)
        rest = (
            {key: content for key, content in item.items() if key != "type"}
            if isinstance(item, dict)
            else {}
        )
        resources.append({"type": kind, "properties": rest})
    return resources


def _convert_metadata(ledger: Ledger) -> dict[str, Any]:
    loc: Loc = ("metadata",)
    value = ledger.get(*loc)
    if is_empty(value):
        ledger.carry(*loc)
        return {}
    if not isinstance(value, dict) or len(value) > MAX_METADATA:
        ledger.keep("I013", loc, "not a mapping of at most 99 names; kept under metadata.sage")
        return {}
    ledger.carry(*loc)
    return dict(value)
