"""Text out of a ``sage.yaml``: scalars as they were written, cleaned of what hides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecr.catalog.yaml_document import YamlNumberText

if TYPE_CHECKING:
    from ecr.stages.importing.ledger import Ledger, Loc

MAX_LINE = 200
MAX_TEXT = 20_000
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069"
    r"\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_PLACEHOLDER = re.compile(
    r"^(my[ -]really[ -]amazing[ -]app!?|my[ -]amazing[ -]app([ -]name)?|"
    r"your[ -](name|app|plugin)([ -](name|here))?|my name|(a|helpful) (coworker|"
    r"collaborator)|todo|tbd|xxx+)$|@(somewhere\.org|otherplace\.edu|example\.(com|org))\b"
    r"|github\.com/(username|your-?user(name)?)/",
    re.IGNORECASE,
)


def write_scalar(value: Any) -> str | None:
    """Return a scalar as it was written (``1.10``), ``None`` for a list or mapping."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, YamlNumberText):
        return value.text
    return str(value) if isinstance(value, int | float) else None


def is_placeholder(text: str) -> bool:
    """Say whether a text is one the app templates start with."""
    return bool(_PLACEHOLDER.search(text.strip()))


def clean_text(text: str) -> str:
    """Return the text without control and invisible characters, with plain ends of line."""
    return _HIDDEN.sub("", re.sub(r"\r\n?|\x85|[\u2028\u2029]", "\n", text))


def clean_line(text: str) -> str:
    """Return the text as one line, without space around it."""
    return re.sub(r"\s+", " ", clean_text(text)).strip()


def read_text(ledger: Ledger, loc: Loc, *, limit: int = MAX_TEXT) -> str:
    """Return a field's text, cleaned; a field that is no text is kept as metadata instead."""
    value = ledger.get(*loc)
    text = write_scalar(value)
    if text is None:
        ledger.keep(
            "I013", loc, "a list or mapping stands where text is needed; kept under metadata.sage"
        )
        return ""
    ledger.carry(*loc)
    cleaned = clean_text(text).strip()
    if len(cleaned) < len(text.replace("\r", "").strip()):
        ledger.note("I014", loc, "control or invisible characters were removed")
    if len(cleaned) > limit:
        ledger.note(
            "I014",
            loc,
            f"the text has {len(cleaned)} characters and was cut to {limit}",
            "long text belongs into media/science-description.md",
        )
        cleaned = cleaned[: limit - 1].rstrip() + "…"
    return cleaned


def read_line(ledger: Ledger, loc: Loc) -> str:
    """Return a field's text as one line of at most 200 characters."""
    line = clean_line(read_text(ledger, loc))
    if len(line) > MAX_LINE:
        ledger.note("I014", loc, f"the text has {len(line)} characters and was cut to {MAX_LINE}")
        line = shorten(line)
    return line


def shorten(line: str, limit: int = MAX_LINE) -> str:
    """Return a line cut at a word, ending in ``…``, when it is longer than ``limit``."""
    if len(line) <= limit:
        return line
    return line[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:-") + "…"


def split_items(text: str) -> list[str]:
    """Split at commas, semicolons and line ends, but not inside brackets."""
    items, depth, start = [], 0, 0
    for index, character in enumerate(text):
        if character in "<([":
            depth += 1
        elif character in ">)]":
            depth = max(0, depth - 1)
        elif character == "\n" or (character in ",;" and depth == 0):
            items.append(text[start:index])
            start = index + 1
            depth = 0
    items.append(text[start:])
    return [item.strip() for item in items if item.strip()]
