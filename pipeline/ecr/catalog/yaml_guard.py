"""Looks at YAML before it is composed: is it safe, and does it use what manifests may not?

The C composer recurses for every level of nesting and expands aliases by reference, so a
file of brackets would overflow its stack and a short one could mean gigabytes. Counting
brackets and indentation is cheap and settles nearly every file; only where those counts, or
a character that may be an anchor, leave a doubt are the parser's events walked, one by one
and never deeper than allowed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined] # the stubs leave it out

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 20
"""Levels of lists and mappings; the deepest manifest known has six."""

_HARMLESS_DEPTH = 200
"""Levels the composer can take without any doubt."""
_MAX_INDENT = " " * 60
_COMPACT = ("- ", "-\t", "? ", "?\t", " :", "\t:")
"""What starts a further level of a block collection on the same line."""
_MAYBE_ANCHOR = re.compile(r"[&*](?<![\w.)*].)[\w-]", re.ASCII)
_INVISIBLE = re.compile(
    r"[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Something a manifest may not hold.

    Attributes:
        line: Line, counted from 1.
        column: Column, counted from 1.
        kind: ``depth``, ``anchor`` or ``alias``.
    """

    line: int
    column: int
    kind: str


def find_suspicions(text: str) -> Iterator[Suspicion]:
    """Yield what makes ``text`` unfit; ends after a ``depth``, as nothing beyond is looked at.

    Text that is not valid YAML yields what comes before the fault.
    """
    if _may_be_deep(text) or (("*" in text or "&" in text) and _MAYBE_ANCHOR.search(text)):
        yield from _walk_events(text)


def find_invisible(text: str, limit: int) -> list[tuple[int, int, str]]:
    """Return (line, column, name such as ``U+202E``) of characters that hide what is read.

    At most ``limit`` of them, as finding the line of each takes time.
    """
    if text.isascii():
        return []
    matches = islice(_INVISIBLE.finditer(text), limit)
    return [(*_place(text, match.start()), _name(match[0])) for match in matches]


def find_unreadable(text: str) -> tuple[int, int, str] | None:
    """Return (line, column, name) of the first character YAML 1.1 does not allow (5.1)."""
    match = _UNREADABLE.search(text)
    return None if match is None else (*_place(text, match.start()), _name(match[0]))


def _may_be_deep(text: str) -> bool:
    """Bound the depth: a level opens a bracket, is indented further, or starts on the line."""
    return (
        text.count("[") + text.count("{") > _HARMLESS_DEPTH
        or _MAX_INDENT in text
        or sum(text.count(start) for start in _COMPACT if start in text) > _HARMLESS_DEPTH
    )


def _walk_events(text: str) -> Iterator[Suspicion]:
    parser = CParser(text)
    depth = 0
    try:
        while (event := parser.get_event()) is not None:
            kind = ""
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                kind = "depth" if depth > MAX_DEPTH + 1 else ""
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if not kind and isinstance(event, yaml.NodeEvent) and event.anchor is not None:
                kind = "alias" if isinstance(event, yaml.AliasEvent) else "anchor"
            mark = event.start_mark
            if kind and mark is not None:
                yield Suspicion(mark.line + 1, mark.column + 1, kind)
            if kind == "depth":
                return
    except yaml.YAMLError:
        return
    finally:
        parser.dispose()


def _place(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _name(character: str) -> str:
    return f"U+{ord(character):04X}"
